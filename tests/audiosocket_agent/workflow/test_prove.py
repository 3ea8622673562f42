import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiosocket_agent.company_yaml import read_yaml
from audiosocket_agent.workflow import Slot, Step, Workflow, trade, trades
from audiosocket_agent.workflow.graph import Way, bounded, edges, endless, failure_step
from audiosocket_agent.workflow.load import TRADES, whole
from audiosocket_agent.workflow.prove import prove


def changed(base="home_services", **parts):
    """Return a shipped workflow with fields of slots and steps changed; None takes one out."""
    data = read_yaml((TRADES / f"{base}.yaml").read_text())
    for part, rules in parts.items():
        if not isinstance(rules, dict):
            data[part] = rules
            continue
        for name, fields in rules.items():
            if fields is None:
                del data[part][name]
            else:
                data[part][name] = {**data[part].get(name, {}), **fields}
    return Workflow.model_validate(whole(data))


def test_the_shipped_trades_are_proved():
    assert {name: prove(trade(name)) for name in trades()} == dict.fromkeys(trades(), ())


GATE = {"kind": "yes_no", "ask": ["Is it?"], "meaning": "Whether."}

WRONG = {
    "an unknown slot": (
        {"steps": {"collect": {"needs": ["daye", "part", "callback", "phone"]}}},
        "steps.collect.needs.0: there is no slot called daye; is day meant?",
    ),
    "an unknown step": (
        {"steps": {"greet": {"then": "undrestand"}}},
        "steps.greet.then: there is no step called undrestand; is understand meant?",
    ),
    "a way out to nowhere": (
        {"steps": {"quote": {"on_failure": "voicmail"}}},
        "steps.quote.on_failure: there is no step called voicmail; is voicemail meant?",
    ),
    "no goodbye": (
        {"steps": {"close": None, "confirm": {"then": None}, "quote": {"if_no": "confirm"}}},
        "steps: there is no step called close, in which the goodbye is said; "
        "add close: {goal: Say goodbye.}",
    ),
    "a step with a name that means something": (
        {"steps": {"person": {"goal": "Be one.", "then": "close"}}},
        "steps.person: no step may be called person; it has a meaning in on_failure",
    ),
    "a misspelt tool": (
        {"steps": {"book": {"tools": ["create_bookin"]}}},
        "steps.book.tools.0: there is no tool called create_bookin; is create_booking meant?",
    ),
    "a number offered for what is none": (
        {"slots": {"wanted": {"offers": "day"}}},
        "slots.wanted.offers: only a yes/no slot offers a number, for a slot of kind: phone",
    ),
    "a number offered and not asked": (
        {"steps": {"collect": {"needs": ["day", "part", "phone", "callback"]}}},
        "steps.collect.needs.3: callback offers a number for phone, which is not asked after it; "
        "write callback, phone",
    ),
    "a slot nobody asks": (
        {"slots": {"colour": {"kind": "text", "ask": ["Which?"], "meaning": "It."}}},
        "slots.colour: no step needs it; name it in a step's needs, or take it out",
    ),
    "a choice of nothing": (
        {
            "slots": {"floor": {"kind": "choice", "ask": ["Which?"], "meaning": "It."}},
            "steps": {"qualify": {"needs": ["area", "floor"]}},
        },
        "slots.floor: there is nothing to choose from; write of: services, of: areas, or options",
    ),
    "a step nobody comes to": (
        {"steps": {"attic": {"goal": "Wait.", "then": "close"}}},
        "steps.attic: no call ever comes here; lead to it by then, if_no or on_failure of another "
        "step",
    ),
    "a round by then": (
        {"steps": {"confirm": {"then": "collect"}, "quote": {"if_no": "close"}}},
        "steps.confirm: a call goes round here for ever: collect -> book -> confirm -> collect; "
        "one of these steps must lead on to another",
    ),
    "a step that follows itself": (
        {"steps": {"confirm": {"then": "confirm"}}},
        "steps.confirm: a call goes round here for ever: confirm -> confirm; "
        "one of these steps must lead on to another",
    ),
    "a round by failing": (
        {"steps": {"collect": {"on_failure": "understand"}}},
        "steps.collect: a call goes round here for ever: understand -> qualify -> quote -> "
        "collect -> understand; one of these steps must lead on to another",
    ),
    "a round by nobody being there": (
        {"steps": {"call_back": {
            "goal": "Offer.", "needs": ["ring_back", "callback", "phone"], "then": "close",
        }}},
        "steps.call_back: a call goes round here for ever: transfer -> call_back -> transfer; "
        "one of these steps must lead on to another",
    ),
    "a no to nothing": (
        {"steps": {"qualify": {"if_no": "close"}}},
        "steps.qualify.if_no: nothing here is answered by yes or no; "
        "name a slot of kind: yes_no in needs",
    ),
    "an end that is none": (
        {"steps": {"confirm": {"ends": "queue"}}},
        "steps.confirm.ends: the call does not end here, close follows; take out then, or ends",
    ),
    "an end that needs a number": (
        {"steps": {"close": {"ends": "extension"}}},
        "steps.close.ends: extension needs a number; use hangup, queue, voicemail",
    ),
    "a price before the service": (
        {"steps": {"greet": {"then": "quote"}, "quote": {"then": "understand"},
                   "qualify": {"then": "collect"}}},
        "quote: {service} is not known in quote; ask for service before",
    ),
    "a sentence with an unknown place": (
        {"quote": "A {servise} costs {price}."},
        "quote: there is no slot called servise; is service meant?",
    ),
    "a price that no step says": (
        {"steps": {"quote": {"says": ""}}},
        "quote: no step says it; write says: quote in one",
    ),
    "nothing to be said": (
        {"quote": None},
        "steps.quote.says: there is no quote to be said; write the sentence, quote: ..., beside "
        "steps",
    ),
    "a question about what is not known yet": (
        {"slots": {"area": {"ask": ["Where, for the {part}?"]}}},
        "slots.area.ask.0: {part} is not known in qualify; ask for part before",
    ),
    "options of what has none": (
        {"slots": {"wanted": {"ask": ["Do you want {options}?"]}}},
        "slots.wanted.ask.0: a yes_no has no {options} to be named",
    ),
    "the end of no number": (
        {"slots": {"wanted": {"ask": ["Is it {ending}?"]}}},
        "slots.wanted.ask.0: there is no number of which {ending} is the end; "
        "write offers: and the slot of the number",
    ),
    "a summary of what is not asked": (
        {"summary": ["{service}", "on {date}"]},
        "summary.1: there is no slot called date; there are: agreed, area, callback, day, message, "
        "part, phone, price, ring_back, service, wanted",
    ),
    "another beginning": (
        {"steps": {"greet": None}},
        "steps.understand: a call begins in the step greet; write greet as the first step",
    ),
    "a call back to no number": (
        {"steps": {"call_back": {"goal": "Offer.", "needs": ["ring_back"], "then": "close"}}},
        "steps.call_back.needs: call_back cannot do without phone; name phone in its needs",
    ),
    "a number that is none": (
        {"slots": {"phone": {"kind": "text", "ask": ["Which?"], "meaning": "It."}, "callback": {
            "kind": "yes_no", "ask": ["This one?"], "meaning": "Whether."}}},
        "slots.phone.kind: phone is of kind: phone; give what you ask another name",
    ),
    "two areas": (
        {
            "slots": {"from": {"kind": "choice", "of": "areas", "ask": ["From?"], "meaning": "x"}},
            "steps": {"qualify": {"needs": ["from", "area"]}},
        },
        "slots.from.of: only one slot is made from areas",
    ),
    "a booking without a day": (
        {
            "slots": {"day": None},
            "steps": {"collect": {"needs": ["part", "callback", "phone"]}},
            "read_back": "A {service} in {area}, in the {part}.",
            "summary": [],
        },
        "steps.book: a booking needs a slot with kind: date; ask for it before",
    ),
    "a booking nobody agreed to": (
        {"steps": {"book": {"if_no": None}}},
        "steps.book: a booking needs the caller's yes; ask a slot of kind: yes_no last, and say "
        "where if_no leads",
    ),
    "a booking without an end": (
        {"steps": {"book": {"then": None}, "confirm": None}},
        "steps.book: the reference is told in no step; write then: confirm",
    ),
    "a booking that is not read back": (
        {"steps": {"book": {"says": ""}}, "read_back": None},
        "steps.book: what is booked is not said before; write says: read_back",
    ),
    "a read-back that leaves out the day": (
        {"read_back": "So that's a {service} in {area}, in the {part}, for {price}."},
        "read_back: does not say {day}; the caller is to agree to it",
    ),
    "a booking on a way that skips the area": (
        {"steps": {
            "understand": {"needs": ["service", "wanted"], "if_no": "quote"},
            "quote": {"needs": []}, "qualify": {"then": "quote"},
        }, "slots": {}},
        "quote: {area} is not known in quote; ask for area before",
    ),
    "a yes that was said long before": (
        {"slots": {"agreed": None}, "steps": {"book": {"needs": ["wanted"]}}},
        "steps.quote.needs.0: wanted is the caller's yes to what book reads back; nothing else may "
        "fill it; ask another slot of kind: yes_no here",
    ),
    "a yes that is filled by a side way": (
        {"slots": {"agreed": None}, "steps": {"book": {"needs": ["ring_back"]}}},
        "steps.call_back.needs.0: ring_back is the caller's yes to what book reads back; nothing "
        "else may fill it; ask another slot of kind: yes_no here",
    ),
    "a yes that any yes fills": (
        {"slots": {"agreed": {"volunteered": True}}},
        "slots.agreed.volunteered: a yes to anything else would fill it; take it out",
    ),
    "a yes that was hardly heard": (
        {"slots": {"agreed": {"confirm": "never"}}},
        "slots.agreed.confirm: a booking needs a yes that was surely heard; write confirm: unsure",
    ),
    "a detail asked after the read-back": (
        {"steps": {"collect": {"needs": ["day", "callback", "phone"]},
                   "book": {"needs": ["part", "agreed"]}},
         "read_back": "So that's a {service} in {area} on {day}."},
        "steps.book.needs.0: part would be asked after the read-back, and booked unheard; "
        "ask for it in a step before",
    ),
    "a read-back that leaves out a detail of the workflow's own": (
        {"slots": {"floor": {"kind": "text", "ask": ["Which?"], "meaning": "It."}},
         "steps": {"qualify": {"needs": ["area", "floor"]}}},
        "read_back: does not say {floor}; the caller is to agree to it",
    ),
    "a time that only some calls give, and no read-back tells": (
        {"slots": {"time": {"kind": "time", "ask": ["When?"], "meaning": "It."}},
         "steps": {"exact": {"goal": "It.", "needs": ["time"], "then": "collect"},
                   "quote": {"on_failure": "exact"}}},
        "slots.time: time may be booked without being read back; ask for it on every way to book",
    ),
    "a detail that the yes itself may bring": (
        {"slots": {"who": {"kind": "choice", "volunteered": True, "ask": ["Who?"], "meaning": "x",
                           "options": [{"key": "me", "name": "me", "phrases": ["me"]}]}},
         "steps": {"confirm": {"needs": ["who"]}}},
        "slots.who: who may be booked without being read back; ask for it on every way to book",
    ),
    "a booking that is made twice": (
        {"slots": {"more": GATE}, "steps": {
            "confirm": {"needs": ["more"], "then": "close", "if_no": "collect"}}},
        "steps.book.then: a call may come to book after it and book twice; lead elsewhere from "
        "there",
    ),
    "a reference that is never told": (
        {"booked": "That's booked."},
        "booked: does not say {reference}; the caller is to have it",
    ),
    "a question after the one whose no leaves": (
        {"slots": {"floor": {"kind": "number", "ask": ["Which?"], "meaning": "It."}},
         "steps": {"quote": {"needs": ["wanted", "floor"]}}},
        "steps.quote.needs.1: floor is asked after wanted, whose \"no\" leads to if_no; "
        "write wanted last, or ask floor in the next step",
    ),
    "a no that is known before the rest of its step": (
        {"slots": {"floor": {"kind": "number", "ask": ["Which?"], "meaning": "It."},
                   "sure": {**GATE, "ask": ["Sure you are on floor {floor}?"]}},
         "steps": {"quote": {"needs": ["floor", "wanted"], "if_no": "bye"},
                   "bye": {"goal": "It.", "needs": ["sure"], "then": "close"}}},
        "slots.sure.ask.0: {floor} is not known in bye; ask for floor before",
    ),
    "a no that is known before anything": (
        {"slots": {"sure": {**GATE, "ask": ["Sure about the {service}?"]}},
         "steps": {"quote": {"says": "", "if_no": "bye"},
                   "bye": {"goal": "It.", "needs": ["sure"], "then": "close"}}, "quote": None},
        "slots.sure.ask.0: {service} is not known in bye; ask for service before",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "said"), WRONG.values(), ids=WRONG)
