"""The simulated model, turn by turn, against the agent's own tools and prompts."""

import json

import pytest

from audiosocket_agent.simulators.chat_brain import (
    BOOKING,
    GOODBYE,
    TO_PERSON,
    Answer,
    answer,
    ways_of,
)
from audiosocket_agent.simulators.chat_words import outward_code, phone_number, words_of

DETAILS = {
    "service": {
        "type": "string",
        "enum": ["blocked_drain", "leaking_tap"],
        "description": "What the caller needs. blocked_drain: blocked drain, my drain is blocked; "
        "leaking_tap: leaking tap, dripping tap",
    },
    "area": {
        "type": "string",
        "enum": ["truro", "falmouth"],
        "description": "The town. truro: truro, TR1, TR2; falmouth: falmouth, TR11",
    },
    "wanted": {"type": "string", "enum": ["yes", "no"], "description": "Book? yes: yes; no: no"},
    "day": {
        "type": "string",
        "enum": ["monday", "tuesday", "tomorrow"],
        "description": "The day. monday: monday, on monday; tuesday: tuesday; tomorrow: tomorrow",
    },
    "part": {
        "type": "string",
        "enum": ["morning", "afternoon"],
        "description": "Part. morning: morning, in the morning; afternoon: afternoon",
    },
    "callback": {"type": "string", "enum": ["yes", "no"], "description": "Caller's number?"},
    "phone": {"type": "string", "description": "Another number, digits."},
}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "record_details",
            "parameters": {"type": "object", "properties": DETAILS},
        },
    },
    *(
        {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
        for name in ("create_booking", "transfer_to_person", "end_call")
    ),
]


def stands(step, needed=(), known=None, ask="What do you need?", **recorded):
    state = {"step": step, "known": known or {}, "needed": list(needed), "ask": ask, **recorded}
    return {"role": "system", "content": f"Today is Monday. It stands at {json.dumps(state)}"}


def heard(said, step, needed=(), known=None, tools=TOOLS):
    rules = {"role": "system", "content": "You are an agent {really}."}
    user = {"role": "user", "content": said}
    return answer([rules, stands(step, needed, known), user], tools)


def returned(step, result):
    call = {"role": "assistant", "content": None, "tool_calls": []}
    tool = {"role": "tool", "tool_call_id": "c", "content": json.dumps(result)}
    return answer([stands(step), {"role": "user", "content": "x"}, call, tool], TOOLS)


def recorded(found):
    assert found.text == ""
    ((name, arguments),) = found.tool_calls
    assert name == "record_details"
    return arguments


ALL = ("service", "area", "wanted", "day", "part", "callback")


@pytest.mark.parametrize(
    ("said", "step", "needed", "details"),
    [
        ("My drain is blocked!", "understand", ALL, {"service": "blocked_drain"}),
        ("It's in Truro.", "qualify", ALL[1:], {"area": "truro"}),
        ("my postcode is T R one, four B T", "qualify", ALL[1:], {"area": "truro"}),
        ("TR11 3AB", "qualify", ALL[1:], {"area": "falmouth"}),
        ("Yes please.", "quote", ALL[2:], {"wanted": "yes"}),
        ("no thank you", "quote", ALL[2:], {"wanted": "no"}),
        ("Tuesday morning would suit", "quote", ALL[2:],
         {"day": "tuesday", "part": "morning", "wanted": "yes"}),
        ("on Tuesday", "collect", ALL[3:], {"day": "tuesday"}),
        ("Yes, Tuesday", "collect", ALL[3:], {"day": "tuesday"}),
        ("in the afternoon", "collect", ALL[4:], {"part": "afternoon"}),
        ("yeah", "collect", ALL[5:], {"callback": "yes"}),
        ("No", "collect", ALL[5:], {"callback": "no"}),
        ("oh one six three two, nine six oh, one two three", "collect", ("phone",),
         {"phone": "01632960123"}),
        ("No, it's 01632 960 123.", "collect", ALL[5:], {"phone": "01632960123"}),
        ("no, make it Monday", "book", (), {"day": "monday"}),
        ("not Tuesday, Monday", "collect", ALL[3:], {"day": "monday"}),
        ("Good morning, a dripping tap in Falmouth on Tuesday afternoon", "greet", ALL,
         {"service": "leaking_tap", "area": "falmouth", "day": "tuesday", "part": "afternoon"}),
    ],
)  # fmt: skip
def test_words_become_details(said, step, needed, details):
    assert recorded(heard(said, step, needed, {"day": "tuesday", "part": "morning"})) == details


