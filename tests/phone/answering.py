"""The called side of one SIP dialog over UDP, as a state machine without I/O.

Theory of operation. The same five states as the calling side (`sip`), and the same events:

    CALLING --ring--> PROCEEDING --answer--> CONFIRMED --BYE sent--> ENDING --its answer--> ENDED
       |                  |                     |                                            |
       +--- refuse, CANCEL received ------------+--------- BYE received ---------------------+

A final answer is repeated until it is acknowledged (RFC 3261 13.3.1.4, 17.2.1). Everything from the
answer on, BYE and re-INVITE, is the calling side's.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.phone import sdp
from tests.phone.message import Message, parameter, reply, uri_of
from tests.phone.outcome import Ended, Party
from tests.phone.sip import (
    FINAL,
    GIVE_UP_S,
    T1_S,
    T2_S,
    Answered,
    Dialog,
    Line,
    Repeat,
    Ringing,
    State,
    media_of,
    q850_of,
)


class Answering(Dialog):
    """One call we get.

    Args:
        invite: The INVITE that began it.
        line: Who calls whom, seen from here: `number` is what was dialled.
        token: Gives a fresh random word for each branch and tag.
    """

    def __init__(self, invite: Message, line: Line, token: Callable[[], str]) -> None:
        super().__init__(line, token)
        self.call_id = invite.get("call-id")
        self._invite = invite
        self._tag = token()
        self._from = f"{invite.get('to')};tag={self._tag}"
        self._to = invite.get("from")
        self._remote = uri_of(invite.get("contact") or invite.get("from"))
        self._routes = invite.all("record-route")  # in the order of the wire: RFC 3261 12.1.1
        self._respond(100, "Trying")

    @property
    def invite(self) -> Message:
        """The INVITE that began the call, with whatever its headers tell."""
        assert self._invite is not None
        return self._invite

    @property
    def waiting(self) -> bool:
        """Whether the caller still waits for an answer."""
        return self.state in (State.CALLING, State.PROCEEDING)

    def ring(self) -> None:
        """Tell the caller that it rings."""
        self.state = State.PROCEEDING
        self._respond(180, "Ringing")
        self._events.append(Ringing(180, None))

    def answer(self, now: float) -> None:
        """Pick up; without an encoding in common the call is refused instead."""
        offer = media_of(self.invite)
        self._late_offer = offer is None
        try:
            if offer is None:
                names, direction = sdp.offered(self.line.codecs), "sendrecv"
            else:
                names, direction = sdp.accepted(offer, self.line.codecs)
        except sdp.MalformedDescription:
            self.refuse(now, 488, "Not Acceptable Here")
            return
        self.state = State.CONFIRMED
        response = self._response_to_invite(200, "OK")
        self._describe(response, names, direction)
        self._send_final(response, now)
        if offer is not None:
            self._events.append(Answered(offer))

    def refuse(self, now: float, status: int, reason: str) -> None:
        """Do not pick up."""
        self._end_waiting(now, status, reason, Ended(Party.US, "refused", status, None, reason))

    def hang_up(self, now: float, q850: int = 16) -> None:
        """End the call whatever its state: decline before the answer, BYE after it."""
        if self.waiting:
            self.refuse(now, 603, "Decline")
        else:
            super().hang_up(now, q850)

    @property
    def established(self) -> bool:
        """Whether the call was answered."""
        return self.state in (State.CONFIRMED, State.ENDING, State.ENDED)

    def _answer_to(self, message: Message, now: float) -> Message:
        if message.method == "CANCEL" and self.waiting:
            ended = Ended(Party.THEM, "cancelled", 487, q850_of(message))
            self._end_waiting(now, 487, "Request Terminated", ended)
            return reply(message, 200, "OK", to_tag=self._tag)
        return super()._answer_to(message, now)

    def _acknowledged(self, message: Message) -> None:
        late, media = self._late_offer, media_of(message)
        if late and media is not None and self._version == 1:  # else a re-INVITE's late answer
            self._late_offer = False
            self._events.append(Answered(media))
        super()._acknowledged(message)

    def _end_waiting(self, now: float, status: int, reason: str, ended: Ended) -> None:
        self._end(ended)
        self._send_final(self._response_to_invite(status, reason), now)

    def _respond(self, status: int, reason: str) -> None:
        self._keep_and_send(self._response_to_invite(status, reason))

    def _send_final(self, response: Message, now: float) -> None:
        data = self._keep_and_send(response)
        self._repeats[FINAL] = Repeat(data, now + T1_S, T1_S, T2_S, now + GIVE_UP_S)

    def _keep_and_send(self, response: Message) -> bytes:
        """Send an answer to the INVITE, which a repeated INVITE gets again."""
        data = response.encode()
        self._answers[(self.invite.branch, "INVITE")] = data
        self._output.append(data)
        return data

    def _response_to_invite(self, status: int, reason: str) -> Message:
        response = reply(self.invite, status, reason, to_tag=self._tag)
        response.headers.append(("Contact", self._contact()))
        return response


def is_new_call(message: Message) -> bool:
    """Whether a message that belongs to no call begins one."""
    return (
        message.method == "INVITE"
        and message.status is None
        and not (parameter(message.get("to"), "tag"))
    )
