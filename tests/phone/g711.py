"""G.711, both laws, as table look-ups over numpy arrays.

Pure. Source: ITU-T G.711 tables 1a and 2a.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Pcm = npt.NDArray[np.int16]
"""Signed 16-bit mono samples at 8,000 Hz."""


def _ulaw_to_linear() -> Pcm:
    code = ~np.arange(256, dtype=np.uint8)
    exponent = ((code >> 4) & 7).astype(np.int32)
    magnitude = (((code & 15).astype(np.int32) << 3) + 0x84 << exponent) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _alaw_to_linear() -> Pcm:
    code = np.arange(256, dtype=np.uint8) ^ 0x55
    exponent = ((code >> 4) & 7).astype(np.int32)
    magnitude = ((code & 15).astype(np.int32) << 4) + 8
    magnitude = np.where(exponent > 0, magnitude + 0x100 << np.maximum(exponent - 1, 0), magnitude)
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _nearest(decoded: Pcm) -> npt.NDArray[np.uint8]:
    """For every 16-bit sample the code whose decoded value is nearest."""
    order = np.lexsort((-np.arange(256), decoded))  # of two zeros 0xFF, the one on every wire
    values = decoded[order].astype(np.int32)
    samples = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    above = np.clip(np.searchsorted(values, samples), 1, 255)
    below_is_nearer = samples - values[above - 1] < values[above] - samples
    return order[np.where(below_is_nearer, above - 1, above)].astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Law:
    """One encoding.

    Attributes:
        decode: Payload bytes to samples, one each.
        encode: Samples to payload bytes, one each.
        silence: The code of a zero sample.
    """

    decode: Callable[[bytes], Pcm]
    encode: Callable[[Pcm], bytes]
    silence: int


def _law(decoded: Pcm) -> Law:
    encoded = _nearest(decoded)

    def decode(payload: bytes) -> Pcm:
        return decoded[np.frombuffer(payload, dtype=np.uint8)]

    def encode(pcm: Pcm) -> bytes:
        return encoded[np.ascontiguousarray(pcm, dtype=np.int16).view(np.uint16)].tobytes()

    return Law(decode, encode, int(encoded[0]))


LAWS = {"PCMU": _law(_ulaw_to_linear()), "PCMA": _law(_alaw_to_linear())}
