"""What thinks in simulated calls: rules, a simulated model, a hostile one, or the settings' own."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

from pydantic import SecretStr

from ari_app.engines import open_mind as open_minds
from ari_app.settings import load_settings
from ari_app.simulate.hostile import Hostile
from audiosocket_agent.dialogue import Mind
from audiosocket_agent.llm.openai import Options, open_engine
from audiosocket_agent.seams import ChatRequest, LanguageModel, ModelPiece, ModelTraits, ToolCall
from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.faults import Faults
from audiosocket_agent.simulators.server import Simulators

RULES, SIMULATED, HOSTILE, SETTINGS = "rules", "simulated", "hostile", "settings"
PATIENCE_MS = 20_000  # the machine may be busy with other calls; no caller waits here
AT_ONCE = Delays(llm_first=0, llm_token=0)


@asynccontextmanager
async def open_mind(name: str) -> AsyncIterator[Mind]:
    """Open a mind for calls without sound.

    The simulated model is asked over HTTP, by the client that asks the real ones.

    Args:
        name: `RULES`, `SIMULATED`, `HOSTILE` or `SETTINGS`: what `VOICEAGENT_LLM` names.

    Raises:
        SettingsError: If a setting is wrong.
        ProviderError: If a model cannot be used on this machine.
    """
    if name == SETTINGS:
        async with AsyncExitStack() as stack:
            yield await open_minds(load_settings(), stack)
        return
    if name == RULES:
        yield Mind()
        return
    simulators = Simulators(AT_ONCE, Faults(()))
    port = await simulators.start()
    try:
        model = await open_engine(model_options(port))
        try:
            yield Mind(Hostile(model) if name == HOSTILE else model)
        finally:
            await model.close()
    finally:
        await simulators.close()


def model_options(port: int) -> Options:
    """Return how the simulated model is reached, with all the patience there is."""
    return Options(
        api_key=SecretStr("simulated"),
        url=f"http://127.0.0.1:{port}/v1",
        model="simulated",
        first_token_ms=PATIENCE_MS,
        stall_ms=PATIENCE_MS,
        connect_ms=PATIENCE_MS,
    )


def overheard(mind: Mind, show: Callable[[ToolCall], None]) -> Mind:
    """Return the same mind, with every tool call of its model shown."""
    return mind if mind.model is None else Mind(Overheard(mind.model, show), mind.rules)


class Overheard:
    """A language model whose tool calls are shown.

    Args:
        model: It.
        show: Called with every call.
    """

    def __init__(self, model: LanguageModel, show: Callable[[ToolCall], None]) -> None:
        self._model = model
        self._show = show

    @property
    def traits(self) -> ModelTraits:
        """See `LanguageModel.traits`."""
        return self._model.traits

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ModelPiece, None]:
        """See `LanguageModel.stream`."""
        async with aclosing(self._model.stream(request)) as pieces:
            async for piece in pieces:
                if isinstance(piece, ToolCall):
                    self._show(piece)
                yield piece

    async def warm(self) -> None:
        """See `LanguageModel.warm`."""
        await self._model.warm()

    async def check(self) -> None:
        """See `LanguageModel.check`."""
        await self._model.check()

    async def close(self) -> None:
        """See `LanguageModel.close`; its owner closes it."""
