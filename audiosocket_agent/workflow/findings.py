"""What `prove` finds wrong with a workflow. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from audiosocket_agent.complaints import Complaint, Where


def finding(where: Where, what: str, mend: str = "") -> Complaint:
    """Return what is wrong at a place of a workflow, and how to mend it."""
    return Complaint(where, f"{what}; {mend}" if mend else what)


def unknown(where: Where, what: str, name: str, known: Iterable[str]) -> Complaint:
    """Return that there is no such thing, and what may have been meant.

    Args:
        where: Where it is named.
        what: What it should be: "slot", "step".
        name: The name.
        known: What there is.
    """
    names = list(known)
    close = get_close_matches(name, names, n=1, cutoff=0.7)
    mend = f"is {close[0]} meant?" if close else f"there are: {', '.join(sorted(names))}"
    return finding(where, f"there is no {what} called {name}", mend)
