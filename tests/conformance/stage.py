"""The simulated vendors behind a wiretap, and real speech for them to hear."""

import asyncio
import contextlib
import functools
import io
import json
import subprocess
import wave

import numpy as np
import soxr

from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.faults import Faults, parse_faults
from audiosocket_agent.simulators.server import Simulators
from audiosocket_agent.simulators.stretches import Edge, StretchDetector
from tests.conformance.wiretap import Wiretap

KEY = "key-of-the-test"
RATE_HZ, BYTES_PER_MS = 8000, 16
LONGEST_S = 60  # a conversation that takes longer has failed
QUICK = Delays(nova_interim=300, nova_final=30, llm_first=5, llm_token=1, tts_first=10)


@contextlib.asynccontextmanager
async def stage(faults="", script=None, delays=QUICK, **options):
    """Run the simulated vendors; gives a `Wiretap` in front of them."""
    simulators = Simulators(delays, Faults(parse_faults(faults)), script, **options)
    try:
        async with asyncio.timeout(LONGEST_S), Wiretap(await simulators.start()) as tap:
            yield tap
    finally:
        await simulators.close()


@functools.cache
def speech(text):
    """Return a phrase spoken by espeak-ng, as pcm."""
    command = ("espeak-ng", "-v", "en-gb", "-s", "165", "-z", "--stdout", text)
    spoken = subprocess.run(command, check=True, capture_output=True, timeout=20).stdout
    with wave.open(io.BytesIO(spoken)) as wav:
        rate_hz, data = wav.getframerate(), wav.readframes(wav.getnframes())
    samples = soxr.resample(np.frombuffer(data, "<i2"), rate_hz, RATE_HZ)
    return np.asarray(samples, "<i2").tobytes()


def quiet(ms):
    """Return the noise of a line, as pcm."""
    noise = np.random.default_rng(1).normal(0, 32, ms * RATE_HZ // 1000)
    return noise.astype("<i2").tobytes()


def scripted(path, *phrases):
    """Write the script of one call, so that every phrase is heard as it is written.

    A phrase may be more than one stretch of voice: each gets its share of the words.
    """
    segments = []
    for phrase in phrases:
        lengths, words = _stretches(speech(phrase)), phrase.split()
        for n, length_ms in enumerate(lengths):
            share = words[n * len(words) // len(lengths) : (n + 1) * len(words) // len(lengths)]
            segments.append([" ".join(share) or "um", length_ms])
    path.write_text(json.dumps({"segments": segments}) + "\n")
    return path


def _stretches(pcm):
    detector, lengths, began_ms = StretchDetector(RATE_HZ), [], None
    for change in detector.feed(np.frombuffer(pcm + quiet(400), "<i2")):
        if change.edge is Edge.VOICE and began_ms is None:
            began_ms = change.at_ms
        elif change.edge is Edge.END:
            lengths.append(change.at_ms - began_ms)
            began_ms = None
    return lengths


async def send_audio(send, pcm, *, packet_ms=80, speed=8):
    """Send audio in packets, a few times as fast as it would be spoken."""
    loop = asyncio.get_running_loop()
    start, step = loop.time(), packet_ms * BYTES_PER_MS
    for at in range(0, len(pcm), step):
        due = start + at / BYTES_PER_MS / 1000 / speed
        await asyncio.sleep(max(0, due - loop.time()))
        result = send(pcm[at : at + step])
        if result is not None:
            await result
