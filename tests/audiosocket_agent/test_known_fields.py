"""Which fields a part of a file may have, and which one a misspelt name means."""

import pytest
from pydantic import ValidationError

from ari_app.simulate.scenario import Scenario
from audiosocket_agent.company import Company
from audiosocket_agent.complaints import complaints
from audiosocket_agent.known_fields import names_at, nearest


@pytest.mark.parametrize(
    ("where", "has"),
    [
        ((), "dids"),
        (("services", 0), "price_pounds"),
        (("calendar", "booking_api"), "required"),
        (("people", "places", "office"), "extension"),
        (("workflow", "steps", "greet"), "timeout_s"),
        (("voice", "offline"), "speed"),
    ],
)
def test_the_fields_of_a_part_are_known(where, has):
    assert has in names_at(Company, where)


@pytest.mark.parametrize("where", [("key",), ("nothing",), ("services", 0, "phrases", 1)])
def test_what_has_no_fields_has_none(where):
    assert names_at(Company, where) == ()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("greating", "greeting"), ("Max-Misses", "max_misses"), ("price", "price_pounds"),
        ("time_out", "timeout_s"), ("colour", None), ("s", None), ("", None),
    ],
)  # fmt: skip
def test_the_nearest_name_is_found(name, meant):
    known = ["greeting", "max_misses", "price_pounds", "timeout_s", "max_call_s"]
    assert nearest(name, known) == meant


def test_two_kinds_of_choices_are_told_as_one():
    with pytest.raises(ValidationError) as caught:
        Scenario.model_validate({"about": "x", "persona": {}, "expect": {"outcome": "quueue"}})
    assert [str(it) for it in complaints(caught.value, Scenario)] == [
        "expect.outcome: 'quueue' is none of these: 'hangup', 'queue', 'sorry', 'voicemail', "
        "'extension' or 'outside' or 'caller_hung_up'; did you mean queue?"
    ]
