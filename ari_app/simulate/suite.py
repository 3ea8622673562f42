"""Running many scenarios, several at a time, each as often as wanted."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from ari_app.simulate.checks import failures
from ari_app.simulate.minds import open_mind
from ari_app.simulate.report import Result
from ari_app.simulate.scenario_file import Case
from ari_app.simulate.text_run import run_text
from ari_app.simulate.world import make_template
from audiosocket_agent.dialogue import Mind

CALL_DEADLINE_S = 60.0  # without sound a call is a matter of milliseconds


@dataclass(frozen=True, slots=True)
class Plan:
    """How scenarios are run.

    Attributes:
        models: The minds: ``rules``, ``simulated``.
        repeat: How often each, with another seed every time.
        seed: The first one.
        word_errors: Words in a hundred that are misheard.
        jobs: Calls at a time.
    """

    models: tuple[str, ...] = ("simulated",)
    repeat: int = 1
    seed: int = 1
    word_errors: int = 0
    jobs: int = 4


Shown = Callable[[Result], None]


async def run_as_text(
    cases: Sequence[Case], plan: Plan, show: Shown = lambda result: None
) -> list[Result]:
    """Run scenarios without sound.

    Args:
        cases: Them; one that is not for a mind, or for text, is left out there.
        plan: How.
        show: Called with every result as it comes.
    """
    gate = asyncio.Semaphore(plan.jobs)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="voiceagent-")))
        await make_template(folder)
        minds = {name: await stack.enter_async_context(open_mind(name)) for name in plan.models}

        async def one(case: Case, model: str, seed: int) -> Result:
            async with gate:
                result = await _once(case, model, minds[model], folder, seed, plan.word_errors)
            show(result)
            return result

        calls = [
            one(case, model, seed)
            for case, model in planned(cases, plan.models, "text")
            for seed in range(plan.seed, plan.seed + plan.repeat)
        ]
        return list(await asyncio.gather(*calls))


def planned(cases: Iterable[Case], models: Sequence[str], mode: str) -> list[tuple[Case, str]]:
    """Return which scenarios are run in which mind."""
    return [
        (case, model)
        for case in cases
        for model in models
        if model in case.scenario.models and mode in case.scenario.modes
    ]


async def _once(
    case: Case, model: str, mind: Mind, folder: Path, seed: int, word_errors: int
) -> Result:
    began_s = time.monotonic()
    async with asyncio.timeout(CALL_DEADLINE_S):
        record = await run_text(case, mind, folder, seed, word_errors)
    took_s = time.monotonic() - began_s
    wrong = failures(record, case.scenario.expect, case.company)
    return Result(case.name, model, "text", seed, took_s, record, wrong)
