"""The rotation of the agent's log file."""

from __future__ import annotations

from pathlib import PurePosixPath

_TEXT = """\
# Written by voiceagent-install. The agent notices by itself that its file was moved.
{log} {{
    weekly
    maxsize 50M
    rotate 8
    missingok
    notifempty
    compress
    delaycompress
    nocreate
}}
"""


def render(log: PurePosixPath) -> str:
    """Return logrotate's file for a log file."""
    return _TEXT.format(log=log)