RECORDED = [
    ("a leaking tap in Truro", "quote", ALL[2:], {"service": "leaking_tap", "area": "truro"},
     ["It costs 75 pounds."]),
    ("a leaking tap in Truro on Tuesday", "quote", ALL[2:],
     {"service": "leaking_tap", "area": "truro", "day": "tuesday"}, ["It costs 75 pounds."]),
    ("yes please", "collect", ALL[3:], {"wanted": "yes"}, []),
    ("yes, Tuesday morning", "collect", ALL[5:],
     {"wanted": "yes", "day": "tuesday", "part": "morning"}, []),
    ("Yes, Tuesday morning", "collect", ALL[5:], {"day": "tuesday", "part": "morning"}, []),
    ("yes", "book", (), {"callback": "yes"}, ["So that's a tap on Tuesday."]),
    ("01632 960123", "book", (), {"phone": "01632960123"}, ["So that's a tap on Tuesday."]),
    ("good morning, a leaking tap", "qualify", ALL[1:], {"service": "leaking_tap"}, []),
]  # fmt: skip


def told(said, step, needed, values, tell, known=None):
    known = {**values, **(known or {})}
    system = stands(step, needed, known, "And then?", recorded=values, tell=tell)
    return answer([system, {"role": "user", "content": said}], TOOLS)


@pytest.mark.parametrize(("said", "step", "needed", "values", "tell"), RECORDED)
def test_what_is_written_down_already_is_only_told_and_asked_on(said, step, needed, values, tell):
    found = told(said, step, needed, values, tell)
    assert found == Answer(" ".join([*tell, "And then?"]))


def test_what_is_not_written_down_yet_is_recorded_with_the_rest():
    found = told("sure, Tuesday morning", "quote", ALL[2:], {"part": "morning"}, [])
    assert recorded(found) == {"wanted": "yes", "day": "tuesday", "part": "morning"}


def test_what_was_written_down_wrongly_is_recorded_rightly():
    found = told("not Truro, Falmouth", "quote", ALL[2:], {"area": "truro"}, ["It costs 75."])
    assert recorded(found) == {"area": "falmouth"}


@pytest.mark.parametrize("said", ["yes", "hello?", "what?", "no", "mm"])
@pytest.mark.parametrize("step", ["quote", "book"])
def test_nothing_is_agreed_to_before_it_was_told(said, step):
    found = told(said, step, ALL[2:] if step == "quote" else (), {}, ["It costs 75."])
    assert found == Answer("It costs 75. And then?")


def test_a_person_is_fetched_whatever_is_written_down():
    found = told(
        "a real person, for my leaking tap", "qualify", ALL, {"service": "leaking_tap"}, []
    )
    assert found.tool_calls[0][0] == "transfer_to_person"


def test_a_yes_to_the_read_back_books():
    known = {"day": "tuesday"}
    assert heard("yes that's right", "book", (), known).tool_calls == (("create_booking", {}),)
    assert heard("yes, Tuesday", "book", (), known).tool_calls == (("create_booking", {}),)


def test_a_no_to_the_read_back_asks_what_to_change():
    found = heard("no that's wrong", "book")
    assert "change" in found.text and not found.tool_calls


def test_a_person_is_fetched_from_every_step():
    for step in ("greet", "understand", "quote", "collect", "book", "close"):
        found = heard("can I speak to a real person please", step, ALL)
        assert found.text == TO_PERSON
        assert [name for name, _ in found.tool_calls] == ["transfer_to_person"]


