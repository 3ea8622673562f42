"""Who corrects himself in one breath means what comes last."""

from datetime import date
from pathlib import Path

import pytest

import audiosocket_agent
from audiosocket_agent.company import load_company
from audiosocket_agent.understanding import value_in
from audiosocket_agent.workflow import Slot

COMPANY = load_company(Path(audiosocket_agent.__file__).parent / "companies" / "harbour.yaml")


@pytest.mark.parametrize(
    ("slot", "text", "value"),
    [
        ("part", "in the morning, no sorry, afternoon", "afternoon"),
        ("day", "Monday, no sorry, Friday, please", "2026-11-27"),
        ("service", "a blocked drain, I mean a leaking tap", "leaking_tap"),
        ("service", "a leaking tap, sorry about the noise", "leaking_tap"),
        ("wanted", "yes, sorry, no", "no"),
        ("wanted", "no, sorry", "no"),
        ("service", "a leaking tap and a blocked drain", None),
    ],
)
def test_what_comes_after_a_correction_counts(slot, text, value):
    assert value_in(Slot(slot), text, COMPANY, date(2026, 11, 23)) == value
