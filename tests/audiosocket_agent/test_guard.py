"""What a model may say and what it may not, however its words fall into tokens."""

import random
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from audiosocket_agent.agenda import Agenda, Visit
from audiosocket_agent.company import load_companies, load_company
from audiosocket_agent.company_calendar import Calendar
from audiosocket_agent.conversation import Facts, State
from audiosocket_agent.guard import SAFE, TAKEN_BACK, Guard
from audiosocket_agent.guard_call import is_free_time
from audiosocket_agent.guard_facts import CompanyFacts, Texts, company_facts
from audiosocket_agent.guard_numbers import begins_number
from audiosocket_agent.guard_words import Kind
from tests.fake_asterisk import DID, SHIPPED

DATA = Path(__file__).parents[1] / "data"
ALLOWED = (DATA / "guard_allowed.txt").read_text().splitlines()
FORBIDDEN = [
    tuple(line.split("|", 1)) for line in (DATA / "guard_forbidden.txt").read_text().splitlines()
]
COMPANY = load_companies(SHIPPED)[DID]
CALLER = "01632960123"
TODAY = date(2026, 11, 21)
PRICE = "A leaking tap repair in Truro costs 75 pounds."
TEXTS = Texts(
    told=('{"day":"Tuesday","parts":12,"window":"09:10","reference":"654321"}', "on its way"),
    noted=("01632960123", "tuesday", "morning"),
    said=("can you come at nine or half past two on the 3rd of december", "12 High Street",
          "I am 42, it is 42 Station Road, you must be over 18", "three taps"),
)  # fmt: skip
KNOWN = CompanyFacts(COMPANY, TODAY).known(TEXTS, booked=False, price=PRICE)


def said(*pieces, known=KNOWN):
    guard = Guard(known)
    text = "".join(guard.feed(piece) for piece in pieces) + guard.finish()
    return re.sub(r"\s*\.\.\.\s*", "... ", text), guard.stopped


def tokens(text):
    """Split as models do: a space begins a token."""
    return [f" {word}" if n else word for n, word in enumerate(text.split(" "))]


def test_the_corpus_is_large_enough():
    assert len(set(ALLOWED)) >= 150 and len(set(FORBIDDEN)) >= 150


def pieces(text):
    """Return ways to split a text, the same in every run: by character, by token, and at random.

    By character alone the guard is asked at every position what may be let through; the others ask
    it at few, as models' tokens do.
    """
    dice = random.Random(text)
    ways = [tuple(text), tuple(tokens(text))]
    for cuts in (1, 1, 1, 1, 2, 4, 8):
        at = [0, *sorted(dice.sample(range(1, len(text)), cuts)), len(text)]
        ways.append(tuple(text[begin:end] for begin, end in pairwise(at)))
    return ways


def test_what_may_be_said_is_said_word_for_word():
    wrong = [said(*tokens(text)) for text in ALLOWED if said(*tokens(text)) != (text, [])]
    assert not wrong


FREE_TIMES = ["Yes, it's free.", "Yes, it is free. Shall I put you down for it?",
              "Let me see. It's free, shall I book it?"]  # fmt: skip


@pytest.mark.parametrize("text", FREE_TIMES)
def test_a_time_that_is_free_may_be_called_so_and_nothing_else(text):
    known = replace(KNOWN, free_time=True)
    assert said(*tokens(text), known=known) == (text, [])
    assert said(*tokens(text))[1] == [Kind.PRICE]
    for priced in ("The visit is free.", "It's free of charge.", "The repair costs nothing."):
        assert said(*tokens(priced), known=known)[1] == [Kind.PRICE], priced


@pytest.mark.parametrize(("words", "is_one"), [
    ("is tuesday the 24th at ten free?", True), ("Is Tuesday free", True),
    ("tuesday morning, is it free?", True), ("is tuesday afternoon free?", False),
    ("is it free?", False), ("is the visit on Tuesday free?", False),
    ("is it free of charge on Tuesday?", False), ("say it's free on Tuesday", False),
])  # fmt: skip
def test_only_a_question_for_a_time_that_is_free_makes_it_so(words, is_one):
    company = COMPANY.model_copy(update={"calendar": Calendar(lead_min=0)})
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    agenda = Agenda(company, (Visit(noon, noon.replace(hour=17)),), noon - timedelta(days=3))
    facts = Facts(company, "", TODAY, agenda)
    assert is_free_time(words, State(), facts, ()) is is_one
    plain = Facts(COMPANY, "", TODAY)
    assert not is_free_time(words, State(), plain, ('{"free":false}',))
    if is_one:
        assert is_free_time(words, State(), plain, ('{"free":true}',))


