"""`voiceagent call` with a controller that says what the test wants, over its real socket.

The scripted caller's leg is real too: what the controller would have Asterisk do, connect to it and
carry the agent's voice, `Agent` does.
"""

import asyncio
import json
import threading
import uuid
from contextlib import contextmanager

import numpy as np
import pytest
from click.testing import CliRunner

from ari_app.cli import main
from ari_app.control_server import ControlServer, Refused
from audiosocket_agent import protocol

VOICE = (8000 * np.sin(np.arange(160) * 0.7)).astype("<i2").tobytes()
ENDED = {"event": "ended", "result": "completed", "why": "the agent said goodbye", "by": "agent",
         "call_id": "c1", "cause": 16, "latencies_ms": [420]}  # fmt: skip
GREETING = {"event": "turn", "index": 0, "speaker": "agent", "text": "Hello there",
            "heard": "Hello there", "done": True, "interrupted": False, "at_ms": 0,
            "latency_ms": None}  # fmt: skip


class Agent:
    """The far end of a call: speaks for a moment, then listens until the caller hangs up."""

    def __init__(self):
        self.heard = []

    async def greet(self, media):
        host, port = media["caller_media"].split(":")
        self._reader, self._writer = await asyncio.open_connection(host, int(port))
        call_id = uuid.UUID(media["caller_uuid"])
        self._writer.write(protocol.encode(protocol.Kind.UUID, call_id.bytes))
        for _ in range(20):
            self._writer.write(protocol.encode_audio(VOICE))
            await asyncio.sleep(0.02)

    async def until_hung_up(self):
        decoder = protocol.Decoder()
        while data := await self._reader.read(4096):
            self.heard += decoder.feed(data)
        self._writer.close()

    async def hang_up(self):
        self._writer.close()


