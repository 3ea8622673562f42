"""The examples of the vendors' references: they are valid, our parsers take them, and every one of
them that is spoiled is found out, so that the validators prove something.
"""

import copy
import json
import re
from pathlib import Path

import pytest

from audiosocket_agent import errors
from audiosocket_agent.llm.chat_wire.answer import Answer
from audiosocket_agent.llm.chat_wire.failures import from_response, in_band
from audiosocket_agent.llm.chat_wire.request import settings_of
from audiosocket_agent.llm.groq import Options
from audiosocket_agent.stt.deepgram_wire.flux import FluxTurns
from audiosocket_agent.stt.deepgram_wire.nova import NovaTurns
from audiosocket_agent.tts.cartesia_wire import frames
from tests.conformance import cartesia_wire, chat_wire, deepgram_wire, strict
from tests.conformance.strict import Unfaithful

FOLDER = Path(__file__).parent / "golden"
GOLDEN = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.json"))
# Objects in which any name may stand: a JSON Schema, the features of a Configure, and what Flux
# configures and Cartesia's voice, whose objects the SDKs declare open.
OPEN = re.compile(r"\.parameters(\.|$)|\.features$")
# What a message is not without, in the words of the vendors' references.
REQUIRED = {
    "deepgram-v1-in/results": "type channel_index duration start channel metadata",
    "deepgram-v1-in/speech-started": "type channel timestamp",
    "deepgram-v1-in/utterance-end": "type channel last_word_end",
    "deepgram-v1-in/metadata": "type request_id sha256 created duration channels",
    "deepgram-v1-in/configure-failure": "type request_id code description",
    "deepgram-v2-in/connected": "type request_id sequence_id",
    "deepgram-v2-in/end-of-turn": "type request_id sequence_id event turn_index trigger words "
    "audio_window_start audio_window_end transcript end_of_turn_confidence",
    "deepgram-v2-in/configure-success": "type request_id sequence_id thresholds keyterms",
    "deepgram-v2-in/error": "type sequence_id code description",
    "deepgram-v2-in/warning": "type sequence_id code description",
    "deepgram-refusal/keywords": "err_code err_msg request_id",
    "groq-chunk/content": "id object created model choices",
    "openai-chunk/content": "id object created model choices",
    "groq-request/full": "model messages",
    "openai-request/full": "model messages",
    "cartesia-2026-03-01-out/generation": "context_id model_id transcript voice output_format",
    "cartesia-2026-08-14-out/generation": "context_id model_id transcript voice output_format",
    "cartesia-2026-03-01-out/cancel": "context_id cancel",
    "cartesia-2026-03-01-in/chunk": "type context_id data done status_code step_time",
    "cartesia-2026-03-01-in/timestamps": "type context_id done status_code word_timestamps",
    "cartesia-2026-03-01-in/flush-done": "type context_id done flush_done flush_id status_code",
    "cartesia-2026-03-01-in/done": "type context_id done status_code",
    "cartesia-2026-03-01-in/error": "type done status_code title message request_id",
}


def read(name):
    return json.loads((FOLDER / name).read_text("utf-8"))


def validate(name, value):
    """Validate a JSON value as the folder of an example says."""
    folder, text = name.partition("/")[0], json.dumps(value)
    kind = folder.rpartition("-")[2]
    if folder == "deepgram-refusal":
        return deepgram_wire.refusal(text)
    if folder.startswith("deepgram"):
        judge = deepgram_wire.received if kind == "in" else deepgram_wire.sent
        return judge(f"/{folder.split('-')[1]}/listen", text)
    if folder.startswith("cartesia"):
        judge = cartesia_wire.received if kind == "in" else cartesia_wire.sent
        return judge(folder.removeprefix("cartesia-").rpartition("-")[0], text)
    vendor = folder.partition("-")[0]
    if kind == "error":
        return chat_wire.error(vendor, strict.obj(text))
    return getattr(chat_wire, kind)(vendor, text)


def containers(value, path="$"):
    """Yield every object in a JSON value, with its path."""
    if isinstance(value, dict):
        yield path, value
        for name, item in value.items():
            yield from containers(item, f"{path}.{name}")
    elif isinstance(value, list):
        for n, item in enumerate(value):
            yield from containers(item, f"{path}[{n}]")


