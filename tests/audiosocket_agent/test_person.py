"""The way to a person: what is found decides, something else is offered, and every way ends."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import audiosocket_agent
from audiosocket_agent import person, wording
from audiosocket_agent.company import load_company
from audiosocket_agent.company_calls import Instead, People, Place
from audiosocket_agent.control import Outlook
from audiosocket_agent.conversation import (
    LEGAL,
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
    Seek,
    Silent,
    Sought,
    Started,
    State,
    Stuck,
    Warned,
    Why,
    advance,
)
from audiosocket_agent.conversation_state import CallbackRequest, Unanswered
from audiosocket_agent.person import Prospect, expected
from audiosocket_agent.roles import INSTEAD
from audiosocket_agent.workflow import Outcome, Slot, Step

COMPANY = load_company(Path(audiosocket_agent.__file__).parent / "companies" / "harbour.yaml")
PLACES = {
    "accounts": Place(name="the accounts department", phrases=("accounts",), extension="201"),
    "plumber": Place(name="our plumber", phrases=("the plumber",), outside="+441632960777"),
}
FACTS = Facts(
    COMPANY.model_copy(update={"people": People(places=PLACES)}), "01632960123", date(2026, 11, 21)
)
FREE = Sought(Outlook(members=2, free=1))
BUSY = Sought(Outlook(members=2))
SOON = Sought(Outlook(members=2, waiting=2, longest_wait_s=80))
LATE = Sought(Outlook(members=2, waiting=5, longest_wait_s=400))
NOBODY = Sought(Outlook())
MISSING = Sought(Outlook(exists=False))
CLOSED = Sought(Outlook(members=2, free=2), open=False)
ASKS = [Started(), Heard("boiler service"), Heard("a person please")]  # while the town is open
NO_ANSWER = Returned(Unanswered.NO_ANSWER)


def company(**settings):
    """Return the facts with other settings."""
    return replace(FACTS, company=FACTS.company.model_copy(update=settings))


def offering(instead):
    return company(people=People(instead=instead, places=PLACES))


def run(events, facts=FACTS, state=None):
    """Feed events; return every (state, reply)."""
    trail, state = [], state or State()
    for event in events:
        state, reply = advance(state, event, facts)
        trail.append((state, reply))
    return trail


def last(events, facts=FACTS, state=None):
    return run(events, facts, state)[-1]


@pytest.mark.parametrize("found", [FREE, Sought(None)])
def test_who_can_be_put_through_hears_no_more_words(found):
    state, reply = last([*ASKS, found])
    assert (reply.say, reply.end, state.phase) == ((), Outcome.QUEUE, Phase.ENDED)


@pytest.mark.parametrize(("found", "says"), [
    (BUSY, wording.NEXT_IN_LINE),
    (SOON, "There are 2 callers before you. The wait is about a minute just now."),
])  # fmt: skip
def test_a_bearable_wait_is_told_of(found, says):
    reply = last([*ASKS, found])[1]
    assert reply.say == (says,) and reply.end is Outcome.QUEUE


@pytest.mark.parametrize(("outlook", "prospect"), [
    (Outlook(members=1, free=1, waiting=1), Prospect.SOON),
    (Outlook(members=9, free=5, waiting=4), Prospect.NOW),
    (Outlook(members=9, free=5, waiting=4, longest_wait_s=60), Prospect.SOON),
    (Outlook(members=1, waiting=2), Prospect.SOON), (Outlook(members=1, waiting=3), Prospect.LATE),
    (Outlook(members=9, waiting=3), Prospect.SOON),
    (Outlook(members=9, waiting=1, longest_wait_s=179), Prospect.SOON),
    (Outlook(members=9, waiting=1, longest_wait_s=180), Prospect.LATE),
    (Outlook(members=0, waiting=1), Prospect.NOBODY), (Outlook(exists=False), Prospect.NOBODY),
])  # fmt: skip
def test_what_is_found_is_judged_by_the_wait_and_the_callers_ahead(outlook, prospect):
    assert expected(Sought(outlook), 180).prospect is prospect
    assert expected(Sought(outlook, open=False), 180).prospect is Prospect.NOBODY


def test_a_long_wait_may_be_turned_into_a_call_back_or_be_waited_for():
    state, reply = last([*ASKS, LATE])
    assert reply.say[0] == "There are 5 callers before you. The wait is about 7 minutes just now."
    assert reply.asks is Slot.RING_BACK and state.step is Step.CALL_BACK
    assert {"yes", "no", "i'll wait"} <= set(reply.listen.phrases)
    for no in (Heard("no"), Keyed("2"), Heard("I'll wait"), Heard("a person please"), Keyed("0")):
        after = last([*ASKS, LATE, no])[1]
        assert (after.say, after.end) == ((wording.HOLD,), Outcome.QUEUE)
    voicemail = offering(Instead.VOICEMAIL)
    assert last([*ASKS, LATE], voicemail)[1].asks is Slot.MESSAGE
    assert last([*ASKS, LATE, Heard("yes")], voicemail)[1].end is Outcome.VOICEMAIL
    assert last([*ASKS, LATE], offering(Instead.NOTHING))[1].end is Outcome.QUEUE


@pytest.mark.parametrize(("found", "says"), [
    (NOBODY, wording.NOBODY_THERE), (MISSING, wording.NOBODY_THERE), (CLOSED, wording.CLOSED),
])  # fmt: skip
def test_where_nobody_is_the_caller_is_told_and_a_no_leads_back(found, says):
    state, reply = last([*ASKS, found])
    assert reply.say[0] == says and reply.asks is Slot.RING_BACK and state.step in INSTEAD
    state, reply = last([*ASKS, found, Heard("no thanks")])
    assert state.step is Step.QUALIFY and state.slots == {Slot.SERVICE: "boiler_service"}
    assert reply.say[0] == wording.GO_ON and reply.asks is Slot.AREA
    state, reply = last([*ASKS, found], offering(Instead.NOTHING))
    assert reply.say[:2] == (says, wording.GO_ON) and reply.asks is Slot.AREA
    assert last([*ASKS, found, Heard("no"), Heard("truro")])[1].asks is Slot.WANTED


def test_a_person_is_not_offered_again_where_nobody_was():
    trail = run([*ASKS, NOBODY, Heard("no"), Silent(), Silent(), Silent()])
    assert all(wording.OFFER not in reply.say for _, reply in trail)
    assert trail[-1][1].seek == Seek(Why.SILENT)


def test_a_person_insisted_on_where_nobody_is_is_not_there_either():
    trail = run([*ASKS, NOBODY, Heard("a person"), Heard("a person"), Heard("a person")])
    assert [reply.end for _, reply in trail[-3:]] == [None, None, Outcome.HANGUP]
    assert trail[-3][1].say[0] in wording.STILL_NOBODY
    assert trail[-3][1].say != trail[-2][1].say


def test_a_call_back_is_noted_for_the_number_that_was_confirmed():
    events = [*ASKS, NOBODY, Heard("yes please")]
    assert last(events)[1].asks is Slot.CALLBACK
    state, reply = last([*events, Heard("yes")])
    assert state.phase is Phase.NOTING and reply.end is None
    assert reply.note == CallbackRequest("01632960123", Why.ASKED, "boiler service")
    state, reply = last([*events, Heard("yes"), Noted()])
    assert reply.say == (wording.CALL_BACK_NOTED, wording.GOODBYE)
    assert reply.end is Outcome.HANGUP
    reply = last([*events, Heard("yes"), NotNoted()])[1]
    assert reply.say == (wording.NOT_NOTED,) and reply.end is Outcome.QUEUE


def test_who_hangs_up_at_the_question_for_the_number_is_called_back_where_the_call_came_from():
    wanted = [*ASKS, NOBODY, Heard("yes please")]
    about = f"boiler service; {person.HUNG_UP}"
    wish = CallbackRequest("01632960123", Why.ASKED, about, hung_up=True)
    for event in (
        Silent(),
        Heard("er what"),
        Heard("a person"),
        None,
    ):
        events = wanted if event is None else [*wanted, event]
        assert person.left_behind(last(events)[0], FACTS) == wish, events
    nothing_told = [Heard("operator"), NOBODY, Heard("yes")]
    assert person.left_behind(last(nothing_told)[0], FACTS).about == person.HUNG_UP


def test_nobody_is_called_back_who_did_not_want_it_or_has_been_noted():
    offered = [*ASKS, NOBODY]
    wanted = [*offered, Heard("yes please")]
    for events in (
        ASKS,  # looking for a person
        offered,  # not answered yet
        [*offered, Heard("no")],  # goes on with the talk
        [*offered, Heard("yes", 0.1)],  # "Did you say yes?"
        [*wanted, Heard("no")],  # not on that number, and no other is told
        [*wanted, Heard("yes")],  # being written down
        [*wanted, Heard("yes"), Noted()],
        [*wanted, Heard("yes"), NotNoted()],
    ):
        assert person.left_behind(last(events)[0], FACTS) is None, events
    withheld = replace(FACTS, caller="")
    assert person.left_behind(last(wanted, withheld)[0], withheld) is None


def test_another_number_is_asked_for_and_none_that_is_known_already():
    events = [*ASKS, NOBODY, Heard("yes"), Heard("no"), Keyed("01632960999")]
    assert [r.asks for _, r in run(events)[-2:]] == [Slot.PHONE, None]
    assert last(events)[1].note.phone == "01632960999"
    withheld = replace(FACTS, caller="")
    assert last([*ASKS, NOBODY, Heard("yes")], withheld)[1].asks is Slot.PHONE
    known = [
        *ASKS[:2], Heard("truro"), Heard("yes"), Heard("tuesday"), Heard("morning"), Heard("yes"),
        Keyed("0"), NOBODY, Heard("yes"),
    ]  # fmt: skip
    about = "boiler service in Truro on Tuesday morning"
    assert last(known)[1].note == CallbackRequest("01632960123", Why.ASKED, about)


def test_a_number_that_is_not_to_be_had_ends_at_the_voicemail_and_silence_with_a_goodbye():
    withheld = replace(FACTS, caller="")
    wanted = [*ASKS, NOBODY, Heard("yes"), *[Silent()] * 3]
    assert last(wanted, withheld)[1].end is Outcome.VOICEMAIL
    state, reply = last([*ASKS, NOBODY, *[Silent()] * 3])
    assert reply.end is Outcome.HANGUP and reply.say == (wording.CALL_AGAIN,)
    assert last([*ASKS, LATE, *[Silent()] * 3])[1].end is Outcome.QUEUE


@pytest.mark.parametrize(("says", "place", "outcome", "target"), [
    ("Accounts, please.", "accounts", Outcome.EXTENSION, "201"),
    ("can you put me through to the plumber", "plumber", Outcome.OUTSIDE, "+441632960777"),
    ("accounts", "accounts", Outcome.EXTENSION, "201"),
])  # fmt: skip
def test_a_caller_who_names_a_place_is_put_through_there(says, place, outcome, target):
    state, reply = last([*ASKS[:2], Heard(says)])
    assert reply.seek == Seek(Why.ASKED, place)
    assert reply.say == (wording.to_place(PLACES[place].name),)
    for found in (Sought(None), CLOSED, NOBODY):
        after = last([found], state=state)[1]
        assert (after.end, after.target, after.say) == (outcome, target, ())
    assert last([*ASKS, NOBODY, Heard(says)])[1].seek == Seek(Why.ASKED, place)


@pytest.mark.parametrize(("says", "why"), [
    ("This is ridiculous!", Why.ANGRY), ("I'd like to complain", Why.ANGRY),
    ("oh fuck off", Why.ANGRY), ("I want a refund", Why.OUT_OF_SCOPE),
    ("the receipt for my existing booking", Why.OUT_OF_SCOPE),
])  # fmt: skip
def test_anger_and_what_is_not_done_here_lead_to_a_person(says, why):
    state, reply = last([*ASKS[:2], Heard(says)])
    assert reply.seek == Seek(why) and state.phase is Phase.SEEKING


def test_a_number_is_said_in_words():
    said = ["oh one six three two, nine six oh, treble nine", "01632 960999"]
    for words in said:
        state = last([*ASKS, NOBODY, Heard("yes"), Heard("no"), Heard(words)])[0]
        assert state.slots[Slot.PHONE] == "01632960999" and state.phase is Phase.NOTING
    for words in ("nine six oh", "one moment", "oh one six three two"):
        assert last([*ASKS, NOBODY, Heard("yes"), Heard("no"), Heard(words)])[1].asks is Slot.PHONE


@pytest.mark.parametrize("says", [
    "my fucking tap is leaking", "this is a ridiculous leaking tap", "the tap by the accounts desk",
    "the boiler on the accounts floor",
])  # fmt: skip
def test_an_answer_is_an_answer_however_it_is_put(says):
    assert last([Started(), Heard(says)])[1].seek is None


def test_the_key_for_a_person_can_be_another_or_none():
    star, none = company(person_key="*"), company(person_key="")
    assert last([*ASKS[:2], Keyed("*")], star)[1].seek == Seek(Why.ASKED)
    assert last([*ASKS[:2], Keyed("0")], star)[1].seek is None
    assert last([*ASKS[:2], Keyed("0")], none)[1].seek is None
    assert last([*ASKS[:2], Silent(), Silent(), Keyed("*")], star)[1].seek == Seek(Why.ASKED)
    phone = [*ASKS[:2], Heard("truro"), *map(Heard, ("yes", "friday", "morning", "no"))]
    assert last([*phone, Keyed("0")])[1].seek == Seek(Why.ASKED)
    assert last([*phone, Keyed("01632"), Keyed("0")])[1].seek == Seek(Why.ASKED)
    begun = [*phone, Keyed("01632960"), Keyed("0")]
    assert last(begun)[0].slots[Slot.PHONE] == "016329600"


@pytest.mark.parametrize("why", Unanswered)
def test_a_caller_nobody_took_comes_back_to_where_the_call_stood(why):
    away = last([*ASKS, FREE])[0]
    state, reply = advance(away, Returned(why), FACTS)
    assert reply.say[0] == wording.BACK_AGAIN and reply.asks is Slot.RING_BACK
    state, reply = advance(state, Heard("no"), FACTS)
    assert state.step is Step.QUALIFY and reply.asks is Slot.AREA
    assert reply.say[0] == wording.GO_ON
    state, reply = last([*ASKS, LATE, Heard("no"), Returned(why), Heard("no")])
    assert state.step is Step.QUALIFY and reply.asks is Slot.AREA


def test_a_caller_may_come_back_to_any_phase():
    for phase in Phase:
        state, reply = advance(State(phase=phase), NO_ANSWER, FACTS)
        assert state.phase is Phase.ASKING and reply.asks is Slot.RING_BACK


@pytest.mark.parametrize("events", [
    [Overtime()],
    [*map(Heard, ("truro", "yes", "friday", "morning", "yes", "yes")), BookingFailed()],
])  # fmt: skip
def test_who_cannot_be_helped_further_is_called_back_or_seen_off(events):
    seeking = [*ASKS[:2], *events]
    reply = last([*seeking, NOBODY, Heard("no")])[1]
    assert reply.end is Outcome.HANGUP and reply.say == (wording.CALL_AGAIN,)
    nothing = last([*seeking, NOBODY], offering(Instead.NOTHING))[1]
    assert nothing.end is Outcome.HANGUP and nothing.say[-1] == wording.CALL_AGAIN
    assert last([*seeking, NOBODY, Heard("yes")])[1].asks in (Slot.CALLBACK, None)


def test_a_booking_in_the_making_when_the_caller_left_is_not_made_again():
    making = last([*ASKS[:2], *map(Heard, ("truro", "yes", "friday", "morning", "yes", "yes"))])
    assert making[0].phase is Phase.BOOKING
    state, reply = last([NO_ANSWER, Heard("no")], state=making[0])
    assert reply.end is Outcome.HANGUP and reply.book is None


def test_a_wish_that_comes_to_nothing_twice_is_the_last():
    again = [*ASKS, NOBODY, Heard("no"), Heard("operator"), NOBODY]
    assert last([*again, Heard("no")])[1].end is Outcome.HANGUP
    assert last([*again, Heard("yes"), Heard("yes")])[1].note is not None


def test_only_what_was_found_and_the_clock_count_while_a_person_is_looked_for():
    assert LEGAL[Phase.SEEKING] == {Sought, Overtime, Returned}
    assert last([*ASKS, Overtime()])[1].end is Outcome.QUEUE
    assert last([*ASKS, NOBODY, Overtime()])[1].end is Outcome.HANGUP
    assert last([*ASKS, LATE, Overtime()])[1].end is Outcome.QUEUE
    noting = [*ASKS, NOBODY, Heard("yes"), Heard("yes"), Overtime()]
    assert last(noting)[1].end is Outcome.QUEUE


EVENTS = st.one_of(
    st.sampled_from([
        "boiler service", "truro", "yes", "no", "friday", "morning", "", "operator", "accounts",
        "this is ridiculous", "i'll wait", "yes no", "refund",
    ]).map(Heard),
    st.sampled_from(["0", "1", "2", "*", "01632", "01632960999", "871"]).map(Keyed),
    st.sampled_from([Silent(), Overtime(), Stuck(), Warned()]),
)  # fmt: skip
RESULTS = {
    Phase.BOOKING: st.sampled_from([Booked("1"), BookingFailed(), Overtime(), NO_ANSWER]),
    Phase.SEEKING: st.sampled_from(
        [FREE, BUSY, SOON, LATE, NOBODY, MISSING, CLOSED, Sought(None), Overtime()]
    ),
    Phase.NOTING: st.sampled_from([Noted(), NotNoted(), Overtime()]),
}


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(Instead), st.booleans(), st.integers(0, 5))
def test_every_way_ends(data, instead, withheld, returns):
    """However often nobody answers and whatever the caller does: no loop, and one last end."""
    facts = replace(offering(instead), caller="" if withheld else FACTS.caller)
    state, reply = advance(State(), Started(), facts)
    offers = 0
    for _ in range(60 * (returns + 1)):
        if state.phase is Phase.ENDED:
            if reply.end is Outcome.HANGUP or not returns:
                break
            returns -= 1
            event = NO_ANSWER
        else:
            event = data.draw(RESULTS.get(state.phase, EVENTS))
            if isinstance(event, Warned | Overtime) and state.phase is Phase.ASKING:
                event = data.draw(st.sampled_from([event, Silent(), Silent()]))
        entered = state.step
        state, reply = advance(state, event, facts)
        offers += state.step in INSTEAD and entered not in INSTEAD
        assert all(reply.say) and (reply.say or reply.end is not None)
        assert (reply.end is not None) == (state.phase is Phase.ENDED)
        assert (reply.seek is not None) == (state.phase is Phase.SEEKING)
        assert (reply.note is not None) == (state.phase is Phase.NOTING)
        assert (reply.asks is not None) == (state.phase is Phase.ASKING)
        assert state.refused <= 2 and (state.step in INSTEAD or state.back is None or reply.end)
    assert state.phase is Phase.ENDED
    if instead is Instead.NOTHING:
        assert not offers
