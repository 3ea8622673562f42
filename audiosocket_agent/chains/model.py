"""Language models in a row: where one fails, the next carries on in the same sentence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace

from audiosocket_agent.chains.breaker import Breaker
from audiosocket_agent.chains.rejoining import Rejoiner
from audiosocket_agent.errors import DeadlineMissed, ProviderError, VendorDown, failure_of
from audiosocket_agent.patience import Patience
from audiosocket_agent.seams import (
    ChatRequest,
    LanguageModel,
    Message,
    ModelPiece,
    ModelTraits,
    Role,
    ToolCall,
)

CARRY_ON = (
    "The assistant's last message broke off and has already been spoken to the caller. Carry on "
    "exactly where it stops. Do not repeat any of it, do not apologise, do not begin again."
)

# Together with the silence that ends a turn and the voice's first audio, under a second and a half.
TURN_S = 0.75
FIRST_SHARE = 0.6  # of what is left, for an engine that has another behind it
LEAST_S = 0.2

_log = logging.getLogger(__name__)


class ModelChain:
    """A `LanguageModel` made of several.

    Args:
        engines: Names and models, the preferred one first; at least one.
        breakers: The breaker of each, by name.
        now: The loop's clock, in seconds.
    """

    def __init__(
        self,
        engines: Sequence[tuple[str, LanguageModel]],
        breakers: Mapping[str, Breaker],
        now: Callable[[], float],
    ) -> None:
        self._engines = tuple(engines)
        self._breakers = breakers
        self._now = now

    @property
    def traits(self) -> ModelTraits:
        """What every one of them takes."""
        every = [engine.traits for _, engine in self._engines]
        return ModelTraits(min(t.context_tokens for t in every), all(t.tools for t in every))

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ModelPiece, None]:
        """See `LanguageModel.stream`; raises the last model's error when none is left."""
        said = ""
        last: ProviderError | None = None
        began = self._now()
        for position, (name, engine) in enumerate(self._engines, start=1):
            breaker = self._breakers[name]
            if not breaker.allows(self._now()):
                continue
            # Once words were spoken the caller is not in silence.
            share_s = None if said else self._share_s(position, self._now() - began)
            if last is not None:
                _log.warning("%s; going on with %s", last, name)
            rejoiner = Rejoiner(said)
            called = False
            try:
                async with (
                    aclosing(engine.stream(_carried_on(request, said))) as pieces,
                    Patience().within(share_s) as patience,
                ):
                    async for piece in pieces:
                        patience.until(None)  # it has begun: its own deadlines go on
                        if isinstance(piece, str):
                            piece = rejoiner.feed(piece)
                            said += piece
                        called = called or isinstance(piece, ToolCall)
                        if piece:
                            yield piece
            except Exception as raised:
                error = failure_of(name, raised)
                if isinstance(raised, TimeoutError):
                    error = DeadlineMissed(name, f"no answer within its share of {TURN_S:g} s")
                breaker.failed(self._now(), error)
                if called:
                    # Its calls are being made: asking the next would make them twice.
                    _log.warning("%s; after its tool calls, which stand", error)
                    return
                last = error
            else:
                breaker.succeeded(self._now())
                return
        raise last or VendorDown(self._engines[0][0], "every language model has failed lately")

    def _share_s(self, position: int, spent_s: float) -> float | None:
        """Return how long an engine may take to begin; None leaves it to its own deadline.

        What is left of the turn's time is shared, so that a caller does not wait for one engine's
        whole deadline after another's.
        """
        if len(self._engines) == 1:
            return None
        left_s = max(LEAST_S, TURN_S - spent_s)
        return left_s if position == len(self._engines) else max(LEAST_S, left_s * FIRST_SHARE)

    async def warm(self) -> None:
        """See `LanguageModel.warm`; all of them, as the next must not be slow to take over."""
        await asyncio.gather(*(engine.warm() for _, engine in self._engines))

    async def check(self) -> None:
        """See `LanguageModel.check`; one that works is enough.

        Raises:
            ProviderError: The first model's, if none works.
        """
        failures: list[ProviderError] = []
        for _, engine in self._engines:
            try:
                await engine.check()
            except ProviderError as error:
                failures.append(error)
        if len(failures) == len(self._engines):
            raise failures[0]

    async def close(self) -> None:
        """See `LanguageModel.close`."""
        await asyncio.gather(*(engine.close() for _, engine in self._engines))


def _carried_on(request: ChatRequest, said: str) -> ChatRequest:
    if not said:
        return request
    more = (Message(Role.ASSISTANT, said), Message(Role.SYSTEM, CARRY_ON))
    return replace(request, messages=(*request.messages, *more))
