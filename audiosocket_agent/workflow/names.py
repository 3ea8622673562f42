"""The names a workflow is made of: steps and slots, and the ends of a call. Pure."""

from __future__ import annotations

from enum import Enum
from typing import Any, ClassVar, TypeVar

N = TypeVar("N", bound="_Name")


class _Name(str):
    """A name out of a workflow. The same name is the same object, so that ``is`` compares.

    Only names of a workflow that was checked become one: never what a caller or a model wrote.
    """

    __slots__ = ()
    _known: ClassVar[dict[str, Any]]

    def __init_subclass__(cls) -> None:
        cls._known = {}

    def __new__(cls: type[N], name: str) -> N:
        known: N | None = cls._known.get(name)
        if known is None:
            known = cls._known[name] = super().__new__(cls, name)
        return known

    def __getnewargs__(self) -> tuple[str]:
        return (str(self),)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    @property
    def value(self) -> str:
        """The plain text of it, for records and the wire."""
        return str(self)


class Step(_Name):
    """Where a conversation is. A workflow may have others than the well-known ones here."""

    __slots__ = ()
    GREET: ClassVar[Step]
    UNDERSTAND: ClassVar[Step]
    QUALIFY: ClassVar[Step]
    QUOTE: ClassVar[Step]
    COLLECT: ClassVar[Step]
    BOOK: ClassVar[Step]
    CONFIRM: ClassVar[Step]
    CLOSE: ClassVar[Step]
    CALL_BACK: ClassVar[Step]  # outside the eight: instead of a person
    MESSAGE: ClassVar[Step]  # likewise
    TRANSFER: ClassVar[Step]  # the other side ways
    RECOVER: ClassVar[Step]
    VOICEMAIL: ClassVar[Step]
    OUT_OF_HOURS: ClassVar[Step]


class Slot(_Name):
    """Something the conversation must find out. A workflow may have others than these."""

    __slots__ = ()
    SERVICE: ClassVar[Slot]
    AREA: ClassVar[Slot]
    WANTED: ClassVar[Slot]
    DAY: ClassVar[Slot]
    PART: ClassVar[Slot]
    TIME: ClassVar[Slot]
    CALLBACK: ClassVar[Slot]
    PHONE: ClassVar[Slot]
    AGREED: ClassVar[Slot]
    RING_BACK: ClassVar[Slot]  # whether to be called back instead of waiting for a person
    MESSAGE: ClassVar[Slot]  # whether to leave a message instead


for _kind in (Step, Slot):
    for _constant in _kind.__annotations__:
        setattr(_kind, _constant, _kind(_constant.lower()))


class Outcome(Enum):
    """What the dialplan is to do once the agent has spoken its last word.

    The values are what the gate answers to the dialplan's outcome question.
    """

    HANGUP = "hangup"
    QUEUE = "queue"
    SORRY = "sorry"  # a recorded apology, then the queue
    VOICEMAIL = "voicemail"
    EXTENSION = "extension"  # of the PBX, in VA_TARGET
    OUTSIDE = "outside"  # a number outside, in VA_TARGET
