r"""Take markdown and HTML out of text, one character at a time. Pure.

What is said: the text of links, code, headings, lists, quotes and cells. What is not: the marks,
link targets, images, tags, the language name of a fence and the ruler of a table. A fenced block is
said like any text: a model that wraps its whole answer in one must not leave the caller in silence.

The output has two kinds of break: ``" "``, and ``"\n"`` for a break that ends a sentence. A line
break inside a paragraph is a space; beside a blank line, heading, list item or table row it ends
the sentence. Everything is decided one character at a time, so the way a text is cut into tokens
cannot matter; each state returns to plain text by itself, so no construct left open by the model
can swallow more than `MAX_DROPPED` characters, or hold back more than `MAX_TAG`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from audiosocket_agent.spoken.characters import plain_characters

MAX_TAG = 40  # characters held while "<" may still turn out to be a tag
MAX_DROPPED = 300  # characters of a link target or long tag dropped before we stop believing in it
MAX_FENCE_INFO = 20

_MARKER = re.compile(r"#{1,6}|[-*]|[0-9]{1,3}[.)]")
_MARKER_BEGUN = re.compile(r"#{1,6}|[0-9]{1,3}[.)]?|-{1,2}|\*{1,2}|_{1,2}|={1,2}|`{1,2}|~{1,2}")
_RULER = ("---", "***", "___", "===")
_FENCES = ("```", "~~~")
_BREAKING_TAG = re.compile(r"/?(?:br|p|li|ul|ol|div|tr|h[1-6])\b", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>]+(?:@|://)[^\s<>]+")
_ENTITIES = {"amp": "&", "nbsp": " ", "lt": " ", "gt": " ", "quot": '"', "apos": "'", "#39": "'",
             "pound": "£", "euro": "€", "ndash": "-", "mdash": " - "}  # fmt: skip
_LONGEST_ENTITY = max(map(len, _ENTITIES))
_NEVER_SAID = frozenset("*`\\{}^>")


class PlainText:
    """Feed characters, get plain text; see the module for what becomes of each construct."""

    def __init__(self) -> None:
        self._state: Callable[[str], str] = self._line_start
        self._held = ""
        self._previous = ""  # last visible character put out, for "_" within a word
        self._break = 0  # a line break not yet put out: 1 within a paragraph, 2 a sentence's end
        self._block = False  # this line is a heading, list item or table row
        self._blank = True  # nothing of this line has been put out
        self._row = False
        self._cell = False  # a cell has ended and no other has begun
        self._closing = ""
        self._budget = 0

    @property
    def held(self) -> int:
        """Number of characters held back."""
        return len(self._held)

    def feed(self, character: str) -> str:
        """Return the plain text that one more character makes certain."""
        if character.isalnum() and self._state == self._inline:
            return self._put(character)
        return "".join([self._state(plain) for plain in plain_characters(character)])

    def finish(self) -> str:
        """Return what was held back; a line's end settles every construct."""
        return self.feed("\n")

    def _put(self, text: str) -> str:
        before = "\n" if self._break == 2 else ""
        if self._cell:
            before += " , "
        self._break, self._cell, self._blank = 0, False, False
        self._previous = text[-1]
        return before + text

    def _replay(self, text: str) -> str:
        """Take held text as plain text after all, starting with its first character."""
        self._held = ""
        self._state = self._inline
        return "".join([self._state(character) for character in text])

    def _newline(self) -> str:
        if self._blank or self._block:
            self._break = 2
        else:
            self._break = max(self._break, 1)
        self._block = self._row = self._cell = False
        self._blank = True
        self._held = ""
        self._state = self._line_start
        return " "

    def _begin_block(self) -> None:
        self._block = True
        if self._break:
            self._break = 2

    def _line_start(self, character: str) -> str:
        if character == " " and not self._held:
            return ""
        if character == " " and _MARKER.fullmatch(self._held):
            self._begin_block()
            self._held = ""
            return ""
        if character == ">" and not self._held:
            return ""
        held = self._held + character
        if held in _RULER:
            self._held = held[0]
            self._state = self._ruler
        elif held in _FENCES:
            self._held = ""
            self._begin_block()
            self._state = self._fence_info
        elif _MARKER_BEGUN.fullmatch(held):
            self._held = held
        else:
            return self._replay(held)
        return ""

    def _ruler(self, character: str) -> str:
        return "" if character == self._held else self._replay(character)

    def _fence_info(self, character: str) -> str:
        if character == "\n":
            return self._newline()
        if len(self._held) < MAX_FENCE_INFO and (character.isalnum() or character in "+#-_."):
            self._held += character
            return ""
        return self._replay(self._held + character)

    def _inline(self, character: str) -> str:
        if character.isalnum():
            return self._put(character)
        if character == " ":
            return " "
        if character == "\n":
            return self._newline()
        if character in _NEVER_SAID:
            return ""
        if (state := self._begins(character)) is not None:
            self._held = character
            self._state = state
            return ""
        if character == "|":
            self._cell = not self._blank
            if not self._row:
                self._begin_block()
                self._row = True
            return " "
        if character == ":" and self._row and (self._cell or self._blank):
            return ""  # the alignment mark in a table's ruler
        return self._put(character)

    def _begins(self, character: str) -> Callable[[str], str] | None:
        if character in "-~":
            return self._run
        return {
            "_": self._underscore,
            "[": self._bracket,
            "]": self._closed,
            "!": self._bang,
            "<": self._angle,
            "&": self._entity,
        }.get(character)

    def _run(self, character: str) -> str:
        if character == self._held[0]:
            self._held = character * 2
            return ""
        run, self._held, self._state = self._held, "", self._inline
        text = ""
        ruler = self._row and (self._cell or self._blank) and character in ":|"
        if len(run) == 1 and not ruler:
            text = self._put(run)
        elif run == "--" and not (self._row or self._blank):
            text = " - "
        return text + self._inline(character)

    def _underscore(self, character: str) -> str:
        joins = self._previous.isalnum() and character.isalnum() and not self._blank
        self._held, self._state = "", self._inline
        return (self._put("_") if joins else "") + self._inline(character)

    def _bang(self, character: str) -> str:
        if character == "[":
            self._held = ""
            return self._drop_until("]")
        self._held, self._state = "", self._inline
        return self._put("!") + self._inline(character)

    def _bracket(self, character: str) -> str:
        if character == "^":  # a footnote's mark
            self._held = ""
            return self._drop_until("]")
        if self._held == "[" and character in " xX" and self._block and self._blank:
            self._held += character
            return ""
        if character == "]" and len(self._held) == 2:  # a task's tick box
            self._held, self._state = "", self._inline
            return ""
        return self._replay(self._held[1:] + character)

    def _closed(self, character: str) -> str:
        self._held = ""
        if character in "([":
            return self._drop_until(")" if character == "(" else "]")
        self._state = self._inline
        return self._inline(character)

    def _drop_until(self, closing: str) -> str:
        self._closing = closing
        self._budget = MAX_DROPPED
        self._state = self._dropping
        return ""

    def _dropping(self, character: str) -> str:
        self._budget -= 1
        if character == "\n":
            return self._newline()
        if character == self._closing:
            # An image's description is followed by its target, which goes the same way.
            self._state = self._closed if character == "]" else self._inline
        elif self._budget == 0:
            self._state = self._inline
        return ""

    def _angle(self, character: str) -> str:
        if self._held == "<" and not (character.isalpha() or character in "/!?"):
            self._held, self._state = "", self._inline
            less = character in " £€$" or character.isdigit()
            return (self._put(" less than ") if less else "") + self._inline(character)
        if character in "<\n":
            return self._replay(self._held[1:] + character)
        if character != ">":
            self._held += character
            if len(self._held) <= MAX_TAG:
                return ""
            if "=" in self._held or self._held.startswith("<!"):
                self._held = ""
                return self._drop_until(">")
            return self._replay(self._held[1:])
        content, self._held, self._state = self._held[1:], "", self._inline
        if _ADDRESS.fullmatch(content):
            return self._put(content)
        return self._newline() if _BREAKING_TAG.match(content) else ""

    def _entity(self, character: str) -> str:
        name = self._held[1:]
        if character == ";" and name in _ENTITIES:
            self._held, self._state = "", self._inline
            return self._put(_ENTITIES[name])
        if (
            len(name) < _LONGEST_ENTITY
            and character.isascii()
            and (character.isalnum() or character == "#")
        ):
            self._held += character
            return ""
        self._held, self._state = "", self._inline
        return self._put("&") + self._replay(name + character)
