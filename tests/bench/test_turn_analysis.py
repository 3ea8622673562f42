"""Judgements of calls whose every sound is known: what is measured is what was put there."""

import numpy as np
import pytest

from bench.plans import Mode
from bench.turn_analysis import (
    Said,
    answer,
    disturbance,
    late,
    length,
    stop,
    talking,
    unanswered,
)
from tests.phone.heard import FRAME_S, Floats


def _agent(*spans: tuple[float, float]) -> Floats:
    """Sound from one moment to another, in frames."""
    parts = [start + FRAME_S * np.arange(round((end - start) / FRAME_S)) for start, end in spans]
    return np.concatenate(parts) if parts else np.zeros(0)


def _said(start: float, end: float, mode: Mode = Mode.ANSWER) -> Said:
    return Said(mode, "sentence", "words", start, end)


def test_the_gap_is_from_the_last_voiced_frame_to_the_first_sound() -> None:
    found = answer(_agent((0, 4), (7.25, 9)), _said(5, 7), until=10)
    assert found.gap_ms == pytest.approx(250)
    assert found.answer_at == pytest.approx(7.25)
    assert found.measured and not found.cut_in


def test_sound_inside_the_utterance_is_a_cut_in_and_no_gap() -> None:
    found = answer(_agent((0, 4), (6.0, 6.1), (7.3, 9)), _said(5, 7), until=10)
    assert found.cut_in and found.gap_ms is None and not found.measured


def test_an_answer_just_before_the_end_is_a_cut_in() -> None:
    assert answer(_agent((6.9, 9)), _said(5, 7), until=10).cut_in
    assert not answer(_agent((7.0, 9)), _said(5, 7), until=10).cut_in


def test_one_frame_alone_is_no_cut_in() -> None:
    assert not answer(_agent((6.0, 6.02), (7.3, 9)), _said(5, 7), until=10).cut_in


def test_who_speaks_while_the_agent_still_does_measures_nothing() -> None:
    found = answer(_agent((0, 5.4), (7.3, 9)), _said(5, 7), until=10)
    assert found.talked_over and not found.cut_in and found.gap_ms is None


def test_an_answer_that_never_comes_or_comes_for_the_next_utterance_is_none() -> None:
    silent = answer(_agent((0, 4)), _said(5, 7), until=12)
    belated = answer(_agent((0, 4), (11.5, 13)), _said(5, 7), until=14)
    others = answer(_agent((0, 4), (9, 10)), _said(5, 7), until=8)
    assert [a.gap_ms for a in (silent, belated, others)] == [None, None, None]
    assert unanswered([silent, belated, others]) == 3


def test_late_is_more_than_a_second_and_a_fifth() -> None:
    answers = [answer(_agent((7 + gap, 10)), _said(5, 7), until=11) for gap in (1.18, 1.24)]
    assert late(answers) == 1


def test_an_interruption_stops_the_agent_after_so_long() -> None:
    agent = _agent((0, 5.1), (7.3, 9))
    said = _said(5, 7, Mode.BARGE)
    found = stop(agent, said)
    assert found.into_speech and found.silent
    assert found.stopped_ms == pytest.approx(80)  # the last frame's arrival
    answered = answer(agent, said, until=10)
    assert answered.gap_ms == pytest.approx(300) and not answered.cut_in


def test_an_agent_that_does_not_stop_is_not_silent_and_gives_no_answer() -> None:
    said = _said(5, 7, Mode.BARGE)
    found = stop(_agent((0, 9)), said)
    assert not found.silent and found.stopped_ms > 1900
    assert answer(_agent((0, 9)), said, until=10).gap_ms is None


def test_a_voice_that_comes_back_in_a_pause_of_the_interruption_is_a_cut_in() -> None:
    agent = _agent((0, 5.1), (6.0, 6.3), (7.3, 9))
    said = _said(5, 7, Mode.BARGE)
    assert answer(agent, said, until=10).cut_in
    assert stop(agent, said).stopped_ms == pytest.approx(80)


def test_an_interruption_between_two_sentences_measures_no_stop() -> None:
    found = stop(_agent((0, 4.85), (7.3, 9)), _said(5, 7, Mode.BARGE))
    assert not found.into_speech and found.silent and found.stopped_ms == 0


def test_a_reply_that_goes_on_through_a_cough_has_no_hole_and_lost_nothing() -> None:
    agent = _agent((0, 4))
    found = disturbance(agent, _said(1, 1.25, Mode.ALARM), 0, 6, length(agent))
    assert found.into_speech
    assert (found.hole_ms, found.resumed_ms, found.lost_words) == (0, None, False)


def test_a_hole_is_measured_with_the_return_of_the_voice() -> None:
    agent = _agent((0, 1.1), (1.5, 4.4))  # 400 ms later than it would have ended
    found = disturbance(agent, _said(1, 1.25, Mode.ALARM), 0, 6, length(_agent((0, 4))))
    assert found.hole_ms == pytest.approx(400)
    assert found.resumed_ms == pytest.approx(250)
    assert not found.lost_words


def test_words_that_never_come_are_missed() -> None:
    agent = _agent((0, 1.1), (1.5, 4.0))
    found = disturbance(agent, _said(1, 1.25, Mode.ALARM), 0, 6, length(_agent((0, 4))))
    assert found.lost_ms == pytest.approx(400) and found.lost_words


def test_a_syllable_said_again_is_not_missed() -> None:
    agent = _agent((0, 1.1), (1.3, 4.4))
    found = disturbance(agent, _said(1, 1.25, Mode.ALARM), 0, 6, length(_agent((0, 4))))
    assert found.lost_ms == pytest.approx(-200) and not found.lost_words


def test_a_pause_of_the_replys_own_is_no_hole() -> None:
    agent = _agent((0, 1.1), (1.4, 4))
    found = disturbance(agent, _said(1, 1.25, Mode.ALARM), 0, 6, length(agent))
    assert found.hole_ms == 0 and not found.lost_words


def test_without_a_reply_to_compare_with_only_a_long_silence_is_a_hole() -> None:
    said = _said(1, 1.25, Mode.ALARM)
    short = disturbance(_agent((0, 1.1), (1.4, 4)), said, 0, 6, None)
    long = disturbance(_agent((0, 1.1), (1.9, 4)), said, 0, 6, None)
    assert short.hole_ms == 0 and long.hole_ms == pytest.approx(800, abs=21)
    assert short.lost_ms is None and long.lost_ms is None


def test_a_cough_after_the_reply_disturbs_nothing() -> None:
    agent = _agent((0, 4))
    found = disturbance(agent, _said(3.95, 4.2, Mode.ALARM), 0, 6, length(agent))
    assert not found.into_speech


def test_who_was_heard_a_moment_ago_talks() -> None:
    assert talking(_agent((0, 1)), 1.05) and not talking(_agent((0, 1)), 1.2)
