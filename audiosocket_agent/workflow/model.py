"""A workflow as data: the steps of a call, the slots they fill, the sentences they say. Pure.

Theory of operation. A call begins in the first step of a workflow and walks on: a step is finished
when every slot it needs is filled, and `then` follows; a "no" to its question leads to `if_no`. A
step without `then` ends the call as it `ends`. On entering a step the price or all that was agreed
is said (`says`); a step that `does` book makes the booking once its slots are filled.

From every step a caller gets to a person by asking, by the key for one, by taking the offer of one,
by misses or by the time-out. What then happens are the side ways (`SIDE_WAYS`): steps like others,
which a workflow has from ``trades/side_ways.yaml`` unless it has its own of that name. What makes
all of this end is proved by `prove`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field, GetPydanticSchema, ValidationInfo, field_validator
from pydantic_core import core_schema

from audiosocket_agent.company_fields import FieldsModel, refuse_twice, refuse_twice_at, spelt
from audiosocket_agent.complaints import NAME_RULE
from audiosocket_agent.workflow.names import Outcome, Slot, Step
from audiosocket_agent.workflow.templates import OR, places

NAME = r"[a-z][a-z0-9_]{0,31}"


class Kind(StrEnum):
    """What a slot may hold; how words and keys become it is told in `kinds`."""

    CHOICE = "choice"  # one of the services, the areas, or the slot's own options
    YES_NO = "yes_no"
    DATE = "date"  # 2026-12-01
    PART = "part"  # of the day: morning or afternoon
    TIME = "time"  # 14:30
    PHONE = "phone"  # digits, with + if it has a country code
    POSTCODE = "postcode"  # TR1 1AA
    NAME = "name"  # Jane Smith
    ADDRESS = "address"  # 12 Market Street
    EMAIL = "email"  # jane@example.com
    NUMBER = "number"  # 42
    CODE = "code"  # letters and figures: AB12CDE
    TEXT = "text"  # anything, as it was said


class Of(StrEnum):
    """Which of the company's own lists a choice is made from."""

    SERVICES = "services"
    AREAS = "areas"
    OWN = ""  # the slot's own options, if it is a choice


class Confirm(StrEnum):
    """When a value that was spoken is said back before it counts."""

    NEVER = "never"
    UNSURE = "unsure"  # where the ear was less sure than the workflow's `unsure_below`
    ALWAYS = "always"


class Says(StrEnum):
    """What is said on entering a step, before its first question."""

    NOTHING = ""
    QUOTE = "quote"
    READ_BACK = "read_back"


class Does(StrEnum):
    """What is done when a step's slots are filled."""

    NOTHING = ""
    BOOK = "book"


# Kinds of which one wrong character makes another value: they are said back character by character.
EXACT = frozenset((Kind.PHONE, Kind.POSTCODE, Kind.EMAIL, Kind.NUMBER, Kind.CODE))
PERSON, VOICEMAIL, HANG_UP = "person", "voicemail", "hang_up"
FAILURES = (PERSON, VOICEMAIL, HANG_UP)  # what `on_failure` may name besides a step
SIDE_WAYS = (
    Step.CALL_BACK, Step.MESSAGE, Step.TRANSFER, Step.RECOVER, Step.VOICEMAIL, Step.OUT_OF_HOURS,
)  # fmt: skip
BUILT_IN_TOOLS = (
    "record_details", "check_availability", "create_booking", "change_booking", "cancel_booking",
    "find_price", "take_message", "transfer_to_person", "end_call", "collect_secret", "send_sms",
    "send_email",
)  # fmt: skip
MOST_STEPS, MOST_SLOTS = 40, 40


def _name_schema(kind: type[Slot] | type[Step]) -> GetPydanticSchema:
    """Return how pydantic reads a name; only here does what stands in a file become one."""
    text = core_schema.str_schema(pattern=rf"^{NAME}$", min_length=1, max_length=32)
    return GetPydanticSchema(
        lambda _source, _handler: core_schema.no_info_after_validator_function(kind, text)
    )


def _with_places(template: str) -> str:
    places(template)
    return template


