"""Telephone numbers in any written form, reduced to the digits everything is looked up by. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

MOST_WRITTEN = 64  # characters; no number is written longer, and what callers send is hostile
MOST_DIGITS = 15  # E.164
# Fewer digits without a prefix are an extension of the PBX, not a number to complete.
LEAST_TO_COMPLETE = 9
_SCHEME = re.compile(r"^(?:tel|sips?):", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s().\-/\u2010-\u2015]")


def e164(written: str, region: str) -> str | None:
    """Return a number's digits: with the country code and without ``+`` where it can be told.

    Numbers in use come first, then numbers of a possible length: the ranges reserved for examples
    and tests are of the second kind. What is neither, such as an extension of the PBX, keeps its
    digits. An extension written behind a number is dropped.

    Args:
        written: As somebody wrote it or a trunk sent it: ``+44 (0)1632 960001``, ``01632-960001``,
            ``tel:+441632960001``, ``441632960001``, ``100``, or anything at all.
        region: Country whose way of writing numbers is meant, ISO 3166.

    Returns:
        1 to 15 digits, or None if this is no number.
    """
    text = _SCHEME.sub("", written.strip()[:MOST_WRITTEN]).partition("@")[0].partition(";")[0]
    text = text.replace("\uff0b", "+")  # full-width, from a Japanese keyboard
    first = text.lstrip("( ")[:1]
    if not (first == "+" or first.isdecimal()):
        return None
    digits = _SEPARATORS.sub("", text)
    if not _is_extension(digits, region):
        found = list(_readings(text, digits, region))
        for fits in (phonenumbers.is_valid_number, _is_possible):
            for number in filter(fits, found):
                return _plain(number)
    if digits.isdecimal() and len(digits) <= MOST_DIGITS:
        return "".join(str(int(digit)) for digit in digits)
    return None


def is_region(code: str) -> bool:
    """Whether there is a country of this code, ISO 3166, whose numbers are known."""
    return code in phonenumbers.SUPPORTED_REGIONS


def _readings(text: str, digits: str, region: str) -> Iterator[PhoneNumber]:
    """Yield what a text may mean, the likeliest first."""
    ways: list[tuple[str, str | None]] = [(text, region)]
    if not text.startswith("+"):
        ways.append((f"+{digits}", None))  # a trunk that leaves the plus out
    if digits.startswith("00"):
        ways.append((f"+{digits[2:]}", None))  # also where the prefix is another
    for way, country in ways:
        try:
            yield phonenumbers.parse(way, country)
        except NumberParseException:
            continue


def _is_extension(digits: str, region: str) -> bool:
    """Whether digits are too few for a number, and no prefix says that they are one."""
    prefix = phonenumbers.ndd_prefix_for_region(region, True) or ""
    return (
        digits.isdecimal()
        and len(digits) < LEAST_TO_COMPLETE
        and prefix != ""
        and not digits.startswith(prefix)
    )


def _is_possible(number: PhoneNumber) -> bool:
    possible = phonenumbers.is_possible_number_with_reason(number)
    return (
        possible == ValidationResult.IS_POSSIBLE
        and len(str(number.national_number)) >= LEAST_TO_COMPLETE
    )


def _plain(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164).removeprefix("+")
