"""The agent's login to AMI, tried out: once, without events, and gone again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ari_app.ami_wire import checked, read_message
from installer.doctor.probes import PATIENCE_S

_BANNER = b"Asterisk Call Manager/"
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class AmiSeen:
    """What a login showed.

    Attributes:
        trouble: Why there was none; "" when there was one.
        refused: Whether Asterisk said no to the login itself.
        actions: The actions the user may take; none where Asterisk did not tell.
        queues: The events of QueueStatus.
    """

    trouble: str = ""
    refused: bool = False
    actions: frozenset[str] = frozenset()
    queues: Sequence[Mapping[str, str]] = field(default_factory=tuple)


async def look_at_ami(
    host: str, port: int, user: str, secret: str, patience_s: float = PATIENCE_S
) -> AmiSeen:
    """Log in, ask what the user may do and what the queues hold, and leave.

    Args:
        host: AMI's address.
        port: AMI's port.
        user: Whom to log in as.
        secret: The user's secret.
        patience_s: How long connecting may take, and then answering.
    """
    try:
        async with asyncio.timeout(patience_s):
            reader, writer = await asyncio.open_connection(host, port, limit=_MOST_BYTES)
    except TimeoutError:
        return AmiSeen(f"nothing answers at {host}:{port}")
    except OSError as error:
        return AmiSeen(f"{host}:{port} cannot be reached ({error.strerror or 'no such address'})")
    try:
        async with asyncio.timeout(patience_s):
            return await _talk(reader, writer, user, secret)
    except TimeoutError:
        return AmiSeen(f"{host}:{port} takes the connection and does not answer")
    except (OSError, EOFError, asyncio.LimitOverrunError):
        return AmiSeen(f"{host}:{port} broke the connection off")
    except ValueError:
        return AmiSeen("VOICEAGENT_AMI_USER or VOICEAGENT_AMI_SECRET cannot be sent as it is")
    finally:
        writer.close()


async def _talk(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, user: str, secret: str
) -> AmiSeen:
    banner = await reader.readline()
    if not banner.startswith(_BANNER):
        return AmiSeen("what answers there is not AMI")
    login = {"Action": "Login", "Username": user, "Secret": secret, "Events": "off"}
    answer = (await _ask(reader, writer, login))[0]
    if answer.get("Response") != "Success":
        return AmiSeen(f"Asterisk refuses the user {user}", refused=True)
    commands = (await _ask(reader, writer, {"Action": "ListCommands"}))[0]
    queues = await _ask(reader, writer, {"Action": "QueueStatus"}, "QueueStatusComplete")
    _send(writer, {"Action": "Logoff"})
    return AmiSeen(actions=frozenset(commands), queues=tuple(queues[1:]))


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lines: dict[str, str], end: str = ""
) -> list[Mapping[str, str]]:
    """Return the response, and where `end` names an event, all events before that one."""
    _send(writer, lines)
    found: list[Mapping[str, str]] = []
    while True:
        message = read_message(await reader.readuntil(b"\r\n\r\n"))
        if message is None or (not found and "Response" not in message):
            continue  # FullyBooted, which users with system rights are told unasked
        found.append(message)
        refused = len(found) == 1 and message.get("Response") != "Success"
        if not end or refused or message.get("Event") == end:
            return found


def _send(writer: asyncio.StreamWriter, lines: dict[str, str]) -> None:
    pairs = checked(list(lines.items()))
    writer.write(("".join(f"{name}: {value}\r\n" for name, value in pairs) + "\r\n").encode())
