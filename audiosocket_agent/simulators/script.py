"""What the simulated ears hear: the script's lines, and their words laid along the voice. Pure.

A script is JSON Lines, one line a call::

    {"segments": [["my post code is", 820], ["", 250], ["M one", 410]]}

Each stretch of voice uses up the next segment: its words, spread evenly over its milliseconds. An
empty text is a noise, such as a cough: it uses up a stretch, and nothing was said in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

VARIABLE = "VOICEAGENT_SIM_TRANSCRIPTS"


class ScriptError(ValueError):
    """A line of the script is wrong; the text names the line and what it should be."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The words of one stretch of voice.

    Attributes:
        words: What is said in it; none in a noise.
        voice_ms: How long saying them takes, or how long the noise lasts.
    """

    words: tuple[str, ...]
    voice_ms: float


def parse_script(text: str) -> tuple[tuple[Segment, ...], ...]:
    """Read a script, one tuple of segments for each line that is not blank.

    Raises:
        ScriptError: At the first line that is wrong.
    """
    lines = enumerate(text.splitlines(), start=1)
    return tuple(_line(number, line) for number, line in lines if line.strip())


def _line(number: int, text: str) -> tuple[Segment, ...]:
    try:
        fields = json.loads(text)
    except ValueError as error:
        raise _wrong(number, f"not JSON ({error})") from None
    if not isinstance(fields, dict) or set(fields) != {"segments"}:
        raise _wrong(number, "not an object with the one field segments")
    if not isinstance(fields["segments"], list):
        raise _wrong(number, "segments is not a list")
    return tuple(_segment(number, entry) for entry in fields["segments"])


def _segment(number: int, entry: object) -> Segment:
    if not isinstance(entry, list) or len(entry) != 2:
        raise _wrong(number, "a segment is not a pair of words and milliseconds")
    text, voice_ms = entry
    if not isinstance(text, str) or (text and not text.split()):
        raise _wrong(number, "a segment has neither words nor the empty text of a noise")
    if isinstance(voice_ms, bool) or not isinstance(voice_ms, (int, float)) or voice_ms <= 0:
        raise _wrong(number, "a segment's milliseconds are not a number above 0")
    return Segment(tuple(text.split()), float(voice_ms))


def _wrong(number: int, what: str) -> ScriptError:
    example = '{"segments": [["my post code is", 820]]}'
    return ScriptError(f"{VARIABLE}: line {number}: {what}; write {example}")
