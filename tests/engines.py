"""An ear and a voice that need no model: real engines by contract, scripted by the test."""

import asyncio
import math
from array import array

from audiosocket_agent.errors import ProviderError
from audiosocket_agent.seams import Transcript

WORD_MS = 40


def tone(ms, hz=440, level=8000):
    """Return a sine as pcm."""
    n = ms * 8
    return array("h", (int(level * math.sin(2 * math.pi * hz * i / 8000)) for i in range(n)))


class ToneVoice:
    """Speaks every word as 40 ms of tone, faster than real time."""

    voice_id = "tone"

    def __init__(self, fail_on=None):
        self.fail_on = fail_on
        self.prepared = []

    async def prepare(self, texts):
        self.prepared += texts

    async def synthesize(self, text):
        if self.fail_on and self.fail_on in text:
            raise ProviderError("tone", "the voice broke")
        word = tone(WORD_MS).tobytes()
        for _ in text.split():
            yield word
            await asyncio.sleep(0)

    async def close(self):
        pass


class ScriptedEar:
    """Hears the next line of its script for every utterance; sessions share one script."""

    def __init__(self, *lines):
        self.lines = list(lines)
        self.sessions = []

    async def session(self, call_id):
        session = ScriptedSession(self.lines)
        self.sessions.append(session)
        return session

    async def close(self):
        pass


class ScriptedSession:
    def __init__(self, lines):
        self.lines = lines
        self.expected = []
        self.fed_bytes = 0
        self.closed = False
        self._finals = asyncio.Queue()

    def expect(self, expectation):
        self.expected.append(expectation)

    def feed(self, pcm):
        self.fed_bytes += len(pcm)

    def speech_started(self):
        pass

    def finalize(self):
        self._finals.put_nowait(Transcript(self.lines.pop(0) if self.lines else ""))

    def discard(self):
        pass

    async def transcripts(self):
        while True:
            yield await self._finals.get()

    async def close(self):
        self.closed = True
