"""The scripted caller on a real socket: paced, deaf to strangers, gone when it should be."""

import asyncio
import uuid
from contextlib import asynccontextmanager

import numpy as np

from audiosocket_agent import protocol
from audiosocket_agent.caller_leg import CallerLeg, speak_all
from audiosocket_agent.caller_script import HangUp, Press, Say, Wait
from audiosocket_agent.control import ControlError
from audiosocket_agent.tts.offline import OfflineVoice

VOICE = protocol.encode_audio((8000 * np.sin(np.arange(160) * 0.7)).astype("<i2").tobytes())


class Peer:
    """Asterisk's end of the connection."""

    def __init__(self, reader, writer):
        self._reader, self.writer = reader, writer
        self._decoder = protocol.Decoder()
        self.arrivals = []  # (when, message)

    async def listen(self):
        loop = asyncio.get_running_loop()
        while data := await self._reader.read(4096):
            self.arrivals += [(loop.time(), m) for m in self._decoder.feed(data)]

    async def send(self, message, count):
        for _ in range(count):
            self.writer.write(message)
            await asyncio.sleep(0.02)

    def pcm(self):
        return b"".join(m.pcm for _, m in self.arrivals if isinstance(m, protocol.Audio))


@asynccontextmanager
async def connected(address, call_id):
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    peer = Peer(reader, writer)
    writer.write(protocol.encode(protocol.Kind.UUID, call_id.bytes))
    listening = asyncio.create_task(peer.listen())
    try:
        yield peer, listening
    finally:
        writer.close()
        await asyncio.gather(listening, return_exceptions=True)


async def nobody_presses(keys):
    raise AssertionError("no keys in this script")


def run(steps, scenario, spoken=None, press=nobody_presses):
    async def main():
        leg = CallerLeg(steps, spoken or {}, press)
        address = await leg.start()
        try:
            async with asyncio.timeout(60):
                return await scenario(leg, address)
        finally:
            await leg.close()

    return asyncio.run(main())


def test_frames_leave_every_20_ms_from_the_first_moment():
    async def scenario(leg, address):
        async with connected(address, leg.call_id) as (peer, _):
            await asyncio.sleep(2)
            return peer.arrivals

    arrivals = run((Wait(60),), scenario)
    times = [at_s for at_s, _ in arrivals]
    assert all(message == protocol.Audio(bytes(320), 8000) for _, message in arrivals)
    # Late frames are caught up, and none are sent ahead of their time.
    assert 70 <= len(times) <= (times[-1] - times[0]) / 0.02 + 12


def test_the_caller_speaks_when_the_agent_is_quiet_and_hangs_up_in_the_end():
    words = np.arange(1, 801, dtype="<i2").tobytes()  # five frames

    async def scenario(leg, address):
        async with connected(address, leg.call_id) as (peer, listening):
            await peer.send(VOICE, 25)
            assert not np.any(np.frombuffer(peer.pcm(), "<i2"))
            await peer.send(protocol.SILENCE_MESSAGE, 60)
            await peer.send(VOICE, 25)
            await listening
            return peer

    steps = (Say("hello"), HangUp())
    peer = run(steps, scenario, {"hello": words})
    assert words in peer.pcm()
    assert peer.arrivals[-1][1] == protocol.Hangup()


def test_keys_are_pressed_while_silence_goes_on():
    pressed = asyncio.Event()

    async def press(keys):
        await asyncio.sleep(0.3)
        assert keys == "12#"
        pressed.set()

    async def scenario(leg, address):
        async with connected(address, leg.call_id) as (peer, _):
            await peer.send(VOICE, 25)
            before = len(peer.arrivals)
            await pressed.wait()
            return len(peer.arrivals) - before

    # 0.7 s of quiet and 0.3 s of pressing are 50 frames.
    assert run((Press("12#"), Wait(60)), scenario, press=press) >= 40


def test_keys_that_cannot_be_pressed_end_the_call():
    async def press(keys):
        raise ControlError("no such call")

    async def scenario(leg, address):
        async with connected(address, leg.call_id) as (peer, listening):
            await peer.send(VOICE, 25)
            await listening
            return leg.caller.unmet

    unmet = run((Press("1"), Wait(60)), scenario, press=press)
    assert unmet.step == 1 and "no such call" in unmet.why


def test_only_its_own_call_is_taken_and_only_once():
    async def scenario(leg, address):
        ends = []
        for call_id in (uuid.uuid4(), leg.call_id, leg.call_id):
            async with connected(address, call_id) as (peer, listening):
                await asyncio.sleep(0.3)
                ends.append(listening.done())
                if call_id == leg.call_id and not listening.done():
                    async with connected(address, call_id) as (second, refused):
                        await refused
                        assert second.pcm() == b""
        return ends

    assert run((Wait(60),), scenario) == [True, False, True]


def test_strangers_that_speak_no_audiosocket_are_dropped():
    async def scenario(leg, address):
        host, port = address.split(":")
        for data in (b"GET / HTTP/1.1\r\n\r\n" * 5, b"\x01\x00\x02ab", VOICE):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(data)
            writer.write_eof()
            assert await reader.read() in (b"", protocol.HANGUP_MESSAGE)
            writer.close()
        async with connected(address, leg.call_id) as (peer, _):
            await asyncio.sleep(0.2)
            return len(peer.arrivals)

    assert run((Wait(60),), scenario) > 0


def test_the_other_end_may_hang_up_in_any_way():
    async def scenario(leg, address):
        async with connected(address, leg.call_id) as (peer, _):
            await asyncio.sleep(0.2)
            peer.writer.transport.abort()
        await asyncio.sleep(0.2)

    run((Wait(60),), scenario)


def test_words_are_spoken_before_the_call():
    async def main():
        voice = OfflineVoice()
        try:
            return await speak_all((Say("a leaking tap"), Wait(1), Say("Truro")), voice)
        finally:
            await voice.close()

    spoken = asyncio.run(main())
    assert set(spoken) == {"a leaking tap", "Truro"}
    for pcm in spoken.values():
        assert len(pcm) > 16 * 200 and np.abs(np.frombuffer(pcm, "<i2")).max() > 3000
