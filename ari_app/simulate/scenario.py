"""What a scenario file says: who calls whom, what the caller wants, and what must come of it. Pure.

``voiceagent simulate --schema`` prints the JSON Schema of it; docs/simulate.md tells it in words.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from audiosocket_agent.company_fields import FieldsModel, as_text, spelt
from audiosocket_agent.workflow import Outcome

MOST_TURNS = 40  # of the caller's: more is a conversation that goes in circles

Text = Annotated[str, BeforeValidator(as_text), Field(min_length=1, max_length=400)]
Name = Annotated[
    str,
    Field(max_length=48),
    spelt(r"[a-z][a-z0-9_]*", "small letters, digits and _, a letter first"),
]


class ScenarioError(Exception):
    """A scenario cannot be used.

    Args:
        mistakes: At least one, each a line: file, line, what is wrong.
    """

    def __init__(self, *mistakes: str) -> None:
        super().__init__(*mistakes)
        self.mistakes = mistakes

    def __str__(self) -> str:
        return self.mistakes[0]


class Goal(Enum):
    """What the caller wants."""

    BOOK = "book"
    PRICE = "price"  # to know it, and nothing more
    PERSON = "person"
    SILENCE = "silence"  # never says a word
    NOTHING = "nothing"  # only what `replies` tell him to say


class Manner(Enum):
    """How the caller talks; several go together."""

    PLAIN = "plain"
    TERSE = "terse"
    CHATTY = "chatty"
    CORRECTS = "corrects"  # says one thing and then the right one, in one breath
    CHANGES_MIND = "changes_mind"  # takes `changes` when everything is read back
    MISSPELLS = "misspells"  # in writing; spoken it is plain
    MUMBLES = "mumbles"  # cannot be understood the first time
    ANGRY = "angry"
    SILENT = "silent"  # says nothing when asked for the first time
    KEYPAD = "keypad"  # answers with keys wherever the agent explains them
    BREAKS = "breaks"  # tries to talk the agent out of its job


class Action(FieldsModel):
    """What the caller does instead of what he would have done."""

    when: Text = Field(description="words among what the agent has just said; any case")
    say: Text | None = Field(None, description="words to say")
    press: Annotated[str, BeforeValidator(as_text), spelt("[0-9*#]+", "keys: 0-9 * #")] | None = (
        Field(None, description="keys to press")
    )
    silence: bool = Field(False, description="say nothing until asked again")
    hang_up: bool = Field(False, description="end the call")
    times: int = Field(1, ge=1, le=MOST_TURNS, description="how often, at the most")

    @model_validator(mode="after")
    def _one_thing(self) -> Action:
        if sum((self.say is not None, self.press is not None, self.silence, self.hang_up)) != 1:
            raise ValueError("exactly one of say, press, silence, hang_up is needed")
        return self


class PersonaSpec(FieldsModel):
    """The caller."""

    goal: Goal = Field(Goal.BOOK, description="what he wants")
    manner: tuple[Manner, ...] = Field((Manner.PLAIN,), description="how he talks")
    facts: dict[Name, Text] = Field(
        default_factory=dict,
        description="what he knows, by what it is asked for: service, area, postcode, day, part, "
        "time, name, address, email, phone, or any word of the agent's question (registration); "
        "yes or no for wanted, callback, ring_back, message, person",
    )
    called: dict[Name, Text] = Field(
        default_factory=dict,
        description="what the agent calls a fact, where its words are others: the caller listens "
        "for them when all is read back",
    )
    changes: dict[Name, Text] = Field(
        default_factory=dict, description="facts he takes instead once all is read back"
    )
    slips: dict[Name, Text] = Field(
        default_factory=dict, description="what he says first where he corrects himself"
    )
    opening: Text | None = Field(None, description="his first words, instead of what he would say")
    replies: tuple[Action, ...] = Field((), description="what he does at certain words; the first")
    voice: Annotated[str, spelt(r"[a-z0-9+-]{2,40}", "a voice as espeak-ng --voices lists it")] = (
        Field("en-gb", description="his voice and accent when he speaks")
    )
    speed_wpm: int = Field(170, ge=80, le=320, description="how fast he speaks, words a minute")

    @field_validator("manner", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class QueueSpec(FieldsModel):
    """The queue of people."""

    exists: bool = Field(True, description="whether there is one")
    members: int = Field(2, ge=0, description="people signed in")
    free: int = Field(1, ge=0, description="those who could answer now")
    waiting: int = Field(0, ge=0, description="callers in it")
    longest_wait_s: int = Field(0, ge=0, description="how long the first has waited, in seconds")


class Kept(FieldsModel):
    """A booking that was made in an earlier call."""

    reference: Annotated[str, BeforeValidator(as_text), spelt("[0-9]{4,10}", "4 to 10 digits")] = (
        Field(description="its reference")
    )
    service: Name = Field(description="key of the service")
    day: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = (
        Field(description="the next one of these days")
    )
    part: Name | None = Field(None, description="the part of it, where a part was agreed")
    time: Annotated[str, spelt("[0-2][0-9]:[0-5][0-9]", "HH:MM")] | None = Field(
        None, description="the time, where one was agreed"
    )
    area: Name | None = Field(None, description="key of the area")
    phone: Annotated[str, BeforeValidator(as_text), spelt(r"\+?[0-9]{9,15}", "digits")] | None = (
        Field(None, description="the number it was made with; null: the caller's")
    )


class Answers(FieldsModel):
    """What the company's own system answers to one of its tools."""

    status: int = Field(200, ge=200, le=599, description="HTTP status")
    body: dict[str, Any] = Field(default_factory=dict, description="the JSON it sends")


