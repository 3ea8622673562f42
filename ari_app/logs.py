"""Log lines: one a line on stderr, with the call they belong to and nobody's words or numbers."""

from __future__ import annotations

import logging
import os
import sys
from logging.handlers import WatchedFileHandler

_DATED = "%(asctime)s "
# sd-daemon(3)
_PRIORITIES = {logging.DEBUG: 7, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
_OURS = ("agi", "ari_app", "asterisk_conf", "audiosocket_agent", "installer")


class _CallFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        record.call = f" [{call_id}]" if (call_id := getattr(record, "call_id", "")) else ""
        record.priority = _PRIORITIES.get(record.levelno, 6)
        return super().format(record)


def set_up_logging(level: str, role: str, file: str = "") -> None:
    """Send log lines of `level` and above to stderr, and to a file if one is named.

    All processes append to the one file, a line at a time. Whoever rotates it only has to move it:
    the next line makes it anew.

    Of libraries only warnings and worse: below that they log what they work on, the database's
    driver every value it stores, callers' numbers and words included.

    Raises:
        OSError: If the file cannot be written.
    """
    said = f"%(levelname)s {role} %(name)s:%(call)s %(message)s"
    stderr = logging.StreamHandler(sys.stderr)
    # The journal has a time of its own, and shows only errors when asked to if it is told which.
    stderr.setFormatter(_CallFormatter(f"<%(priority)d>{said}" if _is_journal() else _DATED + said))
    handlers: list[logging.Handler] = [stderr]
    if file:
        handlers.append(WatchedFileHandler(file, encoding="utf-8"))
        handlers[-1].setFormatter(_CallFormatter(_DATED + said))
    for handler in handlers:
        handler.setLevel(level)
    logging.basicConfig(level=logging.WARNING, handlers=handlers, force=True)
    for package in _OURS:
        logging.getLogger(package).setLevel(level)


def _is_journal() -> bool:
    """Say whether stderr goes to systemd's journal.

    Source: systemd.exec(5), $JOURNAL_STREAM.
    """
    try:
        status = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
