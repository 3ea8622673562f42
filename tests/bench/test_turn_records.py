import json

import pytest

from bench.turn_records import Recorded, Reply, recorded, spans


def _turn(speaker: str, text: str, marks: dict[str, int], **more: object) -> dict[str, object]:
    row = {"speaker": speaker, "text": text, "heard": text, "interrupted": 0}
    return row | {"marks_ms": json.dumps(marks)} | more


_TURNS = [
    _turn("agent", "Hello there.", {"first_frame": 40}),
    _turn("caller", "A boiler service", {}),
    _turn("agent", "Which town?", {"speech_end": 5000, "first_frame": 5300}, interrupted=1,
          heard="Which"),
]  # fmt: skip
_CALL: dict[str, object] = {"call_id": "x", "end_reason": "completed", "tokens": 70}


def test_a_record_is_laid_on_the_clock_by_its_greeting() -> None:
    found = recorded(_CALL, _TURNS, greeted_at=100.0)
    assert [r.first_at for r in found.replies] == [pytest.approx(100.0), pytest.approx(105.26)]
    assert found.caller == ("A boiler service",)
    assert (found.costs, found.end_reason) == ({"tokens": 70}, "completed")
    assert [r.whole for r in found.replies] == [True, False]


def test_a_reply_is_found_by_when_it_was_heard() -> None:
    found = recorded(_CALL, _TURNS, greeted_at=100.0)
    greeting, question = found.replies
    assert found.reply_at(105.3) is question and found.reply_at(103.0) is None
    assert found.reply_before(104.0) is greeting and found.reply_before(99.0) is None
    assert found.next_begins(greeting) == pytest.approx(105.26)
    assert found.next_begins(question) == float("inf")


def test_a_call_that_was_never_heard_has_no_times() -> None:
    found = recorded(_CALL, _TURNS, greeted_at=None)
    assert [r.first_at for r in found.replies] == [None, None]
    assert found.reply_before(1e9) is None


def test_words_are_understood_however_they_are_written_and_cut() -> None:
    record = Recorded(caller=("It's T R one", "Four B T."))
    assert record.understood("it's T R one |400| four b t".replace("|400|", "")) == 1.0
    assert record.understood("my tap is leaking") == 0.0
    assert Recorded().understood("") == 1.0


def test_a_reply_cut_short_or_heard_in_part_is_not_whole() -> None:
    assert Reply("a b", "a  b", False, {}, None).whole
    assert not Reply("a b", "a", False, {}, None).whole
    assert not Reply("a b", "a b", True, {}, None).whole


def test_a_waterfall_goes_from_mark_to_mark_after_the_speech() -> None:
    marks = {"speech_end": 1000, "first_frame": 1300, "draft": 940, "decision": 1200}
    assert spans(marks) == [
        ("draft", -60.0, -60.0),
        ("speech_end", -60.0, 0.0),
        ("decision", 0.0, 200.0),
        ("first_frame", 200.0, 300.0),
    ]
