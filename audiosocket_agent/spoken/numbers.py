"""Say numbers the British way: "one thousand two hundred and fifty". Pure.

Years are said in pairs ("twenty twenty-six"): a bare 1900 to 2099 counts as one unless a unit or a
currency follows. Six figures and more without commas are a reference, said one by one, as are
figures with a leading zero and those after a word like "reference". A zero among single figures is
"oh", as on the telephone.
"""

from __future__ import annotations

import re

from audiosocket_agent.spoken.rules import Around, rule

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"))
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_FRACTIONS = {
    "1/2": "a half", "1/3": "a third", "2/3": "two thirds", "1/4": "a quarter",
    "3/4": "three quarters", "1/5": "a fifth", "1/8": "an eighth", "1/10": "a tenth",
}  # fmt: skip
_LARGEST = 10**12
CODE_WORDS = frozenset(
    "ref reference code pin extension ext account id booking job invoice order "
    "call dial ring text phone".split()
)
DATE_WORDS = frozenset("on by until till from before after since".split())
NUMBER = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?"
ENDS = r"(?![\w]|[.,:/][0-9])"


def cardinal(number: int) -> str:
    """Say a whole number from 0; from a million million on figure by figure."""
    if number >= _LARGEST:
        return digits(str(number))
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{_ONES[hundreds]} hundred" + (f" and {cardinal(rest)}" if rest else "")
    for scale, name in _SCALES:
        if number >= scale:
            count, rest = divmod(number, scale)
            joint = " and " if rest < 100 else " "
            return f"{cardinal(count)} {name}" + (f"{joint}{cardinal(rest)}" if rest else "")
    raise AssertionError("every number has a scale")


def ordinal(number: int) -> str:
    """Say a place in a row: 21 is "twenty-first"."""
    said = cardinal(number)
    cut = max(said.rfind("-"), said.rfind(" ")) + 1
    last = said[cut:]
    if last in _ORDINALS:
        return said[:cut] + _ORDINALS[last]
    return said[:cut] + (last[:-1] + "ie" if last.endswith("y") else last) + "th"


def digits(text: str) -> str:
    """Say figures one by one, zero as "oh"; anything else in the text is left out."""
    return " ".join("oh" if d == "0" else _ONES[int(d)] for d in text if "0" <= d <= "9")


def grouped(text: str) -> str:
    """Say a long run of figures in threes, with a pause between; the last may be two or four."""
    groups = [text[i : i + 3] for i in range(0, len(text), 3)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return ", ".join(digits(group) for group in groups)


def year(number: int) -> str:
    """Say a year from 1000 to 9999."""
    century, rest = divmod(number, 100)
    if century % 10 == 0 and rest < 10:
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def quantity(text: str) -> str:
    """Say a number as written, commas and decimals included: "3.5" is "three point five"."""
    whole, _, decimals = text.replace(",", "").partition(".")
    if len(whole) > 12 or (len(whole) > 1 and whole[0] == "0"):
        said = digits(whole)
    else:
        said = cardinal(int(whole))
    if not decimals:
        return said
    return f"{said} point {' '.join(_ONES[int(d)] for d in decimals)}"


def _plain(match: re.Match[str], around: Around) -> str:
    sign, text = match["sign"], match["number"]
    before = around.before.lower()
    said = quantity(text)
    if text.isdigit():
        if len(text) >= 6 or (len(text) > 1 and text[0] == "0"):
            said = grouped(text)
        elif text == "999" or (before in CODE_WORDS and len(text) > 2):
            said = digits(text)
        else:
            said = _year_or_quantity(text)
    return _SIGNS.get(sign, "") + said + (" percent" if match["percent"] else "")


_SIGNS = {"-": "minus ", "+": "plus ", "~": "about ", "#": "number ", "±": "plus or minus "}


def _year_or_quantity(text: str) -> str:
    if len(text) == 4 and text.isdigit() and 1900 <= int(text) <= 2099:
        return year(int(text))
    return quantity(text)


def _range(match: re.Match[str], around: Around) -> str:
    said = f"{_year_or_quantity(match['low'])} to {_year_or_quantity(match['high'])}"
    return _SIGNS.get(match["sign"], "") + said + (" percent" if match["percent"] else "")


def _fraction(match: re.Match[str], around: Around) -> str | None:
    said = _FRACTIONS.get(match["fraction"])
    if said is None or (around.before.lower() in DATE_WORDS and not match["whole"]):
        return None
    if said == "a half" and not match["whole"] and around.after in ("a", "p"):
        return "half"  # an hour, price
    return f"{cardinal(int(match['whole']))} and {said}" if match["whole"] else said


def _decade(match: re.Match[str], around: Around) -> str:
    said = year(int(match[1]))
    return said[:-1] + "ies" if said.endswith("y") else said + "s"


def _by(match: re.Match[str], around: Around) -> str:
    return f"{quantity(match[1])} by {quantity(match[2])}"


def _times(match: re.Match[str], around: Around) -> str | None:
    if not around.before[:1].isdigit():
        return None
    return "times" if around.after in ("£", "€", "$") else "by" if around.after.isdigit() else None


def _lettered(match: re.Match[str], around: Around) -> str:
    """Say a reference such as VA-4821."""
    return f"{' '.join(match[1])}, {digits(match[2])}"


def _places(match: re.Match[str], around: Around) -> str:
    return f"{ordinal(int(match[1]))} to {ordinal(int(match[2]))}"


# Tried before the dates, which look the same.
FRACTION_RULES = (
    rule(r"24/7" + ENDS, lambda match, around: "twenty-four seven"),
    rule(r"(?:(?P<whole>[0-9]{1,3}) )?(?P<fraction>[1-9]/[1-9]0?)" + ENDS, _fraction),
)
RULES = (
    rule(r"([0-9]{1,9})(?:st|nd|rd|th)-([0-9]{1,9})(?:st|nd|rd|th)(?!\w)", _places),
    rule(r"([0-9]{1,9})(?:st|nd|rd|th)(?!\w)", lambda match, around: ordinal(int(match[1]))),
    rule(r"([12][0-9]{2}0)'?s(?!\w)", _decade),
    rule(rf"({NUMBER}) ?[x×] ?({NUMBER})(?!\w|[.,:/][0-9])", _by),
    rule(r"[x×](?!\w)", _times),
    rule(r"([A-Z]{1,4})-([0-9]{3,10})(?!\w)", _lettered),
    rule(
        rf"(?<!-)(?P<sign>~?)(?P<low>{NUMBER})%?(?: - |-)(?P<high>{NUMBER})(?P<percent> ?%)?"
        r"(?!\w|[-.,:/][0-9])",
        _range,
    ),
    rule(rf"(?P<sign>[-+~#±]?)(?P<number>{NUMBER})(?P<percent> ?%)?{ENDS}", _plain),
    # What is left of rows such as "50/50" and "1-2-3": every part for itself.
    rule(r"(?P<sign>)(?P<number>[0-9]+)(?P<percent>(?!))?(?!\w)", _plain),
)