SlotName = Annotated[Slot, _name_schema(Slot)]
StepName = Annotated[Step, _name_schema(Step)]
Line = Annotated[str, spelt(r"(?!\s)[^\x00-\x1f\x7f]{1,400}(?<!\s)", "1-400 characters, one line")]
Template = Annotated[Line, AfterValidator(_with_places)]
Word = Annotated[str, spelt(NAME, NAME_RULE)]
Ways = Annotated[str, spelt(r"[a-z0-9' ]{1,60}", "lower-case words only, at most 60 characters")]


class Option(FieldsModel):
    """One of a slot's own choices.

    Attributes:
        key: Stable name in bookings.
        name: As spoken.
        phrases: Ways a caller names it, lower-case words only.
    """

    key: Word
    name: Line
    phrases: Annotated[tuple[Ways, ...], Field(min_length=1, max_length=30)]


def _confirm_by_kind(known: dict[str, Any]) -> Confirm:
    return Confirm.ALWAYS if known.get("kind") in EXACT else Confirm.UNSURE


class SlotRule(FieldsModel):
    """Something the conversation finds out.

    Attributes:
        kind: What it may hold.
        of: For a choice: the company's list it is made from; unset: `options`.
        options: For a choice of the workflow's own: what may be chosen, in keypad order.
        ask: The question, in 1-4 wordings: the first one is asked first, the others when it was not
            answered, the last ones with the keypad explained. Places: ``{options}`` (what may be
            chosen), ``{ending}`` (the last digits of the number in `offers`), and every slot that
            is filled before.
        keys_hint: How it is keyed, said after the third and the fourth wording; unset: made of the
            kind and what may be chosen.
        meaning: What it is, for the language model.
        volunteered: Whether it is taken from words that answer another question.
        confirm: When it is said back before it counts.
        offers: For yes or no: the slot that holds the number a caller rings from, and is emptied by
            "no". Where there is no such number, "no" is known without asking.
        least: Fewest of what is counted: figures of a number's value, characters of a code or text.
        most: Most of it.
    """

    kind: Kind
    of: Of = Of.OWN
    options: Annotated[tuple[Option, ...], Field(max_length=60)] = ()
    ask: Annotated[tuple[Template, ...], Field(min_length=1, max_length=4)]
    keys_hint: Line | None = None
    meaning: Line
    volunteered: bool = False
    confirm: Confirm = Field(default_factory=_confirm_by_kind)
    offers: SlotName | None = None
    least: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    most: Annotated[int, Field(ge=1, le=1_000_000)] | None = None

    @field_validator("of")
    @classmethod
    def _only_choices_have_lists(cls, of: Of, info: ValidationInfo) -> Of:
        if of is not Of.OWN and info.data.get("kind", Kind.CHOICE) is not Kind.CHOICE:
            raise ValueError(f"only a choice is made from {of.value}; kind: choice")
        return of

    @field_validator("options")
    @classmethod
    def _told_apart(cls, options: tuple[Option, ...], info: ValidationInfo) -> tuple[Option, ...]:
        choice = info.data.get("kind", Kind.CHOICE) is Kind.CHOICE
        if options and (not choice or info.data.get("of", Of.OWN) is not Of.OWN):
            raise ValueError("only a choice that is made from no other list has options")
        refuse_twice_at(((at, "key"), option.key) for at, option in enumerate(options))
        refuse_twice_at(
            ((at, "phrases", place), words)
            for at, option in enumerate(options)
            for place, words in enumerate(option.phrases)
        )
        return options

    @field_validator("most")
    @classmethod
    def _not_less_than_least(cls, most: int | None, info: ValidationInfo) -> int | None:
        least = info.data.get("least")
        if most is not None and least is not None and most < least:
            raise ValueError(f"{most} is less than least, {least}")
        return most


def _failure_by_place(known: dict[str, Any]) -> str:
    """Return the usual way out: a person, but after the goodbye nobody is wanted."""
    return PERSON if known.get("needs") or known.get("then") else HANG_UP


