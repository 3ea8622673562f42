"""Callers who hold the planned calls on the test telephone, several at a time.

They go by their ears alone: a caller answers when the agent has been silent for a while, and speaks
over a reply so long after its first sound. Nothing is analysed while calls go on: that would make
the telephone late.
"""

from __future__ import annotations

import asyncio
import json
import os
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.corpus import Utterance
from bench.plans import Item, Mode, Plan
from bench.speaking import Spoken, make, say
from bench.turn_analysis import GIVEN_UP_S, Said
from bench.voices import background
from tests.phone import Call, CallEnded, Caller, Party, Phone
from tests.phone.outcome import CallError
from tests.phone.rtp import FRAME_MS
from tests.phone.rtp import Utterance as Outgoing
from tests.phone.sandbox import Endpoints

QUIET_S = 0.8  # the agent has finished when nothing was heard for so long
_POLL_S = 0.03  # fifty callers who woke at every packet would keep a processor busy
_AFTER_NOISE_S = 0.7  # an agent that paused for a noise has gone on by then
_LONGEST_REPLY_S = 25.0
_ANSWER_S = GIVEN_UP_S + 0.3
_LONGEST_CALL_S = 260.0
_CONNECTED_S = 0.15  # after the answer the ear has read its script
_ECHO_DB, _ECHO_MS = -25.0, 120
_ECHO_LISTEN_S = 16.0  # the greeting, and the first time it asks whether anybody is there
_ECHO_SEGMENTS = 80


@dataclass(slots=True)
class Held:
    """A call as it went.

    Attributes:
        plan: What was planned.
        number: The caller's.
        call: The telephone's side of it; None if it never got that far.
        dialed_at: When the call was placed.
        answered_at: When it was answered; None if it never was.
        said: What the caller did, in order.
        over_at: When the caller stopped listening.
        late_ms: How late the telephone's own latest frame was.
        ended_early: Whether the agent hung up, or sent the caller to a person, before the plan did.
        error: What went wrong on the caller's side; "" if nothing did.
        echo: Whether the caller's telephone sent an echo.
    """

    plan: Plan
    number: str
    call: Call | None = None
    dialed_at: float = 0.0
    answered_at: float | None = None
    said: list[Said] = field(default_factory=list)
    over_at: float = 0.0
    late_ms: float = 0.0
    ended_early: bool = False
    error: str = ""
    echo: bool = False


class Sounds:
    """All that the callers will say, made beforehand so that making it delays nobody."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], Spoken] = {}

    def prepare(self, plans: Sequence[Plan]) -> None:
        """Make what the plans need; takes about 30 ms for each part of an utterance."""
        for plan in plans:
            for item in plan.items:
                self.of(item, plan)

    def of(self, item: Item, plan: Plan) -> Spoken:
        """Return the sound of an item in the caller's voice."""
        key = (item.what, plan.voice, plan.behind)
        if key not in self._made:
            self._made[key] = (
                make(item.what, plan.behind)
                if isinstance(item.what, str)
                else say(item.what, plan.voice, plan.behind)
            )
        return self._made[key]


