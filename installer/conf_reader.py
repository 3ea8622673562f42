"""Reads an Asterisk configuration file as Asterisk does, includes and templates and all.

Pure: the bytes of an included file come from a function that is passed in. Source of the rules:
Asterisk 22.10.1, main/config.c, ``process_text_line`` and ``config_text_file_load``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

Load = Callable[[str], Sequence[tuple[str, bytes]]]
"""Returns name and bytes of each file an include means; none when it is missing."""

_MAX_DEPTH = 10  # MAX_INCLUDE_LEVEL
_HEADER = re.compile(r"\[([^]]*)\](?:\s*\(([^)]*)\))?")


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
        problems: What Asterisk would complain about, with file and line.
        open_comment: Where a ``;--`` comment begins that the outermost file never ends.
    """

    sections: list[Section] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    open_comment: str = ""

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
    reader.include(name, depth=0, required=True, where="")
    return reader.config


class _Reader:
    """Keeps the section that the next line belongs to, across files as Asterisk does."""

    def __init__(self, load: Load) -> None:
        self.config = Config()
        self._load = load
        self._current: Section | None = None

    def include(self, name: str, *, depth: int, required: bool, where: str) -> None:
        if depth >= _MAX_DEPTH:
            self._complain(f"{where} includes too deep")
            return
        files = self._load(name)
        if not files and required:
            self._complain(f"{where} includes {name}, which is missing" if where else f"no {name}")
        for path, content in files:
            text = content.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
            lines = _Uncommented(path)
            for place, line in lines.of(text):
                self._line(line, place, depth)
            if lines.opened and depth == 0:
                self.config.open_comment = lines.opened

    def _line(self, line: str, where: str, depth: int) -> None:
        if line.startswith("["):
            self._header(line, where)
        elif line.startswith("#"):
            self._directive(line, where, depth)
        else:
            name, sign, value = line.partition("=")
            if sign and self._current is not None:
                setting = Setting(name.strip(), value.removeprefix(">").strip(), where)
                self._current.settings.append(setting)

    def _header(self, line: str, where: str) -> None:
        found = _HEADER.match(line)
        if found is None:
            self._complain(f"{where} has a [ without a ]")
            return
        name = found[1]
        options = [word.strip() for word in (found[2] or "").split(",") if word.strip()]
        earlier = self._named(name)
        if "+" in options and earlier is not None:
            self._current = earlier
            return
        if "+" in options:
            self._complain(f"{where} adds to [{name}], which is not there")
        section = Section(name, where, template="!" in options)
        for base in (word for word in options if word not in ("!", "+")):
            parent = self._named(base)
            if parent is None:
                self._complain(f"{where} takes after [{base}], which is not there")
            else:
                section.settings.extend(parent.settings)
        self.config.sections.append(section)
        self._current = section

    def _directive(self, line: str, where: str, depth: int) -> None:
        word, _, target = " ".join(line[1:].split(None, 1)).partition(" ")
        if word.lower() not in ("include", "tryinclude") or not target:
            self._complain(f"{where} has #{word}, whose result is not looked at")
            return
        required = word.lower() == "include"
        self.include(target.strip('"<>'), depth=depth + 1, required=required, where=where)

    def _named(self, name: str) -> Section | None:
        return next((one for one in self.config.sections if one.name == name), None)

    def _complain(self, problem: str) -> None:
        self.config.problems.append(problem)


class _Uncommented:
    """Walks a text's lines without ``; ...`` and ``;-- ... --;`` comments."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.opened = ""

    def of(self, text: str) -> Iterator[tuple[str, str]]:
        for number, raw in enumerate(text.split("\n"), 1):
            line = self._strip(raw, f"{self._path}:{number}").strip()
            if line:
                yield f"{self._path}:{number}", line

    def _strip(self, line: str, where: str) -> str:
        kept = ""
        while True:
            if self.opened:
                _, closed, line = line.partition("--;")
                if not closed:
                    return kept
                self.opened = ""
            found = re.search(r"(?<!\\);", line)
            if found is None:
                return (kept + line).replace("\\;", ";")
            kept += line[: found.start()]
            rest = line[found.start() :]
            # ";--" opens a comment of many lines; ";---" is a ruler.
            if not rest.startswith(";--") or rest.startswith(";---"):
                return kept.replace("\\;", ";")
            self.opened = where
            line = rest[3:]
