"""Our marked lines in somebody else's file, added and taken out without touching another byte.

Files are handled as bytes: whatever their encoding, their byte order mark, their line ends and
their missing last newline, they keep it.
"""

from __future__ import annotations

from dataclasses import dataclass

BEGIN = b"; >>> voiceagent-install: managed lines, taken out by voiceagent-install --undo"
END = b"; <<< voiceagent-install"
_BOM = b"\xef\xbb\xbf"


class BlockError(ValueError):
    """The marks in a file do not form one block; the text says how."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Our block's place in a file, in bytes, line ends included."""

    start: int
    stop: int


def with_block(text: bytes, include: str) -> bytes:
    """Return the file with one block in it that includes ours.

    A block that is there is brought up to date where it stands, so an admin may move it; otherwise
    it goes to the end.

    Args:
        text: The file as it is.
        include: The path to include, relative to Asterisk's configuration directory.

    Raises:
        BlockError: If the marks in the file do not form one block.
    """
    eol = line_end_of(text)
    block = eol.join((BEGIN, b"#tryinclude " + include.encode(), END)) + eol
    span = _find(text)
    if span is not None:
        return text[: span.start] + block + text[span.stop :]
    # A byte order mark alone is an empty file: a newline after it would only add a line.
    glue = b"" if text.endswith(b"\n") or text in (b"", _BOM) else eol
    return text + glue + block


def without_block(text: bytes) -> bytes:
    """Return the file without our block; the same bytes if there is none.

    A newline that had to be put before the block stays: bytes are restored from what was kept, this
    is for files that were edited since.

    Raises:
        BlockError: If the marks in the file do not form one block.
    """
    span = _find(text)
    return text if span is None else text[: span.start] + text[span.stop :]


def has_block(text: bytes) -> bool:
    """Say whether our block is in the file.

    Raises:
        BlockError: If the marks in the file do not form one block.
    """
    return _find(text) is not None


def is_edited(text: bytes) -> bool:
    """Say whether our block in the file is not as any version of ours writes it.

    Raises:
        BlockError: If the marks in the file do not form one block.
    """
    span = _find(text)
    if span is None:
        return False
    lines = [line.strip() for line in text[span.start : span.stop].splitlines()]
    return len(lines) != 3 or not lines[1].startswith(b"#tryinclude ")


def line_end_of(text: bytes) -> bytes:
    r"""Return ``\r\n`` if the file's first line ends so, else ``\n``."""
    return b"\r\n" if text.partition(b"\n")[0].endswith(b"\r") else b"\n"


def _find(text: bytes) -> _Span | None:
    start = stop = None
    place = 0
    if text.startswith(_BOM):
        place = len(_BOM)
    for line in text[place:].splitlines(keepends=True):
        bare = line.strip()
        if bare == BEGIN:
            if start is not None:
                raise BlockError("our first mark is in it more than once")
            start = place
        place += len(line)
        if bare == END:
            if start is None or stop is not None:
                raise BlockError("our last mark is in it without a first one")
            stop = place
    if start is None:
        return None
    if stop is None:
        raise BlockError("our first mark is in it without a last one")
    return _Span(start, stop)
