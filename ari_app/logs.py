"""Log lines: one a line on stderr, with the call they belong to and nobody's words or numbers."""

from __future__ import annotations

import logging
import sys

_OURS = ("agi", "ari_app", "asterisk_conf", "audiosocket_agent", "installer")


class _CallFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        record.call = f" [{call_id}]" if (call_id := getattr(record, "call_id", "")) else ""
        return super().format(record)


def set_up_logging(level: str, role: str) -> None:
    """Send log lines of `level` and above to stderr.

    Of libraries only warnings and worse: below that they log what they work on, the database's
    driver every value it stores, callers' numbers and words included.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _CallFormatter(f"%(asctime)s %(levelname)s {role} %(name)s:%(call)s %(message)s")
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    handler.setLevel(level)
    for package in _OURS:
        logging.getLogger(package).setLevel(level)
