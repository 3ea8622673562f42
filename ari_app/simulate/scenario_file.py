"""Reading scenario files; what is wrong with one is said with its file and line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

import audiosocket_agent
from ari_app.simulate.scenario import Scenario, ScenarioError
from audiosocket_agent.company import Company, complaint, load_company
from audiosocket_agent.company_yaml import read_yaml
from audiosocket_agent.errors import CompanyError
from audiosocket_agent.workflow.model import BUILT_IN_TOOLS

__all__ = [
    "COMPANIES",
    "SHIPPED",
    "Case",
    "ScenarioError",
    "find_files",
    "line_of",
    "read_case",
    "schema",
]

SHIPPED = Path(__file__).parent / "scenarios"
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
        ScenarioError: One line.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = read_yaml(text)
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror or 'cannot be read'}") from None
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}: is not UTF-8 text") from None
    except ValueError as error:
        raise ScenarioError(f"{path}: {error}") from None
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        where = error.errors(include_url=False, include_input=False)[0]["loc"]
        line = line_of(text, where)
        what = complaint(error).replace("docs/companies.md lists", "docs/simulate.md lists")
        raise ScenarioError(f"{path}:{line}: {what}") from None
    company = _company(path, text, scenario)
    for name in scenario.world.tools:
        if name not in company.tools:
            line = line_of(text, ("world", "tools", name))
            raise ScenarioError(f"{path}:{line}: world.tools: {company.key} has no tool {name}")
    _check_names(path, text, scenario, company)
    return Case(path.stem, path, scenario, company)


def _check_names(path: Path, text: str, scenario: Scenario, company: Company) -> None:
    """Refuse to expect what cannot be: a misspelt step or tool is never gone through or called.

    Raises:
        ScenarioError: One line.
    """
    expect = scenario.expect
    steps, tools = {*map(str, company.workflow.steps)}, {*BUILT_IN_TOOLS, *company.tools}
    for field, names, known in (
        ("steps", expect.steps, steps),
        ("steps_never", expect.steps_never, steps),
        ("tools", expect.tools, tools),
        ("tools_never", expect.tools_never, tools),
        ("given", expect.given, tools),
    ):
        for name in names:
            if name not in known:
                line = line_of(text, ("expect", field))
                what = f"{company.key} has no {'step' if known is steps else 'tool'} {name}"
                there = ", ".join(sorted(known))
                raise ScenarioError(f"{path}:{line}: expect.{field}: {what}; there are {there}")


def schema() -> str:
    """Return the JSON Schema of scenario files, for editors."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scenario of voiceagent simulate",
        **Scenario.model_json_schema(),
    }
    return json.dumps(document, indent=2) + "\n"


def line_of(text: str, where: Iterable[str | int]) -> int:
    """Return the line, from 1, of what stands at a place in a YAML document.

    Args:
        text: The document.
        where: Names and positions from the top; what is not there ends the way down.
    """
    node = yaml.compose(text, yaml.SafeLoader)
    line = 1
    for part in where:
        below = _below(node, part)
        if below is None:
            break
        mark, node = below
        line = mark.start_mark.line + 1
    return line


def _below(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """Return where a part of a node begins, and the part."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None


def _company(path: Path, text: str, scenario: Scenario) -> Company:
    """Return the company a scenario is about.

    Raises:
        ScenarioError: One line.
    """
    if scenario.company_file is not None:
        file, field = path.parent / scenario.company_file, "company_file"
    else:
        field = "company"
        names = sorted(COMPANIES.rglob("*.yaml"))
        known = {name.stem: name for name in names}
        if scenario.company not in known:
            raise ScenarioError(
                f"{path}:{line_of(text, (field,))}: company: no company that comes with the "
                f"program is called {scenario.company}; there are {', '.join(sorted(known))}"
            )
        file = known[scenario.company]
    try:
        company = load_company(file)
    except CompanyError as error:
        raise ScenarioError(f"{path}:{line_of(text, (field,))}: {field}: {error}") from None
    return _changed(path, text, company, scenario.company_changes)


def _changed(path: Path, text: str, company: Company, changes: Mapping[str, Any]) -> Company:
    if not changes:
        return company
    try:
        return Company.model_validate(company.model_dump(mode="json") | dict(changes))
    except ValidationError as error:
        line = line_of(text, ("company_changes",))
        raise ScenarioError(f"{path}:{line}: company_changes: {complaint(error)}") from None
