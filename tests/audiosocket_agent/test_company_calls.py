"""How calls are handled, as people write it: accepted, or refused in one line that helps."""

import re
from datetime import date, time
from functools import partial
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import audiosocket_agent
from ari_app.numbers import e164
from audiosocket_agent.company import load_company
from audiosocket_agent.company_calls import ClosedTo, Instead, is_open
from audiosocket_agent.errors import CompanyError

SHIPPED = Path(audiosocket_agent.__file__).parent / "companies"
SAMPLE = (SHIPPED / "harbour.yaml").read_text()


@pytest.fixture
def loaded(tmp_path):
    def load(addition, region="GB"):
        path = tmp_path / "it.yaml"
        path.write_text(SAMPLE + addition + "\n", encoding="utf-8")
        return load_company(path, partial(e164, region=region))

    return load


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('{mon: ["08:00-12:30", "13:30-17:00"]}', {"mon": ("08:00-12:30", "13:30-17:00")}),
        ("{mon: [08:00-12:00]}", {"mon": ("08:00-12:00",)}),  # no quotes
        ("{mon: [9:00-17:00]}", {"mon": ("09:00-17:00",)}),
        ("{mon: 9:00 - 17:00}", {"mon": ("09:00-17:00",)}),
        ("{mon: 9:00\u201317:00}", {"mon": ("09:00-17:00",)}),
        ("{mon: [13:00-17:00, 09:00-12:00]}", {"mon": ("09:00-12:00", "13:00-17:00")}),
        ("{mon: [09:00-12:00, 12:00-17:00]}", {"mon": ("09:00-12:00", "12:00-17:00")}),
        ("{mon: [22:00-24:00], tue: [00:00-06:00]}",
         {"mon": ("22:00-24:00",), "tue": ("00:00-06:00",)}),
        ("{mon: [00:00-24:00], sun: [], sat: }", {"mon": ("00:00-24:00",), "sun": (), "sat": ()}),
    ],
)  # fmt: skip
def test_hours_as_people_write_them(loaded, written, read):
    assert loaded(f"hours: {written}").hours == read


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("{mon: [9:00]}", "hours.mon.0: '9:00' is no time; write it in quotes: \"08:00-17:00\""),
        ("{mon: [540]}", "hours.mon.0: 540 is no time"),
        ("{mon: 8}", "mon: 8 is no list of times"),
        ("{mon: [[08:00-12:00]]}", "is no time"),
        ("{mon: [true]}", "hours.mon.0: true is no time"),
        ("{mon: closed}", "mon: 'closed' is no time"),
        ("{on: [08:00-12:00]}", "'on' is no day; use mon, tue, wed, thu, fri, sat, sun"),
        ("{off: [08:00-12:00]}", "'off' is no day"),
        ("{true: [08:00-12:00]}", "true is no day"),
        ("{Mon: [08:00-12:00]}", "'Mon' is no day; use mon"),
        ("{1: [08:00-12:00]}", "1 is no day"),
        ("{mon: [08:00-25:00]}", "hours.mon.0: 08:00-25:00 is no time of day; the last is 24:00"),
        ("{mon: [24:00-24:30]}", "is no time of day"),
        ("{mon: [08:60-09:00]}", "is no time of day"),
        ("{mon: [08:00-24:01]}", "is no time of day"),
        ("{mon: [22:00-06:00]}", "hours.mon.0: 22:00-06:00 ends before it begins; a night is two"),
        ("{mon: [08:00-08:00]}", "ends before it begins"),
        ("{mon: [08:00-12:00, 11:59-13:00]}", "mon: 08:00-12:00 and 11:59-13:00 overlap"),
        ("{mon: [08:00-12:00, 8:00-12:00]}", "overlap"),
        ("{mon: [08:00-12:00], mon: [13:00-14:00]}", "mon stands there twice"),
        ("{}", "no day is open at all; left out, it is always open"),
        ("{mon: [], tue: []}", "no day is open at all"),
        ("08:00-12:00", "name the days"),
        ("[08:00-12:00]", "name the days"),
        ("true", "hours: "),
        ("{mon: [" + "9" * 500 + "]}", "a number has more than 100 digits"),
    ],
)  # fmt: skip
def test_hours_that_mean_nothing(loaded, written, says):
    refused(loaded, f"hours: {written}", says)


