"""The engines of a media process: which ones the settings name, opened and chained."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import cast

from ari_app.settings import RULES, Settings
from audiosocket_agent.chains.breaker import Breaker
from audiosocket_agent.chains.ear import EarChain
from audiosocket_agent.chains.model import ModelChain
from audiosocket_agent.chains.voice import VoiceChain
from audiosocket_agent.dialogue import Mind
from audiosocket_agent.media import ProcessEngines
from audiosocket_agent.options import read_options
from audiosocket_agent.phrases import Phrases
from audiosocket_agent.seams import LanguageModel, SpeechToText, TextToSpeech
from audiosocket_agent.speech_judge import SpeechJudge
from audiosocket_agent.vendors import Kind, find

Engine = SpeechToText | LanguageModel | TextToSpeech


async def open_engine(kind: Kind, name: str, environ: Mapping[str, str] = os.environ) -> Engine:
    """Open one engine with its options from the environment.

    Raises:
        UnknownVendor: If there is none of this name.
        OptionsError: If an option is wrong.
        ProviderError: If it cannot be used on this machine.
    """
    vendor = find(kind, name)
    return await vendor.open_engine(read_options(vendor.options, name, environ))


async def open_engines(
    settings: Settings,
    stack: AsyncExitStack,
    judge: SpeechJudge,
    environ: Mapping[str, str] = os.environ,
) -> ProcessEngines:
    """Open every engine the settings name and put those of a kind behind one seam.

    Args:
        settings: All settings.
        stack: Closes the engines, the last opened first.
        judge: Tells a voice from a noise.
        environ: Where the engines' options are.

    Raises:
        ProviderError: If an engine cannot be used on this machine at all.
    """
    kinds = (Kind.STT, Kind.TTS)
    opened = {kind: await _open_kind(settings, kind, stack, environ) for kind in kinds}
    now = asyncio.get_running_loop().time
    ears = [(name, cast(SpeechToText, engine)) for name, engine in opened[Kind.STT]]
    voices = [(name, cast(TextToSpeech, engine)) for name, engine in opened[Kind.TTS]]
    return ProcessEngines(
        EarChain(ears, _breakers(ears), now),
        await open_mind(settings, stack, environ),
        VoiceChain(voices, _breakers(voices), now),
        Phrases(voices, settings.data_dir / "speech"),
        judge,
    )


async def open_mind(
    settings: Settings, stack: AsyncExitStack, environ: Mapping[str, str] = os.environ
) -> Mind:
    """Open the language models the settings name; see `open_engines`."""
    opened = await _open_kind(settings, Kind.LLM, stack, environ)
    models = [(name, cast(LanguageModel, engine)) for name, engine in opened]
    return Mind(
        ModelChain(models, _breakers(models), asyncio.get_running_loop().time) if models else None,
        rules=RULES in settings.chain(Kind.LLM, environ),
        talk_tokens=settings.llm_talk_tokens,
    )


async def _open_kind(
    settings: Settings, kind: Kind, stack: AsyncExitStack, environ: Mapping[str, str]
) -> list[tuple[str, Engine]]:
    opened = []
    for name in settings.chain(kind, environ):
        if name == RULES:
            continue
        engine = await open_engine(kind, name, environ)
        stack.push_async_callback(engine.close)
        opened.append((name, engine))
    return opened


def _breakers(engines: Sequence[tuple[str, Engine]]) -> dict[str, Breaker]:
    return {name: Breaker() for name, _ in engines}
