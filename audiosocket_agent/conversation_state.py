"""What a conversation is made of: what can happen in it, where it stands, what the agent does next.

Data only; what follows from what is in `conversation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import Enum

from audiosocket_agent.agenda import Agenda
from audiosocket_agent.company import Company
from audiosocket_agent.control import Outlook
from audiosocket_agent.seams import Expectation
from audiosocket_agent.tools import RunningTool
from audiosocket_agent.understanding import KeyRule
from audiosocket_agent.workflow import Outcome, Slot, Step


class Phase(Enum):
    """What kind of event the conversation is waiting for."""

    ASKING = "asking"
    BOOKING = "booking"
    SEEKING = "seeking"  # a person is looked for
    NOTING = "noting"  # the wish to be called back is written down
    KEYING = "keying"  # the caller keys digits that only their receiver sees
    ENDED = "ended"


WAITING = frozenset((Phase.BOOKING, Phase.SEEKING, Phase.NOTING))  # for a result, not the caller


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
    """The caller finished an utterance.

    Attributes:
        text: The words; empty if nothing was recognised.
        confidence: How sure the ear is of them, 0.0 to 1.0.
    """

    text: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Keyed:
    """The caller pressed keys (``0-9`` and ``*``; the ending hash is not included)."""

    keys: str


@dataclass(frozen=True, slots=True)
class Silent:
    """The caller said nothing for the company's `no_input_s` after a question."""


@dataclass(frozen=True, slots=True)
class Booked:
    """The booking exists.

    Attributes:
        reference: What it is called, for the caller.
        confirmed: Whether it is sure; else it is kept, and the company's own system is yet to
            confirm it.
    """

    reference: str
    confirmed: bool = True


class Trouble(Enum):
    """Why a booking could not be made."""

    UNREACHABLE = "unreachable"  # nobody can tell what became of it
    TAKEN = "taken"  # that time has just gone
    REFUSED = "refused"  # the company's own system does not want it


@dataclass(frozen=True, slots=True)
class BookingFailed:
    """The booking could not be made."""

    why: Trouble = Trouble.UNREACHABLE


class Why(Enum):
    """Why a caller is to get a person; on record, and told to the person who answers."""

    ASKED = "asked"  # the caller asked, or pressed the key
    MODEL = "model"  # the language model decided
    MISSES = "misses"  # not understood too often
    SILENT = "silent"
    ANGRY = "angry"
    OUT_OF_SCOPE = "out_of_scope"  # something the company's agent does not do
    BOOKING = "booking"  # the booking could not be made
    PROVIDER = "provider"  # an engine failed
    LONG = "long"  # the call or the step took too long
    FULL = "full"  # nothing that suits is free


@dataclass(frozen=True, slots=True)
class Seek:
    """A wish for a person.

    Attributes:
        why: Why.
        place: Key in the company's `people.places`; "" for the queue.
    """

    why: Why
    place: str = ""


@dataclass(frozen=True, slots=True)
class Sought:
    """The queue was looked at.

    Attributes:
        outlook: What waits there; None if nobody could tell, or if another place was wanted.
        open: Whether the company is open now.
    """

    outlook: Outlook | None
    open: bool = True


class Unanswered(Enum):
    """Why nobody took a caller who was handed over."""

    NO_ANSWER = "no_answer"  # nobody in time
    NOBODY = "nobody"  # nobody signed in, or no such queue
    FULL = "full"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Returned:
    """The caller is back: nobody took the call."""

    why: Unanswered


@dataclass(frozen=True, slots=True)
class Noted:
    """The wish to be called back is on record."""


@dataclass(frozen=True, slots=True)
class NotNoted:
    """It could not be written down."""


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """Somebody wants to be called back.

    Attributes:
        phone: Their number.
        why: Why they wanted a person.
        about: What they had said by then, one line for the person who calls, e.g. "leaking tap
            repair in Truro on Tuesday".
        message: Whether `about` is a message that the caller left for the company.
        hung_up: Whether the caller was gone before the number was agreed; it replaces no wish that
            the call has on record.
    """

    phone: str
    why: Why
    about: str
    message: bool = False
    hung_up: bool = False


@dataclass(frozen=True, slots=True)
class SecretDone:
    """The caller keyed digits that only their receiver sees; they never come here.

    Attributes:
        name: Key in the company's `secrets`.
        ok: Whether they reached their receiver.
    """

    name: str
    ok: bool


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


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of a tool that the rules had run (`Reply.run`).

    Attributes:
        question: What the caller has to say yes to first; "" for nothing.
        error: Why it could not be done, as the tool tells a model; "" if it was.
        facts: What the caller has to hear of it.
        service: Key of the service of the booking that was looked up; "" where none was.
        area: Key of its area; "" for none.
    """

    question: str = ""
    error: str = ""
    facts: tuple[str, ...] = ()
    service: str = ""
    area: str = ""


Event = (
    Started | Heard | Keyed | Silent | Booked | BookingFailed | Warned | Overtime | Carry | Stuck
    | Sought | Returned | Noted | NotNoted | SecretDone | Looked
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What does not change during a call.

    Attributes:
        company: The company that was called.
        caller: The caller's number, ``""`` if withheld or implausible.
        today: The date at the company, for "Tuesday".
        agenda: What is free, as of when the call began; None: nobody keeps a calendar.
    """

    company: Company
    caller: str
    today: date
    agenda: Agenda | None = None