def refused(loaded, addition, says):
    with pytest.raises(CompanyError) as caught:
        loaded(addition)
    line = str(caught.value)
    assert says in line and "\n" not in line and len(line) < 400, line


def test_holidays_as_people_write_them(loaded):
    days = {date(2026, 12, 25), date(2026, 12, 26)}
    assert loaded('holidays: [2026-12-25, "2026-12-26"]').holidays == days
    assert loaded("holidays:\n  - 2026-12-25\n  - 2026-12-26").holidays == days
    assert loaded("holidays: [2028-02-29]").holidays == {date(2028, 2, 29)}


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("[2026-02-30]", "holidays.0: '2026-02-30' is no date; write it like 2026-12-25"),
        ("[25.12.2026]", "is no date"),
        ("[20261225]", "20261225 is no date"),
        ("[2026-12-25 10:00:00]", "is no date"),
        ("[2026-W01-1]", "is no date"),
        ("[true]", "is no date"),
        ("[christmas]", "is no date"),
        ("2026-12-25", "a list of dates is expected"),
        ("true", "holidays: "),
        ("[2026-12-25, 2026-12-25]", "2026-12-25 stands there twice"),
        ("{a: 2026-12-25}", "a list of dates is expected"),
    ],
)
def test_holidays_that_are_none(loaded, written, says):
    refused(loaded, f"holidays: {written}", says)


@pytest.mark.parametrize(
    "written",
    ["+44 1632 960666", "01632 960666", "00441632960666", "441632960666", "(01632) 960666"],
)
@pytest.mark.parametrize("quote", ['"', ""])
def test_numbers_in_any_form_with_quotes_or_without(loaded, written, quote):
    it = loaded(f"blocked: [{quote}{written}{quote}, 100]")
    assert it.blocked == {"441632960666", "100"}
    places = f"{{a: {{name: a, phrases: [a], outside: {quote}{written}{quote}}}}}"
    assert loaded(f"people: {{places: {places}}}").people.places["a"].outside == "+441632960666"


def test_numbers_are_those_of_the_region(loaded):
    assert loaded("blocked: [030 1234567]", region="DE").blocked == {"49301234567"}


def test_unquoted_digits_are_text_where_text_is_meant(loaded):
    it = loaded("queue: 600\nmailbox: 100\nperson_key: 9\n"
                "people: {places: {a: {name: a, phrases: [a], extension: 201}}}")  # fmt: skip
    assert (it.queue, it.mailbox, it.person_key) == ("600", "100", "9")
    assert it.people.places["a"].extension == "201"
    assert loaded("queue: 0600").queue == "0600"  # no octal number
    assert loaded("ai: no").ai is False and loaded("ai: on").ai is True


