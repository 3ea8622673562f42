"""Asking the service that keeps the companies: one session, one deadline, rest when it fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

import aiohttp

from ari_app.context import wire
from audiosocket_agent.chains.breaker import Breaker, BreakerConfig
from audiosocket_agent.errors import DeadlineMissed, ProviderError, Unreachable, WireViolation

log = logging.getLogger(__name__)

ANSWER_S = 2.0  # behind the calls; what a call waits is the directory's
NO_HEADERS: Mapping[str, str] = {}
_BREAKER = BreakerConfig(
    failures=3, cooldown_s=1.0, longest_cooldown_s=30.0, lasting_cooldown_s=30.0
)


class Service:
    """The service.

    Args:
        url: Its address.
        token: Goes with each question as bearer token; "": none.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Accept": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._session: aiohttp.ClientSession | None = None
        self._breaker = Breaker(_BREAKER)
        self._trouble = ""

    @property
    def resting(self) -> bool:
        """Whether it failed, and is left alone but for a trial now and then."""
        return self._breaker.is_open

    async def close(self) -> None:
        """Hang up; idempotent."""
        if self._session is not None:
            await self._session.close()

    async def get(
        self, path: str, params: Mapping[str, str], headers: Mapping[str, str] = NO_HEADERS
    ) -> tuple[int, bytes, str]:
        """Ask the service.

        Returns:
            Status, body and ETag.

        Raises:
            ProviderError: If it does not answer, not in time, too much, or refuses; or if it is
                left alone for a while.
        """
        if not self._breaker.allows(asyncio.get_running_loop().time()):
            raise Unreachable(wire.SERVICE, "left alone for a while")
        try:
            answer = await self.fetch(path, params, headers)
        except ProviderError as error:
            self._failed(error)
            raise
        self._well()
        return answer

    async def fetch(
        self, path: str, params: Mapping[str, str], headers: Mapping[str, str] = NO_HEADERS
    ) -> tuple[int, bytes, str]:
        """Ask the service; see `get`, but asked for sure."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=ANSWER_S)
            self._session = aiohttp.ClientSession(headers=self._headers, timeout=timeout)
        address = f"{self._url}/{path}"
        try:
            async with self._session.get(
                address, params=params, headers=headers, allow_redirects=False
            ) as answer:
                body = await answer.content.read(wire.MOST_BYTES + 1)
                while not answer.content.at_eof() and len(body) <= wire.MOST_BYTES:
                    body += await answer.content.read(wire.MOST_BYTES + 1)
                status, told = answer.status, answer.headers
        except TimeoutError:
            raise DeadlineMissed(wire.SERVICE, "no answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unreachable(wire.SERVICE, f"not reached ({type(error).__name__})") from None
        if len(body) > wire.MOST_BYTES:
            raise WireViolation(wire.SERVICE, f"an answer is longer than {wire.MOST_BYTES} bytes")
        if status not in (200, 304, 404, 405, 410, 501):
            raise wire.refusal(status, told)
        return status, body, told.get("ETag", "")

    def _well(self) -> None:
        now_s = asyncio.get_running_loop().time()
        self._breaker.succeeded(now_s)
        if self._trouble:
            log.info("the service that keeps the companies is back")
            self._trouble = ""

    def _failed(self, error: ProviderError) -> None:
        self._breaker.failed(asyncio.get_running_loop().time(), error)
        if str(error) != self._trouble:
            self._trouble = str(error)
            log.error("the service that keeps the companies fails, the old ones stay: %s", error)
