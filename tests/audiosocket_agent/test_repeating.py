"""A model that only repeats itself is stopped as the rules would stop, one that talks is not."""

import asyncio
import json
from dataclasses import replace
from datetime import date

import pytest

from audiosocket_agent.company import load_companies
from audiosocket_agent.conversation import (
    Facts,
    Heard,
    Offer,
    Phase,
    Reply,
    Seek,
    Started,
    State,
    Why,
    attended,
    gets_nowhere,
)
from audiosocket_agent.dialogue import Dialogue, Mind
from audiosocket_agent.journal import Speaker
from audiosocket_agent.repeating import replied
from audiosocket_agent.seams import ToolCall
from audiosocket_agent.speech import Line
from audiosocket_agent.workflow import Slot, Step
from tests.engines import ScriptedModel
from tests.fake_asterisk import DID, SHIPPED

COMPANY = load_companies(SHIPPED)[DID]
FACTS = Facts(COMPANY, "01632960123", date(2026, 11, 21))
ASKS = "Do you need a blocked drain visit, a leaking tap repair, or a boiler service?"
SAME = (
    ASKS,
    f"Sorry, I didn't catch that. {ASKS}",
    f"I'm sorry, could you say that again, please? {ASKS}",
    "So do you need a blocked drain visit, a leaking tap repair or a boiler service?",
    "Sorry, what was that? I don't quite understand.",
)
TALKS = (
    f"We are open until half past five. {ASKS}",
    f"Of course, take your time. {ASKS}",
    "Where do you live?",
    "I can only help with bookings.",
)


def patient(**settings):
    return replace(FACTS, company=COMPANY.model_copy(update=settings))


def with_retries(step, retries):
    flow = COMPANY.workflow
    steps = {**flow.steps, step: flow.steps[step].model_copy(update={"retries": retries})}
    return patient(
        workflow=flow.model_copy(update={"steps": steps}), misses_before_offer=10, max_misses=10
    )


def after(*replies, state=None):
    state = State(step=Step.UNDERSTAND, asked=Slot.SERVICE) if state is None else state
    for reply in replies:
        state = replied(attended(state), reply)
    return state


@pytest.mark.parametrize("again", SAME)
def test_the_same_question_again_is_a_miss(again):
    state = after(ASKS, again)
    assert (state.repeats, state.misses) == (1, 1)
    assert after(ASKS, again, again).repeats == 2


@pytest.mark.parametrize("talk", TALKS)
def test_a_reply_that_says_something_else_is_none_and_ends_the_row(talk):
    assert after(ASKS, talk).repeats == 0
    assert after(ASKS, ASKS, talk).repeats == after(ASKS, ASKS, talk).misses == 0
    assert after(ASKS, talk, ASKS).repeats == 1  # that question was put before all the same


def test_nothing_said_and_a_first_question_are_no_miss():
    assert after("").repeats == after("", "").repeats == after(ASKS, "").repeats == 0
    assert after("Sorry, I didn't catch that.").repeats == 0


def test_a_talk_that_moves_begins_anew():
    stuck = after(ASKS, ASKS, ASKS)
    by_words = replace(stuck, slots={Slot.SERVICE: "leaking_tap"})
    assert not gets_nowhere(by_words, FACTS)  # before the model has said anything to it
    assert after(ASKS, state=by_words).repeats == 0
    by_tool = replied(replace(attended(stuck), slots={Slot.SERVICE: "leaking_tap"}), ASKS)
    assert by_tool.repeats == 0
    assert after(ASKS, state=by_tool).repeats == 1


@pytest.mark.parametrize(
    ("facts", "most"),
    [
        (FACTS, COMPANY.misses_before_offer),
        (patient(misses_before_offer=3), 3),
        (patient(misses_before_offer=9, max_misses=9), 9),
        (with_retries(Step.UNDERSTAND, 4), 4),
        (with_retries(Step.QUOTE, 2), 10),  # of another step
    ],
)
def test_the_rules_take_the_answer_that_may_be_the_last_miss(facts, most):
    for misses in range(1, most):
        assert gets_nowhere(after(*[ASKS] * misses), facts) == (misses + 1 > most), misses
    assert gets_nowhere(after(*[ASKS] * most), facts)
    assert not gets_nowhere(after(*TALKS * 2), facts)


