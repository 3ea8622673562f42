"""Reading scenario files; all that is wrong with one is told by file and line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

import audiosocket_agent
from ari_app.simulate.scenario import Scenario, ScenarioError
from audiosocket_agent.company import Company, load_company
from audiosocket_agent.company_yaml import Lines, YamlError, read_yaml_lines
from audiosocket_agent.complaints import Complaint, complaints
from audiosocket_agent.errors import CompanyError
from audiosocket_agent.workflow.load import placed, read_text
from audiosocket_agent.workflow.model import BUILT_IN_TOOLS

__all__ = [
    "COMPANIES",
    "SHIPPED",
    "Case",
    "ScenarioError",
    "find_files",
    "read_case",
    "schema",
]

SHIPPED = Path(__file__).parent / "scenarios"
PAGE = "docs/simulate.md"
COMPANIES = Path(audiosocket_agent.__file__).parent / "companies"


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario with its company.

    Attributes:
        name: The file's name without its ending.
        path: The file.
        scenario: What it says.
        company: Whom the caller calls, with what the scenario changes of it.
    """

    name: str
    path: Path
    scenario: Scenario
    company: Company


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Return the scenario files of files and folders; of none: all that come with the program.

    Raises:
        ScenarioError: If there is none.
    """
    files: list[Path] = []
    for path in paths or (SHIPPED,):
        found = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        if not found:
            raise ScenarioError(f"{path}: holds no scenario: put at least one NAME.yaml there")
        files += found
    return files


def read_case(path: Path) -> Case:
    """Read a scenario and the company it is about.

    Raises:
        ScenarioError: All that is wrong, each in one line.
    """
    try:
        data, lines = read_yaml_lines(read_text(path))
    except CompanyError as error:
        raise ScenarioError(str(error)) from None
    except YamlError as error:
        raise ScenarioError(str(CompanyError(path, error.what, error.line))) from None
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        raise _refused(path, lines, complaints(error, Scenario, PAGE)) from None
    company = _company(path, lines, scenario)
    wrong = [
        Complaint(
            ("world", "tools", name), f"{company.key} has no tool {name}; {_there(company.tools)}"
        )
        for name in scenario.world.tools
        if name not in company.tools
    ]
    if wrong := [*wrong, *_unknown_names(scenario, company)]:
        raise _refused(path, lines, wrong)
    return Case(path.stem, path, scenario, company)


def _refused(path: Path, lines: Lines, wrong: Sequence[Complaint]) -> ScenarioError:
    """Return what is wrong with a scenario as one error, in the order of the file."""
    return ScenarioError(*map(str, placed(path, lines, wrong, CompanyError)))


def _there(names: Iterable[str]) -> str:
    known = ", ".join(sorted(names))
    return f"there are {known}" if known else "it has none"


def _unknown_names(scenario: Scenario, company: Company) -> list[Complaint]:
    """Return what cannot be expected: a misspelt step or tool is never gone through or called."""
    expect = scenario.expect
    steps, tools = {*map(str, company.workflow.steps)}, {*BUILT_IN_TOOLS, *company.tools}
    wrong = []
    for field, names, known in (
        ("steps", expect.steps, steps),
        ("steps_never", expect.steps_never, steps),
        ("tools", expect.tools, tools),
        ("tools_never", expect.tools_never, tools),
        ("given", expect.given, tools),
    ):
        for place, name in enumerate(names):
            if name not in known:
                what = f"{company.key} has no {'step' if known is steps else 'tool'} {name}"
                where = ("expect", field, name if field == "given" else place)
                wrong.append(Complaint(where, f"{what}; {_there(known)}"))
    return wrong


def schema() -> str:
    """Return the JSON Schema of scenario files, for editors."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scenario of voiceagent simulate",
        **Scenario.model_json_schema(),
    }
    return json.dumps(document, indent=2) + "\n"


def _company(path: Path, lines: Lines, scenario: Scenario) -> Company:
    """Return the company a scenario is about.

    Raises:
        ScenarioError: All that is wrong, each in one line.
    """
    if scenario.company_file is not None:
        file, field = path.parent / scenario.company_file, "company_file"
    else:
        field = "company"
        known = {name.stem: name for name in COMPANIES.rglob("*.yaml")}
        if scenario.company not in known:
            what = f"no company that comes with the program is called {scenario.company}"
            wrong = Complaint((field,), f"{what}; {_there(known)}")
            raise _refused(path, lines, [wrong])
        file = known[scenario.company]
    try:
        company = load_company(file)
    except CompanyError as error:
        raise _refused(path, lines, [Complaint((field,), error.in_one_line)]) from None
    return _changed(path, lines, company, scenario.company_changes)


def _changed(path: Path, lines: Lines, company: Company, changes: Mapping[str, Any]) -> Company:
    if not changes:
        return company
    try:
        return Company.model_validate(company.model_dump(mode="json") | dict(changes))
    except ValidationError as error:
        wrong = complaints(error, Company)
        placed_there = [Complaint(("company_changes", *it.where), it.what) for it in wrong]
        raise _refused(path, lines, placed_there) from None
