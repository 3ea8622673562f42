"""The doctor's table on a terminal, wide or narrow, and in a pipe."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from installer.doctor.findings import Finding, Verdict

_PIPE_WIDTH = 100  # where neither a terminal nor COLUMNS says more
_NARROW = 100  # below it four columns are too thin to read
_COLOURS = {
    Verdict.GREEN: "green",
    Verdict.YELLOW: "yellow",
    Verdict.RED: "bold red",
    Verdict.GREY: "bright_black",
}


def show(findings: Sequence[Finding], console: Console | None = None) -> None:
    """Print findings as a table; on a narrow terminal as a list.

    Args:
        findings: In order.
        console: Where to; standard output when omitted.
    """
    screen = console or Console()
    if not screen.is_terminal and "COLUMNS" not in os.environ:
        screen.width = _PIPE_WIDTH
    if screen.width < _NARROW:
        _list(findings, screen)
    else:
        screen.print(_table(findings))
    counts = Counter(finding.verdict for finding in findings)
    parts = [
        f"[{_COLOURS[verdict]}]{counts[verdict]} {verdict.value}[/]"
        for verdict in Verdict
        if counts[verdict]
    ]
    screen.print(", ".join(parts), highlight=False)


def _table(findings: Sequence[Finding]) -> Table:
    table = Table()
    table.add_column("", no_wrap=True)
    table.add_column("check", no_wrap=True)
    table.add_column("seen", overflow="fold", ratio=3)
    table.add_column("what to do", overflow="fold", ratio=2)
    before = ""
    for one in findings:
        # A check that found several things is named once.
        name = "" if one.check == before else one.check
        table.add_row(_coloured(one), escape(name), escape(one.what), escape(one.what_to_do))
        before = one.check
    return table


def _list(findings: Sequence[Finding], screen: Console) -> None:
    for one in findings:
        line = f"{_coloured(one)} [bold]{escape(one.check)}[/]: {escape(one.what)}"
        screen.print(line, highlight=False)
        if one.what_to_do:
            screen.print(f"  -> {escape(one.what_to_do)}", highlight=False)


def _coloured(finding: Finding) -> str:
    return f"[{_COLOURS[finding.verdict]}]{finding.verdict.value}[/]"
