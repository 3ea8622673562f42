"""Who may import whom, and which modules may touch the world."""

import ast
import functools
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = {"agi", "ari_app", "audiosocket_agent", "asterisk_conf", "installer"}
MAY_IMPORT = {
    "asterisk_conf": set(),
    "audiosocket_agent": set(),
    "agi": set(),
    "installer": {"asterisk_conf"},
    "ari_app": OURS,
}
PURE = [
    *(str(path.relative_to(ROOT)) for path in (ROOT / "audiosocket_agent/spoken").glob("*.py")),
    "agi/gate.py",
    *(
        str(path.relative_to(ROOT))
        for path in (ROOT / "audiosocket_agent/workflow").glob("*.py")
        if path.stem != "load"
    ),
    "audiosocket_agent/briefing.py",
    "audiosocket_agent/complaints.py",
    "audiosocket_agent/company_yaml.py",
    "audiosocket_agent/known_fields.py",
    "audiosocket_agent/written_numbers.py",
    "audiosocket_agent/written_times.py",
    "audiosocket_agent/yaml_mistakes.py",
    "audiosocket_agent/answer_words.py",
    "audiosocket_agent/agenda.py",
    *(
        f"audiosocket_agent/{name}.py"
        for name in (
            "agreed",
            "answering",
            "briefing",
            "filling",
            "lookups",
            "offered",
            "offers",
            "roles",
            "tool_schemas",
        )
    ),
    "audiosocket_agent/away.py",
    "audiosocket_agent/company_calendar.py",
    "audiosocket_agent/diary.py",
    "audiosocket_agent/company_calls.py",
    "audiosocket_agent/company_fields.py",
    "audiosocket_agent/company_tools.py",
    "audiosocket_agent/tools/__init__.py",
    "audiosocket_agent/tools/asking.py",
    "audiosocket_agent/tools/built_in.py",
    "audiosocket_agent/tools/json_schema.py",
    "audiosocket_agent/control.py",
    "audiosocket_agent/exits.py",
    *(f"audiosocket_agent/{path.name}" for path in (ROOT / "audiosocket_agent").glob("guard*.py")),
    "audiosocket_agent/person.py",
    "audiosocket_agent/walk.py",
    "audiosocket_agent/wishes.py",
    "audiosocket_agent/errand_words.py",
    "ari_app/backoff.py",
    "ari_app/context/answers.py",
    "ari_app/context/openapi.py",
    "ari_app/context/wire.py",
    "ari_app/call_ledger.py",
    "ari_app/diary/rows.py",
    "audiosocket_agent/signing.py",
    "audiosocket_agent/company_messages.py",
    "audiosocket_agent/tools/messages.py",
    "ari_app/numbers.py",
    "ari_app/originate_order.py",
    "ari_app/originate_track.py",
    "ari_app/orphans.py",
    "ari_app/routing.py",
    *(
        f"ari_app/simulate/{name}.py"
        for name in (
            "checks",
            "mishearing",
            "persona",
            "questions",
            "record",
            "report",
            "scenario",
            "wordings",
        )
    ),
    "ari_app/unrouted.py",
    "ari_app/simulate/prices.py",
    "ari_app/simulate/read_back.py",
    "audiosocket_agent/refused_words.py",
    "audiosocket_agent/price_questions.py",
    "audiosocket_agent/backchannels.py",
    "audiosocket_agent/barge_in.py",
    "audiosocket_agent/caller_script.py",
    "audiosocket_agent/caller_words.py",
    "audiosocket_agent/completeness.py",
    "audiosocket_agent/conversation_state.py",
    "audiosocket_agent/echo.py",
    "audiosocket_agent/endpointing.py",
    "audiosocket_agent/keypad.py",
    "audiosocket_agent/leg.py",
    "audiosocket_agent/line_clock.py",
    "audiosocket_agent/ending_words.py",
    "audiosocket_agent/situation.py",
    "audiosocket_agent/tokens.py",
    "audiosocket_agent/person_words.py",
    "audiosocket_agent/prefill.py",
    "audiosocket_agent/putting_right.py",
    "audiosocket_agent/earlier.py",
    "audiosocket_agent/repeating.py",
    "audiosocket_agent/same_words.py",
    "audiosocket_agent/secrets_entry.py",
    "audiosocket_agent/spelled.py",
    "audiosocket_agent/unfinished_words.py",
    "audiosocket_agent/chains/breaker.py",
    "audiosocket_agent/chains/replay.py",
    "audiosocket_agent/chains/told.py",
    "audiosocket_agent/llm/chat_wire/answer.py",
    "audiosocket_agent/llm/chat_wire/deltas.py",
    "audiosocket_agent/llm/chat_wire/failures.py",
    "audiosocket_agent/llm/chat_wire/request.py",
    "audiosocket_agent/llm/chat_wire/retries.py",
    "audiosocket_agent/llm/chat_wire/sse.py",
    "audiosocket_agent/llm/chat_wire/thinking.py",
    "audiosocket_agent/simulators/cartesia_context.py",
    "audiosocket_agent/simulators/cartesia_tones.py",
    "audiosocket_agent/simulators/chat_brain.py",
    "audiosocket_agent/simulators/chat_declared.py",
    "audiosocket_agent/simulators/chat_errands.py",
    "audiosocket_agent/simulators/chat_lookups.py",
    "audiosocket_agent/simulators/chat_words.py",
    "audiosocket_agent/simulators/deepgram_flux.py",
    "audiosocket_agent/simulators/deepgram_nova.py",
    "audiosocket_agent/simulators/faults.py",
    "audiosocket_agent/simulators/script.py",
    "audiosocket_agent/simulators/stretches.py",
    "audiosocket_agent/stt/deepgram_wire/failures.py",
    "audiosocket_agent/stt/deepgram_wire/flux.py",
    "audiosocket_agent/stt/deepgram_wire/nova.py",
    "audiosocket_agent/stt/deepgram_wire/outgoing.py",
    "audiosocket_agent/stt/deepgram_wire/query.py",
    "audiosocket_agent/stt/deepgram_wire/turns.py",
    "audiosocket_agent/toolbox.py",
    "audiosocket_agent/tts/cartesia_wire/failures.py",
    "audiosocket_agent/tts/cartesia_wire/reply.py",
    "audiosocket_agent/tts/cartesia_wire/request.py",
    "audiosocket_agent/conversation.py",
    "audiosocket_agent/memory.py",
    "audiosocket_agent/playout.py",
    "audiosocket_agent/protocol.py",
    "audiosocket_agent/registry.py",
    "audiosocket_agent/turns.py",
    "audiosocket_agent/understanding.py",
    "audiosocket_agent/vad.py",
    "audiosocket_agent/wording.py",
    *(str(path.relative_to(ROOT)) for path in (ROOT / "audiosocket_agent/workflow").glob("*.py")),
    "audiosocket_agent/written.py",
    "asterisk_conf/render.py",
    "installer/plan.py",
    "asterisk_conf/version.py",
    "installer/activation.py",
    "installer/checks.py",
    "installer/journal.py",
    "installer/agents_half.py",
    "installer/choices.py",
    "installer/other_host.py",
    "installer/summary.py",
    "installer/conf_comments.py",
    "installer/pbx_notes.py",
    "installer/system/params.py",
    "installer/system/render.py",
    "installer/system/unit.py",
    "installer/system/company.py",
    "installer/system/rotation.py",
    "installer/system/env_file.py",
    "installer/system/env_template.py",
    "installer/system/keys.py",
    "installer/system/package_data.py",
    "installer/doctor/access.py",
    "installer/doctor/builds.py",
    "installer/doctor/console_text.py",
    "installer/doctor/findings.py",
    "installer/doctor/last_words.py",
    "installer/doctor/redaction.py",
    "installer/doctor/rights.py",
    "installer/doctor/topology.py",
    "installer/conf_reader.py",
    "installer/conf_text.py",
    "installer/diff.py",
    "installer/model.py",
]
IMPURE = {"asyncio", "socket", "os", "time", "random", "subprocess", "threading", "logging"}


