"""The offline recogniser's closed vocabulary: what is measured, and a floor under it."""

import asyncio
import json

import numpy as np

from ari_app.simulate.phrases import (
    LEAST_PERCENT,
    Spoken,
    as_json,
    measure,
    on_the_line,
    percent,
    report,
    vocabulary,
)
from ari_app.simulate.scenario_file import COMPANIES
from audiosocket_agent.company import load_company

HARBOUR = load_company(COMPANIES / "harbour.yaml")
FOUND = [
    Spoken("yes", "a", "yes"),
    Spoken("thursday", "a", "tuesday"),
    Spoken("thursday", "b", "tuesday"),
    Spoken("no", "b", ""),
]


def test_every_phrase_of_every_closed_question_is_measured_once():
    asked = vocabulary(HARBOUR)
    assert len(asked) == len(set(asked)) == 59
    assert {"leaking tap", "truro", "thursday", "morning", "yes"} <= {phrase for phrase, _ in asked}
    assert all(phrase in phrases for phrase, phrases in asked)


def test_the_words_that_were_wrong_are_told_the_most_frequent_first():
    text = report(HARBOUR, FOUND)
    assert "1 of 4 phrases heard as they were said (25.0 %), 3 not" in text
    assert text.splitlines()[-2:] == [
        "    2 x 'thursday' heard as 'tuesday' (a, b)",
        "    1 x 'no' not heard (b)",
    ]
    told = json.loads(as_json(HARBOUR, FOUND))
    assert (told["phrases"], told["right"], told["percent"]) == (4, 1, 25.0)
    assert [one["phrase"] for one in told["wrong"]] == ["thursday", "thursday", "no"]


def test_the_line_codes_a_voice_and_leaves_quiet_around_it():
    tone = (8000 * np.sin(np.arange(8000) * 0.3)).astype("<i2")
    heard = np.frombuffer(on_the_line(tone.tobytes()), "<i2")
    assert len(heard) == 8000 + 8 * 700 and not heard[:2400].any() and not heard[-3200:].any()
    assert len(np.unique(heard)) <= 255


def test_the_offline_ear_hears_nine_in_ten_of_a_closed_vocabulary():
    """A fixed fifth of what `voiceagent simulate --phrases` measures, in two of its voices."""
    found = asyncio.run(measure(vocabulary(HARBOUR)[::5], ("en-gb", "en-us+f2"), workers=1))
    assert len(found) == 24
    assert percent(found) >= LEAST_PERCENT, report(HARBOUR, found)
