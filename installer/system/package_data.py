"""Reads the files that come with this package."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def text_of(name: str) -> str:
    """Return a file of this package's folder as text."""
    return resources.files("installer.system").joinpath(name).read_text(encoding="utf-8")
