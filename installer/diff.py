"""Shows a plan: what an admin reads before saying yes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from installer.model import Change, Kind, Node, Plan, Role
from installer.system import COMPANIES

# Ours, the admin's own that happen to stand near our lines, and vendors' keys.
_SECRET = re.compile(
    r"^([ \t#;]*[\w.-]*(?:secret|password|passwd|md5_cred|key|token)[ \t]*=>?[ \t]*)\S.*$",
    re.M | re.I,
)


class Tone(Enum):
    """What a line is, for its colour."""

    HEAD = "head"
    ADDED = "added"
    REMOVED = "removed"
    PLACE = "place"
    PLAIN = "plain"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Line:
    """One line to show.

    Attributes:
        tone: What it is.
        text: Without a line end, printable.
    """

    tone: Tone
    text: str


def describe(plan: Plan, *, whole: bool = True) -> Iterator[Line]:
    """Yield a plan as lines: unified diffs of what is worth reading, one line for the rest.

    Args:
        plan: The plan.
        whole: Whether the text of our own new files is worth reading, too.
    """
    brief = () if whole else tuple(map(id, _of_no_surprise(plan)))
    for change in plan.changes:
        if id(change) in brief and change.new is not None:
            rows = len(_text(change.new.content).splitlines())
            yield Line(Tone.HEAD, f"create {change.path} ({_rights(change.new)}, {rows} lines)")
            continue
        yield Line(Tone.HEAD, headline(change))
        if not change.bulk:
            yield from _text_diff(change)
    if brief:
        yield Line(Tone.NOTE, "To see every line of our own new files: --diff")
    if plan.compiled is not None:
        yield Line(Tone.HEAD, f"compile {plan.compiled}")
    for path in plan.emptied:
        yield Line(Tone.HEAD, f"remove {path} if nothing else is in it")
    for command in plan.commands:
        yield Line(Tone.HEAD, f"run {command}")
    for note in plan.notes:
        yield Line(Tone.NOTE, f"Note: {note}")


def _of_no_surprise(plan: Plan) -> Iterator[Change]:
    """Yield what makes new files of our own; what a company offers and asks is the admin's."""
    for change in plan.changes:
        owned = plan.manifest.at(change.path)
        ours = owned is not None and owned.role is not Role.PARENT
        is_file = change.new is not None and change.new.kind is Kind.FILE
        if change.old is None and is_file and ours and COMPANIES not in change.path.parents:
            if not change.bulk:
                yield change


def headline(change: Change) -> str:
    """Say in one line what happens to a path."""
    if change.new is None:
        return f"remove {change.path}"
    if change.new.kind is Kind.LINK:
        return f"{_verb(change)} {change.path} -> {_text(change.new.content)}"
    if change.new.kind is Kind.FOLDER:
        return f"{_verb(change)} {change.path}/ ({_rights(change.new)})"
    size = f", {len(change.new.content)} bytes" if change.bulk else ""
    return f"{_verb(change)} {change.path} ({_rights(change.new)}{size})"


def _verb(change: Change) -> str:
    return "create" if change.old is None else "change"


def _rights(node: Node) -> str:
    return f"mode {node.mode:04o}, owner {node.uid}:{node.gid}"


def _text_diff(change: Change) -> Iterator[Line]:
    nodes = (change.old, change.new)
    if change.new is None or any(one is not None and one.kind is not Kind.FILE for one in nodes):
        return  # a removal says it all
    shown = [_text(one.content) if one else "" for one in nodes]
    before, after = (_SECRET.sub(r"\1********", text) for text in shown)
    rows = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"a{change.path}", f"b{change.path}", lineterm=""
    )
    for number, row in enumerate(rows):
        if number >= 2:  # the two file names repeat the headline
            yield Line(_tone(row), row)
    if before == after and shown[0] != shown[1]:
        yield Line(Tone.PLAIN, "  a secret changes")
    if before and not before.endswith("\n"):
        yield Line(Tone.PLAIN, "\\ the last line had no newline")


def _tone(row: str) -> Tone:
    tones = {"+": Tone.ADDED, "-": Tone.REMOVED, "@": Tone.PLACE}
    return tones.get(row[:1], Tone.PLAIN)


def _text(content: bytes) -> str:
    """Decode for showing; terminal control characters of a foreign file are not passed on."""
    text = content.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    return "".join(one if one.isprintable() or one in "\n\t" else "?" for one in text)
