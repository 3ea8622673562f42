"""What the simulated model does for callers who want something else than to book."""

from datetime import date

import pytest

from audiosocket_agent.simulators.chat_errands import (
    ANYTHING_ELSE,
    NEW_DAY,
    NOT_CANCELLED,
    NOT_FREE,
    WHAT_MESSAGE,
    WHICH,
    after_failure,
    leaving,
    moving,
)

TODAY = date(2026, 11, 22)  # a Sunday
ASKED = "I have your boiler service. Shall I move it to Thursday the 26th of November?"
THURSDAY = {"reference": "482193", "day": "2026-11-26"}


def talk(*texts):
    """Turns from the caller's first words on, in turn the caller's and the agent's."""
    return [("assistant" if n % 2 else "user", text) for n, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("texts", "done"),
    [
        (["a leaking tap"], None),
        (["I want to move my booking"], WHICH),
        (["move my booking", WHICH, "482193"], NEW_DAY),
        (["move my booking", WHICH, "482193", NEW_DAY, "Thursday"], THURSDAY),
        (["move my booking 482193 to Thursday afternoon"], THURSDAY | {"part": "afternoon"}),
        (["move my booking 482193 to Thursday at half past ten"], THURSDAY | {"time": "10:30"}),
        (["move my booking 482193 to Thursday", ASKED, "yes"], THURSDAY),
        (["move my booking 482193 to Thursday", ASKED, "no"], NOT_CANCELLED),
        (["move my booking 482193 to Monday", ASKED, "no, to Thursday"], THURSDAY),
        (["move my booking 482193 to Monday", NOT_FREE, "hm"], NEW_DAY),
        (["move my booking 482193 to Monday", NOT_FREE, "Thursday then"], THURSDAY),
        (["move my booking 482193 to Monday", f"It is moved. {ANYTHING_ELSE}", "no"], None),
    ],
)
def test_a_booking_is_moved_once_it_is_known_which_and_to_when(texts, done):
    assert moving(talk(*texts), TODAY) == done


@pytest.mark.parametrize(
    ("texts", "done"),
    [
        (["a leaking tap"], None),
        (["can I leave a message"], WHAT_MESSAGE),
        (["can I leave a message", WHAT_MESSAGE, "a person rang me"],
         {"message": "a person rang me"}),
        (["can I leave a message", WHAT_MESSAGE, "call me", "Which number?", "01632 960 123"],
         {"message": "call me", "phone": "01632960123"}),
        (["can I leave a message", WHAT_MESSAGE, "no, put me through to Tom"], None),
        (["can I leave a message", WHAT_MESSAGE, "call me", ANYTHING_ELSE, "no"], None),
    ],
)  # fmt: skip
def test_a_message_is_what_is_said_when_it_is_asked_for(texts, done):
    assert leaving(talk(*texts)) == done


def test_what_a_refused_errand_leads_to():
    assert after_failure("change_booking", "it could not be moved (taken); offer") == NOT_FREE
    assert "number" in after_failure("take_message", "phone is missing: ask the caller for it")
    assert after_failure("cancel_booking", "it could not be cancelled; transfer") == ""
