import io
import re
import wave

import pytest

from asterisk_conf import AgiMode, Base, BundleParams, render, render_modules
from asterisk_conf.modules import NEEDED
from asterisk_conf.render import CONTEXTS

# The core's own; everything else must be listed as a module or be wrapped.
BUILT_IN = {"Answer", "Goto", "GotoIf", "Hangup", "Set", "Wait"}


def dialplan(**choices):
    (found,) = [one for one in render(BundleParams(**choices)) if one.parent == "extensions.conf"]
    assert found.base is Base.CONFIG and found.path == "voiceagent.d/extensions.conf"
    return found.content.decode()


def steps(text):
    """Return context, extension, label and application of every priority."""
    found, context, exten = [], "", ""
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            context = line.strip("[]")
        elif row := re.match(r"(?:exten => ([^,]+),1|same => n(?:\((\w+)\))?),(.+)", line):
            exten = row[1] or exten
            found.append((context, exten, row[2], row[3]))
    return found


def statements(text):
    """Return the lines that are not comments."""
    return [line for line in text.splitlines() if not line.startswith(";")]


def test_the_text_starts_with_a_section_of_its_own():
    first = next(line for line in statements(dialplan()) if line.strip())
    assert first == "[voiceagent-in]"


def test_the_contexts_are_the_ones_we_say_we_own():
    assert tuple(re.findall(r"^\[([^]]+)\]$", dialplan(), re.M)) == CONTEXTS


@pytest.mark.parametrize(
    ("mode", "setup", "outcome"),
    [
        (
            AgiMode.FASTAGI,
            "AGI(agi://10.0.0.7:5573/setup)",
            "AGI(agi://10.0.0.7:5573/outcome,${VA_UUID})",
        ),
        (AgiMode.SCRIPT, "AGI(setup.agi,setup)", "AGI(setup.agi,outcome,${VA_UUID})"),
    ],
)
def test_the_gate_is_asked_in_the_way_chosen(mode, setup, outcome):
    text = dialplan(agi_mode=mode, agi_host="10.0.0.7", agi_port=5573)
    assert [step[3] for step in steps(text) if "AGI(" in step[3]] == [
        f"TryExec({setup})",
        f"TryExec({outcome})",
    ]


def test_the_queue_uses_only_the_arguments_all_versions_share():
    text = dialplan(queue="reception", queue_timeout_s=45)
    assert [step[3] for step in steps(text) if "Queue(" in step[3]] == [
        "TryExec(Queue(reception,tc,,,45))"
    ]


def test_nothing_that_can_be_missing_or_fail_runs_unguarded():
    for context, _, _, application in steps(dialplan()):
        if context == "voiceagent-hangup":
            continue  # the call is over already
        name = application.partition("(")[0]
        assert name in BUILT_IN | {"TryExec"}, application


def test_nothing_the_caller_chose_is_expanded_unfiltered():
    expanded = set(re.findall(r"\$\{([^{}]+|[^{}]*\$\{[^{}]*\}[^{}]*)\}", dialplan()))
    ours = {name for name in expanded if name.startswith("VA_")}
    assert expanded - ours == {
        "FILTER(+0-9,${EXTEN})",
        "TIMEOUT(absolute)",
        "QUEUESTATUS",
        "HANGUPCAUSE",
    }


def test_every_jump_lands_on_a_step_that_exists():
    table = steps(dialplan())
    extensions = {(context, exten) for context, exten, _, _ in table}
    labels = {(context, exten, label) for context, exten, label, _ in table if label}
    jumps = 0
    for context, exten, _, application in table:
        name, _, arguments = application.partition("(")
        if name not in ("Goto", "GotoIf"):
            continue
        jumps += 1
        target = arguments[:-1].rpartition("?")[2].split(",")
        if len(target) == 1:
            assert (context, exten, target[0]) in labels
        else:
            place = (context, *target)[-3:-1]
            if "FILTER" in application:
                place = ("voiceagent-ai", "_[+0-9]!")
            assert place in extensions, application
            assert target[-1] == "1"
    assert jumps == 19


def test_every_extension_ends_by_hanging_up_or_going_elsewhere():
    last = {}
    for context, exten, _, application in steps(dialplan()):
        last[context, exten] = application.partition("(")[0]
    assert set(last.values()) == {"Goto", "Hangup", "Return"}
    assert last["voiceagent-hangup", "s"] == "Return"


def test_the_wait_for_an_outcome_adds_up_to_its_limit():
    text = dialplan()
    tries = int(re.search(r"VA_ASKED\} >= (\d+)\]", text)[1])
    wait_s = float(re.search(r"Wait\(([\d.]+)\)", text)[1])
    limit_s = int(re.search(r"VA_GUARD=outcome\)\n same => n,Set\(TIMEOUT.*=(\d+)\)", text)[1])
    assert tries * wait_s == limit_s == 5


def test_every_application_and_function_has_its_module_listed():
    names = {one.name for one in NEEDED}
    text = "\n".join(statements(dialplan()))
    modules = {
        "AGI(": "res_agi",
        "AudioSocket(": "app_audiosocket",
        "TryExec(": "app_exec",
        "Queue(": "app_queue",
        "Playback(": "app_playback",
        "UserEvent(": "app_userevent",
        "Return(": "app_stack",
        "CHANNEL(": "func_channel",
        "FILTER(": "func_strings",
        "TIMEOUT(": "func_timeout",
    }
    used = set(re.findall(r"\b([A-Z][A-Za-z]+\()", text)) - {f"{one}(" for one in BUILT_IN}
    assert used == set(modules)
    assert set(modules.values()) <= names


def test_module_lines_add_to_the_section_that_is_there():
    chosen = [one for one in NEEDED if one.name in ("app_exec", "codec_alaw")]
    rendered = render_modules(chosen)
    assert rendered.path == "voiceagent.d/modules.conf"
    assert rendered.parent == "modules.conf"
    lines = [line for line in statements(rendered.content.decode()) if line]
    assert [line.partition(";")[0].strip() for line in lines] == [
        "[modules](+)",
        "load = app_exec.so",
        "load = codec_alaw.so",
    ]


@pytest.mark.parametrize("name", ["sorry", "nobody"])
def test_sentences_are_what_asterisk_plays_without_translation(name):
    (found,) = [one for one in render(BundleParams()) if one.path.endswith(f"/{name}.wav")]
    assert (found.base, found.path) == (Base.DATA, f"sounds/voiceagent/{name}.wav")
    with wave.open(io.BytesIO(found.content)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        assert 3 < sound.getnframes() / 8000 < 12
        loudest = max(abs(s) for s in memoryview(sound.readframes(80_000)).cast("h"))
    assert 10_000 < loudest < 32_767  # speech, and not clipped
    assert f"Playback(voiceagent/{name})" in dialplan()