@functools.cache  # every test reads all files
def imports(path):
    """Return the top-level names a module imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add((node.module or "").partition(".")[0])
    return frozenset(names)


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_packages_import_only_what_they_may(package):
    for path in (ROOT / package).rglob("*.py"):
        doctor = {"ari_app", "audiosocket_agent"} if path.parent.name == "doctor" else set()
        forbidden = (imports(path) & OURS) - MAY_IMPORT[package] - {package} - doctor
        assert not forbidden, f"{path} imports {forbidden}"


def test_the_gate_needs_only_pyst2_and_the_standard_library():
    for path in (ROOT / "agi").glob("*.py"):
        foreign = imports(path) - set(sys.stdlib_module_names) - {"agi", "asterisk"}
        assert not foreign, f"{path} imports {foreign}"


@pytest.mark.parametrize("module", PURE)
def test_decisions_are_pure(module):
    assert not imports(ROOT / module) & IMPURE


def test_untyped_libraries_have_one_adapter_each():
    for library in ("panoramisk", "aioari", "pocketsphinx", "asterisk"):
        users = [p for d in OURS for p in (ROOT / d).rglob("*.py") if library in imports(p)]
        assert len(users) <= 1, f"{library} is imported by {users}"


def test_no_vendor_ships_its_sdk_into_the_agent():
    sdks = {"deepgram", "groq", "openai", "cartesia"}
    for path in (p for d in OURS for p in (ROOT / d).rglob("*.py")):
        assert not imports(path) & sdks, path


def test_nothing_is_called_asterisk():
    assert not (ROOT / "asterisk").exists()  # pyst2 owns that import
