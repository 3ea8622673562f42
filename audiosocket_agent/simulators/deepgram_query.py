"""The query of a Deepgram connection, checked as the vendor checks it. Pure.

A vendor that ignored what it does not know would hide a client's spelling mistakes; this one
answers every parameter that its wire does not have, and every value out of range, with a 400.

Source: deepgram-api-specs asyncapi.yml (2026-07-22) and deepgram-sdk 7.17.0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Query = Mapping[str, Sequence[str]]  # every value of each parameter, in order

NOVA_MODELS = ("nova-3", "nova-2")  # each also with a suffix: nova-3-medical
FLUX_MODELS = ("flux-general-en", "flux-general-multi")
FLUX_MULTI = "flux-general-multi"
NOVA_ENCODINGS = frozenset(
    "linear16 linear32 flac alaw mulaw amr-nb amr-wb opus ogg-opus speex g729".split()
)
FLUX_ENCODINGS = frozenset("linear16 linear32 mulaw alaw opus ogg-opus".split())
FLUX_RATES_HZ = frozenset({8000, 16000, 24000, 44100, 48000})
LEAST_RATE_HZ, MOST_RATE_HZ = 8000, 48000
MOST_KEYTERM_TOKENS = 500
MOST_MS = 60_000
NO_KEYWORDS = "Keywords are not supported for Nova-3. Please use `keyterm` instead."

NOVA_FLAGS = frozenset(
    "interim_results vad_events smart_format punctuate numerals profanity_filter dictation "
    "multichannel mip_opt_out detect_entities diarize no_delay filler_words".split()
)
NOVA_OTHERS = frozenset(
    "model encoding sample_rate channels language language_hint endpointing utterance_end_ms "
    "keyterm keywords diarize_model redact replace search tag extra version callback "
    "callback_method".split()
)
FLUX_FLAGS = frozenset("numerals profanity_filter mip_opt_out".split())
FLUX_OTHERS = frozenset(
    "model encoding sample_rate eot_threshold eager_eot_threshold eot_timeout_ms keyterm "
    "language_hint redact tag".split()
)


class Refusal(Exception):
    """A request the vendor does not take.

    Attributes:
        status: Of HTTP.
        code: The vendor's name for it.
        text: For people.
    """

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(f"{status} {code}: {text}")
        self.status = status
        self.code = code
        self.text = text


class Audio(Protocol):
    """How the audio of a connection is written.

    Attributes:
        encoding: The vendor's name, or "" for a container that says it itself.
        sample_rate_hz: 0 for a container.
    """

    @property
    def encoding(self) -> str: ...  # noqa: D102

    @property
    def sample_rate_hz(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class NovaQuery:
    """What a client asked ``/v1/listen`` for.

    Attributes:
        model: Its name.
        encoding: See `Audio`.
        sample_rate_hz: See `Audio`.
        channels: Of the audio.
        interim_results: Whether results that may still change are wanted.
        endpointing_ms: Quiet that ends an utterance; None for never.
        utterance_end_ms: Gap after a word that is reported; None for never.
        vad_events: Whether the beginning of a voice is reported.
        formatted: Whether text has capitals and full stops.
        keyterms: Words to expect.
    """

    model: str
    encoding: str = "linear16"
    sample_rate_hz: int = 8000
    channels: int = 1
    interim_results: bool = False
    endpointing_ms: float | None = 10
    utterance_end_ms: float | None = None
    vad_events: bool = False
    formatted: bool = False
    keyterms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FluxQuery:
    """What a client asked ``/v2/listen`` for.

    Attributes:
        model: Its name.
        encoding: See `Audio`.
        sample_rate_hz: See `Audio`.
        eot_threshold: Confidence that ends a turn; 1.0 leaves that to the time-out.
        eager_eot_threshold: Confidence that announces the end; None for no announcement.
        eot_timeout_ms: Quiet that ends a turn in any case.
        keyterms: Words to expect.
        language_hints: Of the multilingual model.
    """

    model: str
    encoding: str = "linear16"
    sample_rate_hz: int = 8000
    eot_threshold: float = 0.7
    eager_eot_threshold: float | None = None
    eot_timeout_ms: float = 5000
    keyterms: tuple[str, ...] = ()
    language_hints: tuple[str, ...] = ()


def nova_query(query: Query) -> NovaQuery:
    """Check a query of ``/v1/listen``.

    Raises:
        Refusal: If the vendor would refuse it.
    """
    _known(query, NOVA_FLAGS | NOVA_OTHERS)
    flags = {name: _flag(query, name) for name in NOVA_FLAGS}
    model = _one(query, "model")
    if not any(model == name or model.startswith(f"{name}-") for name in NOVA_MODELS):
        raise _bad_model()
    nova_3 = is_nova_3(model)
    if nova_3 and any(query.get("keywords", ())):
        raise _invalid(NO_KEYWORDS)
    if query.get("keyterm") and not nova_3:
        raise _invalid("keyterm is only supported for Nova-3.")
    utterance_end_ms = _number(query, "utterance_end_ms", 0, MOST_MS)
    if utterance_end_ms is not None and not flags["interim_results"]:
        raise _invalid("utterance_end_ms requires interim_results=true.")
    return NovaQuery(
        model=model,
        encoding=_encoding(query, NOVA_ENCODINGS),
        sample_rate_hz=_rate(query, None),
        channels=int(_number(query, "channels", 1, 20) or 1),
        interim_results=flags["interim_results"],
        endpointing_ms=_endpointing(query),
        utterance_end_ms=utterance_end_ms,
        vad_events=flags["vad_events"],
        formatted=flags["smart_format"] or flags["punctuate"],
        keyterms=_keyterms(query),
    )


def flux_query(query: Query) -> FluxQuery:
    """Check a query of ``/v2/listen``.

    Raises:
        Refusal: If the vendor would refuse it.
    """
    _known(query, FLUX_FLAGS | FLUX_OTHERS)
    for name in FLUX_FLAGS:
        _flag(query, name)
    model = _one(query, "model")
    if model not in FLUX_MODELS:
        raise _bad_model()
    if query.get("language_hint") and model != FLUX_MULTI:
        raise _invalid(f"language_hint is only supported for {FLUX_MULTI}.")
    eot_threshold = _number(query, "eot_threshold", 0.5, 1.0)
    eager = _number(query, "eager_eot_threshold", 0.3, 0.9)
    timeout_ms = _number(query, "eot_timeout_ms", 500, MOST_MS)
    checked = FluxQuery(
        model=model,
        encoding=_encoding(query, FLUX_ENCODINGS),
        sample_rate_hz=_rate(query, FLUX_RATES_HZ),
        eot_threshold=0.7 if eot_threshold is None else eot_threshold,
        eager_eot_threshold=eager,
        eot_timeout_ms=5000 if timeout_ms is None else timeout_ms,
        keyterms=_keyterms(query),
        language_hints=tuple(query.get("language_hint", ())),
    )
    if eager is not None and eager > checked.eot_threshold:
        raise _invalid("eager_eot_threshold must not be above eot_threshold.")
    return checked


def is_nova_3(model: str) -> bool:
    """Whether a model takes key terms, and does not take keywords."""
    return model == "nova-3" or model.startswith("nova-3-")


def too_many_terms(terms: Sequence[str]) -> bool:
    """Whether key terms are over the vendor's limit; a word counts as a token."""
    return sum(len(term.split()) for term in terms) > MOST_KEYTERM_TOKENS


