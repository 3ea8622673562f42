"""What other programs of this machine say."""

from __future__ import annotations

import asyncio


async def said(*command: str, limit_s: float) -> str:
    """Return what a program writes; nothing if there is no such program.

    Args:
        command: The program and its words.
        limit_s: How long it may take.

    Raises:
        TimeoutError: If it takes longer; it is ended.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return ""
    try:
        async with asyncio.timeout(limit_s):
            text, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return text.decode("utf-8", "replace")
