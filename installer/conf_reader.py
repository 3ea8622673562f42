"""Reads an Asterisk configuration file as Asterisk does, includes and templates and all.

Pure: the bytes of an included file come from a function that is passed in. Source of the rules:
Asterisk 22.10.1, main/config.c, ``process_text_line`` and ``config_text_file_load``; a test holds
them against the real one. Some surprise:

* a header, directive or line Asterisk cannot make sense of ends the reading of the file it is in;
  in the outermost file that means that Asterisk refuses the whole;
* after an include, lines without a header belong to the section before it, not to the last one of
  the included file;
* a byte order mark at the start of a pattern's second file makes text of its first line;
* ``;--`` comments nest, and a ``--;`` without a beginning is the beginning of one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from installer.conf_comments import BLANK, Comments

Load = Callable[[str], Sequence[tuple[str, bytes]]]
"""Returns name and bytes of each file an include means; none when it is missing."""

_MAX_DEPTH = 10  # MAX_INCLUDE_LEVEL
_MAX_LINE_BYTES = 8191  # what fgets() puts into 8192 bytes, line end included
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Setting:
    """One ``name = value`` line, or ``name => value``.

    Attributes:
        name: What is left of the sign.
        value: What is right of it.
        where: File and line.
    """

    name: str
    value: str
    where: str


@dataclass(slots=True)
class Section:
    """One ``[section]``.

    Attributes:
        name: What stands in the brackets.
        where: File and line of its first header.
        template: Whether it is one, ``(!)``: then its settings count for nothing by themselves.
        settings: Its lines, inherited ones first.
    """

    name: str
    where: str
    template: bool = False
    settings: list[Setting] = field(default_factory=list)


@dataclass(slots=True)
class Config:
    """One file with everything it includes.

    Attributes:
        sections: In order; a name can occur twice, and Asterisk then uses the first.
        included: What was to be included, as it is written there.
        problems: What Asterisk would complain about, with file and line.
        refused: Why Asterisk refuses the whole; empty if it does not.
        refused_at: The file and line that it refuses it for.
        open_comment: Where a ``;--`` comment begins that the outermost file never ends.
        stray_end: Where a ``--;`` stands in the outermost file that ends no comment and makes one
            of all that follows.
    """

    sections: list[Section] = field(default_factory=list)
    included: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    refused: str = ""
    refused_at: str = ""
    open_comment: str = ""
    stray_end: str = ""

    def section(self, name: str) -> Section | None:
        """Return the section Asterisk uses under a name; templates do not count."""
        for section in self.sections:
            if section.name.lower() == name.lower() and not section.template:
                return section
        return None


def read_config(name: str, load: Load) -> Config:
    """Read a file and what it includes.

    Args:
        name: The file, as an include would name it.
        load: Fetches files.

    Returns:
        What Asterisk would make of it; empty, with a problem, if the file is missing.
    """
    reader = _Reader(load)
    if not reader.include(name, depth=0):
        reader.config.problems.append(f"no {name}")
    return reader.config


class _RefusedError(Exception):
    """Asterisk reads no further in this file."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(where, why)
        self.where = where
        self.why = why


