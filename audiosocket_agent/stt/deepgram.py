"""The ear on Deepgram Nova-3: ``/v1/listen``, one WebSocket a call, finals on demand.

Source: vendor facts, section 1.1.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import SecretStr

from audiosocket_agent.options import VendorOptions, key, option
from audiosocket_agent.seams import SAMPLE_RATE_HZ, EarTraits
from audiosocket_agent.stt.deepgram_wire.ear import DeepgramEar, Plan, tls_for
from audiosocket_agent.stt.deepgram_wire.failures import Blame
from audiosocket_agent.stt.deepgram_wire.nova import NovaTurns
from audiosocket_agent.stt.deepgram_wire.query import AUDIO, flag, keyterms, stream_url
from audiosocket_agent.stt.deepgram_wire.session import Manners

PROVIDER = "deepgram"
KEEP_ALIVE_S = 4.0  # the vendor closes after 10 s without a message
FIRST_SILENCE_MS = 20  # what a stream has at least heard before control messages keep it alive

_BLAME = Blame(
    PROVIDER,
    "VOICEAGENT_DEEPGRAM_MODEL",
    {
        "keyterm": "the company's vocabulary (keyterm)",
        "keywords": "VOICEAGENT_DEEPGRAM_MODEL (keywords)",
        "language": "VOICEAGENT_DEEPGRAM_LANGUAGE",
        "endpointing": "VOICEAGENT_DEEPGRAM_ENDPOINTING_MS",
        "utterance_end_ms": "VOICEAGENT_DEEPGRAM_UTTERANCE_END_MS",
        "smart_format": "VOICEAGENT_DEEPGRAM_SMART_FORMAT",
    },
)


class Options(VendorOptions):
    """Settings of the Nova-3 ear."""

    api_key: SecretStr = key("DEEPGRAM_API_KEY")
    url: str = option(
        "wss://api.deepgram.com",
        "host of the vendor; another region keeps the audio there (wss://api.eu.deepgram.com)",
        env="VOICEAGENT_DEEPGRAM_URL",
        pattern=r"^wss?://[^\s?#/]+[^\s?#]*$",
    )
    model: str = option("nova-3", "model of /v1/listen", pattern=r"^[\w.-]+$")
    language: str = option("en-GB", "language of the callers", pattern=r"^[A-Za-z0-9-]+$")
    endpointing_ms: int = option(
        400,
        "silence after which the vendor ends an utterance by itself; less cuts callers off, more "
        "delays only the turns that the agent's own silence decision misses",
        unit="ms",
        ge=10,
        le=2000,
    )
    utterance_end_ms: int = option(
        1000,
        "gap between words that ends an utterance where noise hides the silence",
        unit="ms",
        ge=1000,
        le=5000,
    )
    smart_format: bool = option(
        True, "write numbers, times and postcodes as digits; without it as spoken words"
    )
    chunk_ms: int = option(
        40,
        "audio in one message; less costs processor time, more delays each word by as much",
        unit="ms",
        ge=20,
        le=100,
    )
    connect_ms: int = option(
        1500,
        "how long opening a stream may take before the next ear is tried",
        unit="ms",
        ge=100,
        le=10000,
    )
    final_ms: int = option(
        400,
        "how long the end of an utterance may stay unanswered before the next ear hears it again; "
        "less gives up a slow vendor sooner, more makes the caller wait",
        unit="ms",
        ge=100,
        le=5000,
    )
    stall_ms: int = option(
        3000,
        "how long no message at all may come while the caller speaks; interims are 1 s apart",
        unit="ms",
        ge=1500,
        le=20000,
    )


async def open_engine(options: Options) -> DeepgramEar:
    """Make the ear; a missing key shows in its first session and in `check`."""
    return DeepgramEar(
        _plan(options), options.api_key.get_secret_value(), await tls_for(options.url)
    )


def _plan(options: Options) -> Plan:
    return Plan(
        blame=_BLAME,
        traits=EarTraits(
            encoding="linear16",
            rate_hz=SAMPLE_RATE_HZ,
            chunk_ms=options.chunk_ms,
            ends_turns=True,
            splits=True,
            keep_alive_s=10.0,
        ),
        manners=Manners(
            provider=PROVIDER,
            chunk_ms=options.chunk_ms,
            finalize='{"type":"Finalize"}',
            idle_s=KEEP_ALIVE_S,
            keep_alive='{"type":"KeepAlive"}',
            silence_ms=FIRST_SILENCE_MS,
            silence_once=True,
        ),
        connect_s=options.connect_ms / 1000,
        url=lambda vocabulary: listen_url(options, vocabulary),
        turns=lambda: NovaTurns(PROVIDER, options.final_ms / 1000, options.stall_ms / 1000),
        greeting="",
        farewell="Metadata",
    )


def listen_url(options: Options, vocabulary: Sequence[str]) -> str:
    """Return the address of one call's stream."""
    params = [
        ("model", options.model),
        ("language", options.language),
        *AUDIO,
        ("channels", "1"),
        ("interim_results", "true"),
        ("endpointing", str(options.endpointing_ms)),
        ("utterance_end_ms", str(options.utterance_end_ms)),
        ("smart_format", flag(options.smart_format)),
        *(("keyterm", term) for term in keyterms(vocabulary)),
    ]
    return stream_url(options.url, "/v1/listen", params)
