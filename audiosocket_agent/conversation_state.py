"""What a conversation is made of: what can happen in it, where it stands, what the agent does next.

Data only; what follows from what is in `conversation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from audiosocket_agent.company import Company
from audiosocket_agent.seams import Expectation
from audiosocket_agent.understanding import KeyRule
from audiosocket_agent.workflow import Outcome, Slot, Step


class Phase(Enum):
    """What kind of event the conversation is waiting for."""

    ASKING = "asking"
    BOOKING = "booking"
    ENDED = "ended"


class Offer(Enum):
    """What became of the offer of a person, which is made once for each question."""

    UNMADE = "unmade"
    OPEN = "open"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Started:
    """The caller is on the line.

    Attributes:
        open_question: Whether whoever listens can follow free speech; else the choices are read.
    """

    open_question: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """The caller finished an utterance; empty text means nothing was recognised."""

    text: str


@dataclass(frozen=True, slots=True)
class Keyed:
    """The caller pressed keys (``0-9`` and ``*``; the ending hash is not included)."""

    keys: str


@dataclass(frozen=True, slots=True)
class Silent:
    """The caller said nothing for the company's `no_input_s` after a question."""


@dataclass(frozen=True, slots=True)
class Booked:
    """The booking exists."""

    reference: str


@dataclass(frozen=True, slots=True)
class BookingFailed:
    """The booking could not be made."""


@dataclass(frozen=True, slots=True)
class Warned:
    """The longest call is over in the company's `warn_before_s`: the caller is to know."""


@dataclass(frozen=True, slots=True)
class Overtime:
    """The step or the call has lasted too long."""


@dataclass(frozen=True, slots=True)
class Carry:
    """Go on from where the conversation stands: who was speaking cannot."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """Nothing is left to hold the conversation with."""


Event = (
    Started | Heard | Keyed | Silent | Booked | BookingFailed | Warned | Overtime | Carry | Stuck
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What does not change during a call.

    Attributes:
        company: The company that was called.
        caller: The caller's number, ``""`` if withheld or implausible.
        today: The date at the company, for "Tuesday".
    """

    company: Company
    caller: str
    today: date


@dataclass(frozen=True, slots=True)
class State:
    """Where a conversation is.

    Attributes:
        step: The current step.
        phase: What it is waiting for.
        asked: The slot of the open question, if any.
        slots: What is known so far.
        misses: Unanswered attempts at the open question in a row; a declined offer ends the row.
        attempt: Which wording of the open question was used last; never falls while it is open.
        offer: What became of the offer of a person at the open question.
        keyed: The beginning of a number that was keyed in answer to the open question.
        restarts: How often the caller said "no" to what was read back.
        farewells: How often the model tried to end the call before its time.
    """

    step: Step = Step.GREET
    phase: Phase = Phase.ASKING
    asked: Slot | None = None
    slots: Mapping[Slot, str] = field(default_factory=dict)
    misses: int = 0
    attempt: int = 0
    offer: Offer = Offer.UNMADE
    keyed: str = ""
    restarts: int = 0
    farewells: int = 0


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """A booking the caller has agreed to.

    Attributes:
        service: Key of the service.
        area: Key of the area.
        day: The date agreed.
        part: ``morning`` or ``afternoon``.
        phone: Where the caller can be reached.
        price_pounds: The price quoted, as the company's list has it.
    """

    service: str
    area: str
    day: date
    part: str
    phone: str
    price_pounds: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the agent does next.

    Attributes:
        say: Sentences to speak, in order.
        step: The step the reply leads to.
        passed: The steps it went through on the way, the last one included.
        asks: The slot it asks for, if any.
        listen: What the caller may say next.
        keys: How keys are collected next.
        book: A booking to make once the sentences are said.
        end: How the call ends once the sentences are said.
    """

    say: tuple[str, ...]
    step: Step
    passed: tuple[Step, ...]
    asks: Slot | None = None
    listen: Expectation = Expectation()
    keys: KeyRule = KeyRule()
    book: BookingRequest | None = None
    end: Outcome | None = None
