"""Reading workflows: the shipped trades by name, and what a file or a company has of its own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from audiosocket_agent.company_yaml import read_yaml
from audiosocket_agent.workflow.model import Workflow

TRADES = Path(__file__).parent / "trades"
SIDE_WAYS_FILE = TRADES / "side_ways.yaml"
DEFAULT = "home_services"


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
    if name not in trades():
        raise ValueError(f"there is no workflow called {name[:40]}; shipped: {', '.join(trades())}")
    data = read_yaml((TRADES / f"{name}.yaml").read_text(encoding="utf-8"))
    return Workflow.model_validate(with_side_ways(data))


def with_side_ways(data: Any) -> Any:
    """Return the fields of a workflow with the side ways it has not got of its own.

    What has not the shape of a workflow is returned as it is, for pydantic to refuse.
    """
    if not isinstance(data, Mapping):
        return data
    whole = dict(data)
    for part, rules in _side_ways().items():
        own = data.get(part)
        if isinstance(own, Mapping):
            whole[part] = {**own, **{name: r for name, r in rules.items() if name not in own}}
    return whole


@cache
def _side_ways() -> dict[str, dict[str, Any]]:
    fields: dict[str, dict[str, Any]] = read_yaml(SIDE_WAYS_FILE.read_text(encoding="utf-8"))
    return fields
