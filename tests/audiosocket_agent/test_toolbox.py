"""The model's tools change the conversation by the workflow's table, and by nothing else."""

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiosocket_agent import toolbox, wording
from audiosocket_agent.company import load_companies
from audiosocket_agent.company_calls import People, Place, Secret
from audiosocket_agent.conversation import (
    Facts,
    Heard,
    Phase,
    SecretDone,
    Seek,
    Started,
    State,
    Why,
    advance,
)
from audiosocket_agent.seams import ToolCall
from audiosocket_agent.workflow import Outcome, Slot, Step
from tests.fake_asterisk import DID, SHIPPED

COMPANY = load_companies(SHIPPED)[DID]
FACTS = Facts(COMPANY, "01632960123", date(2026, 11, 21))  # a Saturday
WITH_MORE = COMPANY.model_copy(
    update={
        "people": People(
            places={
                "accounts": Place(
                    name="the accounts department",
                    phrases=("accounts", "the office"),
                    extension="201",
                )
            }
        ),
        "secrets": {"customer": Secret(name="your customer number", url="http://127.0.0.1:1/")},
    }
)
STARTED = advance(State(), Started(open_question=True), FACTS)[0]
ALL = {"service": "leaking_tap", "area": "truro"}


def call(name, arguments=None):
    return ToolCall("1", name, arguments if isinstance(arguments, str) else json.dumps(arguments))


def work(state, name, arguments=None, *, begun_in=None, said=""):
    return toolbox.work(call(name, arguments), state, begun_in or state.step, said, FACTS)


def tools_of(facts):
    return {tool.name: tool for tool in toolbox.tools(facts)}


def record(state, **details):
    return work(state, toolbox.RECORD, details)


def ready_to_book():
    """The state in which everything was read back."""
    state = record(STARTED, **ALL).state
    state = record(state, wanted="yes").state
    return record(state, day="tuesday", part="morning", callback="yes").state


def test_details_given_at_once_lead_to_the_price_in_the_list():
    done = record(STARTED, service="leaking_tap", area="truro")
    assert done.state.step is Step.QUOTE and done.state.asked is Slot.WANTED
    assert done.answer["recorded"] == {"service": "leaking_tap", "area": "truro"}
    assert done.answer["facts"] == ["A leaking tap repair in Truro costs 75 pounds."]
    assert done.answer["ask"] == "Would you like to book it?"
    assert "yes" in done.next.listen.phrases  # the offline ear can take over here


