"""What thinks in simulated calls: the rules, the simulated language model, or the settings' own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from audiosocket_agent.dialogue import Mind
from audiosocket_agent.llm.openai import Options, open_engine
from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.faults import Faults
from audiosocket_agent.simulators.server import Simulators

RULES, SIMULATED = "rules", "simulated"
PATIENCE_MS = 20_000  # the machine may be busy with other calls; no caller waits here
AT_ONCE = Delays(llm_first=0, llm_token=0)


@asynccontextmanager
async def open_mind(name: str) -> AsyncIterator[Mind]:
    """Open a mind for calls without sound.

    The simulated model is asked over HTTP, by the client that asks the real ones.

    Args:
        name: `RULES` or `SIMULATED`.
    """
    if name == RULES:
        yield Mind()
        return
    simulators = Simulators(AT_ONCE, Faults(()))
    port = await simulators.start()
    try:
        model = await open_engine(model_options(port))
        try:
            yield Mind(model)
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
