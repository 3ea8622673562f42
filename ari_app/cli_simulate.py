"""``voiceagent simulate``: simulated callers try the agent, and a report says how it did."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ari_app.simulate.report import Result

FAILED, USAGE = 1, 2
MODELS = ("rules", "simulated")
HOSTILE = "hostile"


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--model",
    type=click.Choice([*MODELS, "both", HOSTILE]),
    default="both",
    show_default=True,
    help="What thinks: the rules, the simulated language model, each in turn, or a model that lies "
    "and obeys the caller (with the scenarios that are for it).",
)
@click.option("--speech", is_flag=True, help="Speak, in real time, instead of writing.")
@click.option(
    "--ear",
    type=click.Choice(["simulated", "offline"]),
    default="simulated",
    show_default=True,
    help="With --speech: the simulated vendor's, or the offline recogniser.",
)
@click.option(
    "--agent-wpm",
    type=click.IntRange(80, 450),
    default=300,
    show_default=True,
    help="With --speech: how fast the agent speaks, words a minute.",
)
@click.option("--repeat", type=click.IntRange(1, 1000), default=1, help="Runs of each scenario.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the first run's luck.")
@click.option(
    "--word-errors",
    type=click.IntRange(0, 50),
    default=0,
    show_default=True,
    help="Words in a hundred that the agent mishears.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=4, show_default=True, help="Calls at a time."
)
@click.option("--json", "as_json", is_flag=True, help="Print the whole run as JSON.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML.")
@click.option("--verbose", "-v", is_flag=True, help="Print what was said in every call.")
@click.option(
    "--phrases",
    is_flag=True,
    help="Measure the offline recogniser instead: every phrase of a company's closed questions, in "
    "five voices. FILES are companies then; default: Harbour.",
)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of scenario files and stop.")
def simulate(files: tuple[Path, ...], as_json: bool, junit: Path | None, **asked: Any) -> None:
    """Let simulated callers try the agent.

    FILES are scenarios or folders of them; default: all that come with the program.

    Exit codes: 0 all passed (of phrases: 90 in a hundred were heard), 1 some failed, 2 a scenario
    or an option is wrong.
    """
    if asked["phrases"]:
        sys.exit(_phrases(files, as_json=as_json))
    import uvloop

    from ari_app.simulate import report
    from ari_app.simulate.scenario_file import ScenarioError, find_files, read_case, schema
    from ari_app.simulate.suite import Plan, run_as_speech, run_as_text

    if asked["schema"]:
        click.echo(schema(), nl=False)
        return
    cases, mistakes = [], []
    try:
        paths = find_files(files)
    except ScenarioError as error:
        paths, mistakes = [], [str(error)]
    for path in paths:
        try:
            cases.append(read_case(path))
        except ScenarioError as error:
            mistakes += error.mistakes
    if mistakes:
        click.echo("\n".join(mistakes), err=True)
        sys.exit(USAGE)
    if junit is not None and not junit.parent.is_dir():
        click.echo(f"voiceagent: --junit {junit}: there is no folder {junit.parent}", err=True)
        sys.exit(USAGE)
    logging.getLogger().addHandler(logging.NullHandler())  # what goes wrong is meant to
    models = MODELS if asked["model"] == "both" else (asked["model"],)
    plan = Plan(
        models,
        asked["repeat"],
        asked["seed"],
        asked["word_errors"],
        asked["jobs"],
        asked["ear"],
        asked["agent_wpm"],
    )
    run = run_as_speech if asked["speech"] else run_as_text
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        results = runner.run(run(cases, plan, _progress(as_json)))
    if not results:
        click.echo("voiceagent: no scenario can be run like this", err=True)
        sys.exit(USAGE)
    if junit is not None:
        junit.write_bytes(report.as_junit(results))
    if as_json:
        click.echo(report.as_json(results))
    else:
        _print(results, verbose=asked["verbose"])
    sys.exit(0 if all(result.passed for result in results) else FAILED)


def _phrases(files: tuple[Path, ...], *, as_json: bool) -> int:
    """Measure the offline recogniser; returns the exit code."""
    from ari_app.simulate import phrases
    from ari_app.simulate.scenario_file import COMPANIES
    from audiosocket_agent.company import load_company
    from audiosocket_agent.errors import CompanyError, ProviderError

    worst = 100.0
    try:
        for company in [load_company(path) for path in files or (COMPANIES / "harbour.yaml",)]:
            found = asyncio.run(phrases.measure(phrases.vocabulary(company)))
            show = phrases.as_json if as_json else phrases.report
            click.echo(show(company, found))
            worst = min(worst, phrases.percent(found))
    except (CompanyError, ProviderError) as error:
        click.echo(f"voiceagent: {error}", err=True)
        return USAGE
    return 0 if worst >= phrases.LEAST_PERCENT else FAILED


def _progress(as_json: bool) -> Callable[[Result], None]:
    """Return what shows each result as it comes, to who watches: spoken calls take minutes."""

    def show(result: Result) -> None:
        word = "passed" if result.passed else "FAILED"
        click.echo(f"{word} {result.name}, {result.model}, seed {result.seed}", err=True)

    return show if sys.stderr.isatty() and not as_json else lambda result: None


def _print(results: list[Result], *, verbose: bool) -> None:
    from ari_app.cli_records import print_table
    from ari_app.simulate import report

    for result in results:
        if not result.passed or verbose:
            word = "passed" if result.passed else "FAILED"
            click.echo(f"{word}: {result.name}, {result.model}, seed {result.seed}")
            click.echo(report.transcript(result.record))
            for failure in result.failures:
                click.echo(f"    {failure}")
            click.echo()
    columns = ("scenario", "model", "runs", "passed", "turns", "latency_ms")
    print_table(report.by_scenario(results), columns)
    heard, wrong = report.hearing(results)
    if heard:
        right = heard - wrong.total()
        others = "; the others:" if wrong else ""
        click.echo(f"{right} of {heard} utterances were heard as they were said{others}")
        for (said, made_of_it), times in wrong.most_common():
            click.echo(f"    {times} x {said!r} as {made_of_it!r}")
    if times_ms := report.latency(results):
        click.echo(
            f"{times_ms['answers']} answers after {times_ms['median_ms']} ms typically, "
            f"95 % within {times_ms['p95_ms']} ms"
        )
    passed = sum(result.passed for result in results)
    click.echo(f"{passed} of {len(results)} passed ({report.rate(results):.1f} %)")
