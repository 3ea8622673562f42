"""The agent's last complaint, out of its log, fit to be shown to anybody. Pure."""

from __future__ import annotations

import re

from installer.doctor.redaction import Redactor, is_ours

_ERROR = re.compile(r"(?:ERROR|CRITICAL) \w+ [\w.]+:(?: \[[^\]]*\])? (.+)")
_AT_START = "voiceagent: "  # before there is a log: a setting that is wrong, for one
_LONGEST = 300


def last_error(log: str) -> str:
    """Return the last error of a log, without numbers or secrets; "" if it has none.

    Args:
        log: Lines of the agent's log or of systemd's journal, any others among them.
    """
    for line in reversed(log.splitlines()):
        said = ""
        if line.startswith(_AT_START):
            said = line.removeprefix(_AT_START)
        elif is_ours(line) and (found := _ERROR.search(line)):
            said = found[1]
        if said:
            return Redactor().text(said)[:_LONGEST]
    return ""