@pytest.mark.parametrize(
    ("addition", "says"),
    [
        ('blocked: ["anonymous"]', "blocked.0: 'anonymous' is no telephone number; write it"),
        ("blocked: [+44 1632]", "blocked.0: '+44 1632' is no telephone number"),
        ("blocked: +441632960666", "blocked: "),
        ("queue: a queue", "queue: 'a queue' cannot be used: a queue's name has letters"),
        ("queue: -q", "queue: "),
        ("queue: ${x}", "queue: "),
        ("queue: true", "queue: true is no value here"),
        ("mailbox: bob", "mailbox: 'bob' cannot be used: write a voicemail box like 100@default"),
        ('person_key: "#"', "person_key: '#' cannot be used: one key"),
        ("person_key: 10", "person_key: "),
        ("max_calls: 0", "max_calls: "),
        ("max_calls: true", "max_calls: true is no value here"),
        ("max_calls: 501", "max_calls: "),
        ("closed: message", "closed: "),
        ("closed: {to: home}", "closed.to: "),
        ("closed: {to: voicemail, say: Bye.}", "closed.say: nobody would hear it"),
        ("people: {ring_s: 4}", "people.ring_s: "),
        ("people: {ring_s: true}", "people.ring_s: true is no value here"),
        ("people: {returns: 6}", "people.returns: "),
        ("people: {instead: shout}", "people.instead: "),
        ("people: {places: {a: {name: a, phrases: [a]}}}",
         "people.places.a: needs either extension or outside"),
        ("people: {places: {a: {name: a, phrases: [a], extension: 1, outside: 01632960666}}}",
         "people.places.a: needs either extension or outside"),
        ("people: {places: {a: {name: a, phrases: [], extension: 1}}}", "people.places.a.phrases"),
        ("people: {places: {A b: {name: a, phrases: [a], extension: 1}}}", "people.places.A b"),
        ("people: {places: {a: {name: a, phrases: [a], extension: 1;2}}}", "an extension is 1-16"),
        ("people: {places: {a: {name: a, phrases: [a], outside: 100}}}", "100 is no number out"),
        ("people: {places: {a: {name: a, phrases: [x], extension: 1},"
         " b: {name: b, phrases: [x], extension: 2}}}",
         "people.places.b.phrases.0: x stands there twice"),
        ("recording: yes", "recording: "),
        ("recording: {on: 7}", "recording.on: "),
        ("recording: {keep_days: 0}", "recording.keep_days: "),
        ('recording: {consent: ""}', "recording.consent: "),
        ("secrets: {card: {name: x}}", "secrets.card.url: is missing"),
        ("secrets: {card: {name: x, url: ftp://x}}", "write an address like https://"),
        ("secrets: {card: {name: x, url: http://pay.example/}}", "secret digits need https"),
        ("secrets: {card: {name: x, url: https://x, least: 9, most: 8}}", "8 is less than least"),
        ("secrets: {card: {name: x, url: https://x, most: 33}}", "secrets.card.most: "),
        ("secrets: {card: {name: x, url: https://x, token: lower}}", "name an environment"),
    ],
)  # fmt: skip
def test_nonsense_is_refused(loaded, addition, says):
    refused(loaded, addition, says)


def test_everything_at_once(loaded):
    it = loaded("""
closed: {say: We are closed.}
people:
  ring_s: 20
  instead: voicemail
  places: {accounts: {name: the accounts department, phrases: [accounts], extension: "201"}}
recording: {on: true, consent: This call is recorded., keep_days: 7}
secrets: {card: {name: your card number, url: "http://127.0.0.1:9/x", luhn: true, token: CARD}}
""")
    assert it.closed.to is ClosedTo.MESSAGE and it.people.instead is Instead.VOICEMAIL
    assert it.recording.on and it.secrets["card"].luhn


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(["hours", "holidays", "blocked", "dids", "closed", "people", "secrets", "name",
                     "max_calls", "person_key", "services", "mailbox"]),
    st.one_of(
        st.text(max_size=40),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
            lambda inner: st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(["mon", "tue", "to", "say", "places", "a", "name"])
                              | st.text(max_size=8), inner, max_size=4),
            max_leaves=8,
        ).map(lambda value: yaml.safe_dump(value, default_flow_style=True)),
    ),
)  # fmt: skip
def test_whatever_is_written_is_a_company_or_one_line(tmp_path_factory, field, written):
    path = tmp_path_factory.getbasetemp() / "fuzzed.yaml"
    text = re.sub(rf"(?m)^{field}:.*$", "", SAMPLE) + f"{field}: {written}\n"
    path.write_text(text, encoding="utf-8")
    try:
        load_company(path, partial(e164, region="GB"))
    except CompanyError as error:
        assert "\n" not in str(error) and len(str(error)) < 600


def test_open_from_the_first_minute_to_the_last():
    hours = {"mon": ("09:00-12:00", "22:00-24:00")}
    monday, tuesday = date(2026, 11, 23), date(2026, 11, 24)

    def at(text, day=monday, holidays=frozenset()):
        return is_open(hours, holidays, day, time.fromisoformat(text))

    assert not at("08:59:59") and at("09:00") and at("11:59:59") and not at("12:00")
    assert at("22:00") and at("23:59:59") and not at("09:00", tuesday)
    assert not at("09:00", holidays=frozenset({monday}))
    assert is_open(None, frozenset(), tuesday, time(3))
    assert not is_open(None, frozenset({tuesday}), tuesday, time(3))
