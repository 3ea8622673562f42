"""What Asterisk recorded of a call, compared with what the caller heard and said."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import numpy as np

from tests.phone import Call, heard, recording
from tests.phone.g711 import Pcm
from tests.phone.heard import RATE_HZ

PATIENCE_S = 60.0
RECORDINGS = "var/spool/asterisk/recording/voiceagent"
_PIECE = round(0.4 * RATE_HZ)
_ALIKE = 0.8  # correlation; mu-law and the caller's own noise leave 0.9, other words below 0.6
_LOUD_DBFS = -40.0


def tone(hz: float, seconds: float = 1.0, peak: int = 8000) -> Pcm:
    """Return a steady tone; at a whole number of periods a second it can be repeated."""
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return np.asarray(peak * np.sin(2 * np.pi * hz * at), dtype=np.int16)


def tone_s(sound: Pcm, hz: float) -> float:
    """Return for how long a tone stands alone."""
    frames = [pcm for _, pcm in heard.frames_of(sound)]
    tonal = [
        heard.level_dbfs(pcm) > _LOUD_DBFS and heard.tone_share(pcm, hz) >= heard.TONE_SHARE
        for pcm in frames
    ]
    return sum(tonal) * heard.FRAME_S


def share_found(wanted: Pcm, sound: Pcm) -> float:
    """Return how much of the loud part of a sound is found in another, 0..1.

    It is looked for in pieces, each wherever it may be: a lost packet moves what follows.
    """
    pieces = [wanted[at : at + _PIECE] for at in range(0, len(wanted) - _PIECE + 1, _PIECE)]
    pieces = [piece for piece in pieces if heard.level_dbfs(piece) > _LOUD_DBFS]
    assert pieces, "there is nothing to look for"
    if len(sound) < _PIECE:
        return 0.0
    return sum(_alike(piece, sound) >= _ALIKE for piece in pieces) / len(pieces)


def _alike(piece: Pcm, sound: Pcm) -> float:
    """Return the best correlation of a piece with any part of a sound, 0..1."""
    wide, short = sound.astype(np.float64), piece.astype(np.float64)
    size = 1 << (len(wide) + len(short)).bit_length()
    product = np.fft.rfft(wide, size) * np.conj(np.fft.rfft(short, size))
    together = np.fft.irfft(product, size)[: len(wide) - len(short) + 1]
    energy = np.concatenate(([0.0], np.cumsum(wide**2)))
    energy = energy[len(short) :] - energy[: -len(short)]
    norm = np.sqrt(np.maximum(energy, 1.0)) * np.linalg.norm(short)
    return float(np.max(np.abs(together) / norm))


def heard_by(call: Call, since: float = 0.0, until: float = float("inf")) -> Pcm:
    """Return what a caller heard between two moments of the loop's clock."""
    frames = recording.audio_frames(call.media.arrivals)
    pieces = [pcm for at, pcm in frames if since <= at < until]
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int16)


def read_wav(path: Path) -> Pcm:
    """Return the samples of a recording."""
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (RATE_HZ, 2, 1)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")


async def finished(path: Path) -> Pcm:
    """Wait until a recording is complete, which is a moment after the call; returns it."""
    async with asyncio.timeout(PATIENCE_S):
        size = -1
        while not path.exists() or path.stat().st_size != size or size <= 44:
            size = path.stat().st_size if path.exists() else -1
            await asyncio.sleep(0.5)
    return read_wav(path)
