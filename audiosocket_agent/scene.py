"""What an answer to the caller is made from: who thinks, what is known, what is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from audiosocket_agent.conversation import Booked, BookingFailed, BookingRequest, Event, Facts
from audiosocket_agent.guard_facts import CompanyFacts
from audiosocket_agent.journal import Speaker
from audiosocket_agent.seams import LanguageModel, ToolCall
from audiosocket_agent.tools import RunningTool, ToolRunner

MakeBooking = Callable[[BookingRequest], Awaitable[Booked | BookingFailed]]


@dataclass(frozen=True, slots=True)
class Mind:
    """What thinks for the process's calls.

    Attributes:
        model: The language model, or several behind one seam; None: the rules alone.
        rules: Whether the rules take over when the model fails; else a person does.
        talk_tokens: The most tokens of the talk so far that the model is shown.
    """

    model: LanguageModel | None = None
    rules: bool = True
    talk_tokens: int = 2000


@dataclass(frozen=True, slots=True)
class Late:
    """A tool that goes on although the answer it was called for was cut short.

    Attributes:
        call: The model's call of it.
        tool: The tool.
        work: Its running; the next answer's model is told what comes of it.
    """

    call: ToolCall
    tool: RunningTool
    work: asyncio.Future[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Scene:
    """What all answers of a call have in common.

    Attributes:
        mind: What thinks.
        facts: The company and what is known of the caller.
        book: Makes a booking; never raises.
        call_id: For logs.
        tools: Runs tools that need the world; None: there are none.
        hold: Keeps a time while its caller decides, beside the talk; None: nobody does.
        late: Tools that go on, and whose results nobody has been told yet.
        told: What tools have told: the company's and the code's own.
        done: What the code's own have told: of bookings only that counts.
        guarded: What may be said in every call of the company; None: nobody listens in (no model).
    """

    mind: Mind
    facts: Facts
    book: MakeBooking
    call_id: str
    tools: ToolRunner | None = None
    hold: Callable[[BookingRequest], object] | None = None
    late: list[Late] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    guarded: CompanyFacts | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is answered.

    Attributes:
        event: What happened; must be legal in the state's phase.
        history: The turns before it.
        free_speech: Whether the ear can follow free speech: what the model asks is no use to one
            that only knows the phrases it is told to expect.
        on_first_token: Called with every piece of the model's, words or tool calls.
    """

    event: Event
    history: Sequence[tuple[Speaker, str]]
    free_speech: bool
    on_first_token: Callable[[], None]
