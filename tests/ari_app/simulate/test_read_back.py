import random

import pytest

from ari_app.simulate.persona import Persona, Say
from ari_app.simulate.read_back import wrong_in
from ari_app.simulate.scenario import PersonaSpec

SALON = "So Henry Green, that's a beard trim with Tom, on Saturday, at {}. Is that right?"
PLUMBER = (
    "So that's a leaking tap repair in Truro, on Tuesday the 24th of November, in the morning, "
    "and we reach you on {}. Is that right?"
)
AT_HOME = "So that's a leaking tap repair at {}, on Tuesday the 24th of November. Is that right?"
TO_MAIL = "So that's a leaking tap repair on Tuesday, and we write to {}. Is that right?"


@pytest.mark.parametrize(
    ("fact", "mine", "template", "right", "wrong"),
    [
        ("time", "quarter past nine", SALON, "quarter past 9 in the morning",
         "9 o'clock in the morning"),
        ("time", "two", SALON, "2 o'clock in the afternoon", "half past 2 in the afternoon"),
        ("time", "10:40", SALON, "10:40 in the morning", "10:20 in the morning"),
        ("phone", "01632 960123", PLUMBER, "0 1 6 3 2, 9 6 0, 1 2 3", "0 1 6 3 2, 9 6 0, 1 2 4"),
        ("phone", "oh one six three two nine six oh one two three", PLUMBER,
         "0 1 6 3 2, 9 6 0 1 2 3", "0 1 6 3 2, 9 6 0 1 2"),
        ("postcode", "TR1 2AB", AT_HOME, "T R 1, 2 A B", "T R 1, 2 A P"),
        ("email", "jane.smith@example.com", TO_MAIL, "jane dot smith at example dot com",
         "jane dot smyth at example dot com"),
        ("name", "Jane Smith", SALON.replace("Henry Green", "{}"), "Jane Smith", "Wayne Smith"),
        ("name", "Jane Smith", SALON.replace("Henry Green", "{}"), "Jane Smith", "Henry Green"),
        ("registration", "AB12 CDE", PLUMBER, "A B 1 2, C D E", "A B 1 2, C D"),
    ],
)  # fmt: skip
def test_every_detail_that_is_read_back_is_checked(fact, mine, template, right, wrong):
    assert wrong_in(template.format(right, "9 o'clock"), {fact: mine}, {}) == ""
    assert wrong_in(template.format(wrong, "9 o'clock"), {fact: mine}, {}) == mine


def test_what_was_not_read_back_is_not_wrong():
    facts = {"time": "nine", "phone": "01632960123", "postcode": "TR1 2AB", "email": "a@b.co.uk"}
    told = "So that's a leaking tap repair in Truro, on Tuesday the 24th of November, for 75 pounds"
    assert wrong_in(told, facts, {}) == ""


def test_a_wrong_time_is_put_right_before_it_is_agreed_to():
    facts = {"service": "beard trim", "day": "Saturday", "time": "quarter past nine"}
    spec = PersonaSpec.model_validate({"facts": facts, "manner": "terse"})
    caller = Persona(spec, random.Random(1))
    assert caller.hear(SALON.format("9 o'clock in the morning")) == Say("No, quarter past nine")
    right = caller.hear(SALON.format("quarter past 9 in the morning"))
    assert right == Say("yes", slowly=True)
