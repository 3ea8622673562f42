"""What the YAML parser cannot read, told in words for people, with the line to look at. Pure."""

from __future__ import annotations

import re
from contextlib import suppress

import yaml

_GOES_ON = "text goes on after a closing quote or bracket; put all of it in quotes"
_NOT_IN_LINE = (
    "this line is not indented like those it belongs with; begin it in the same column as they do"
)
_QUOTE = "a text that begins with {0} goes in quotes"
# What the parser says -> what is wrong and how to mend it. Those with {0} name the character.
_SAID = (
    (r"found character '\\t'", "a tab stands where spaces belong; indent with spaces only"),
    (r"found character '(.)' that cannot start", _QUOTE),
    (r"found unknown escape character '(.)'",
     r'\{0} means nothing in double quotes; write \\{0}, or use single quotes'),
    (r"expected escape sequence of (\d)",
     r"\x, \u and \U want {0} hexadecimal digits in double quotes; use single quotes"),
    (r"found undefined alias '(.*)'", "*{0} stands for nothing; " + _QUOTE.format("*")),
    (r"second occurrence", "a &name stands there twice; " + _QUOTE.format("&")),
    (r"expected <block end>, but found '(?:<scalar>|,)'", _GOES_ON),
    (r"expected <block end>, but found '([\]\}])'", "{0} closes nothing; delete it, or use quotes"),
    (r"expected <block end>", _NOT_IN_LINE),
    (r"expected the node content, but found '<",
     "the file ends where a value belongs; close each [ and { that was opened"),
    (r"expected the node content, but found '([^<].*)'",
     "{0} stands where a value belongs; close each [ and {{ in turn, or put the text in quotes"),
    (r"sequence entries are not allowed here",
     "a list begins on the line below its name; " + _QUOTE.format("-")),
    (r"mapping keys are not allowed here", _QUOTE.format("?")),
    (r"but found another document", "a second document begins here; one file is one: delete ---"),
    (r"expected chomping|expected a comment or a line|expected indentation indicator",
     "a text after > or | begins on the next line; " + _QUOTE.format("> or |")),
    (r"expected '<document start>'|incompatible YAML|duplicate YAML",
     "this stands outside of the one document that a file is; a file is lines NAME: VALUE"),
    (r"undefined tag handle|constructor for the tag|expected a (?:mapping|sequence) node",
     _QUOTE.format("!")),
    (r"found unhashable key", "a name is a text; put a text with braces or brackets in quotes"),
    (r"for merging", "<< takes only what was written before under &name; name it as *name"),
)  # fmt: skip
_FLOW = re.compile(r"expected ',' or '([\]\}])', but got '(.*)'")


def explained(error: yaml.MarkedYAMLError, text: str) -> tuple[str, int | None]:
    """Return what is wrong, how to mend it, and in which line, from 1.

    Args:
        error: What the parser says.
        text: The whole document.
    """
    said, context = error.problem or "", error.context or ""
    at, began = error.problem_mark, error.context_mark or error.problem_mark
    if at is None or began is None:
        return f"is no YAML: {said}", None
    here = line_at(text, at.index)
    if said == "mapping values are not allowed here":
        return _second_colon(text, at), here
    if said == "could not find expected ':'":
        return _no_colon(text, began), line_at(text, began.index)
    if "quoted scalar" in context and "found unexpected" in said:
        mark = text[began.index]
        what = f"the quote {mark} that opens here is never closed; put one at the end of the text"
        return what, line_at(text, began.index)
    if flow := _FLOW.search(said):
        return _open(text, began, at, flow[1], flow[2]), line_at(text, began.index)
    if "expected alphabetic or numeric" in said:
        return _QUOTE.format(
            "*" if "alias" in context else "&" if "anchor" in context else "%"
        ), here
    if "found '<scalar>'" in said and (opens := _runaway_quote(text, at)) is not None:
        what = f"the quote {text[opens]} that opens here is closed only in line {here}; close it"
        return what, line_at(text, opens)
    for pattern, what in _SAID:
        if found := re.search(pattern, said):
            return what.format(*found.groups()) if "{0}" in what else what, here
    return f"is no YAML: {said}", here


def _runaway_quote(text: str, at: yaml.Mark) -> int | None:
    """Return where a quote opens that is closed right before a mark, lines after it; None: none."""
    with suppress(yaml.YAMLError):
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            begin, end = token.start_mark, token.end_mark
            if isinstance(token, yaml.ScalarToken) and token.style in ("'", '"'):
                if begin.line < end.line and not text[end.index : at.index].strip():
                    opens: int = begin.index
                    return opens
            if begin.index >= at.index:
                return None
    return None


def line_at(text: str, index: int) -> int:
    """Return the line of a character, from 1, as editors count them."""
    return text.count("\n" if "\n" in text else "\r", 0, index) + 1


def _row(text: str, mark: yaml.Mark) -> tuple[str, str]:
    """Return what stands in a line before a mark, and from there on."""
    begin = max(text.rfind("\n", 0, mark.index), text.rfind("\r", 0, mark.index)) + 1
    rest = re.split(r"[\r\n]", text[mark.index :], maxsplit=1)[0]
    return text[begin : mark.index], rest


def _second_colon(text: str, mark: yaml.Mark) -> str:
    before, _ = _row(text, mark)
    if re.search(r":\s", before):
        return 'a text with ": " in it goes in quotes'
    return (
        "this line is not indented like those it belongs with, or the line before it has no "
        '": " after its name'
    )


def _no_colon(text: str, mark: yaml.Mark) -> str:
    _, line = _row(text, mark)
    name, colon, value = line.partition(":")
    if colon and value and name.strip():
        return (
            f"a space is missing after the colon; write {name.strip()[:40]}: {value.strip()[:40]}"
        )
    return "this line has no colon; write NAME: VALUE, or indent what goes on from the line before"


def _open(text: str, began: yaml.Mark, at: yaml.Mark, close: str, got: str) -> str:
    """Say what is wrong with a list or an object in brackets."""
    first, here = line_at(text, began.index), line_at(text, at.index)
    if first == here and got in (":", "?"):
        return f"a text with {got} in it goes in quotes, between brackets"
    seen = "" if first == here else f" (line {here} cannot belong to it)"
    opening = "[" if close == "]" else "{"
    return f"the {opening} that opens here lacks a comma, or its {close} at the end{seen}"
