"""What Cartesia is asked: options, and the frames we send.

Source: https://docs.cartesia.ai/api-reference/tts/websocket.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import SecretStr

from audiosocket_agent.options import VendorOptions, key, option
from audiosocket_agent.seams import SAMPLE_RATE_HZ

ENCODING = "pcm_s16le"
SLOWEST, FASTEST = 0.6, 1.5  # speeds the vendor takes
BARE_VOICE_SINCE = "2026-08-14"  # from this version on a voice is its id, before it was an object


class CartesiaOptions(VendorOptions):
    """What can be set about Cartesia."""

    api_key: SecretStr = key("CARTESIA_API_KEY")
    url: str = option("wss://api.cartesia.ai", "address of the API", pattern="^wss?://")
    version: str = option(
        "2026-03-01",
        "version of the API; the shape of requests and errors follows it",
        pattern=r"^\d{4}-\d{2}-\d{2}$",
    )
    model: str = option(
        "sonic-3.5-2026-05-04",
        "id of the model, a dated one, as others change how they sound without notice",
    )
    voice: str = option(
        "71a7ad14-091c-4e8e-a314-022ece01c121",
        "id of the voice; the default is called British Reading Lady",
    )
    language: str = option(
        "en",
        "language of the text; a locale such as en-GB for models from sonic-3.6 on",
        pattern="^[a-z]{2}(-[A-Z]{2})?$",
    )
    speed: float = option(1.0, "1.0 is the voice's own; higher is faster", ge=SLOWEST, le=FASTEST)
    max_buffer_delay_ms: int = option(
        0,
        "how long the vendor may wait for more text before it speaks; 0 speaks at once, more "
        "sounds smoother when text comes word by word and delays the first audio by as much",
        unit="ms",
        ge=0,
        le=5000,
    )
    first_byte_ms: int = option(
        400,
        "longest wait from the first words to their first audio, beyond max_buffer_delay_ms; then "
        "the next voice",
        unit="ms",
        ge=50,
        le=60_000,
    )
    stall_ms: int = option(
        500,
        "longest silence of the vendor while the caller has nothing left to hear; then the next "
        "voice",
        unit="ms",
        ge=50,
        le=60_000,
    )
    connect_ms: int = option(
        1000, "longest wait for a connection; then the next voice", unit="ms", ge=50, le=60_000
    )


def handshake_headers(options: CartesiaOptions) -> dict[str, str]:
    """Return the headers of the connection; the key is here, as an address would be logged."""
    return {
        "Authorization": f"Bearer {options.api_key.get_secret_value()}",
        "Cartesia-Version": options.version,
    }


class Frames:
    """Builds the frames we send; all of one context differ in nothing but text and ``continue``.

    Args:
        options: What to ask for.
    """

    def __init__(self, options: CartesiaOptions) -> None:
        voice: Any = options.voice
        if options.version < BARE_VOICE_SINCE:
            voice = {"mode": "id", "id": options.voice}
        tongue = "locale" if "-" in options.language else "language"
        self._common: dict[str, Any] = {
            "model_id": options.model,
            "voice": voice,
            "output_format": {
                "container": "raw",
                "encoding": ENCODING,
                "sample_rate": SAMPLE_RATE_HZ,
            },
            tongue: options.language,
            "max_buffer_delay_ms": options.max_buffer_delay_ms,
            "add_timestamps": True,
            "use_normalized_timestamps": False,  # words as we wrote them, as we count those
        }
        if options.speed != 1.0:
            self._common["generation_config"] = {"speed": options.speed}

    def speak(self, context_id: str, text: str, *, more: bool = True) -> str:
        """Add text to a context, exactly as it is; the last one has no text and no more."""
        fields = {"context_id": context_id, "transcript": text, "continue": more, **self._common}
        return json.dumps(fields, ensure_ascii=False).encode(errors="replace").decode()

    def cancel(self, context_id: str) -> str:
        """Drop what a context has not begun to speak; what it has begun still comes."""
        return json.dumps({"context_id": context_id, "cancel": True})
