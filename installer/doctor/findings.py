"""What a check found. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """How well something does."""

    GREEN = "green"
    YELLOW = "yellow"  # calls are taken, but something that should work does not
    RED = "red"  # calls cannot be taken as the settings want it, or a door stands open
    GREY = "grey"  # nobody could look; the text says why


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's table.

    Attributes:
        check: What was looked at; "" is filled in by the runner with the check's title.
        verdict: How it does.
        what: What was seen, one line, without keys or personal data.
        what_to_do: The next step; "" when there is none.
        id: The check's stable name, which documentation links to; the runner fills it in.
    """

    check: str
    verdict: Verdict
    what: str
    what_to_do: str = ""
    id: str = ""


def exit_code(findings: Sequence[Finding]) -> int:
    """Return 0 when nothing is red, else 1."""
    return int(any(finding.verdict is Verdict.RED for finding in findings))


class NotLookedAtError(Exception):
    """A check could not look; the text says why, in a few words without a capital letter."""


def green(what: str, check: str = "") -> Finding:
    """Return a finding that all is well."""
    return Finding(check, Verdict.GREEN, what)


def yellow(what: str, what_to_do: str, check: str = "") -> Finding:
    """Return a finding of something that should be better."""
    return Finding(check, Verdict.YELLOW, what, what_to_do)


def red(what: str, what_to_do: str, check: str = "") -> Finding:
    """Return a finding of something that keeps calls from being taken, or of an open door."""
    return Finding(check, Verdict.RED, what, what_to_do)


def unseen(why: str, what_to_do: str = "", check: str = "") -> Finding:
    """Return a finding that nobody could look.

    Args:
        why: In a few words, without a capital letter.
        what_to_do: So that one can.
        check: What was to be looked at.
    """
    return Finding(check, Verdict.GREY, f"not looked at: {why}", what_to_do)
