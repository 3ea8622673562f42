"""The simulated model's part in what is no booking of this call: cancel, move, a message. Pure.

It knows nothing but the talk: what the caller wants, the reference and the day among the caller's
words, and that the caller has just said yes to a question of the system's. An errand begins with a
wish and is over when the agent asks whether there is anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from audiosocket_agent import errand_words
from audiosocket_agent.simulators import chat_words as words_in
from audiosocket_agent.simulators.chat_words import words_of
from audiosocket_agent.workflow.said_dates import date_in
from audiosocket_agent.workflow.said_times import says_time, time_in

CANCEL, CHANGE, MESSAGE = "cancel_booking", "change_booking", "take_message"
ANYTHING_ELSE = "Is there anything else I can help with?"
WHICH = "What is the reference of your booking?"
NOT_FOUND = "I can't find a booking with that reference. What is the reference, please?"
GIVE_UP = "I'll put you through to a person. Please hold."
MOST_NOT_FOUND = 2
NOT_CANCELLED = f"All right, it stays as it is. {ANYTHING_ELSE}"
NEW_DAY = "Which day would you like instead?"
NOT_FREE = f"I'm sorry, I can't move it to then. {NEW_DAY}"
WHAT_MESSAGE = "Of course. What is the message?"
WHICH_NUMBER = "Which number can we call you back on?"
WISHES = ("cancel my booking", "cancel my appointment", "cancel the booking",
           "cancel the appointment", "cancel a booking", "cancel an appointment")  # fmt: skip
MOVES = tuple(
    f"{verb} {which} {what}"
    for verb in ("change", "move")
    for which in ("my", "the", "a", "an")
    for what in ("booking", "appointment")
)
MESSAGES = tuple(
    f"{verb} {which} message"
    for verb in ("leave", "take", "pass on", "give them", "give him", "give her", "send")
    for which in ("a", "my", "the")
)
_DONE = (ANYTHING_ELSE, "cancelled", "stays as it is", "no booking")
_INSISTS = (*words_in.THROUGH, "a person please", "a real person", "operator")
_PARTS = {part: (part,) for part in ("morning", "afternoon")}
LEAST_DIGITS = 4  # of a reference
LEAST_NUMBER = 9  # digits of a telephone number

Turns = Sequence[tuple[str, str]]
"""Roles and words, oldest first; the newest is the caller's."""
Given = Mapping[str, object]


def wishes_in(text: str, services: Iterable[str] | None) -> frozenset[str]:
    """Return `CANCEL`, `CHANGE`, or nothing: what the words want of an earlier booking.

    Args:
        text: The caller's words.
        services: The ways to say what the company does; None: what is about to be booked is meant.
    """
    if services is None:
        return frozenset()
    wanted = errand_words.errands(text, services)
    tools = {errand_words.CANCELS: CANCEL, errand_words.MOVES: CHANGE}
    return frozenset((tools[next(iter(wanted))],)) if len(wanted) == 1 else frozenset()


def since(
    turns: Turns, wishes: Sequence[str], wished: Callable[[str], bool] = lambda _: False
) -> Turns:
    """Return the turns from the caller's newest wish of a kind on; none once it is seen to.

    Args:
        turns: The talk.
        wishes: Words that are such a wish.
        wished: Whether other words are one; an answer to "Shall I cancel it?" is none.
    """
    begun = [n for n, (role, text) in enumerate(turns)
             if role == "user" and (words_in.says(words_of(text), wishes)
                 or (wished(text) and not (n and "Shall I" in turns[n - 1][1])))]  # fmt: skip
    found = turns[begun[-1] :] if begun else ()
    if any(role == "assistant" and any(d in text for d in _DONE) for role, text in found):
        return ()
    return found


def cancelling(turns: Turns, services: Sequence[str] | None = None) -> str | Given | None:
    """Return what to do for a caller who wants to cancel.

    Args:
        turns: The talk.
        services: As in `wishes_in`.

    Returns:
        What to say; or the arguments of the tool to call; None for callers who want something else.
    """
    found = _named(since(turns, WISHES, lambda text: CANCEL in wishes_in(text, services)))
    if not isinstance(found, Mapping):
        return found
    return NOT_CANCELLED if _agreed(turns) == "no" else found


def moving(
    turns: Turns, today: date | None, services: Sequence[str] | None = None
) -> str | Given | None:
    """Return what to do for a caller who wants a booking on another day; as `cancelling`.

    Args:
        turns: The talk.
        today: The day of the call, as the model was told it.
        services: As in `wishes_in`.
    """
    talk = since(turns, MOVES, lambda text: CHANGE in wishes_in(text, services))
    found = _named(talk)
    if not isinstance(found, Mapping):
        return found
    to = _new_time(_after(talk, NOT_FREE), today)
    if _agreed(turns) == "no" and not _new_time(turns[-1:], today):
        return NOT_CANCELLED
    return {**found, **to} if to else NEW_DAY


def leaving(turns: Turns) -> str | Given | None:
    """Return what to do for a caller who leaves a message; as `cancelling`."""
    talk = since(turns, MESSAGES)
    said = [text for role, text in _after(talk, WHAT_MESSAGE) if role == "user"]
    if not talk or words_in.says(words_of(turns[-1][1]), _INSISTS):
        return None
    if not any(WHAT_MESSAGE in text for _, text in talk):
        return WHAT_MESSAGE
    numbers = [words_in.digits(words_of(text)) for text in said[1:]]
    number = next((n for n in reversed(numbers) if len(n) >= LEAST_NUMBER), "")
    return {"message": said[0], **({"phone": number} if number else {})}


def after_failure(name: str, error: str) -> str:
    """Return what is said where such a tool did not do it; "" for what is left to a person."""
    if name == MESSAGE and "phone is missing" in error:
        return WHICH_NUMBER
    if "no booking has that reference" in error:
        return NOT_FOUND
    return NOT_FREE if "could not be moved" in error else ""


def _named(talk: Turns) -> str | dict[str, object] | None:
    """Return which booking is meant, by its reference, or the question for it."""
    if not talk:
        return None
    asked = sum(role == "assistant" and NOT_FOUND in text for role, text in talk)
    if asked >= MOST_NOT_FOUND:
        return GIVE_UP
    texts = [text for role, text in _after(talk, NOT_FOUND) if role == "user"]
    references = [words_in.digits(words_of(text)) for text in texts]
    reference = next((r for r in reversed(references) if len(r) >= LEAST_DIGITS), "")
    return {"reference": reference} if reference else WHICH


def _after(talk: Turns, words: str) -> Turns:
    """Return the turns from the newest of the agent's with these words on; all if there is none."""
    said = [n for n, (role, text) in enumerate(talk) if role == "assistant" and words in text]
    return talk[said[-1] :] if said else talk


def _new_time(talk: Turns, today: date | None) -> dict[str, object]:
    """Return the day that the caller named last, with its time or part if he named one."""
    if today is None:
        return {}
    for text in reversed([text for role, text in talk if role == "user"]):
        day = date_in(text, today)
        if day is None:
            continue
        at = time_in(text, None) if says_time(text) else None
        part = words_in.value(words_of(text), _PARTS)
        when = {"time": at} if at else {"part": part} if part else {}
        return {"day": day.isoformat(), **when}
    return {}


def _agreed(turns: Turns) -> str:
    return words_in.yes_or_no(words_of(turns[-1][1]))
