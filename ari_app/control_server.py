"""The controller's Unix socket: what the media process and the command line ask of it.

JSON lines, one question a connection. A question is an object with the field ``op``; the answer is
one line, or for a stream several and then ``{"ok": true, "end_of_stream": true}``. Whatever is
refused is answered by ``{"ok": false, "error": "<word>", "message": "<one line, or empty>"}``:

    bad_request   no JSON object with an ``op``, or fields that make no sense
    unknown_op    no such operation
    too_long      a question of more than `MAX_LINE_BYTES`
    busy          more than `MOST_PEERS` ask at once
    late          the operation took longer than `ANSWER_DEADLINE_S`
    failed        it failed in a way nobody foresaw; the log says how

and by the words of the operations themselves. A client that closes its connection has lost
interest: what it asked for is cancelled.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

from audiosocket_agent.unix_socket import listen

log = logging.getLogger(__name__)

MAX_LINE_BYTES = 8192
MOST_PEERS = 128  # one for each call that is being handed over, and a few command lines
QUESTION_DEADLINE_S = 5.0
ANSWER_DEADLINE_S = 5.0
WRITE_DEADLINE_S = 2.0  # a client that does not read what it asked for

Answer = Mapping[str, object]
Handler = Callable[[Mapping[str, Any]], Awaitable[Answer] | AsyncGenerator[Answer, None]]
"""Answers one operation: a coroutine with the fields of the answer, or a stream of such."""


class Refused(Exception):
    """An operation is refused; handlers raise it.

    Args:
        word: Why, for programs.
        message: Why, and what to do, for people; one line.
    """

    def __init__(self, word: str, message: str = "") -> None:
        super().__init__(word)
        self.word = word
        self.message = message


class ControlServer:
    """Answers questions over a Unix socket.

    Args:
        handlers: The operations by name. A handler may raise `Refused`; ``KeyError``,
            ``TypeError`` and ``ValueError`` mean that the question's fields make no sense.
    """

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers = handlers
        self._server: asyncio.Server | None = None
        self._peers: set[asyncio.Task[None]] = set()

    async def start(self, path: Path, mode: int = 0o600, gid: int = -1) -> None:
        """Listen on a Unix socket, replacing one a dead process left behind.

        Args:
            path: The socket.
            mode: Its permissions.
            gid: The group it is given to; -1: none.

        Raises:
            OSError: If it cannot be made there.
        """
        self._server = await listen(self._accept, path, mode, gid, MAX_LINE_BYTES)

    async def close(self) -> None:
        """Stop listening and cancel what is being done; idempotent."""
        if self._server is not None:
            self._server.close()
        peers = tuple(self._peers)
        for peer in peers:
            peer.cancel()
        await asyncio.gather(*peers, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._peers) >= MOST_PEERS:
            writer.write(_line(_refusal("busy")))
            writer.close()
            return
        peer = asyncio.create_task(self._serve(reader, writer))
        self._peers.add(peer)
        peer.add_done_callback(self._peers.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(QUESTION_DEADLINE_S):
                question = await reader.readline()
            if question:
                await _until_gone(self._answer(question, writer), reader)
        except ValueError:
            with suppress(_ClientError):
                await _write(writer, _refusal("too_long"))
        except (TimeoutError, OSError):
            return  # silent, or gone
        finally:
            writer.close()

    async def _answer(self, question: bytes, writer: asyncio.StreamWriter) -> None:
        try:
            request = json.loads(question)
            handler = self._handlers.get(request["op"])
        except (ValueError, TypeError, KeyError, RecursionError):
            return await _write(writer, _refusal("bad_request"))
        if handler is None:
            return await _write(writer, _refusal("unknown_op"))
        try:
            answering = handler(request)
            if isinstance(answering, AsyncGenerator):
                await _write_all(writer, answering)
            else:
                async with asyncio.timeout(ANSWER_DEADLINE_S):
                    answer = await answering
                await _write(writer, {"ok": True, **answer})
        except _ClientError:
            return
        except Exception as error:
            await _write(writer, _explain(error, request["op"]))


class _ClientError(Exception):
    """The client does not take its answer."""


async def _until_gone(answering: Any, reader: asyncio.StreamReader) -> None:
    """Answer, unless the client hangs up first; what it says meanwhile is not read as a question.

    Both tasks are over when this returns or raises.
    """
    tasks = (asyncio.create_task(answering), asyncio.create_task(_drain(reader)))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception) and not isinstance(outcome, _ClientError):
            raise outcome


async def _drain(reader: asyncio.StreamReader) -> None:
    with suppress(OSError):
        while await reader.read(MAX_LINE_BYTES):
            pass


async def _write_all(writer: asyncio.StreamWriter, answers: AsyncGenerator[Answer, None]) -> None:
    async with aclosing(answers):
        async for answer in answers:
            await _write(writer, {"ok": True, **answer})
    await _write(writer, {"ok": True, "end_of_stream": True})


async def _write(writer: asyncio.StreamWriter, answer: Answer) -> None:
    try:
        async with asyncio.timeout(WRITE_DEADLINE_S):
            writer.write(_line(answer))
            await writer.drain()
    except (OSError, TimeoutError):
        raise _ClientError from None


def _explain(error: Exception, op: str) -> Answer:
    if isinstance(error, Refused):
        return _refusal(error.word, error.message)
    if isinstance(error, TimeoutError):
        return _refusal("late")
    if isinstance(error, KeyError | TypeError | ValueError):
        return _refusal("bad_request")
    # Only the kind of error: its text may hold what a caller said.
    log.error("the operation %s failed: %s", op, type(error).__name__)
    return _refusal("failed")


def _refusal(word: str, message: str = "") -> Answer:
    return {"ok": False, "error": word, "message": message}


def _line(answer: Answer) -> bytes:
    return json.dumps(answer).encode() + b"\n"
