from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import audiosocket_agent
from audiosocket_agent.company import load_company
from audiosocket_agent.workflow import Kind, SlotRule
from audiosocket_agent.workflow.keyed import KEYS_OF, keys_of_text, text_of_keys
from audiosocket_agent.workflow.kinds import (
    days_worked,
    is_worked,
    parse,
    parse_keys,
    spoken,
    spoken_date,
)
from audiosocket_agent.workflow.said_codes import as_postcode
from audiosocket_agent.workflow.said_names import name_in

COMPANIES = Path(audiosocket_agent.__file__).parent / "companies"
HARBOUR = load_company(COMPANIES / "harbour.yaml")
MILLBROOK = load_company(COMPANIES / "samples/millbrook.yaml")  # open on Saturday mornings
TODAY = date(2026, 11, 18)  # a Wednesday


def rule(kind, **fields):
    return SlotRule(kind=kind, ask=("What is it?",), meaning="It.", **fields)


def of(kind, text, company=HARBOUR, **fields):
    return parse(rule(kind, **fields), text, company, TODAY)


def keyed(kind, keys, company=HARBOUR, **fields):
    return parse_keys(rule(kind, **fields), keys, company, TODAY)


CHOICE = {"options": [
    {"key": "maya", "name": "Maya", "phrases": ["maya"]},
    {"key": "tom", "name": "Tom", "phrases": ["tom", "thomas"]},
]}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("T R one, one A A", "TR1 1AA"),
        ("M one four B T", "M1 4BT"),
        ("It's TR1 1AA, please.", "TR1 1AA"),
        ("my postcode is sw1a 2aa", "SW1A 2AA"),
        ("e c one a one b b", "EC1A 1BB"),
        ("p oh one three a x", "PO1 3AX"),
        ("tango romeo one, one alpha alpha", "TR1 1AA"),
        ("double u one a one a a", "W1A 1AA"),
        ("t r twenty one a b", "TR2 1AB"),
        ("a b one one a a", "AB1 1AA"),
        ("TR1 1AA or TR2 2BB", None),
        ("TR1", None),
        ("ZZ1 1AA", None),  # no such area
        ("Q1 1AA", None),
        ("TR1 1CA", None),  # C is in no second half
        ("I live in Truro", None),
        ("", None),
    ],
)
def test_a_postcode_is_written_or_spelled(said, value):
    assert of("postcode", said) == value


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Tuesday", "2026-11-24"),
        ("On Tuesday, please.", "2026-11-24"),
        ("last Monday", None),
        ("yesterday", None),
        ("Wednesday", "2026-11-25"),  # today's own name is a week away
        ("tomorrow", "2026-11-19"),
        ("the day after tomorrow", "2026-11-20"),
        ("next Friday", "2026-11-27"),
        ("this Friday", "2026-11-20"),
        ("Friday week", "2026-11-27"),
        ("a week on Friday", "2026-11-27"),
        ("Tuesday next week", "2026-11-24"),
        ("in two weeks", "2026-12-02"),
        ("in a fortnight", "2026-12-02"),
        ("the 3rd of March", "2027-03-03"),
        ("March the third", "2027-03-03"),
        ("on the twenty fourth", "2026-11-24"),
        ("Tuesday the 24th of November", "2026-11-24"),
        ("Wednesday the 24th of November", None),  # which is a Tuesday
        ("24/11/2026", "2026-11-24"),
        ("2026-12-01", "2026-12-01"),
        ("1.12.26", "2026-12-01"),
        ("Tuesday at 2.30", "2026-11-24"),
        ("Tuesday or Thursday", None),
        ("the first one", None),
        ("first thing tomorrow", "2026-11-19"),
        ("I may come in March", None),
        ("the 31st of June", None),
        ("next week", None),
        ("Saturday", None),  # not worked
        ("the 18th of November 2025", None),  # past
        ("the 3rd of March 2031", None),
        ("", None),
    ],
)
def test_a_date_in_words(said, value):
    assert of("date", said) == value


