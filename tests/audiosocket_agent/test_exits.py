"""What a call leaves with: nothing the dialplan would make something of, and who answers knows."""

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiosocket_agent.company import load_companies
from audiosocket_agent.company_calls import People, Place
from audiosocket_agent.conversation_state import Facts, Seek, State, Why
from audiosocket_agent.exits import about, one_line, summary, variables, whisper_text
from audiosocket_agent.workflow import Slot
from tests.fake_asterisk import DID, SHIPPED

COMPANY = load_companies(SHIPPED)[DID]
FACTS = Facts(COMPANY, "01632960123", date(2026, 11, 21))
SLOTS = {
    Slot.SERVICE: "leaking_tap", Slot.AREA: "truro", Slot.DAY: "2026-11-24", Slot.PART: "morning",
    Slot.PHONE: "01632960123",
}  # fmt: skip
ASKED = State(slots=SLOTS, seek=Seek(Why.ASKED))
SAFE = re.compile(r"[A-Za-z0-9_./@+*#:-]{0,200}")


@pytest.mark.parametrize(("known", "said"), [
    ((), ""), ((Slot.SERVICE,), "leaking tap repair"), ((Slot.AREA,), "in Truro"),
    ((Slot.SERVICE, Slot.DAY), "leaking tap repair on Tuesday"),
    ((Slot.SERVICE, Slot.PART), "leaking tap repair in the morning"),
    (tuple(SLOTS), "leaking tap repair in Truro on Tuesday morning"),
])  # fmt: skip
def test_the_job_is_told_as_far_as_it_is_known(known, said):
    assert about({slot: SLOTS[slot] for slot in known}, FACTS) == said


def test_the_person_who_answers_is_told_whose_call_it_is_why_and_about_what():
    assert whisper_text(ASKED, FACTS) == (
        "Call for Harbour Home Services. The caller asked for a person. "
        "Leaking tap repair in Truro on Tuesday morning."
    )
    assert whisper_text(State(), FACTS) == "Call for Harbour Home Services."


@pytest.mark.parametrize("why", Why)
def test_what_is_whispered_takes_about_five_seconds(why):
    told = whisper_text(replace(ASKED, seek=Seek(why)), FACTS)
    assert len(told.split()) <= 22  # at four words and more a second


def test_the_summary_holds_the_reason_the_job_and_the_number():
    line = summary(ASKED, FACTS)
    for part in ("Harbour Home Services", "asked for a person", "Leaking tap", "24 November 2026"):
        assert part in line
    assert "01632960123" in line


def test_a_company_and_a_place_say_how_people_are_reached():
    places = {"accounts": Place(name="accounts", phrases=("accounts",), extension="201", ring_s=9)}
    people = People(ring_s=40, returns=2, places=places)
    company = COMPANY.model_copy(
        update={"queue": "harbour", "mailbox": "100@default", "people": people}
    )
    left = variables("", company, whisper="/sounds/call-1", summary="Leaking tap.")
    assert left == {
        "VA_TARGET": "", "VA_QUEUE": "harbour", "VA_RING_S": "40", "VA_MAILBOX": "100@default",
        "VA_MOST_RETURNS": "2", "VA_WHISPER": "/sounds/call-1", "VA_SUMMARY": "Leaking tap.",
    }  # fmt: skip
    assert variables("201", company)["VA_RING_S"] == "9"
    quiet = company.model_copy(update={"people": People(whisper=False)})
    assert variables("", quiet, whisper="/sounds/call-1")["VA_WHISPER"] == ""
    assert variables("", quiet)["VA_RING_S"] == ""


@given(st.text(max_size=400), st.text(max_size=400))
def test_whatever_is_leftnothing_gets_through_that_the_dialplan_would_evaluate(path, text):
    left = variables(path, COMPANY, whisper=path, summary=text)
    line = left.pop("VA_SUMMARY")
    assert all(SAFE.fullmatch(value) for value in left.values())
    assert len(line) <= 200 and line.isascii() and line.isprintable()
    assert not set(line) & set('${}"\\,;|')
    assert one_line(line) == line


@given(st.text('${}"\\,;|\n\r\x00abc é', max_size=30))
def test_a_companys_own_name_gets_no_way_into_the_dialplan_either(name):
    facts = replace(FACTS, company=COMPANY.model_copy(update={"name": name}))
    line = variables("", facts.company, summary=summary(ASKED, facts))["VA_SUMMARY"]
    assert not set(line) & set('${}"\\,;|\r\n\x00')
