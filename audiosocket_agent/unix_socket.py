"""Listening on a Unix socket."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None] | None]


async def listen(serve: Serve, path: Path, mode: int, gid: int, limit_bytes: int) -> asyncio.Server:
    """Listen on a Unix socket, replacing one a dead process left behind.

    Args:
        serve: Called with each connection.
        path: The socket.
        mode: Its permissions.
        gid: The group it is given to; -1: none.
        limit_bytes: Longest line that is read.

    Raises:
        OSError: If it cannot be made there.
    """
    with suppress(FileNotFoundError):
        os.unlink(path)
    server = await asyncio.start_unix_server(serve, path, limit=limit_bytes)
    if gid >= 0:
        os.chown(path, -1, gid)
    os.chmod(path, mode)
    return server
