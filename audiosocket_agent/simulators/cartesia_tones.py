"""A voice made to be read back: it spells every word in pairs of tones. Pure.

Theory of operation. Each letter and digit is one low and one high tone for 30 ms, so that a word
can be read off a recording exactly, whatever the word. A pair of its own begins each word and
another one ends it: what was cut off is heard to be cut off. Silence means nothing and is nowhere
inside a text, so that a voice that was held and went on reads the same.

Tones are 150 Hz apart, more than four periods in 30 ms, and within what a telephone line carries.
None has whole periods in 20 ms: one that begins afresh after a cut does not go on with the last.
A word of five letters takes 210 ms, about as long as a quick speaker's.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product

import numpy as np
import numpy.typing as npt

from audiosocket_agent.seams import SpokenWord

VOICE = "tones"
"""The voice's id."""
SYMBOL_MS = 30
LOW_HZ = (415, 565, 715, 865, 1015, 1165, 1315)
HIGH_HZ = (1630, 1780, 1930, 2080, 2230, 2380)
BEGIN, END = "<", ">"
"""What stands around every word."""
SYMBOLS = "abcdefghijklmnopqrstuvwxyz0123456789'" + BEGIN + END
PAIRS_HZ = dict(zip(SYMBOLS, product(LOW_HZ, HIGH_HZ), strict=False))  # three pairs are left
_AMPLITUDE = 6000  # of each tone: -12 dBFS together, as loud as speech on a good line

_UNSPELLED = re.compile(r"[^a-z0-9']")


def letters(word: str) -> str:
    """Return what of a written word is spelled: its letters, digits and apostrophes."""
    return _UNSPELLED.sub("", word.lower())


def spell(text: str, rate_hz: int) -> tuple[bytes, list[SpokenWord]]:
    """Spell a text.

    Args:
        text: Words.
        rate_hz: Of the samples.

    Returns:
        The speech as pcm, and when each word is heard.
    """
    parts: list[bytes] = []
    words: list[SpokenWord] = []
    at_bytes = 0
    for word in text.split():
        begin_bytes = at_bytes
        for letter in BEGIN + letters(word) + END:
            parts.append(symbol(letter, rate_hz).tobytes())
            at_bytes += len(parts[-1])
        times_ms = (at / 2 / rate_hz * 1000 for at in (begin_bytes, at_bytes))
        words.append(SpokenWord(word, *times_ms))
    return b"".join(parts), words


@lru_cache(maxsize=len(SYMBOLS) * 6)
def symbol(letter: str, rate_hz: int) -> npt.NDArray[np.int16]:
    """Return the samples of one of `SYMBOLS`, the same array each time; not to be written to."""
    seconds = np.arange(rate_hz * SYMBOL_MS // 1000) / rate_hz
    # Cosines: the first sample is a loud one, so that the edge of a symbol is never in doubt.
    low, high = (np.cos(2 * np.pi * hz * seconds) for hz in PAIRS_HZ[letter])
    return np.asarray(_AMPLITUDE * (low + high), "<i2")
