"""The phone against a peer on loopback: real sockets, real time, loss made on purpose."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from tests.phone import CallEnded, Caller, CallRefused, Party, Phone, heard, sdp
from tests.phone.call import Call
from tests.phone.g711 import Pcm
from tests.phone_tests.peer import Peer, peer

_TONE: Pcm = (8000 * np.sin(2 * np.pi * 1000 / 8000 * np.arange(4800))).astype(np.int16)  # 0.6 s


def _with(story: Callable[[Phone, Peer], Awaitable[None]], **settings: object) -> None:
    async def main() -> None:
        async with peer(**settings) as answering, Phone("127.0.0.1", answering.port) as phone:
            await story(phone, answering)

    asyncio.run(main())


def test_a_call_is_answered_heard_recorded_and_hung_up(tmp_path: Path) -> None:
    async def story(phone: Phone, answering: Peer) -> None:
        call = await phone.call("100", Caller("07700900999", "Ann"))
        await call.answered()
        assert call.ringing_at is not None and call.dialed_at <= call.ringing_at
        said = await call.say(_TONE)
        await call.agent_quiet(0.1, after=said.started_at)
        assert call.tone_heard()
        assert said.started_at is not None
        first = heard.first_sound_at(call.sound())
        assert first is not None and first >= said.started_at
        assert call.sound().voiced().sum() == 30  # 0.6 s, every frame of it
        ended = await call.hangup()
        assert (ended.by, ended.cause) == (Party.US, "bye")
        assert call.record(tmp_path / "call.wav").stat().st_size > 0.6 * 8000 * 4
        assert call.media.malformed == 0

    _with(story)


def test_noise_is_sent_for_as_long_as_nobody_speaks() -> None:
    async def story(phone: Phone, answering: Peer) -> None:
        call = await phone.call("100")
        await call.answered()
        assert call.last_sound_at is None
        call.noise(_TONE[:320])
        await call.agent_sounds()
        await asyncio.sleep(0.2)
        assert call.last_sound_at is not None and call.tone_heard(0.1)

    _with(story)


def test_an_echo_comes_back_late_and_weaker() -> None:
    async def story(phone: Phone, answering: Peer) -> None:
        call = await phone.call("100")
        await call.answered()
        call.echo(-20.0, 120)
        said = await call.say(_TONE[:800])
        await asyncio.sleep(0.4)
        assert said.started_at is not None
        first, second, *_ = heard.segments(call.sound(), join_s=0.01, shortest_s=0.04)
        assert first.seconds == pytest.approx(0.1, abs=0.045)
        # The peer's own echo makes one turn of it: there and back again after 120 ms.
        # Either may have arrived a little early or late.
        assert second.start - first.start == pytest.approx(0.12, abs=0.06)
        levels = [call.sound().after(part.start).level_dbfs[1] for part in (first, second)]
        assert levels[0] - levels[1] == pytest.approx(20, abs=1)

    _with(story)


def test_the_same_call_succeeds_when_one_of_each_message_is_lost() -> None:
    async def story(phone: Phone, answering: Peer) -> None:
        call = await phone.call("100")
        await call.answered()
        await answering.until(lambda m: m.method == "ACK")
        await call.hangup()
        assert all(left == 0 for left in answering.lose.values())

    lose = {"INVITE": 1, "INVITE 200": 1, "ACK": 1, "BYE": 1, "BYE 200": 1}
    _with(story, lose=lose)


@pytest.mark.parametrize("status", [404, 486, 503])
def test_a_refusal_is_raised_with_its_status(status: int) -> None:
    async def story(phone: Phone, answering: Peer) -> None:
        call = await phone.call("100")
        with pytest.raises(CallRefused) as refused:
            await call.answered()
        assert refused.value.status == status
        await answering.until(lambda m: m.method == "ACK")

    _with(story, plan=(100, status))


def test_a_port_where_nobody_listens_refuses_at_once() -> None:
    async def main() -> None:
        async with peer() as gone:
            port = gone.port
        async with Phone("127.0.0.1", port) as phone:
            call = await phone.call("100")
            with pytest.raises(CallRefused) as refused:
                await call.answered(timeout_s=5)
            assert refused.value.ended.cause == "unreachable"

    asyncio.run(main())


def test_hanging_up_while_it_rings_cancels() -> None:
    async def story(phone: Phone, answering: Peer) -> None:
        call = await phone.call("100")
        await call.ringing()
        assert (await call.hangup()).cause == "cancelled"
        with pytest.raises(CallRefused):
            await call.answered()

    _with(story, plan=(100, 180))


def test_keys_arrive_as_telephone_events_between_speech() -> None:
    async def story(phone: Phone, answering: Peer) -> None:
        call = await phone.call("100")
        await call.answered()
        await call.send_digits("1#", tone_ms=40, gap_ms=40)
        events = [p for p in answering.rtp_seen if p.payload_type == 101]
        await answering.until(lambda m: m.method == "ACK")
        assert {p.payload[0] for p in events} <= {1, 11}
        assert [p.payload[0] for p in events if p.marker][:1] == [1]
        with pytest.raises(ValueError, match="no such key"):
            await call.send_digits("x")

    _with(story)


def test_their_hangup_ends_every_wait_with_its_cause() -> None:
    async def story(phone: Phone, answering: Peer) -> None:
        call = await phone.call("100")
        await call.answered()
        speaking = asyncio.ensure_future(call.say(np.tile(_TONE, 20)))
        again = answering.request("BYE", 7, Reason='Q.850;cause=16;text="Bye"')
        ended = await call.ended()
        assert (ended.by, ended.q850, ended.reason) == (Party.THEM, 16, "Bye")
        with pytest.raises(CallEnded):
            await speaking
        with pytest.raises(CallEnded):
            await call.say(_TONE)
        again()
        await answering.until(lambda m: m.status == 200 and m.method == "BYE", count=2)

    _with(story)


def test_after_a_reinvite_the_voice_goes_to_the_new_address() -> None:
    async def story(phone: Phone, answering: Peer) -> None:
        async with peer() as other:
            call = await phone.call("100")
            await call.answered()
            other.echo = False
            moved = sdp.describe("127.0.0.1", other.rtp_port, {0: "PCMU"})
            answering.request("INVITE", 9, moved)
            await answering.until(lambda m: m.status == 200 and m.method == "INVITE")
            await call.say(_TONE)
            assert len(other.rtp_seen) >= 20
            answering.request("ACK", 9)
            await call.hangup()

    _with(story)


def test_ten_calls_at_once_keep_apart() -> None:
    async def one(phone: Phone, seconds: float) -> Call:
        call = await phone.call("100")
        await call.answered()
        await call.say(_TONE[: round(seconds * 8000)])
        await call.agent_quiet(1.0, after=call.answered_at)
        return call

    async def story(phone: Phone, answering: Peer) -> None:
        calls = await asyncio.gather(*(one(phone, 0.2 + n * 0.04) for n in range(10)))
        for n, call in enumerate(calls):
            assert call.sound().voiced().sum() == 10 + 2 * n
        assert len({call.dialog.call_id for call in calls}) == 10

    # The peer echoes each packet to the call it came from: a mix-up would change the lengths.
    _with(story)


def test_leaving_the_phone_hangs_up_and_frees_its_ports() -> None:
    async def main() -> None:
        async with peer() as answering:
            async with Phone("127.0.0.1", answering.port) as phone:
                call = await phone.call("100")
                await call.answered()
            assert call.outcome is not None and call.outcome.by is Party.US
            assert any(m.method == "BYE" for m in answering.seen)

    asyncio.run(main())


def test_noise_on_either_socket_is_survived() -> None:
    async def story(phone: Phone, answering: Peer) -> None:
        call = await phone.call("100")
        await call.answered()
        answering.transport.sendto(b"\r\n\r\n", ("127.0.0.1", phone.port))
        answering.transport.sendto(b"\xff" * 100, ("127.0.0.1", phone.port))
        answering.rtp_socket.sendto(b"junk", ("127.0.0.1", call.media.port))
        answering.request("OPTIONS", 3)
        await answering.until(lambda m: m.status == 200 and m.method == "OPTIONS")
        await call.say(_TONE)
        assert call.media.malformed == 1
        assert call.up

    _with(story)
