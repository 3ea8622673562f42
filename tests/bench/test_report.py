from bench.report import Row, as_json, document, table


def test_percentiles_are_taken_and_the_target_judged_on_the_one_that_counts() -> None:
    row = Row("wait", list(range(1, 101)), target=96, statistic="p95")
    assert row.figures() == {"p50": 50.5, "p95": 95.0, "p99": 99.0, "max": 100.0}
    assert row.met() is True
    assert Row("wait", [1.0, 300.0], target=200, statistic="max").met() is False
    assert Row("wait", [1.0]).met() is None


def test_nothing_measured_reaches_no_target_and_shows_as_dashes() -> None:
    row = Row("wait", [], target=5)
    assert row.met() is None and row.figures() == {}
    assert table([row]).splitlines()[2] == "| wait, ms | 0 | - | - | - | - | p95 <= 5 |  |"


def test_a_row_shows_its_figures_its_target_and_its_note() -> None:
    lines = table([Row("wait", [10.04, 20.0], target=15, statistic="max", note="two")]).splitlines()
    assert lines[2] == "| wait, ms (two) | 2 | 15 | 19.5 | 19.9 | 20 | max <= 15 | **no** |"


def test_json_keeps_every_value_of_a_few() -> None:
    [found] = as_json([Row("wait", [1.23456, 2.0], target=3)])
    assert found["values"] == [1.235, 2.0]
    assert (found["n"], found["met"], found["statistic"]) == (2, True, "p95")


def test_json_counts_what_is_too_many_to_list() -> None:
    [found] = as_json([Row("gap", [19.9] * 600 + [20.1] * 500)])
    assert found["histogram"] == {19: 600, 20: 500}
    assert "values" not in found


def test_the_page_says_what_it_was_measured_on() -> None:
    assert "cpu fast" in document({"cpu": "fast"}, [Row("wait", [1.0])])
