"""Which voice a company speaks with, engine by engine; read from its file or refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field
from pydantic.functional_validators import AfterValidator, BeforeValidator

from audiosocket_agent.company_fields import FieldsModel, as_text, spelt
from audiosocket_agent.complaints import shown
from audiosocket_agent.vendors import Kind, names


class VoiceChoice(FieldsModel):
    """The voice a company has at one engine.

    Attributes:
        name: The voice, in the vendor's own word.
        speed: How fast it speaks; 1.0 as the engine is set, more is faster.
    """

    # No slash: a program that is given the name must not take it for a file of its own.
    name: Annotated[
        str,
        BeforeValidator(as_text),
        spelt(r"[A-Za-z0-9][A-Za-z0-9 _.+-]{0,79}", "write the vendor's name or id of the voice"),
    ]
    speed: Annotated[float, Field(ge=0.6, le=1.5)] = 1.0


def _known(engine: str) -> str:
    if engine not in names(Kind.TTS):
        raise ValueError(f"no voice engine is called {shown(engine)}: {', '.join(names(Kind.TTS))}")
    return engine


def _written(value: object) -> object:
    """Take a name alone for a voice at the engine's own speed."""
    text = as_text(value)
    return {"name": text} if isinstance(text, str) else value


Voices = Mapping[
    str, VoiceChoice
]  # by the engine's name; an engine that is not there speaks as set
CompanyVoices = dict[
    Annotated[str, AfterValidator(_known)], Annotated[VoiceChoice, BeforeValidator(_written)]
]
OWN: Voices = {}  # every engine as it is set


def key_of(voices: Voices) -> str:
    """Return a text that is the same for the same choice, whatever its order; "" for none."""
    if not voices:
        return ""
    return json.dumps([[name, it.name, it.speed] for name, it in sorted(voices.items())])
