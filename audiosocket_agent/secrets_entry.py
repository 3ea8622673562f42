"""Digits keyed one by one that nobody but their receiver may see: a card, a customer number. Pure.

They live in one buffer here, which is overwritten when they are taken. Nothing else of this module
shows them: no attribute, no repr, no error.
"""

from __future__ import annotations

from enum import Enum


class Entered(Enum):
    """How far an entry is."""

    MORE = "more"
    COMPLETE = "complete"
    BAD = "bad"  # too few, or the check digit is wrong


class SecretEntry:
    """One entry by keys.

    A hash ends it, and so does the last digit that fits. A star begins it anew, as people do who
    mistyped. Keys that come after its end mean nothing.

    Args:
        least: Fewest digits.
        most: Most digits.
        luhn: Whether the last is a check digit by Luhn's formula.

    Attributes:
        state: How far it is.

    Source: ISO/IEC 7812-1 annex B (the check digit).
    """

    __slots__ = ("_digits", "_least", "_luhn", "_most", "state")

    def __init__(self, least: int, most: int, *, luhn: bool = False) -> None:
        self.state = Entered.MORE
        self._least = least
        self._most = most
        self._luhn = luhn
        self._digits = bytearray()

    def __repr__(self) -> str:
        """Tell how far it is, and not how many digits there are."""
        return f"<SecretEntry {self.state.value}>"

    def feed(self, key: str) -> Entered:
        """Take one key, ``0-9``, ``*`` or ``#``; any other means nothing. Returns the state."""
        if self.state is not Entered.MORE:
            return self.state
        if key == "*":
            self._wipe()
        elif key == "#":
            self.state = self._judged()
        elif len(key) == 1 and key in "0123456789":
            self._digits += key.encode()
            if len(self._digits) >= self._most:
                self.state = self._judged()
        if self.state is Entered.BAD:
            self._wipe()
        return self.state

    def take(self) -> str:
        """Return the digits, once: they are forgotten here. "" if the entry is not complete."""
        digits = self._digits.decode() if self.state is Entered.COMPLETE else ""
        self._wipe()
        return digits

    def _judged(self) -> Entered:
        enough = len(self._digits) >= self._least
        right = not self._luhn or _checks(self._digits)
        return Entered.COMPLETE if enough and right else Entered.BAD

    def _wipe(self) -> None:
        for n in range(len(self._digits)):
            self._digits[n] = 0
        self._digits.clear()


def _checks(digits: bytearray) -> bool:
    """Whether the digits, every second one doubled from the right, add up to a multiple of ten."""
    total = 0
    for n, digit in enumerate(reversed(digits)):
        value = (digit - ord("0")) * (1 + n % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