def test_a_day_is_possible_where_the_hours_have_it():
    assert of("date", "Saturday", MILLBROOK) == "2026-11-21"
    assert of("date", "Sunday", MILLBROOK) is None
    closed = MILLBROOK.model_copy(update={"holidays": frozenset((date(2026, 11, 21),))})
    assert of("date", "Saturday", closed) is None
    assert (days_worked(HARBOUR), days_worked(MILLBROOK)) == (
        "Monday to Friday", "Monday to Saturday",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("half past two", "14:30"),
        ("2:30 pm", "14:30"),
        ("2.30", "14:30"),
        ("fourteen thirty", "14:30"),
        ("ten o'clock", "10:00"),
        ("quarter to three", "14:45"),
        ("twenty five to six", "17:35"),
        ("ten past four, please", "16:10"),
        ("half nine", "09:30"),
        ("nine oh five", "09:05"),
        ("0930", "09:30"),
        ("8 a.m.", "08:00"),
        ("eight in the evening", "20:00"),
        ("at ten", "10:00"),
        ("noon", "12:00"),
        ("twelve", "12:00"),
        ("Tuesday the 3rd at 2:30", "14:30"),
        ("between two and three", None),
        ("25:10", None),
        ("half past twenty five", None),
        ("I have three taps that drip at home", None),
        ("whenever", None),
        ("", None),
    ],
)
def test_a_time_in_words(said, value):
    assert of("time", said) == value


def test_a_time_of_either_half_of_the_day_is_the_one_in_the_hours():
    late = MILLBROOK.model_copy(update={"hours": {"mon": ("17:00-22:00",)}})
    assert of("time", "eight o'clock", MILLBROOK) == "08:00"
    assert of("time", "eight o'clock", late) == "20:00"


@pytest.mark.parametrize(
    ("kind", "said", "value"),
    [
        ("phone", "oh one six three two, nine six oh, double one two", "01632960112"),
        ("phone", "+44 1632 960112", "+441632960112"),
        ("phone", "plus 44 1632 960112", "+441632960112"),
        ("phone", "five", None),
        ("phone", "1234567890123456", None),
        ("name", "my name is Jane Smith", "Jane Smith"),
        ("name", "It's O'Neill.", "O'Neill"),
        ("name", "Smith, S M Y T H E", "Smythe"),
        ("name", "this is Mary-Jane Watson speaking", "Mary-Jane Watson"),
        ("name", "what do you mean", None),
        ("name", "no", None),
        ("name", "seven", None),
        ("name", "Will Green", "Will Green"),
        ("name", "my name is Will", "Will"),
        ("name", "will it be long", None),
        ("name", "Let me think. it's Alice Brown", "Alice Brown"),
        ("name", "Alice Brown, that's right", "Alice Brown"),
        ("name", "yes, that's right", None),
        ("name", "hang on", None),
        ("name", "Thursday morning", None),
        ("address", "twelve Market Street", "12 Market Street"),
        ("address", "one hundred and twenty three high street", "123 High Street"),
        ("address", "Flat 2, 12a St. Mary's Road please", "Flat 2, 12A St Mary's Road"),
        ("address", "I live at Rose Cottage, Fore Street", "Rose Cottage, Fore Street"),
        ("address", "twelve", None),
        ("address", "no idea", None),
        ("email", "jane at example dot com", "jane@example.com"),
        ("email", "It's jane dot smith at example dot co dot uk.", "jane.smith@example.co.uk"),
        ("email", "j s underscore nine nine at gmail dot com", "js_99@gmail.com"),
        ("email", "Jane@Example.com", "jane@example.com"),
        ("email", "jane at example", None),
        ("email", "jane at at example dot com", None),
        ("number", "forty two", "42"),
        ("number", "one hundred and five", "105"),
        ("number", "two thousand three hundred", "2300"),
        ("number", "it's 3", "3"),
        ("number", "two or three", None),
        ("number", "lots", None),
        ("code", "AB12 CDE", "AB12CDE"),
        ("code", "my reg is a b one two c d e", "AB12CDE"),
        ("code", "alpha bravo one two charlie delta echo", "AB12CDE"),
        ("code", "the number plate is L S double six x y z", "LS66XYZ"),
        ("code", "L M 5 1 N O P", "LM51NOP"),  # O and 0 by their places
        ("code", "el em fifty one en oh pee", "LM51NOP"),
        ("code", "lima mike five one november oscar papa", "LM51NOP"),
        ("code", "A B O 1 C D E", "AB01CDE"),
        ("code", "LM51 N0P", "LM51NOP"),
        ("code", "P O 1 2 3 4", "PO1234"),
        ("code", "no idea", None),
        ("text", "  the gate   is blue ", "the gate is blue"),
        ("text", "um", None),
        ("text", "x" * 301, None),
        ("part", "in the morning", "morning"),
        ("part", "morning or afternoon", None),
        ("yes_no", "yes please", "yes"),
        ("yes_no", "no thanks", "no"),
    ],
)
def test_other_kinds_in_words(kind, said, value):
    assert of(kind, said) == value


