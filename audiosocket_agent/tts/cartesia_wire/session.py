"""The voice of one call at Cartesia: one socket, opened ahead, and any number of replies on it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from itertools import count
from uuid import uuid4

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from audiosocket_agent.errors import ProviderError, StreamBroken
from audiosocket_agent.patience import Patience
from audiosocket_agent.seams import SpeechPiece
from audiosocket_agent.tts.cartesia_wire.dialling import dial
from audiosocket_agent.tts.cartesia_wire.failures import PROVIDER, from_close
from audiosocket_agent.tts.cartesia_wire.frames import Event, Failed, read
from audiosocket_agent.tts.cartesia_wire.reply import Reply
from audiosocket_agent.tts.cartesia_wire.request import CartesiaOptions, Frames

MOST_UNSENT = 2000  # frames: a very long reply, token by token; a socket this far behind is dead
MOST_UNHEARD_BYTES = 8 << 20  # over eight minutes of audio that nobody takes
SEND_S = 1.0

_log = logging.getLogger(__name__)


class CartesiaSession:
    """A `VoiceSession`; call `open` before anything else.

    Args:
        options: Of the engine.
        call_id: For logs.
        closed: Told when the session has been closed.
    """

    def __init__(
        self,
        options: CartesiaOptions,
        call_id: str,
        closed: Callable[[CartesiaSession], None],
    ) -> None:
        self._options = options
        self._tell_closed = closed
        self._extra = {"call_id": call_id}
        self._frames = Frames(options)
        # Random, because contexts of all calls share the account.
        stem, numbers = uuid4().hex[:16], count(1)
        self._new_id = lambda: f"{stem}-{next(numbers)}"
        self._speeches: set[CartesiaSpeech] = set()
        self._outbox: asyncio.Queue[str] = asyncio.Queue(MOST_UNSENT)  # full: see `post`
        self._socket: ClientConnection | None = None
        self._tasks: set[asyncio.Task[None]] = set()  # the writer, and a reader for each socket
        self._closed = False

    async def open(self) -> None:
        """Connect.

        Raises:
            ProviderError: If that fails.
        """
        await self._connect()
        self._start(self._write())

    def begin(self) -> CartesiaSpeech:
        """See `VoiceSession.begin`."""
        first_byte_ms = self._options.first_byte_ms + self._options.max_buffer_delay_ms
        reply = Reply(
            self._frames, self._new_id, first_byte_ms / 1000, self._options.stall_ms / 1000
        )
        speech = CartesiaSpeech(self, reply)
        if self._closed:
            speech.fail(ProviderError(PROVIDER, "the session is closed"))
        else:
            self._speeches.add(speech)
        return speech

    async def close(self) -> None:
        """See `VoiceSession.close`."""
        self._closed = True
        for speech in list(self._speeches):
            speech.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._socket is not None:
            # Bounded by its close_timeout.
            await self._socket.close()
            self._socket = None
        self._tell_closed(self)

    def post(self, frames: list[str]) -> None:
        """Queue frames to be sent in order; a queue that is full fails every reply."""
        for frame in frames:
            try:
                self._outbox.put_nowait(frame)
            except asyncio.QueueFull:
                self._fail(StreamBroken(PROVIDER, "the vendor takes no more text"))
                return

    def forget(self, speech: CartesiaSpeech) -> None:
        """A reply is over; frames that still come for it are dropped."""
        self._speeches.discard(speech)

    async def _connect(self) -> ClientConnection:
        socket = await dial(self._options)
        self._socket = socket
        self._start(self._read(socket))
        return socket

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self) -> None:
        """Send what is queued, and reconnect first when the idle socket was closed meanwhile."""
        while True:
            frame = await self._outbox.get()
            try:
                socket = self._socket or await self._connect()
                async with asyncio.timeout(SEND_S):
                    await socket.send(frame)
            except ConnectionClosed:
                continue  # the reader sees it too and decides what becomes of the replies
            except TimeoutError:
                self._drop(StreamBroken(PROVIDER, f"text was not taken within {SEND_S:g} s"))
            except ProviderError as error:
                self._fail(error)

    async def _read(self, socket: ClientConnection) -> None:
        """Hand out what one socket sends until it ends."""
        try:
            async for frame in socket:
                self._take(frame)
        except ConnectionClosed:
            pass
        except ProviderError as violation:
            self._drop(violation)
            return
        if self._socket is socket:
            self._socket = None
            idle = not any(speech.waiting for speech in self._speeches)
            error = from_close(socket.close_code, idle=idle)
            _log.info("%s", error, extra=self._extra)
            self._lose(error)

    def _take(self, frame: str | bytes) -> None:
        event = read(frame)
        if event is None:
            return
        if isinstance(event, Failed) and not event.context_id:
            raise event.error
        # A handful at most: the replies of one call. Between contexts a reply's id is empty.
        for speech in list(self._speeches):
            if event.context_id and speech.context_id == event.context_id:
                speech.take(event)
                return

    def _lose(self, error: ProviderError) -> None:
        """The connection is gone: frames not sent on it are of no use on the next."""
        while not self._outbox.empty():
            self._outbox.get_nowait()
        for speech in list(self._speeches):
            speech.lost(error)

    def _drop(self, error: ProviderError) -> None:
        """The connection is of no more use: cut it, and fail what was on it."""
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.transport.abort()
        self._fail(error)

    def _fail(self, error: ProviderError) -> None:
        while not self._outbox.empty():
            self._outbox.get_nowait()
        for speech in list(self._speeches):
            speech.fail(error)


class CartesiaSpeech:
    """A `Speech`. Made by `CartesiaSession.begin`.

    Args:
        session: Whose it is.
        reply: Decides.
    """

    def __init__(self, session: CartesiaSession, reply: Reply) -> None:
        self._session = session
        self._reply = reply
        self._loop = asyncio.get_running_loop()
        self._pieces: deque[SpeechPiece] = deque()  # bounded by MOST_UNHEARD_BYTES, see `take`
        self._unheard_bytes = 0
        self._error: ProviderError | None = None
        self._news = asyncio.Event()
        self._patience = Patience()

    @property
    def context_id(self) -> str:
        """The context whose frames are wanted."""
        return self._reply.context_id

    @property
    def waiting(self) -> bool:
        """Whether audio is owed to it."""
        return self._reply.due_at() is not None

    def say(self, text: str) -> None:
        """See `Speech.say`."""
        self._act(lambda now: self._reply.say(text, now))

    def finish(self) -> None:
        """See `Speech.finish`."""
        self._act(self._reply.finish)

    async def pieces(self) -> AsyncIterator[SpeechPiece]:
        """See `Speech.pieces`. A consumer who leaves cancels the reply."""
        try:
            while True:
                while self._pieces:
                    piece = self._pieces.popleft()
                    if isinstance(piece, bytes):
                        self._unheard_bytes -= len(piece)
                    yield piece
                if self._error is not None:
                    raise self._error
                if self._reply.done:
                    return
                await self._wait()
        finally:
            self.cancel()

    def cancel(self) -> None:
        """See `Speech.cancel`."""
        self._session.post(self._reply.cancel())
        self._pieces.clear()
        self._session.forget(self)
        self._news.set()

    def take(self, event: Event) -> None:
        """Take a frame of this reply's context."""
        try:
            pieces, frames = self._reply.take(event, self._loop.time())
        except ProviderError as error:
            self.fail(error)
            return
        self._pieces += pieces
        self._unheard_bytes += sum(len(piece) for piece in pieces if isinstance(piece, bytes))
        self._session.post(frames)
        self._news.set()
        if self._unheard_bytes > MOST_UNHEARD_BYTES:
            self.fail(StreamBroken(PROVIDER, "more audio comes than anybody takes"))

    def lost(self, error: ProviderError) -> None:
        """The connection is gone."""
        self._act(lambda now: self._reply.lost(error, now))

    def fail(self, error: ProviderError) -> None:
        """Nothing more comes."""
        self._error = self._error or error
        self._reply.cancel()  # not sent: at the vendor there is nothing left to cancel
        self._session.forget(self)
        self._news.set()

    def _act(self, decide: Callable[[float], list[str]]) -> None:
        if self._error is not None:
            return
        try:
            self._session.post(decide(self._loop.time()))
        except ProviderError as error:
            self.fail(error)
        self._news.set()

    async def _wait(self) -> None:
        """Wait for news, or for the reply to be overdue."""
        self._news.clear()
        try:
            async with self._patience.until(self._reply.due_at()):
                await self._news.wait()
        except TimeoutError:
            try:
                self._reply.overdue()
            except ProviderError as error:
                self._session.post(self._reply.cancel())
                self.fail(error)
