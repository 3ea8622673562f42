"""Comments in Asterisk's configuration files, taken off line by line as Asterisk does.

Pure. ``;`` makes a comment of the rest of its line, ``;-- ... --;`` of any number of lines; these
nest. Source: Asterisk 22.10.1, main/config.c, ``config_text_file_load``.
"""

from __future__ import annotations

BLANK = bytes(range(1, 33))
"""What counts as nothing around a line, a name or a value; a NUL ends it."""


class Comments:
    """Takes ``; ...`` and ``;-- ... --;`` off line by line, and remembers what is still open."""

    def __init__(self) -> None:
        self._depth = 0  # below zero after a --; too many, which Asterisk takes for open, too
        self._begun: list[str] = []
        self._stray = ""

    @property
    def opened(self) -> str:
        """Where the innermost comment begins that is still open; empty if none is."""
        return self._begun[-1] if self._depth > 0 else ""

    @property
    def stray(self) -> str:
        """Where an end stands that was one too many; empty if there is none, or it was made up."""
        return self._stray if self._depth < 0 else ""

    def taken_off(self, raw: bytes, where: str) -> bytes:
        """Return what is left of a line, without blanks around it."""
        line = bytearray(raw.partition(b"\0")[0])
        # What is left begins here, and ends before the next NUL; None: the line is all comment.
        start = None if self._depth else 0
        look = 0
        while (sign := line.find(b";", look)) >= 0:
            if sign > look and line[sign - 1 : sign] == b"\\":
                del line[sign - 1]
                look = sign
            elif line[sign + 1 : sign + 3] == b"--" and line[sign + 3 : sign + 4] != b"-":
                line[sign] = 0
                look = sign + 3
                self._begin(where)
            elif sign >= look + 2 and line[sign - 2 : sign] == b"--":
                look = sign + 1
                self._end(where)
                if self._depth == 0 and start is not None:
                    end = line.find(b"\0", start)
                    del line[end:look]
                    look = end
                elif self._depth == 0:
                    start = look
            elif self._depth == 0:
                del line[sign:]
            else:
                look = sign + 1
        return b"" if start is None else bytes(line[start:]).partition(b"\0")[0].strip(BLANK)

    def _begin(self, where: str) -> None:
        self._depth += 1
        self._begun.append(where)

    def _end(self, where: str) -> None:
        self._depth -= 1
        if self._begun:
            self._begun.pop()
        if self._depth == -1:
            self._stray = where