def test_what_does_not_hold_is_found_and_how_to_mend_it(parts, said):
    assert said in [str(found) for found in prove(changed(**parts))]


def reordered(*names, **parts):
    """Return a changed workflow with its steps written in another order."""
    steps = changed(**parts).steps
    left = [name for name in steps if str(name) not in names]
    order = {Step(name): steps[Step(name)] for name in names} | {n: steps[n] for n in left}
    return changed(**parts).model_copy(update={"steps": order})


def test_what_is_put_right_can_only_lead_back_to_what_is_written_before():
    wrong = reordered("greet", "quote", "collect", "book", "confirm", "close", "understand")
    assert [str(found) for found in prove(wrong)] == [
        "steps.quote: it follows qualify, on the way to book; write it after qualify"
    ]


def test_the_date_that_is_booked_is_the_one_that_every_call_is_asked_for():
    born = {"kind": "date", "ask": ["Born?"], "meaning": "It."}
    later = {"goal": "It.", "needs": ["born"], "then": "close"}
    parts = {"slots": {"born": born}, "steps": {"quote": {"if_no": "later"}, "later": later}}
    assert prove(changed(**parts)) == ()
    first = reordered("greet", "understand", "qualify", "quote", "later", **parts)
    assert [str(found) for found in prove(first)] == [
        "steps.book: born, the first slot with kind: date, is the one that is booked, and not "
        "every call is asked for it before; write the step that asks for the one to be booked first"
    ]


