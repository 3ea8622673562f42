"""Asking a company's HTTP interfaces, beside the talk: in time, contained, and never twice."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping

import aiohttp
from yarl import URL

from audiosocket_agent.company_tools import DeclaredTool
from audiosocket_agent.errors import ToolError
from audiosocket_agent.tools.asking import (
    MOST_ANSWER_BYTES,
    Asked,
    answer_of,
    asked,
    passes,
    refused,
)
from audiosocket_agent.tools.once import once

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.2  # before the second try; twice as long before each further one
MOST_CONNECTIONS = 64
UNREACHED = "the company's system cannot be reached"
TOO_SLOW = "the company's system did not answer in time"


class _Passing(Exception):
    """A failure that another try may mend; its text is for the model."""


class CompanyHttp:
    """The process's one client for companies' interfaces.

    Args:
        environ: Where the interfaces' secrets are.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close its connections; idempotent."""
        if self._session is not None:
            await self._session.close()

    def secret(self, name: str) -> str:
        """Return a named secret.

        Raises:
            ToolError: If it is not set; the log tells which.
        """
        secret = self._environ.get(name, "")
        if not secret or not secret.isascii() or not secret.isprintable():
            log.error("the environment variable %s holds no secret that can be sent", name)
            raise ToolError("the company's system is not set up")
        return secret

    async def run(
        self,
        name: str,
        tool: DeclaredTool,
        arguments: Mapping[str, object],
        known: Mapping[str, str],
    ) -> Mapping[str, object]:
        """Ask an interface, several times if need be, within the tool's time.

        Args:
            name: The tool's.
            tool: The tool.
            arguments: Checked against its schema.
            known: See `asking.asked`.

        Returns:
            What the model may see of the answer.

        Raises:
            ToolError: If there is none, saying why in words for the model.
        """
        secret = "" if tool.auth is None else self.secret(tool.auth.secret)
        request = asked(name, tool, arguments, known, secret)
        why = TOO_SLOW
        try:
            async with asyncio.timeout(tool.timeout_s):
                for attempt in range(tool.retries + 1):
                    if attempt:
                        await asyncio.sleep(FIRST_PAUSE_S * 2 ** (attempt - 1))
                    try:
                        return await self._once(tool, request)
                    except _Passing as failure:
                        why = str(failure)
        except TimeoutError:
            why = TOO_SLOW
        except ToolError as error:
            self._tell(name, known, str(error))
            raise
        self._tell(name, known, why)
        raise ToolError(why)

    async def _once(self, tool: DeclaredTool, request: Asked) -> Mapping[str, object]:
        try:
            async with self._asked(request) as answer:
                if passes(answer.status):
                    raise _Passing(refused(answer.status))
                if not 200 <= answer.status < 300:
                    raise ToolError(refused(answer.status))
                body = await _read(answer)
                return answer_of(tool, answer.headers.get("Content-Type", ""), body)
        except TimeoutError:
            raise
        except (aiohttp.ClientError, OSError, ValueError):
            # What they say may hold the address, and with it what the caller said.
            raise _Passing(UNREACHED) from None

    def _asked(self, request: Asked) -> aiohttp.client._RequestContextManager:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # A connection kept open may be closed there just as it is used: none is kept, for
                # nothing but the tool's own `retries` sends a request again.
                connector=aiohttp.TCPConnector(
                    limit=MOST_CONNECTIONS, limit_per_host=8, force_close=True
                ),
                middlewares=(once,),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),  # each tool has a time of its own
                headers={"User-Agent": "voiceagent", "Accept-Encoding": "identity"},
            )
        return self._session.request(
            request.method,
            URL(request.url, encoded=True),
            data=request.body,
            headers=request.headers,
            allow_redirects=False,
        )

    def _tell(self, name: str, known: Mapping[str, str], why: str) -> None:
        extra = {"call_id": known["call_id"]}
        log.warning("the tool %s of %s failed: %s", name, known["company"], why, extra=extra)


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """Read an answer, and no more of it than may be."""
    body = bytearray()
    async for piece in answer.content.iter_chunked(8192):
        body += piece
        if len(body) > MOST_ANSWER_BYTES:
            answer.close()
            break
    return bytes(body)
