"""A dozen scenarios spoken, in real time: AudioSocket, ear, turn-taking, voice and all."""

import asyncio

import pytest

from ari_app.simulate.report import transcript
from ari_app.simulate.scenario_file import SHIPPED, read_case
from ari_app.simulate.suite import Plan, run_as_speech

DOZEN = (
    "person_now", "offline_person", "price_only", "offline_price", "hangs_up_at_price",
    "says_all_at_once", "book_terse", "offline_boiler", "book_by_keys", "changes_part",
    "voice_scottish", "salon_cut",
)  # fmt: skip


def run(names, **plan):
    cases = [read_case(SHIPPED / f"{name}.yaml") for name in names]
    plan = Plan(models=("simulated",), agent_wpm=450, **plan)
    results = asyncio.run(run_as_speech(cases, plan))
    failed = [f"{r.name}: {r.failures}\n{transcript(r.record)}" for r in results if not r.passed]
    return results, "\n\n".join(failed)


def test_a_dozen_scenarios_pass_spoken():
    results, failed = run(DOZEN, jobs=12)
    assert len(results) == 12
    assert not failed, failed
    assert all(result.record.latencies_ms for result in results if "book" in result.name)


@pytest.mark.parametrize("name", ["offline_person"])
def test_the_offline_ear_hears_a_spoken_scenario(name):
    _, failed = run([name], jobs=1, ear="offline")
    assert not failed
