"""The simulated model's part in cancelling a booking that was made in another call. Pure.

It knows nothing but the talk: that the caller wants to cancel, the reference among the caller's
words, and that the caller has just said yes to a question of the system's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from audiosocket_agent.simulators import chat_words as words_in
from audiosocket_agent.simulators.chat_words import words_of

CANCEL = "cancel_booking"
WHICH = "What is the reference of your booking?"
NOT_FOUND = "I can't find a booking with that reference. What is the reference, please?"
GIVE_UP = "I'll put you through to a person. Please hold."
MOST_NOT_FOUND = 2
NOT_CANCELLED = "All right, it stays as it is. Is there anything else I can help with?"
WISHES = ("cancel my booking", "cancel my appointment", "cancel the booking",
           "cancel the appointment", "cancel a booking", "cancel an appointment")  # fmt: skip
_DONE = ("cancelled", "stays as it is", "no booking")
LEAST_DIGITS = 4  # of a reference


def cancelling(turns: Sequence[tuple[str, str]]) -> str | Mapping[str, object] | None:
    """Return what to do for a caller who wants to cancel.

    Args:
        turns: Roles and words, oldest first; the newest is the caller's.

    Returns:
        What to say; or the arguments of the tool to call; None for callers who want something else.
    """
    begun = [n for n, (role, text) in enumerate(turns)
             if role == "user" and words_in.says(words_of(text), WISHES)]  # fmt: skip
    if not begun:
        return None
    since = turns[begun[-1] :]
    if any(role == "assistant" and any(d in text for d in _DONE) for role, text in since):
        return None
    not_found = [n for n, (role, text) in enumerate(since)
                 if role == "assistant" and NOT_FOUND in text]  # fmt: skip
    if len(not_found) >= MOST_NOT_FOUND:
        return GIVE_UP
    since = since[not_found[-1] :] if not_found else since
    references = [words_in.digits(words_of(text)) for role, text in since if role == "user"]
    reference = next((r for r in reversed(references) if len(r) >= LEAST_DIGITS), "")
    if not reference:
        return WHICH
    if words_in.yes_or_no(words_of(since[-1][1])) == "no":
        return NOT_CANCELLED
    return {"reference": reference}
