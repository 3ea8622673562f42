"""How the simulated model uses a company's own tools, of which it has only the declaration. Pure.

As with a real model, all there is to go by is the tool's name, its description and the JSON Schema
of its arguments. The tool is meant where the caller's words share two words of weight with name and
description, or answer what was asked for it. Its arguments are found in the words by their types:
one of a list, a pattern (spelled or not), a number, a date; what is missing and required is asked
for by its description.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from audiosocket_agent.simulators import chat_words as words_in
from audiosocket_agent.simulators.chat_errands import ANYTHING_ELSE, Turns
from audiosocket_agent.simulators.chat_words import words_of
from audiosocket_agent.workflow.said_dates import date_in

OURS = frozenset(
    (
        "record_details", "create_booking", "transfer_to_person", "end_call", "collect_secret",
        "find_price", "check_availability", "change_booking", "cancel_booking", "take_message",
        "send_sms", "send_email",
    )
)  # fmt: skip
FAILED = "I'm sorry, I could not look that up just now."
LEAST_SHARED = 2
_LIGHT = frozenset(
    "a an the of to in on for by with from and or it its is are be do does did when where what "
    "which who how that this these those i you he she they we us me my your his her their caller "
    "callers customer use used look looks up tell tells give gives get gets ask asks wants want "
    "know knows can could would will has have had please hello hi new one if as at about not no "
    "yes out any some so there here book booking appointment".split()
)


@dataclass(frozen=True, slots=True)
class Declared:
    """A tool as a model is shown it.

    Attributes:
        name: Its name.
        description: What it does, and when to use it.
        parameters: JSON Schema of its arguments.
    """

    name: str
    description: str
    parameters: Mapping[str, object]


def using(
    turns: Turns, tools: Sequence[Declared], today: date | None
) -> tuple[str, Mapping[str, object] | str] | None:
    """Return the tool that the caller's words are for, with its arguments or a question for one.

    Args:
        turns: The talk; the newest turn is the caller's.
        tools: The company's own.
        today: The day of the call, as the model was told it.
    """
    for tool in tools:
        begun = [n for n, (role, text) in enumerate(turns)
                 if role == "user" and means(text, tool)]  # fmt: skip
        talk = turns[begun[-1] :] if begun else ()
        if not talk or any(role == "assistant" and ANYTHING_ELSE in text for role, text in talk):
            continue
        questions = [_question(described) for described in _properties(tool).values()]
        asked = next((text for role, text in reversed(turns) if role == "assistant"), "")
        if len(talk) == 1 or words_in.yes_or_no(words_of(turns[-1][1])) == "yes" or any(
            question in asked for question in questions
        ):  # fmt: skip
            return tool.name, _arguments(talk, tool, today)
    return None


def means(text: str, tool: Declared) -> bool:
    """Whether words mean a tool: they share its words of weight."""
    mine = _weighty(words_of(f"{tool.name.replace('_', ' ')} {tool.description}"))
    named = _weighty(words_of(tool.name.replace("_", " ")))
    shared = _weighty(words_of(text)) & mine
    return len(shared) >= LEAST_SHARED or bool(shared & named)


def told(result: Mapping[str, object]) -> str:
    """Put what a tool returned into sentences."""
    said = [
        f"The {name.replace('_', ' ')} is {value}."
        for name, value in result.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool) and value != ""
    ]
    return " ".join(said) or "That is done."


def _weighty(words: Sequence[str]) -> set[str]:
    return {w.removesuffix("s") for w in words if len(w) > 2 and w not in _LIGHT}


def _properties(tool: Declared) -> dict[str, Mapping[str, object]]:
    found = tool.parameters.get("properties")
    properties = found if isinstance(found, dict) else {}
    return {name: one for name, one in properties.items() if isinstance(one, dict)}


def _arguments(talk: Turns, tool: Declared, today: date | None) -> Mapping[str, object] | str:
    """Return a tool's arguments as the caller gave them, or the question for the first missing."""
    found: dict[str, object] = {}
    required = tool.parameters.get("required")
    for name, described in _properties(tool).items():
        value = next(
            (
                value
                for n in reversed(range(len(talk)))
                if talk[n][0] == "user"
                and (value := _value(talk[n][1], described, today, _before(talk, n))) is not None
            ),
            None,
        )
        if value is not None:
            found[name] = value
        elif isinstance(required, list) and name in required:
            return _question(described)
    return found


def _before(talk: Turns, at: int) -> str:
    return talk[at - 1][1] if at and talk[at - 1][0] == "assistant" else ""


def _value(
    text: str, described: Mapping[str, object], today: date | None, asked: str
) -> object | None:
    """Return what words give of an argument; None for nothing.

    Args:
        text: The caller's words.
        described: The argument's schema.
        today: The day of the call.
        asked: What the agent had said before them.
    """
    said = words_of(text)
    if "enum" in described:
        return words_in.choice(said, described) or None
    if described.get("type") in ("integer", "number"):
        digits = words_in.digits(said)
        return int(digits) if digits else None
    if described.get("format") == "date":
        day = None if today is None else date_in(text, today)
        return None if day is None else day.isoformat()
    if isinstance(pattern := described.get("pattern"), str):
        ways = (*text.split(), words_in.spelled(said), words_in.digits(said))
        bare = [way.strip(".,!?") for way in ways]
        tried = [way for one in bare for way in (one, one.upper(), one.lower())]
        return next((way for way in tried if re.fullmatch(pattern, way)), None)
    return text.strip() if _question(described) in asked else None


def _question(described: Mapping[str, object]) -> str:
    """Ask for an argument by its description: "The order's number, 6 digits" is asked for."""
    what = re.split(r"[,.;(]", str(described.get("description") or "that"))[0].strip()
    return f"What is {what[:1].lower()}{what[1:]}?"