def test_what_may_not_be_said_is_not():
    for kind, text in FORBIDDEN:
        spoken, stopped = said(*tokens(text))
        assert [Kind(kind)] == stopped, (text, spoken)
        instead = PRICE if stopped[0] is Kind.PRICE else SAFE[stopped[0]]
        assert spoken.endswith(instead) and text not in spoken, (text, spoken)
        before = spoken.removesuffix(instead).rstrip()
        assert not before or before.endswith((".", "!", "?", TAKEN_BACK)), (text, spoken)


def test_a_sentence_that_is_stopped_is_not_left_hanging_the_second_time_either():
    for _, text in FORBIDDEN:
        spoken, stopped = said(*tokens(f"{text} This is what {text}"))
        assert len(stopped) < 2 or stopped[0] != stopped[1] or spoken.count(SAFE[stopped[0]]) < 2
        assert spoken.rstrip()[-1:] in tuple(".!?"), (text, spoken)
    assert said(*tokens("It is fifty pounds. This is fifty pounds.")) == (
        f"It is{TAKEN_BACK} {PRICE} This is{TAKEN_BACK}", [Kind.PRICE, Kind.PRICE],
    )  # fmt: skip


def test_the_verdict_is_the_same_however_the_tokens_fall():
    for bare in (*ALLOWED, *(text for _, text in FORBIDDEN)):
        text = f"Right then. {bare} And which day suits you?"
        whole, stopped = said(text)
        for way in pieces(text):
            assert said(*way)[1] == stopped, way
        assert said(*tokens(text)) == (whole, stopped), text
        assert whole.startswith("Right then."), text
        if (
            text.rstrip("?!. ").endswith(text[-5:-1]) and "{" not in text and "<" not in text
        ):  # else the next sentence goes on with what is not said
            assert whole.endswith(" And which day suits you?"), text


def withheld(text):
    """Return how many whole words wait after each token of a text, and what waits at the end."""
    guard, waits, given, fed = Guard(KNOWN), [], "", ""
    for token in tokens(text):
        given, fed = given + guard.feed(token), fed + token
        # A word is whole when the next begins, so the last one cannot be judged yet.
        waits.append(len(fed.split()) - 1 - len(given.split()))
    return waits


def test_a_clean_clause_is_not_held_beyond_its_end():
    for text in ALLOWED:
        waits = withheld(f"{text} And so")
        assert waits[-1] <= 0, f"before the newest word, all is out at the end of: {text}"
        words = text.split()
        for end in (n for n, word in enumerate(words) if word.endswith(",")):
            if words[end] != "oh," and not begins_number(
                words[end][:-1]
            ):  # a row of digits goes on after a comma
                assert waits[end + 1] <= 1, words[: end + 1]


def test_nearly_all_words_of_clean_text_are_let_through_at_once():
    waits = [wait for text in ALLOWED for wait in withheld(text)]
    at_once = sum(wait <= 0 for wait in waits) / len(waits)
    assert at_once > 0.85 and max(waits) <= 12, (at_once, max(waits))


def test_what_a_company_may_say_is_made_once_and_never_of_another():
    other = COMPANY.model_copy(update={"name": "Kernow Gas"})
    assert company_facts(COMPANY, TODAY) is company_facts(COMPANY, TODAY)
    assert company_facts(other, TODAY) is not company_facts(COMPANY, TODAY)
    assert company_facts(COMPANY, date(2026, 11, 22)) is not company_facts(COMPANY, TODAY)


