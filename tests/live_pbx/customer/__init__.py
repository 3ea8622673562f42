"""The files of one customer's PBX, over Debian's own, and how its lines are told apart."""

from __future__ import annotations

from pathlib import Path

from tests.live_pbx.machine import Machine

DID = "441632960001"
"""Answered by the agent while it is installed, by the announcement otherwise."""
OLD_LINE = "441632960002"
"""Answered by the announcement whatever is installed."""
QUEUE_LINE = "441632960010"
"""Rings the queue, and so the desk phone, whatever is installed."""
SIP_PORT = 5060
DESK_PORT = 5100
QUEUE = "reception"
COMPANY = "Harbour Home Services"
_HERE = Path(__file__).parent
_PLACES = {
    "extensions.conf": "etc/asterisk/extensions.conf",
    "parking.conf": "etc/asterisk/extensions.d/parking.conf",
    "pjsip.conf": "etc/asterisk/pjsip.conf",
    "queues.conf": "etc/asterisk/queues.conf",
    "rtp.conf": "etc/asterisk/rtp.conf",
}


def furnish(machine: Machine) -> None:
    """Give a machine that is off the customer's files."""
    uid, gid = machine.account("asterisk")
    texts = {place: _text(name) for name, place in _PLACES.items()}
    machine.write(texts, f"{uid}:{gid}")


def _text(name: str) -> str:
    # Line ends as they are: the installer may not change them.
    return (_HERE / name).read_bytes().decode()
