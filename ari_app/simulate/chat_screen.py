"""What a typed call looks like: words as they come, and what happens behind them in dim lines."""

from __future__ import annotations

import json
from typing import Any, Protocol, TextIO

import click

INDENT = "       "  # under the words, after the name of who says them
NARROWEST = 40


class Screen(Protocol):
    """Shows a typed call."""

    def agent(self, piece: str) -> None:
        """A piece of the agent's words came; they may end in the middle of one."""

    def agent_done(self) -> None:
        """The agent has said what there was to say."""

    def caller(self, what: str) -> None:
        """The caller did something that is not on the screen yet."""

    def note(self, event: str, text: str, **fields: Any) -> None:
        """Something happened behind the words.

        Args:
            event: In one word.
            text: For people.
            fields: For programs.
        """


class Paper:
    """A terminal, or a file that people will read.

    Args:
        out: Where it goes.
        width: Columns.
        echoes: Whether the terminal shows what is typed by itself.
    """

    def __init__(self, out: TextIO, width: int, *, echoes: bool) -> None:
        self._out = out
        self._width = max(NARROWEST, width)
        self._echoes = echoes
        self._column = 0
        self._word = ""

    def agent(self, piece: str) -> None:
        """See `Screen.agent`: whole words are shown as they come, broken at the margin."""
        for letter in piece:
            if not letter.isspace():
                self._word += letter
            elif self._word:
                self._put()
        self._out.flush()

    def agent_done(self) -> None:
        """See `Screen.agent_done`."""
        if self._word:
            self._put()
        if self._column:
            self._out.write("\n")
            self._column = 0
        self._out.flush()

    def caller(self, what: str) -> None:
        """See `Screen.caller`."""
        if not self._echoes:
            self._out.write(f"  you: {what}\n")

    def note(self, event: str, text: str, **fields: Any) -> None:
        """See `Screen.note`."""
        self.agent_done()
        for line in _wrapped(text, self._width - len(INDENT)):
            click.secho(f"{INDENT}{line}", file=self._out, dim=True)

    def _put(self) -> None:
        """Write the word that is complete."""
        word, self._word = self._word, ""
        if not self._column:
            name = click.style("agent:", bold=True)
            click.echo(f" {name} ", file=self._out, nl=False)
            self._column = len(INDENT) + 1
        elif self._column + len(word) >= self._width:
            self._out.write(f"\n{INDENT} ")
            self._column = len(INDENT) + 1
        else:
            self._out.write(" ")
            self._column += 1
        click.echo(word, file=self._out, nl=False)
        self._column += len(word)


class Lines:
    """One JSON object a line, an event each.

    Args:
        out: Where they go.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._text = ""

    def agent(self, piece: str) -> None:
        """See `Screen.agent`."""
        self._text += piece

    def agent_done(self) -> None:
        """See `Screen.agent_done`."""
        text, self._text = " ".join(self._text.split()), ""
        if text:
            self._write({"event": "agent", "text": text})

    def caller(self, what: str) -> None:
        """See `Screen.caller`."""
        self._write({"event": "caller", "text": what})

    def note(self, event: str, text: str, **fields: Any) -> None:
        """See `Screen.note`."""
        if event in ("ended", "state"):
            self.agent_done()
        self._write({"event": event, **fields})

    def _write(self, event: dict[str, Any]) -> None:
        self._out.write(json.dumps(event, default=str) + "\n")
        self._out.flush()


def _wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines at its spaces."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return lines
