"""Small questions to running servers: each its own connection, each with a deadline."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import uuid
from contextlib import suppress
from urllib.parse import urlsplit

PATIENCE_S = 2.0
"""How long a question waits by itself."""
_MOST_BYTES = 1 << 16
_HANGUP = b"\x00\x00\x00"


async def health(host: str, port: int, patience_s: float = PATIENCE_S) -> dict[str, object] | None:
    """Return what the agent's /health says, whether it is well or not; None if nobody answers."""
    try:
        _, body = await _http(host, port, "GET /health", {}, patience_s)
        told = json.loads(body)
    except (OSError, EOFError, ValueError):
        return None
    return told if isinstance(told, dict) and "ok" in told else None


async def refuses_stranger(host: str, port: int, patience_s: float = PATIENCE_S) -> bool:
    """Say whether an AudioSocket server sends a UUID it does not know away as it should.

    Raises:
        OSError: If it cannot be reached, or does not answer (TimeoutError).
    """
    async with asyncio.timeout(patience_s):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(b"\x01\x00\x10" + uuid.uuid4().bytes)
            return await reader.read(len(_HANGUP)) == _HANGUP
        finally:
            writer.close()


async def gate_answers(host: str, port: int, patience_s: float = PATIENCE_S) -> str:
    """Ask a FastAGI gate how a call ended that never was; returns the variable it sets, or "".

    Raises:
        OSError: If it cannot be reached, or does not answer (TimeoutError).
    """
    question = (
        "agi_network: yes\nagi_network_script: outcome\nagi_request: doctor\n"
        f"agi_arg_1: {uuid.uuid4()}\n\n"
    )
    async with asyncio.timeout(patience_s):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(question.encode())
            first = (await reader.readline()).decode("utf-8", "replace").split()
            if first[:2] != ["SET", "VARIABLE"] or len(first) < 3:
                return ""
            writer.write(b"200 result=1\n")
            with suppress(ConnectionError):  # it has said what it had to say
                await reader.read()
        finally:
            writer.close()
    return first[2]


async def ari_status(
    url: str, user: str, password: str, *, writing: bool, patience_s: float = PATIENCE_S
) -> int:
    """Return the HTTP status of a harmless request to ARI.

    Args:
        url: Asterisk's HTTP server, with its prefix.
        user: The ARI user.
        password: Its password.
        writing: Whether to hang up a channel that does not exist, which is 404 to a user who may
            write and 403 to one who may not, instead of a ping.
        patience_s: How long it may take.

    Raises:
        OSError: If it cannot be reached, or does not answer (TimeoutError).
        ValueError: If what answers there is no HTTP server, or the address is none.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError("only http:// is looked at")
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    path = f"{parts.path.rstrip('/')}/ari"
    line = f"GET {path}/asterisk/ping"
    if writing:
        line = f"DELETE {path}/channels/doctor-{secrets.token_hex(8)}"
    headers = {"Authorization": f"Basic {token}"}
    try:
        status, _ = await _http(parts.hostname, parts.port or 80, line, headers, patience_s)
    except EOFError:
        raise ValueError("what answers there is no HTTP server") from None
    return status


async def _http(
    host: str, port: int, line: str, headers: dict[str, str], patience_s: float
) -> tuple[int, bytes]:
    """Send one request; returns its status and body."""
    fields = {"Host": f"{host}:{port}", "Connection": "close", **headers}
    request = f"{line} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items()) + "\r\n"
    async with asyncio.timeout(patience_s):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(request.encode())
            head = await reader.readline()
            rest = b""
            while len(rest) < _MOST_BYTES and (more := await reader.read(_MOST_BYTES)):
                rest += more
        finally:
            writer.close()
    words = head.split()
    if len(words) < 2 or not head.startswith(b"HTTP/") or not words[1].isdigit():
        raise EOFError
    return int(words[1]), rest.partition(b"\r\n\r\n")[2]
