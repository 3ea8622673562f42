"""A telephone: one SIP socket, any number of calls at once."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence

from tests.phone.call import Call
from tests.phone.endpoint import Address, Endpoint
from tests.phone.media import MediaSocket
from tests.phone.message import Caller, Message
from tests.phone.sip import Dialog, Line, stray


class Phone(Endpoint):
    """A telephone that places calls through one PBX, without registration.

    Args:
        host: The PBX's address.
        port: Its SIP port over UDP.
        local_host: Our address.
        codecs: Encodings offered, preferred first, of `PCMU` and `PCMA`.

    Example:
        async with Phone("127.0.0.1", 5060) as phone:
            call = await phone.call("441632960001")
            await call.answered()
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        local_host: str = "127.0.0.1",
        codecs: Sequence[str] = ("PCMU", "PCMA"),
    ) -> None:
        super().__init__(local_host)
        self._peer = (host, port)
        self._codecs = tuple(codecs)

    async def __aenter__(self) -> Phone:
        return await self.open(0, self._peer)

    async def call(
        self,
        number: str,
        caller: Caller | None = None,
        *,
        codecs: Sequence[str] | None = None,
    ) -> Call:
        """Send an INVITE; returns at once, `Call.answered` waits.

        Args:
            number: The user part to dial.
            caller: Who calls; default: 07700900123 without a name.
            codecs: Encodings for this call instead of the phone's.
        """
        media = MediaSocket(self._local_host, on_arrival=lambda: None)
        line = Line(
            number,
            *self._peer,
            local_host=self._local_host,
            local_port=self.port,
            caller=caller or Caller(),
            media_port=media.port,
            codecs=tuple(codecs or self._codecs),
        )
        dialog = Dialog(line, token=lambda: secrets.token_hex(8))
        call = Call(dialog, media, self.flush)
        self.add(call, None)
        now = asyncio.get_running_loop().time()
        call.dialed_at = now
        dialog.start(now)
        self.flush(call)
        return call

    def strange(self, message: Message, addr: Address) -> None:
        """Answer as a phone would that takes no calls."""
        if (answer := stray(message)) is not None:
            self.send(answer.encode(), None)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens on the PBX's port: whoever waits for an answer need not wait on."""
        for call in self.calls:
            if call.outcome is None:
                call.unreachable(asyncio.get_running_loop().time())
