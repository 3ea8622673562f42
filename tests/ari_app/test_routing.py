"""Where a call goes: every row of the table, on the clock of the company."""

import uuid
from datetime import UTC, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ari_app.numbers import e164
from ari_app.routing import (
    Incoming,
    Load,
    Route,
    RouteKind,
    Rules,
    decide,
    rules_of,
    variables,
)
from ari_app.settings import SHIPPED_COMPANIES
from audiosocket_agent.company import Company

SAMPLE = yaml.safe_load((SHIPPED_COMPANIES / "harbour.yaml").read_text())
CALLER = "+441632960123"
WEEKDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # a Monday, winter: UTC is British time
OFFICE = {"mon": ["09:00-12:00", "13:00-17:00"]}


class OneCompany:
    """A directory of one, reached in any written form."""

    def __init__(self, **changes):
        self.company = Company.model_validate({**SAMPLE, **changes})

    def by_did(self, did):
        return self.company if e164(did, "GB") in self.company.dids else None

    def by_key(self, key):
        return self.company if key == self.company.key else None


def route(companies, did="01632 960001", caller=CALLER, load=None, now=WEEKDAY, **rules):
    return decide(Incoming(did, caller), companies, load or Load(), Rules(**rules), now)


def kind(*args, **kwargs):
    it = route(*args, **kwargs)
    return it.kind.value, it.reason


def test_the_usual_call_goes_to_the_agent_of_its_company():
    it = route(OneCompany())
    assert it == Route(RouteKind.AGENT, "agent", "441632960001", it.company)
    assert it.company.key == "harbour"


@pytest.mark.parametrize("did", ["+441632960001", "00441632960001", "441632960001", "1632960001"])
def test_the_dialled_number_may_be_written_in_any_form(did):
    it = route(OneCompany(), did=did)
    assert it.company and it.did == "441632960001"


@pytest.mark.parametrize("written", ["+44 1632 960123", "01632960123", "00441632960123"])
@pytest.mark.parametrize("sent", ["+441632960123", "01632 960123", "441632960123"])
def test_a_blocked_caller_is_known_in_any_form(written, sent):
    by_company = OneCompany(blocked=[e164(written, "GB")])
    assert kind(by_company, caller=sent) == ("blocked", "blocked_caller")
    settings = SimpleNamespace(region="GB", unknown_did="queue", max_calls=5,
                               blocked=f"junk, {written},,100")  # fmt: skip
    rules = rules_of(settings)
    assert rules.blocked == {"441632960123", "100"} and rules.max_calls == 5
    for did in ("01632960001", "999"):  # also when the number is nobody's
        it = decide(Incoming(did, sent), OneCompany(), Load(), rules, WEEKDAY)
        assert (it.kind, it.reason) == (RouteKind.BLOCKED, "blocked_caller")


@pytest.mark.parametrize("sent", ["", "anonymous", "unknown", "Restricted", "\x00", "0" * 40])
def test_a_withheld_number_is_never_blocked(sent):
    blocked = OneCompany(blocked=["441632960123"])
    assert kind(blocked, caller=sent, blocked=frozenset({"441632960124"})) == ("agent", "agent")


@pytest.mark.parametrize(
    ("setting", "found"),
    [
        ("queue", "queue"),
        ("message", "closed"),
        ("reject", "blocked"),
        ("company:nobody", "queue"),
    ],
)
@pytest.mark.parametrize("did", ["01632960999", "", "s", "999", "${EXTEN}", "\r\n"])
def test_a_number_that_is_nobodys(setting, found, did):
    it = route(OneCompany(), did=did, unknown_did=setting)
    assert (it.kind.value, it.reason, it.company) == (found, "unknown_did", None)
    assert it.did == "" or it.did.isdigit()


def test_a_number_that_is_nobodys_may_be_given_to_a_company():
    it = route(OneCompany(), did="999", unknown_did="company:harbour")
    assert (it.kind, it.reason, it.did) == (RouteKind.AGENT, "agent", "999")
    assert it.company.key == "harbour"
    assert variables(it, uuid.UUID(int=7))["VA_DID"] == "441632960001"  # by it the agent finds it
    shut = OneCompany(holidays=["2026-11-23"])
    assert kind(shut, did="999", unknown_did="company:harbour") == ("closed", "holiday")


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("08:59:59", "closed"),
        ("09:00:00", "agent"),
        ("11:59:59", "agent"),
        ("12:00:00", "closed"),
        ("12:30:00", "closed"),
        ("13:00:00", "agent"),
        ("16:59:59", "agent"),
        ("17:00:00", "closed"),
    ],
)
def test_opening_hours_begin_and_end_on_the_minute(at, found):
    now = datetime.fromisoformat(f"2026-11-23T{at}+00:00")
    assert kind(OneCompany(hours=OFFICE), now=now)[0] == found


