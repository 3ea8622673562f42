"""A small SIP and RTP telephone, written to test a PBX from the caller's side.

`Phone` places calls over UDP on loopback, speaks, keys digits, records what it hears on the
kernel's arrival time, and `heard` turns that into figures. It shares no code with the product: what
it reports is what a caller would have noticed.
"""

from tests.phone.call import Call
from tests.phone.message import Caller
from tests.phone.outcome import CallEnded, CallRefused, Ended, Party
from tests.phone.phone import Phone

__all__ = ["Call", "CallEnded", "CallRefused", "Caller", "Ended", "Party", "Phone"]
