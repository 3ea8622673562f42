"""What a check found. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """How well something does."""

    GREEN = "green"
    YELLOW = "yellow"  # calls are taken, but something that should work does not
    RED = "red"  # calls cannot be taken as the settings want it


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's table.

    Attributes:
        check: What was looked at.
        verdict: How it does.
        what: What was seen, one line, without keys or personal data.
        what_to_do: The next step; "" when there is none.
    """

    check: str
    verdict: Verdict
    what: str
    what_to_do: str = ""


def exit_code(findings: Sequence[Finding]) -> int:
    """Return 0 when nothing is red, else 1."""
    return int(any(finding.verdict is Verdict.RED for finding in findings))
