"""Whole calls, made of known sounds and known records."""

import numpy as np
import pytest

from bench.callers import Held
from bench.phases import first_sounds, judge, undisturbed
from bench.plans import Item, Mode, Plan, echo_plan
from bench.turn_analysis import Said
from bench.turn_records import Recorded, Reply
from tests.phone.heard import FRAME_S, Floats

_GREETING, _QUESTION, _ANSWER = "Hello there.", "Which town is it in?", "That's booked."


def _agent(*spans: tuple[float, float]) -> Floats:
    return np.concatenate([s + FRAME_S * np.arange(round((e - s) / FRAME_S)) for s, e in spans])


def _held(*said: Said, number: str = "1", echo: bool = False) -> Held:
    items = tuple(Item("cough", s.mode) for s in said)
    plan = Plan(0, echo_plan(0).voice, "clean", items)
    return Held(plan, number, None, 0.0, 0.9, list(said), over_at=30.0, late_ms=3.0, echo=echo)


def _reply(text: str, first_at: float, heard: str | None = None) -> Reply:
    whole = heard is None
    return Reply(text, text if heard is None else heard, not whole, {"first_frame": 1}, first_at)


def _said(mode: Mode, start: float, end: float, text: str = "in Truro") -> Said:
    return Said(mode, "sentence" if text else "cough", text, start, end)


_UNDISTURBED = (
    _held(_said(Mode.ANSWER, 6.0, 7.0)),
    _agent((1.0, 4.0), (7.3, 10.0)),
    Recorded((_reply(_GREETING, 1.0), _reply(_QUESTION, 7.3)), ("in Truro",)),
)


def _judge(*calls: tuple[Held, Floats, Recorded]):  # type: ignore[no-untyped-def]
    held = [held for held, _, _ in calls]
    agents = {h.number: agent for h, agent, _ in calls}
    records = {h.number: record for h, _, record in calls}
    return judge("Flux", held, agents, records, undisturbed(held, agents, records))


def test_a_polite_call_is_measured_from_the_answer_on() -> None:
    judged = _judge(_UNDISTURBED)
    assert judged.greetings_ms == [pytest.approx(100)]
    assert [a.gap_ms for a in judged.answers] == [pytest.approx(300)]
    assert [a.gap_ms for a, _ in judged.waterfalls] == [pytest.approx(300)]
    assert (judged.planned, judged.misheard, judged.errors, judged.remarks) == (1, 0, [], [])
    assert judged.late_ms == [3.0]


def test_words_of_another_script_show() -> None:
    held, agent, record = _UNDISTURBED
    other = Recorded(record.replies, ("a boiler service please",))
    assert _judge((held, agent, other)).misheard == 1


def test_an_obeyed_interruption_and_the_answer_to_it() -> None:
    record = Recorded((_reply(_GREETING, 1.0, "Hello"), _reply(_QUESTION, 3.8)), ("in Truro",))
    call = (_held(_said(Mode.BARGE, 2.0, 3.5)), _agent((1.0, 2.1), (3.8, 6.0)), record)
    judged = _judge(call)
    [(stopped, obeyed)] = judged.stops
    assert stopped.stopped_ms == pytest.approx(80) and obeyed
    assert [a.gap_ms for a in judged.answers] == [pytest.approx(300)]


def test_a_reply_that_goes_on_after_the_interruption_was_not_obeyed() -> None:
    record = Recorded((_reply(_GREETING, 1.0),), ())
    call = (_held(_said(Mode.BARGE, 2.0, 2.5)), _agent((1.0, 2.1), (2.8, 5.0)), record)
    judged = _judge(call)
    assert [obeyed for _, obeyed in judged.stops] == [False]
    assert any("not obeyed" in remark for remark in judged.remarks)
    assert [(a.gap_ms, a.talked_over) for a in judged.answers] == [(None, True)]


def test_who_interrupts_a_reply_that_was_over_interrupts_nothing() -> None:
    record = Recorded((_reply(_GREETING, 1.0), _reply(_QUESTION, 6.3)), ("in Truro",))
    call = (_held(_said(Mode.BARGE, 5.0, 6.0)), _agent((1.0, 4.0), (6.3, 9.0)), record)
    judged = _judge(call)
    assert judged.stops == [] and len(judged.answers) == 1


def test_a_cough_that_costs_nothing_but_a_hole() -> None:
    record = Recorded((_reply(_GREETING, 1.0),), ())
    cough = _held(_said(Mode.ALARM, 2.0, 2.25, ""), number="2")
    judged = _judge(_UNDISTURBED, (cough, _agent((1.0, 2.1), (2.4, 4.3)), record))
    [(found, lost)] = judged.disturbances
    assert found.into_speech and found.hole_ms == pytest.approx(300) and not lost
    assert found.resumed_ms == pytest.approx(150)
    assert len(judged.answers) == 1  # a cough wants none


def test_a_cough_that_costs_words_by_the_ear_or_by_the_record() -> None:
    cough = _held(_said(Mode.ALARM, 2.0, 2.25, ""), number="2")
    by_ear = (cough, _agent((1.0, 2.1), (2.7, 4.3)), Recorded((_reply(_GREETING, 1.0),)))
    again = Recorded((_reply(_GREETING, 1.0, "Hello"), _reply(_QUESTION, 2.6)))
    by_record = (cough, _agent((1.0, 2.1), (2.6, 4.3)), again)
    for call in (by_ear, by_record):
        assert [lost for _, lost in _judge(_UNDISTURBED, call).disturbances] == [True]


def test_an_echo_is_held_against_the_reply_without_one() -> None:
    echo = _held(number="2", echo=True)
    record = Recorded((_reply(_GREETING, 1.0),))
    fine = _judge(_UNDISTURBED, (echo, _agent((1.0, 4.0)), record))
    bad = _judge(_UNDISTURBED, (echo, _agent((1.0, 2.0), (2.5, 4.0)), record))
    assert [lost for _, lost in fine.echoes] == [False]
    assert [lost for _, lost in bad.echoes] == [True]


def test_a_call_that_failed_is_an_error_and_no_more() -> None:
    held = _held(_said(Mode.ANSWER, 1.0, 2.0))
    held.answered_at, held.error = None, "refused"
    judged = judge("Flux", [held], {}, {}, {})
    assert (judged.errors, judged.planned, judged.answers) == (["refused"], 1, [])


def test_the_first_sound_is_that_of_the_greeting() -> None:
    held, agent, _ = _UNDISTURBED
    silent = _held(number="2")
    found = first_sounds([held, silent], {"1": agent, "2": np.zeros(0)})
    assert found == {"1": pytest.approx(1.0), "2": None}