class StepRule(FieldsModel):
    """One step of a call.

    Attributes:
        goal: What it is for, for the language model and for people.
        needs: Slots to fill, asked in this order; none: it is passed at once.
        then: The next step; unset: the call ends here.
        if_no: Where "no" to its yes/no question leads. To a step before this one it leads once in a
            call, with all that was asked since emptied; the second time a person takes over.
        says: What is said on entering it.
        does: What is done when its slots are filled.
        tools: Names of the tools the language model may call here; none: all.
        timeout_s: Longest stay in it before `on_failure`, in seconds.
        retries: Answers in a row that make no sense before `on_failure`; unset: the company's
            `max_misses`.
        on_failure: What follows time-out, misses or a tool that fails: ``person``, ``voicemail``,
            ``hang_up`` or a step. Unset: a person, or ``hang_up`` where nothing is asked and
            nothing follows.
        ends: Without `then`: what becomes of the call.
    """

    goal: Line
    needs: Annotated[tuple[SlotName, ...], Field(max_length=MOST_SLOTS)] = ()
    then: StepName | None = None
    if_no: StepName | None = None
    says: Says = Says.NOTHING
    does: Does = Does.NOTHING
    tools: Annotated[tuple[Word, ...], Field(max_length=40)] = ()
    timeout_s: Annotated[float, Field(ge=5, le=900)] = 90.0
    retries: Annotated[int, Field(ge=1, le=10)] | None = None
    on_failure: Word = Field(default_factory=_failure_by_place)
    ends: Outcome = Outcome.HANGUP

    @field_validator("needs", "tools")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        refuse_twice(names)
        return names


class Workflow(FieldsModel):
    """How the calls of a trade go.

    Attributes:
        name: Of the workflow; a shipped one has the name of its file.
        about: What it is for, one line for people.
        slots: What it finds out, by name.
        steps: What a call walks through, by name, the first one first.
        quote: The price, where a step says it. Places: ``{price}`` and every slot filled before.
        read_back: All that is about to be booked. Places as `quote`.
        booked: The confirmation. Place: ``{reference}``, and as `quote`.
        summary: What a call is about, in fragments, for the person who takes it over
            (`templates.sum_up`).
        unsure_below: How sure an ear must be (0-1) of what is not said back.
    """

    name: Word
    about: Line
    slots: Annotated[dict[SlotName, SlotRule], Field(max_length=MOST_SLOTS)]
    steps: Annotated[dict[StepName, StepRule], Field(min_length=1, max_length=MOST_STEPS)]
    quote: Template | None = None
    read_back: Template | None = None
    booked: Template = "That's booked. Your reference is {reference}."
    summary: Annotated[tuple[Template, ...], Field(max_length=12)] = ()
    unsure_below: Annotated[float, Field(ge=0, le=1)] = 0.6

    @field_validator("summary")
    @classmethod
    def _forms_of_words(cls, fragments: tuple[str, ...]) -> tuple[str, ...]:
        for fragment in fragments:
            if not all(form.strip() for form in fragment.split(OR)):
                raise ValueError(f"{fragment!r} has an empty form")
        return fragments

    @property
    def first(self) -> Step:
        """The step a call begins in."""
        return next(iter(self.steps))

    @property
    def main(self) -> tuple[Step, ...]:
        """The steps of the way by `then` from the first one, in order."""
        way: list[Step] = []
        step: Step | None = self.first
        while step is not None and step not in way:
            way.append(step)
            step = self.steps[step].then
        return tuple(way)

    @property
    def quotes(self) -> bool:
        """Whether prices are said, so that every service must have one."""
        said = (self.quote, self.read_back, self.booked, *self.summary)
        return any("price" in places(template) for template in said if template)

    @property
    def places_asked(self) -> bool:
        """Whether it asks for one of the company's areas."""
        return any(rule.of is Of.AREAS for rule in self.slots.values())

    @property
    def yes_no(self) -> frozenset[Slot]:
        """The slots that are answered by yes or no."""
        return frozenset(s for s, rule in self.slots.items() if rule.kind is Kind.YES_NO)

    def needed_from(self, step: Step) -> tuple[Slot, ...]:
        """Return the slots needed from a step on, by `then`, each once and in order."""
        needed: dict[Slot, None] = {}
        seen: set[Step] = set()
        at: Step | None = step
        while at is not None and at not in seen:
            seen.add(at)
            needed |= dict.fromkeys(self.steps[at].needs)
            at = self.steps[at].then
        return tuple(needed)

    def step_with(self, does: Does) -> Step | None:
        """Return the first step that does something; None if none does."""
        return next((step for step, rule in self.steps.items() if rule.does is does), None)

    def step_saying(self, says: Says) -> Step | None:
        """Return the first step that says something on entering; None if none does."""
        return next((step for step, rule in self.steps.items() if rule.says is says), None)
