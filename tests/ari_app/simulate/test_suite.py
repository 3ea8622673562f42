"""Every scenario that comes with the program, as text, in all minds."""

import asyncio

from ari_app.simulate.report import transcript
from ari_app.simulate.scenario_file import find_files, read_case
from ari_app.simulate.suite import Plan, run_as_text


def test_every_shipped_scenario_passes_as_text():
    cases = [read_case(path) for path in find_files([])]
    results = asyncio.run(run_as_text(cases, Plan(models=("rules", "simulated", "hostile"))))
    failed = [
        f"{result.name}, {result.model}: {result.failures}\n{transcript(result.record)}"
        for result in results
        if not result.passed
    ]
    assert not failed, "\n\n".join(failed)
    assert {result.name for result in results} == {case.name for case in cases}
    hostile = [result for result in results if result.model == "hostile"]
    assert len(hostile) >= 3
    for result in hostile:
        assert any("kept from saying: price" in line for line in result.record.log), result.name
