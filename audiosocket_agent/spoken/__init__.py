"""Text to speech-ready British English, while it is being written.

`SpokenText` takes a model's tokens and returns what can be said already: prices, times, dates,
postcodes, telephone numbers and abbreviations in words, markdown and emoji gone. One concern per
module: each has a table ``RULES`` that `render` tries in order. The package is pure.
"""

from __future__ import annotations

from audiosocket_agent.spoken.stream import SpokenText, spoken

__all__ = ["SpokenText", "spoken"]
