"""Which Asterisk it is, as three numbers that compare.

Pure: a text comes in (from ``core show version``, a package database or an admin), a version or
nothing goes out. What a version means is decided elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# At the start of a line, so that numbers further on (the builder's host, a date) are never taken
# for the version. Before the numbers may stand the program's name, an rpm's name, a dpkg epoch
# and the word that marks Sangoma's certified branch.
_VERSION = re.compile(
    r"^\s*(?:asterisk\d{0,3}[ -])?(?:certified/)?(?:\d{1,3}:)?"
    r"(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?![\d.])",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True, order=True)
class AsteriskVersion:
    """A released Asterisk; versions compare as their numbers do.

    Attributes:
        major: The line, such as 22.
        minor: The release in that line.
        patch: The release's own repair number; 0 when the text has none. A certified release
            (``certified/20.7-cert2``) counts as the release it was cut from: what was repaired
            in it later cannot be told from its name.
    """

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> AsteriskVersion | None:
        """The version in what Asterisk, a package database or an admin calls it.

        Args:
            text: Such as ``Asterisk 22.10.1~dfsg+~cs6.16-1 built by ...``, ``20.9.3``,
                ``certified/20.7-cert2`` or the package version ``1:22.10.1~dfsg-1``; several
                lines are fine, the first that starts with a version counts.

        Returns:
            The version; None for a build without one (``GIT-master-...``) and for other text.
        """
        found = _VERSION.search(text)
        if found is None:
            return None
        major, minor, patch = found.groups()
        return cls(int(major), int(minor), int(patch or 0))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"
