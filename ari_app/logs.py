"""Log lines: one a line on stderr, with the call they belong to and nobody's words or numbers."""

from __future__ import annotations

import logging
import sys
from logging.handlers import WatchedFileHandler

_OURS = ("agi", "ari_app", "asterisk_conf", "audiosocket_agent", "installer")


class _CallFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        record.call = f" [{call_id}]" if (call_id := getattr(record, "call_id", "")) else ""
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
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if file:
        handlers.append(WatchedFileHandler(file, encoding="utf-8"))
    formatter = _CallFormatter(f"%(asctime)s %(levelname)s {role} %(name)s:%(call)s %(message)s")
    for handler in handlers:
        handler.setFormatter(formatter)
        handler.setLevel(level)
    logging.basicConfig(level=logging.WARNING, handlers=handlers, force=True)
    for package in _OURS:
        logging.getLogger(package).setLevel(level)
