"""When a company is free: its calendar's rules and what is busy, as of one moment. Pure.

Callers and companies speak in the clock on the wall; visits are kept as instants. On the two days a
year when the clock changes the two part: a time that the clock skips cannot be booked, of one that
it shows twice the first is meant, and a visit lasts as long as it lasts.

A visit belongs to one of the company's teams (`Visit.lane`, 0 to capacity - 1). A new one takes the
first team that has nothing within the travel gap, so no team is ever in two places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from audiosocket_agent.company import Company
from audiosocket_agent.company_calendar import Calendar
from audiosocket_agent.company_calls import minutes_of
from audiosocket_agent.written_times import DAYS

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
WEEKDAYS = 5  # Monday to Friday, where a company has no hours


@dataclass(frozen=True, slots=True)
class Opening:
    """A time that can be booked, on the company's clock.

    Attributes:
        day: The date on which it begins.
        start: When it begins.
        end: When it ends; 00:00 is the end of the day.
    """

    day: date
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Visit:
    """Time of one team that is taken.

    Attributes:
        start: An instant, UTC.
        end: The instant from which the team is free, UTC.
        area: Key of the area; "": none.
        lane: Which team.
        owner: The call it is booked or held by.
    """

    start: datetime
    end: datetime
    area: str = ""
    lane: int = 0
    owner: str = ""


class Agenda:
    """What is free at a company, as of one moment.

    Args:
        company: Must have a calendar.
        visits: What is taken.
        now: The moment, aware.
        version: See `version`.

    Attributes:
        version: Grows with every change that was seen.
    """

    def __init__(
        self, company: Company, visits: Iterable[Visit], now: datetime, version: int = 0
    ) -> None:
        assert company.calendar is not None
        self.version = version
        self._company = company
        self._rules: Calendar = company.calendar
        self._zone = ZoneInfo(company.timezone)
        self._now = now.astimezone(UTC)
        self._without = ""
        # What was asked of this moment, to be had again: a turn asks for the same day many times.
        # Only days up to the horizon are kept, and the moment is one turn's.
        self._asked: dict[tuple[int, date, str, str], tuple[Opening, ...]] = {}
        self._near: dict[date, list[Visit]] = defaultdict(list)
        margin = self._rules.gap_min * MINUTE
        for visit in visits:
            for day in self._days_of(visit.start - margin, visit.end + margin):
                self._near[day].append(visit)

    def at(self, now: datetime, without: str = "") -> Agenda:
        """Return the same as of another moment; what is taken is shared, not copied.

        Args:
            now: The moment, aware.
            without: A call whose own visits do not count: what it holds is free for it.
        """
        other = copy(self)
        other._now, other._without, other._asked = now.astimezone(UTC), without, {}
        return other

    def openings(
        self, minutes: int, day: date, part: str = "", area: str = ""
    ) -> tuple[Opening, ...]:
        """Return what is free on a day, in order.

        Args:
            minutes: How long a visit lasts.
            day: The date at the company.
            part: Key of a part of the day in which it begins; "": any.
            area: Key of the area, for the travel gap.
        """
        asked = (minutes, day, part, area)
        if asked in self._asked:
            return self._asked[asked]
        found = []
        for visit in self._free(minutes, day, part, area):
            start, end = (at.astimezone(self._zone).time() for at in (visit.start, visit.end))
            found.append(Opening(day, start, end))
        if found:  # a day without any is found out at once, or is beyond what can be booked
            self._asked[asked] = tuple(found)
        return tuple(found)

    def days(self, minutes: int, part: str = "", area: str = "", most: int = 5) -> tuple[date, ...]:
        """Return the next days on which something is free; see `openings`."""
        found: list[date] = []
        today = self._now.astimezone(self._zone).date()
        for ahead in range(self._rules.horizon_days + 1):
            if len(found) >= most:
                break
            day = today + ahead * DAY
            if self.openings(minutes, day, part, area):
                found.append(day)
        return tuple(found)

    def is_free(
        self, minutes: int, day: date, part: str = "", start: time | None = None, area: str = ""
    ) -> bool:
        """Whether something can be booked; see `place`."""
        return self.place(minutes, day, part, start, area) is not None

    def place(
        self, minutes: int, day: date, part: str = "", start: time | None = None, area: str = ""
    ) -> Visit | None:
        """Return the visit that a booking would be: the first that is free.

        Args:
            minutes: How long it lasts.
            day: The date at the company.
            part: Key of the part of the day; does not count where there is a start.
            start: When it begins, on the company's clock; None: any time in that part.
            area: Key of the area.

        Returns:
            It; None if nothing is free.
        """
        for visit in self._free(minutes, day, part if start is None else "", area):
            if start is None or visit.start.astimezone(self._zone).time() == start:
                return visit
        return None

    def fits(self, visit: Visit) -> bool:
        """Whether its team can make a visit that was agreed before."""
        return visit.lane not in self._busy(visit)

    def begin_of(self, part: str) -> time:
        """Return when a part of the day begins; of one the calendar has not, the first one."""
        parts = self._rules.parts
        minute, _ = minutes_of(parts.get(part) or min(parts.values()))
        return time(minute // 60, minute % 60)

    def instant(self, day: date, start: time) -> datetime:
        """Return when the company's clock shows this time, UTC."""
        return _first_instant(self._zone, day, start.hour * 60 + start.minute)

    def _free(self, minutes: int, day: date, part: str, area: str) -> Iterator[Visit]:
        today = self._now.astimezone(self._zone).date()
        if not today <= day <= today + self._rules.horizon_days * DAY or minutes <= 0:
            return
        if part and part not in self._rules.parts:
            return
        earliest = self._now + self._rules.lead_min * MINUTE
        for start, closing in self._starts(day, part):
            end = start + minutes * MINUTE
            if start < earliest or end > closing:
                continue
            busy = self._busy(Visit(start, end, area))
            lane = next((lane for lane in range(self._rules.capacity) if lane not in busy), None)
            if lane is not None:
                yield Visit(start, end, area, lane)

    def _starts(self, day: date, part: str) -> Iterator[tuple[datetime, datetime]]:
        """Yield when a visit may begin, and when it has to be over."""
        for begin, end in self._spans(day):
            closing = _first_instant(self._zone, day, end)
            for minute in range(begin, end, self._rules.step_min):
                if not self._in_part(minute, part):
                    continue
                wall = datetime.combine(day, time(minute // 60, minute % 60), self._zone)
                start = wall.astimezone(UTC)
                if start.astimezone(self._zone).replace(fold=0) == wall:  # the clock shows it
                    yield start, closing

    def _spans(self, day: date) -> list[tuple[int, int]]:
        """Return when visits are made on a day: begin and end in minutes on the wall, in order."""
        company = self._company
        if day in company.holidays:
            return []
        if company.hours is not None:
            return [minutes_of(span) for span in company.hours.get(DAYS[day.weekday()], ())]
        if day.weekday() >= WEEKDAYS:
            return []
        return self._rules.spans()

    def _in_part(self, minute: int, part: str) -> bool:
        if not part:
            return True
        begin, end = minutes_of(self._rules.parts[part])
        return begin <= minute < end

    def _busy(self, wanted: Visit) -> set[int]:
        """Return the teams that cannot make a visit."""
        busy = set()
        for visit in self._near.get(wanted.start.astimezone(self._zone).date(), ()):
            gap = self._rules.gap_between(wanted.area, visit.area) * MINUTE
            if wanted.start < visit.end + gap and visit.start < wanted.end + gap:
                if not self._without or visit.owner != self._without:
                    busy.add(visit.lane)
        return busy

    def _days_of(self, start: datetime, end: datetime) -> Iterator[date]:
        day, last = (at.astimezone(self._zone).date() for at in (start, end))
        while day <= last:
            yield day
            day += DAY


def window_of(company: Company, day: date, part: str) -> tuple[datetime, datetime] | None:
    """Return from when to when a part of a day lasts: all that a caller who agreed to it knows.

    Args:
        company: Whose clock and calendar count.
        day: The date there.
        part: Key of the part.

    Returns:
        Two instants, UTC; None if its calendar has no such part.
    """
    span = None if company.calendar is None else company.calendar.parts.get(part)
    if span is None:
        return None
    zone = ZoneInfo(company.timezone)
    begin, end = minutes_of(span)
    return _first_instant(zone, day, begin), _first_instant(zone, day, end)


def _first_instant(zone: ZoneInfo, day: date, minute: int) -> datetime:
    """Return when the clock on the wall first shows this minute of the day, or a later one."""
    # Only wall-clock arithmetic: adding to an aware local time does not look at the zone.
    wall = datetime.combine(day, time(), zone) + minute * MINUTE
    late = wall.astimezone(UTC)
    if late.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return late
    early = wall.replace(fold=1).astimezone(UTC)  # the clock skips it: between these two
    offset = early.astimezone(zone).utcoffset()
    while late - early > MINUTE:
        middle = early + (late - early) // MINUTE // 2 * MINUTE
        if middle.astimezone(zone).utcoffset() == offset:
            early = middle
        else:
            late = middle
    return late