def spoiled(value, spoil):
    """Yield copies of a JSON value, in each of which one field of one object is spoiled."""
    for number, (path, found) in enumerate(containers(value)):
        for name in found:
            changed = copy.deepcopy(value)
            _, there = list(containers(changed))[number]
            if not OPEN.search(path) and spoil(there, name):
                yield f"{path}.{name}", changed


def add(fields, name):
    fields[f"{name}_too"] = fields[name]
    return True


def rename(fields, name):
    fields[f"{name}s"] = fields.pop(name)
    return True


def retype(fields, name):
    """Make a text a number and a number a text; what is empty or an object stays."""
    if isinstance(fields[name], str):
        fields[name] = 7
    elif isinstance(fields[name], bool | int | float):
        fields[name] = str(fields[name])
    else:
        return False
    return True


@pytest.mark.parametrize("name", GOLDEN)
def test_an_example_is_valid(name):
    validate(name, read(name))


@pytest.mark.parametrize("spoil", [add, rename, retype])
@pytest.mark.parametrize("name", GOLDEN)
def test_a_spoiled_example_is_found_out(name, spoil):
    passed = []
    for path, changed in spoiled(read(name), spoil):
        try:
            validate(name, changed)
        except Unfaithful:
            continue
        passed.append(path)
    assert not passed


@pytest.mark.parametrize("name", REQUIRED)
def test_an_example_with_something_missing_is_found_out(name):
    whole = read(f"{name}.json")
    for field in REQUIRED[name].split():
        with pytest.raises(Unfaithful):
            validate(name, {n: v for n, v in whole.items() if n != field})


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("deepgram-v1-in/results.json", ["is_final"], False),
        ("deepgram-v1-in/results.json", ["channel_index"], [1, 1]),
        ("deepgram-v1-in/configure-failure.json", ["code"], "CONFIGURE_TOO_MUCH"),
        ("deepgram-v1-out/keep-alive.json", ["type"], "Keepalive"),
        ("deepgram-v2-out/force-end-turn.json", ["type"], "Finalize"),
        ("deepgram-v2-out/force-end-turn.json", ["type"], "KeepAlive"),
        ("deepgram-v2-in/end-of-turn.json", ["event"], "EndTurn"),
        ("deepgram-v2-in/end-of-turn.json", ["trigger"], "patience"),
        ("deepgram-v2-in/update.json", ["trigger"], "model"),
        ("groq-chunk/finish.json", ["choices", 0, "finish_reason"], "done"),
        ("groq-request/full.json", ["reasoning_effort"], "minimal"),
        ("groq-request/full.json", ["verbosity"], "low"),
        ("groq-request/full.json", ["messages", 0, "name"], 3),
        ("groq-request/full.json", ["messages", 3, "tool_call_id"], None),
        ("groq-request/full.json", ["tools", 0, "type"], "tool"),
        ("groq-request/full.json", ["logprobs"], True),
        ("openai-request/full.json", ["include_reasoning"], False),
        ("openai-chunk/content.json", ["x_groq"], {"id": "req_01"}),
        ("cartesia-2026-03-01-out/generation.json", ["voice"], "VOICE-UUID"),
        ("cartesia-2026-03-01-out/generation.json", ["output_format", "sample_rate"], 11025),
        ("cartesia-2026-03-01-out/generation.json", ["output_format", "container"], "wav"),
        ("cartesia-2026-03-01-out/generation.json", ["model_id"], "sonic-2"),
        ("cartesia-2026-03-01-out/generation.json", ["locale"], "en-GB"),
        ("cartesia-2026-03-01-out/generation.json", ["max_buffer_delay_ms"], 5001),
        ("cartesia-2026-08-14-out/generation.json", ["voice"], {"mode": "id", "id": "VOICE-UUID"}),
        ("cartesia-2026-03-01-in/done.json", ["type"], "finished"),
        ("cartesia-2026-03-01-in/chunk.json", ["data"], "not base64"),
    ],
)
def test_a_wrong_value_is_found_out(name, path, value):
    changed = read(name)
    *way, last = path
    there = changed
    for step in way:
        there = there[step]
    there[last] = value
    with pytest.raises((Unfaithful, ValueError)):
        validate(name, changed)