def choice(name, **ways):
    """A tool's parameter with a list of values, each with a way to say it."""
    said = "; ".join(f"{value}: {way}" for value, way in ways.items())
    return {
        "type": "object",
        "properties": {name: {"enum": list(ways), "description": f"W. {said}"}},
    }


def offering(name, parameters):
    return [
        *(tool for tool in TOOLS if tool["function"]["name"] != name),
        {"type": "function", "function": {"name": name, "parameters": parameters}},
    ]


def test_a_place_that_is_asked_for_is_named_to_the_tool():
    tools = offering("transfer_to_person", choice("place", accounts="accounts, the office"))
    for said in ("Accounts, please.", "can you put me through to the office", "the office"):
        (call,) = heard(said, "understand", ALL, tools=tools).tool_calls
        assert call == ("transfer_to_person", {"reason": "asked", "place": "accounts"})
    (call,) = heard("a person please", "understand", ALL, tools=tools).tool_calls
    assert call == ("transfer_to_person", {"reason": "asked"})
    other = heard("there is a leaking tap in the office", "understand", ALL, tools=tools)
    assert other.tool_calls[0][0] == "record_details"


def test_a_secret_that_is_named_is_left_to_the_keys():
    tools = offering("collect_secret", choice("name", customer="your customer number"))
    found = heard("I have my customer number here", "understand", ALL, tools=tools)
    assert found == Answer("", (("collect_secret", {"name": "customer"}),))
    assert not heard("I have my customer number here", "understand", ALL).tool_calls


@pytest.mark.parametrize(
    "said", ["purple elephants", "?!", "", "{" * 4000, "\x00\ud800 \U0001f600"]
)
def test_what_is_not_understood_is_asked_again(said):
    found = heard(said, "understand", ALL)
    assert found.text.endswith("What do you need?") and not found.tool_calls


def test_a_yes_where_nothing_was_asked_is_not_understood():
    assert not heard("yes", "understand", ALL).tool_calls


def test_results_are_spoken_with_the_question():
    result = {"recorded": {"area": "truro"}, "step": "quote", "facts": ["It costs 75 pounds."],
              "ask": "Would you like to book it?"}  # fmt: skip
    assert returned("qualify", result) == Answer("It costs 75 pounds. Would you like to book it?")


def test_a_booking_ends_with_the_reference_and_goodbye():
    found = returned("book", {"booked": True, "facts": ["Your reference is A 1."], "ask": ""})
    assert found == Answer(f"Your reference is A 1. {GOODBYE}", (("end_call", {}),))


def test_a_caller_who_declines_is_told_goodbye():
    result = {"recorded": {"wanted": "no"}, "step": "close", "facts": ["No problem."], "ask": ""}
    found = returned("quote", result)
    assert found == Answer(f"No problem. {GOODBYE}", (("end_call", {}),))


def test_a_refused_value_is_asked_for_again():
    result = {"recorded": {}, "refused": {"day": "not one"}, "step": "collect", "facts": [],
              "ask": "Which day suits you?"}  # fmt: skip
    found = returned("collect", result)
    assert found.text.endswith("Which day suits you?") and not found.tool_calls


@pytest.mark.parametrize("result", [[], 3, None, "x", {"error": "no"}, {"facts": 3, "recorded": 1}])
def test_an_odd_result_still_leaves_a_question(result):
    found = returned("collect", result)
    assert found.text and not found.tool_calls


def test_an_end_that_is_not_taken_asks_whether_there_is_more():
    assert "anything else" in returned("collect", {"ended": False, "why": "x"}).text


@pytest.mark.parametrize("said", ["Goodbye!", "thanks", "thank you very much", "that's all, bye"])
def test_farewells_end_the_call(said):
    found = heard(said, "collect", ALL[3:])
    assert found == Answer(GOODBYE, (("end_call", {}),))


