"""The table: whole on wide terminals, a list on narrow ones, uncut in a pipe."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from installer.doctor.findings import green, red
from installer.doctor.table import show

LONG = "the port is taken by somebody who does not say who he is, and stays " * 3
FINDINGS = [
    green("all is [well]", "settings"),
    red(LONG.strip(), "stop [that] now", "ports"),
    red("another one", "look", "ports"),
]


def shown(width: int) -> str:
    page = io.StringIO()
    show(FINDINGS, Console(file=page, width=width, force_terminal=True, color_system=None))
    return page.getvalue()


@pytest.mark.parametrize("width", [20, 60, 80, 99, 100, 120, 200])
def test_no_terminal_cuts_anything_off(width):
    page = shown(width)
    assert all(len(line) <= width for line in page.splitlines())
    words = "".join(c for c in page if c.isalnum() or c in "[]")
    for text in ("all is [well]", LONG, "stop [that] now", "another one"):
        for word in text.split():
            assert "".join(c for c in word if c.isalnum() or c in "[]") in words
    assert "1 green, 2 red" in page.replace("\n", " ") or width == 20


def piped(monkeypatch, columns: str | None) -> list[str]:
    if columns is None:
        monkeypatch.delenv("COLUMNS", raising=False)
    else:
        monkeypatch.setenv("COLUMNS", columns)
    page = io.StringIO()
    show(FINDINGS, Console(file=page, color_system=None))
    return page.getvalue().splitlines()


def test_a_pipe_is_as_wide_as_it_says_else_100(monkeypatch):
    assert max(map(len, piped(monkeypatch, None))) == 100
    assert max(map(len, piped(monkeypatch, "60"))) <= 60
    wide = piped(monkeypatch, "400")
    assert any(LONG.strip() in line and "stop [that] now" in line for line in wide)


def test_narrow_terminals_get_a_list():
    assert "┃" not in shown(80) and "  -> stop [that] now" in shown(80)
    assert "┃" in shown(120)


def test_a_check_that_found_several_things_is_named_once():
    assert shown(200).count("ports") == 1
