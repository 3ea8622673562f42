import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiosocket_agent.workflow.templates import fill, places, sum_up

SUMMARY = ("{service}", "in {area}", "on {day} {part} / on {day} / in the {part}")


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("A {service} costs {price}.", ("service", "price")),
        ("{a} and {a}", ("a",)),
        ("nothing", ()),
        ("", ()),
    ],
)
def test_places_are_names_in_braces(template, found):
    assert places(template) == found


@pytest.mark.parametrize(
    "bad", ["{a.b}", "{a!r}", "{a:10}", "{A}", "{}", "{", "}", "{{a}}", "{a b}"]
)
def test_other_braces_are_refused(bad):
    with pytest.raises(ValueError, match="a place is a name in braces"):
        places(bad)


def test_what_is_filled_in_is_not_looked_at_again():
    assert fill("{a} {b}", {"a": "{b}", "b": "{a}"}) == "{b} {a}"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("Where is the {what}?", "Where is the?"),
        ("A {service} in {area} costs {price}.", "A tap in costs."),
        ("{area}, on {day}, at {time}.", ", on, at."),
        ("{area}", ""),
        ("It is  {service} {what}!", "It is tap!"),
    ],
)
def test_what_is_not_known_is_left_out_and_the_rest_is_said(template, said):
    assert fill(template, {"service": "tap"}) == said


@settings(deadline=None)
@given(st.text(), st.text())
def test_a_value_stays_as_it_is(value, other):
    assert fill("<{a}|{b}>", {"a": value, "b": other}) == f"<{value}|{other}>"


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({}, ""),
        ({"service": "boiler service"}, "boiler service"),
        ({"service": "tap", "area": "Truro", "day": "Tuesday", "part": "morning"},
         "tap in Truro on Tuesday morning"),
        ({"area": "Truro", "day": "Tuesday"}, "in Truro on Tuesday"),
        ({"part": "morning"}, "in the morning"),
    ],
)  # fmt: skip
def test_a_summary_says_what_is_known(known, said):
    assert sum_up(SUMMARY, known) == said
