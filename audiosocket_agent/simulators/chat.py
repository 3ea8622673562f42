"""The chat vendors as a server: Groq's manners on ``/openai/v1``, the generic ones on ``/v1``.

Both are OpenAI-compatible chat completions. Groq's is strict (see `chat_request`), tells rate
limits on every response (they are told, never enforced: the fault ``429`` is how a limit is met)
and sends its ``x_groq``; the generic one takes any model. A key is anything but "" and "wrong".

Occasions for faults: a chat request (all kinds), and, counted by itself, a request for the list of
models (the kinds that strike before an answer begins).

    REFUSE          the connection is reset before an answer
    HANG            no answer, no headers, until the client gives up
    SLOW            headers, and all that follows, 5 s late
    401 402 403 404 429 503     the vendor's JSON error
    STALL, DROP     the answer stops, or is reset, in the middle
    MALFORMED       a data line in the middle is not JSON
    ORDER           the finish before the content, and arguments of a tool call never opened
    ERROR           an error in the middle (Groq names the event), then the end without ``[DONE]``
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from aiohttp import web

from audiosocket_agent.simulators.chat_brain import answer
from audiosocket_agent.simulators.chat_request import (
    CONTEXT_TOKENS,
    MODELS,
    Asked,
    Refusal,
    model_not_found,
    read_request,
)
from audiosocket_agent.simulators.chat_stream import (
    Event,
    Ids,
    broken_at,
    completion,
    events,
    spoiled,
    write,
)
from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.faults import SLOW_MS, FaultKind, Faults, Vendor
from audiosocket_agent.simulators.line import Gone, Line

WRONG_KEYS = ("", "wrong")
BODY_BYTES = 4 * CONTEXT_TOKENS + 256 * 1024  # a full context and its tools; more is a 413
LIMIT_REQUESTS = 500_000  # a day
LIMIT_TOKENS = 250_000  # a minute
RETRY_AFTER_S = 2
CLOSING_S = 2.0
CREATED = 1_754_000_000  # when every simulated model was made, Unix seconds
GENERIC_MODELS = ("simulated", *MODELS)

BEFORE_ANSWER = frozenset((
    FaultKind.REFUSE, FaultKind.UNAUTHORIZED, FaultKind.PAYMENT, FaultKind.FORBIDDEN,
    FaultKind.RATE_LIMITED, FaultKind.BROKEN, FaultKind.HANG, FaultKind.SLOW,
))  # fmt: skip
_BAD = "invalid_request_error"
_REFUSALS: dict[FaultKind, tuple[int, str, str, str]] = {
    FaultKind.UNAUTHORIZED: (401, "Invalid API Key", "invalid_api_key", _BAD),
    FaultKind.PAYMENT: (402, "Your account has no credit left", "insufficient_quota", _BAD),
    FaultKind.FORBIDDEN: (403, "You do not have access to this model", "permissions_error", _BAD),
    FaultKind.RATE_LIMITED: (
        429,
        f"Rate limit reached on tokens per minute. Please try again in {RETRY_AFTER_S}s.",
        "rate_limit_exceeded",
        "tokens",
    ),
    FaultKind.BROKEN: (503, "The service is currently unavailable", "", "internal_server_error"),
}

_IDS = web.RequestKey("ids", Ids)
_Work = Callable[[web.Request, Line, frozenset[FaultKind]], Awaitable[web.StreamResponse]]


class ChatVendor:
    """The chat vendors.

    Args:
        delays: ``llm_first`` and ``llm_token`` count.
        faults: Those of Groq.
    """

    def __init__(self, delays: Delays, faults: Faults) -> None:
        self._delays = delays
        self._faults = faults
        self._lines: set[Line] = set()
        self._requests = 0
        self._tokens_left = LIMIT_TOKENS
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def answering(self) -> int:
        """How many requests are being answered."""
        return len(self._lines)

    def add_routes(self, app: web.Application) -> None:
        """Mount both wires."""
        app.router.add_post("/openai/v1/chat/completions", self._groq_chat)
        app.router.add_get("/openai/v1/models", self._groq_models)
        app.router.add_post("/v1/chat/completions", self._generic_chat)
        app.router.add_get("/v1/models", self._generic_models)

    async def close(self) -> None:
        """Break off every answer under way; idempotent."""
        self._closed = True
        for line in self._lines:
            line.hang_up()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_S):
                await self._idle.wait()

    async def _groq_chat(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, frozenset(FaultKind), self._chat, groq=True)

    async def _generic_chat(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, frozenset(FaultKind), self._chat, groq=False)

    async def _groq_models(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, BEFORE_ANSWER, self._models, groq=True)

    async def _generic_models(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, BEFORE_ANSWER, self._models, groq=False)

    async def _serve(
        self, request: web.Request, kinds: frozenset[FaultKind], work: _Work, *, groq: bool
    ) -> web.StreamResponse:
        """Meet the faults that strike before an answer, then answer."""
        line = Line(request)
        if self._closed:
            line.hang_up()
        self._requests += 1
        request[_IDS] = Ids(self._requests, int(time.time()), groq)
        self._lines.add(line)
        self._idle.clear()
        hit = self._faults.next(Vendor.GROQ, kinds)
        try:
            await self._late(line, hit)
            _check_key(request)
            for kind, words in _REFUSALS.items():
                if kind in hit:
                    raise Refusal(*words)
            return await work(request, line, hit)
        except Refusal as refusal:
            return self._refused(request, refusal)
        except ConnectionError:
            # Either side broke the connection. The response goes nowhere; aiohttp wants one.
            return web.Response()
        finally:
            self._lines.discard(line)
            if not self._lines:
                self._idle.set()

    async def _late(self, line: Line, hit: frozenset[FaultKind]) -> None:
        if FaultKind.REFUSE in hit:
            line.reset()
            raise Gone("reset")
        if FaultKind.HANG in hit:
            await line.silence()
        if FaultKind.SLOW in hit:
            await line.wait_until(asyncio.get_running_loop().time() + SLOW_MS / 1000)

    async def _models(
        self, request: web.Request, line: Line, hit: frozenset[FaultKind]
    ) -> web.StreamResponse:
        groq = request[_IDS].groq
        listed = [
            {"id": name, "object": "model", "created": CREATED, "owned_by": name.partition("/")[0]}
            for name in (MODELS if groq else GENERIC_MODELS)
        ]
        headers = self._headers(request)
        return web.json_response({"object": "list", "data": listed}, headers=headers)

    async def _chat(
        self, request: web.Request, line: Line, hit: frozenset[FaultKind]
    ) -> web.StreamResponse:
        loop = asyncio.get_running_loop()
        first_at = loop.time() + self._delays.llm_first / 1000
        ids: Ids = request[_IDS]
        asked = read_request(await _body(request), strict=ids.groq)
        if FaultKind.NOT_FOUND in hit:
            raise model_not_found(asked.model)
        written = write(answer(asked.messages, asked.tools), asked)
        weight = asked.prompt_tokens + written.tokens
        self._tokens_left = max(0, self._tokens_left - weight) or LIMIT_TOKENS
        if asked.stream:
            stream = spoiled(events(written, asked, ids), hit, groq=ids.groq)
            return await self._stream(request, line, hit, stream, first_at)
        await line.wait_until(first_at + written.tokens * self._delays.llm_token / 1000)
        if hit & {FaultKind.STALL, FaultKind.DROP, FaultKind.MALFORMED, FaultKind.ERROR}:
            return await self._half_answer(request, line, hit, asked)
        body = completion(written, asked, ids)
        return web.json_response(body, headers=self._headers(request))

    async def _stream(
        self,
        request: web.Request,
        line: Line,
        hit: frozenset[FaultKind],
        stream: list[Event],
        first_at: float,
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers=self._headers(request))
        response.content_type = "text/event-stream"
        stop_at = broken_at(stream) if hit & {FaultKind.STALL, FaultKind.DROP} else None
        await line.wait_until(first_at)
        await response.prepare(request)
        when = first_at
        ready = b""
        for event in stream[:stop_at]:
            # What is due together goes out together: a late sender does not write one by one.
            if event.token and when > asyncio.get_running_loop().time():
                await _send(response, ready)
                ready = b""
                await line.wait_until(when)
            ready += event.data
            when += self._delays.llm_token / 1000 if event.token else 0
        await _send(response, ready)
        if FaultKind.STALL in hit:
            await line.silence()
        if FaultKind.DROP in hit:
            line.reset()
            raise Gone("reset")
        await response.write_eof()
        return response

    async def _half_answer(
        self, request: web.Request, line: Line, hit: frozenset[FaultKind], asked: Asked
    ) -> web.StreamResponse:
        """Send part of an answer that is not streamed, or something that is none."""
        if FaultKind.ERROR in hit:
            raise Refusal(400, "Failed to call a function.", "tool_use_failed")
        if FaultKind.MALFORMED in hit:
            headers = self._headers(request)
            return web.Response(text='{"id":', content_type="application/json", headers=headers)
        response = web.StreamResponse(headers=self._headers(request))
        response.content_type = "application/json"
        await response.prepare(request)
        await response.write(b'{"id":')
        if FaultKind.STALL in hit:
            await line.silence()
        line.reset()
        raise Gone("reset")

    def _refused(self, request: web.Request, refusal: Refusal) -> web.Response:
        headers = self._headers(request)
        if refusal.status == 429:
            headers["retry-after"] = str(RETRY_AFTER_S)
            headers["x-ratelimit-remaining-tokens"] = "0"
        return web.json_response(refusal.body, status=refusal.status, headers=headers)

    def _headers(self, request: web.Request) -> dict[str, str]:
        ids: Ids = request[_IDS]
        headers = {"x-request-id": ids.request}
        if not ids.groq:
            return headers
        spent = LIMIT_TOKENS - self._tokens_left
        return headers | {
            "x-ratelimit-limit-requests": str(LIMIT_REQUESTS),
            "x-ratelimit-limit-tokens": str(LIMIT_TOKENS),
            "x-ratelimit-remaining-requests": str(LIMIT_REQUESTS - self._requests % LIMIT_REQUESTS),
            "x-ratelimit-remaining-tokens": str(self._tokens_left),
            "x-ratelimit-reset-requests": "2m59.56s",
            "x-ratelimit-reset-tokens": f"{spent * 60 / LIMIT_TOKENS:.2f}s",
        }


def _check_key(request: web.Request) -> None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or key.strip() in WRONG_KEYS:
        raise Refusal(*_REFUSALS[FaultKind.UNAUTHORIZED])


async def _body(request: web.Request) -> Mapping[str, object]:
    too_large = Refusal(413, "Request Entity Too Large", "request_too_large")
    try:
        body = await request.read()  # aiohttp keeps it: the server has noted it before
    except web.HTTPRequestEntityTooLarge:
        raise too_large from None
    if len(body) > BODY_BYTES:
        raise too_large
    try:
        found: Mapping[str, object] = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, "the request body is not valid JSON") from None
    return found


async def _send(response: web.StreamResponse, data: bytes) -> None:
    if data:
        await response.write(data)
