"""Sentences with places to fill: ``A {service} in {area} costs {price}.`` Pure.

A place is a plain name in braces and nothing more: no formats, no attributes, so that a sentence
out of a file can never reach into the program.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from audiosocket_agent.workflow.articles import article

_PLACE = re.compile(r"\{([a-z][a-z0-9_]{0,31})\}")
_ARTICLE_AND_PLACE = re.compile(rf"\b([Aa])n? {_PLACE.pattern}|{_PLACE.pattern}")
_GAP = re.compile(" {2,}")
_BEFORE_STOP = re.compile(" +(?=[,.?!])")
OR = " / "  # between the forms of a fragment of a summary


def places(template: str) -> tuple[str, ...]:
    """Return the names of the places, each once, in order.

    Raises:
        ValueError: If there is a brace that belongs to no place.
    """
    rest = _PLACE.sub("", template)
    if "{" in rest or "}" in rest:
        raise ValueError("a place is a name in braces, like {service}; other braces cannot be used")
    return tuple(dict.fromkeys(_PLACE.findall(template)))


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return the sentence with its places filled; what is filled in is never looked at again.

    An "a" before a place becomes "an" where what is filled in needs it, and the other way round. A
    place whose value is not known is left out: a sentence with a gap is better than a dead call.
    """
    if values.keys() >= set(places(template)):
        return _ARTICLE_AND_PLACE.sub(lambda found: _filled(found, values), template)
    without = _PLACE.sub(lambda place: place[0] if place[1] in values else "", template)
    return fill(_BEFORE_STOP.sub("", _GAP.sub(" ", without)).strip(), values)


def _filled(found: re.Match[str], values: Mapping[str, str]) -> str:
    letter, after, alone = found.groups()
    if letter is None:
        return values[alone]
    return f"{letter}{article(values[after])[1:]} {values[after]}"


def sum_up(fragments: Sequence[str], values: Mapping[str, str]) -> str:
    """Return one line made of what is known so far.

    Args:
        fragments: Each in one or more forms, `OR` between them: the first form whose places are
            all known is used; a fragment that has none is left out.
        values: What is known.
    """
    said = []
    for fragment in fragments:
        forms = fragment.split(OR)
        known = next((form for form in forms if set(places(form)) <= values.keys()), None)
        if known is not None:
            said.append(fill(known.strip(), values))
    return " ".join(said)