def test_a_choice_is_named_by_its_phrases_or_its_name():
    assert of("choice", "with Thomas please", **CHOICE) == "tom"
    assert of("choice", "Tom or Maya", **CHOICE) is None
    assert of("choice", "a boiler service", of="services") == "boiler_service"
    assert of("choice", "Falmouth", of="areas") == "falmouth"
    assert spoken(rule("choice", **CHOICE), "maya", HARBOUR, TODAY) == "Maya"


def test_a_number_and_a_code_keep_their_limits():
    assert of("number", "four", least=5) is None and of("number", "5", least=5, most=5) == "5"
    assert of("code", "AB12 CDE", most=6) is None
    assert of("text", "hm hm ok", least=20) is None


@pytest.mark.parametrize(
    ("kind", "keys", "value"),
    [
        ("date", "0312", "2026-12-03"),
        ("date", "18112026", "2026-11-18"),
        ("date", "2", "2026-11-24"),
        ("date", "0", None),
        ("date", "3102", None),
        ("date", "2111", None),  # a Saturday
        ("time", "1430", "14:30"),
        ("time", "930", "09:30"),
        ("time", "2460", None),
        ("time", "9", None),
        ("phone", "01632960112", "01632960112"),
        ("number", "42", "42"),
        ("yes_no", "2", "no"),
        ("part", "1", "morning"),
        ("part", "3", None),
        ("code", "2122102029", None),  # a letter's key and no place on it
        ("name", "5121623201746253844132", None),
    ],
)
def test_values_by_keys(kind, keys, value):
    assert keyed(kind, keys) == value


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_can_be_said_and_keyed(kind):
    value = {
        Kind.CHOICE: "tom", Kind.YES_NO: "no", Kind.DATE: "2026-12-01", Kind.PART: "afternoon",
        Kind.TIME: "14:30", Kind.PHONE: "01632960112", Kind.POSTCODE: "TR1 1AA",
        Kind.NAME: "Jane Smith", Kind.ADDRESS: "12 Market Street", Kind.EMAIL: "jane@example.com",
        Kind.NUMBER: "42", Kind.CODE: "AB12CDE", Kind.TEXT: "the blue gate",
    }[kind]  # fmt: skip
    keys = {
        Kind.CHOICE: "2", Kind.YES_NO: "2", Kind.DATE: "0112", Kind.PART: "2", Kind.TIME: "1430",
        Kind.PHONE: value, Kind.NUMBER: value,
    }  # fmt: skip
    fields = CHOICE if kind is Kind.CHOICE else {}
    assert keyed(kind, keys.get(kind) or keys_of_text(value), **fields) == value
    assert of(kind, spoken(rule(kind, **fields), value, HARBOUR, TODAY), **fields) == value
    assert keyed(kind, "", **fields) is None and keyed(kind, "*", **fields) is None


@settings(deadline=None)
@given(st.text(alphabet=sorted(KEYS_OF), min_size=1, max_size=40))
def test_pairs_of_keys_mean_one_text(text):
    assert text_of_keys(keys_of_text(text)) == text


def said_and_heard(kind, value, company=HARBOUR, **fields):
    asked = rule(kind, **fields)
    return parse(asked, spoken(asked, value, company, TODAY), company, TODAY)


