"""What is proved of a workflow holds in the talk: every call ends, and books at most once."""

import json
from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

import audiosocket_agent
from audiosocket_agent import wording
from audiosocket_agent.company import load_company
from audiosocket_agent.control import Outlook
from audiosocket_agent.conversation import advance
from audiosocket_agent.conversation_state import (
    Booked,
    BookingFailed,
    Facts,
    Heard,
    Keyed,
    Noted,
    NotNoted,
    Overtime,
    Phase,
    Returned,
    Silent,
    Sought,
    Started,
    State,
    Trouble,
    Unanswered,
)
from audiosocket_agent.roles import details, is_detail
from audiosocket_agent.seams import ToolCall
from audiosocket_agent.toolbox import BOOK, RECORD, work
from audiosocket_agent.workflow import Workflow
from audiosocket_agent.workflow.load import whole
from audiosocket_agent.workflow.prove import prove

COMPANIES = Path(audiosocket_agent.__file__).parent / "companies"
FILES = [COMPANIES / "harbour.yaml", *sorted((COMPANIES / "samples").glob("*.yaml"))]
KNOWN = [load_company(path) for path in FILES]
TODAY = date(2026, 11, 18)
MOST_EVENTS = 400

WORDS = st.sampled_from([
    "yes", "no", "boiler service", "mot test", "a haircut", "truro", "tuesday", "next friday",
    "the 3rd of march", "morning", "half past ten", "at nine", "AB12 CDE", "my name is Jane Smith",
    "maya", "whoever is free", "01632 960 999", "tr1 1aa", "", "um", "operator", "yes no",
])  # fmt: skip
DEEDS = st.one_of(
    st.builds(Heard, WORDS, st.sampled_from([1.0, 0.9, 0.3])),
    st.builds(Heard, WORDS),
    st.just(Heard("yes")),  # else hardly a call comes far
    st.just(Keyed("1")),
    st.text("0123456789*", min_size=1, max_size=8).map(Keyed),
    st.just(Silent()),
    st.just(Overtime()),
)
OUTLOOKS = st.sampled_from([
    Sought(None), Sought(Outlook(exists=False)), Sought(Outlook(), open=False),
    Sought(Outlook(members=1, waiting=9, longest_wait_s=900)), Sought(Outlook(members=1, free=1)),
])  # fmt: skip
RESULTS = {
    Phase.SEEKING: OUTLOOKS,
    Phase.NOTING: st.sampled_from([Noted(), NotNoted()]),
    Phase.BOOKING: st.sampled_from([
        Booked("482913"), Booked("482913", confirmed=False), BookingFailed(),
        BookingFailed(Trouble.TAKEN), BookingFailed(Trouble.REFUSED),
    ]),
    Phase.ENDED: st.just(Returned(Unanswered.NO_ANSWER)),
}  # fmt: skip


GIVEN = ["yes", "no", "2026-11-24", "2026-11-25", "morning", "14:30", "AB12 CDE", "Jane Smith",
         "01632960999", "truro", "mot_test", "boiler_service", "haircut", "senior"]  # fmt: skip


def modelled(state, data, facts):
    """Return what a language model's tool call makes of the talk, and what it has to say."""
    slots = [str(slot) for slot in details(facts.company.workflow)]
    given = data.draw(st.dictionaries(st.sampled_from(slots), st.sampled_from(GIVEN), max_size=4))
    name = data.draw(st.sampled_from([RECORD, RECORD, BOOK]))
    done = work(ToolCall("1", name, json.dumps(given)), state, state.step, "yes", facts)
    reply = done.leads or done.next
    return done.state, (*done.facts, *(reply.say if reply else ())), done.book


def read_out(state, said, facts):
    """Return the details whose values a read-back told."""
    company = facts.company
    slots = {s: v for s, v in state.slots.items() if is_detail(company.workflow, s)}
    told = {slot: wording.said(slot, value, company, TODAY) for slot, value in slots.items()}
    own = facts.caller.replace("+44", "0")
    heard = " ".join(said)
    return {s: v for s, v in slots.items() if told[s] in heard or v in (facts.caller, own)}


def talk(company, data, *, with_model=False):
    """Have a talk in which anything may happen; returns how often something was booked.

    Nothing is booked but what one and the same turn of the agent's told, all of it, before the
    caller's yes.
    """
    facts = Facts(company, data.draw(st.sampled_from(["", "+441632960123"])), TODAY)
    state, reply = advance(State(), Started(), facts)
    booked = returned = 0
    agreed_to = {}
    for _ in range(MOST_EVENTS):
        if state.phase is Phase.ENDED and (returned or not data.draw(st.booleans())):
            return booked
        returned += state.phase is Phase.ENDED
        if with_model and state.phase is Phase.ASKING and data.draw(st.booleans()):
            state, said, book = modelled(state, data, facts)
        else:
            happens = data.draw(RESULTS.get(state.phase, DEEDS))
            booked += isinstance(happens, Booked)
            state, reply = advance(state, happens, facts)
            said, book = reply.say, reply.book
            assert (reply.asks is not None) == (state.phase is Phase.ASKING)
        assert state.step in company.workflow.steps
        if book is not None:
            assert agreed_to == {s: v for s, v in state.slots.items() if s in agreed_to}
            assert {s for s in state.slots if is_detail(company.workflow, s)} == set(agreed_to)
        elif (
            company.workflow.steps[state.step].does
            and wording.read_back(company, state.slots, TODAY) in said
        ):
            agreed_to = read_out(state, said, facts)
    raise AssertionError(f"it never ends: {state}")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(KNOWN), st.data())
