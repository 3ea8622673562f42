"""What looking at an installation finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at.

    Attributes:
        name: What.
        ok: Whether it holds.
        detail: What was found, or what to do.
    """

    name: str
    ok: bool
    detail: str
