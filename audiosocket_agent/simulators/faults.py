"""Bad manners on demand: which simulated vendor misbehaves, how, and when.

A fault is written ``vendor:kind[:nth]``, several separated by commas:
``VOICEAGENT_SIM_FAULT=cartesia:hang,deepgram:drop:2``. Vendors are ``deepgram`` (both wires),
``groq`` (the chat wire) and ``cartesia``. Without ``nth`` every occasion is hit, with it only the
nth since the start, counted from 1. An occasion is a connection of Deepgram, a request of the chat,
and for Cartesia a connection or, for the kinds that concern one reply, a context.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum

VARIABLE = "VOICEAGENT_SIM_FAULT"


class FaultKind(Enum):
    """What goes wrong."""

    REFUSE = "refuse"  # the TCP connection is reset before any answer
    UNAUTHORIZED = "401"
    PAYMENT = "402"
    FORBIDDEN = "403"
    NOT_FOUND = "404"  # no such model
    RATE_LIMITED = "429"  # with the vendor's headers
    BROKEN = "503"
    HANG = "hang"  # the connection is taken, then nothing is ever answered
    SLOW = "slow"  # everything comes 5 s late
    STALL = "stall"  # answers begin, then stop; the connection stays open
    DROP = "drop"  # answers begin, then the TCP connection is reset
    MALFORMED = "malformed"  # in the middle of an answer something that is not JSON
    ERROR = "error"  # in the middle of an answer the vendor's own error message, then the end of it
    ORDER = "order"  # events in an order the protocol does not allow
    EXPIRE = "expire"  # cartesia: the context is gone when more text arrives
    IDLE = "idle"  # the session is closed as idle after 1 s without a message


SLOW_MS = 5000
IDLE_MS = 1000


class Vendor(Enum):
    """Who misbehaves."""

    DEEPGRAM = "deepgram"
    GROQ = "groq"
    CARTESIA = "cartesia"


# The engines' own names mean their vendor, and the longer names of a fault mean the fault.
ALSO_VENDORS = {
    "deepgram_flux": Vendor.DEEPGRAM,
    "openai": Vendor.GROQ,
    "ollama": Vendor.GROQ,
}
ALSO_KINDS = {
    "wrong_order": FaultKind.ORDER,
    "context_expiry": FaultKind.EXPIRE,
    "expiry": FaultKind.EXPIRE,
    "idle_close": FaultKind.IDLE,
}


# Faults that not every vendor's wire has.
CONCERNS = {
    FaultKind.EXPIRE: (Vendor.CARTESIA,),
    FaultKind.IDLE: (Vendor.DEEPGRAM, Vendor.CARTESIA),
}


class FaultError(ValueError):
    """A fault is written wrongly; the text says how to write it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        vendor: Who.
        kind: How.
        nth: On which occasion only, from 1; None on every one.
    """

    vendor: Vendor
    kind: FaultKind
    nth: int | None = None


def parse_faults(text: str) -> tuple[Fault, ...]:
    """Read faults as the environment variable spells them; "" is none.

    Raises:
        FaultError: If one is written wrongly.
    """
    return tuple(_parse(part.strip()) for part in text.split(",") if part.strip())


def _parse(text: str) -> Fault:
    vendor, _, rest = text.partition(":")
    kind, _, nth = rest.partition(":")
    try:
        count = int(nth) if nth else None
        who = ALSO_VENDORS.get(vendor) or Vendor(vendor)
        fault = Fault(who, ALSO_KINDS.get(kind) or FaultKind(kind), count)
    except ValueError:
        raise FaultError(
            f"{VARIABLE}={text}: write vendor:kind[:nth], vendor one of "
            f"{', '.join(v.value for v in Vendor)}, kind one of "
            f"{', '.join(k.value for k in FaultKind)}, nth a number from 1"
        ) from None
    if who not in CONCERNS.get(fault.kind, tuple(Vendor)):
        raise FaultError(f"{VARIABLE}={text}: {who.value} has no such fault")
    if count is not None and count < 1:
        raise FaultError(f"{VARIABLE}={text}: nth is counted from 1")
    return fault


class Faults:
    """The faults in force, and the count of occasions; may be changed while vendors run.

    Args:
        faults: To begin with.
    """

    def __init__(self, faults: tuple[Fault, ...] = ()) -> None:
        self._faults = faults
        self._seen: Counter[tuple[Vendor, frozenset[FaultKind]]] = Counter()

    def replace(self, faults: tuple[Fault, ...]) -> None:
        """Put other faults in force and count occasions from 1 again."""
        self._faults = faults
        self._seen.clear()

    def next(
        self, vendor: Vendor, kinds: frozenset[FaultKind] = frozenset(FaultKind)
    ) -> frozenset[FaultKind]:
        """Count one occasion of a vendor; return what goes wrong on it.

        Args:
            vendor: Who.
            kinds: The kinds that concern this sort of occasion; each sort is counted by itself.
        """
        self._seen[vendor, kinds] += 1
        nth = self._seen[vendor, kinds]
        return frozenset(
            fault.kind
            for fault in self._faults
            if fault.vendor is vendor and fault.kind in kinds and fault.nth in (None, nth)
        )
