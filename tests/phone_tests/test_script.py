"""The scripted caller, held against a peer that asks with tones and a record kept by the test."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import numpy as np
import pytest

from tests.phone import Phone, heard
from tests.phone.call import Call
from tests.phone.g711 import Pcm
from tests.phone.outcome import Party
from tests.phone.script import (
    ANYTHING,
    Answers,
    GaveUp,
    HangUp,
    Keys,
    Question,
    ScriptedCaller,
    Silence,
    Sound,
)
from tests.phone_tests.peer import Peer, peer

_BEEP: Pcm = (6000 * np.sin(2 * np.pi * 400 / 8000 * np.arange(1600))).astype(np.int16)  # 0.2 s
_QUIET_S = 0.1


class Interview:
    """An agent that asks with beeps, one question after each answer, and then hangs up."""

    def __init__(self, answering: Peer, asks: Sequence[str]) -> None:
        self._peer = answering
        self._asks = list(asks)
        self._number = 0

    async def next_question(self) -> Question | None:
        if self._number:
            await self._answered()
        if self._number == len(self._asks):
            self._peer.request("BYE", 50)
            return None
        self._number += 1
        return Question(self._number, "step", self._asks[self._number - 1], "?")

    async def spoken(self, question: Question) -> None:
        await self._peer.speak(_BEEP)

    async def _answered(self) -> None:
        """Waits for a key, or for 0.3 s of whatever the caller does."""
        seen = self._peer.rtp_seen
        start = len(seen)
        async with asyncio.timeout(5):
            while not any(p.payload_type == 101 for p in seen) and len(seen) < start + 15:
                self._peer.changed.clear()
                await self._peer.changed.wait()


def _interview(
    asks: Sequence[str],
    answers: Answers,
    check: Callable[[ScriptedCaller, Call, Interview], Awaitable[None]],
    agent: Callable[[Peer, Sequence[str]], Interview] = Interview,
) -> None:
    async def main() -> None:
        async with peer(echo=False) as answering, Phone("127.0.0.1", answering.port) as phone:
            call = await phone.call("100")
            await call.answered()
            caller = ScriptedCaller(answers, most_repeats=3, quiet_s=_QUIET_S)
            await check(caller, call, agent(answering, asks))

    asyncio.run(main())


def test_each_question_gets_its_next_answer_after_the_agent_fell_silent() -> None:
    async def check(caller: ScriptedCaller, call: Call, live: Interview) -> None:
        story = await caller.run(call, live, timeout_s=20)
        assert [e.answer for e in story.exchanges] == [first, later, later, Silence()]
        assert story.ended is not None and story.ended.by is Party.THEM
        last_sound = heard.segments(call.sound(), join_s=0.05)
        for exchange, segment in zip(story.exchanges[:3], last_sound, strict=False):
            assert exchange.started_at is not None
            assert exchange.started_at >= segment.end - 0.02 + _QUIET_S

    first, later = Sound(_BEEP), Sound(_BEEP[:320])
    answers: Answers = {"name": (first, later), ANYTHING: (Silence(),)}
    _interview(["name", "name", "name", "other"], answers, check)


def test_keys_are_pressed_and_the_response_is_timed() -> None:
    async def check(caller: ScriptedCaller, call: Call, live: Interview) -> None:
        story = await caller.run(call, live, timeout_s=20)
        first, nothing = story.responses_ms(call)
        assert first is not None and first > 0
        assert nothing is None  # there was no answer to respond to
        assert story.exchanges[0].ended_at is not None

    _interview(["postcode", "town"], {"postcode": (Keys("8#"),), "town": (Silence(),)}, check)


def test_a_caller_asked_the_same_thing_too_often_gives_up_and_hangs_up() -> None:
    async def check(caller: ScriptedCaller, call: Call, live: Interview) -> None:
        with pytest.raises(GaveUp, match="asked 4 times for 'name'"):
            await caller.run(call, live, timeout_s=20)
        assert call.outcome is not None and call.outcome.by is Party.US

    _interview(["name"] * 9, {"name": (Silence(),)}, check)


def test_a_caller_gives_up_on_what_it_has_no_answer_to() -> None:
    async def check(caller: ScriptedCaller, call: Call, live: Interview) -> None:
        with pytest.raises(GaveUp):
            await caller.run(call, live, timeout_s=20)

    _interview(["name"], {}, check)


def test_a_caller_may_put_the_phone_down_instead() -> None:
    async def check(caller: ScriptedCaller, call: Call, live: Interview) -> None:
        story = await caller.run(call, live, timeout_s=20)
        assert story.ended is not None and story.ended.by is Party.US
        assert len(story.exchanges) == 1

    _interview(["name", "town"], {"name": (HangUp(),), "town": (Silence(),)}, check)


def test_a_caller_who_hears_a_person_needs_the_agent_no_more() -> None:
    async def check(caller: ScriptedCaller, call: Call, live: Interview) -> None:
        tone = (6000 * np.sin(2 * np.pi * 1000 / 8000 * np.arange(6400))).astype(np.int16)
        speaking = asyncio.ensure_future(live._peer.speak(tone))
        story = await caller.run(call, live, timeout_s=20)
        await speaking
        assert story.person_at is not None and story.exchanges == []
        assert story.ended is not None and story.ended.by is Party.US

    class Mute(Interview):
        async def next_question(self) -> Question | None:
            await asyncio.Event().wait()
            return None

    _interview([], {}, check, Mute)


def test_the_agent_hanging_up_in_mid_answer_ends_the_story() -> None:
    async def check(caller: ScriptedCaller, call: Call, live: Interview) -> None:
        running = asyncio.ensure_future(caller.run(call, live, timeout_s=20))
        await call.agent_sounds()
        live._peer.request("BYE", 60)
        story = await running
        assert story.ended is not None and story.ended.by is Party.THEM

    _interview(["name"], {"name": (Sound(np.tile(_BEEP, 40)),)}, check)
