"""A small SIP and RTP telephone, written to test a PBX from outside.

`Phone` places calls over UDP on loopback and `Desk` takes them. Both speak, key digits and record
what they hear on the kernel's arrival time, and `heard` turns that into figures. They share no code
with the product: what they report is what a caller, or a person called, would have noticed.
"""

from tests.phone.call import Call
from tests.phone.desk import Desk, Manner
from tests.phone.message import Caller
from tests.phone.outcome import CallEnded, CallRefused, Ended, Party
from tests.phone.phone import Phone

__all__ = [
    "Call",
    "CallEnded",
    "CallRefused",
    "Caller",
    "Desk",
    "Ended",
    "Manner",
    "Party",
    "Phone",
]
