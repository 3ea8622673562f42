"""Which words want an earlier booking cancelled or moved, and which want work done."""

import pytest

from audiosocket_agent.errand_words import CANCELS, MOVES, TO_WHEN, errands

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
