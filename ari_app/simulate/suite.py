"""Running many scenarios, several at a time, each as often as wanted."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ari_app.engines import open_engine
from ari_app.simulate.checks import failures
from ari_app.simulate.minds import SIMULATED, open_mind
from ari_app.simulate.record import CallRecord
from ari_app.simulate.report import Result
from ari_app.simulate.scenario_file import Case
from ari_app.simulate.spoken_call import make_ready, open_studio, run_speech
from ari_app.simulate.text_run import run_text
from ari_app.simulate.world import make_template
from audiosocket_agent.dialogue import Mind
from audiosocket_agent.seams import SpeechToText
from audiosocket_agent.vendors import Kind

log = logging.getLogger(__name__)

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
        ear: Of spoken calls: ``simulated`` or ``offline``.
        agent_wpm: How fast the agent speaks in them, words a minute.
    """

    models: tuple[str, ...] = ("simulated",)
    repeat: int = 1
    seed: int = 1
    word_errors: int = 0
    jobs: int = 4
    ear: str = SIMULATED
    agent_wpm: int = 300  # nobody listens: the sooner it is over the better


Shown = Callable[[Result], None]


async def run_as_speech(
    cases: Sequence[Case], plan: Plan, show: Shown = lambda result: None
) -> list[Result]:
    """Run scenarios spoken, in real time; see `run_as_text`.

    With the offline ear only those are run whose words it is told to expect.
    """
    gate = asyncio.Semaphore(plan.jobs)
    offline = plan.ear != SIMULATED
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="voiceagent-")))
        await make_template(folder)
        ear = await _offline_ear(stack) if offline else None
        chosen = [case for case in cases if case.scenario.offline_ear or not offline]
        studios = {}
        for name in plan.models:
            mind = await stack.enter_async_context(open_mind(name))
            studio = open_studio(mind, ear, folder, plan.agent_wpm)
            studios[name] = await stack.enter_async_context(studio)
            called = [case for case, _ in planned(chosen, (name,), "speech")]
            await make_ready(studios[name], called * plan.repeat)

        async def one(case: Case, model: str, seed: int) -> Result:
            async with gate:
                began_s = time.monotonic()
                call = run_speech(case, studios[model], seed, plan.word_errors)
                record = await _whatever_happens(call)
            took_s = time.monotonic() - began_s
            # What the conversation holds is not seen from the line: its bookings are.
            expect = case.scenario.expect.model_copy(update={"slots": {}, "steps": ()})
            wrong = failures(record, expect, case.company)
            result = Result(case.name, model, "speech", seed, took_s, record, wrong)
            show(result)
            return result

        calls = [
            one(case, model, seed)
            for case, model in planned(chosen, plan.models, "speech")
            for seed in range(plan.seed, plan.seed + plan.repeat)
        ]
        return list(await asyncio.gather(*calls))


async def _offline_ear(stack: AsyncExitStack) -> SpeechToText:
    engine = await open_engine(Kind.STT, "offline")
    stack.push_async_callback(engine.close)
    return cast(SpeechToText, engine)


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


async def _whatever_happens(call: Coroutine[Any, Any, CallRecord]) -> CallRecord:
    """Run a call; one that breaks down in a way nobody foresaw has failed, and the others go on."""
    try:
        return await call
    except Exception as error:
        log.exception("a simulated call broke down")
        return CallRecord(error=f"broke down: {type(error).__name__}: {error}")


async def _once(
    case: Case, model: str, mind: Mind, folder: Path, seed: int, word_errors: int
) -> Result:
    began_s = time.monotonic()
    async with asyncio.timeout(CALL_DEADLINE_S):
        record = await _whatever_happens(run_text(case, mind, folder, seed, word_errors))
    took_s = time.monotonic() - began_s
    wrong = failures(record, case.scenario.expect, case.company)
    return Result(case.name, model, "text", seed, took_s, record, wrong)