class Callers:
    """Places calls.

    Args:
        at: Where to call.
        phone: The telephone.
        script: The file that tells the simulated ear what it hears.
        sounds: What is said.
    """

    def __init__(self, at: Endpoints, phone: Phone, script: Path, sounds: Sounds) -> None:
        self._at = at
        self._phone = phone
        self._script = script
        self._sounds = sounds
        self._dialling = asyncio.Lock()
        self._placed = 0

    async def hold_all(self, plans: Sequence[Plan], at_once: int, apart_s: float) -> list[Held]:
        """Hold calls, so many at a time, the first of them so far apart; returns them in order."""
        room = asyncio.Semaphore(at_once)

        async def one(n: int, plan: Plan) -> Held:
            await asyncio.sleep(min(n, at_once) * apart_s)
            async with room:
                return await self.hold(plan)

        return await asyncio.gather(*(one(n, plan) for n, plan in enumerate(plans)))

    async def hold(self, plan: Plan) -> Held:
        """Hold one call as planned; never raises for what goes wrong in it."""
        segments = [s for item in plan.items for s in self._sounds.of(item, plan).segments]
        held = await self._dialled(plan, segments)
        if held.call is None:
            return held
        try:
            async with asyncio.timeout(_LONGEST_CALL_S):
                if plan.behind != "clean":
                    held.call.noise(background(plan.behind))
                await self._converse(held, held.call)
        except CallEnded as error:
            held.ended_early = len(held.said) < len(plan.items)
            held.error = "" if error.ended.by is Party.THEM else str(error)
        except TimeoutError:
            held.ended_early = True  # handed over: a person's tone never ends
        await self._over(held)
        return held

    async def listen(self, plan: Plan, *, echo: bool) -> Held:
        """Hold a call in which nobody speaks, with or without an echo of the agent's voice."""
        held = await self._dialled(plan, [("", 100.0)] * _ECHO_SEGMENTS)
        held.echo = echo
        if held.call is None:
            return held
        try:
            if echo:
                held.call.echo(_ECHO_DB, _ECHO_MS)
            await asyncio.sleep(_ECHO_LISTEN_S)
        except CallEnded as error:
            held.error = str(error)
        await self._over(held)
        return held

    async def _dialled(self, plan: Plan, segments: Sequence[tuple[str, float]]) -> Held:
        """Dial; calls are placed one by one, because each finds its own script in the file."""
        held = Held(plan, f"07700{900000 + self._placed:06d}")
        self._placed += 1
        async with self._dialling:
            self._write(segments)
            try:
                held.call = await self._phone.call(self._at.did, Caller(held.number))
                held.dialed_at = held.call.dialed_at
                held.answered_at = await held.call.answered()
                await asyncio.sleep(_CONNECTED_S)
            except (CallError, TimeoutError) as error:
                held.call, held.error = None, f"{type(error).__name__}: {error}"
        return held

    async def _over(self, held: Held) -> None:
        assert held.call is not None
        held.over_at = asyncio.get_running_loop().time()
        held.late_ms = held.call.media.lateness.worst_s * 1000
        try:
            await held.call.hangup()
        except TimeoutError:
            held.error = held.error or "the hang-up was not confirmed"

    def _write(self, segments: Sequence[tuple[str, float]]) -> None:
        whole = self._script.with_suffix(".new")
        whole.write_text(json.dumps({"segments": [list(s) for s in segments]}) + "\n")
        os.replace(whole, self._script)  # an ear that connects meanwhile reads one or the other

    async def _converse(self, held: Held, call: Call) -> None:
        assert held.answered_at is not None
        since, waits_for_answer = held.answered_at, True
        for item in held.plan.items:
            if waits_for_answer:
                await _sounds_after(call, since, _ANSWER_S)
            if item.mode is Mode.ANSWER:
                await _quiet(call, since)
            else:
                await asyncio.sleep(item.offset_s)
            said = await self._speak(call, item, held.plan)
            held.said.append(said)
            waits_for_answer = item.mode is not Mode.ALARM
            since = said.end if waits_for_answer else said.end + _AFTER_NOISE_S
        if waits_for_answer:
            await _sounds_after(call, since, _ANSWER_S)
        await _quiet(call, since)

    async def _speak(self, call: Call, item: Item, plan: Plan) -> Said:
        sound = self._sounds.of(item, plan)
        first = len(call.media.departures)
        outgoing = call.start_saying(sound.pcm)
        while not outgoing.finished:
            _check(call)
            await asyncio.sleep(_POLL_S)
        words = item.what.text if isinstance(item.what, Utterance) else ""
        hard = isinstance(item.what, Utterance) and item.what.hard
        start, end = _times(call, outgoing, sound, first)
        return Said(item.mode, item.kind, words, start, end, hard)


def _times(call: Call, outgoing: Outgoing, sound: Spoken, since: int) -> tuple[float, float]:
    """Return when the first and the last frame with voice were sent."""
    sent = [departure.at for departure in call.media.departures[since:]]
    assert outgoing.started_at is not None
    first = bisect_left(sent, outgoing.started_at)
    last = min(first + int((sound.end_ms - 1) // FRAME_MS), len(sent) - 1)
    return sent[first + int(sound.start_ms // FRAME_MS)], sent[last]


def _check(call: Call) -> None:
    if call.outcome is not None:
        raise CallEnded(call.outcome)


async def _sounds_after(call: Call, since: float, timeout_s: float) -> bool:
    """Wait until the agent is heard after a moment; returns whether it was, in time."""
    loop = asyncio.get_running_loop()
    until = loop.time() + timeout_s
    while loop.time() < until:
        _check(call)
        if (call.last_sound_at or 0.0) > since:
            return True
        await asyncio.sleep(_POLL_S)
    return False


async def _quiet(call: Call, since: float) -> None:
    """Wait until the agent has been silent for a while.

    Raises:
        TimeoutError: If it never is: a person was reached, whose tone goes on.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(_LONGEST_REPLY_S):
        while loop.time() - max(since, call.last_sound_at or 0.0) < QUIET_S:
            _check(call)
            await asyncio.sleep(_POLL_S)
