"""Hours, days and dates in the ways people write them."""

import pytest

from audiosocket_agent.company_fields import read_hours
from audiosocket_agent.written_times import date_meant, day_meant, span_meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("9-5", "09:00-17:00"), ("9am-5pm", "09:00-17:00"), ("09.00-17.00", "09:00-17:00"),
        ("0900-1700", "09:00-17:00"), ("9 to 5", "09:00-17:00"), ("1-5pm", "13:00-17:00"),
        ("9-5pm", "09:00-17:00"), ("8:30am \u2013 12pm", "08:30-12:00"), ("12-1", "12:00-13:00"),
        ("12am-12pm", "00:00-12:00"), ("9 a.m. until 5.30 p.m.", "09:00-17:30"),
        ("9h00-17h00", "09:00-17:00"), ("24/7", "00:00-24:00"),
        ("22:00-06:00", None), ("10pm-2am", None), ("25:00-26:00", None), ("13pm-14pm", None),
        ("9", None), ("closed", None), ("9-12-17", None), ("", None), (None, None), (540, None),
    ],
)  # fmt: skip
def test_spans(written, meant):
    assert span_meant(written) == meant
    if meant is not None:
        assert read_hours({"mon": meant}) == {"mon": (meant,)}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Monday", "mon"), ("MON", "mon"), ("tues", "tue"), ("Weds", "wed"), ("thurs", "thu"),
        ("sundays", "sun"), ("mon-fri", "mon tue wed thu fri"), ("Sat to Sun", "sat sun"),
        ("weekdays", "mon tue wed thu fri"), ("fri-mon", ""), ("m", ""), ("on", ""), (True, ""),
        ("montag", ""), ("", ""),
    ],
)  # fmt: skip
def test_days(written, meant):
    assert " ".join(day_meant(written)) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("25/12/2026", "2026-12-25"), ("25.12.2026", "2026-12-25"), ("12/25/2026", "2026-12-25"),
        ("05/05/2026", "2026-05-05"), ("25 Dec 2026", "2026-12-25"),
        ("25th December 2026", "2026-12-25"), ("Dec 25, 2026", "2026-12-25"),
        ("25-Dec-2026", "2026-12-25"), (20261225, "2026-12-25"), ("2026/12/5", "2026-12-05"),
        ("03/04/2026", None), ("2026-02-30", None), ("25-12-26", None), ("christmas", None),
        ("25 foo 2026", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_dates(written, meant):
    assert date_meant(written) == meant
