"""Reading workflows: the shipped trades by name, and what a file or a company has of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from audiosocket_agent.company_yaml import Lines, YamlError, read_yaml, read_yaml_lines
from audiosocket_agent.complaints import Complaint, complaints, refusal
from audiosocket_agent.errors import CompanyError, together
from audiosocket_agent.known_fields import nearest
from audiosocket_agent.workflow.findings import finding
from audiosocket_agent.workflow.model import StepRule, Workflow
from audiosocket_agent.workflow.names import Step
from audiosocket_agent.workflow.prove import prove

TRADES = Path(__file__).parent / "trades"
SIDE_WAYS_FILE = TRADES / "side_ways.yaml"
DEFAULT = "home_services"
PAGE = "docs/workflows.md"
LIKE = "like"  # in a file: the shipped workflow that it differs from
PARTS = ("slots", "steps")
# Side ways that show in a drawing what the company's own fields and the dialplan do.
DRAWN = (Step.TRANSFER, Step.RECOVER, Step.VOICEMAIL, Step.OUT_OF_HOURS)
FOLDER = "folder"  # in a validation context: where the files lie that a company names
WORKFLOW_FILE = ".workflow.yaml"  # ends the name of one in a folder of companies
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,80}\.workflow\.yaml")
MOST_BYTES = 1_000_000  # read of a file, so that a huge one costs nothing


class WorkflowError(CompanyError):
    """A workflow file is missing or wrong."""


class NoWorkflowFile(WorkflowError):
    """A company's file names a workflow file that is not there; the path is the company's."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a workflow file.

    Attributes:
        path: The file.
        workflow: It; None if it cannot be read.
        wrong: What is wrong, each with its line; () if it holds.
        is_company: Whether it is the file of a company instead.
    """

    path: Path
    workflow: Workflow | None
    wrong: tuple[CompanyError, ...]
    is_company: bool = False


@cache
def trades() -> tuple[str, ...]:
    """Return the names of the shipped workflows."""
    files = sorted(path for path in TRADES.glob("*.yaml") if path != SIDE_WAYS_FILE)
    return tuple(path.stem for path in files)


@cache
def trade(name: str) -> Workflow:
    """Return a shipped workflow; the same object each time.

    Raises:
        ValueError: If there is none of that name.
    """
    _refuse_unknown(name)
    return load_workflow(TRADES / f"{name}.yaml")


def load_workflow(path: Path) -> Workflow:
    """Read a workflow file, and prove it.

    Raises:
        WorkflowError: The first thing that is wrong, in one line, with the others.
    """
    checked = check_workflow(path)
    if checked.wrong:
        raise together(checked.wrong)
    assert checked.workflow is not None
    return checked.workflow


def check_workflow(path: Path) -> Checked:
    """Read a workflow file, and find all that is wrong with it."""
    try:
        data, lines = read_yaml_lines(read_text(path))
    except WorkflowError as error:
        return Checked(path, None, (error,))
    except YamlError as error:
        return Checked(path, None, (WorkflowError(path, error.what, error.line),))
    is_company = _is_company(data)
    try:
        workflow = Workflow.model_validate(whole(data))
    except ValidationError as error:
        wrong = placed(path, lines, complaints(error, Workflow, PAGE))
        return Checked(path, None, wrong, is_company)
    except ValueError as error:
        return Checked(path, None, placed(path, lines, [Complaint((LIKE,), str(error))]))
    return Checked(path, workflow, placed(path, lines, _complaints_of(workflow)))


def _is_company(data: object) -> bool:
    """Whether fields are meant to be a company's: they name what only that has."""
    names = data.keys() if isinstance(data, Mapping) else set()
    return bool({"dids", "greeting", "services"} & names) and not {LIKE, *PARTS} & names


def read_text(path: Path) -> str:
    """Read a file that people wrote.

    Raises:
        WorkflowError: If it cannot be read, is huge, or no UTF-8 text.
    """
    try:
        with path.open("rb") as file:
            written = file.read(MOST_BYTES + 1)
        if len(written) > MOST_BYTES:
            raise WorkflowError(path, f"is larger than {MOST_BYTES} bytes; is it the right file?")
        return written.decode("utf-8-sig")
    except FileNotFoundError:
        raise WorkflowError(path, "there is no such file") from None
    except IsADirectoryError:
        raise WorkflowError(path, "is a folder; name a file in it") from None
    except PermissionError:
        what = "may not be read by this account; change its owner or its rights, or use sudo"
        raise WorkflowError(path, what) from None
    except OSError as error:
        raise WorkflowError(path, error.strerror or "cannot be read") from None
    except UnicodeDecodeError as error:
        line = written.count(b"\n", 0, error.start) + 1
        raise WorkflowError(path, "is not UTF-8 text; save it as UTF-8", line) from None


