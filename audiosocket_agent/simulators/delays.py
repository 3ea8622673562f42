"""How long the simulated vendors take: each delay is an environment variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from audiosocket_agent.options import Described

PREFIX = "VOICEAGENT_SIM_"
SUFFIX = "_MS"
MOST_MS = 60_000


class DelayError(ValueError):
    """A delay is not a number of milliseconds in range; the text names the variable."""


def _delay(default_ms: float, meaning: str) -> float:
    """Declare a delay."""
    delay: float = field(default=default_ms, metadata={"meaning": meaning})
    return delay


@dataclass(frozen=True, slots=True)
class Delays:
    """Delays in milliseconds; the field ``nova_final`` is ``VOICEAGENT_SIM_NOVA_FINAL_MS``."""

    nova_interim: float = _delay(1000, "between two interims of Deepgram v1 while a voice is heard")
    nova_final: float = _delay(
        150, "from Finalize, or its endpointing, to the final of Deepgram v1"
    )
    flux_update: float = _delay(250, "between two updates of Flux while a voice is heard")
    flux_lag: float = _delay(100, "from a word's end to its first showing in an update of Flux")
    flux_eager: float = _delay(120, "from the end of the voice to EagerEndOfTurn")
    flux_eot: float = _delay(260, "from the end of the voice to EndOfTurn")
    llm_first: float = _delay(40, "from the request to the model's first token")
    llm_token: float = _delay(5, "between two tokens of the model")
    tts_first: float = _delay(65, "from the first text of a context to its first audio")


def read_delays(environ: Mapping[str, str]) -> Delays:
    """Read the delays that are set; the others keep their defaults.

    Raises:
        DelayError: If one is not a number from 0 to 60,000.
    """
    given: dict[str, float] = {}
    for delay in fields(Delays):
        variable = _variable(delay.name)
        text = environ.get(variable, "")
        if not text:
            continue
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value <= MOST_MS:
            raise DelayError(f"{variable}={text}: not a number of ms from 0 to {MOST_MS}")
        given[delay.name] = value
    return Delays(**given)


def describe_delays(environ: Mapping[str, str]) -> list[Described]:
    """List the delays as ``voiceagent settings`` does."""
    rows = []
    for delay in fields(Delays):
        variable, default = _variable(delay.name), f"{delay.default:g}"
        given = environ.get(variable, "")
        rows.append(
            Described(
                variable=variable,
                value=given or default,
                default=default,
                unit="ms",
                range=f"0..{MOST_MS}",
                source="environment" if given else "default",
                meaning=f"simulated vendors: {delay.metadata['meaning']}",
            )
        )
    return rows


def _variable(name: str) -> str:
    return f"{PREFIX}{name.upper()}{SUFFIX}"
