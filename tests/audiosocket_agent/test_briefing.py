"""What the model is shown: a constant prompt, the turns that were heard, the newest words."""

import json
from datetime import date

from audiosocket_agent.briefing import messages, system_prompt
from audiosocket_agent.company import load_companies
from audiosocket_agent.conversation import Facts, Started, State, advance
from audiosocket_agent.journal import Speaker
from audiosocket_agent.prefill import prefill
from audiosocket_agent.seams import Role
from audiosocket_agent.situation import situation
from tests.fake_asterisk import DID, SHIPPED

FACTS = Facts(load_companies(SHIPPED)[DID], "01632960123", date(2026, 11, 21))
STARTED = advance(State(), Started(open_question=True), FACTS)[0]
AGENT, CALLER = Speaker.AGENT, Speaker.CALLER


def shown(history, said="Yes."):
    """Return the roles and words of what stands between the prompt and the situation."""
    first, *past, stands, newest = messages(FACTS, situation(STARTED, FACTS), history, said)
    assert (first.role, stands.role) == (Role.SYSTEM, Role.SYSTEM)
    assert (newest.role, newest.content) == (Role.USER, said)
    return [(message.role, message.content) for message in past]


def test_turns_come_in_order_and_the_newest_words_once():
    assert shown([(AGENT, "Hello."), (CALLER, "A tap."), (AGENT, "Where?")], "Truro") == [
        (Role.ASSISTANT, "Hello."),
        (Role.USER, "A tap."),
        (Role.ASSISTANT, "Where?"),
    ]


def test_a_turn_of_which_nothing_was_heard_does_not_split_the_callers_words():
    history = [
        (AGENT, "Hello."),
        (CALLER, "A tap"),
        (AGENT, ""),
        (CALLER, "in Truro"),
        (AGENT, "So"),
    ]
    assert shown(history) == [
        (Role.ASSISTANT, "Hello."),
        (Role.USER, "A tap in Truro"),
        (Role.ASSISTANT, "So"),
    ]


def test_the_agents_words_in_a_row_are_one_message_too():
    assert shown([(AGENT, "Hello."), (CALLER, ""), (AGENT, "Are you there?")]) == [
        (Role.ASSISTANT, "Hello. Are you there?")
    ]


def test_the_prompt_is_the_same_whatever_was_recorded():
    state, recorded = prefill("a leaking tap in Truro", STARTED, FACTS)
    plain = messages(FACTS, situation(STARTED, FACTS), (), "a leaking tap in Truro")
    told = messages(FACTS, situation(state, FACTS, recorded), (), "a leaking tap in Truro")
    assert plain[0] == told[0] and plain[0].content == system_prompt(FACTS.company)
    assert "recorded" in told[0].content and "tell" in told[0].content
    stands = json.loads(told[1].content[told[1].content.index("{") :])
    assert stands["recorded"] == {"service": "leaking_tap", "area": "truro"}
    assert "recorded" not in plain[1].content
