"""What a caller hears of his own details when the agent reads them back. Pure.

Only what was really read back is held against what he wanted: an agent that does not read a detail
back is not told that it is wrong. A time read back is any time of day in the words, a telephone
number any five or more figures in a row, a postcode and an e-mail address what looks like one, a
code (a registration) whatever is spelt in letters and figures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ari_app.simulate.scenario import plain
from audiosocket_agent.workflow.said_codes import email_in, phone_in, postcode_in
from audiosocket_agent.workflow.said_times import time_in

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PARTS = ("morning", "afternoon", "evening")
NOON = 12 * 60
_KINDS = frozenset(("service", "area", "day", "part", "name", "time", "phone", "postcode", "email"))
_NO_CODES = frozenset(("address",))  # figures and words: said in too many ways to tell
_SMALL = frozenset("the and for please some with".split())
_TIME = re.compile(
    r"\b(?:(?:half|quarter|\d\d?) (?:past|to) \d\d?|\d\d? o'clock|\d\d?:\d\d|midday|midnight)\b"
)
_FIGURES = re.compile(r"\d(?:[ ,]*\d){4,}")
_SPELT = re.compile(r"\b[a-z0-9](?:,? [a-z0-9]\b){4,}")
_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}")
_EMAIL = re.compile(r"\S+(?: (?:dot|dash|underscore|plus) \S+)* at \S+(?: (?:dot|dash) [^\s.,?]+)+")
_LINKS = {"dot": ".", "dash": "-", "underscore": "_", "plus": "+", "at": "@"}


def wrong_in(said: str, facts: Mapping[str, str], called: Mapping[str, str]) -> str:
    """Return what the caller wanted instead of what was read back, or "" if that is right.

    Args:
        said: What was read back.
        facts: What he wants, by what it is asked for.
        called: What the agent calls a fact, where its words are others.
    """
    told = plain(said)
    for fact, check in _CHECKS.items():
        mine = facts.get(fact, "")
        if mine and check(mine, said, told):
            return mine
    for fact in ("service", "area"):
        name = called.get(fact) or facts.get(fact, "")
        words = {w[:5] for w in plain(name).split() if len(w) > 2 and w not in _SMALL}
        if words and not any(word in told for word in words):
            return facts[fact]
    return next((value for fact, value in facts.items() if _code_is_wrong(fact, value, told)), "")


def _word_is_wrong(all_of: tuple[str, ...], mine: str, told: str) -> bool:
    named = {word for word in all_of if word in told.split()}
    wanted = {word for word in all_of if word in plain(mine).split()}
    return bool(named and wanted and not named & wanted)


def _day_is_wrong(mine: str, said: str, told: str) -> bool:
    return _word_is_wrong(DAYS, mine, told)


def _part_is_wrong(mine: str, said: str, told: str) -> bool:
    return _word_is_wrong(PARTS, mine, told)


def _time_is_wrong(mine: str, said: str, told: str) -> bool:
    wanted, found = _minute(mine), {_minute(time) for time in _TIME.findall(said.lower())}
    return wanted is not None and bool(found) and wanted not in found


def _minute(words: str) -> int | None:
    """Return a time on the face of a clock, in minutes; None if the words are none."""
    written = time_in(words, None)
    if written is None:
        return None
    hour, minute = map(int, written.split(":"))
    return (hour * 60 + minute) % NOON


def _phone_is_wrong(mine: str, said: str, told: str) -> bool:
    wanted = re.sub(r"\D", "", phone_in(mine) or mine)
    runs = [re.sub(r"\D", "", run) for run in _FIGURES.findall(said)]
    return bool(wanted and runs) and not any(
        run.endswith(wanted[-9:]) or wanted.endswith(run) for run in runs
    )


def _postcode_is_wrong(mine: str, said: str, told: str) -> bool:
    wanted = (postcode_in(mine) or mine).replace(" ", "").upper()
    spelt = [re.sub(r"[ ,]", "", run).upper() for run in _SPELT.findall(said.lower())]
    found = [code for run in spelt for code in _POSTCODE.findall(run)]
    return bool(found) and not any(wanted in code for code in found)


def _email_is_wrong(mine: str, said: str, told: str) -> bool:
    wanted = (email_in(mine) or mine).lower()
    found = [_written(run) for run in _EMAIL.findall(said.lower())]
    return bool(found) and wanted not in found


def _written(email: str) -> str:
    return "".join(_LINKS.get(word, word) for word in email.split())


def _name_is_wrong(mine: str, said: str, told: str) -> bool:
    """Whether one part of the name is there and another is not, or "So X, that's" is another."""
    parts = plain(mine).split()
    there = sum(part in told.split() for part in parts)
    named = re.match(r"(?:.*[.?!] )?so ([a-z' -]+), that's", said.lower())
    return 0 < there < len(parts) or (named is not None and not there)


def _code_is_wrong(fact: str, value: str, told: str) -> bool:
    spelt = fact not in _KINDS | _NO_CODES and any(c.isdigit() for c in value)
    return spelt and _signs(value) not in _signs(told)


def _signs(text: str) -> str:
    """Return the letters and figures of a text, one after the other; O and 0 sound the same."""
    return "".join(c for c in text.lower() if c.isalnum()).replace("o", "0")


_CHECKS: dict[str, Callable[[str, str, str], bool]] = {
    "day": _day_is_wrong, "part": _part_is_wrong, "time": _time_is_wrong,
    "name": _name_is_wrong, "phone": _phone_is_wrong, "postcode": _postcode_is_wrong,
    "email": _email_is_wrong,
}  # fmt: skip
