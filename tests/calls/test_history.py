"""Two talks of 20 turns on a real Asterisk: what is remembered is what the recordings contain.

The ear and the voice are the simulated vendors'; the voice spells its words in tones, so that they
can be read off what arrived at the phone. The model is a server of this test: it says other words
to every request, and keeps what it was shown.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from audiosocket_agent.simulators.cartesia_tones import VOICE
from tests import history
from tests.calls.ring import line, record_of
from tests.pbx import plain_env
from tests.phone import recording, spelled, voice

pytestmark = pytest.mark.pbx

QUIET_S = 1.2  # longer than the voice waits for the words of a nod, or between two sentences
GONE_S = 0.4  # the bench measures it; this is for a machine that runs everything at once
LONGEST_S = 200  # of two talks at once; each takes about 75 s
TORN_S = 0.4  # a telephone that sends nothing for so long may tear its caller's word in two
ATTEMPTS = 3


@asynccontextmanager
async def model(answers):
    """Serve the chat wire on loopback; yields the address."""

    async def models(request):
        return web.json_response({"object": "list", "data": []})

    async def chat(request):
        asked = (await request.json())["messages"]
        text = answers.answer([(m["role"], m["content"]) for m in asked])
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for n, word in enumerate(text.split()):
            delta = {"content": f" {word}" if n else word}
            await response.write(event(choices=[{"index": 0, "delta": delta}]))
            await asyncio.sleep(0.005)
        await response.write(event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}]))
        await response.write(b"data: [DONE]\n\n")
        return response

    app = web.Application()
    app.router.add_get("/v1/models", models)
    app.router.add_post("/v1/chat/completions", chat)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


def event(**fields):
    return b"data: " + json.dumps(fields).encode() + b"\n\n"


# No engine is behind these, and no deadline is tested here: a busy machine may miss the usual ones.
PATIENT = {
    f"VOICEAGENT_{engine}_{deadline}_MS": ms
    for engine, deadlines in {
        "OLLAMA": {"CONNECT": "2500", "FIRST_TOKEN": "2500", "STALL": "2500"},
        "CARTESIA": {"CONNECT": "2500", "FIRST_BYTE": "2500", "STALL": "2500"},
        "DEEPGRAM": {"CONNECT": "10000", "FINAL": "2500", "STALL": "20000"},
        "DEEPGRAM_FLUX": {"CONNECT": "10000", "FINAL": "2500", "STALL": "20000"},
    }.items()
    for deadline, ms in deadlines.items()
}


class Phone:
    """A call on the real phone; see `history.Phone`."""

    def __init__(self, call, answers):
        self._call, self._answers = call, answers
        self.now = asyncio.get_running_loop().time

    async def wait(self, seconds):
        await asyncio.sleep(max(0.0, seconds))

    async def answered(self, words):
        return await until(lambda: self._answers.answer_to(words))

    async def agent_sounds(self, after):
        await until(lambda: (self._call.last_sound_at or 0.0) >= after)
        return self._call.last_sound_at

    async def agent_quiet(self):
        await until(lambda: self.now() - self._call.last_sound_at >= QUIET_S)

    async def say(self, words):
        await self._call.say(sound(words))
        return self.now()


async def until(found):
    async with asyncio.timeout(20):
        while not (value := found()):
            await asyncio.sleep(0.005)
    return value


async def story(sandbox, call, live, answers):
    """What is known of a talk that came to a standstill."""
    lines = [f"the call: {call.outcome}"]
    lines += [f"{turn['speaker']}: {turn['text']}" for turn in (await live.turns())[-6:]]
    lines += [f"the model was asked: {request[-1]}" for request in answers.requests[-4:]]
    lines += (sandbox.logs / "agent.log").read_text().splitlines()[-20:]
    return "\n".join(lines)


def sound(words):
    return voice.cough() if words == history.COUGH else voice.speak(words)


def script(steps):
    """What the simulated ear hears of a talk: a segment for each stretch of the caller's voice."""
    said = [w for s in steps for w in ([s.disturbs[0]] if s.disturbs else []) + [s.words]]
    return json.dumps({"segments": [[words, len(sound(words)) / 8] for words in said]})


@pytest.mark.parametrize(("ear", "seed"), [("deepgram", 1), ("deepgram_flux", 2)])
def test_history_is_what_the_recording_contains(_shared_sandbox, tmp_path, ear, seed):
    """A talk in which the telephone itself stood still, in the middle of a word, is no talk."""
    for attempt in range(ATTEMPTS):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        calls = []
        try:
            talks(_shared_sandbox, folder, ear, seed, calls)
        except AssertionError:
            late_s = max((call.media.lateness.worst_s for call in calls), default=0.0)
            if late_s < TORN_S or attempt == ATTEMPTS - 1:
                raise
            print(f"the telephone stood still for {late_s:.1f} s: another talk")
        else:
            break


def talks(sandbox, folder, ear, seed, calls):
    """Hold two talks at once, and check them; the calls are added to `calls` as they begin."""
    plans = [history.plan(seed, caller=0), history.plan(seed + 10, caller=1)]
    answers = history.Answers(seed)
    lines = folder / "script.jsonl"
    lines.write_text("".join(script(steps) + "\n" for steps in plans))
    env = PATIENT | {
        "VOICEAGENT_STT": ear, "VOICEAGENT_LLM": "ollama", "VOICEAGENT_TTS": "cartesia",
        "VOICEAGENT_CARTESIA_VOICE": VOICE, "VOICEAGENT_SIM_TRANSCRIPTS": str(lines),
    }  # fmt: skip

    def start(url):
        if (sandbox.directory / "state.json").exists():
            sandbox.stop_agent()
        given = {**plain_env(), **env, "VOICEAGENT_OLLAMA_URL": url}
        sandbox.up(env=given, profile="simulated")

    async def hold(at, steps, number):
        await asyncio.sleep(3 * number)  # the ears take the script's lines in the calls' order
        call, live = await at.call()
        calls.append(call)
        try:
            told = await history.hold(Phone(call, answers), steps)
            assert call.outcome is None, "the agent hung up"
            await call.hangup()
            await record_of(live, end_reason="caller_hung_up")
        except TimeoutError as error:
            raise AssertionError(await story(sandbox, call, live, answers)) from error
        finally:
            call.record(folder / f"call{number}.wav")
        return call, await live.turns(), told

    async def main():
        async with asyncio.timeout(LONGEST_S), model(answers) as url:
            await asyncio.to_thread(start, url)
            async with line(sandbox) as at:
                holding = (hold(at, steps, number) for number, steps in enumerate(plans))
                return await asyncio.gather(*holding)

    for (call, turns, told), steps in zip(asyncio.run(main()), plans, strict=True):
        assert recording.lost(call.media.arrivals) == 0
        heard = spelled.read(recording.audio_frames(call.media.arrivals))
        history.check(heard, turns, answers, steps, told, GONE_S)