class Asks(Enum):
    """What is asked about an earlier booking; the day, part or time by their slots."""

    ERRAND = "errand"  # whether it is to be moved or cancelled
    REFERENCE = "reference"
    OWN_NUMBER = "own_number"  # whether it was booked with the number that the caller rings from
    PHONE = "phone"
    LOOKED = "looked"  # nothing: it is looked up
    AGREED = "agreed"  # whether it shall be done


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier booking that the caller wants to cancel or to move, where the rules see to it.

    Attributes:
        tool: What is wanted, as the tool for it is called; "" while it is not known.
        asks: What is asked now.
        reference: As the caller told it, digits; "" while it is not known.
        phone: The number it was booked with; "" while it is not known.
        found: Whether it was looked up and told; only for a move.
        service: Key of its service, once it was looked up; "" where that is not known.
        area: Key of its area, likewise.
        when: The new day, part and time, as far as they are known.
        misses: Answers in a row that made no sense.
        not_found: How often there was no booking of that reference and number.
        taken: How often the new time was not free.
        offered: Times that were offered instead, until one is chosen.
    """

    tool: str
    asks: Asks | Slot = Asks.REFERENCE
    reference: str = ""
    phone: str = ""
    found: bool = False
    service: str = ""
    area: str = ""
    when: Mapping[Slot, str] = field(default_factory=dict)
    misses: int = 0
    not_found: int = 0
    taken: int = 0
    offered: tuple[Mapping[Slot, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FreeWish:
    """What free times a caller asks for: "have you got anything next week, in the morning?".

    Attributes:
        first: The first day that will do; None: any.
        last: The last one; None: any.
        part: The part of the day; "": any.
        week: How the days between them were called: "next week"; "" if they were not.
        others: Whether others are wanted than those that were just offered.
    """

    first: date | None = None
    last: date | None = None
    part: str = ""
    week: str = ""
    others: bool = False

    def has(self, day: date) -> bool:
        """Whether a day will do."""
        return (self.first or day) <= day <= (self.last or day)


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
        put_right: How often the caller put a detail of it right instead.
        read_back: What was read back, while the first question of it is asked again.
        farewells: How often the model tried to end the call before its time.
        seek: The wish for a person that is being followed, or was last.
        back: In a step instead of a person: the step to go back to.
        may_wait: In such a step: whether the caller may wait for a person all the same.
        refused: How often a wish for a person came to nothing.
        secret: The digits being keyed that only their receiver sees, by name; "" for none.
        secret_misses: How often that did not work in a row.
        collected: The names of those that reached their receivers.
        unsure: Slots whose values the ear was not sure of: each is said back before it counts.
        full: How often the caller wanted a time that is full.
        offered: Times that were offered instead of one that is full, until the next question.
        taken: Times that turned out to have gone, as `offers.key_of` names them.
        stood: Where the talk stood when the language model last answered, as `walk.stands` tells.
        unmoved: How often in a row that did not move it.
        model_said: The sentences that the model has said since the talk moved.
        repeats: Replies in a row with which it only repeated its question.
        earlier: What the caller wants of an earlier booking, while the rules see to it.
        asides: How often the rules answered a question, about prices or about free times, instead
            of getting an answer.
        free: Which free times the caller has asked for; they are told where the day is asked.
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
    put_right: int = 0
    read_back: Mapping[Slot, str] = field(default_factory=dict)
    farewells: int = 0
    seek: Seek | None = None
    back: Step | None = None
    may_wait: bool = False
    refused: int = 0
    secret: str = ""
    secret_misses: int = 0
    collected: tuple[str, ...] = ()
    unsure: tuple[Slot, ...] = ()
    full: int = 0
    offered: tuple[Mapping[Slot, str], ...] = ()
    taken: tuple[str, ...] = ()
    stood: tuple[object, ...] = ()
    unmoved: int = 0
    model_said: tuple[str, ...] = ()
    repeats: int = 0
    earlier: Earlier | None = None
    asides: int = 0
    free: FreeWish | None = None


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """A booking the caller has agreed to.

    Attributes:
        service: Key of the service.
        area: Key of the area.
        day: The date agreed.
        part: ``morning`` or ``afternoon``; "" where a time of day was agreed instead.
        phone: Where the caller can be reached.
        price_pounds: The price quoted, as the company's list has it; "" if none was.
        start: The time of day agreed, in the company's time zone; None where a part was.
        details: Everything else the caller told, by name of the slot.
        minutes: How long it takes.
    """

    service: str
    area: str
    day: date
    part: str
    phone: str
    price_pounds: str
    start: time | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    minutes: int = 60


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
        seek: Look for a person while the sentences are said; `Sought` follows.
        note: A wish to be called back, to be written down; `Noted` or `NotNoted` follows.
        end: How the call ends once the sentences are said.
        target: With `Outcome.EXTENSION` and `Outcome.OUTSIDE`: the number.
        secret: Collect these digits by keys once the sentences are said, unseen; `SecretDone`
            follows.
        run: A tool to be run by whoever gives this reply; `Looked` is answered in the same breath.
        agreed: Whether the caller has just said yes to its question.
    """

    say: tuple[str, ...]
    step: Step
    passed: tuple[Step, ...]
    asks: Slot | None = None
    listen: Expectation = Expectation()
    keys: KeyRule = KeyRule()
    book: BookingRequest | None = None
    seek: Seek | None = None
    note: CallbackRequest | None = None
    end: Outcome | None = None
    target: str = ""
    secret: str = ""
    run: RunningTool | None = None
    agreed: bool = False

    @property
    def works(self) -> bool:
        """Whether its result is waited for, and speaks next."""
        return self.book is not None or self.seek is not None or self.note is not None