class World(FieldsModel):
    """What is around the call."""

    closed: bool = Field(False, description="the company is closed today")
    queue: QueueSpec | None = Field(None, description="the queue of people; null: nobody can tell")
    diary: Literal["works", "fails"] = Field("works", description="whether bookings can be made")
    notebook: Literal["works", "fails"] = Field("works", description="whether callbacks can")
    bookings: tuple[Kept, ...] = Field((), description="those made in earlier calls")
    tools: dict[Name, Answers] = Field(
        default_factory=dict,
        description="what the company's own system answers, by tool: a small one on this machine "
        "stands in for it. Tools that are not named here are taken away",
    )


class Expected(FieldsModel):
    """What must come of the call; what is left out may be anything."""

    outcome: Outcome | Literal["caller_hung_up"] | None = Field(
        None, description="how the call ends"
    )
    bookings: int | None = Field(None, ge=0, description="how many exist afterwards")
    booking: dict[Name, Text] = Field(
        default_factory=dict,
        description="what the one booking holds: service, area, day (a date or a weekday), part, "
        "start, phone, price_pounds, or one of its details",
    )
    slots: dict[Name, Text] = Field(
        default_factory=dict, description="what the conversation holds in the end"
    )
    steps: tuple[Name, ...] = Field((), description="steps gone through, in this order")
    steps_never: tuple[Name, ...] = Field((), description="steps never gone through")
    says: tuple[Text, ...] = Field((), description="words the agent must say, any case")
    says_never: tuple[Text, ...] = Field((), description="words the agent must not say")
    callbacks: int | None = Field(None, ge=0, description="wishes to be called back on record")
    callback_phone: Text | None = Field(None, description="the number to call back")
    tools: tuple[Name, ...] = Field(
        (), description="tools that the language model calls, in this order; the rules call none"
    )
    tools_never: tuple[Name, ...] = Field((), description="tools that it must not call")
    given: dict[Name, dict[Name, Text]] = Field(
        default_factory=dict, description="what a tool must be given the last time it is called"
    )
    kept: dict[str, dict[Name, Text]] = Field(
        default_factory=dict,
        description="what must have become of a booking of an earlier call, by reference: day (a "
        "date or a weekday), part, start, status",
    )
    wanted: tuple[Name, ...] | None = Field(
        None, description="why a person was wanted, each time, in order"
    )
    most_turns: int = Field(
        MOST_TURNS, ge=1, le=MOST_TURNS, description="most turns the caller may need"
    )
    latency_ms: int | None = Field(
        None, ge=100, description="longest typical (median) time to an answer, when spoken"
    )


class Scenario(FieldsModel):
    """One call and what must come of it."""

    about: Text = Field(description="what it shows, in one sentence")
    company: Text = Field("harbour", description="key of a company that comes with the program")
    company_file: Text | None = Field(
        None, description="a company file instead, next to this one or by its whole path"
    )
    company_changes: dict[str, Any] = Field(
        default_factory=dict, description="fields of the company that are different here"
    )
    caller: Annotated[
        str, BeforeValidator(as_text), spelt(r"\+?[0-9]{0,15}", "digits, or nothing: withheld")
    ] = Field("01632960123", description="the number he calls from; empty: withheld")
    modes: tuple[Literal["text", "speech"], ...] = Field(
        ("text",), min_length=1, description="how it can be run"
    )
    models: tuple[Literal["rules", "simulated", "hostile"], ...] = Field(
        ("rules", "simulated"), min_length=1, description="which minds it is for"
    )
    offline_ear: bool = Field(
        False, description="whether every word is one the offline recogniser is told to expect"
    )
    world: World = World()
    persona: PersonaSpec
    expect: Expected


def says(text: str, words: str) -> bool:
    """Whether words stand in a text, as whole words, whatever their case and marks."""
    return f" {plain(words)} " in f" {plain(text)} "


def plain(text: str) -> str:
    """Reduce a text to small letters, digits and single spaces."""
    return " ".join(re.sub(r"[^a-z0-9']+", " ", text.lower().replace("’", "'")).split())
