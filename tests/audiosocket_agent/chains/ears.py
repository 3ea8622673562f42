"""Ears by contract, which do what the test tells them."""

import asyncio

from audiosocket_agent.seams import EarTraits, Hearing, Transcript


class Ear:
    """An engine; `refuses` holds errors for the next sessions, `hangs` makes them never open."""

    def __init__(self, name, closed_vocabulary=False, *refuses):
        self.name = name
        self.traits = EarTraits("linear16", 8000, 20, closed_vocabulary=closed_vocabulary)
        self.refuses = list(refuses)
        self.hangs = False
        self.gate = None
        self.asked = 0
        self.sessions = []
        self.vocabulary = None
        self.closed = False
        self.checked = 0
        self.opened = asyncio.Queue()

    async def session(self, call_id, vocabulary=()):
        self.asked += 1
        self.vocabulary = tuple(vocabulary)
        if self.hangs:
            await asyncio.Event().wait()
        if self.gate is not None:
            await self.gate.wait()
        if self.refuses:
            raise self.refuses.pop(0)
        session = Session(self.name)
        self.sessions.append(session)
        self.opened.put_nowait(session)
        return session

    async def check(self):
        self.checked += 1
        if self.refuses:
            raise self.refuses[0]

    async def close(self):
        self.closed = True


class Session:
    """Writes down what is done to it; answers a finalize with its name and what it heard."""

    def __init__(self, name):
        self.name = name
        self.done = []
        self.answers = True
        self.closed = 0
        self.close_error = None
        self._out = asyncio.Queue()
        self._audio = b""

    def expect(self, expectation):
        self.done.append(expectation)

    def feed(self, pcm):
        self.done.append(pcm)
        self._audio += pcm

    def speech_started(self):
        self.done.append("started")

    def finalize(self):
        self.done.append("finalize")
        if self.answers:
            self.say(f"{self.name} heard {len(self._audio)}")
        self._audio = b""

    def discard(self):
        self.done.append("discard")
        self._audio = b""

    def say(self, text, hearing=Hearing.FINAL):
        self._out.put_nowait(Transcript(text, 1.0, hearing))

    def fail(self, error):
        self._out.put_nowait(error)

    async def transcripts(self):
        while True:
            item = await self._out.get()
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item

    async def close(self):
        self.closed += 1
        self._out.put_nowait(None)
        if self.close_error is not None:
            raise self.close_error