@settings(deadline=None)
@given(st.integers(0, 700).map(lambda days: TODAY + timedelta(days)))
@example(date(2028, 2, 29))
def test_a_date_said_back_is_the_date(day):
    if is_worked(MILLBROOK, day):
        assert said_and_heard("date", day.isoformat(), MILLBROOK) == day.isoformat()


@settings(deadline=None)
@given(st.integers(0, 1439).map(lambda m: f"{m // 60:02}:{m % 60:02}"))
def test_a_time_said_back_is_the_time(at):
    assert said_and_heard("time", at) == said_and_heard("time", at, MILLBROOK) == at


POSTCODES = st.from_regex(
    r"(?:TR|M|SW|B|EC)[0-9][0-9]?[0-9][ABDEFGHJLNPQRSTUWXYZ]{2}", fullmatch=True
).map(as_postcode).filter(bool)  # fmt: skip


@settings(deadline=None)
@given(POSTCODES)
def test_a_postcode_said_back_is_the_postcode(postcode):
    assert said_and_heard("postcode", postcode) == postcode


@settings(deadline=None)
@given(st.from_regex(r"0[1-9][0-9]{9}|\+44[1-9][0-9]{9}", fullmatch=True))
def test_a_number_said_back_is_the_number(number):
    assert said_and_heard("phone", number) == number


@settings(deadline=None)
@given(st.from_regex(r"[A-Z]{2}[0-9]{2}[A-Z]{3}", fullmatch=True))
def test_a_registration_said_back_is_the_registration(plate):
    assert said_and_heard("code", plate) == plate


@settings(deadline=None)
@given(st.integers(0, 999_999).map(str))
def test_a_count_said_back_is_the_count(number):
    assert said_and_heard("number", number) == number


NAMES = st.lists(st.from_regex(r"[A-Z][a-z]{2,9}", fullmatch=True), min_size=1, max_size=3)


@settings(deadline=None)
@given(NAMES.map(" ".join).filter(lambda name: name_in(name) == name))
def test_a_name_said_back_is_the_name(name):
    assert said_and_heard("name", name) == name


@settings(deadline=None)
@given(st.from_regex(r"[a-z]{4,9}[._-]?[a-z]{4,9}@[a-z]{4,9}\.(com|co\.uk|org)", fullmatch=True))
def test_an_address_of_mail_said_back_is_the_address(email):
    if not {"zero", "nought", "naught"} & set(email.replace("@", ".").split(".")):
        assert said_and_heard("email", email) == email


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120), st.sampled_from(list(Kind)))
def test_whatever_is_heard_is_a_value_of_its_kind_or_none(text, kind):
    fields = CHOICE if kind is Kind.CHOICE else {}
    value = of(kind, text, **fields)
    assert value is None or isinstance(spoken(rule(kind, **fields), value, HARBOUR, TODAY), str)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_long_story_costs_little(kind):
    fields = CHOICE if kind is Kind.CHOICE else {}
    of(kind, "a b one two double three and so on at " * 500, **fields)


def test_a_far_date_is_said_with_its_year():
    assert spoken_date(date(2026, 12, 1), TODAY) == "Tuesday the 1st of December"
    assert spoken_date(date(2027, 12, 1), TODAY) == "Wednesday the 1st of December 2027"


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("code", "AB12CDE", "A B 1 2, C D E"),
        ("code", "A1", "A 1"),
        ("code", "A123", "A 1 2 3"),
        ("code", "ABC123D4", "A B C, 1 2 3 D 4"),
        ("phone", "01632960112", "0 1 6 3 2, 9 6 0, 1 1 2"),
        ("phone", "+441632960112", "plus 4 4 1, 6 3 2, 9 6 0, 1 1 2"),
        ("postcode", "TR1 1AA", "T R 1, 1 A A"),
        ("date", "2026-12-01", "Tuesday the 1st of December"),
        ("time", "14:30", "half past 2 in the afternoon"),
        ("time", "00:00", "midnight"),
        ("email", "a.b@c.uk", "a dot b at c dot uk"),
    ],
)
def test_values_are_said_in_a_way_people_follow(kind, value, said):
    assert spoken(rule(kind), value, HARBOUR, TODAY) == said
