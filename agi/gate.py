"""The gate's decisions, without I/O: who is calling, and what the dialplan is told.

Everything Asterisk passes about the caller was typed by the caller. It is read here, once, through
whitelists; nothing else of it goes any further.
"""

from __future__ import annotations

import json
import re
import uuid

TYPE_CHECKING = False  # not typing's: importing that module costs every call milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Json = dict[str, object]
    Variables = tuple[tuple[str, str], ...]

# One JSON object a line; see `audiosocket_agent.link` for the other end.
MAX_LINE_BYTES = 8192
REGISTER_DEADLINE_S = 0.5

_DID = re.compile(r"\+?[0-9]{1,31}\Z")
_NUMBER = re.compile(r"[0-9+*#]{1,32}\Z")
_CHANNEL = re.compile(r"[A-Za-z0-9/_.;@+:-]{1,128}\Z")
_UNIQUEID = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
_MEDIA = re.compile(r"[A-Za-z0-9_.-]{1,253}:[0-9]{1,5}\Z")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,31}\Z")
_NEXT = frozenset(("hangup", "queue", "sorry", "voicemail", "extension", "outside"))
_BACK = frozenset(("no_answer", "nobody", "full", "busy"))
# What the agent may set on a channel besides; nothing in a value may end an argument of the
# dialplan's or be expanded by it.
_SETTABLE = frozenset(
    (
        "VA_QUEUE", "VA_RING_S", "VA_MAILBOX", "VA_RECORD", "VA_CONSENT", "VA_TARGET",
        "VA_WHISPER", "VA_SUMMARY", "VA_MOST_RETURNS", "VA_FOR",
    )
)  # fmt: skip
_VALUE = re.compile(r'(?:(?![${}"\\,;|])[ -~]){0,200}\Z')


class GateError(Exception):
    """The call cannot be given to the agent; the text says why, without the caller's data."""


def parse_environment(lines: Iterable[str]) -> dict[str, str]:
    """Read the ``agi_name: value`` lines Asterisk sends first.

    Args:
        lines: Decoded lines, without the blank one that ends them.

    Returns:
        Values by name; the last one wins, as it does in Asterisk's own libraries.
    """
    env: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and name.startswith("agi_"):
            env[name] = value.strip()
    return env


def registration(env: Mapping[str, str], call: str = "", back: str = "") -> dict[str, str]:
    """Build the registration of a call, or of a further part of one, from its AGI environment.

    Args:
        env: What `parse_environment` returned; hostile.
        call: The UUID of the call's record, if it has one already: its first part is held under
            the same UUID, a later part under a fresh one.
        back: Why a caller who was handed over comes back; "" on a first part.

    Returns:
        A JSON-ready dict: ``op, uuid, call, back, did, caller, caller_name, channel, uniqueid``.
        Withheld or implausible caller numbers are ``""``.

    Raises:
        GateError: If the call has no dialled number or no channel, or comes back without a record.
    """
    record = _uuid(call)
    if back and (record is None or back not in _BACK):
        raise GateError("a caller comes back from nowhere")
    fresh = str(uuid.uuid4())
    leg = fresh if back or record is None else record
    did = env.get("agi_extension", "")
    if not _DID.match(did):
        did = env.get("agi_dnid", "")
    if not _DID.match(did):
        raise GateError("no dialled number in the AGI environment")
    channel = env.get("agi_channel", "")
    unique = env.get("agi_uniqueid", "")
    if not _CHANNEL.match(channel) or not _UNIQUEID.match(unique):
        raise GateError("no usable channel in the AGI environment")
    caller = "" if _withheld(env) else env.get("agi_callerid", "")
    named = "" if _withheld(env) else env.get("agi_calleridname", "")
    name = "".join(c for c in named if c.isprintable())[:64]
    return {
        "op": "register",
        "uuid": leg,
        "call": record or leg,
        "back": back,
        "did": did,
        "caller": caller if _NUMBER.match(caller) else "",
        "caller_name": "" if name == "unknown" else name,
        "channel": channel,
        "uniqueid": unique,
    }


def accepted(request: Mapping[str, str], reply: Json) -> Variables:
    """Turn the media process's reply to a registration into channel variables.

    Raises:
        GateError: If the agent refused, or answered nonsense.
    """
    if reply.get("ok") is not True:
        raise GateError(f"the agent refused the call: {_word(reply.get('error'))}")
    media = reply.get("media")
    if not isinstance(media, str) or not _MEDIA.match(media):
        raise GateError("the agent named no media address")
    return (
        ("VA_UUID", request["uuid"]),
        ("VA_CALL", request["call"]),
        ("VA_MEDIA", media),
        *settable(reply),
        ("VA_OK", "1"),
    )


def outcome_request(argument: str) -> dict[str, str]:
    """Build the question how a call ended.

    Raises:
        GateError: If the argument is not a UUID.
    """
    call = _uuid(argument)
    if call is None:
        raise GateError("the outcome question names no call")
    return {"op": "outcome", "uuid": call}


def next_step(reply: Json) -> Variables:
    """Turn the reply to an outcome question into channel variables.

    Raises:
        GateError: If there is no answer; the dialplan asks again, then hands over to people.
    """
    following = reply.get("next")
    if reply.get("ok") is not True or not isinstance(following, str) or following not in _NEXT:
        raise GateError(f"no outcome: {_word(reply.get('error'))}")
    return (*settable(reply), ("VA_NEXT", following))


def settable(reply: Json) -> Variables:
    """Return the channel variables a reply may set, those that are fit for the dialplan.

    Raises:
        GateError: If one is not: half of them would be worse than none.
    """
    given = reply.get("variables", {})
    if not isinstance(given, dict):
        raise GateError("the agent's variables are no object")
    for name, value in given.items():
        if name not in _SETTABLE or not isinstance(value, str) or not _VALUE.match(value):
            raise GateError("the agent set a variable that is not for the dialplan")
    return tuple(given.items())


def set_variable(name: str, value: str) -> str:
    """Return the AGI command that sets a channel variable, without the line end.

    Raises:
        ValueError: If the name or value could break out of the command.
    """
    if not _VARIABLE.match(name) or not value.isprintable():
        raise ValueError("not a plain variable and value")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'SET VARIABLE {name} "{escaped}"'


def encode(message: Mapping[str, object]) -> bytes:
    """Encode one link message as a line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Json:
    """Decode one link line; anything but a JSON object is a GateError."""
    try:
        message = json.loads(line)
    except ValueError:
        message = None
    if not isinstance(message, dict):
        raise GateError("the agent's answer is not a JSON object")
    return message


def _withheld(env: Mapping[str, str]) -> bool:
    """Whether the caller asked for the number not to be shown: the trunk may pass it all the same.

    Source: asterisk include/asterisk/callerid.h: AST_PRES_RESTRICTION 0x60, _RESTRICTED 0x20.
    """
    presentation = env.get("agi_callingpres", "")
    return presentation.isdecimal() and int(presentation[:3]) & 0x60 == 0x20


def _uuid(text: str) -> str | None:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None


def _word(value: object) -> str:
    return value if isinstance(value, str) and value.isidentifier() else "no reason given"
