"""How well the offline recogniser hears a company's closed questions, phrase by phrase.

Every phrase that a question listens for is spoken in several voices, goes through the coding of a
telephone line, and is given to the recogniser with just what it is told to expect there. Nothing is
left to luck: the same program hears the same words again.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from audiosocket_agent.company import Company
from audiosocket_agent.roles import details
from audiosocket_agent.seams import BYTES_PER_MS
from audiosocket_agent.stt.sphinx.workers import WorkerPool
from audiosocket_agent.tts.offline import OfflineVoice
from audiosocket_agent.understanding import expectation
from audiosocket_agent.workflow import Kind

VOICES = ("en-gb", "en-gb-x-rp", "en-gb-scotland", "en-us+m3", "en-us+f2")
SPEED_WPM = 170
MONDAY = date(2026, 11, 23)  # the day of the call: any would do, and it must be the same
LEAST_PERCENT = 90.0
QUIET_BEFORE_MS, QUIET_AFTER_MS = 300, 400
PEAK = 12_000 / 32_768  # of a caller's voice on the line
DECODE_S = 60.0  # the machine may be busy, and nobody waits for an answer
WAIT_S = 3600.0
_LISTED = (Kind.CHOICE, Kind.YES_NO, Kind.DATE, Kind.PART)


@dataclass(frozen=True, slots=True)
class Spoken:
    """One phrase in one voice.

    Attributes:
        phrase: What was said.
        voice: In which voice.
        heard: What the recogniser made of it; "" for nothing.
    """

    phrase: str
    voice: str
    heard: str

    @property
    def right(self) -> bool:
        """Whether it was heard as it was said."""
        return self.heard == self.phrase


def vocabulary(company: Company) -> list[tuple[str, tuple[str, ...]]]:
    """Return each phrase that a closed question of the company listens for, with all of them.

    Questions that listen for the same are one.
    """
    questions = dict.fromkeys(
        expectation(slot, company, MONDAY).phrases
        for slot in details(company.workflow)
        if company.workflow.slots[slot].kind in _LISTED
    )
    return [(phrase, phrases) for phrases in questions for phrase in phrases]


async def measure(
    asked: Sequence[tuple[str, tuple[str, ...]]], voices: Sequence[str] = VOICES, workers: int = 2
) -> list[Spoken]:
    """Speak every phrase in every voice and hear it.

    Args:
        asked: Phrases, each with all that its question listens for (`vocabulary`).
        voices: As espeak-ng calls them.
        workers: Recogniser processes.

    Raises:
        ProviderError: If there is no recogniser or no voice on this machine.
    """
    pool = WorkerPool(workers, decode_s=DECODE_S, wait_s=WAIT_S)
    await pool.start()
    gate = asyncio.Semaphore(workers)

    async def one(voice: OfflineVoice, name: str, phrase: str, phrases: tuple[str, ...]) -> Spoken:
        async with gate:
            pcm = b"".join([piece async for piece in voice.synthesize(phrase)])
            reply = await pool.recognise(on_the_line(pcm), phrases)
        return Spoken(phrase, name, reply.text)

    try:
        found: list[Spoken] = []
        for name in voices:
            voice = OfflineVoice(voice=name, speed_wpm=SPEED_WPM)
            try:
                said = [one(voice, name, *entry) for entry in asked]
                found += await asyncio.gather(*said)
            finally:
                await voice.close()
        return found
    finally:
        await pool.close()


def on_the_line(pcm: bytes) -> bytes:
    """Return a sound as a telephone line delivers it: G.711 mu-law (its smooth form), with quiet.

    Args:
        pcm: 16 bits at 8,000 Hz, not silent; as loud as it may be.
    """
    samples = np.frombuffer(pcm, "<i2").astype(np.float64)
    samples *= PEAK / np.abs(samples).max()
    coded = np.round(np.sign(samples) * np.log1p(255 * np.abs(samples)) / np.log(256) * 127) / 127
    heard = np.sign(coded) * (np.power(256.0, np.abs(coded)) - 1) / 255
    before, after = bytes(QUIET_BEFORE_MS * BYTES_PER_MS), bytes(QUIET_AFTER_MS * BYTES_PER_MS)
    line: bytes = (heard * 32767).astype("<i2").tobytes()
    return before + line + after


def percent(found: Sequence[Spoken]) -> float:
    """Return how many in a hundred were heard as they were said; 100 of none."""
    return 100 * sum(one.right for one in found) / len(found) if found else 100.0


def report(company: Company, found: Sequence[Spoken]) -> str:
    """Return the figures of a run, and every phrase that was heard wrongly, as lines of text."""
    right = sum(one.right for one in found)
    voices = list(dict.fromkeys(one.voice for one in found))
    lines = [
        f"{company.name}: {right} of {len(found)} phrases heard as they were said "
        f"({percent(found):.1f} %), {len(found) - right} not",
        *(f"    {voice}: {percent([o for o in found if o.voice == voice]):.1f} %"
          for voice in voices),
    ]  # fmt: skip
    wrong = Counter((one.phrase, one.heard) for one in found if not one.right)
    for (phrase, heard), times in wrong.most_common():
        made = f"heard as {heard!r}" if heard else "not heard"
        where = dict.fromkeys(o.voice for o in found if (o.phrase, o.heard) == (phrase, heard))
        lines.append(f"    {times} x {phrase!r} {made} ({', '.join(where)})")
    return "\n".join(lines)


def as_json(company: Company, found: Sequence[Spoken]) -> str:
    """Return a run as JSON."""
    document = {
        "company": company.key,
        "phrases": len(found),
        "right": sum(one.right for one in found),
        "percent": round(percent(found), 1),
        "voices": list(dict.fromkeys(one.voice for one in found)),
        "speed_wpm": SPEED_WPM,
        "wrong": [
            {"phrase": one.phrase, "voice": one.voice, "heard": one.heard}
            for one in found
            if not one.right
        ],
    }
    return json.dumps(document, indent=1)