def test_twenty_turns_of_chat_leave_the_talk_to_the_model():
    words = "apple brick cloud drum eagle flute grape horn ivory jade kite lamp mint nut".split()
    state = State(step=Step.UNDERSTAND, asked=Slot.SERVICE)
    for n in range(12):
        state = after(f"The {words[n]} is {words[n + 1]}, I think. {ASKS}", state=state)
        assert not gets_nowhere(state, FACTS) and state.repeats == 0


# --- whole talks ---------------------------------------------------------------------------------


def hold(model, caller, facts=FACTS):
    """Say things to a model's talk until it ends; returns what was said and how it goes on."""
    trail = []

    async def main():
        dialogue = Dialogue(Mind(model), facts, None, "call")
        history = []
        for event in (Started(open_question=True), *map(Heard, caller)):
            draft = dialogue.draft(event, history, free_speech=True)
            dialogue.commit(draft)
            said = ""
            async for piece in draft.pieces():
                if isinstance(piece, Reply):
                    reply = piece
                else:
                    said += piece.text if isinstance(piece, Line) else piece
            if isinstance(event, Heard):
                history.append((Speaker.CALLER, event.text))
            history.append((Speaker.AGENT, said))
            trail.append((draft.state, reply, said))
            if draft.state.phase is not Phase.ASKING:
                break

    asyncio.run(main())
    return trail


def test_a_model_that_asks_for_ever_is_followed_by_the_offer_and_then_a_person():
    model = ScriptedModel(*[[ASKS]] * 9)
    trail = hold(model, ["the yellow one"] * 9)
    offers = [n for n, (state, *_) in enumerate(trail) if state.offer is Offer.OPEN]
    assert offers == [3], [said for *_, said in trail]
    assert "put you through" in trail[3][2] and len(model.requests) < len(trail) - 1
    assert trail[-1][1].seek == Seek(Why.MISSES) and len(trail) == 4 + COMPANY.max_misses


def test_who_declines_the_offer_has_as_many_answers_as_with_the_rules():
    model = ScriptedModel(*[[ASKS]] * 9)
    trail = hold(model, ["the yellow one"] * 3 + ["no"] + ["the yellow one"] * 6)
    state, _, said = trail[4]
    assert state.offer is Offer.DECLINED and state.repeats == 0 and "press" in said
    assert trail[-1][1].seek == Seek(Why.MISSES)
    assert len(trail) == 5 + COMPANY.max_misses


def test_the_answer_that_would_be_the_last_miss_still_counts():
    model = ScriptedModel([ASKS], [ASKS], ["Would you like to book it?"])
    trail = hold(model, ["the yellow one", "the yellow one", "a leaking tap in Truro"])
    state, reply, said = trail[-1]
    assert state.slots[Slot.SERVICE] == "leaking_tap" and reply.seek is None
    assert state.offer is Offer.UNMADE and "75 pounds" in said


def test_a_yes_to_a_question_of_the_models_own_is_no_booking():
    agree = ToolCall("1", "record_details", json.dumps({"day": "2026-11-24", "part": "morning"}))
    model = ScriptedModel(
        ["It costs 75 pounds. Would you like to book it?"],
        ["Which day?"],
        [agree],
        ["Is the number you ring from fine?"],
        *[["Are you still there?"]] * 6,
    )
    said = ["a leaking tap in Truro", "yes", "well then", "yes", *["hello"] * 2, "yes"]
    trail = hold(model, said)
    state, reply, told = trail[-1]
    assert state.step is Step.BOOK and reply.book is None, [s for *_, s in trail]
    assert "person" in told and state.offer is Offer.OPEN