def of(folder):
    return [name for name in GOLDEN if name.startswith(f"{folder}/")]


# Of a turn: our ear refuses an end that nothing began.
TURN_BEFORE = {
    "end-of-turn": ["start-of-turn"],
    "eager-end-of-turn": ["start-of-turn"],
    "turn-resumed": ["start-of-turn", "eager-end-of-turn"],
}


@pytest.mark.parametrize("name", of("deepgram-v1-in") + of("deepgram-v2-in"))
def test_our_ears_take_every_example(name):
    turns = (NovaTurns if "v1" in name else FluxTurns)("deepgram", 1.0, 3.0)
    if name.endswith("/error.json"):
        with pytest.raises(errors.ProviderError):
            turns.message(json.dumps(read(name)), 0.0)
        return
    for before in TURN_BEFORE.get(Path(name).stem, ()):
        turns.message(json.dumps(read(f"deepgram-v2-in/{before}.json")), 0.0)
    heard = turns.message(json.dumps(read(name)), 0.0)
    said = [transcript.text for transcript in heard]
    if name.endswith(("/results.json", "/end-of-turn.json")):
        assert said == ["My postcode is SW1A 1AA."] and heard[0].final
    if name.endswith("/results-interim.json"):
        assert said == ["my postcode"] and not heard[0].final


SETTINGS = settings_of("groq", Options)


def answer(*names):
    """Feed chunks and the end to our parser; returns what it makes of them."""
    found = Answer("groq", SETTINGS, "call_")
    text = "".join(f"data: {json.dumps(read(name))}\n\n" for name in names) + "data: [DONE]\n\n"
    words = [word for n in range(len(text)) for word in found.feed(text[n : n + 1].encode())]
    words += found.finish()
    return "".join(words), found.rest()


def test_our_models_take_every_chunk():
    groq = [f"groq-chunk/{n}.json" for n in ("first", "reasoning", "content", "finish", "usage")]
    words, (usage,) = answer(*groq)
    assert words == "Hi" and (usage.prompt_tokens, usage.completion_tokens) == (23, 19)
    for vendor in ("groq", "openai"):
        names = [f"{vendor}-chunk/{n}.json" for n in ("first", "tool-call", "finish", "usage")]
        words, (call, _) = answer(*names)
        assert (words, call.id, call.name) == ("", "call_1", "lookup")
        assert json.loads(call.arguments) == {"pc": "SW1A"}


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("groq-error/tool-use-failed.json", 400, errors.ToolUseFailed),
        ("groq-error/rate-limit.json", 429, errors.RateLimited),
        ("groq-error/model-not-found.json", 404, errors.ModelNotFound),
        ("openai-error/invalid-key.json", 401, errors.KeyRefused),
    ],
)
def test_our_models_take_every_error(name, status, kind):
    text = json.dumps(read(name))
    assert type(from_response("groq", SETTINGS, status, {}, text)) is kind
    assert isinstance(in_band("groq", SETTINGS, read(name)), errors.ProviderError)


@pytest.mark.parametrize("name", of("cartesia-2026-03-01-in") + of("cartesia-2025-11-04-in"))
def test_our_voice_takes_every_example(name):
    event = frames.read(json.dumps(read(name)))
    kinds = {
        "chunk": frames.Chunk("turn-17", b"\0\1\0\2"), "done": frames.Done("turn-17"),
        "flush-done": None, "phoneme-timestamps": None,
    }  # fmt: skip
    stem = Path(name).stem
    if stem in kinds:
        assert event == kinds[stem]
    elif stem == "error":
        assert event.context_id == "turn-17" and isinstance(event.error, errors.ProviderError)
    else:
        assert [(w.text, w.start_ms, w.end_ms) for w in event.words] == [
            ("Thanks", 0.0, 280.0), ("for", 310.0, 400.0),
        ]  # fmt: skip
