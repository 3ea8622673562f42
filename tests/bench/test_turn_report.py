import pytest

from audiosocket_agent.simulators.delays import Delays
from bench.phases import Judged
from bench.plans import Mode
from bench.turn_analysis import Answered, Disturbed, Said, Stopped
from bench.turn_report import (
    degradation,
    ears,
    extremes,
    rows,
    shares,
    summary,
    waterfall,
)


def _answered(gap_ms: float | None, kind: str = "sentence", **more: object) -> Answered:
    said = Said(Mode.ANSWER, kind, "some words", 0.0, 1.0, bool(more.pop("hard", False)))
    fields: dict[str, object] = {"cut_in": False, "talked_over": False, "answer_at": None} | more
    return Answered(said, gap_ms=gap_ms, **fields)  # type: ignore[arg-type]


def _judged() -> Judged:
    judged = Judged("Flux", calls=2, planned=6)
    judged.answers = [
        _answered(200.0, "one word"),
        _answered(300.0),
        _answered(1300.0),
        _answered(None),
        _answered(None, cut_in=True),
        _answered(None, cut_in=True, hard=True),
    ]
    barge = Said(Mode.BARGE, "interruption", "stop", 0.0, 1.0)
    judged.stops = [
        (Stopped(barge, True, 80.0, True), True),
        (Stopped(barge, False, 0, True), False),
    ]
    noise = Said(Mode.ALARM, "cough", "", 0.0, 0.3)
    judged.disturbances = [
        (Disturbed(noise, True, 300.0, 150.0, 0.0), False),
        (Disturbed(noise, True, 0.0, None, 0.0), True),
        (Disturbed(noise, False, 0.0, None, 0.0), True),
    ]
    judged.costs = {"drafts": 10, "drafts_discarded": 3}
    return judged


def _share(judged: Judged, title: str) -> tuple[int, int]:
    [found] = [s for s in shares(judged) if title in s.name]
    return found.hits, found.of


def test_floors_are_the_vendors_delays_and_a_frame() -> None:
    found = ears(Delays())
    assert [found[e].floor_ms for e in ("deepgram_flux", "deepgram", "naive")] == [245, 375, 675]
    assert "120 EagerEndOfTurn + 40 model + 65 voice = 225" in found["deepgram_flux"].floor
    assert ears(Delays(llm_first=100))["deepgram"].floor_ms == 435


def test_times_leave_out_what_was_no_measure_and_what_nobody_could_know() -> None:
    found = rows(_judged(), ears(Delays())["deepgram_flux"])
    by_name = {(row.name, row.statistic): row for row in found}
    assert by_name[("Flux: response gap", "p50")].values == [200.0, 300.0, 1300.0]
    assert by_name[("Flux: response gap", "p95")].target == 450
    assert by_name[("Flux: gap, one word", "p50")].met() is True
    assert by_name[("Flux: barge-in, onset to our last sound", "p95")].values == [80.0]
    assert by_name[("Flux: end of that sound to our voice", "p95")].values == [150.0]


def test_shares_count_what_they_say() -> None:
    judged = _judged()
    assert _share(judged, "false cut-ins") == (1, 5)
    assert _share(judged, "nobody could know") == (1, 1)
    assert _share(judged, "answers after") == (1, 4)
    assert _share(judged, "no answer") == (1, 4)
    assert _share(judged, "obeyed") == (1, 2)
    assert _share(judged, "lost words") == (1, 2)
    assert _share(judged, "begun in vain") == (3, 10)
    assert not [s for s in shares(judged) if "model's tokens" in s.name]


def test_an_echo_is_reported_by_itself() -> None:
    judged = Judged("Flux")
    noise = Said(Mode.ALARM, "echo", "", 0.0, 5.0)
    judged.echoes = [(Disturbed(noise, True, 0.0, None, 0.0), False)]
    assert _share(judged, "own echo") == (0, 1) and len(shares(judged)) == 1


def test_fifty_are_compared_with_few_at_the_p95() -> None:
    few, many = Judged("few"), Judged("fifty")
    few.answers, many.answers = [_answered(300.0)], [_answered(325.0)]
    assert degradation(few, many).values == [pytest.approx(25.0)]
    assert degradation(few, many).met() is False
    assert degradation(few, Judged("fifty")).met() is None


def test_words_that_take_longer_anyway_are_not_held_against_the_many() -> None:
    few, many = Judged("few"), Judged("fifty")
    slow = Said(Mode.ANSWER, "interruption", "no wait", 0.0, 1.0)
    few.answers = [_answered(300.0)] * 9 + [Answered(slow, False, False, 1000.0, None)]
    many.answers = [_answered(305.0)] * 5 + [Answered(slow, False, False, 1010.0, None)] * 5
    assert degradation(few, many).values == [pytest.approx(10.0)]
    other = Said(Mode.ANSWER, "sentence", "never said with few", 0.0, 1.0)
    many.answers.append(Answered(other, False, False, 5000.0, None))
    assert degradation(few, many).values == [pytest.approx(10.0)]


def test_the_summary_has_a_line_for_each_figure_and_a_column_for_each_phase() -> None:
    lines = summary([(_judged(), ears(Delays())["deepgram_flux"])]).splitlines()
    assert lines[0] == "| at the caller's ear | target | Flux |"
    assert "| response gap p50 / p95, ms | Flux 300 / 450, Nova-3 380 / 550 | 300 / 1200 |" in lines
    assert "| its floor (the vendors alone), ms |  | 245 |" in lines
    assert "| false cut-ins | <= 2 % | 20 % |" in lines
    assert "| barge-in p50 / p95, ms | 100 / 160 | 80 / 80 |" in lines


def test_the_median_and_the_worst_turn_are_found_and_shown() -> None:
    marks = {"speech_end": 0, "first_frame": 250}
    found = [(_answered(gap), marks) for gap in (900.0, 250.0, 300.0)]
    found.append((_answered(2000.0, hard=True), marks))
    assert [(name, a.gap_ms) for name, a, _ in extremes(found)] == [
        ("median", 300.0),
        ("worst", 900.0),
    ]
    assert extremes([]) == []
    assert "first_frame" in waterfall(*found[0]) and "(+250)" in waterfall(*found[0])