def placed(
    path: Path,
    lines: Lines,
    wrong: Sequence[Complaint],
    kind: type[CompanyError] = WorkflowError,
) -> tuple[CompanyError, ...]:
    """Return what is wrong with a file, in the order of its lines.

    Args:
        path: The file.
        lines: Where its parts stand.
        wrong: What is wrong.
        kind: Of the errors.
    """
    found: list[tuple[int, CompanyError]] = []
    for it in wrong:
        line = lines.of(it.where)
        for error in it.elsewhere or (kind(path, str(it), line),):
            if isinstance(error, NoWorkflowFile):
                error = NoWorkflowFile(path, error.what, line)
            found.append((line or 0, error))
    return tuple(error for _, error in sorted(found, key=lambda it: it[0]))


def read_workflow(value: object, folder: Path | None) -> object:
    """Read what a company's `workflow` is: a shipped name, a file beside it, or all of it.

    Args:
        value: As it stands in the company's file.
        folder: Where that is; None: it stands in no file.

    Returns:
        A workflow, or fields that pydantic is to make one of.

    Raises:
        ValueError: If there is none of that name.
        WorkflowError: If the file beside it is wrong.
        NoWorkflowFile: If it is not there.
    """
    if not isinstance(value, str):
        return value if isinstance(value, Workflow) else whole(value)
    if not _FILE.fullmatch(value):
        return trade(value)
    if folder is None:
        raise ValueError("a workflow file can only be named in a file; write all of it here")
    if not (folder / value).is_file():
        raise NoWorkflowFile(folder, f"workflow: there is no file {value} beside this one")
    return load_workflow(folder / value)


def refuse_unproved(workflow: Workflow) -> Workflow:
    """Let a workflow pass that holds, as a check within pydantic.

    Raises:
        PydanticCustomError: All that is wrong, each with its place.
    """
    wrong = () if is_shipped(workflow) else _complaints_of(workflow)
    if wrong:
        raise refusal(*wrong)
    return workflow


def _complaints_of(workflow: Workflow) -> tuple[Complaint, ...]:
    """Return what keeps a workflow from being proved, and what it sets without effect."""
    usual = {step: StepRule.model_validate(_side_ways()["steps"][step]) for step in DRAWN}
    idle = (s for s in DRAWN if workflow.steps[s].model_dump() != usual[s].model_dump())
    return prove(workflow) or tuple(
        finding(("steps", str(step)), "what happens there is not set in a workflow",
                "leave it out; a company's people, closed and hours say it")
        for step in idle
    )  # fmt: skip


def is_shipped(workflow: Workflow) -> bool:
    """Whether a workflow is a shipped one as it was shipped."""
    return workflow.name in trades() and workflow == trade(workflow.name)


def whole(data: Any) -> Any:
    """Return the fields of a workflow with those it takes from others.

    These are the workflow it is `LIKE`, and the side ways it has not got of its own. Slots and
    steps are taken field by field; the steps of its own come where they stand in the other one,
    new ones after them, and the goodbye last.

    Raises:
        ValueError: If it is like none that is shipped.
    """
    if not isinstance(data, Mapping):
        return data  # for pydantic to refuse
    fields = {name: value for name, value in data.items() if name != LIKE}
    if LIKE in data:
        fields = _merged(_fields_of(str(data[LIKE])), fields)
        steps = fields["steps"]
        if isinstance(steps, Mapping):  # the goodbye comes after all, new steps too
            last = {str(Step.CLOSE): steps[Step.CLOSE]}
            fields["steps"] = {name: r for name, r in steps.items() if name not in last} | last
    for part, rules in _side_ways().items():
        own = fields.get(part)
        if isinstance(own, Mapping):
            fields[part] = {**own, **{name: r for name, r in rules.items() if name not in own}}
    return fields


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of one workflow with those of another, slots and steps field by field."""
    fields = {**base, **own}
    for part in PARTS:
        if not isinstance(own.get(part), Mapping):
            if part not in own:
                continue
            return fields
        rules = dict(base[part])
        for name, rule in own[part].items():
            both = name in rules and isinstance(rule, Mapping)
            rules[name] = {**rules[name], **rule} if both else rule
        fields[part] = rules
    return fields


@cache
def _fields_of(name: str) -> dict[str, Any]:
    _refuse_unknown(name)
    fields: dict[str, Any] = read_yaml((TRADES / f"{name}.yaml").read_text(encoding="utf-8"))
    return fields


def _refuse_unknown(name: str) -> None:
    if name not in trades():
        meant = nearest(name, trades())
        guess = "" if meant is None else f"did you mean {meant}? "
        raise ValueError(
            f"there is no workflow called {name[:40]}; {guess}shipped: {', '.join(trades())}; one "
            f"of your own is a file beside this one, NAME{WORKFLOW_FILE}"
        )


@cache
def _side_ways() -> dict[str, dict[str, Any]]:
    fields: dict[str, dict[str, Any]] = read_yaml(SIDE_WAYS_FILE.read_text(encoding="utf-8"))
    return fields
