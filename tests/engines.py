"""An ear, a model and a voice that need no vendor, scripted by the test, real by contract."""

import asyncio
import functools
import math
from array import array

from audiosocket_agent.errors import ProviderError
from audiosocket_agent.seams import EarTraits, ModelTraits, SpokenWord, Transcript, VoiceTraits
from tests.phone.voice import speak

WORD_MS = 40


def tone(ms, hz=440, level=8000):
    """Return a sine as pcm."""
    n = ms * 8
    return array("h", (int(level * math.sin(2 * math.pi * hz * i / 8000)) for i in range(n)))


@functools.cache
def speech(ms):
    """Return a caller's voice as pcm bytes, so long; a tone would be judged to be a noise."""
    words = speak("yes well I was wondering whether you may be able to help me with all of this")
    return words[: ms * 8].tobytes()


class ToneVoice:
    """Speaks every word as 40 ms of tone, faster than real time, token by token.

    Args:
        fail_on: Breaks on text that contains this.
        timed: Whether it tells when each word is heard.
    """

    voice_id = "tone"

    def __init__(self, fail_on=None, timed=False):
        self.fail_on = fail_on
        self.traits = VoiceTraits("pcm_s16le", 8000, timestamps=timed)
        self.said = []
        self.sessions = 0

    async def session(self, call_id):
        self.sessions += 1
        return self

    def begin(self):
        return ToneSpeech(self)

    async def check(self):
        pass

    async def close(self):
        pass


class ToneSpeech:
    def __init__(self, voice):
        self.voice = voice
        self.words = 0
        self.said = ""
        self._text = asyncio.Queue()
        self._over = False

    def say(self, text):
        self._text.put_nowait(text)

    def finish(self):
        self._text.put_nowait(None)

    def cancel(self):
        self._over = True
        self._text.put_nowait(None)

    async def pieces(self):
        while (text := await self._text.get()) is not None and not self._over:
            self.voice.said.append(text)
            self.said += text
            if self.voice.fail_on and self.voice.fail_on in self.said:
                raise ProviderError("tone", "the voice broke")
            for word in text.split():
                if self.voice.traits.timestamps:
                    at = self.words * WORD_MS
                    yield (SpokenWord(word, at, at + WORD_MS),)
                self.words += 1
                yield tone(WORD_MS).tobytes()
                await asyncio.sleep(0)
                if self._over:
                    return


class ScriptedModel:
    """Answers every request with the next list of pieces of its script.

    A piece is text, a `ToolCall`, `Usage`, a `ProviderError` to raise, or an `asyncio.Event` to
    wait for.
    """

    traits = ModelTraits(context_tokens=8000)

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.cancelled = 0
        self.warmed = 0

    async def stream(self, request):
        self.requests.append(request)
        pieces = self.answers.pop(0)
        done = False
        try:
            for piece in pieces:
                if isinstance(piece, ProviderError):
                    done = True
                    raise piece
                if isinstance(piece, asyncio.Event):
                    await piece.wait()
                    continue
                yield piece
                await asyncio.sleep(0)
            done = True
        finally:
            self.cancelled += not done

    async def warm(self):
        self.warmed += 1

    async def check(self):
        pass

    async def close(self):
        pass


class ScriptedEar:
    """Hears the next line of its script for every utterance; sessions share one script.

    Args:
        lines: What is heard; a `ProviderError` breaks the ear.
        free: Whether it follows free speech.
    """

    def __init__(self, *lines, free=False):
        self.lines = list(lines)
        self.sessions = []
        self.traits = EarTraits("pcm_s16le", 8000, 20, closed_vocabulary=not free)

    async def session(self, call_id, vocabulary=()):
        session = ScriptedSession(self.lines, self.traits)
        session.vocabulary = vocabulary
        self.sessions.append(session)
        return session

    async def check(self):
        pass

    async def close(self):
        pass


class ScriptedSession:
    def __init__(self, lines, traits):
        self.lines = lines
        self.traits = traits
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
        line = self.lines.pop(0) if self.lines else ""
        self.hear(line if isinstance(line, ProviderError) else Transcript(line))

    def hear(self, transcript):
        """Say something of its own accord."""
        self._finals.put_nowait(transcript)

    def discard(self):
        pass

    async def transcripts(self):
        while True:
            heard = await self._finals.get()
            if isinstance(heard, ProviderError):
                raise heard
            yield heard

    async def close(self):
        self.closed = True