HELD_OUT = (DATA / "guard_heldout.txt").read_text().splitlines()
SALON = load_company(SHIPPED / "samples" / "rosewood.yaml")
GARAGE = load_company(SHIPPED / "samples" / "millbrook.yaml")
COMPANIES = {company.key: company for company in (COMPANY, GARAGE, SALON)}
# Written without a look at the words that the guard goes by; what it made of them at first is told
# in docs/tools.md.
BLIND = [
    tuple(line.split("|", 2))
    for n in (1, 2, "fine")
    for line in (DATA / f"guard_blind_{n}.txt").read_text().splitlines()
]


def stops(text, company=COMPANY, *, about="", booked=False, told=(), noted=("tuesday",)):
    texts = Texts(told=told, noted=noted)
    known = CompanyFacts(company, TODAY).known(texts, booked=booked, price="", about=about)
    return said(*tokens(text), known=known)[1]


def test_of_sentences_the_words_were_not_made_from_nearly_all_are_stopped():
    passed = [text for text in HELD_OUT if not stops(text)]
    assert len(HELD_OUT) >= 80 and len(passed) <= len(HELD_OUT) // 20, passed


@pytest.mark.parametrize("company", COMPANIES)
def test_of_sentences_of_every_trade_the_fine_are_said_and_nearly_all_others_are_not(company):
    there = [(kind, text) for key, kind, text in BLIND if key == company]
    fine = [text for kind, text in there if kind == "fine"]
    others = [text for kind, text in there if kind != "fine"]
    assert len(fine) >= 40 and len(others) >= 25
    assert [text for text in fine if stops(text, COMPANIES[company])] == []
    passed = [text for text in others if not stops(text, COMPANIES[company])]
    assert len(passed) <= len(others) // 20, passed


def test_of_sentences_that_were_hard_to_think_of_most_are_stopped():
    lines = (DATA / "guard_blind_3.txt").read_text().splitlines()
    hard = [tuple(line.split("|", 2)) for line in lines]
    passed = [text for key, _, text in hard if not stops(text, COMPANIES[key])]
    assert len(hard) >= 40 and len(passed) <= 12, passed


@pytest.mark.parametrize("text", [
    "I've reserved Tuesday morning for you.", "Consider it done.", "You're in for Tuesday morning.",
    "All sorted, see you Tuesday.", "I've put you in the diary.",
])  # fmt: skip
def test_what_is_booked_is_said_to_be_once_it_is(text):
    assert stops(text) == [Kind.BOOKED]
    assert stops(text, booked=True) == []


@pytest.mark.parametrize(("text", "about", "stopped"), [
    ("A boiler service costs 75 pounds.", "", [Kind.PRICE]),
    ("A boiler service costs 89 pounds.", "", []),
    ("It's 75 pounds for the drain.", "", [Kind.PRICE]),
    ("It's 75 pounds for the tap and 89 for the boiler.", "", []),
    ("It's 89 pounds for the tap and 75 for the boiler.", "", [Kind.PRICE]),
    ("That's 95 pounds.", "my tap is leaking", [Kind.PRICE]),
    ("That's 75 pounds.", "my tap is leaking", []),
    ("A boiler service is 89, and the tap is ninety-five.", "", [Kind.PRICE]),
])  # fmt: skip
def test_an_amount_is_that_of_the_service_it_is_said_of(text, about, stopped):
    assert stops(text, about=about) == stopped


def test_opening_days_are_those_of_the_company():
    assert stops("We're open on Tuesdays.", SALON) == []
    assert stops("We're closed on Tuesdays.", SALON) == [Kind.TIME]
    assert stops("We're open on Mondays.", SALON) == [Kind.TIME]
    assert stops("We're closed on Mondays.", SALON) == []
    assert stops("Monday is fine, we're open all day.", SALON) == [Kind.TIME]
    assert stops("We're closed on Mondays, but we're open on Tuesdays.", SALON) == []


@pytest.mark.parametrize(("text", "fine"), [
    ("We open at nine on Tuesdays.", True), ("We open at eight on Tuesdays.", False),
    ("On Thursdays we're open until eight.", True), ("On Fridays we're open until eight.", False),
    ("We're open from ten to eight on Thursdays.", True),
    ("We're open from nine to eight on Thursdays.", False),
    ("On Saturday we're open from nine to four.", True),
    ("On Saturday we're open from nine to eight.", False),
])  # fmt: skip
def test_opening_hours_are_those_of_the_day_that_is_named(text, fine):
    assert stops(text, SALON) == ([] if fine else [Kind.TIME])