def test_a_companys_own_tools_may_be_named():
    own = changed(steps={"book": {"tools": ["stock_level"]}})
    assert prove(own) == ()  # nobody knows yet
    assert prove(own, {"stock_level": 1}) == ()
    assert "there is no tool called stock_level" in str(prove(own, ())[0])


def test_no_leads_back_once_and_is_no_round():
    back = [edge for edge in edges(trade("garage")) if bounded(trade("garage"), edge)]
    assert [(e.begin, e.end, e.way) for e in back] == [(Step.BOOK, "appointment", Way.NO)]


STEPS = ["greet", "a", "b", "c", "close"]
RULES = st.fixed_dictionaries(
    {},
    optional={
        "then": st.sampled_from(STEPS),
        "if_no": st.sampled_from(STEPS),
        "on_failure": st.sampled_from([*STEPS, "person", "voicemail", "hang_up"]),
        "asks": st.just(True),
    },
)


@settings(max_examples=300, deadline=None)
@given(st.fixed_dictionaries({step: RULES for step in STEPS}), st.randoms(use_true_random=False))
def test_a_call_through_what_is_proved_ends_whatever_the_caller_does(rules, random):
    steps = {}
    for step, given_ in rules.items():
        fields = {name: value for name, value in given_.items() if name != "asks"}
        needs = [f"slot_{step}"] if "asks" in given_ or "if_no" in given_ else []
        steps[step] = {"goal": "It.", "needs": needs, **fields}
    slots = {f"slot_{step}": GATE for step in STEPS}
    data = {"name": "x", "about": "It.", "slots": slots, "steps": steps}
    workflow = Workflow.model_validate(whole(data))
    wrong = [str(found) for found in prove(workflow)]
    if endless(workflow):
        assert any("for ever" in line or "there is no" in line for line in wrong)
        return
    step, gone_back, walked = workflow.first, set(), 0
    while step is not None:
        walked += 1
        assert walked <= len(workflow.steps) * (1 + len(workflow.steps))
        rule = workflow.steps[step]
        way = random.choice(list(Way))
        if way is Way.NO and rule.if_no is not None:
            ways = [e for e in edges(workflow) if e.begin is step and e.way is Way.NO]
            counted = any(bounded(workflow, edge) for edge in ways)
            if counted and step in gone_back:
                step = failure_step("person")
                continue
            gone_back.add(step)
            step = rule.if_no
        elif way is Way.FAILURE:
            step = failure_step(rule.on_failure)
        else:
            step = rule.then


def test_what_is_not_named_in_a_file_is_no_slot_of_it():
    assert Slot.TIME not in trade("home_services").slots