def _known(query: Query, names: frozenset[str]) -> None:
    for name in query:
        if name not in names:
            raise _invalid(f"Unknown query parameter: {name}.")


def _one(query: Query, name: str) -> str:
    values = query.get(name, ())
    if len(values) != 1:
        raise _invalid(f"{name} must be given once.")
    return values[0]


def _flag(query: Query, name: str) -> bool:
    if name not in query:
        return False
    value = _one(query, name)
    # `diarize=v1` and the like are another parameter; a flag is one of the two JSON words.
    if value not in ("true", "false"):
        raise _invalid(f"{name} must be true or false.")
    return value == "true"


def _number(query: Query, name: str, least: float, most: float) -> float | None:
    if name not in query:
        return None
    try:
        value = float(_one(query, name))
    except ValueError:
        raise _invalid(f"{name} must be a number.") from None
    if not least <= value <= most:
        raise _invalid(f"{name} must be from {least:g} to {most:g}.")
    return value


def _endpointing(query: Query) -> float | None:
    if list(query.get("endpointing", ())) == ["false"]:
        return None
    value = _number(query, "endpointing", 0, MOST_MS)
    return 10 if value is None else value


def _encoding(query: Query, known: frozenset[str]) -> str:
    if "encoding" not in query:
        if "sample_rate" in query:
            raise _invalid("sample_rate needs encoding.")
        return ""
    encoding = _one(query, "encoding")
    if encoding not in known:
        raise _invalid(f"Unknown encoding: {encoding}.")
    if "sample_rate" not in query:
        raise _invalid("encoding needs sample_rate.")
    return encoding


def _rate(query: Query, known: frozenset[int] | None) -> int:
    rate = _number(query, "sample_rate", LEAST_RATE_HZ, MOST_RATE_HZ)
    if rate is None:
        return 0
    if rate != int(rate) or (known is not None and int(rate) not in known):
        raise _invalid("Unsupported sample_rate.")
    return int(rate)


def _keyterms(query: Query) -> tuple[str, ...]:
    terms = tuple(query.get("keyterm", ()))
    if too_many_terms(terms):
        raise _invalid(f"Keyterm limit exceeded: at most {MOST_KEYTERM_TOKENS} tokens.")
    return terms


def _invalid(text: str) -> Refusal:
    return Refusal(400, "INVALID_QUERY_PARAMETER", text)


def _bad_model() -> Refusal:
    return Refusal(
        403, "INSUFFICIENT_PERMISSIONS", "Project does not have access to the requested model."
    )
