"""A person's telephone: it is called, rings, is answered or not, and hears what a person would."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Sequence
from enum import Enum

from tests.phone.answering import Answering, is_new_call
from tests.phone.call import Call
from tests.phone.endpoint import Address, Endpoint
from tests.phone.media import MediaSocket
from tests.phone.message import Caller, Message, uri_of
from tests.phone.sip import Line, stray

_USER = re.compile(r"sips?:([^@;>]*)@", re.IGNORECASE)


class Manner(Enum):
    """What a telephone does with a call."""

    ANSWER = "answer"  # rings, and is answered
    BUSY = "busy"  # 486
    DECLINE = "decline"  # rings, and is declined: 603
    RING = "ring"  # rings, and nobody comes
    GONE = "gone"  # unplugged: nothing at all comes back


class Desk(Endpoint):
    """A telephone that takes calls at a port of its own, several at once.

    Args:
        port: Its SIP port over UDP, 0 for any.
        manner: What it does with calls; may be changed at any time, for calls to come.
        after_s: How long it takes to be answered, declined or found busy.
        local_host: Its address.
        codecs: Encodings it takes, of `PCMU` and `PCMA`.

    Example:
        async with Desk(5080, Manner.ANSWER, after_s=0.2) as desk:
            call = await desk.rung()  # Dial(PJSIP/trunk/sip:100@127.0.0.1:5080)
            await call.answered()
    """

    def __init__(
        self,
        port: int = 0,
        manner: Manner = Manner.ANSWER,
        after_s: float = 0.2,
        *,
        local_host: str = "127.0.0.1",
        codecs: Sequence[str] = ("PCMU", "PCMA"),
    ) -> None:
        super().__init__(local_host)
        self.manner = manner
        self.after_s = after_s
        self._wanted_port = port
        self._codecs = tuple(codecs)
        self._rung: asyncio.Queue[Call] = asyncio.Queue()  # as long as the test has calls
        self._hands: set[asyncio.TimerHandle] = set()

    async def __aenter__(self) -> Desk:
        return await self.open(self._wanted_port, None)

    async def __aexit__(self, *error: object) -> None:
        """Let go of everything."""
        for hand in self._hands:
            hand.cancel()
        await super().__aexit__(None, None, None)

    async def rung(self, timeout_s: float = 10.0) -> Call:
        """Wait for the next call; returns it as soon as it is there, ringing or busy.

        It is a `Call` as `Phone.call` returns it: `answered`, `sound`, `say`, `send_digits`,
        `record`, `hangup` and `ended` are seen from this side. `dialog.line.number` is what was
        dialled, and `dialog.line.caller` who calls.

        Raises:
            TimeoutError: If none comes in time.
        """
        async with asyncio.timeout(timeout_s):
            return await self._rung.get()

    def strange(self, message: Message, addr: Address) -> None:
        """Take a new call; answer everything else as a phone would."""
        if self.manner is Manner.GONE:
            return
        if is_new_call(message):
            self._ring(message, addr)
        elif (answer := stray(message)) is not None:
            self.send(answer.encode(), addr)

    def _ring(self, invite: Message, addr: Address) -> None:
        media = MediaSocket(self._local_host, on_arrival=lambda: None)
        line = Line(
            _user(invite.first.split(" ")[1]),
            *addr,
            local_host=self._local_host,
            local_port=self.port,
            caller=Caller(_user(uri_of(invite.get("from"))), raw_from=invite.get("from")),
            media_port=media.port,
            codecs=self._codecs,
        )
        dialog = Answering(invite, line, token=lambda: secrets.token_hex(8))
        call = Call(dialog, media, self.flush)
        self.add(call, addr)
        loop = asyncio.get_running_loop()
        call.dialed_at = loop.time()
        if self.manner is not Manner.BUSY:
            dialog.ring()
        call.acted(loop.time())
        manner = self.manner
        if manner is not Manner.RING:
            hand = loop.call_later(self.after_s, lambda: self._decide(call, dialog, manner))
            self._hands.add(hand)
        self._rung.put_nowait(call)

    def _decide(self, call: Call, dialog: Answering, manner: Manner) -> None:
        if not dialog.waiting:
            return  # the caller gave up first
        now = asyncio.get_running_loop().time()
        if manner is Manner.ANSWER:
            dialog.answer(now)
        elif manner is Manner.BUSY:
            dialog.refuse(now, 486, "Busy Here")
        else:
            dialog.refuse(now, 603, "Decline")
        call.acted(now)


def _user(uri: str) -> str:
    """Return the user part of a SIP URI, empty without one."""
    found = _USER.search(uri)
    return found.group(1) if found else ""
