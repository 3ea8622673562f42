"""Finding engines: the files in ``stt/``, ``llm/`` and ``tts/``, by name.

Nothing lists the vendors anywhere else. A new one is a new file there; its options show up in
``voiceagent settings``, its name is a value of ``VOICEAGENT_STT`` (or ``_LLM``, ``_TTS``), and
``voiceagent doctor`` checks it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

from audiosocket_agent.options import VendorOptions
from audiosocket_agent.seams import LanguageModel, SpeechToText, TextToSpeech


class Kind(Enum):
    """What an engine does; the values are the folders."""

    STT = "stt"
    LLM = "llm"
    TTS = "tts"


@dataclass(frozen=True, slots=True)
class Vendor:
    """One engine that could be opened.

    Attributes:
        kind: What it does.
        name: Its file.
        options: The class its options are read into.
        open_engine: Opens it.
    """

    kind: Kind
    name: str
    options: type[VendorOptions]
    open_engine: Callable[[VendorOptions], Awaitable[SpeechToText | LanguageModel | TextToSpeech]]


class UnknownVendor(LookupError):
    """No file has this name; the text lists the names there are."""


def names(kind: Kind) -> list[str]:
    """Return the engines there are, sorted. Nothing of them is imported."""
    folder = importlib.import_module(f"audiosocket_agent.{kind.value}")
    found = pkgutil.iter_modules(folder.__path__)
    return sorted({entry.name for entry in found if not entry.ispkg})


def find(kind: Kind, name: str) -> Vendor:
    """Import one engine's file.

    Raises:
        UnknownVendor: If there is none.
    """
    if name not in names(kind):
        raise UnknownVendor(f"no {kind.value} engine is called {name!r}: {', '.join(names(kind))}")
    module = cast(Any, importlib.import_module(f"audiosocket_agent.{kind.value}.{name}"))
    return Vendor(kind, name, module.Options, module.open_engine)