def test_only_tools_that_are_offered_are_called():
    assert heard("a leaking tap", "understand", ALL, tools=[]) == heard("x", "understand", tools=[])
    assert heard("person", "understand", ALL, tools=[]) == Answer(TO_PERSON)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{}],
        [{"role": "user"}],
        [{"role": "user", "content": [{"type": "text", "text": "a leaking tap"}, 3]}],
        [{"role": "tool", "content": "{"}],
        [{"role": "system", "content": "{" * 3000 + '"step"'}, {"role": "user", "content": "hi"}],
        [{"role": "system", "content": '{"step": 3, "known": [], "needed": 5, "ask": null}'}],
    ],
)
@pytest.mark.parametrize("tools", [[], [3, {}, {"function": {"name": "record_details"}}]])
def test_any_conversation_gets_an_answer(messages, tools):
    assert answer(messages, tools).text


def test_ways_are_read_from_the_description():
    described = "What. a_b: one, two; c: three."
    assert ways_of(["a_b", "c", "d"], described) == {
        "a_b": ["a_b", " one", " two"], "c": ["c", " three."], "d": ["d"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("double oh four four one six three two nine six oh one two three", "01632960123"),
        ("+44 1632 960123", "01632960123"),
        ("01632-960-123", "01632960123"),
        ("oh sixteen thirty two nine six oh one two three", "01632960123"),
        ("one two three", ""),
        ("9" * 40, ""),
    ],
)
def test_phone_numbers(said, number):
    assert phone_number(words_of(said)) == number


@pytest.mark.parametrize(
    ("said", "outward"),
    [("M one four B T", "m1"), ("t r fourteen", "tr14"), ("TR1", "tr1"), ("i need a tap", "")],
)
def test_postcodes(said, outward):
    assert outward_code(words_of(said)) == outward


# One booking call: what the caller says, the step it is said in, and the result of the tool.
CALL = [
    ("I've got a leaking tap in Truro", "understand", ALL,
     ("record_details", {"service": "leaking_tap", "area": "truro"}),
     {"recorded": {}, "step": "quote", "facts": ["It costs 75 pounds."], "ask": "Book it?"},
     "It costs 75 pounds. Book it?"),
    ("Go ahead.", "quote", ALL[2:], ("record_details", {"wanted": "yes"}),
     {"recorded": {"wanted": "yes"}, "step": "collect", "facts": [], "ask": "Which day?"},
     "Which day?"),
    ("Tomorrow, in the morning", "collect", ALL[3:],
     ("record_details", {"day": "tomorrow", "part": "morning"}),
     {"recorded": {}, "step": "collect", "facts": [], "ask": "Is 960 123 your number?"},
     "Is 960 123 your number?"),
    ("Yep", "collect", ALL[5:], ("record_details", {"callback": "yes"}),
     {"recorded": {}, "step": "book", "facts": ["So that's a tap tomorrow morning."],
      "ask": "Is that right?"},
     "So that's a tap tomorrow morning. Is that right?"),
    ("No, the afternoon", "book", (), ("record_details", {"part": "afternoon"}),
     {"recorded": {}, "step": "book", "facts": ["So that's a tap tomorrow afternoon."],
      "ask": "Is that right?"},
     "So that's a tap tomorrow afternoon. Is that right?"),
    ("Yes.", "book", (), ("create_booking", {}),
     {"booked": True, "reference": "A1", "step": "close", "facts": ["That's booked."], "ask": ""},
     f"That's booked. {GOODBYE}"),
]  # fmt: skip


def test_a_whole_call_ends_with_a_booking():
    history, known = [], {}
    for said, step, needed, call, result, spoken in CALL:
        asked = [*history, stands(step, needed, known), {"role": "user", "content": said}]
        found = answer(asked, TOOLS)
        # The caller hears something while the booking is made.
        text = BOOKING if call[0] == "create_booking" else ""
        assert (found.text, found.tool_calls) == (text, (call,))
        known |= call[1]
        calling = {"role": "assistant", "content": "", "tool_calls": [{"id": "c"}]}
        tool = {"role": "tool", "tool_call_id": "c", "content": json.dumps(result)}
        found = answer([*asked, calling, tool], TOOLS)
        assert found.text == spoken
        history += [{"role": "user", "content": said}, {"role": "assistant", "content": spoken}]
    assert found.tool_calls == (("end_call", {}),)


