r"""systemd's environment files: read as systemd reads them, changed without touching another byte.

The rules are those of `EnvironmentFile=`: a value may stand bare, in single or in double quotes, a
backslash makes the next character plain, and a quoted value may go on over several lines. Both
``\n`` and ``\r`` end a line. Where a variable is set twice, the last one counts.

Source: systemd src/basic/env-file.c, parse_env_file_internal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto

from installer.errors import ConflictError

_BARE = re.compile(r"[A-Za-z0-9_./:@%+,=-]*\Z")
_IN_DOUBLE = re.compile(r'(["\\`$])')
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_BLANK = " \t"
_BREAK = "\n\r"


@dataclass(frozen=True, slots=True)
class Assignment:
    """One ``NAME=value`` of a file.

    Attributes:
        name: The variable.
        value: Without its quotes.
        start: Where the written value begins, in characters; blanks before it are not part.
        end: Where it ends; blanks after it are not part.
    """

    name: str
    value: str
    start: int
    end: int


class UnclosedQuoteError(ValueError):
    """A quote is opened and never closed, so the rest of the file belongs to one value.

    Attributes:
        line: Where it is opened, counted from 1.
    """

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line

    def __str__(self) -> str:
        return f"the quote that is opened in line {self.line} is never closed"


def read(text: str) -> dict[str, str]:
    """Return what a file sets.

    Raises:
        UnclosedQuoteError: If a quote is never closed.
    """
    return {one.name: one.value for one in assignments(text)}


def assignments(text: str) -> list[Assignment]:
    """Return every assignment of a file, in its order; lines that are none are passed over.

    Raises:
        UnclosedQuoteError: If a quote is never closed.
    """
    found = []
    at = 0
    while at < len(text):
        if text[at] in _BLANK + _BREAK:
            at += 1
        elif text[at] in "#;":
            at = _line_end(text, at)
        else:
            end = _line_end(text, at)
            name, equals, _ = text[at:end].partition("=")
            if equals:
                one = _Value(text, at + len(name) + 1).read(name.rstrip(_BLANK))
                at = one.end
                if _NAME.match(one.name):
                    found.append(one)
            else:
                at = end
    return found


def quoted(value: str) -> str:
    """Return a value as it is written: bare where that is safe, in double quotes elsewhere.

    A POSIX shell reads it the same way.
    """
    escaped = _IN_DOUBLE.sub(r"\\\1", value)
    return value if _BARE.match(value) else f'"{escaped}"'


def with_values(content: bytes, values: Mapping[str, str], where: str) -> bytes:
    """Set variables in a file; every other byte stays.

    A variable that is set gets the new value where it stood; one that only stands there as a
    comment (``#NAME=``) is set in the line below it; any other at the end.

    Args:
        content: The file.
        values: What should be set.
        where: The file's name, for errors.

    Raises:
        ConflictError: If the file cannot be read for sure.
    """
    # Latin-1 maps every byte to a character and back: bytes that are no UTF-8 survive.
    text = content.decode("latin-1")
    with _refusing(where):
        for name, value in values.items():
            text = _with_value(text, name, value.encode().decode("latin-1"))
    return text.encode("latin-1")


def settings_in(content: bytes, where: str) -> dict[str, str]:
    """Return what a file sets; bytes that are no UTF-8 stand as question marks.

    Args:
        content: The file.
        where: The file's name, for errors.

    Raises:
        ConflictError: If the file cannot be read for sure.
    """
    with _refusing(where):
        return read(content.decode("utf-8", "replace"))


@contextmanager
def _refusing(where: str) -> Iterator[None]:
    try:
        yield
    except UnclosedQuoteError as error:
        raise ConflictError(
            str(error), where=where, what_to_do="Close it, then run this again."
        ) from None


def _with_value(text: str, name: str, value: str) -> str:
    there = [one for one in assignments(text) if one.name == name]
    if there:
        last = there[-1]
        if last.value == value:
            return text
        return text[: last.start] + quoted(value) + text[last.end :]
    newline = "\r\n" if "\r\n" in text else "\n"
    line = f"{name}={quoted(value)}"
    comment = _comment_of(text, name)
    if comment is not None:
        at = _line_end(text, comment)
        return f"{text[:at]}{newline}{line}{text[at:]}"
    gap = "" if not text or text[-1] in _BREAK else newline
    return f"{text}{gap}{line}{newline}"


def _comment_of(text: str, name: str) -> int | None:
    """Return where the last ``#NAME=`` begins that is a line of its own and no quoted text."""
    quoted_spans = [(one.start, one.end) for one in assignments(text)]
    found = [
        match.start(1)
        for match in re.finditer(rf"(?:^|[\n\r])[ \t]*(#[ \t]*{name}[ \t]*=)", text)
        if not any(start < match.start(1) < end for start, end in quoted_spans)
    ]
    return found[-1] if found else None


def _line_end(text: str, at: int) -> int:
    found = re.compile(r"[\n\r]").search(text, at)
    return found.start() if found else len(text)


class _In(Enum):
    NOTHING = auto()  # before a value, or after a closing quote
    BARE = auto()
    SINGLE = auto()
    DOUBLE = auto()


class _Value:
    """Reads one value, as systemd does.

    Args:
        text: The file.
        at: Just after the ``=``.
    """

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self._at = at
        self._opened = at
        self._state = _In.NOTHING
        self._value = ""
        self._kept = 0  # characters of the value that are not blanks at its end

    def read(self, name: str) -> Assignment:
        while self._at < len(self._text) and self._text[self._at] in _BLANK:
            self._at += 1
        start = end = self._at
        while self._at < len(self._text):
            char = self._text[self._at]
            if char in _BREAK and self._state in (_In.NOTHING, _In.BARE):
                break
            self._at += 1
            if self._take(char):
                end = self._at
        if self._state in (_In.SINGLE, _In.DOUBLE):
            raise UnclosedQuoteError(1 + len(re.findall(r"\r\n?|\n", self._text[: self._opened])))
        return Assignment(name, self._value[: self._kept], start, end)

    def _take(self, char: str) -> bool:
        """Take one character; returns whether the written value reaches at least this far."""
        if self._state is _In.SINGLE:
            return self._in_single(char)
        if self._state is _In.DOUBLE:
            return self._in_double(char)
        if self._state is _In.NOTHING and char in "\"'":
            self._state = _In.SINGLE if char == "'" else _In.DOUBLE
            self._opened = self._at
            return True
        if char in _BLANK:
            if self._state is _In.BARE:
                self._value += char
            return False
        self._state = _In.BARE
        if char == "\\":
            char = self._next()
            char = "" if char in _BREAK else char
        self._add(char)
        return True

    def _in_single(self, char: str) -> bool:
        if char == "'":
            self._state = _In.NOTHING
        else:
            self._add(char)
        return True

    def _in_double(self, char: str) -> bool:
        if char == '"':
            self._state = _In.NOTHING
        elif char == "\\":
            char = self._next()
            self._add(char if char in '"\\`$' else "" if char == "\n" else f"\\{char}")
        else:
            self._add(char)
        return True

    def _next(self) -> str:
        char = self._text[self._at : self._at + 1]
        self._at += len(char)
        return char

    def _add(self, text: str) -> None:
        self._value += text
        self._kept = len(self._value)
