"""A calendar as people write it, and what is refused in one line that tells why."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from ari_app.cli import main
from ari_app.company_store import company_of, document_of
from audiosocket_agent.agenda import Agenda
from audiosocket_agent.company import complaint, load_company
from tests.ari_app.diary.shop import NOW, company

HOOK = {"url": "https://hook.example/x", "secret": "HOOK_SECRET"}


def test_everything_has_a_default():
    it = company({}).calendar
    assert (it.capacity, it.gap_min, it.lead_min, it.horizon_days, it.step_min, it.hold_s) == (
        1, 0, 60, 60, 30, 300)  # fmt: skip
    assert it.parts == {"morning": "08:00-12:00", "afternoon": "12:00-17:00"}
    assert company({"parts": {"evening": "18:00 - 20:00"}}).calendar.parts["evening"] == (
        "18:00-20:00"
    )
    assert company({"webhooks": [HOOK]}).calendar.webhooks[0].url == HOOK["url"]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"capacity": 0}, "calendar.capacity"),
        ({"capacity": True}, "true is no value here"),
        ({"gap_min": 10, "same_area_gap_min": 20}, "20 is more than gap_min, 10"),
        ({"parts": {}}, "calendar.parts"),
        ({"parts": {"morning": "12:00-08:00"}}, "ends before it begins"),
        ({"parts": {"morning": "early"}}, "is no time"),
        ({"hold_s": 5}, "calendar.hold_s"),
        ({"sundays": True}, "there is no such field"),
        ({"booking_api": {"url": "http://bookings.example/"}}, "bookings need https"),
        ({"booking_api": {"url": "https://me:secret@bookings.example/"}}, "a password does not"),
        ({"booking_api": {"url": "https://"}}, "write an address"),
        ({"booking_api": {"url": "https://x.example", "token": "a secret"}}, "environment"),
        ({"webhooks": [{"url": "http://127.0.0.1:1/"}]}, "calendar.webhooks.0.secret"),
        ({"webhooks": [HOOK, HOOK]}, "stands there twice"),
        ({"webhooks": [HOOK | {"events": []}]}, "events"),
        ({"webhooks": [HOOK | {"events": ["booking.lost"]}]}, "events"),
    ],
)
def test_nonsense_is_refused_in_one_line(fields, why):
    with pytest.raises(ValidationError) as caught:
        company(fields)
    assert why in complaint(caught.value) and "\n" not in complaint(caught.value)


TAP = {"key": "tap", "name": "tap repair", "price_pounds": "80", "phrases": ["tap"]}
HOURS = {"mon": "08:00-12:00", "tue": ["08:00-12:30", "13:00-17:30"]}
APART = {"parts": {"early": "08:00-10:00", "late": "18:00-20:30"}}


@pytest.mark.parametrize(
    ("calendar", "fields", "longest", "most"),
    [
        ({}, {"hours": HOURS}, "tue 08:00-12:30", 270),
        ({}, {}, "08:00-17:00", 540),  # the parts meet at noon
        (APART, {}, "18:00-20:30", 150),  # these do not
        (APART, {"hours": {"mon": "09:15-17:00"}}, "mon 09:15-17:00", 465),
        # Who is asked for a part begins in one, at a step from opening: at 08:00, not at 06:00.
        ({}, {"hours": {"mon": "06:00-14:00"}}, "mon 08:00-14:00", 360),
        ({"step_min": 480}, {"hours": {"mon": "06:00-14:00", "tue": "9:00-10:00"}},
         "tue 09:00-10:00", 60),
        # Who is asked for a time may begin whenever it is open.
        ({}, {"hours": {"mon": "06:00-14:00"}, "workflow": "appointments"}, "mon 06:00-14:00", 480),
    ],
)  # fmt: skip
def test_a_service_that_could_never_be_booked_is_refused_and_a_minute_less_is_free(
    calendar, fields, longest, most
):
    def of(minutes, calendar):
        services = [TAP | {"minutes": 5}, {**TAP, "key": "long", "phrases": ["long"]}]
        services[1]["minutes"] = minutes
        return company(calendar, services=services, **fields)

    with pytest.raises(ValidationError) as caught:
        of(most + 1, calendar)
    assert complaint(caught.value) == (
        f"services.1.minutes: long takes {most + 1} minutes and could never be booked: "
        f"the longest part of a day, {longest}, has {most} minutes"
    )
    assert of(most + 1, None)  # nobody looks
    calendar = {"lead_min": 0, **calendar}
    it = of(most, calendar)
    parts = [""] if "workflow" in fields else it.calendar.parts
    days = [NOW.date() + timedelta(days=n) for n in range(7)]
    midnight = NOW - timedelta(hours=6)
    for minutes, is_free in ((most, True), (most + 1, False)):
        agenda = Agenda(it, (), midnight)
        assert is_free == any(agenda.openings(minutes, d, part) for d in days for part in parts)


def test_a_company_whose_hours_meet_no_part_can_book_nothing():
    with pytest.raises(ValidationError) as caught:
        company({}, hours={"mon": "18:00-22:00"})
    assert complaint(caught.value) == (
        "services.0.minutes: tap takes 60 minutes and could never be booked: "
        "no part of a day lies in the opening hours"
    )


def test_the_line_of_the_file_is_that_of_the_service(tmp_path):
    file = tmp_path / "mill.yaml"
    text = """key: mill
name: Mill
dids: ["441632960001"]
greeting: Hello.
services:
  - {key: tap, name: tap repair, price_pounds: 80, phrases: [tap]}
  - key: boiler
    name: new boiler
    price_pounds: 900
    minutes: 600
    phrases: [boiler]
areas: [{key: truro, name: Truro, phrases: [truro]}]
hours: {mon: "08:00-17:00"}
calendar: {}
"""
    file.write_text(text)
    why = (
        "services.1.minutes: boiler takes 600 minutes and could never be booked: "
        "the longest part of a day, mon 08:00-17:00, has 540 minutes"
    )
    for words in (("companies", "import", str(file)), ("workflow", "check", str(file))):
        told = CliRunner().invoke(main, words, env={"VOICEAGENT_DATA_DIR": str(tmp_path)})
        assert told.exit_code == 1, told.output
        (line,) = [line for line in told.output.splitlines() if "boiler" in line]
        assert "mill.yaml:10: " in line and line.endswith(why), line
    file.write_text(text.replace("minutes: 600", "minutes: 540"))
    kept = document_of(load_company(file))
    # What an older version let in is not left out by a newer one: its callers would lose the agent.
    assert company_of(kept.replace('"minutes": 540', '"minutes": 541')).services[1].minutes == 541