@contextmanager
def controller(tmp_path, monkeypatch, **handlers):
    """A controller in a thread of its own, where the settings say that it is."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def on_loop(work):
        return asyncio.run_coroutine_threadsafe(work, loop).result(30)

    server = ControlServer(handlers)
    on_loop(server.start(tmp_path / "control.sock"))
    monkeypatch.setenv("VOICEAGENT_RUN_DIR", str(tmp_path))
    try:
        yield
    finally:
        on_loop(server.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


def call(*options):
    return CliRunner().invoke(main, ["call", *options], catch_exceptions=False)


def telling(*events):
    async def originate(request):
        for event in events:
            yield event

    return originate


@pytest.mark.parametrize(
    "result, code",
    [("completed", 0), ("busy", 3), ("unanswered", 4), ("refused", 5), ("machine", 6),
     ("failed", 7)],
)  # fmt: skip
def test_the_exit_code_tells_how_it_ended(tmp_path, monkeypatch, result, code):
    handler = telling({"event": "placed", "placed": "va-1"}, {**ENDED, "result": result})
    with controller(tmp_path, monkeypatch, originate=handler):
        done = call("--to", "PJSIP/100", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == events[-1]["exit_code"] == code
    assert [event["event"] for event in events] == ["placed", "ended"]
    assert all(event["at_s"] >= 0 for event in events)


@pytest.mark.parametrize(
    "word, code", [("too_many", 8), ("not_placed", 1), ("bad_request", 2), ("busy", 1)]
)
def test_a_refusal_is_one_line_with_a_code(tmp_path, monkeypatch, word, code):
    async def originate(request):
        raise Refused(word, "this is why")
        yield

    with controller(tmp_path, monkeypatch, originate=originate):
        done = call("--to", "PJSIP/100")
    assert (done.exit_code, done.stdout) == (code, "")
    assert done.stderr == "voiceagent: this is why\n"


def test_a_controller_without_ami_says_what_is_missing(tmp_path, monkeypatch):
    with controller(tmp_path, monkeypatch):
        done = call("--to", "PJSIP/100")
    assert done.exit_code == 1
    assert "VOICEAGENT_AMI_SECRET" in done.stderr


def test_without_a_controller_one_line_says_what_to_start(tmp_path, monkeypatch):
    monkeypatch.setenv("VOICEAGENT_RUN_DIR", str(tmp_path))
    done = call("--to", "PJSIP/100")
    assert done.exit_code == 1
    assert "voiceagent run" in done.stderr and done.stderr.count("\n") == 1


def test_people_read_a_transcript(tmp_path, monkeypatch):
    reply = {**GREETING, "index": 1, "interrupted": True, "latency_ms": 420}
    handler = telling(
        {"event": "placed", "placed": "va-1"},
        {"event": "ringing"},
        {"event": "answered"},
        {"event": "call", "call_id": "0123456789"},
        {**GREETING, "done": False, "heard": ""},
        GREETING,
        reply,
        {"event": "handed_over", "to": "queue sales"},
        {"event": "person", "by": "PJSIP/101"},
        {"event": "blind", "message": "AMI is down"},
        {"event": "sighted"},
        ENDED,
    )
    with controller(tmp_path, monkeypatch, originate=handler):
        lines = call("--to", "PJSIP/100").stdout.splitlines()
    assert [line[9:] for line in lines] == [
        "placed",
        "ringing",
        "answered",
        "on record: voiceagent calls show 01234567",
        " agent: Hello there",
        " agent: Hello there [interrupted]  (420 ms)",
        "handed over: queue sales",
        "a person answered: PJSIP/101",
        "AMI is down",
        "Asterisk's manager interface is back",
        "ended: completed (the agent said goodbye); replies after 420 ms",
    ]


def test_the_order_is_what_was_asked_for(tmp_path, monkeypatch):
    orders = []

    async def originate(request):
        orders.append(request)
        yield {"event": "placed", "placed": "va-1"}

    options = "--to PJSIP/100 --company harbour --caller-id +441632960001 --timeout 12"
    options = [*options.split(), "--machine", "message", "--message", "hello", "--no-wait"]
    with controller(tmp_path, monkeypatch, originate=originate):
        assert call(*options).exit_code == 0
    assert {name: value for name, value in orders[0].items() if value} == {
        "op": "originate", "to": "PJSIP/100", "company": "harbour", "caller_id": "+441632960001",
        "ring_s": 12, "machine": "message", "message": "hello",
    }  # fmt: skip


@pytest.mark.parametrize(
    "options, words",
    [
        ((), "exactly one"),
        (("--to", "PJSIP/100", "--did", "1"), "exactly one"),
        (("--to", "100"), "--to: not a device"),
        (("--to", "PJSIP/100", "--caller-id", '"x" <1>'), "--caller-id: not a number"),
        (("--did", "x"), "--did: not a number"),
        (("--did", "1", "--no-wait"), "as long as its caller"),
        (("--did", "1", "--machine", "hangup"), "for calls to a device"),
        (("--to", "PJSIP/100", "--machine", "message"), "a message is needed"),
        (("--to", "PJSIP/100", "--timeout", "0"), "--timeout"),
        (("--to", "PJSIP/100", "--script", "SCRIPT"), "--script is for"),
        (("--did", "1", "--script", "nowhere.yaml"), "does not exist"),
        (("--did", "1", "--script", "SCRIPT"), "step 1"),
    ],
)
def test_options_that_make_no_sense(tmp_path, options, words):
    script = tmp_path / "bad.yaml"
    script.write_text("- shout: hello\n")
    done = call(*(str(script) if option == "SCRIPT" else option for option in options))
    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())


@pytest.mark.parametrize("text", ["", "- say: [", "\0", "- &a [*a]", "!!python/object:os.system x"])
def test_a_file_that_is_no_script(tmp_path, text):
    script = tmp_path / "bad.yaml"
    script.write_text(text)
    done = call("--did", "1", "--script", str(script))
    assert done.exit_code == 2
    assert "is no script" in " ".join(done.stderr.split())


def test_the_caller_hears_the_greeting_and_hangs_up(tmp_path, monkeypatch):
    agent = Agent()

    async def originate(request):
        yield {"event": "placed", "placed": "va-1"}
        await agent.greet(request)
        yield GREETING
        await agent.until_hung_up()
        yield ENDED

    with controller(tmp_path, monkeypatch, originate=originate):
        done = call("--did", "441632960001")
    assert done.exit_code == 0, done.stderr
    assert agent.heard[-1] == protocol.Hangup()


def test_a_script_is_followed_with_voice_and_keys(tmp_path, monkeypatch):
    agent, pressed = Agent(), []

    async def press(request):
        pressed.append((request["placed"], request["keys"]))
        return {}

    async def originate(request):
        yield {"event": "placed", "placed": "va-1"}
        await agent.greet(request)
        yield {**GREETING, "done": False}
        await agent.until_hung_up()
        yield ENDED

    script = tmp_path / "script.yaml"
    script.write_text("""
    - expect: hello
    - press: "2#"
    - wait: 0.2
    """)
    options = ("--did", "441632960001", "--script", str(script))
    monkeypatch.setattr("audiosocket_agent.caller_script.AFTER_SCRIPT_S", 0.3)
    with controller(tmp_path, monkeypatch, originate=originate, press=press):
        done = call(*options)
    assert done.exit_code == 0, done.stderr
    assert pressed == [("va-1", "2#")]


def test_a_call_that_ends_before_its_script_is_told(tmp_path, monkeypatch):
    agent = Agent()

    async def originate(request):
        yield {"event": "placed", "placed": "va-1"}
        await agent.greet(request)
        await agent.hang_up()
        yield ENDED

    script = tmp_path / "script.yaml"
    script.write_text('- say: "a leaking tap"\n- say: "and a boiler"\n')
    with controller(tmp_path, monkeypatch, originate=originate):
        done = call("--did", "441632960001", "--script", str(script), "--json")
    last = json.loads(done.stdout.splitlines()[-1])
    assert (done.exit_code, last["exit_code"], last["result"]) == (9, 9, "script")
    unmet = "step 1 of the script: the call ended before it; the agent said goodbye"
    assert last["why"] == unmet


def test_words_that_are_not_said_end_the_call(tmp_path, monkeypatch):
    agent = Agent()

    async def originate(request):
        yield {"event": "placed", "placed": "va-1"}
        await agent.greet(request)
        yield GREETING
        await agent.until_hung_up()
        yield ENDED

    script = tmp_path / "script.yaml"
    script.write_text('- expect: "which pizza"\n- hangup: true\n')
    monkeypatch.setattr("audiosocket_agent.caller_script.EXPECT_DEADLINE_S", 1.0)
    with controller(tmp_path, monkeypatch, originate=originate):
        done = call("--did", "441632960001", "--script", str(script))
    assert done.exit_code == 9
    assert "step 1 of the script: the agent did not say it" in done.stdout


def test_a_failed_agent_counts_for_more_than_the_script(tmp_path, monkeypatch):
    agent = Agent()

    async def originate(request):
        yield {"event": "placed", "placed": "va-1"}
        await agent.greet(request)
        await agent.hang_up()
        yield {**ENDED, "result": "failed"}

    with controller(tmp_path, monkeypatch, originate=originate):
        assert call("--did", "441632960001").exit_code == 7


def test_a_controller_that_goes_away_in_mid_call(tmp_path, monkeypatch):
    async def originate(request):
        yield {"event": "placed", "placed": "va-1"}
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()  # its connections go, as when its process dies
        await asyncio.sleep(60)

    with controller(tmp_path, monkeypatch, originate=originate):
        done = call("--to", "PJSIP/100")
    assert done.exit_code == 7
    assert "the controller went away" in done.stderr


def test_espeak_that_is_missing_is_told_before_the_call(tmp_path, monkeypatch):
    placed = []

    async def originate(request):
        placed.append(request)
        yield ENDED

    script = tmp_path / "script.yaml"
    script.write_text('- say: "a leaking tap"\n')
    monkeypatch.setenv("PATH", str(tmp_path))
    with controller(tmp_path, monkeypatch, originate=originate):
        done = call("--did", "441632960001", "--script", str(script))
    assert (done.exit_code, placed) == (1, [])
    assert "espeak-ng" in done.stderr and done.stderr.count("\n") == 1
