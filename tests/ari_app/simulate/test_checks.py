import pytest

from ari_app.simulate.checks import failures
from ari_app.simulate.record import AGENT, CALLER, CallRecord
from ari_app.simulate.scenario import Expected
from ari_app.simulate.scenario_file import COMPANIES
from audiosocket_agent.company import load_company

HARBOUR = load_company(COMPANIES / "harbour.yaml")
MADE = {"reference": "123456", "service": "leaking_tap", "day": "2026-11-24", "phone": "01632"}


def record(**fields):
    said = [(AGENT, "It costs 75 pounds. Your reference is 1, 2, 3, 4, 5, 6."), (CALLER, "yes")]
    given = {"said": said, "outcome": "hangup", "bookings": [MADE], "steps": ["greet", "close"]}
    return CallRecord(**given | fields)


def wrong(record, **expect):
    return failures(record, Expected.model_validate(expect), HARBOUR)


def test_a_call_as_expected_has_no_failure():
    assert not wrong(
        record(slots={"day": "tuesday"}),
        outcome="hangup",
        bookings=1,
        booking={"service": "leaking_tap", "day": "tuesday"},
        slots={"day": "Tuesday"},
        steps=["greet", "close"],
        steps_never=["book"],
        says=["75 POUNDS"],
        says_never=["76 pounds"],
        most_turns=1,
        wanted=[],
    )


def test_what_a_model_calls_is_looked_at_and_rules_call_nothing():
    tools = [("find_price", '{"service": "leaking_tap"}'), ("create_booking", "")]
    asked = {"tools": ["find_price", "create_booking"], "tools_never": ["end_call"],
             "given": {"find_price": {"service": "leaking_tap"}}}  # fmt: skip
    assert not wrong(record(tools=tools), **asked)
    assert not wrong(record(tools=None), **asked)
    assert "in this order" in wrong(record(tools=tools[::-1]), **asked)[0]
    assert len(wrong(record(tools=[]), **asked)) == 2
    assert wrong(record(tools=[*tools, ("end_call", "{}")]), **asked) == [
        "tools_never: end_call was called"
    ]


def test_what_became_of_an_earlier_booking_is_looked_at():
    kept = {"kept": {"4821": {"day": "tuesday", "status": "booked"}}}
    row = {"day": "2026-11-24", "status": "booked"}
    assert not wrong(record(kept={"4821": row}), **kept)
    assert "status is cancelled" in wrong(record(kept={"4821": row | {"status": "cancelled"}}),
                                          **kept)[0]  # fmt: skip
    assert len(wrong(record(), **kept)) == 2


@pytest.mark.parametrize(
    ("fields", "expect", "what"),
    [
        ({"outcome": ""}, {}, "did not end"),
        ({"error": "broke"}, {}, "broke"),
        ({"bookings": [MADE, MADE]}, {}, "2 bookings were made"),
        ({"bookings": []}, {}, "a reference was said that no booking has"),
        ({"said": [(AGENT, "It costs 74 pounds.")]}, {}, "74.00"),
        ({"said": [(AGENT, "It costs 75 pounds 50.")]}, {}, "75.50"),
        ({"said": [(AGENT, "It costs £1.")]}, {}, "1.00"),
        ({"said": [(AGENT, "It costs seventy six pounds.")]}, {}, "76.00"),
        ({"said": [(AGENT, "A boiler service costs 75 pounds.")]}, {}, "of another service"),
        ({"bookings": [MADE | {"price_pounds": "1"}]}, {}, "not its service's: 1 pounds"),
        ({}, {"outcome": "queue"}, "outcome: hangup instead of queue"),
        ({}, {"bookings": 0}, "bookings: 1 instead of 0"),
        ({}, {"booking": {"day": "wednesday"}}, "day is 2026-11-24 instead of wednesday"),
        ({}, {"booking": {"colour": "red"}}, "colour is missing"),
        ({}, {"slots": {"day": "friday"}}, "slots: day is missing"),
        ({}, {"steps": ["close", "greet"]}, "in this order"),
        ({}, {"steps_never": ["close"]}, "went through close"),
        ({}, {"says": ["hello"]}, "never said 'hello'"),
        ({}, {"says_never": ["reference"]}, "said 'reference'"),
        ({}, {"callbacks": 1}, "callbacks: 0"),
        ({}, {"callback_phone": "1"}, "callback_phone: none"),
        ({"wanted": ["asked"]}, {"wanted": []}, "wanted: asked instead of none"),
        ({"said": [(CALLER, "a"), (CALLER, "b")], "bookings": []}, {"most_turns": 1}, "2 turns"),
        ({"latencies_ms": [900, 1000, 1100]}, {"latency_ms": 800}, "1000 ms"),
    ],
)
def test_each_thing_that_is_wrong_is_told(fields, expect, what):
    assert what in " | ".join(wrong(record(**fields), **expect))
