"""Whatever the simulated vendors do, the caller hears one whole answer."""

import asyncio
from contextlib import asynccontextmanager

import pytest
import uvloop
from aiohttp import web

from audiosocket_agent.chains.breaker import Breaker
from audiosocket_agent.chains.model import ModelChain
from audiosocket_agent.chains.voice import VoiceChain
from audiosocket_agent.llm import groq, ollama
from audiosocket_agent.seams import ChatRequest, Message, Role
from audiosocket_agent.simulators.cartesia import CartesiaVendor
from audiosocket_agent.simulators.chat import ChatVendor
from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.faults import (
    CONCERNS,
    FaultKind,
    Faults,
    Vendor,
    parse_faults,
)
from audiosocket_agent.tts import cartesia, offline

ASK = ChatRequest((Message(Role.SYSTEM, "Be brief."), Message(Role.USER, "hello")))
REPLY = "Good morning, this is Smith and Sons. How can I help you today?"
PATIENT = {"first_token_ms": 20_000, "stall_ms": 20_000, "connect_ms": 20_000}


@asynccontextmanager
async def vendor(kind, faults=""):
    """Run a simulated vendor; yields its port."""
    simulated = kind(Delays(), Faults(parse_faults(faults)))
    app = web.Application()
    simulated.add_routes(app)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await simulated.close()
        await runner.cleanup()


def chain(kind, *engines):
    return kind(engines, {n: Breaker() for n, _ in engines}, asyncio.get_running_loop().time)


def run(main):
    async def bounded():
        async with asyncio.timeout(60):
            await main()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    uvloop.run(bounded())


async def answer(model):
    return "".join([piece async for piece in model.stream(ASK) if isinstance(piece, str)])


@pytest.mark.parametrize("fault", [k for k in FaultKind if Vendor.GROQ in CONCERNS.get(k, Vendor)])
def test_an_answer_is_heard_once_whatever_groq_does(fault):
    async def main():
        async with (
            vendor(ChatVendor, f"groq:{fault.value}") as bad,
            vendor(ChatVendor) as good,
        ):
            first = await groq.open_engine(
                groq.Options(api_key="k", url=f"http://127.0.0.1:{bad}/openai/v1")
            )
            second = await ollama.open_engine(
                ollama.Options(api_key="k", url=f"http://127.0.0.1:{good}/v1", **PATIENT)
            )
            model = chain(ModelChain, ("groq", first), ("ollama", second))
            await model.warm()
            assert await answer(model) == await answer(second) != ""
            await model.close()

    run(main)


@pytest.mark.parametrize("fault", FaultKind)
def test_a_reply_is_spoken_to_its_end_whatever_cartesia_does(fault):
    async def main():
        async with vendor(CartesiaVendor, f"cartesia:{fault.value}") as port:
            first = await cartesia.open_engine(
                cartesia.Options(api_key="k", url=f"ws://127.0.0.1:{port}")
            )
            second = await offline.open_engine(offline.Options())
            voice = chain(VoiceChain, ("cartesia", first), ("offline", second))
            session = await voice.session("call-1")
            speech = session.begin()
            for word in REPLY.split():
                speech.say(word + " ")
            speech.finish()
            pcm = b"".join([piece async for piece in speech.pieces() if isinstance(piece, bytes)])
            # Four seconds; half a word more where a voice broke off in one.
            assert 3.5 < len(pcm) / 16000 < 4.6
            await session.close()
            await voice.close()

    run(main)
