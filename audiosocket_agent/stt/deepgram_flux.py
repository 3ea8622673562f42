"""The ear on Deepgram Flux: ``/v2/listen``, one WebSocket a call, ends of turns announced early.

Source: vendor facts, section 1.2.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import SecretStr

from audiosocket_agent.options import VendorOptions, key, option
from audiosocket_agent.seams import SAMPLE_RATE_HZ, EarTraits
from audiosocket_agent.stt.deepgram_wire.ear import DeepgramEar, Plan, tls_for
from audiosocket_agent.stt.deepgram_wire.failures import Blame
from audiosocket_agent.stt.deepgram_wire.flux import FluxTurns
from audiosocket_agent.stt.deepgram_wire.query import AUDIO, keyterms, stream_url
from audiosocket_agent.stt.deepgram_wire.session import Manners

PROVIDER = "deepgram_flux"
CHUNK_MS = 80  # what the vendor strongly recommends
IDLE_S = 0.5  # without audio a turn never ends, and there is no message that keeps a stream alive
SILENCE_MS = 480  # six chunks: as much audio as the pause that it fills

_BLAME = Blame(
    PROVIDER,
    "VOICEAGENT_DEEPGRAM_FLUX_MODEL",
    {
        "keyterm": "the company's vocabulary (keyterm)",
        "eager_eot_threshold": "VOICEAGENT_DEEPGRAM_FLUX_EAGER_EOT_THRESHOLD",
        "eot_threshold": "VOICEAGENT_DEEPGRAM_FLUX_EOT_THRESHOLD",
        "eot_timeout_ms": "VOICEAGENT_DEEPGRAM_FLUX_EOT_TIMEOUT_MS",
    },
)


class Options(VendorOptions):
    """Settings of the Flux ear."""

    api_key: SecretStr = key("DEEPGRAM_API_KEY")
    url: str = option(
        "wss://api.deepgram.com",
        "host of the vendor; another region keeps the audio there (wss://api.eu.deepgram.com)",
        env="VOICEAGENT_DEEPGRAM_URL",
        pattern=r"^wss?://[^\s?#/]+[^\s?#]*$",
    )
    model: str = option("flux-general-en", "model of /v2/listen", pattern=r"^[\w.-]+$")
    eot_threshold: float = option(
        0.7,
        "how sure the vendor must be that the caller is done; less is quicker and cuts in more",
        ge=0.5,
        le=1.0,
    )
    eager_eot_threshold: float = option(
        0.4,
        "how sure it must be to announce that the caller may be done, so that the answer can be "
        "prepared; less prepares earlier and more often in vain; at most eot_threshold",
        ge=0.3,
        le=0.9,
    )
    eot_timeout_ms: int = option(
        5000,
        "silence after which a turn ends however unsure the vendor is",
        unit="ms",
        ge=500,
        le=60000,
    )
    connect_ms: int = option(
        1500,
        "how long opening a stream may take, greeting included, before the next ear is tried",
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
        "how long no message at all may come while the caller speaks; updates are 250 ms apart",
        unit="ms",
        ge=500,
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
            chunk_ms=CHUNK_MS,
            ends_turns=True,
            announces=True,
            splits=True,
            keep_alive_s=IDLE_S,
        ),
        manners=Manners(
            provider=PROVIDER,
            chunk_ms=CHUNK_MS,
            finalize='{"type":"ForceEndTurn"}',
            idle_s=IDLE_S,
            keep_alive="",
            silence_ms=SILENCE_MS,
            silence_once=False,
        ),
        connect_s=options.connect_ms / 1000,
        url=lambda vocabulary: listen_url(options, vocabulary),
        turns=lambda: FluxTurns(PROVIDER, options.final_ms / 1000, options.stall_ms / 1000),
        greeting="Connected",
        farewell="",
    )


def listen_url(options: Options, vocabulary: Sequence[str]) -> str:
    """Return the address of one call's stream."""
    params = [
        ("model", options.model),
        *AUDIO,
        ("eot_threshold", str(options.eot_threshold)),
        # The vendor refuses an announcement that needs to be surer than the end itself.
        ("eager_eot_threshold", str(min(options.eager_eot_threshold, options.eot_threshold))),
        ("eot_timeout_ms", str(options.eot_timeout_ms)),
        *(("keyterm", term) for term in keyterms(vocabulary)),
    ]
    return stream_url(options.url, "/v2/listen", params)
