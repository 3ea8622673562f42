"""An ear at Deepgram: what both of its wires need to open, check and close streams."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    InvalidURI,
)

from audiosocket_agent.errors import (
    DeadlineMissed,
    NotConfigured,
    ProviderError,
    Unreachable,
    VendorDown,
    WireViolation,
)
from audiosocket_agent.seams import EarTraits
from audiosocket_agent.stt.deepgram_wire.failures import (
    KEY_VARIABLE,
    URL_VARIABLE,
    Blame,
    Refusal,
    closed,
    refused,
    reported,
)
from audiosocket_agent.stt.deepgram_wire.messages import read_message
from audiosocket_agent.stt.deepgram_wire.session import (
    CLOSE_S,
    CLOSE_STREAM,
    ListenSession,
    Manners,
    Turns,
)

_MOST_MESSAGE_BYTES = 1 << 20  # a transcript with its words is some kilobytes

# At its debug level the library logs the request with its key.
_wire_log = logging.getLogger(f"{__name__}.wire")
_wire_log.setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Plan:
    """How one of the two ears uses the vendor.

    Attributes:
        blame: Its name, and the settings an error may have to name.
        traits: See `EarTraits`.
        manners: How its streams are kept alive and asked.
        connect_s: How long opening a stream may take, greeting included.
        url: Makes the address from the company's vocabulary.
        turns: Makes what a stream's messages mean.
        greeting: Type of the message that opens a stream; "" for none.
        farewell: Type of the message that answers CloseStream; "" for none.
    """

    blame: Blame
    traits: EarTraits
    manners: Manners
    connect_s: float
    url: Callable[[Sequence[str]], str]
    turns: Callable[[], Turns]
    greeting: str
    farewell: str


class DeepgramEar:
    """See `SpeechToText`.

    Args:
        plan: Which wire, and how.
        key: Of the account; "" when there is none.
        tls: For a ``wss`` address; None for a ``ws`` one.
    """

    def __init__(self, plan: Plan, key: str, tls: ssl.SSLContext | None) -> None:
        self._plan = plan
        self._key = key.strip()
        self._tls = tls
        self._sessions: set[ListenSession] = set()

    @property
    def traits(self) -> EarTraits:
        """See `SpeechToText.traits`."""
        return self._plan.traits

    async def session(self, call_id: str, vocabulary: Sequence[str] = ()) -> ListenSession:
        """See `SpeechToText.session`; the vocabulary's first words become key terms."""
        socket = await self._open(vocabulary)
        session = ListenSession(
            socket, self._plan.turns(), self._plan.manners, call_id, self._sessions.discard
        )
        self._sessions.add(session)
        return session

    async def check(self) -> None:
        """See `SpeechToText.check`: opens a stream as for a call, and has it closed."""
        socket = await self._open(())
        try:
            async with asyncio.timeout(self._plan.connect_s):
                await socket.send(CLOSE_STREAM)
                if self._plan.farewell:
                    await self._await_type(socket, self._plan.farewell)
        except TimeoutError:
            raise self._late() from None
        except ConnectionClosed as error:
            raise self._closed(error) from None
        finally:
            await _shut(socket)

    async def close(self) -> None:
        """See `SpeechToText.close`."""
        await asyncio.gather(*(session.close() for session in list(self._sessions)))

    async def _open(self, vocabulary: Sequence[str]) -> ClientConnection:
        provider = self._plan.blame.provider
        if not self._key:
            raise NotConfigured(provider, f"{KEY_VARIABLE} is not set")
        if not self._key.isascii() or not self._key.isprintable() or " " in self._key:
            raise NotConfigured(provider, f"{KEY_VARIABLE} holds a character that no key has")
        try:
            async with asyncio.timeout(self._plan.connect_s):
                socket = await self._connect(self._plan.url(vocabulary))
                try:
                    if self._plan.greeting:
                        await self._await_type(socket, self._plan.greeting)
                except BaseException:
                    socket.transport.abort()
                    raise
                return socket
        except TimeoutError:
            raise self._late() from None
        except ConnectionClosed as error:
            raise self._closed(error) from None

    async def _connect(self, url: str) -> ClientConnection:
        provider = self._plan.blame.provider
        try:
            return await connect(
                url,
                ssl=self._tls,
                additional_headers={"Authorization": f"Token {self._key}"},
                user_agent_header="asterisk-voiceagent",
                compression=None,  # deflating audio costs time and saves nothing
                proxy=None,
                open_timeout=None,  # the caller's deadline covers it
                close_timeout=CLOSE_S,
                max_size=_MOST_MESSAGE_BYTES,
                logger=_wire_log,
            )
        except InvalidStatus as error:
            raise self._refused(error) from None
        except TimeoutError:  # of TCP itself; ours is a cancellation here
            raise Unreachable(provider, f"no connection: timed out ({URL_VARIABLE})") from None
        except (InvalidURI, ValueError):  # no port number, no host name
            raise NotConfigured(provider, f"{URL_VARIABLE} is not an address") from None
        except InvalidMessage as error:
            if isinstance(error.__cause__, EOFError | OSError):
                what = f"the connection broke off before an answer ({URL_VARIABLE})"
                raise Unreachable(provider, what) from None
            raise WireViolation(provider, f"no answer in HTTP ({URL_VARIABLE})") from None
        except InvalidHandshake as error:
            what = f"no proper WebSocket answer: {type(error).__name__} ({URL_VARIABLE})"
            raise WireViolation(provider, what) from None
        except (OSError, ConnectionClosed, EOFError) as error:
            what = f"no connection: {type(error).__name__} ({URL_VARIABLE})"
            raise Unreachable(provider, what) from None

    async def _await_type(self, socket: ClientConnection, wanted: str) -> None:
        """Read until a message of the wanted type; the caller holds the deadline."""
        provider = self._plan.blame.provider
        while True:
            message = read_message(provider, await socket.recv())
            kind = message.text("type")
            if kind == wanted:
                return
            if kind == "Error":
                raise reported(provider, message.text("variant", "") or message.text("code", ""))
            if self._plan.greeting == wanted and kind == "TurnInfo":
                raise WireViolation(provider, f"a {kind} before {wanted}")

    def _refused(self, error: InvalidStatus) -> ProviderError:
        response = error.response
        reason = response.headers.get("dg-error", "").replace(self._key, "(key)")
        retry_after = response.headers.get("Retry-After", "")
        refusal = Refusal(response.status_code, reason, bytes(response.body or b""), retry_after)
        return refused(self._plan.blame, refusal)

    def _closed(self, error: ConnectionClosed) -> ProviderError:
        provider = self._plan.blame.provider
        frame = error.rcvd
        if frame is not None and frame.code == 1000:
            return VendorDown(provider, "closed before it answered", status=1000)
        return closed(provider, frame.code if frame else None, frame.reason if frame else "")

    def _late(self) -> DeadlineMissed:
        provider = self._plan.blame.provider
        variable = f"VOICEAGENT_{provider.upper()}_CONNECT_MS"
        what = f"no stream within {self._plan.connect_s * 1000:.0f} ms ({URL_VARIABLE}, {variable})"
        return DeadlineMissed(provider, what)


async def _shut(socket: ClientConnection) -> None:
    try:
        await socket.close()  # takes at most CLOSE_S
    finally:
        socket.transport.abort()


async def tls_for(url: str) -> ssl.SSLContext | None:
    """Return what a ``wss`` address needs; loading certificates takes 30 ms, off the event loop."""
    return await asyncio.to_thread(ssl.create_default_context) if url.startswith("wss:") else None