def test_a_booking_is_cancelled_by_its_reference_once_the_caller_has_agreed():
    tools = [{"function": {"name": "cancel_booking", "parameters": {}}}, *TOOLS]
    talk = [stands("understand", ("service",)), {"role": "user", "content": "cancel my booking"}]
    assert answer(talk, tools).text == "What is the reference of your booking?"
    talk += [
        {"role": "assistant", "content": "What is the reference of your booking?"},
        {"role": "user", "content": "it's four eight two one nine three"},
    ]
    call = ("cancel_booking", {"reference": "482193"})
    assert answer(talk, tools).tool_calls == (call,)
    talk.append({"role": "assistant", "content": "I have your tap repair. Shall I cancel it?"})
    assert answer([*talk, {"role": "user", "content": "yes"}], tools).tool_calls == (call,)
    kept = answer([*talk, {"role": "user", "content": "no, leave it"}], tools)
    assert kept.tool_calls == () and "stays" in kept.text
    assert answer(talk[:2], TOOLS).text != "What is the reference of your booking?"
    done = [*talk, {"role": "assistant", "content": "Your booking is cancelled."}]
    other = answer([*done, {"role": "user", "content": "a leaking tap"}], tools)
    assert other.tool_calls != (call,)


ERRANDS = [{"function": {"name": f"{verb}_booking", "parameters": {}}}
           for verb in ("cancel", "change")] + TOOLS  # fmt: skip


@pytest.mark.parametrize("said", [
    "can you move my leaking tap in Falmouth to Wednesday", "could I reschedule please",
    "I have to cancel my leaking tap in Truro", "I want to cancel",
])  # fmt: skip
def test_who_cancels_or_moves_what_was_booked_is_sold_nothing(said):
    talk = [stands("understand", ("service",)), {"role": "user", "content": said}]
    assert answer(talk, ERRANDS) == Answer("What is the reference of your booking?")
    to_person = ("transfer_to_person", {"reason": "out_of_scope"})
    assert answer(talk, TOOLS).tool_calls == (to_person,), "no tool for it is offered"
    booking = [stands("confirm", known={"service": "leaking_tap"}, books=True), talk[1]]
    assert answer(booking, ERRANDS).text != "What is the reference of your booking?"


def test_a_reference_with_the_wish_is_taken_and_the_answer_to_the_question_begins_nothing_anew():
    talk = [stands("understand", ("service",)), {"role": "user", "content": "please cancel 657166"}]
    call = ("cancel_booking", {"reference": "657166"})
    assert answer(talk, ERRANDS).tool_calls == (call,)
    talk += [{"role": "assistant", "content": "I have your tap repair. Shall I cancel it?"},
             {"role": "user", "content": "yes, cancel it please"}]  # fmt: skip
    assert answer(talk, ERRANDS).tool_calls == (call,)


def test_things_that_are_moved_are_work():
    talk = [stands("understand", ("service",)),
            {"role": "user", "content": "can you move a leaking tap"}]  # fmt: skip
    assert answer(talk, ERRANDS).tool_calls == (("record_details", {"service": "leaking_tap"}),)


@pytest.mark.parametrize(("said", "reason"), [
    ("This is ridiculous, I am sick of this stupid machine", "angry"),
    ("I have a question about my invoice", "out_of_scope"),
    ("I want to change my booking", "out_of_scope"),
    ("cancel my booking", "out_of_scope"),  # no tool for it is offered
])  # fmt: skip
def test_who_is_angry_or_wants_something_else_gets_a_person(said, reason):
    found = answer([stands("understand", ("service",)), {"role": "user", "content": said}], TOOLS)
    assert found.tool_calls == (("transfer_to_person", {"reason": reason}),) and found.text


