"""Takes secrets and callers' data out of texts before they leave the machine. Pure.

Three nets, one behind the other: values known to be secret, whatever a name says is secret, and
everything that could be a telephone number. Losing too much is no harm: it can be asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "[hidden]"
NUMBER = "[number]"

_SECRET_WORD = (
    r"(?:secret|password|passwd|token|api_?key|dbpass|md5_cred|authorization|credentials)"
)
_ASSIGNED = re.compile(
    rf"(?P<name>[\w.-]*{_SECRET_WORD}[\w.-]*\s*(?:=>|=|:)\s*)(?P<value>[^\r\n]+)", re.IGNORECASE
)
# Seven digits and more, whatever stands between them in writing; with + four are enough. Points are
# for versions and addresses, except after a leading 0.
_NUMBER = re.compile(
    r"\+\d(?:[ ().-]{0,2}\d){3,}|\b0\d{2,4}(?:\.\d{2,4}){2,}|(?<![\w.-])\d(?:[ ()/-]{0,2}\d){6,}"
)
_DIGITS = re.compile(r"\d{7,}")
_ADDRESS = re.compile(r"(?i)\bsips?:[^\s>;,\"]+|[\w.+-]+@[\w.-]+\.\w+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}:\d{2})?")
_UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b")
_OUR_LINE = re.compile(
    r"(?:\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2},\d{3} )?[A-Z]+ \w+ "  # the journal has the time
    r"(?:agi|ari_app|asterisk_conf|audiosocket_agent|installer)[\w.]*:"
)
_SHORTEST_SECRET = 4  # shorter ones would tear every text apart


class Redactor:
    """Takes out what it was told, and what looks like it.

    Args:
        secrets: Values that are known to be secret.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {one for one in secrets if len(one) >= _SHORTEST_SECRET}
        # The longest first: one secret may begin as another.
        self._known = sorted(known, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return a text without secrets, addresses and numbers."""
        for one in self._known:
            text = text.replace(one, HIDDEN)
        text = _ASSIGNED.sub(lambda found: found["name"] + HIDDEN, text)
        text = _ADDRESS.sub(HIDDEN, text)
        return "".join(self._numberless(part) for part in _kept_apart(text))

    @staticmethod
    def _numberless(part: str) -> str:
        if _DATE.fullmatch(part) or _UUID.fullmatch(part):
            return part
        return _DIGITS.sub(NUMBER, _NUMBER.sub(NUMBER, part))


def config_text(text: str) -> str:
    """Return a configuration file of ours without what its settings say is secret.

    Comments stay: they are ours, or say why an admin changed something.
    """
    return _ASSIGNED.sub(lambda found: found["name"] + HIDDEN, text)


def is_ours(line: str) -> bool:
    """Say whether a line of the agent's log is one of our own, which name callers by ids only.

    What libraries say, and what a fault prints over several lines, may hold anything.
    """
    return _OUR_LINE.match(line) is not None


def _kept_apart(text: str) -> list[str]:
    """Split a text so that dates and call ids, which hold digits, stand alone."""
    whole = re.compile(f"({_UUID.pattern}|{_DATE.pattern})")
    return [part for part in whole.split(text) if part]
