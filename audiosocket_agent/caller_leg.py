"""The scripted caller's side of a call: an AudioSocket server for one connection, on loopback.

Asterisk connects to it as it connects to the agent, and what it sends is what the agent says. It
paces its own frames, 20 ms each on absolute deadlines, silence included, since Asterisk does not.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

from audiosocket_agent import protocol
from audiosocket_agent.caller_script import Caller, HangUp, Press, Say, Step
from audiosocket_agent.control import ControlError
from audiosocket_agent.errors import RemoteProtocolError
from audiosocket_agent.tts.offline import OfflineVoice

FRAME_S = 0.02
FRAME_BYTES = 320  # 8000 Hz * 20 ms * 2 bytes
READ_BYTES = 4096
HELLO_DEADLINE_S = 5.0
MOST_WAITING_BYTES = 65536  # two seconds of frames that Asterisk did not read: it is stuck
CATCH_UP_S = 0.2  # a machine that was busy for longer skips frames instead of bursting them


async def speak_all(steps: Sequence[Step], voice: OfflineVoice) -> dict[str, bytes]:
    """Return the words of a script as speech, 16-bit at 8,000 Hz, ready before the call.

    Raises:
        ProviderError: If the voice fails; its text says what to install.
    """
    texts = {step.text for step in steps if isinstance(step, Say)}
    return {text: b"".join([pcm async for pcm in voice.synthesize(text)]) for text in texts}


class CallerLeg:
    """Plays a script to whoever the one connection leads to.

    Args:
        steps: The script.
        spoken: Its words as speech; see `speak_all`.
        press: Presses keys; AudioSocket itself cannot.

    Attributes:
        call_id: The UUID Asterisk must bring; good for one connection.
        caller: The progress of the script.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        spoken: Mapping[str, bytes],
        press: Callable[[str], Awaitable[None]],
    ) -> None:
        self.call_id = uuid.uuid4()
        self._loop = asyncio.get_running_loop()
        self.caller = Caller(steps, self._loop.time())
        self._spoken = spoken
        self._press = press
        self._server: asyncio.Server | None = None
        self._taken = False
        self._peers: set[asyncio.Task[None]] = set()
        self._outgoing = b""

    async def start(self) -> str:
        """Listen; returns the address for Asterisk, ``127.0.0.1:port``.

        Raises:
            OSError: If it cannot listen.
        """
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"{host}:{port}"

    async def close(self) -> None:
        """Hang up and stop; idempotent. Raises what went wrong in the leg, if anything did."""
        if self._server is not None:
            self._server.close()
        for peer in self._peers:
            peer.cancel()
        for outcome in await asyncio.gather(*self._peers, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._peers.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decoder = protocol.Decoder()
        try:
            async with asyncio.timeout(HELLO_DEADLINE_S):
                rest = await self._hello(decoder, reader)
            if rest is None:
                return
            async with asyncio.TaskGroup() as tasks:
                self.caller.done(self._loop.time())  # the script's time begins now
                talking = tasks.create_task(self._talk(writer, tasks))
                await self._listen(decoder, reader, rest)
                talking.cancel()
        except (OSError, TimeoutError, RemoteProtocolError):
            return  # a stranger
        finally:
            _hang_up(writer)

    async def _hello(
        self, decoder: protocol.Decoder, reader: asyncio.StreamReader
    ) -> list[protocol.Message] | None:
        """Return what came after the first message; None from anyone who is not our call."""
        messages: list[protocol.Message] = []
        while not messages:
            data = await reader.read(READ_BYTES)
            if not data:
                return None
            messages = decoder.feed(data)
        if self._taken or messages[0] != protocol.Hello(self.call_id):
            return None
        self._taken = True
        return messages[1:]

    async def _listen(
        self,
        decoder: protocol.Decoder,
        reader: asyncio.StreamReader,
        messages: list[protocol.Message],
    ) -> None:
        """Hear what comes until the call is over; a reset is how Asterisk ends it in mid-frame."""
        with suppress(OSError, RemoteProtocolError):
            while True:
                for message in messages:
                    if isinstance(message, protocol.Audio):
                        self.caller.hear(message.pcm, self._loop.time())
                if not (data := await reader.read(READ_BYTES)):
                    return
                messages = decoder.feed(data)

    async def _talk(self, writer: asyncio.StreamWriter, tasks: asyncio.TaskGroup) -> None:
        """Send a frame every 20 ms, and do what the script says, until it hangs up."""
        due_s = self._loop.time()
        while not writer.is_closing():
            match self.caller.act(self._loop.time()):
                case Say(text):
                    self._outgoing = self._spoken[text]
                case Press(keys):
                    tasks.create_task(self._press_keys(keys))
                case HangUp():
                    break
            stuck = writer.transport.get_write_buffer_size() > MOST_WAITING_BYTES
            if self.caller.unmet is not None or stuck:
                break
            writer.write(protocol.encode_audio(self._frame()))
            due_s = max(due_s + FRAME_S, self._loop.time() - CATCH_UP_S)
            await asyncio.sleep(max(0.0, due_s - self._loop.time()))
        _hang_up(writer)

    async def _press_keys(self, keys: str) -> None:
        try:
            await self._press(keys)
        except ControlError as error:
            self.caller.give_up(f"its keys could not be pressed: {error}")
        self.caller.done(self._loop.time())

    def _frame(self) -> bytes:
        if not self._outgoing:
            return protocol.SILENCE_FRAME
        frame, self._outgoing = self._outgoing[:FRAME_BYTES], self._outgoing[FRAME_BYTES:]
        if not self._outgoing:
            self.caller.done(self._loop.time())
        return frame.ljust(FRAME_BYTES, b"\0")


def _hang_up(writer: asyncio.StreamWriter) -> None:
    if not writer.is_closing():
        with suppress(OSError):
            writer.write(protocol.HANGUP_MESSAGE)
        writer.close()
