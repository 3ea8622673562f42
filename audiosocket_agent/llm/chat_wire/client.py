"""The chat client: a language model behind one pool of HTTP connections."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from itertools import count

import aiohttp

from audiosocket_agent.errors import (
    DeadlineMissed,
    NotConfigured,
    ProviderError,
    RequestRefused,
    StreamBroken,
    Unreachable,
    WireViolation,
)
from audiosocket_agent.llm.chat_wire.answer import Answer
from audiosocket_agent.llm.chat_wire.failures import from_response, whole
from audiosocket_agent.llm.chat_wire.request import ChatOptions, Dialect, body, settings_of
from audiosocket_agent.llm.chat_wire.retries import retry_in_s
from audiosocket_agent.patience import Patience
from audiosocket_agent.seams import ChatRequest, Message, ModelPiece, ModelTraits, Role

MOST_CONNECTIONS = 200  # twice the calls of a full process; one more waits, and misses its deadline
IDLE_S = 60.0  # how long an unused connection is kept
WARM_S = 20.0  # a connection this young needs no renewal; well under what vendors' proxies keep
AFTER_FINISH_S = 0.25  # for usage and end, once the vendor has said why the answer ended
DRAIN_S = 0.05  # for the end of the response after the end of the answer; else the connection goes
CHECK_S = 10.0
WARM_ANSWER_S = 2.0
ERROR_BODY_BYTES = 65536
_NO_STREAM = ("application/json", "text/html")

_log = logging.getLogger(__name__)


class ChatModel:
    """A `LanguageModel` that speaks the chat wire. Made inside a running event loop.

    Args:
        dialect: The vendor's.
        options: The vendor's.
    """

    def __init__(self, dialect: Dialect, options: ChatOptions) -> None:
        self._dialect = dialect
        self._options = options
        self._provider = dialect.provider
        self._settings = settings_of(dialect.provider, type(options))
        self._traits = ModelTraits(dialect.context_tokens)
        url = options.url.rstrip("/")
        self._chat_url, self._models_url = f"{url}/chat/completions", f"{url}/models"
        # aiohttp sets TCP_NODELAY on every connection; vendors' cookies and this machine's proxy
        # settings have no business here.
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=MOST_CONNECTIONS, keepalive_timeout=IDLE_S, ttl_dns_cache=300
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None, connect=options.connect_ms / 1000),
        )
        self._answers = count(1)
        self._warming: asyncio.Task[None] | None = None
        self._warm_until = 0.0

    @property
    def traits(self) -> ModelTraits:
        """See `LanguageModel.traits`."""
        return self._traits

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ModelPiece, None]:
        """See `LanguageModel.stream`.

        A failure before the first piece is asked again when `retry_in_s` says so.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._options.first_token_ms / 1000
        retries, silent = 0, True
        while True:
            try:
                answer = self._answer(body(self._dialect, self._options, request), deadline)
                async with aclosing(answer) as pieces:
                    async for piece in pieces:
                        silent = False
                        yield piece
                return
            except ProviderError as error:
                wait_s = retry_in_s(error, retries, deadline - loop.time()) if silent else None
                if wait_s is None:
                    raise
                _log.info("%s; asking again", error)
            retries += 1
            await asyncio.sleep(wait_s)

    async def warm(self) -> None:
        """See `LanguageModel.warm`; calls at the same time share one request."""
        if not self._http.closed and asyncio.get_running_loop().time() >= self._warm_until:
            if self._warming is None:
                self._warming = asyncio.create_task(self._warm())
            # Not awaited itself: a call that hangs up must not take the others' connection along.
            await asyncio.wait([self._warming])

    async def check(self) -> None:
        """See `LanguageModel.check`: lists the models, then asks for one token."""
        try:
            async with asyncio.timeout(CHECK_S):
                await self._list_models()
                ask = ChatRequest((Message(Role.USER, "Hello"),))
                await self._one_token(body(self._dialect, self._options, ask, max_tokens=1))
        except TimeoutError:
            what = f"no answer within {CHECK_S:g} s; check {self._settings.url}"
            raise DeadlineMissed(self._provider, what) from None

    async def close(self) -> None:
        """See `LanguageModel.close`."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait([self._warming])
        await self._http.close()

    async def _answer(self, content: bytes, first_by: float) -> AsyncGenerator[ModelPiece, None]:
        """Ask once.

        Args:
            content: The body.
            first_by: When the first piece must be there, by the loop's clock.
        """
        answer = Answer(self._provider, self._settings, f"call_{next(self._answers)}_")
        patience = Patience().until(first_by)
        response = await self._post(content, patience)
        # Closing the response cancels the answer at the vendor; after its end it does nothing.
        try:
            while not answer.ended and (data := await self._read(response, answer, patience)):
                for words in answer.feed(data):
                    yield words
            for words in answer.finish():
                yield words
            for piece in answer.rest():
                yield piece
            await self._drain(response)
        finally:
            response.close()

    async def _post(self, content: bytes, patience: Patience) -> aiohttp.ClientResponse:
        headers = self._headers() | {
            "Content-Type": "application/json",
            "Accept": "text/event-stream",
            "Accept-Encoding": "identity",  # a compressor on the way would hold tokens back
        }
        with self._failures():
            try:
                async with patience:
                    response = await self._http.post(
                        self._chat_url, data=content, headers=headers, allow_redirects=False
                    )
                    if response.status != 200 or response.content_type in _NO_STREAM:
                        async with response:
                            raise await self._refusal(response)
            except TimeoutError as error:
                # aiohttp's own timeouts are of connecting; they are told apart in `_failures`.
                if isinstance(error, aiohttp.ClientError):
                    raise
                raise self._late("first token", self._options.first_token_ms) from None
        self._warm_until = asyncio.get_running_loop().time() + WARM_S
        return response

    async def _read(
        self, response: aiohttp.ClientResponse, answer: Answer, patience: Patience
    ) -> bytes:
        """Return the next bytes, b"" at the end."""
        if answer.finished:
            patience.within(AFTER_FINISH_S)
        elif answer.started:
            patience.within(self._options.stall_ms / 1000)
        try:
            with self._failures():
                async with patience:
                    return await response.content.readany()
        except TimeoutError:
            if answer.finished:
                return b""  # it has said why it ended, and that is all that was missing
        if answer.started:
            raise self._late("next token", self._options.stall_ms)
        raise self._late("first token", self._options.first_token_ms)

    async def _drain(self, response: aiohttp.ClientResponse) -> None:
        """Read the response to its end, so that its connection serves the next request."""
        try:
            with self._failures():
                async with asyncio.timeout(DRAIN_S):
                    while await response.content.readany():
                        pass
        except (TimeoutError, ProviderError):
            _log.debug("%s: the response does not end with its answer", self._provider)

    async def _refusal(self, response: aiohttp.ClientResponse) -> ProviderError:
        data = b""
        while len(data) < ERROR_BODY_BYTES and (more := await response.content.readany()):
            data += more
        text = data.decode(errors="replace")
        if response.status != 200:
            status, headers = response.status, response.headers
            return from_response(self._provider, self._settings, status, headers, text)
        what = f"the answer is {response.content_type}, not a stream; check {self._settings.url}"
        refusal = WireViolation(self._provider, what, status=200)
        return whole(self._provider, self._settings, text) or refusal

    async def _list_models(self) -> None:
        with self._failures():
            async with self._http.get(
                self._models_url, headers=self._headers(), allow_redirects=False
            ) as response:
                if response.status != 200:
                    raise await self._refusal(response)
                await response.read()
        self._warm_until = asyncio.get_running_loop().time() + WARM_S

    async def _one_token(self, content: bytes) -> None:
        """Ask, and read to the end: what the one token is does not matter, reasoning is fine."""
        answer = Answer(self._provider, self._settings, "check")
        async with await self._post(content, Patience().within(CHECK_S)) as got:
            with self._failures():
                while not answer.ended and (data := await got.content.readany()):
                    deque(answer.feed(data), maxlen=0)
        deque(answer.finish(), maxlen=0)

    async def _warm(self) -> None:
        try:
            async with asyncio.timeout(self._options.connect_ms / 1000 + WARM_ANSWER_S):
                await self._list_models()
        except (ProviderError, TimeoutError) as error:
            # The first request meets the same trouble and deals with it; here nobody waits for it.
            _log.info("%s: no connection ready: %s", self._provider, type(error).__name__)
        finally:
            self._warming = None

    def _headers(self) -> dict[str, str]:
        if self._http.closed:
            raise ProviderError(self._provider, "the model is closed")
        secret = self._options.api_key.get_secret_value()
        if not secret and self._dialect.needs_key:
            raise NotConfigured(self._provider, f"{self._settings.key} is not set")
        return {"Authorization": f"Bearer {secret}"} if secret else {}

    def _late(self, what: str, limit_ms: int) -> DeadlineMissed:
        return DeadlineMissed(self._provider, f"no {what} within {limit_ms} ms")

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Type aiohttp's errors; not chained, as they hold the request with its key."""
        provider, url = self._provider, self._settings.url
        try:
            yield
        except aiohttp.InvalidURL:
            raise RequestRefused(provider, f"{url} is no address") from None
        except (aiohttp.ClientConnectorError, aiohttp.ServerTimeoutError):
            raise Unreachable(provider, f"no connection; check {url}") from None
        except (aiohttp.ClientPayloadError, aiohttp.ClientConnectionError):
            raise StreamBroken(provider, "the connection broke off") from None
        except aiohttp.ClientError as error:
            raise WireViolation(provider, f"no HTTP ({type(error).__name__})") from None
