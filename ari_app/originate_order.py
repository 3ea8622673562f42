"""What may be asked for when a call is placed, and the Originate that Asterisk is given. Pure.

Everything that reaches AMI is whitelisted here: a device from the technologies we know, a Local
channel into our own contexts only, a number of digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

DIGITS = r"^\+?[0-9]{1,31}$"
UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
DEVICE = re.compile(
    r"(PJSIP|SIP|IAX2|DAHDI)/[A-Za-z0-9+][A-Za-z0-9_.+*#@-]{0,79}(/[A-Za-z0-9_.+*#-]{1,40})?"
    r"|Local/[0-9+*#]{1,32}@voiceagent-[a-z]{2,20}(/n)?"
)
OUT = ("voiceagent-out", "s")  # where an answered telephone meets the agent
CALLER = ("voiceagent-caller", "s")  # where the scripted caller's side of a Local channel is


class Order(BaseModel):
    """A call to be placed: to a telephone, or to one of our own numbers by a scripted caller.

    Attributes:
        op: The operation's name on the control socket.
        to: A device: ``PJSIP/100``; or "".
        did: One of our numbers, as a caller would dial it; or "".
        company: Key of the company that speaks, for `to`; "": the only one.
        from_did: Its number, instead of its key.
        caller_id: The number that is shown to who is called; "": none.
        ring_s: How long it may ring.
        machine: What to do with an answering machine; "": it is not listened for.
        message: What the machine is told.
        caller_uuid: AudioSocket UUID of the scripted caller, for `did`.
        caller_media: Where it listens: loopback only.
        wait: Whether progress is streamed and the call ends when nobody reads it any more.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    op: Literal["originate"] = "originate"
    to: str = ""
    did: str = ""
    company: str = Field("", pattern=r"^([a-z][a-z0-9_]{0,31})?$")
    from_did: str = ""
    caller_id: str = ""
    ring_s: int = Field(30, ge=1, le=300)
    machine: Literal["", "hangup", "message"] = ""
    message: str = Field("", max_length=500)
    caller_uuid: str = ""
    caller_media: str = ""
    wait: bool = True

    @field_validator("to")
    @classmethod
    def _is_device(cls, text: str) -> str:
        if text and not DEVICE.fullmatch(text):
            raise ValueError(
                "not a device: use PJSIP/100, SIP/100, or Local/NUMBER@ one of our own contexts"
            )
        return text

    @field_validator("did", "from_did", "caller_id")
    @classmethod
    def _is_number(cls, text: str) -> str:
        if text and not re.fullmatch(DIGITS, text):
            raise ValueError("not a number: up to 31 digits, a plus sign before them at most")
        return text

    @model_validator(mode="after")
    def _is_whole(self) -> Order:
        if bool(self.to) == bool(self.did):
            raise ValueError("exactly one of a device to call and a number of ours is needed")
        if self.did and (self.company or self.from_did or self.machine or self.message):
            raise ValueError("company, machine and message are for calls to a device")
        if self.company and self.from_did:
            raise ValueError("the company is named twice, by its key and by its number")
        if (self.machine == "message") != bool(self.message.strip()):
            raise ValueError("a message is needed to leave one, and only then")
        if self.did and not (
            re.fullmatch(UUID, self.caller_uuid)
            and re.fullmatch(r"127\.0\.0\.1:[1-9][0-9]{0,4}", self.caller_media)
        ):
            raise ValueError("a call to a number of ours needs a caller on this machine")
        if self.did and not self.wait:
            raise ValueError("a call to a number of ours lasts as long as its caller")
        return self


def complaint(error: ValidationError) -> str:
    """Return what is wrong with an order in one line that repeats none of its values."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    what = first["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what


@dataclass(frozen=True, slots=True)
class Ids:
    """What a placed call is known by before it exists.

    Attributes:
        placed: Name of the order, and `ActionID` of its Originate.
        call_id: The record's id, where we choose it: for calls to a device.
    """

    placed: str
    call_id: str

    @property
    def channel(self) -> str:
        """Uniqueid of the channel that is called, or of the scripted caller's half."""
        return f"{self.placed}-1"

    @property
    def other(self) -> str:
        """Uniqueid of the half of a Local channel that walks our dialplan."""
        return f"{self.placed}-2"


def originate(
    order: Order, ids: Ids, did: str, message: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the fields and the channel variables of an AMI Originate.

    Args:
        order: What is wanted.
        ids: What the call will be known by.
        did: Number of the company that speaks, for calls to a device.
        message: Sound of what an answering machine is told, as Asterisk sees it; or "".
    """
    context, exten = OUT if order.to else CALLER
    fields = {
        "ActionID": ids.placed,
        "Channel": order.to or f"Local/{order.did}@voiceagent-in/n",
        "Context": context,
        "Exten": exten,
        "Priority": "1",
        "Timeout": str(order.ring_s * 1000),
        "Async": "true",
        "ChannelId": ids.channel,
    }
    if fields["Channel"].startswith("Local/"):
        fields["OtherChannelId"] = ids.other
    if order.caller_id:
        fields["CallerID"] = order.caller_id
    return fields, _variables(order, ids, did, message)


def _variables(order: Order, ids: Ids, did: str, message: str) -> dict[str, str]:
    if order.did:
        return {"VA_CALLER_UUID": order.caller_uuid, "VA_CALLER_MEDIA": order.caller_media}
    dialled = order.to.removesuffix("/n").rpartition("/")[2].partition("@")[0]
    return {
        "VA_DID": did,
        "VA_CALL": ids.call_id,
        "VA_CALLEE": dialled if re.fullmatch(DIGITS, dialled) else "",
        "VA_AMD": order.machine,
        "VA_MESSAGE": message,
    }
