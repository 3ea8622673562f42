"""A calendar as people write it, and what is refused in one line that tells why."""

import pytest
from pydantic import ValidationError

from audiosocket_agent.company import complaint
from tests.ari_app.diary.shop import company

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


@pytest.mark.parametrize(
    ("fields", "minutes", "most"),
    [
        ({"hours": {"mon": "08:00-12:00", "tue": ["08:00-12:30", "13:00-17:30"]}}, 271, 270),
        ({}, 541, 540),  # from the first part to the last
    ],
)
def test_a_service_longer_than_any_day_is_refused(fields, minutes, most):
    tap = {"key": "tap", "name": "tap repair", "price_pounds": "80", "phrases": ["tap"]}
    assert company({}, services=[tap | {"minutes": most}], **fields).services[0].minutes == most
    assert company(None, services=[tap | {"minutes": minutes}], **fields)  # nobody looks
    with pytest.raises(ValidationError) as caught:
        company({}, services=[tap | {"minutes": minutes}], **fields)
    assert complaint(caught.value) == (
        f"calendar: tap takes {minutes} minutes and could never be booked: "
        f"the longest opening is {most}"
    )
