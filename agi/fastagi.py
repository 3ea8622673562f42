"""The FastAGI gate: answers a running Asterisk's two questions over TCP.

Asterisk connects, sends the call's AGI environment, and waits for us to set its channel variables
and close. The path it asked for says which question it is: ``/setup`` or ``/outcome``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from agi import gate

log = logging.getLogger(__name__)

ASTERISK_DEADLINE_S = 2.0  # for each line Asterisk owes us; it is on the same machine
MAX_ENVIRONMENT_LINES = 64  # Asterisk sends about 25, and one for each argument
MAX_LINE_BYTES = 8192

Ask = Callable[[Mapping[str, str]], Awaitable[dict[str, object]]]


class FastAgiServer:
    """A FastAGI server that passes its questions on to the media process.

    Args:
        ask: Sends one link message and returns the reply; raises `GateError` or `OSError` when
            there is none. It is given `gate.REGISTER_DEADLINE_S`.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; return the port, which is a free one if `port` is 0."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=MAX_LINE_BYTES)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening; questions being answered are finished by their deadlines."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            env = await self._environment(reader)
            for name, value in await self._decide(env):
                writer.write(gate.set_variable(name, value).encode() + b"\n")
                await self._result(reader)
        except gate.GateError as error:
            # The dialplan sees VA_OK or VA_NEXT unset and goes to people.
            log.warning("gate: %s", error)
        except (TimeoutError, OSError, EOFError, ValueError):
            log.warning("gate: Asterisk broke off the question")
        finally:
            writer.close()

    async def _environment(self, reader: asyncio.StreamReader) -> dict[str, str]:
        lines: list[str] = []
        async with asyncio.timeout(ASTERISK_DEADLINE_S):
            for _ in range(MAX_ENVIRONMENT_LINES):
                raw = await reader.readline()
                if not raw:
                    raise EOFError
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                if not line:
                    return gate.parse_environment(lines)
                lines.append(line)
        raise gate.GateError("the AGI environment does not end")

    async def _decide(self, env: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        question = env.get("agi_network_script", "").partition("?")[0].strip("/")
        if question == "setup":
            request = gate.registration(env, env.get("agi_arg_1", ""), env.get("agi_arg_2", ""))
            return gate.accepted(request, await self._answer(request))
        if question == "outcome":
            request = gate.outcome_request(env.get("agi_arg_1", ""))
            return gate.next_step(await self._answer(request))
        raise gate.GateError("the dialplan asks for neither setup nor outcome")

    async def _answer(self, request: Mapping[str, str]) -> dict[str, object]:
        try:
            async with asyncio.timeout(gate.REGISTER_DEADLINE_S):
                return await self._ask(request)
        except (TimeoutError, OSError) as error:
            raise gate.GateError(f"the agent does not answer ({type(error).__name__})") from None

    async def _result(self, reader: asyncio.StreamReader) -> None:
        """Read the result of one command; the caller may have hung up in between."""
        async with asyncio.timeout(ASTERISK_DEADLINE_S):
            while (line := await reader.readline()).startswith(b"HANGUP"):
                pass
        if not line:
            raise EOFError
        if not line.startswith(b"200"):
            raise gate.GateError("Asterisk refused to set a variable")
