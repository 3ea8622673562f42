"""A caller at the fake Asterisk: hears all the time, speaks at the pace of speech."""

import asyncio
from contextlib import suppress

from tests.engines import speech
from tests.fake_asterisk import SILENCE

FRAME_S = 0.02


class Handset:
    """One call's audio, both ways.

    Attributes:
        voiced_at: When each of the agent's voiced frames came, by the loop's clock.
        quiet_since: When the caller's own voice was heard last.
        held: Whether the network holds back what the phone sends; later all of it comes at once.
        over: Set when the agent has hung up.
        over_at: When that was.
    """

    def __init__(self, leg):
        self.leg = leg
        self.voiced_at = []
        self.quiet_since = 0.0
        self.over_at = 0.0
        self.held = False
        self.over = asyncio.Event()
        self._to_say = []
        self._said = asyncio.Event()
        self._news = asyncio.Event()
        self._tasks = []

    async def __aenter__(self):
        self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._speak())]
        return self

    async def __aexit__(self, *_):
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        self.leg.close()

    async def say(self, ms=400):
        """Speak; returns when the last frame of it has left."""
        voice = speech(ms)
        self._to_say += [voice[at : at + 320] for at in range(0, len(voice), 320)]
        self._said.clear()
        await self._said.wait()

    async def answered(self):
        """Wait for the agent's voice after the caller's own; False when it hung up before."""
        while not (self.voiced_at and self.voiced_at[-1] > self.quiet_since):
            if self.over.is_set():
                return False
            self._news.clear()
            await self._news.wait()
        return True

    def silences_s(self):
        """Return how long nothing was heard since the caller's voice, each time, to the end."""
        times = [self.quiet_since, *(at for at in self.voiced_at if at > self.quiet_since)]
        if not self.quiet_since:
            return []
        if self.over.is_set():
            times.append(self.over_at)
        return [later - earlier for earlier, later in zip(times, times[1:], strict=False)]

    async def _hear(self):
        loop = asyncio.get_running_loop()
        while (frame := await self.leg.read()) is not None:
            if frame != SILENCE:
                self.voiced_at.append(loop.time())
                self._news.set()
        self.over_at = loop.time()
        self.over.set()
        self._news.set()

    async def _speak(self):
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not self.over.is_set():
            if self.held:
                await asyncio.sleep(FRAME_S)
                continue
            frame = self._to_say.pop(0) if self._to_say else SILENCE
            self.leg.send(0x10, frame)
            if frame != SILENCE:
                self.quiet_since = loop.time()
                if not self._to_say:
                    self._said.set()
            due += FRAME_S
            await asyncio.sleep(due - loop.time())
