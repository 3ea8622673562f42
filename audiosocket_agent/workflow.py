"""The steps of a call, as data: the eight of a booking, and what takes the place of a person.

Theory of operation. A call walks through the steps in `STEPS` from top to bottom. A step is
finished when every slot it needs is filled; it may be left early by the ways in its rule. Nothing
outside this table decides where a conversation goes next:

    greet -> understand -> qualify -> quote -> collect -> book -> confirm -> close
                                        |                  |
                                        +-- "no" -> close  +-- "no" -> collect (once), then a person

From every step a caller gets to a person by asking, by pressing the company's key for one, by
taking the offer that comes after `misses_before_offer` misses, by not being understood `max_misses`
times in a row, or by outstaying the step's time-out. Where nobody can take the call soon, one of
two steps outside the eight follows, and "no" leads back to where the conversation stood:

    a person is wanted, nobody is free -+-> call_back -> close
                                        +-> message -> voicemail
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Step(Enum):
    """Where a conversation is."""

    GREET = "greet"
    UNDERSTAND = "understand"
    QUALIFY = "qualify"
    QUOTE = "quote"
    COLLECT = "collect"
    BOOK = "book"
    CONFIRM = "confirm"
    CLOSE = "close"
    CALL_BACK = "call_back"  # outside the eight: instead of a person
    MESSAGE = "message"  # likewise


class Slot(Enum):
    """Something the conversation must find out."""

    SERVICE = "service"
    AREA = "area"
    WANTED = "wanted"
    DAY = "day"
    PART = "part"
    CALLBACK = "callback"
    PHONE = "phone"
    AGREED = "agreed"
    RING_BACK = "ring_back"  # whether to be called back instead of waiting for a person
    MESSAGE = "message"  # whether to leave a message instead


class Outcome(Enum):
    """What the dialplan is to do once the agent has spoken its last word.

    The values are what the gate answers to the dialplan's outcome question.
    """

    HANGUP = "hangup"
    QUEUE = "queue"
    SORRY = "sorry"  # a recorded apology, then the queue
    VOICEMAIL = "voicemail"
    EXTENSION = "extension"  # of the PBX, in VA_TARGET
    OUTSIDE = "outside"  # a number outside, in VA_TARGET


@dataclass(frozen=True, slots=True)
class StepRule:
    """One row of the table.

    Attributes:
        needs: Slots to fill, asked in this order.
        then: The next step; None ends the call.
        if_no: Where "no" to this step's yes/no question leads; None where there is none.
        timeout_s: Longest stay in the step before a person takes over, in seconds.
    """

    needs: tuple[Slot, ...]
    then: Step | None
    timeout_s: float
    if_no: Step | None = None


STEPS: dict[Step, StepRule] = {
    Step.GREET: StepRule((), Step.UNDERSTAND, timeout_s=30),
    Step.UNDERSTAND: StepRule((Slot.SERVICE,), Step.QUALIFY, timeout_s=90),
    Step.QUALIFY: StepRule((Slot.AREA,), Step.QUOTE, timeout_s=90),
    Step.QUOTE: StepRule((Slot.WANTED,), Step.COLLECT, timeout_s=90, if_no=Step.CLOSE),
    Step.COLLECT: StepRule(
        (Slot.DAY, Slot.PART, Slot.CALLBACK, Slot.PHONE), Step.BOOK, timeout_s=240
    ),
    Step.BOOK: StepRule((Slot.AGREED,), Step.CONFIRM, timeout_s=90, if_no=Step.COLLECT),
    Step.CONFIRM: StepRule((), Step.CLOSE, timeout_s=60),
    Step.CLOSE: StepRule((), None, timeout_s=60),
    Step.CALL_BACK: StepRule(
        (Slot.RING_BACK, Slot.CALLBACK, Slot.PHONE), Step.CLOSE, timeout_s=180
    ),
    Step.MESSAGE: StepRule((Slot.MESSAGE,), None, timeout_s=60),
}

INSTEAD = frozenset((Step.CALL_BACK, Step.MESSAGE))  # of a person
INSTEAD_SLOTS = frozenset((Slot.RING_BACK, Slot.MESSAGE))
YES_NO_SLOTS = frozenset((Slot.WANTED, Slot.CALLBACK, Slot.AGREED)) | INSTEAD_SLOTS
