"""How long the simulated vendors take: each delay is an environment variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

PREFIX = "VOICEAGENT_SIM_"
SUFFIX = "_MS"
MOST_MS = 60_000


class DelayError(ValueError):
    """A delay is not a number of milliseconds in range; the text names the variable."""


@dataclass(frozen=True, slots=True)
class Delays:
    """Delays in milliseconds; the field ``nova_final`` is ``VOICEAGENT_SIM_NOVA_FINAL_MS``.

    Attributes:
        nova_interim: Between two interims of Deepgram v1 while a voice is heard.
        nova_final: From ``Finalize``, or from its own endpointing, to the final of Deepgram v1.
        flux_update: Between two updates of Flux while a voice is heard.
        flux_lag: From a word's end in the audio to its first showing in an update of Flux.
        flux_eager: From the end of the voice to ``EagerEndOfTurn``.
        flux_eot: From the end of the voice to ``EndOfTurn``.
        llm_first: From the request to the model's first token.
        llm_token: Between two tokens.
        tts_first: From the first text of a context to its first audio.
    """

    nova_interim: float = 1000
    nova_final: float = 150
    flux_update: float = 250
    flux_lag: float = 100
    flux_eager: float = 120
    flux_eot: float = 260
    llm_first: float = 40
    llm_token: float = 5
    tts_first: float = 65


def read_delays(environ: Mapping[str, str]) -> Delays:
    """Read the delays that are set; the others keep their defaults.

    Raises:
        DelayError: If one is not a number from 0 to 60,000.
    """
    given: dict[str, float] = {}
    for field in fields(Delays):
        variable = f"{PREFIX}{field.name.upper()}{SUFFIX}"
        text = environ.get(variable, "")
        if not text:
            continue
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value <= MOST_MS:
            raise DelayError(f"{variable}={text}: not a number of ms from 0 to {MOST_MS}")
        given[field.name] = value
    return Delays(**given)
