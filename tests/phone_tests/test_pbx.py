"""The phone against a real Asterisk: what it says happened is what happened."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from tests.phone import Caller, CallRefused, Party, Phone, heard, recording
from tests.phone.g711 import Pcm
from tests.phone_tests.conftest import RealPbx

pytestmark = pytest.mark.pbx

_TONE: Pcm = (8000 * np.sin(2 * np.pi * 1000 / 8000 * np.arange(8000))).astype(np.int16)  # 1 s


def _story(pbx: RealPbx, tell: Callable[[Phone], Awaitable[None]]) -> None:
    async def main() -> None:
        async with Phone("127.0.0.1", pbx.port) as phone:
            await tell(phone)

    asyncio.run(main())


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_what_is_said_comes_back_in_either_law(real_pbx: RealPbx, codec: str) -> None:
    async def tell(phone: Phone) -> None:
        call = await phone.call("echo", codecs=(codec,))
        await call.answered()
        said = await call.say(_TONE)
        await call.agent_quiet(0.2, after=said.started_at)
        sound = call.sound()
        assert sound.voiced().sum() == 50  # every frame of one second
        assert sound.tone[sound.voiced()].min() > 0.9
        assert recording.lost(call.media.arrivals) == 0
        assert (await call.hangup()).cause == "bye"

    _story(real_pbx, tell)


def test_a_recording_is_heard_as_a_voice_and_the_end_comes_from_them(
    real_pbx: RealPbx, tmp_path: Path
) -> None:
    async def tell(phone: Phone) -> None:
        call = await phone.call("speak")
        ended = await call.ended()
        assert (ended.by, ended.q850) == (Party.THEM, 16)
        voice = heard.segments(heard.speech(call.sound()))
        assert sum(segment.seconds for segment in voice) > 1.0
        assert not call.tone_heard()
        assert call.record(tmp_path / "call.wav").stat().st_size > 16000

    _story(real_pbx, tell)


def test_a_person_s_tone_is_recognised_and_its_end_is_found(real_pbx: RealPbx) -> None:
    async def tell(phone: Phone) -> None:
        call = await phone.call("tone")
        answered_at = await call.answered()
        await call.ended()
        [span] = heard.tone_spans(call.sound())
        assert 1.5 < span.seconds < 2.5
        assert span.start > answered_at + 0.3
        # This PBX sends no packets at all while it has nothing to play.
        silent_at = heard.fell_silent_at(call.sound(), span.start + 1, 0.2, until=call.ended_at)
        assert silent_at == pytest.approx(span.end - heard.FRAME_S, abs=0.021)

    _story(real_pbx, tell)


@pytest.mark.parametrize(("keys", "cause"), [("19*0", 16), ("1990", 21)])
def test_keys_are_understood(real_pbx: RealPbx, keys: str, cause: int) -> None:
    async def tell(phone: Phone) -> None:
        call = await phone.call("keys")
        await call.answered()
        await call.send_digits(keys)
        assert (await call.ended()).q850 == cause

    _story(real_pbx, tell)


@pytest.mark.parametrize(
    ("number", "status", "cause"), [("busy", 486, 17), ("full", 503, 34), ("nobody", 404, None)]
)
def test_refusals_carry_status_and_cause(
    real_pbx: RealPbx, number: str, status: int, cause: int | None
) -> None:
    async def tell(phone: Phone) -> None:
        call = await phone.call(number)
        with pytest.raises(CallRefused) as refused:
            await call.answered()
        assert refused.value.status == status
        assert cause is None or refused.value.ended.q850 == cause

    _story(real_pbx, tell)


def test_a_ringing_call_can_be_cancelled(real_pbx: RealPbx) -> None:
    async def tell(phone: Phone) -> None:
        call = await phone.call("ring")
        await call.ringing()
        ended = await call.hangup()
        assert (ended.by, ended.cause, ended.status) == (Party.US, "cancelled", 487)

    _story(real_pbx, tell)


def test_what_is_played_before_the_answer_is_heard(real_pbx: RealPbx) -> None:
    async def tell(phone: Phone) -> None:
        call = await phone.call("early")
        ended = await call.ended()
        assert ended.status == 486 and call.answered_at is None
        assert heard.segments(call.sound())

    _story(real_pbx, tell)


@pytest.mark.parametrize(
    ("caller", "told"),
    [
        (Caller("0800,1", "${SHELL(id)}, x"), "who name=[${SHELL(id)}, x] num=[0800%2C1]"),
        (Caller('"${X}"', 'a"b'), 'who name=[a\\"b] num=[%22%24%7BX%7D%22]'),
        (Caller("1\n2\r3"), "who name=[] num=[1%0A2%0D3]"),  # a number may hold line breaks
        (Caller(withheld=True), "who name=[Anonymous] num=[anonymous]"),
    ],
)
def test_any_caller_id_arrives_as_it_was_given(
    real_pbx: RealPbx, caller: Caller, told: str
) -> None:
    async def tell(phone: Phone) -> None:
        before = real_pbx.log.stat().st_size
        call = await phone.call("who", caller)
        await call.ended()
        assert told in real_pbx.log.read_text()[before:]

    _story(real_pbx, tell)


def test_ten_calls_at_once_lose_nothing(real_pbx: RealPbx) -> None:
    async def one(phone: Phone) -> int:
        call = await phone.call("echo")
        await call.answered()
        said = await call.say(_TONE)
        await call.agent_quiet(0.2, after=said.started_at)
        assert recording.lost(call.media.arrivals) == 0
        return int(call.sound().voiced().sum())

    async def tell(phone: Phone) -> None:
        assert await asyncio.gather(*(one(phone) for _ in range(10))) == [50] * 10

    _story(real_pbx, tell)