class _Reader:
    """Keeps what Asterisk keeps from file to file: the sections, and which one came last."""

    def __init__(self, load: Load) -> None:
        self.config = Config()
        self._load = load
        self._latest: Section | None = None

    def include(self, name: str, *, depth: int) -> bool:
        """Read all that a name means; say whether there is such a file."""
        files = self._load(name)
        # One state for all the files that a pattern means, as in Asterisk.
        comments = Comments()
        current = self._latest
        try:
            for path, content in files:
                # Asterisk passes over a byte order mark on line 1, and goes on counting lines from
                # one file of a pattern to the next.
                text = content.removeprefix(_BOM) if path == files[0][0] else content
                for number, raw in enumerate(_lines(text), 1):
                    where = f"{path}:{number}"
                    if len(raw) > _MAX_LINE_BYTES:
                        self.config.problems.append(f"{where} is too long and left out")
                    elif line := comments.taken_off(raw, where):
                        current = self._line(line, where, depth, current)
        except _RefusedError as refused:
            if depth == 0:
                self.config.refused, self.config.refused_at = refused.why, refused.where
            else:
                problem = f"{refused.where} {refused.why}; the rest of that file is not read"
                self.config.problems.append(problem)
        if depth == 0:
            self.config.open_comment, self.config.stray_end = comments.opened, comments.stray
        return bool(files)

    def _line(self, line: bytes, where: str, depth: int, current: Section | None) -> Section | None:
        """Take one line in; returns the section that the next one belongs to."""
        if line.startswith(b"["):
            return self._header(line, where)
        if line.startswith(b"#"):
            self._directive(line, where, depth)
        elif current is None:
            raise _RefusedError(where, "has a line before the first [section]")
        else:
            self._setting(line, where, current)
        return current

    def _setting(self, line: bytes, where: str, section: Section) -> None:
        escaped = line.startswith(b"\\")
        line = line[escaped:]
        if escaped and line[:1] <= b" ":
            raise _RefusedError(where, "has a \\ before nothing")
        place = line.find(b"=", escaped)
        if place < 0:
            return
        adds = place > escaped and line[place - 1 : place] == b"+"
        name = _text(line[: place - adds])
        value = line[place + 1 :]
        earlier = [i for i, one in enumerate(section.settings) if adds and one.name == name]
        if earlier:
            whole = section.settings[earlier[-1]].value.encode("utf-8", "surrogateescape") + value
            section.settings[earlier[-1]] = Setting(name, _text(whole), where)
        elif name:
            value = value if adds else value.removeprefix(b">")
            section.settings.append(Setting(name, _text(value), where))

    def _header(self, line: bytes, where: str) -> Section:
        name, closed, rest = line[1:].partition(b"]")
        if not closed:
            raise _RefusedError(where, "has a [ without a ]")
        section = Section(name.decode("utf-8", "surrogateescape"), where)
        if not rest.startswith(b"("):
            return self._append(section)
        options, closed, _ = rest[1:].partition(b")")
        if not closed:
            raise _RefusedError(where, "has a ( without a )")
        added_to: Section | None = None
        for word in options.decode("utf-8", "surrogateescape").split(","):
            target = added_to or section
            if word == "!":
                target.template = True
            elif word.startswith("+"):
                # A template is only added to by name: [name](+TEMPLATES=include).
                added_to = self._named(section.name, templates="TEMPLATES=" in word)
                if added_to is None:
                    raise _RefusedError(where, f"adds to [{section.name}], which is not there")
                added_to.template |= section.template
                added_to.settings += section.settings
                section.settings = []
                self._latest = added_to
            else:
                parent = self._named(word, templates=True)
                if parent is None:
                    raise _RefusedError(where, f"takes after [{word}], which is not there")
                target.settings += parent.settings
        return added_to or self._append(section)

    def _append(self, section: Section) -> Section:
        self.config.sections.append(section)
        self._latest = section
        return section

    def _directive(self, line: bytes, where: str, depth: int) -> None:
        word, target = (*map(_text, line[1:].split(None, 1)), "", "")[:2]
        kind = word.lower()
        if kind not in ("include", "tryinclude") or not target or line[1:2] <= b" ":
            self.config.problems.append(f"{where} has #{word}, whose result is not looked at")
            return
        if target[0] in '"<' and target[-1] == {'"': '"', "<": ">"}[target[0]]:
            target = target[1:-1]
        self.config.included.append(target)
        too_deep = depth + 1 >= _MAX_DEPTH
        if (too_deep or not self.include(target, depth=depth + 1)) and kind == "include":
            why = "which is too deep" if too_deep else "which is missing"
            raise _RefusedError(where, f"includes {target}, {why}")

    def _named(self, name: str, *, templates: bool) -> Section | None:
        for one in self.config.sections:
            # Asterisk finds the first of all by an empty name.
            if (templates or not one.template) and name.lower() in ("", one.name.lower()):
                return one
        return None


def _lines(content: bytes) -> Iterator[bytes]:
    """Yield the lines; one that cannot be followed by its end counts as longer than it is."""
    for line in re.findall(rb"[^\n]*\n|[^\n]+", content):
        whole = line.endswith(b"\n") or len(line) < _MAX_LINE_BYTES
        yield line if whole else line + b"\n"


def _text(raw: bytes) -> str:
    return raw.strip(BLANK).decode("utf-8", "surrogateescape")