@pytest.mark.parametrize(
    ("name", "given", "recorded"),
    [
        ("service", "leaking_tap", "leaking_tap"),
        ("service", "my tap is leaking", "leaking_tap"),
        ("service", "A leaking tap.", "leaking_tap"),
        ("area", "Truro", "truro"),
        ("area", "TR11 3AB", "falmouth"),
        ("area", "it is t r 1 2 a b", "truro"),
        ("day", "on Tuesday", "2026-11-24"),
        ("phone", "07700 900123", "07700900123"),
    ],
)
def test_values_are_taken_by_key_and_in_words(name, given, recorded):
    assert record(STARTED, **{name: given}).answer["recorded"] == {name: recorded}


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("service", "roof repair"), ("service", None), ("service", {"a": 1}), ("area", "London"),
        ("area", "TR99 9ZZ"), ("day", "someday"), ("phone", "12"), ("price", "1"),
        ("agreed", "yes"), ("service", "x" * 10_000), ("wanted", "yes"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_by_name_and_changes_nothing(name, given):
    done = record(STARTED, **{name: given})
    assert list(done.answer["refused"]) == [name] and done.answer["recorded"] == {}
    assert done.state.slots == {} and done.state.asked is Slot.SERVICE


@pytest.mark.parametrize("arguments", ["", "{}", "null", "[1]", "not json", '{"service":', "1"])
def test_arguments_of_any_shape_are_survived(arguments):
    done = work(STARTED, toolbox.RECORD, arguments)
    assert done.state.slots == {}
    assert "error" in done.answer or done.answer["recorded"] == {}


def test_another_job_is_quoted_again_before_it_can_be_wanted():
    state = record(record(STARTED, **ALL).state, wanted="yes").state
    done = record(state, service="boiler_service")
    assert done.state.step is Step.QUOTE and Slot.WANTED not in done.state.slots
    assert done.answer["facts"] == ["A boiler service in Truro costs 89 pounds."]


def test_another_day_is_read_back_again():
    done = record(ready_to_book(), day="friday")
    assert done.state.step is Step.BOOK
    assert "Friday the 27th of November" in done.answer["facts"][0]


def test_another_number_needs_no_further_question():
    done = record(ready_to_book(), phone="07700900999")
    assert done.state.slots[Slot.PHONE] == "07700900999" and done.state.step is Step.BOOK


def test_not_this_number_asks_for_one():
    state = record(record(STARTED, **ALL).state, wanted="yes").state
    done = record(state, day="tuesday", part="morning", callback="no")
    assert done.state.asked is Slot.PHONE and Slot.PHONE not in done.state.slots


def test_no_thanks_leads_to_goodbye_and_books_nothing():
    done = record(record(STARTED, **ALL).state, wanted="no")
    assert done.state.step is Step.CLOSE and done.answer["facts"] == [wording.DECLINED]
    assert work(done.state, toolbox.BOOK).book is None


def test_a_booking_needs_a_turn_after_the_read_back():
    state = ready_to_book()
    too_early = work(state, toolbox.BOOK, begun_in=Step.COLLECT)
    assert too_early.book is None and too_early.answer["booked"] is False
    assert too_early.answer["facts"] == [wording.read_back(COMPANY, state.slots, FACTS.today)]
    in_time = work(state, toolbox.BOOK)
    assert (in_time.book.service, in_time.book.price_pounds) == ("leaking_tap", "75")
    assert in_time.state.phase is Phase.BOOKING


@pytest.mark.parametrize("details", [{}, ALL, {"service": "leaking_tap"}])
def test_a_booking_without_its_details_is_not_made(details):
    done = work(record(STARTED, **details).state, toolbox.BOOK)
    assert done.book is None and done.answer["booked"] is False and done.answer["ask"]


def test_a_person_is_always_to_be_had():
    done = work(STARTED, toolbox.TRANSFER, {"reason": "asked"})
    assert done.leads.seek == done.state.seek == Seek(Why.ASKED)
    assert done.leads.say == (wording.TO_PERSON,) and done.state.phase is Phase.SEEKING
    angry = work(STARTED, toolbox.TRANSFER, {"reason": "angry", "place": "accounts"})
    assert angry.leads.seek == Seek(Why.ANGRY)  # the company has no such place
    for odd in ({}, {"reason": 7, "place": ["x"]}, "[", {"reason": "booking"}):
        assert work(STARTED, toolbox.TRANSFER, odd).leads.seek == Seek(Why.MODEL)


def test_a_person_is_to_be_had_in_every_place_the_company_names():
    facts = replace(FACTS, company=WITH_MORE)
    place = tools_of(facts)[toolbox.TRANSFER].parameters["properties"]["place"]
    assert (
        place["enum"] == ["accounts"] and "accounts: accounts, the office" in place["description"]
    )
    assert "place" not in tools_of(FACTS)[toolbox.TRANSFER].parameters["properties"]
    asked = call(toolbox.TRANSFER, {"reason": "asked", "place": "accounts"})
    done = toolbox.work(asked, STARTED, STARTED.step, "", facts)
    assert done.leads.seek == Seek(Why.ASKED, "accounts")
    assert done.leads.say == (wording.to_place("the accounts department"),)


def test_digits_that_nobody_may_see_are_asked_for_by_the_system():
    facts = replace(FACTS, company=WITH_MORE)
    assert toolbox.SECRET not in tools_of(FACTS) and "error" in work(STARTED, toolbox.SECRET).answer
    tool = tools_of(facts)[toolbox.SECRET]
    assert tool.parameters["properties"]["name"]["enum"] == ["customer"]
    state = record(STARTED, service="leaking_tap").state
    done = toolbox.work(call(toolbox.SECRET, {"name": "customer"}), state, state.step, "", facts)
    assert (done.leads.secret, done.insists) == ("customer", True)
    assert done.leads.say == ("Please key in your customer number, then press hash.",)
    assert done.state.phase is Phase.KEYING
    odd = toolbox.work(call(toolbox.SECRET, {"name": "pin"}), state, state.step, "", facts)
    assert odd.leads is None and "error" in odd.answer and odd.state is state
    after, reply = advance(done.state, SecretDone("customer", ok=True), facts)
    assert reply.asks is Slot.AREA and after.collected == ("customer",)
    again, reply = advance(done.state, SecretDone("customer", ok=False), facts)
    assert reply.secret == "customer" and reply.say[0] == wording.SECRET_AGAIN
    assert advance(again, SecretDone("customer", ok=False), facts)[1].seek == Seek(Why.MISSES)
    assert advance(again, Heard("a person please"), facts)[1].seek == Seek(Why.ASKED)
    assert advance(again, Heard("one two three"), facts)[0] == again


def test_a_model_may_not_hang_up_on_a_caller_in_mid_business():
    first = work(STARTED, toolbox.END, said="how much is it")
    assert first.leads is None and first.answer["ended"] is False
    assert work(first.state, toolbox.END, said="how much is it").leads.end is Outcome.HANGUP
    assert work(STARTED, toolbox.END, said="OK, bye!").leads.end is Outcome.HANGUP
    assert work(toolbox.booked(STARTED, "1", FACTS).state, toolbox.END).leads.end is Outcome.HANGUP


def test_an_unknown_tool_is_an_answer_not_an_error():
    assert "error" in work(STARTED, "format_disk").answer


def test_the_tools_are_the_same_all_through_the_call_and_name_every_value():
    tools = {tool.name: tool for tool in toolbox.tools(FACTS)}
    area = tools[toolbox.RECORD].parameters["properties"]["area"]
    assert area["enum"] == ["truro", "falmouth", "redruth"]
    assert "falmouth: falmouth, TR11" in area["description"]
    json.dumps([tool.parameters for tool in tools.values()])


def test_once_booked_nothing_is_changed_any_more():
    booking = work(ready_to_book(), toolbox.BOOK)
    closing = toolbox.booked(booking.state, "1", FACTS).state
    done = record(closing, day="friday", service="boiler_service")
    assert done.state is closing and done.answer["recorded"] == {}
    assert set(done.answer["refused"]) == {"day", "service"} and not done.facts


def test_after_a_decline_another_wish_is_quoted_and_none_ends_nothing():
    declined = record(record(STARTED, **ALL).state, wanted="no").state
    idle = work(declined, toolbox.RECORD, {})
    assert idle.state is declined and idle.state.phase is Phase.ASKING
    again = record(declined, service="boiler_service")
    assert (again.state.step, again.state.asked) == (Step.QUOTE, Slot.WANTED)
    assert again.answer["facts"] == ["A boiler service in Truro costs 89 pounds."]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=2)
    ),
    max_leaves=4,  # nothing in it is looked at further than that it is no text
)
NAMES = st.sampled_from(
    [toolbox.RECORD, toolbox.RECORD, toolbox.RECORD, toolbox.BOOK, toolbox.END, "x"]
)
VALUES = {
    "service": "leaking_tap", "area": "truro", "wanted": "yes", "day": "friday",
    "part": "morning", "callback": "no", "phone": "07700900123",
}  # fmt: skip
DETAILS = st.dictionaries(
    st.sampled_from([*VALUES, "nonsense"]), JSON | st.sampled_from(list(VALUES.values()))
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(NAMES, DETAILS | st.just(VALUES)), max_size=12))
def test_no_sequence_of_tool_calls_books_what_was_not_read_back(calls):
    state = STARTED
    for name, arguments in calls:
        begun_in = state.step
        done = work(state, name, arguments)
        if done.book is not None:
            assert begun_in is Step.BOOK
            assert done.book.price_pounds in {str(s.price_pounds) for s in COMPANY.services}
            assert set(state.slots) >= {Slot.SERVICE, Slot.AREA, Slot.DAY, Slot.PART, Slot.PHONE}
            return
        state = done.state
        if state.phase is Phase.ENDED:
            return
