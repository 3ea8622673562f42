"""The real vendors, once each: `pytest -m live` with the keys in the environment.

Whatever else is set (`VOICEAGENT_DEEPGRAM_MODEL` and the like) holds here too. A vendor whose key
is missing is skipped, and says so.
"""

import asyncio
import json
import os

import pytest
import uvloop

from audiosocket_agent import vendors
from audiosocket_agent.options import read_options, variable_of
from audiosocket_agent.seams import (
    FRAME_BYTES,
    FRAME_MS,
    ChatRequest,
    Message,
    Role,
    Tool,
    ToolCall,
)
from audiosocket_agent.vendors import Kind

pytestmark = pytest.mark.live

REAL = {
    "deepgram": "Deepgram",
    "deepgram_flux": "Deepgram",
    "groq": "Groq",
    "openai": "OpenAI",
    "cartesia": "Cartesia",
}
LONGEST_S = 60.0
QUIET_FRAMES = 50  # 1 s
SENTENCE = "the kitchen tap is leaking"
TOOL = Tool(
    "record_details",
    "Keep what the caller needs.",
    {
        "type": "object",
        "properties": {
            "problem": {
                "type": "string",
                "enum": ["tap", "drain"],
                "description": "What is needed. tap: tap is leaking; drain: blocked drain",
            }
        },
        "required": ["problem"],
    },
)


def opened(kind, name, called):
    """Open an engine as the agent does, with the environment's options, and run `called` on it."""
    vendor = vendors.find(kind, name)
    key = variable_of("api_key", vendor.options.model_fields["api_key"], name)
    if not os.environ.get(key):
        pytest.skip(f"{key} is not set: the real {name.partition('_')[0].title()} was NOT tested")
    options = read_options(vendor.options, name, os.environ)

    async def run():
        engine = await vendor.open_engine(options)
        try:
            async with asyncio.timeout(LONGEST_S):
                await engine.check()
                return await called(engine)
        finally:
            await engine.close()

    return uvloop.run(run())


async def spoken(text):
    """Return a sentence of the offline voice as frames, with a second of quiet after it."""
    vendor = vendors.find(Kind.TTS, "offline")
    voice = await vendor.open_engine(read_options(vendor.options, "offline", os.environ))
    try:
        pcm = await said_by(voice, text)
    finally:
        await voice.close()
    pcm += bytes(-len(pcm) % FRAME_BYTES + QUIET_FRAMES * FRAME_BYTES)
    return [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]


async def said_by(voice, text):
    session = await voice.session("live")
    try:
        speech = session.begin()
        for word in text.split(" "):
            speech.say(f"{word} ")
        speech.finish()
        return b"".join([piece async for piece in speech.pieces() if isinstance(piece, bytes)])
    finally:
        await session.close()


@pytest.mark.parametrize("name", ["deepgram", "deepgram_flux"])
def test_a_sentence_is_heard(name):
    async def hear(ear):
        session = await ear.session("live", ("kitchen tap",))
        texts, asked = [], asyncio.Event()

        async def listen():
            async for transcript in session.transcripts():
                if transcript.final:
                    texts.append(transcript.text)
                    if asked.is_set():
                        return

        listening = asyncio.create_task(listen())
        try:
            session.speech_started()
            for frame in await spoken(SENTENCE):
                session.feed(frame)
                await asyncio.sleep(FRAME_MS / 1000)
            asked.set()
            session.finalize()
            await listening
        finally:
            listening.cancel()
            await session.close()
        return " ".join(texts)

    assert "tap" in opened(Kind.STT, name, hear).lower()


@pytest.mark.parametrize("name", ["groq", "openai"])
def test_a_tool_is_called(name):
    async def ask(model):
        prompt = "You take calls for a plumber. Record the problem with the tool before you answer."
        messages = (Message(Role.SYSTEM, prompt), Message(Role.USER, SENTENCE))
        return [piece async for piece in model.stream(ChatRequest(messages, (TOOL,)))]

    calls = [p for p in opened(Kind.LLM, name, ask) if isinstance(p, ToolCall)]
    assert calls[0].name == TOOL.name and json.loads(calls[0].arguments) == {"problem": "tap"}


def test_a_sentence_is_spoken():
    async def speak(voice):
        return await said_by(voice, "Thanks for calling, how can I help you?")

    pcm = opened(Kind.TTS, "cartesia", speak)
    assert len(pcm) % 2 == 0 and 1.0 < len(pcm) / 16000 < 10.0
    assert max(pcm) > 0
