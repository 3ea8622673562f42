"""Asking the controller over its Unix socket; see `ari_app.control_server` for the protocol."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from audiosocket_agent.control import ControlError

CONNECT_DEADLINE_S = 2.0
MAX_ANSWER_BYTES = 1_000_000  # a caller's monologue, twice, every letter escaped: far less


class ControlGone(ControlError):
    """The controller is not there, went away, or said what makes no sense."""


class ControlDenied(ControlGone):
    """The controller's socket is not for us."""


class ControlLate(ControlError):
    """The controller did not answer in time."""


class ControlRefused(ControlError):
    """The controller refused.

    Args:
        word: Why, for programs; see `ari_app.control_server` and the operation.
        message: Why, for people; may be empty.
    """

    def __init__(self, word: str, message: str = "") -> None:
        super().__init__(message or word)
        self.word = word
        self.message = message


async def ask(path: Path, request: Mapping[str, object], deadline_s: float) -> dict[str, Any]:
    """Ask one question and return the fields of the answer.

    Args:
        path: The controller's socket.
        request: The question; its ``op`` says what is asked.
        deadline_s: How long all of it may take.

    Raises:
        ControlDenied: If its socket is not for us.
        ControlGone: If there is no controller.
        ControlLate: If it does not answer in time.
        ControlRefused: If it refuses.
    """
    try:
        async with asyncio.timeout(deadline_s), _question(path, request) as reader:
            return await _read(reader)
    except TimeoutError:
        raise ControlLate(f"no answer within {deadline_s} s") from None


async def stream(
    path: Path, request: Mapping[str, object], deadline_s: float, first_s: float | None = None
) -> AsyncGenerator[dict[str, Any], None]:
    """Ask for a stream and yield its answers; closing it early cancels the operation.

    Args:
        path: The controller's socket.
        request: The question; its ``op`` says what is asked.
        deadline_s: How long the controller may be silent between two answers.
        first_s: How long it may be before the first; None: as long.

    Raises:
        ControlDenied: If its socket is not for us.
        ControlGone: If there is no controller, or it went away before the end.
        ControlLate: If it was silent for too long.
        ControlRefused: If it refuses.
    """
    wait_s = deadline_s if first_s is None else first_s
    async with _question(path, request) as reader:
        while True:
            try:
                async with asyncio.timeout(wait_s):
                    answer = await _read(reader)
            except TimeoutError:
                raise ControlLate(f"silent for {wait_s:g} s") from None
            wait_s = deadline_s
            if answer.get("end_of_stream") is True:
                return
            yield answer


@asynccontextmanager
async def _question(
    path: Path, request: Mapping[str, object]
) -> AsyncIterator[asyncio.StreamReader]:
    try:
        async with asyncio.timeout(CONNECT_DEADLINE_S):
            reader, writer = await asyncio.open_unix_connection(path, limit=MAX_ANSWER_BYTES)
    except TimeoutError:
        raise ControlLate(f"{path} takes no connection") from None
    except PermissionError:
        raise ControlDenied(f"{path}: permission denied") from None
    except OSError as error:
        raise ControlGone(f"{path}: {error.strerror}") from None
    try:
        writer.write(json.dumps(request).encode() + b"\n")
        yield reader
    finally:
        writer.close()


async def _read(reader: asyncio.StreamReader) -> dict[str, Any]:
    try:
        line = await reader.readline()
        answer = json.loads(line) if line else None
    except (OSError, ValueError):
        answer = None
    if not isinstance(answer, dict):
        raise ControlGone("the controller hung up")
    if answer.pop("ok", None) is not True:
        raise ControlRefused(str(answer.get("error", "")), str(answer.get("message", "")))
    return answer