PRICED = [
    {"function": {"name": "find_price", "parameters": {"properties": {
        "service": DETAILS["service"]}}}},
    *TOOLS,
]  # fmt: skip


def test_who_bargains_is_told_the_list_price_and_asked_again():
    system = stands("quote", ALL[2:], {"service": "leaking_tap"}, "Book it?", asks="wanted")
    said = {"role": "user", "content": "that's too expensive, can you do it for fifty?"}
    found = answer([system, said], PRICED)
    assert found.tool_calls == (("find_price", {"service": "leaking_tap"}),)
    call = {"id": "c", "function": {"name": "find_price", "arguments": "{}"}}
    calling = {"role": "assistant", "content": "", "tool_calls": [call]}
    price = json.dumps({"facts": ["A leaking tap repair costs 75 pounds."]})
    result = {"role": "tool", "tool_call_id": "c", "content": price}
    told = answer([system, said, calling, result], PRICED)
    assert told == Answer("A leaking tap repair costs 75 pounds. Our prices are fixed. Book it?")


def test_who_says_no_to_the_price_is_not_told_it_again():
    system = stands("quote", ALL[2:], {"service": "leaking_tap"}, "Book it?", asks="wanted")
    found = answer([system, {"role": "user", "content": "no, that's too expensive"}], PRICED)
    assert recorded(found) == {"wanted": "no"}


def test_who_wants_something_done_is_not_called_so():
    named = offering("record_details", {"type": "object", "properties": {
        **DETAILS, "name": {"type": "string", "format": "name"}}})  # fmt: skip
    system = stands("welcome", ("name", "service"), {}, "Your name?", asks="name")
    wish = {"role": "user", "content": "I'd like a leaking tap mended"}
    assert recorded(answer([system, wish], named)) == {"service": "leaking_tap"}
    name = {"role": "user", "content": "Jane Smith"}
    assert recorded(answer([system, name], named)) == {"name": "Jane Smith"}


def test_a_reference_that_is_not_found_is_told_and_asked_for_again():
    tools = [{"function": {"name": "cancel_booking", "parameters": {}}}, *TOOLS]
    talk = [stands("understand", ("service",)), {"role": "user", "content": "cancel my booking"},
            {"role": "user", "content": "1 2 3 4 5 6"}]  # fmt: skip
    error = {"error": "no booking has that reference and telephone number; ask for both again"}
    calling = {"role": "assistant", "content": "", "tool_calls": [
        {"id": "c", "function": {"name": "cancel_booking", "arguments": "{}"}}]}  # fmt: skip
    result = {"role": "tool", "tool_call_id": "c", "content": json.dumps(error)}
    told = answer([*talk, calling, result], tools).text
    assert "can't find" in told
    talk.append({"role": "assistant", "content": told})
    assert answer([*talk, {"role": "user", "content": "yes"}], tools).tool_calls == ()
    right = answer([*talk, {"role": "user", "content": "it's 5 5 5 5 5 5"}], tools)
    assert right.tool_calls == (("cancel_booking", {"reference": "555555"}),)
    person = answer([*talk, {"role": "user", "content": "put me through to a person"}], tools)
    assert person.tool_calls == (("transfer_to_person", {"reason": "asked"}),)
    talk += [{"role": "user", "content": "555555"}, {"role": "assistant", "content": told}]
    given_up = answer([*talk, {"role": "user", "content": "666666"}], tools)
    assert given_up.tool_calls == (("transfer_to_person", {"reason": "out_of_scope"}),)


def test_another_job_with_a_no_is_no_refusal():
    known = {"service": "tap", "area": "truro"}
    asked = stands("quote", ("wanted", "day"), known)
    found = answer([asked, {"role": "user", "content": "actually no, the blocked drain"}], TOOLS)
    assert found.tool_calls == (("record_details", {"service": "blocked_drain"}),)
