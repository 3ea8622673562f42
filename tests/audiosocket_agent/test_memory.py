"""However long a call, the model is shown a bounded part of it, whose beginning seldom changes."""

import asyncio
import json
from datetime import date

from audiosocket_agent.briefing import DATA, messages
from audiosocket_agent.company import load_companies
from audiosocket_agent.conversation import Facts, Heard, Started, State
from audiosocket_agent.dialogue import Dialogue, Mind
from audiosocket_agent.journal import Speaker
from audiosocket_agent.memory import MOST_TURNS, begins_at, budget, left_out, shown_from, summary
from audiosocket_agent.seams import Role
from audiosocket_agent.situation import situation
from audiosocket_agent.tokens import tokens_of_request, tokens_of_text
from tests.engines import ScriptedModel
from tests.fake_asterisk import DID, SHIPPED

FACTS = Facts(load_companies(SHIPPED)[DID], "01632960123", date(2026, 11, 21))
SAID = "well it is the tap in the kitchen upstairs and it has been dripping for weeks now " * 2


def turns(count, text=SAID):
    return [(Speaker.AGENT if n % 2 == 0 else Speaker.CALLER, f"{n} {text}") for n in range(count)]


def test_a_short_call_is_shown_whole():
    assert shown_from(turns(8), 2000) == 0 and left_out((), 2000, DATA) == ()


def test_what_is_shown_fits_and_changes_its_beginning_seldom():
    starts = []
    for count in range(1, 200):
        history = turns(count)
        start = shown_from(history, 1000)
        shown = history[start:]
        assert len(shown) <= MOST_TURNS
        assert sum(tokens_of_text(text) for _, text in shown) <= 1000
        assert shown and (start == 0 or shown[0][0] is Speaker.CALLER)
        starts.append(start)
    changes = sum(a != b for a, b in zip(starts, starts[1:], strict=False))
    assert starts == sorted(starts) and changes < 200 / 8


def test_of_short_turns_only_the_newest_are_shown():
    shown = [len(turns(n, "")[shown_from(turns(n, ""), 2000) :]) for n in range(1, 120)]
    assert max(shown) == MOST_TURNS and min(shown[MOST_TURNS:]) >= MOST_TURNS // 2 - 1
    history = turns(MOST_TURNS * 2, "")
    start = shown_from(history, 2000)
    stands = situation(State(), FACTS)
    told = " ".join(m.content for m in messages(FACTS, stands, history[start:], "Yes.")[1:-2])
    assert told.split() == [str(n) for n in range(start, MOST_TURNS * 2)]


def test_one_turn_that_is_too_long_is_still_shown():
    assert begins_at([(Speaker.AGENT, "a"), (Speaker.CALLER, "b" * 9000)], 500) == 1


def test_a_small_model_is_shown_less_and_never_nothing():
    assert budget(8000, 1500, 2000) == 2000
    assert budget(3500, 1500, 2000) == 1200
    assert budget(1000, 1500, 2000) == 200


TALK = [
    (Speaker.AGENT, "Hello, this is Harbour. How can I help?"),
    (Speaker.CALLER, "my tap drips"),
    (Speaker.AGENT, "Oh dear. A leaking tap repair costs 75 pounds. Would you like to book it?"),
    (Speaker.CALLER, "can I have a discount"),
    (Speaker.AGENT, "I'm afraid there is none. Lovely weather. Would you like to book it?"),
    (Speaker.CALLER, ""),
    (Speaker.AGENT, "We are open on Saturday from nine."),
]


def test_the_summary_holds_what_was_asked_answered_and_told_in_order():
    assert summary(TALK, 500) == [
        "asked: How can I help?",
        "answered: my tap drips",
        "told: A leaking tap repair costs 75 pounds.",
        "asked: Would you like to book it?",
        "answered: can I have a discount",
        "told: I'm afraid there is none.",
        "told: We are open on Saturday from nine.",
    ]


def test_a_summary_that_is_too_long_keeps_what_was_told():
    told = [entry for entry in summary(TALK, 500) if entry.startswith("told")]
    enough = sum(tokens_of_text(f'"{entry}"') + 1 for entry in told)
    assert summary(TALK, enough) == told
    assert summary(TALK, enough - 1) == told[1:]
    for tokens in range(0, 120, 7):
        short = summary(TALK * 3, tokens)
        assert sum(tokens_of_text(f'"{entry}",') for entry in short) <= tokens
        assert short == [entry for entry in summary(TALK, 500) if entry in short]


def test_what_is_not_shown_is_summed_up_as_data_and_no_word_of_it_is_the_systems():
    note, data = left_out(TALK, 2000, DATA)
    assert note.role is Role.SYSTEM and "tap" not in note.content
    assert data.role is Role.USER and data.content.startswith(DATA)
    assert json.loads(data.content.removeprefix(DATA))["earlier"] == summary(TALK, 250)


def test_forty_turns_cost_no_more_than_the_budget():
    model = ScriptedModel(*[["Right, and what else?"]] * 40)
    history = []

    async def say(event):
        dialogue = Dialogue(Mind(model, talk_tokens=600), FACTS, None, "call")
        for one in (Started(open_question=True), event):
            draft = dialogue.draft(one, history, free_speech=True)
            dialogue.commit(draft)
            [piece async for piece in draft.pieces()]

    async def main():
        for n in range(40):
            await say(Heard(f"turn {n}, {SAID}"))
            history.extend([(Speaker.CALLER, f"turn {n}, {SAID}"), (Speaker.AGENT, "Right.")])

    asyncio.run(main())
    costs = [tokens_of_request(request) for request in model.requests]
    fixed = costs[0]
    assert len(costs) == 40 and max(costs) <= fixed + 600 + 60, costs
    prefixes = {request.messages[0].content for request in model.requests}
    assert sum(costs) / len(costs) < fixed + 600, "a turn's mean"
    assert len(prefixes) == 1
    summed = [m for m in model.requests[-1].messages if m.content.startswith(DATA)]
    assert len(summed) == 1 and "answered: turn" in summed[0].content
    assert all(request.tools == model.requests[0].tools for request in model.requests)
