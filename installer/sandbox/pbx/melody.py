"""The music of the sandbox's PBX: soft broken chords, made here so that nobody owns them.

Its notes and their overtones stay below 900 Hz, so that it is never taken for the stand-ins'
1,000 Hz tone, nor for silence. Pure.
"""

from __future__ import annotations

import functools
import math
import struct

_RATE_HZ = 8000
_NOTE_S = 0.25
_RING_S = 1.0  # each note rings on below the next ones
_LEVEL = 1600  # of 32767: about as loud as somebody speaking softly
_OVERTONE = 0.2
# Am, F, C, G, each twice up and down; in Hz, equal temperament, a' = 440.
_CHORDS = (
    (220.00, 261.63, 329.63, 440.00),
    (174.61, 220.00, 261.63, 349.23),
    (196.00, 261.63, 329.63, 392.00),
    (196.00, 246.94, 293.66, 392.00),
)


@functools.cache
def melody() -> bytes:
    """Return 16 s of music that can be repeated, as 8 kHz signed linear (Asterisk's .sln)."""
    notes = [hz for up in _CHORDS for _ in range(2) for hz in (*up, *reversed(up))]
    step = int(_NOTE_S * _RATE_HZ)
    samples = [0.0] * (len(notes) * step)
    for number, hz in enumerate(notes):
        for n, value in enumerate(_note(hz)):
            # The last notes ring on into the beginning.
            samples[(number * step + n) % len(samples)] += value
    return struct.pack(f"<{len(samples)}h", *(round(value) for value in samples))


@functools.cache
def _note(hz: float) -> tuple[float, ...]:
    count = int(_RING_S * _RATE_HZ)
    found = []
    for n in range(count):
        angle = 2 * math.pi * hz * n / _RATE_HZ
        attack = min(1.0, n / 80)  # 10 ms, so that it does not click
        fade = (1 - n / count) ** 2
        tone = math.sin(angle) + _OVERTONE * math.sin(2 * angle)
        found.append(_LEVEL * attack * fade * tone)
    return tuple(found)
