"""Say abbreviations and single signs in words. Pure.

"St" before a capital letter is "Saint" unless a name stands before it ("High St Truro"), "Dr" is
"Doctor" likewise; otherwise they are "Street" and "Drive". An abbreviation's full stop
stays where it ends a sentence.
"""

from __future__ import annotations

import re

from audiosocket_agent.spoken.rules import Around, rule

# Written with or without the full stop.
_TITLES = {"Mr": "Mister", "Mrs": "Missus", "Ms": "Miz", "Prof": "Professor", "Revd": "Reverend"}
_ROADS = {"Rd": "Road", "Ave": "Avenue", "Ln": "Lane", "Pl": "Place", "Sq": "Square", "Cl": "Close",
          "Ct": "Court", "Cres": "Crescent", "Gdns": "Gardens", "Tce": "Terrace",
          "Blvd": "Boulevard", "Ltd": "Limited", "Bros": "Brothers", "Dept": "Department",
          }  # fmt: skip
_WORDS = {"etc": "et cetera", "vs": "versus", "approx": "approximately", "Approx": "Approximately",
          "appt": "appointment", "excl": "excluding", "incl": "including", "tel": "telephone",
          "Tel": "Telephone", "asap": "as soon as possible",
          "ASAP": "as soon as possible"}  # fmt: skip
_WORDS_WITH_STOP = {"inc": "including", "exc": "excluding", "ext": "extension", "min": "minimum",
                    "max": "maximum", "est": "estimated", "ref": "reference", "Ref": "Reference",
                    "no": "number"}  # fmt: skip
_LATIN = {"eg": "for example", "ie": "that is", "nb": "note"}
_SIGNS = {"&": "and", "+": "plus", "=": "equals", "@": "at", "%": "percent", "×": "by", "÷": "over",
          "±": "plus or minus", "~": "about", "£": "pounds", "€": "euros", "$": "dollars",
          "²": "squared", "³": "cubed", "°": "degrees"}  # fmt: skip
SIGNS = frozenset(_SIGNS)
BEFORE_CAPITALS = frozenset({"St", "Dr"})
WAITING = BEFORE_CAPITALS | _TITLES.keys() | _ROADS.keys() | _WORDS.keys() | _WORDS_WITH_STOP.keys()


def sign(character: str) -> str:
    """Return how a sign that no construct has claimed is said; "" when it is not said."""
    return _SIGNS.get(character, "")


def _named(around: Around) -> bool:
    return around.before[:1].isupper()


def _saint_or_doctor(match: re.Match[str], around: Around) -> str:
    person = around.after.isupper() and not _named(around)
    if match[1] == "St":
        return "Saint" if person else "Street" + _stop(match, around)
    return "Doctor" if person else "Drive" + _stop(match, around)


def _stop(match: re.Match[str], around: Around) -> str:
    return "." if match[0].endswith(".") and around.ends_sentence else ""


def _word(match: re.Match[str], around: Around) -> str:
    return _WORDS[match[1]] + _stop(match, around)


def _with_stop(match: re.Match[str], around: Around) -> str | None:
    if match[1] == "no" and not around.after.isdigit():
        return None
    return _WORDS_WITH_STOP[match[1]]


def _latin(match: re.Match[str], around: Around) -> str:
    return _LATIN[match[0].replace(".", "").rstrip(",").lower()] + ("," if "," in match[0] else "")


def _any(words: dict[str, str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


RULES = (
    rule(r"(?:[Ee]\.g\.?|[Ii]\.e\.?|eg\.|ie\.|[Nn]\.[Bb]\.?)(?!\w),?", _latin),
    # "No. 5 pm is taken" begins with the answer no, so figures that are a time do not count.
    rule(r"(?:Nos?|no)\. (?=[0-9]{1,5}(?![0-9%]|[:.][0-9]| ?[ap]\.?m\b))",
         lambda match, around: "number "),
    rule(r"(St|Dr)(?!\w|')\.?", _saint_or_doctor),
    rule(rf"({_any(_TITLES)})(?!\w)\.?", lambda match, around: _TITLES[match[1]]),
    rule(rf"({_any(_ROADS)})(?!\w)\.?",
         lambda match, around: _ROADS[match[1]] + _stop(match, around)),
    rule(rf"({_any(_WORDS)})(?!\w)\.?", _word),
    rule(rf"({_any(_WORDS_WITH_STOP)})\.(?!\w)", _with_stop),
    rule(r"w/o(?!\w)", lambda match, around: "without"),
    rule(r"w/(?=\w|$)", lambda match, around: "with "),
    rule(r"and/or(?!\w)", lambda match, around: "and or"),
)  # fmt: skip
