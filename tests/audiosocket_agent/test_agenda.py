"""What is free, against a minute-by-minute count of it; and the days the clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiosocket_agent.agenda import Agenda, Opening, Visit
from tests.ari_app.diary.shop import company

LONDON = ZoneInfo("Europe/London")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE = timedelta(minutes=1)
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
ALL_WEEK = dict.fromkeys(DAYS, ["00:00-24:00"])


def at(day, hour, minute=0, zone=UTC):
    return datetime.combine(day, time(hour, minute), zone)


def starts(openings):
    return [f"{opening.start:%H:%M}" for opening in openings]


def agenda(visits=(), now=None, hours=ALL_WEEK, **calendar):
    rules = {"lead_min": 0, "step_min": 30} | calendar
    return Agenda(company(rules, hours=hours), visits, now or at(date(2026, 11, 20), 0))


def oracle(it, visits, now, minutes, day, part, area):
    """Count the minutes, one by one, of every visit that might be."""
    rules, zone = it.calendar, ZoneInfo(it.timezone)
    today = now.astimezone(zone).date()
    if day in it.holidays or not today <= day <= today + timedelta(days=rules.horizon_days):
        return []
    if it.hours is not None:
        spans = it.hours.get(DAYS[day.weekday()], ())
    else:
        spans = rules.parts.values() if day.weekday() < 5 else ()

    def minute_of(text):
        hour, minute = text.split(":")
        return int(hour) * 60 + int(minute)

    spans = [tuple(map(minute_of, span.split("-"))) for span in spans]
    lane_busy = [set() for _ in range(rules.capacity)]
    for visit in visits:
        gap = rules.gap_min
        if rules.same_area_gap_min is not None and visit.area == area:
            gap = rules.same_area_gap_min
        moment = visit.start - gap * MINUTE
        while moment < visit.end + gap * MINUTE:
            lane_busy[visit.lane].add(moment)
            moment += MINUTE
    # Every minute of the day as the clock on the wall shows it, in the order they come.
    moment, shown = at(day, 0, 0) - timedelta(hours=14), []
    while len(shown) == 0 or moment.astimezone(zone).date() <= day:
        local = moment.astimezone(zone)
        if local.date() == day:
            shown.append((moment, local.hour * 60 + local.minute))
        moment += MINUTE
    found = []
    for begin, end in spans:
        inside = []
        for moment, minute in shown:
            if minute >= end and inside:
                break  # what the clock shows again after the end does not count
            if minute >= begin and minute < end:
                inside.append((moment, minute))
        seen = set()
        for moment, minute in inside:
            if minute in seen or (minute - begin) % rules.step_min:
                continue
            seen.add(minute)
            if part and not (
                minute_of(rules.parts[part].split("-")[0])
                <= minute
                < minute_of(rules.parts[part].split("-")[1])
            ):
                continue
            visit = [moment + n * MINUTE for n in range(minutes)]
            if moment < now + rules.lead_min * MINUTE or visit[-1] > inside[-1][0]:
                continue
            if any(busy.isdisjoint(visit) for busy in lane_busy):
                found.append(f"{minute // 60:02}:{minute % 60:02}")
    return sorted(found)


@st.composite
def worlds(draw):
    day = draw(st.sampled_from([SPRING, AUTUMN, date(2026, 11, 23), date(2026, 11, 28)]))
    some = st.integers(0, 47).map(lambda n: n * 30)
    cuts = sorted(draw(st.sets(some, min_size=2, max_size=4)))
    spans = [
        f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}"
        for a, b in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    gap = draw(st.sampled_from([0, 20, 45]))
    calendar = {
        "capacity": draw(st.integers(1, 3)),
        "gap_min": gap,
        "same_area_gap_min": draw(st.sampled_from([None, 0, gap])),
        "lead_min": draw(st.sampled_from([0, 60, 24 * 60])),
        "horizon_days": draw(st.sampled_from([1, 5])),
        "step_min": draw(st.sampled_from([15, 30, 45])),
        "parts": {"early": "00:00-03:00", "morning": "03:00-12:00", "late": "13:00-24:00"},
    }
    hours = draw(st.sampled_from([{DAYS[day.weekday()]: spans}, None]))
    tap = {"key": "tap", "name": "tap repair", "price_pounds": "80", "phrases": ["tap"]}
    it = company(calendar, hours=hours, services=[tap | {"minutes": 30}])
    midnight = datetime.combine(day, time(), LONDON).astimezone(UTC)
    visits = []
    for _ in range(draw(st.integers(0, 6))):
        begin = midnight + draw(st.integers(-12, 110)) * 15 * MINUTE
        length = draw(st.integers(1, 12)) * 15 * MINUTE
        lane = draw(st.integers(0, calendar["capacity"] - 1))
        area = draw(st.sampled_from(["truro", "redruth"]))
        visits.append(Visit(begin, begin + length, area, lane, str(len(visits))))
    now = midnight + draw(st.sampled_from([-2880, -600, -30, 0, 301, 615])) * MINUTE
    part = draw(st.sampled_from(["", "early", "morning", "late"]))
    return it, visits, now, draw(st.sampled_from([15, 60, 95])), day, part


@settings(max_examples=120, deadline=None)
@given(worlds())
def test_what_is_free_is_what_a_count_of_the_minutes_finds(world):
    it, visits, now, minutes, day, part = world
    agenda = Agenda(it, visits, now)
    expected = oracle(it, visits, now, minutes, day, part, "truro")
    assert sorted(starts(agenda.openings(minutes, day, part, "truro"))) == expected
    assert agenda.is_free(minutes, day, part, area="truro") == bool(expected)
    for start in ("00:30", "09:00"):
        free = start in oracle(it, visits, now, minutes, day, "", "truro")
        assert agenda.is_free(minutes, day, part, time.fromisoformat(start), "truro") == free
    visit = agenda.place(minutes, day, part, area="truro")
    if visit is not None:  # what it says can be booked leaves every team in one place
        for other in visits:
            gap = it.calendar.gap_between("truro", other.area) * MINUTE
            apart = visit.end + gap <= other.start or other.end + gap <= visit.start
            assert visit.lane != other.lane or apart


def test_a_clock_that_skips_an_hour_skips_its_openings():
    free = agenda(now=at(date(2026, 3, 28), 0), step_min=30).openings(60, SPRING)
    assert starts(free)[:4] == ["00:00", "00:30", "02:00", "02:30"]
    assert free[1] == Opening(SPRING, time(0, 30), time(2, 30))


def test_a_clock_that_shows_an_hour_twice_means_the_first():
    it = agenda(now=at(date(2026, 10, 24), 0))
    assert starts(it.openings(60, AUTUMN))[:4] == ["00:00", "00:30", "01:00", "01:30"]
    visit = it.place(120, AUTUMN, start=time(1))
    assert visit.start == at(AUTUMN, 0) and visit.end == at(AUTUMN, 2)
    # Two hours from half past midnight end when the clock shows half past one again.
    assert it.openings(120, AUTUMN)[1].end == time(1, 30)


@pytest.mark.parametrize(
    ("hours", "day", "first", "last"),
    [
        (None, date(2026, 11, 23), "08:00", "16:00"),
        (None, date(2026, 11, 28), None, None),  # a Saturday
        ({"sat": ["10:00-12:00"]}, date(2026, 11, 28), "10:00", "11:00"),
        ({"mon": ["08:00-12:30", "13:30-17:00"]}, date(2026, 11, 23), "08:00", "16:00"),
    ],
)
def test_a_company_is_free_in_its_hours_or_else_in_the_parts_of_working_days(
    hours, day, first, last
):
    found = starts(agenda(hours=hours).openings(60, day))
    assert (found[0], found[-1]) == (first, last) if first else not found
    assert "12:00" not in found or hours is None  # it must be over when they close for lunch


def test_a_holiday_the_lead_time_and_the_horizon_are_kept():
    now = at(date(2026, 11, 23), 9, 10)
    it = Agenda(company({"lead_min": 60, "horizon_days": 3}, holidays=["2026-11-24"]), [], now)
    assert starts(it.openings(60, date(2026, 11, 23)))[0] == "10:30"
    assert it.days(60) == (date(2026, 11, 23), date(2026, 11, 25), date(2026, 11, 26))
    assert not it.is_free(60, date(2026, 11, 22)) and not it.is_free(60, date(2026, 11, 27))
    assert it.days(60, most=1) == (date(2026, 11, 23),)
    assert not it.openings(60, date(2026, 11, 25), "night")


def test_the_way_to_the_next_visit_is_shorter_in_the_same_area():
    day = date(2026, 11, 23)
    busy = [Visit(at(day, 9), at(day, 10), "truro")]
    it = agenda(busy, hours={"mon": ["08:00-12:00"]}, gap_min=60, same_area_gap_min=0)
    assert starts(it.openings(60, day, area="truro")) == ["08:00", "10:00", "10:30", "11:00"]
    assert starts(it.openings(60, day, area="redruth")) == ["11:00"]


def test_what_a_call_holds_itself_is_free_for_it_only():
    day = date(2026, 11, 23)
    it = agenda([Visit(at(day, 9), at(day, 10), owner="it")], hours={"mon": ["09:00-10:00"]})
    now = at(day, 8)
    assert not it.at(now).is_free(60, day) and not it.at(now, "other").is_free(60, day)
    assert it.at(now, "it").is_free(60, day) and not it.at(at(day, 9, 1), "it").is_free(60, day)
    mine = it.at(now, "it")
    assert mine.openings(60, day) == mine.openings(60, day) != ()
    # What was found out for one call and moment is not taken for another's.
    assert mine.at(now).openings(60, day) == mine.at(at(day, 9, 1), "it").openings(60, day) == ()
