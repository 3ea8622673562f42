"""``voiceagent workflow``: checking, drawing and looking at how the calls of a trade go."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from ari_app.cli_records import as_json_option, print_table
from audiosocket_agent.company import Company, load_company
from audiosocket_agent.errors import CompanyError
from audiosocket_agent.workflow.draw import mermaid, svg
from audiosocket_agent.workflow.load import (
    TRADES,
    NoWorkflowFile,
    WorkflowError,
    check_workflow,
    load_workflow,
    read_text,
    trade,
    trades,
)
from audiosocket_agent.workflow.model import Workflow
from audiosocket_agent.workflow.schema import company_schema, workflow_schema

EX_WRONG, EX_UNREADABLE = 1, 2  # 2 is click's own for what it cannot make sense of


@click.group()
def workflow() -> None:
    """Check, draw and look at workflows: how the calls of a trade go.

    A workflow is one YAML file; docs/workflows.md tells how one is written. WORKFLOW is such a
    file, a company's file, or the name of a shipped one.
    """


@workflow.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@as_json_option
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Check workflow files, and company files with what they name.

    Everything that is wrong is told, one line each: FILE:LINE: FIELD: what it is, and how to mend
    it. A workflow that passes is proved: every call through it ends.

    Exit codes: 0 all hold, 1 something is wrong, 2 a file cannot be read.
    """
    wrong = {file: _wrong(file) for file in files}
    if as_json:
        rows = [{"file": str(file), "holds": not errors, "wrong": list(map(_row, errors))}
                for file, errors in wrong.items()]  # fmt: skip
        click.echo(json.dumps(rows))
    else:
        for file, errors in wrong.items():
            click.echo("\n".join(map(str, errors)) if errors else f"{file}: holds")
    if any(wrong.values()):
        there = all(file.is_file() for file in files)
        named = not any(isinstance(e, NoWorkflowFile) for errors in wrong.values() for e in errors)
        sys.exit(EX_WRONG if there and named else EX_UNREADABLE)


@workflow.command()
@click.argument("what", metavar="WORKFLOW")
@click.option("--format", "form", type=click.Choice(["mermaid", "svg"]), default="mermaid",
              show_default=True, help="SVG needs no other program to be looked at.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file instead of here.")
def draw(what: str, form: str, output: Path | None) -> None:
    """Draw a workflow.

    Exit codes: 0 drawn, 1 the workflow is wrong, 2 it cannot be read, or the file not written.
    """
    drawn = (svg if form == "svg" else mermaid)(_workflow(what))
    if output is None:
        click.echo(drawn, nl=False)
        return
    try:
        output.write_text(drawn, encoding="utf-8")
    except OSError as error:
        _fail(f"{output}: {error.strerror}", EX_UNREADABLE)


@workflow.command()
@click.argument("of", type=click.Choice(["workflow", "company"]), default="workflow")
def schema(of: str) -> None:
    """Print the JSON Schema of workflow files, or of company files, for editors."""
    found = company_schema(Company) if of == "company" else workflow_schema()
    click.echo(json.dumps(found, indent=1))


@workflow.command("list")
@as_json_option
def list_(as_json: bool) -> None:
    """List the shipped workflows."""
    rows = [{"name": name, "about": trade(name).about, "steps": list(map(str, trade(name).main))}
            for name in trades()]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows))
        return
    print_table([row | {"steps": " ".join(row["steps"])} for row in rows], ("name", "about"))


@workflow.command()
@click.argument("what", metavar="WORKFLOW")
@as_json_option
def show(what: str, as_json: bool) -> None:
    """Print a workflow as it is written, to begin one of your own with.

    With --json it is all of it, side ways and defaults included.

    Exit codes: 0 printed, 1 the workflow is wrong, 2 there is none.
    """
    found = _workflow(what)
    if as_json:
        click.echo(found.model_dump_json())
        return
    file = TRADES / f"{what}.yaml" if what in trades() else Path(what)
    click.echo(read_text(file), nl=False)


def _wrong(file: Path) -> tuple[CompanyError, ...]:
    """Return what is wrong with a file; one that has numbers to be called on is a company's."""
    if not file.is_file():
        what = "is a folder; name the files in it" if file.is_dir() else "there is no such file"
        return (WorkflowError(file, what),)
    checked = check_workflow(file)
    if checked.is_company:
        try:
            load_company(file)
        except CompanyError as error:
            return error.all
        return ()
    return checked.wrong


def _workflow(what: str) -> Workflow:
    """Return a workflow by name or file; ends the command with one clear line if there is none."""
    if what in trades():
        return trade(what)
    if not Path(what).is_file():
        _fail(f"{what}: is no file, and no shipped workflow: {', '.join(trades())}", EX_UNREADABLE)
    try:
        checked = check_workflow(Path(what))
        return (
            load_company(Path(what)).workflow if checked.is_company else load_workflow(Path(what))
        )
    except NoWorkflowFile as error:
        _fail(str(error), EX_UNREADABLE)
    except CompanyError as error:
        _fail(str(error), EX_WRONG)


def _row(error: CompanyError) -> dict[str, Any]:
    return {"line": error.line, "what": error.what}


def _fail(line: str, code: int) -> NoReturn:
    click.echo(f"voiceagent: {line}", err=True)
    sys.exit(code)
