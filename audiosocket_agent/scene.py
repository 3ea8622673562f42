"""What an answer to the caller is made from: who thinks, what is known, what is answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from audiosocket_agent.conversation import Booked, BookingFailed, BookingRequest, Event, Facts
from audiosocket_agent.journal import Speaker
from audiosocket_agent.seams import LanguageModel

MakeBooking = Callable[[BookingRequest], Awaitable[Booked | BookingFailed]]


@dataclass(frozen=True, slots=True)
class Mind:
    """What thinks for the process's calls.

    Attributes:
        model: The language model, or several behind one seam; None: the rules alone.
        rules: Whether the rules take over when the model fails; else a person does.
    """

    model: LanguageModel | None = None
    rules: bool = True


@dataclass(frozen=True, slots=True)
class Scene:
    """What all answers of a call have in common.

    Attributes:
        mind: What thinks.
        facts: The company and what is known of the caller.
        book: Makes a booking; never raises.
        call_id: For logs.
    """

    mind: Mind
    facts: Facts
    book: MakeBooking
    call_id: str


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
