"""What is said: in other words each time, and listed where it can be spoken ahead of the calls."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import audiosocket_agent
from audiosocket_agent import wording
from audiosocket_agent.company import load_company
from audiosocket_agent.company_calls import Instead, People, Place
from audiosocket_agent.control import Outlook
from audiosocket_agent.conversation import (
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
    Stuck,
    Warned,
    advance,
)
from audiosocket_agent.conversation_state import Unanswered
from audiosocket_agent.understanding import value_of_keys
from audiosocket_agent.workflow import Slot

COMPANY = load_company(Path(audiosocket_agent.__file__).parent / "companies" / "harbour.yaml")
SATURDAY, SUNDAY = date(2026, 11, 21), date(2026, 11, 22)
SLOTS = sorted(COMPANY.workflow.slots)
KNOWN = {Slot.PHONE: "+441632960123"}
# What is made of the caller's own answers, by the beginning of the sentence or a part of it.
OF_THE_CALLER = ("costs ", "So that's a ", "Your reference is ", "the number ending ", "I have ",
                 "The wait is ")  # fmt: skip


PLACES = {"accounts": Place(name="the accounts department", phrases=("accounts",), extension="201")}


def companies():
    """Return the sample company, one with long lists, one that never warns, one with places."""
    service, area = COMPANY.services[0], COMPANY.areas[0]
    many = {
        "services": tuple(service.model_copy(update={"key": f"job_{n}"}) for n in range(12)),
        "areas": tuple(area.model_copy(update={"key": f"town_{n}"}) for n in range(60)),
    }
    quiet = {"warn_before_s": 0, "max_misses": 10, "misses_before_offer": 7}
    message = {"people": People(instead=Instead.VOICEMAIL, places=PLACES)}
    return (COMPANY, *(COMPANY.model_copy(update=changed) for changed in (many, quiet, message)))


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize("company", companies(), ids=["sample", "large", "quiet", "places"])
def test_no_question_is_put_twice_running_in_the_same_words(slot, company):
    asked = [wording.question(slot, company, KNOWN, SATURDAY, n) for n in range(25)]
    assert len(set(asked[:3])) == 3
    assert all(one != other for one, other in zip(asked, asked[1:], strict=False))


@pytest.mark.parametrize("say", [wording.misheard, wording.still_there])
def test_no_apology_is_made_twice_running_in_the_same_words(say):
    said = [say(n) for n in range(1, 25)]
    assert len(set(said[:3])) == 3 and set(said) <= set(wording.STOCK)
    assert all(one != other for one, other in zip(said, said[1:], strict=False))


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize("today", [SATURDAY, SUNDAY])
def test_every_key_that_is_told_of_is_taken(slot, today):
    for attempt in (wording.EASIEST, wording.EASIEST + 1):
        asked = wording.question(slot, COMPANY, KNOWN, today, attempt)
        if slot is Slot.PHONE:
            assert "hash" in asked
            continue
        keys = [k for k in "123456789" if f"{k} for " in asked]
        assert keys and all(value_of_keys(slot, k, COMPANY, today) for k in keys)
        assert value_of_keys(slot, str(len(keys) + 1), COMPANY, today) is None


def test_stock_holds_each_sentence_once_and_comfort_enough():
    assert len(set(wording.STOCK)) == len(wording.STOCK) and all(wording.STOCK)
    assert len(wording.COMFORT) >= 3 and set(wording.COMFORT) <= set(wording.STOCK)


def test_every_fixed_sentence_of_the_module_is_in_stock():
    for name, value in vars(wording).items():
        if name.isupper() and isinstance(value, str):
            assert value in wording.STOCK, name


@pytest.mark.parametrize(("seconds", "left"), [
    (20, "about 20 seconds"), (44, "about 44 seconds"), (45, "about a minute"),
    (60, "about a minute"), (89, "about a minute"), (90, "about 2 minutes"),
    (300, "about 5 minutes"),
])  # fmt: skip
def test_the_time_that_is_left_is_told_as_people_tell_it(seconds, left):
    assert left in wording.time_short(seconds)


def test_a_company_that_never_warns_has_no_warning_ready():
    quiet = COMPANY.model_copy(update={"warn_before_s": 0})
    assert wording.time_short(60) in wording.company_stock(COMPANY, SATURDAY)
    assert not any("left on this call" in s for s in wording.company_stock(quiet, SATURDAY))


WORDS = ["boiler service", "truro", "yes", "no", "monday", "tomorrow", "morning", "", "um",
         "redruth, in the afternoon", "operator", "accounts please"]  # fmt: skip
NOBODY, BUSY, LINE = (
    Outlook(),
    Outlook(members=1),
    Outlook(members=2, waiting=4, longest_wait_s=200),
)
NOBODY_TOLD = Sought(None)
FOUND = st.sampled_from([
    NOBODY_TOLD, Sought(NOBODY), Sought(BUSY), Sought(LINE), Sought(BUSY, open=False)
])  # fmt: skip
EVENTS = st.one_of(
    st.sampled_from(WORDS).map(Heard),
    st.sampled_from(["1", "2", "3", "0", "*", "871", "01632", "960999", "01632960999"]).map(Keyed),
    st.sampled_from([Silent(), Silent(), Warned(), Warned(), Overtime(), Stuck()]),
)


def said(events, facts, free_speech=False, works=True, found=NOBODY_TOLD):
    """Hold a conversation, once more after it ended; return every sentence of it."""
    state, reply = advance(State(), Started(free_speech), facts)
    sentences = list(reply.say)
    for event in events:
        if state.phase is Phase.BOOKING:
            event = Booked("482913") if works else BookingFailed()
        if state.phase is Phase.SEEKING:
            event = found
        if state.phase is Phase.NOTING:
            event = Noted() if works else NotNoted()
        if state.phase is Phase.ENDED:
            event = Returned(Unanswered.NO_ANSWER)
        if isinstance(event, Warned) and not facts.company.warn_before_s:
            continue  # never happens
        state, reply = advance(state, event, facts)
        sentences += reply.say
    return sentences


@given(
    st.lists(EVENTS, max_size=40), st.booleans(), st.booleans(), st.booleans(),
    st.sampled_from(companies()), st.integers(0, 6).map(lambda days: SATURDAY + timedelta(days)),
    FOUND,
)  # fmt: skip
def test_whatever_is_said_is_ready_or_made_of_the_callers_answers(
    events, withheld, free_speech, works, company, today, found
):
    facts = Facts(company, "" if withheld else "+441632960123", today)
    ready = {*wording.STOCK, *wording.company_stock(company, today)}
    for sentence in said(events, facts, free_speech, works, found):
        assert sentence in ready or any(part in sentence for part in OF_THE_CALLER), sentence


@pytest.mark.parametrize("today", [SATURDAY, SUNDAY])
@pytest.mark.parametrize("instead", Instead)
def test_whatever_is_ready_for_a_company_is_said_in_some_call(today, instead):
    places = People(instead=instead, places=PLACES)
    patient = COMPANY.model_copy(
        update={"max_misses": 6, "misses_before_offer": 6, "people": places}
    )
    facts = Facts(patient, "", today)
    answers = ["boiler service", "truro", "yes", "monday", "morning", "01632960999", "yes"]
    events = [event for words in answers for event in (*[Silent()] * 4, Warned(), Heard(words))]
    heard = said(events, facts) + said([Heard("accounts please"), *[Silent()] * 8], facts)
    assert set(wording.company_stock(patient, today)) <= set(heard)


def test_the_days_that_can_be_keyed_depend_on_the_date():
    ready = [wording.company_stock(COMPANY, today) for today in (SATURDAY, SUNDAY)]
    assert [any("tomorrow" in sentence for sentence in s) for s in ready] == [False, True]
    assert len(set(ready[0]) ^ set(ready[1])) == 4  # both easy wordings of one question
