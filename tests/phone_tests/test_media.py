import asyncio
import socket
import threading
import time

import pytest

from tests.phone.media import MediaSocket, SendLateness, monotonic_offset_s
from tests.phone.rtp import Outgoing, Packet, parse

_CLOCK_ERROR_S = 0.0002  # two clocks are read one after the other
_SILENCE = b"\xff" * 160


def _packet(sequence: int) -> bytes:
    return Packet(0, sequence, sequence * 160, 1, _SILENCE).encode()


def test_arrival_is_when_the_wire_had_it_however_busy_the_phone_is() -> None:
    sent: list[tuple[float, float]] = []

    def send(port: int) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for n in range(10):
                before = time.monotonic()
                sender.sendto(_packet(n), ("127.0.0.1", port))
                sent.append((before, time.monotonic()))
                time.sleep(0.01)

    async def main() -> None:
        arrived = asyncio.Event()
        with MediaSocket("127.0.0.1", arrived.set) as media:
            # The kernel starts to stamp a moment after it is asked to.
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(_packet(99), ("127.0.0.1", media.port))
            await arrived.wait()
            media.arrivals.clear()
            sending = threading.Thread(target=send, args=(media.port,))
            sending.start()
            sending.join()  # the event loop stands still until every packet is there
        assert [a.packet.sequence for a in media.arrivals] == list(range(10))
        for arrival, (before, after) in zip(media.arrivals, sent, strict=True):
            assert before - _CLOCK_ERROR_S <= arrival.at <= after + _CLOCK_ERROR_S

    asyncio.run(main())


def test_a_late_loop_sends_what_it_owes_and_says_how_late_it_was() -> None:
    async def main() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            with MediaSocket("127.0.0.1", lambda: None) as media:
                media.start(Outgoing(0, _SILENCE, 7), *peer.getsockname())
                time.sleep(0.1)  # noqa: ASYNC251 - the loop must stand still
                while len(media.departures) < 5:
                    await asyncio.sleep(0.001)
                assert media.lateness.worst_s > 0.05
                assert media.lateness.late_frames >= 3
                count = len(media.departures)
            numbers = [parse(peer.recv(2048)).timestamp for _ in range(count)]
        assert numbers == [n * 160 for n in range(count)]  # no frame lost, no frame twice

    asyncio.run(main())


def test_nothing_is_sent_while_the_peer_holds() -> None:
    async def main() -> None:
        with MediaSocket("127.0.0.1", lambda: None) as media:
            outgoing = Outgoing(0, _SILENCE, 7)
            media.start(outgoing, "127.0.0.1", 0)
            while outgoing.timestamp < 3 * 160:  # the stream's clock runs on
                await asyncio.sleep(0.005)
            assert media.departures == []

    asyncio.run(main())


def test_ports_come_in_pairs_and_are_given_back() -> None:
    async def main() -> None:
        with MediaSocket("127.0.0.1", lambda: None) as media:
            port = media.port
            assert port % 2 == 0
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                with pytest.raises(OSError, match="in use"):
                    other.bind(("127.0.0.1", port + 1))
        media.close()  # twice does no harm
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", port + 1))

    asyncio.run(main())


def test_lateness_is_counted() -> None:
    lateness = SendLateness()
    for late_s in (0.0, 0.004, 0.006):
        lateness.add(late_s)
    assert (lateness.worst_s, lateness.late_frames, lateness.frames) == (0.006, 1, 3)


def test_the_offset_turns_wall_clock_into_monotonic() -> None:
    offset = monotonic_offset_s()
    before = time.monotonic()
    assert time.time() + offset >= before - _CLOCK_ERROR_S
