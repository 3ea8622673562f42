"""The calling side of one SIP dialog over UDP, as a state machine without I/O.

Theory of operation. `Dialog` is fed messages and the time, and leaves datagrams in `take_output`
and events in `take_events`. There are five states:

    CALLING ---1xx---> PROCEEDING ---2xx---> CONFIRMED --BYE sent--> ENDING --its answer--> ENDED
       |                   |                     |                     |
       +- 300-699, no answer in 32 s             +----- BYE received --+------------------> ENDED

Hanging up before the answer sends CANCEL, but only once a provisional answer has come (RFC 3261
9.1); an answer that crosses the CANCEL is acknowledged and ended with BYE. A request of ours is
repeated until it is answered: `Repeat` holds the datagram, the interval and when to give up. What
we answered is kept by transaction, so that a repeated request gets the same bytes again.

The phone talks to one PBX, so every datagram goes to the same address whatever the URIs say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from tests.phone import sdp
from tests.phone.message import Caller, Message, parameter, reply, uri_of
from tests.phone.outcome import Ended, Party

T1_S = 0.5  # RFC 3261 17.1.1.1: estimate of the round trip
T2_S = 4.0  # the longest interval of anything but an INVITE
GIVE_UP_S = 32.0  # 64 * T1
FINAL = "200"  # names the answer of ours that waits for an ACK, among what is repeated
_ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS"


class State(Enum):
    """Where the dialog stands."""

    CALLING = "calling"
    PROCEEDING = "proceeding"
    CONFIRMED = "confirmed"
    ENDING = "ending"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Ringing:
    """A provisional answer above 100, with the early media it describes, if any."""

    status: int
    media: sdp.Media | None


@dataclass(frozen=True, slots=True)
class Answered:
    """The call was answered; `media` is where they want our audio."""

    media: sdp.Media


@dataclass(frozen=True, slots=True)
class MediaChanged:
    """A re-INVITE was accepted, or its late answer arrived."""

    media: sdp.Media


Event = Ringing | Answered | MediaChanged | Ended


@dataclass(slots=True)
class Repeat:
    """A datagram that is sent again until something comes back."""

    data: bytes
    at: float
    interval_s: float
    longest_s: float
    give_up_at: float


@dataclass(frozen=True, slots=True)
class Line:
    """Who calls whom, from where, over which PBX.

    Attributes:
        number: The user part dialled.
        host: The PBX.
        port: The PBX.
        local_host: Our SIP address.
        local_port: Our SIP port.
        caller: What From says.
        media_port: Our RTP port.
        codecs: Encodings offered, preferred first.
    """

    number: str
    host: str
    port: int
    local_host: str
    local_port: int
    caller: Caller
    media_port: int
    codecs: Sequence[str] = ("PCMU", "PCMA")


class Dialog:
    """One call we place.

    Args:
        line: Who calls whom.
        token: Gives a fresh random word for each id, branch and tag.
    """

    def __init__(self, line: Line, token: Callable[[], str]) -> None:
        self.line = line
        self.state = State.CALLING
        self.call_id = f"{token()}@{line.local_host}"
        self._token = token
        self._from = f"{line.caller.from_value(line.local_host)};tag={token()}"
        self._to = f"<sip:{line.number}@{line.host}:{line.port}>"
        self._remote = f"sip:{line.number}@{line.host}:{line.port}"
        self._routes: list[str] = []
        self._cseq = 1
        self._session = int.from_bytes(token().encode()[:4], "big")
        self._version = 1
        self._invite: Message | None = None
        self._ack = b""
        self._hanging_up = False
        self._repeats: dict[str, Repeat] = {}
        self._answers: dict[tuple[str, str], bytes] = {}
        self._late_offer = False
        self._output: list[bytes] = []
        self._events: list[Event] = []

    @property
    def established(self) -> bool:
        """Whether the call was answered."""
        return bool(self._ack)

    def take_output(self) -> list[bytes]:
        """The datagrams to send now, oldest first."""
        output, self._output = self._output, []
        return output

    def take_events(self) -> list[Event]:
        """What has happened since the last call, oldest first."""
        events, self._events = self._events, []
        return events

    def next_deadline(self) -> float | None:
        """When `tick` wants to be called, on the clock given as `now`."""
        return min((repeat.at for repeat in self._repeats.values()), default=None)

    def start(self, now: float) -> None:
        """Send the INVITE."""
        self._invite = self._request("INVITE", self._cseq)
        self._invite.headers += self.line.caller.privacy()
        self._describe(self._invite, sdp.offered(self.line.codecs))
        self._send_until_answered("INVITE", self._invite.encode(), now, longest_s=GIVE_UP_S)

    def hang_up(self, now: float, q850: int = 16) -> None:
        """End the call whatever its state: CANCEL before the answer, BYE after it."""
        if self._hanging_up or self.state in (State.ENDING, State.ENDED):
            return
        self._hanging_up = True
        if self.state is State.PROCEEDING:
            self._cancel(now)
        elif self.state is State.CONFIRMED:
            self._bye(now, q850)

    def tick(self, now: float) -> None:
        """Send again what has not been answered, and give up what never will be."""
        for kind, repeat in list(self._repeats.items()):
            if now < repeat.at:
                continue
            if now >= repeat.give_up_at:
                del self._repeats[kind]
                if kind != FINAL:  # a 200 nobody acknowledged leaves the call as it was
                    self._end(Ended(Party.NOBODY, "timeout", 408, None, f"no answer to {kind}"))
                continue
            self._output.append(repeat.data)
            repeat.interval_s = min(2 * repeat.interval_s, repeat.longest_s)
            repeat.at = min(now + repeat.interval_s, repeat.give_up_at)

    def unreachable(self) -> None:
        """Nobody listens at the PBX's address: as good as a 503 (RFC 3261 8.1.3.1)."""
        if self._repeats:
            self._end(Ended(Party.NOBODY, "unreachable", 503, None, "nobody listens there"))

    def receive(self, message: Message, now: float) -> None:
        """Take in a message of this Call-ID."""
        if message.status is not None:
            self._response(message, now)
        else:
            self._peer_request(message, now)

    # Answers to what we asked

    def _response(self, message: Message, now: float) -> None:
        status = message.status or 0
        if message.method == "INVITE" and message.cseq == 1:
            if status < 200:
                self._provisional(message, status, now)
            elif status < 300:
                self._accepted(message, now)
            else:
                self._refused(message, status)
        elif status >= 200:
            self._repeats.pop(message.method, None)
            if message.method == "BYE" and self.state is State.ENDING:
                self._end(Ended(Party.US, "bye"))

    def _provisional(self, message: Message, status: int, now: float) -> None:
        if self.state not in (State.CALLING, State.PROCEEDING):
            return
        first = self.state is State.CALLING
        self.state = State.PROCEEDING
        self._repeats.pop("INVITE", None)
        if first and self._hanging_up:
            self._cancel(now)
        if status > 100:
            self._events.append(Ringing(status, media_of(message)))

    def _accepted(self, message: Message, now: float) -> None:
        if self._ack:  # our ACK was lost: the same again
            self._output.append(self._ack)
            return
        self._repeats.pop("INVITE", None)
        self._repeats.pop("CANCEL", None)
        self._to = message.get("to")
        if message.get("contact"):
            self._remote = uri_of(message.get("contact"))
        self._routes = list(reversed(message.all("record-route")))
        self._ack = self._request("ACK", 1).encode()
        self._output.append(self._ack)
        self.state = State.CONFIRMED
        media = media_of(message)
        if media is None or media.codec(self.line.codecs) is None or self._hanging_up:
            self._bye(now, 16 if self._hanging_up else 88)  # 88: incompatible destination
            return
        self._events.append(Answered(media))

    def _refused(self, message: Message, status: int) -> None:
        ack = self._request("ACK", 1)
        assert self._invite is not None
        ack.first = ack.first.replace(self._remote, self._invite.first.split(" ")[1], 1)
        ack.headers[0] = self._invite.headers[0]  # RFC 3261 17.1.1.3: the INVITE's own branch
        ack.headers = [(n, message.get("to") if n == "To" else v) for n, v in ack.headers]
        self._output.append(ack.encode())
        if self.state is State.ENDED:
            return
        by, cause = (Party.US, "cancelled") if self._hanging_up else (Party.THEM, "refused")
        self._end(Ended(by, cause, status, q850_of(message), message.reason))

    # What they ask

    def _peer_request(self, message: Message, now: float) -> None:
        if message.method == "ACK":
            self._acknowledged(message)
            return
        key = (message.branch, message.method)
        if key not in self._answers:
            self._answers[key] = self._answer_to(message, now).encode()
        self._output.append(self._answers[key])

    def _answer_to(self, message: Message, now: float) -> Message:
        if message.method == "OPTIONS":
            response = reply(message, 200, "OK")
            response.headers.append(("Allow", _ALLOW))
            return response
        if message.method == "BYE" and self.established:
            reason = _reason_text(message)
            self._end(Ended(Party.THEM, "bye", 200, q850_of(message), reason))
            return reply(message, 200, "OK")
        if message.method == "INVITE" and self.state is State.CONFIRMED:
            return self._reinvited(message, now)
        if message.method in ("BYE", "INVITE", "CANCEL"):
            return reply(message, 481, "Call/Transaction Does Not Exist")
        response = reply(message, 405, "Method Not Allowed")
        response.headers.append(("Allow", _ALLOW))
        return response

    def _reinvited(self, message: Message, now: float) -> Message:
        offer = media_of(message)
        self._late_offer = offer is None
        response = reply(message, 200, "OK")
        response.headers.append(("Contact", self._contact()))
        try:
            if offer is None:
                names, direction = sdp.offered(self.line.codecs), "sendrecv"
            else:
                names, direction = sdp.accepted(offer, self.line.codecs)
        except sdp.MalformedDescription:
            return reply(message, 488, "Not Acceptable Here")
        self._version += 1
        self._describe(response, names, direction)
        data = response.encode()
        self._repeats[FINAL] = Repeat(data, now + T1_S, T1_S, T2_S, now + GIVE_UP_S)
        if offer is not None:
            self._events.append(MediaChanged(offer))
        return response

    def _acknowledged(self, message: Message) -> None:
        self._repeats.pop(FINAL, None)
        media = media_of(message)
        if self._late_offer and media is not None:
            self._late_offer = False
            self._events.append(MediaChanged(media))

    # What we send

    def _cancel(self, now: float) -> None:
        assert self._invite is not None
        cancel = Message(self._invite.first.replace("INVITE", "CANCEL", 1))
        kept = ("Via", "Max-Forwards", "From", "To", "Call-ID")
        cancel.headers = [(n, v) for n, v in self._invite.headers if n in kept]
        cancel.headers.append(("CSeq", f"{self._cseq} CANCEL"))
        self._send_until_answered("CANCEL", cancel.encode(), now)

    def _bye(self, now: float, q850: int) -> None:
        self.state = State.ENDING
        self._cseq += 1
        bye = self._request("BYE", self._cseq)
        bye.headers.append(("Reason", f"Q.850;cause={q850}"))
        self._send_until_answered("BYE", bye.encode(), now)

    def _send_until_answered(
        self, kind: str, data: bytes, now: float, longest_s: float = T2_S
    ) -> None:
        self._output.append(data)
        self._repeats[kind] = Repeat(data, now + T1_S, T1_S, longest_s, now + GIVE_UP_S)

    def _request(self, method: str, cseq: int) -> Message:
        line = self.line
        message = Message(f"{method} {self._remote} SIP/2.0")
        via = f"SIP/2.0/UDP {line.local_host}:{line.local_port};rport;branch=z9hG4bK{self._token()}"
        message.headers = [("Via", via), ("Max-Forwards", "70")]
        message.headers += [("Route", route) for route in self._routes]
        message.headers += [("From", self._from), ("To", self._to), ("Call-ID", self.call_id)]
        message.headers += [("CSeq", f"{cseq} {method}"), ("Contact", self._contact())]
        return message

    def _contact(self) -> str:
        return f"<sip:phone@{self.line.local_host}:{self.line.local_port}>"

    def _describe(
        self, message: Message, names: dict[int, str], direction: str = "sendrecv"
    ) -> None:
        message.headers += [("Allow", _ALLOW), ("Content-Type", "application/sdp")]
        message.body = sdp.describe(
            self.line.local_host,
            self.line.media_port,
            names,
            session=self._session,
            version=self._version,
            direction=direction,
        )

    def _end(self, ended: Ended) -> None:
        if self.state is not State.ENDED:
            self.state = State.ENDED
            self._repeats.clear()
            self._events.append(ended)


def stray(message: Message) -> Message | None:
    """The answer to a request that belongs to no call of ours, None for what gets none."""
    if message.status is not None or message.method == "ACK":
        return None
    if message.method == "OPTIONS":
        return reply(message, 200, "OK", to_tag="phone")
    if message.method == "INVITE":
        return reply(message, 480, "Temporarily Unavailable", to_tag="phone")
    return reply(message, 481, "Call/Transaction Does Not Exist", to_tag="phone")


def q850_of(message: Message) -> int | None:
    """The Q.850 cause of a Reason header (RFC 3326), None without one."""
    for value in message.all("reason"):
        if value.upper().startswith("Q.850"):
            cause = parameter(value, "cause")
            return int(cause) if cause.isdigit() else None
    return None


def _reason_text(message: Message) -> str:
    found = re.search(r'text="?([^";]*)', message.get("reason"))
    return found.group(1) if found else ""


def media_of(message: Message) -> sdp.Media | None:
    """The audio stream a message describes, None if it describes none."""
    if not message.body or "sdp" not in message.get("content-type").lower():
        return None
    try:
        return sdp.parse(message.body.decode("utf-8", "replace"))
    except (sdp.MalformedDescription, ValueError, IndexError):
        return None