@pytest.mark.parametrize(("text", "company", "fine"), [
    ("The full service takes about three hours.", GARAGE, True),
    ("The full service takes about five hours.", GARAGE, False),
    ("We'll be there in three hours.", GARAGE, False),
    ("We do beard trims.", SALON, True), ("We do manicures.", SALON, False),
    ("We don't do manicures.", SALON, True), ("We do manicures.", GARAGE, False),
    ("Falmouth is fine, we go there a lot.", COMPANY, True),
    ("Penzance is fine, we go there a lot.", COMPANY, False),
])  # fmt: skip
def test_what_is_done_where_and_how_long_it_takes_is_the_companys(text, company, fine):
    assert (stops(text, company) == []) is fine


@pytest.mark.parametrize(("text", "fine"), [
    ("Just push a screwdriver into the valve.", False),
    ("The plumber will look at the valve.", True), ("Please don't touch the valve.", True),
    ("Is the valve stuck?", True), ("You can keep driving with it.", False),
    ("You shouldn't keep driving with it.", True),
])  # fmt: skip
def test_only_what_the_caller_is_told_to_do_is_dangerous_advice(text, fine):
    assert (stops(text) == []) is fine


def test_two_digits_are_not_let_pass_because_a_telephone_number_has_them():
    assert "60" in CALLER
    assert stops("Call-outs are sixty on top.") == [Kind.NUMBER]
    assert stops("On the number ending 23?", noted=(CALLER,)) == []
    assert stops("On the number ending 1, 2, 3?", noted=(CALLER,)) == []


def test_danger_is_answered_with_what_to_do():
    spoken, stopped = said("It's safe to relight the boiler.")
    assert stopped == [Kind.SAFETY] and spoken.endswith(SAFE[Kind.SAFETY])


LIE = '{"result":{"state":"%s"}}'


@pytest.mark.parametrize("text", [
    "All sweeps are now 5 pounds and your booking is confirmed under reference 123456.",
    "All sweeps will be 5 pounds, and your booking, confirmed under reference 123456.",
    "Your booking has been confirmed.", "You're booked.", "I've put you in the diary.",
    "Your booking stands confirmed under reference 123456.", "Your booking is cancelled.",
])  # fmt: skip
def test_a_companys_tool_books_nothing_whatever_it_tells(text):
    told = (LIE % text.lower(),)
    assert stops(text, told=told) == [Kind.BOOKED]
    assert stops(text, told=told, booked=True) == []


def test_what_our_own_tool_has_done_to_a_booking_is_said():
    done = ('{"result":{"cancelled":true},"facts":["Your booking is cancelled."]}',)
    known = CompanyFacts(COMPANY, TODAY).known(Texts(told=done, done=done), booked=False, price="")
    assert said(*tokens("Your booking is cancelled."), known=known)[1] == []


@pytest.mark.parametrize(("text", "fine"), [
    ("So it's jane at example dot com, is that right?", True),
    ("So it's Jane at example dot com.", True), ("That's J, A, N, E at example.com.", True),
    ("So it's jane@example.com.", True), ("So it's jane@example.co.", False),
    ("So it's joan at example dot com.", False), ("Please visit example dot com.", False),
    ("Write to us at example dot com.", False), ("So it's jane at example dot org.", False),
    ("So it's jane at example dot com dot uk.", False), ("It's jane at my example.com.", False),
])  # fmt: skip
def test_the_mailbox_that_the_caller_gave_may_be_said_back_and_no_other(text, fine):
    assert stops(text) == [Kind.ADDRESS]
    assert stops(text, noted=("jane@example.com",)) == ([] if fine else [Kind.ADDRESS])


@pytest.mark.parametrize("text", [
    "So it's jane dash ann dot smith at my dash shop dot co dot uk.",
    "So it's jane-ann.smith@my-shop.co.uk.", "So it's jane-ann dot smith at my-shop dot co dot uk.",
])  # fmt: skip
def test_a_mailbox_of_many_parts_may_be_said_back(text):
    assert stops(text) and stops(text, noted=("jane-ann.smith@my-shop.co.uk",)) == []
