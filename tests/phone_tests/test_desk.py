"""The desk telephone, called by the other telephone directly and through a real Asterisk."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from tests.phone import Caller, CallRefused, Desk, Manner, Party, Phone, heard
from tests.phone.call import Call
from tests.phone.g711 import Pcm
from tests.phone.rtp import FRAME_SAMPLES
from tests.phone_tests.conftest import RealPbx

_TONE: Pcm = (8000 * np.sin(2 * np.pi * 1000 / 8000 * np.arange(8000))).astype(np.int16)  # 1 s


def _with(
    story: Callable[[Phone, Desk], Awaitable[None]],
    manner: Manner = Manner.ANSWER,
    after_s: float = 0.2,
) -> None:
    async def main() -> None:
        async with Desk(0, manner, after_s) as desk, Phone("127.0.0.1", desk.port) as phone:
            await story(phone, desk)

    asyncio.run(main())


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.05)


def test_a_person_answers_hears_speaks_and_hangs_up(tmp_path: Path) -> None:
    async def story(phone: Phone, desk: Desk) -> None:
        out = await phone.call("100", Caller("07700900999", "Ann"))
        call = await desk.rung()
        assert call.answered_at is None and call.ringing_at is not None
        line = call.dialog.line
        assert (line.number, line.caller.number) == ("100", "07700900999")
        await out.answered()
        await call.answered()
        assert call.answered_at is not None and call.answered_at - call.dialed_at >= 0.2
        said = await out.say(_TONE)
        await _until(lambda: call.sound().voiced().sum() >= 50)  # every frame of it
        await call.agent_quiet(0.2, after=said.started_at)
        assert call.tone_heard() and call.sound().voiced().sum() == 50
        said = await call.say(_TONE)
        await out.agent_quiet(0.2, after=said.started_at)
        assert out.tone_heard()
        ended = await call.hangup()
        assert (ended.by, ended.cause) == (Party.US, "bye")
        assert (await out.ended()).by is Party.THEM
        assert call.record(tmp_path / "desk.wav").stat().st_size > 2 * 8000 * 4

    _with(story)


def test_the_caller_hangs_up_and_the_person_is_told() -> None:
    async def story(phone: Phone, desk: Desk) -> None:
        out = await phone.call("100")
        call = await desk.rung()
        await out.answered()
        await out.hangup()
        ended = await call.ended()
        assert (ended.by, ended.cause, ended.q850) == (Party.THEM, "bye", 16)

    _with(story)


def test_keys_arrive_both_ways() -> None:
    def codes(payloads: list[bytes]) -> list[int]:
        return [payload[0] for payload in payloads if payload[1] & 0x80][::3]

    async def story(phone: Phone, desk: Desk) -> None:
        out = await phone.call("100")
        call = await desk.rung()
        await out.answered()
        await call.answered()
        await call.send_digits("1#")
        await out.send_digits("90")

        def keys(side: Call) -> list[int]:
            arrived = [a.packet for a in side.media.arrivals if a.packet.payload_type == 101]
            return codes([packet.payload for packet in arrived])

        await _until(lambda: (keys(out), keys(call)) == ([1, 11], [9, 0]))

    _with(story)


@pytest.mark.parametrize(
    ("manner", "status", "rings"), [(Manner.BUSY, 486, False), (Manner.DECLINE, 603, True)]
)
def test_a_call_is_refused(manner: Manner, status: int, rings: bool) -> None:
    async def story(phone: Phone, desk: Desk) -> None:
        out = await phone.call("100")
        call = await desk.rung()
        with pytest.raises(CallRefused) as refused:
            await out.answered()
        assert refused.value.status == status
        assert (out.ringing_at is not None) is rings
        assert (await call.ended()).status == status and call.answered_at is None

    _with(story, manner)


def test_nobody_comes_and_the_caller_gives_up() -> None:
    async def story(phone: Phone, desk: Desk) -> None:
        out = await phone.call("100")
        call = await desk.rung()
        await out.ringing()
        with pytest.raises(TimeoutError):
            await out.answered(0.5)
        await out.hangup()
        ended = await call.ended()
        assert (ended.by, ended.cause) == (Party.THEM, "cancelled")

    _with(story, Manner.RING, after_s=0.1)


def test_the_caller_may_give_up_before_the_answer_would_come() -> None:
    async def story(phone: Phone, desk: Desk) -> None:
        out = await phone.call("100")
        call = await desk.rung()
        await out.ringing()
        await out.hangup()
        await call.ended()
        await asyncio.sleep(0.5)
        assert call.answered_at is None

    _with(story, after_s=0.4)


def test_an_unplugged_telephone_says_nothing_until_it_is_plugged_in() -> None:
    async def story(phone: Phone, desk: Desk) -> None:
        out = await phone.call("100")
        with pytest.raises(TimeoutError):
            await desk.rung(0.7)
        assert out.ringing_at is None and out.outcome is None
        desk.manner = Manner.ANSWER
        await desk.rung()  # the INVITE is still being repeated
        await out.answered()

    _with(story, Manner.GONE)


def test_a_call_found_busy_late_is_not_taken_for_two() -> None:
    async def story(phone: Phone, desk: Desk) -> None:
        out = await phone.call("100")
        with pytest.raises(CallRefused):
            await out.answered()
        assert len(desk.calls) == 1 and out.outcome is not None and out.outcome.status == 486

    _with(story, Manner.BUSY, after_s=1.2)


def test_several_calls_at_once_do_not_mix() -> None:
    async def story(phone: Phone, desk: Desk) -> None:
        outs = [await phone.call(str(n)) for n in range(5)]
        calls = [await desk.rung() for _ in outs]
        await asyncio.gather(*(out.answered() for out in outs))
        assert [call.dialog.line.number for call in calls] == ["0", "1", "2", "3", "4"]
        said = [
            out.start_saying(_TONE[: (n + 1) * FRAME_SAMPLES * 5]) for n, out in enumerate(outs)
        ]
        await asyncio.sleep(1)
        assert all(piece.finished for piece in said)
        assert [call.sound().voiced().sum() for call in calls] == [5, 10, 15, 20, 25]
        await calls[0].hangup()
        assert [call.up for call in calls] == [False, True, True, True, True]

    _with(story)


def test_a_strange_request_is_answered_as_a_phone_would() -> None:
    async def main() -> None:
        got: asyncio.Queue[bytes] = asyncio.Queue()

        class Stranger(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
                got.put_nowait(data)

        async with Desk() as desk:
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_datagram_endpoint(
                Stranger, remote_addr=("127.0.0.1", desk.port)
            )
            for method in (b"OPTIONS", b"BYE"):
                transport.sendto(b"noise")
                transport.sendto(
                    method
                    + b" sip:x SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9\r\nFrom: <sip:a@b>\r\n"
                    b"To: <sip:x@y>\r\nCall-ID: 1\r\nCSeq: 1 " + method + b"\r\n\r\n"
                )
                async with asyncio.timeout(5):
                    answer = await got.get()
                assert answer.startswith(b"SIP/2.0 200" if method == b"OPTIONS" else b"SIP/2.0 481")
            transport.close()

    asyncio.run(main())


@pytest.mark.pbx
@pytest.mark.parametrize(
    ("manner", "q850"), [(Manner.BUSY, 17), (Manner.DECLINE, 21), (Manner.ANSWER, 16)]
)
def test_asterisk_takes_it_for_a_telephone(real_pbx: RealPbx, manner: Manner, q850: int) -> None:
    async def main() -> None:
        async with Desk(0, manner) as desk, Phone("127.0.0.1", real_pbx.port) as phone:
            out = await phone.call(f"desk{desk.port}")
            call = await desk.rung()
            if manner is Manner.ANSWER:
                await out.answered()
                await call.answered()
                said = await out.say(_TONE)
                await call.agent_quiet(1.0, after=said.started_at)
                assert call.tone_heard()
                said = await call.say(_TONE)
                await out.agent_quiet(1.0, after=said.started_at)
                assert out.tone_heard()
                assert sum(span.seconds for span in heard.tone_spans(out.sound())) > 0.8
                await call.hangup()
            ended = await out.ended()
            assert (ended.by, ended.q850) == (Party.THEM, q850)

    asyncio.run(main())
