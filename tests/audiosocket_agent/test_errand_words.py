"""Which words want an earlier booking cancelled or moved, and which want work done."""

import pytest

from audiosocket_agent.errand_words import (
    CANCELS,
    MOVES,
    TO_WHEN,
    errand_chosen,
    errands,
    names_earlier,
)

SERVICES = ("blocked drain visit", "boiler service", "boiler", "leaking tap", "my drain is blocked")


@pytest.mark.parametrize(("said", "wanted"), [
    ("Cancel my boiler service, please.", {CANCELS}),
    ("I have to cancel my leaking tap repair in Truro", {CANCELS}),
    ("cancel my Tuesday morning appointment", {CANCELS}),
    ("I’d like to cancel a reservation", {CANCELS}),
    ("Hi, um, I'm afraid I need to cancel", {CANCELS}), ("please cancel 657166", {CANCELS}),
    ("can I cancel", {CANCELS}), ("cancel reference six five seven one", {CANCELS}),
    ("can you move my boiler service in Falmouth to Wednesday", {MOVES}),
    ("change my boiler service from Monday to the 3rd of December", {MOVES}),
    ("move our boiler service to half past ten", {MOVES}),
    ("move my boiler to another day", {MOVES}), ("move my boiler service slot", {MOVES}),
    ("could I reschedule please", {MOVES}), ("I need to rebook for next week", {MOVES}),
    ("reschedule the boiler service", {MOVES}), ("move my time slot", {MOVES}),
    ("cancel my boiler service or reschedule my boiler service", {CANCELS, MOVES}),
    ("can you move a boiler", set()), ("I need my radiator moved", set()),
    ("move my boiler to the next room", set()), ("change my boiler on Wednesday", set()),
    ("can you move my boiler during the visit", set()), ("rebook a boiler service", set()),
    ("I don't want to cancel", set()), ("do not cancel my boiler service", set()),
    ("what does it cost to cancel", set()), ("what if I cancel later", set()),
    ("cancel my boiler cover", set()), ("cancel that", set()), ("move it to Wednesday", set()),
    ("actually make it Wednesday", set()), ("rearrange my furniture", set()), ("", set()),
])  # fmt: skip
def test_wishes_about_a_booking_and_work_on_things(said, wanted):
    assert errands(said, SERVICES) == wanted


def test_a_service_is_only_known_where_the_company_has_it():
    assert errands("cancel my haircut", ("haircut",)) == {CANCELS}
    assert errands("cancel my haircut", ()) == errands("cancel my haircut", ("",)) == set()


@pytest.mark.parametrize("said", ["move 654321 to wednesday at 10 30", "move 654321 to 3 o'clock"])
def test_a_new_time_is_told_from_a_reference(said):
    assert TO_WHEN.split(said)[0].strip() == "move 654321"


@pytest.mark.parametrize("said", [
    "I have an existing booking", "I've already got an appointment", "it's about my booking",
    "I've got a booking with you", "We have a boiler service booking", "my current appointment",
    "I'm ringing regarding our appointment", "I made a booking last week", "I'm already booked in",
    "I can't make my appointment on Tuesday", "hello, I have an appointment tomorrow",
])  # fmt: skip
def test_words_of_a_booking_that_there_is(said):
    assert names_earlier(said) and not errands(said, SERVICES)


@pytest.mark.parametrize("said", [
    "can I have an appointment", "could I have a booking", "I'd like to make an appointment",
    "I haven't got a booking", "I don't have an appointment", "do I have an appointment",
    "have you got an earlier appointment", "I want to book an appointment", "about a booking",
    "I need a boiler service", "when can I have an appointment", "",
])  # fmt: skip
def test_words_of_a_booking_that_there_is_not(said):
    assert not names_earlier(said)


@pytest.mark.parametrize(("said", "which"), [
    ("move it", MOVES), ("I'd like to change it please", MOVES), ("reschedule", MOVES),
    ("to a later day", MOVES), ("I want a different day", MOVES), ("cancel it", CANCELS),
    ("Cancel.", CANCELS), ("not move it, I want to cancel it", CANCELS), ("neither", ""),
    ("don't cancel it", ""), ("move it or cancel it", ""), ("yes", ""), ("", ""),
])  # fmt: skip
def test_which_of_both_is_wanted(said, which):
    assert errand_chosen(said) == which