def test_every_call_of_the_shipped_trades_ends(company, data):
    assert prove(company.workflow) == ()
    assert talk(company, data, with_model=data.draw(st.booleans())) <= 1


CHANGES = ("then", "if_no", "on_failure", "retries", "needs", "asks", "place", "order")


@st.composite
def workflows(draw):
    """Return a company and a workflow of a shipped shape with a few steps changed at random."""
    company = draw(st.sampled_from(KNOWN))
    fields = company.workflow.model_dump(mode="json", exclude_unset=True)
    steps, slots = list(fields["steps"]), list(fields["slots"])
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(steps))
        rule = fields["steps"][name]
        change = draw(st.sampled_from(CHANGES))
        if change == "retries":
            rule["retries"] = draw(st.integers(1, 4))
        elif change == "needs":
            rule["needs"] = draw(st.permutations(rule.get("needs", [])))
        elif change == "asks":
            rule["needs"] = list({*rule.get("needs", []), draw(st.sampled_from(slots))})
        elif change == "place":
            place = f" {{{draw(st.sampled_from(slots))}}}"
            fields["read_back"] = fields["read_back"].replace(place, "")
        elif change == "order":
            fields["steps"][name] = fields["steps"].pop(name)
        else:
            others = ["person", "voicemail", "hang_up"] if change == "on_failure" else []
            rule[change] = draw(st.sampled_from([*steps, *others]))
    return company, Workflow.model_validate(whole(fields))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(workflows(), st.data())
def test_every_call_of_whatever_is_proved_ends(made, data):
    company, workflow = made
    wrong = prove(workflow, company.tools)
    event("proved" if not wrong else "refused")
    if not wrong:
        company = company.model_copy(update={"workflow": workflow})
        assert talk(company, data, with_model=data.draw(st.booleans())) <= 1


def own(after, **changes):
    """Return Harbour with a workflow of its own: a step after one, and other changes of steps.

    Args:
        after: The name of the step it follows; it is called ``own``, and asks for ``mine``.
        changes: Its fields; `asks` is the kind of what it asks.
    """
    fields = KNOWN[0].workflow.model_dump(mode="json", exclude_unset=True)
    rule = {"kind": changes.pop("asks"), "ask": ["Well?"], "meaning": "It."}
    steps = {}
    for name, step in fields["steps"].items():
        steps[name] = dict(step)
        if name == after:
            follows = steps[name]["then"]
            steps[name]["then"] = "own"
            steps["own"] = {"goal": "It.", "needs": ["mine"], "then": follows, **changes}
    fields |= {"steps": steps, "slots": {**fields["slots"], "mine": rule}}
    workflow = Workflow.model_validate(whole(fields))
    assert prove(workflow) == ()
    return Facts(KNOWN[0].model_copy(update={"workflow": workflow}), "", TODAY)


def test_a_no_that_a_model_wrote_down_leads_back_once_and_not_for_ever():
    facts = own("understand", asks="yes_no", if_no="understand")
    state, _ = advance(State(), Started(), facts)
    given = ToolCall("1", RECORD, json.dumps({"service": "boiler_service", "mine": "no"}))
    once = work(given, state, state.step, "", facts)
    assert (once.state.step, once.state.slots) == ("understand", {})
    assert once.facts == [wording.START_OVER]
    twice = work(given, once.state, state.step, "", facts)
    assert (twice.state.phase, twice.leads.say) == (Phase.SEEKING, (wording.TO_PERSON_LOST,))


def test_who_comes_to_the_booking_by_a_step_that_failed_hears_it_read_back():
    facts = own("collect", asks="name", on_failure="book", retries=1)
    state, reply = advance(State(), Started(), facts)
    for event_ in (Heard("boiler service in truro"), Heard("yes"), Heard("tuesday"),
                   Heard("morning"), Keyed("01632960999"), Silent()):  # fmt: skip
        state, reply = advance(state, event_, facts)
    assert reply.say == (
        "So that's a boiler service in Truro, on Tuesday the 24th of November, in the morning, "
        "for 89 pounds.",
        "I have 0, 1, 6, 3, 2, 9, 6, 0, 9, 9, 9 as your number.",
        "Is that right?",
    )


def test_a_detail_that_only_some_calls_are_asked_for_is_read_back_where_it_is_known():
    facts = own("collect", asks="name", on_failure="book")
    state, reply = advance(State(), Started(), facts)
    for event_ in (Heard("boiler service in truro"), Heard("yes"), Heard("tuesday"),
                   Heard("morning"), Keyed("01632960999"), Heard("Jane Smith")):  # fmt: skip
        state, reply = advance(state, event_, facts)
    assert "I have Jane Smith as your mine." in reply.say
