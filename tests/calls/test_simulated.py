"""Cloud engines on a real Asterisk: the client code is the product's, the vendors are simulated."""

from __future__ import annotations

import asyncio
import json
import urllib.request

import pytest

from tests.calls.ring import line, reaches_person, record_of
from tests.pbx import plain_env
from tests.phone import voice
from tests.phone.script import BOOKING, Say, ScriptedCaller

pytestmark = pytest.mark.pbx

# What the ear is told to hear, one stretch of voice after the other; the caller's real words and
# lengths do not matter to it.
WORDS = ["I have got a leaking tap in Truro", "yes please", "Tuesday, in the morning", "yes", "yes"]
SPOKEN = {asks: (Say("yes please"),) for asks in BOOKING}
# A failure for every turn; those of the model and the voice take turns, so that each has recovered.
FAULTS = {
    "service": "groq:503", "wanted": "cartesia:stall", "day": "groq:drop",
    "callback": "cartesia:drop", "agreed": "groq:hang",
}  # fmt: skip
# The caller's last sound to the agent's next, with a provider failing in between. Issue and design
# say 1.5 s; the rest is for a machine that runs everything at once.
MOST_SILENCE_MS = 2500


@pytest.fixture
def simulated(_shared_sandbox, tmp_path):
    """The shared sandbox with simulated vendors, started afresh: faults are counted from 1."""

    def start(**env):
        script = tmp_path / "script.jsonl"
        script.write_text(json.dumps({"segments": [[words, 500] for words in WORDS]}) + "\n")
        given = {**plain_env(), "VOICEAGENT_SIM_TRANSCRIPTS": str(script), **env}
        given = {name: value for name, value in given.items() if value}
        if (_shared_sandbox.directory / "state.json").exists():
            _shared_sandbox.stop_agent()
        _shared_sandbox.up(env=given, profile="simulated")
        return _shared_sandbox

    return start


def put_faults(sandbox, text):
    url = f"http://127.0.0.1:{sandbox.ports().vendors}/faults"
    request = urllib.request.Request(url, data=text.encode(), method="PUT")
    with urllib.request.urlopen(request, timeout=5) as response:
        assert response.status == 204


def book(sandbox, answers, faults=None):
    """Hold one call to its booking; `faults` come into force before the answer to a question."""

    def tell(question, answer):
        if faults and question.asks in faults:
            put_faults(sandbox, faults[question.asks])

    async def main():
        caller = ScriptedCaller(answers, tell=tell)
        await caller.prepare()
        async with line(sandbox) as phone:
            call, live = await phone.call()
            story = await caller.run(call, live)
            assert story.person_at is None, "a person took over"
            await record_of(live, end_reason="completed")
            return await live.booking(), await live.turns(), story.responses_ms(call)

    return asyncio.run(main())


@pytest.mark.parametrize("ear", ["deepgram", "deepgram_flux"])
def test_a_scripted_call_books_through_every_cloud_engine(simulated, ear):
    sandbox = simulated(VOICEAGENT_STT=ear, VOICEAGENT_LLM="groq", VOICEAGENT_TTS="cartesia")
    booking, turns, _ = book(sandbox, SPOKEN)
    assert (booking["service"], booking["area"], booking["part"]) == (
        "leaking_tap", "truro", "morning",
    )  # fmt: skip
    marks = [json.loads(turn["marks_ms"]) for turn in turns if turn["speaker"] == "agent"][1:]
    # On a busy machine one of them may miss its deadline in a turn, and another engine answers it.
    assert any({"stt_final", "llm_first_token", "tts_first_byte"} <= set(m) for m in marks)
    url = f"http://127.0.0.1:{sandbox.ports().vendors}/frames"
    with urllib.request.urlopen(url, timeout=5) as response:
        frames = json.dumps(json.load(response))
    for vendor in ("/listen", "/openai/v1/chat/completions", "/tts/websocket"):
        assert vendor in frames
    # Nova-3 sends its words so far about once a second, so short answers have none.
    assert ear == "deepgram" or any("stt_partial" in m for m in marks)


def test_a_failure_in_every_turn_costs_moments_not_the_booking(simulated):
    booking, _, silences = book(simulated(), SPOKEN, FAULTS)
    assert (booking["service"], booking["area"]) == ("leaking_tap", "truro")
    assert max(s for s in silences if s is not None) < MOST_SILENCE_MS


def test_an_ear_that_fails_in_mid_call_is_replaced_by_the_offline_one(simulated):
    booking, _, silences = book(simulated(), BOOKING, {"service": "deepgram:drop"})
    assert booking["service"] == "leaking_tap"
    assert max(s for s in silences if s is not None) < MOST_SILENCE_MS


@pytest.mark.parametrize("engines", [("STT", "deepgram", "401"), ("TTS", "cartesia", "402")])
def test_without_another_engine_the_caller_reaches_a_person(simulated, engines):
    kind, name, fault = engines

    async def main(sandbox):
        async with line(sandbox) as phone:
            call, live = await phone.call()
            await call.agent_quiet(0.6, timeout_s=20)
            await call.say(await voice.spoken("hello, are you there"))
            await reaches_person(call, within_s=20)
            await call.hangup()
            return await record_of(live, end_reason="engine_failed")

    sandbox = simulated(**{f"VOICEAGENT_{kind}": name, "VOICEAGENT_SIM_FAULT": f"{name}:{fault}"})
    asyncio.run(main(sandbox))
    log = (sandbox.logs / "agent.log").read_text()
    assert ("DEEPGRAM_API_KEY" if fault == "401" else "402") in log