def test_a_day_that_is_not_named_is_closed_and_a_holiday_wins_over_the_hours():
    tuesday = datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert kind(OneCompany(hours=OFFICE), now=tuesday) == ("closed", "closed")
    assert kind(OneCompany(hours=OFFICE, holidays=["2026-11-23"])) == ("closed", "holiday")
    assert kind(OneCompany(holidays=["2026-11-23"])) == ("closed", "holiday")
    assert kind(OneCompany(holidays=["2026-11-24"])) == ("agent", "agent")


@pytest.mark.parametrize(
    ("zone", "now", "found"),
    [
        # Monday 09:00-12:00 and 13:00-17:00 there.
        ("Europe/London", "2026-07-20T08:00+00:00", "agent"),  # summer: 09:00
        ("Europe/London", "2026-07-20T07:59+00:00", "closed"),
        ("America/New_York", "2026-11-23T14:00+00:00", "agent"),  # 09:00
        ("America/New_York", "2026-11-23T10:00+00:00", "closed"),
        ("Pacific/Auckland", "2026-11-22T20:00+00:00", "agent"),  # Monday there, 09:00
        ("Pacific/Auckland", "2026-11-23T20:00+00:00", "closed"),  # Tuesday there
        ("Asia/Kathmandu", "2026-11-23T03:15+00:00", "agent"),  # +05:45
        ("Asia/Kathmandu", "2026-11-23T03:14+00:00", "closed"),
    ],
)
def test_the_clock_is_the_companys(zone, now, found):
    it = OneCompany(hours=OFFICE, timezone=zone)
    assert kind(it, now=datetime.fromisoformat(now))[0] == found


def test_midnight_and_the_last_minute_of_a_day():
    night = OneCompany(hours={"mon": ["22:00-24:00"], "tue": ["00:00-06:00"]})
    expected = {"23T21:59": "closed", "23T22:00": "agent", "23T23:59": "agent",
                "24T00:00": "agent", "24T05:59": "agent", "24T06:00": "closed",
                "25T00:00": "closed"}  # fmt: skip
    for at, found in expected.items():
        assert kind(night, now=datetime.fromisoformat(f"2026-11-{at}:30+00:00"))[0] == found
    always = OneCompany(hours={day: ["00:00-24:00"] for day in
                               ("mon", "tue", "wed", "thu", "fri", "sat", "sun")})  # fmt: skip
    for hour in range(24):
        assert kind(always, now=datetime(2026, 11, 22, hour, 59, 59, tzinfo=UTC))[0] == "agent"


@pytest.mark.parametrize(
    ("now", "found"),
    [
        # 29 March 2026: 01:00 is followed by 02:00 in London; open 01:30-02:30.
        ("2026-03-29T00:59:59+00:00", "closed"),  # 00:59:59
        ("2026-03-29T01:00:00+00:00", "agent"),  # 02:00: the first half hour never was
        ("2026-03-29T01:29:59+00:00", "agent"),
        ("2026-03-29T01:30:00+00:00", "closed"),
        # 25 October 2026: 02:00 is followed by 01:00; the half hour from 01:30 comes twice.
        ("2026-10-25T00:29:59+00:00", "closed"),
        ("2026-10-25T00:30:00+00:00", "agent"),
        ("2026-10-25T01:00:00+00:00", "closed"),  # 01:00 for the second time
        ("2026-10-25T01:30:00+00:00", "agent"),
        ("2026-10-25T02:30:00+00:00", "closed"),
    ],
)
def test_the_days_on_which_the_clocks_change(now, found):
    it = OneCompany(hours={"sun": ["01:30-02:30"]})
    assert kind(it, now=datetime.fromisoformat(now))[0] == found


def test_a_holiday_is_a_day_of_the_company_not_of_utc():
    it = OneCompany(holidays=["2026-12-25"], timezone="Pacific/Auckland")
    assert kind(it, now=datetime(2026, 12, 24, 12, tzinfo=UTC))[0] == "closed"  # the 25th there
    assert kind(it, now=datetime(2026, 12, 25, 12, tzinfo=UTC))[0] == "agent"  # the 26th


