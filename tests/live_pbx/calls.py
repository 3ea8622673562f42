"""Calls to and on a customer's machine: who answers, as the caller hears it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import numpy as np

from tests.live_pbx.customer import DESK_PORT, DID, SIP_PORT
from tests.live_pbx.machine import Machine
from tests.phone import Call, Desk, Phone, heard
from tests.phone.voice import speak

_PATIENCE_S = 30.0
_GREETING_S = 1.5  # of speech: the sample greeting lasts three seconds, with pauses
_TONE = np.asarray(8000 * np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000), dtype=np.int16)
_T = TypeVar("_T")


def at(machine: Machine, story: Callable[[Phone], Awaitable[_T]]) -> _T:
    """Play a story with a telephone that stands at the machine."""

    async def main() -> _T:
        async with Phone("127.0.0.1", SIP_PORT) as phone:
            return await story(phone)

    with machine.network():
        return asyncio.run(main())


async def hears_announcement(phone: Phone, number: str) -> None:
    """Call a number; the customer's old announcement answers."""
    call = await phone.call(number)
    await call.answered(_PATIENCE_S)
    await call.person_reached(_PATIENCE_S)
    await call.hangup()


async def hears_agent(phone: Phone, number: str = DID) -> Call:
    """Call a number; the agent answers and is heard to greet. The call goes on."""
    call = await phone.call(number)
    await call.answered(_PATIENCE_S)
    await call.agent_sounds(_PATIENCE_S)
    async with asyncio.timeout(_PATIENCE_S):
        while _spoken_s(call) < _GREETING_S:
            await asyncio.sleep(0.1)
    assert not call.tone_heard(), "that is the announcement, not the agent"
    return call


async def reaches_desk(call: Call, key: str = "", words: str = "") -> None:
    """Wait until the front desk's telephone rings, and both hear each other.

    Args:
        call: The caller's call.
        key: What the caller presses first.
        words: What the caller says first.
    """
    async with Desk(DESK_PORT) as desk:
        if key:
            await call.send_digits(key)
        if words:
            await call.agent_quiet(timeout_s=_PATIENCE_S)
            await call.say(speak(words))
        person = await desk.rung(_PATIENCE_S)
        await person.answered(_PATIENCE_S)
        await call.answered(_PATIENCE_S)
        call.noise(_TONE)
        person.noise(_TONE)
        await asyncio.gather(call.person_reached(_PATIENCE_S), person.person_reached(_PATIENCE_S))
        await call.hangup()


def records(machine: Machine) -> list[dict[str, Any]]:
    """Return the agent's records of calls, as its admin gets them."""
    found: list[dict[str, Any]] = json.loads(machine.do("voiceagent", "calls", "list", "--json"))
    return found


def _spoken_s(call: Call) -> float:
    return sum(one.seconds for one in heard.segments(heard.speech(call.sound())))