@pytest.mark.parametrize(
    ("to", "found"),
    [
        ("message", ("closed", "closed")),
        ("voicemail", ("voicemail", "closed")),
        ("queue", ("queue", "closed")),
        ("agent", ("agent", "agent")),
    ],
)
def test_where_a_closed_company_sends_its_callers(to, found):
    it = OneCompany(hours={"tue": ["09:00-10:00"]}, closed={"to": to})
    assert kind(it) == found


def test_what_a_closed_company_says():
    shut = {"hours": {"tue": ["09:00-10:00"]}}
    assert route(OneCompany(**shut)).say == ""
    assert route(OneCompany(**shut, closed={"say": "We are closed."})).say == "We are closed."
    assert route(OneCompany(closed={"say": "We are closed."})).say == ""  # open: nobody says it


def test_without_the_agent_people_answer_but_not_at_night():
    assert kind(OneCompany(ai=False)) == ("queue", "ai_off")
    shut = {"hours": {"tue": ["09:00-10:00"]}, "ai": False}
    assert kind(OneCompany(**shut)) == ("closed", "closed")
    assert kind(OneCompany(**shut, closed={"to": "agent"})) == ("queue", "ai_off")


def test_limits():
    it = OneCompany(max_calls=2)
    assert kind(it, load=Load(49, {"harbour": 1})) == ("agent", "agent")
    assert kind(it, load=Load(49, {"harbour": 2})) == ("queue", "company_full")
    assert kind(it, load=Load(49, {"other": 9})) == ("agent", "agent")
    assert kind(it, load=Load(50, {"harbour": 2})) == ("queue", "full")
    assert kind(OneCompany(), load=Load(49, {"harbour": 49})) == ("agent", "agent")
    assert kind(OneCompany(), load=Load(1), max_calls=1) == ("queue", "full")


def test_order_blocked_before_closed_before_full():
    everything = {"blocked": ["441632960123"], "holidays": ["2026-11-23"], "max_calls": 1}
    full = Load(99, {"harbour": 99})
    assert kind(OneCompany(**everything), load=full) == ("blocked", "blocked_caller")
    assert kind(OneCompany(**everything), caller="", load=full) == ("closed", "holiday")


def test_what_the_dialplan_is_told():
    call = uuid.UUID(int=7)
    plain = variables(route(OneCompany()), call)
    assert plain == {
        "VA_ROUTE": "agent",
        "VA_CALL": str(call),
        "VA_DID": "441632960001",
    }
    full = OneCompany(
        queue="sales", mailbox="100@default", people={"ring_s": 20},
        holidays=["2026-11-23"], closed={"say": "We are closed."},
    )  # fmt: skip
    told = variables(route(full), call, lambda text, _voices: {"We are closed.": "/s/say-1"}[text])
    assert told == {
        "VA_ROUTE": "closed",
        "VA_CALL": str(call),
        "VA_DID": "441632960001",
        "VA_SOUND": "/s/say-1",
        "VA_QUEUE": "sales",
        "VA_RING_S": "20",
        "VA_MAILBOX": "100@default",
    }
    assert "VA_SOUND" not in variables(route(full), call)  # not made: the recorded sentence
    nobody = variables(route(OneCompany(), did="junk"), call)
    assert nobody == {"VA_ROUTE": "queue", "VA_CALL": str(call)}


@given(
    st.text(max_size=30), st.text(max_size=30),
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),
    st.integers(0, 100), st.integers(0, 100),
    st.sampled_from(["queue", "message", "reject", "company:harbour", "company:x"]),
)  # fmt: skip
def test_whatever_comes_in_goes_somewhere_and_nothing_of_it_reaches_the_dialplan(
    did, caller, now, total, own, unknown
):
    company = OneCompany(hours=OFFICE, max_calls=3)
    it = route(company, did, caller, Load(total, {"harbour": own}), now, unknown_did=unknown)
    for value in variables(it, uuid.UUID(int=1)).values():
        assert all(c.isascii() and (c.isalnum() or c in "-_.@/") for c in value)


@given(st.integers(0, 7 * 24 * 60 - 1))
def test_open_means_inside_one_of_the_spans(minute):
    spans = {"mon": ["00:00-01:00", "01:00-02:30"], "sun": ["23:00-24:00"]}
    day, of_day = divmod(minute, 24 * 60)
    now = datetime(2026, 11, 23 + day, of_day // 60, of_day % 60, tzinfo=ZoneInfo("Europe/London"))
    is_open = (day == 0 and of_day < 150) or (day == 6 and of_day >= 23 * 60)
    assert kind(OneCompany(hours=spans), now=now)[0] == ("agent" if is_open else "closed")
