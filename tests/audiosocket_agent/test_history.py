"""What is remembered of a talk is what was heard of it: whole calls in virtual time.

The agent's call is the real one, from frames in to frames out; its ear, model and voice are made
here, with the delays of vendors, and moods: a model that falters, a voice that runs dry.
"""

import asyncio
import functools
import random
import uuid
from collections import deque
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from audiosocket_agent.call import Call, CallConfig, Engines
from audiosocket_agent.company import load_companies
from audiosocket_agent.control import NoControl
from audiosocket_agent.conversation import Facts
from audiosocket_agent.desk import BookingDesk
from audiosocket_agent.dialogue import Mind
from audiosocket_agent.journal import EndReason
from audiosocket_agent.minutes import Minutes
from audiosocket_agent.pacer import Pacer
from audiosocket_agent.person_desk import PersonDesk
from audiosocket_agent.phrases import Recording
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.seams import EarTraits, Hearing, ModelTraits, SpokenWord, Transcript
from audiosocket_agent.simulators.cartesia_tones import spell
from audiosocket_agent.sounds import Sounds
from audiosocket_agent.speech_judge import SpeechJudge
from audiosocket_agent.turns import TurnConfig
from audiosocket_agent.vad import VadConfig
from tests import history, virtual_time
from tests.fake_asterisk import SHIPPED, Notes
from tests.phone import spelled, voice

NOVA = EarTraits("linear16", 8000, 40, ends_turns=True, splits=True)
FLUX = EarTraits("linear16", 8000, 80, ends_turns=True, announces=True, splits=True)
FRAME_S = 0.02
QUIET = 60  # frames after which the agent has finished: longer than its voice waits in doubt
SILENCE = bytes(320)
AHEAD_S = 0.3  # how far the voice is ahead of what is heard, at most
GONE_S = 0.12  # 60 ms of voice, after a soft beginning, and what is left of the frame
WORD_S = 0.1  # how long a word may go on being written


@dataclass
class Utterance:
    words: list
    began: float
    over_at: float

    def by(self, now):
        """The words said by now, spread evenly over the voice."""
        share = (now - self.began) / (self.over_at - self.began)
        return self.words[: int(len(self.words) * min(1.0, share) + 1e-9)]


class Ear:
    """Hears what the test says is said, with the delays of a vendor."""

    def __init__(self, traits):
        self.traits = traits
        self._loop = asyncio.get_running_loop()
        self._mail = asyncio.Queue()
        self._said = []  # not told finally
        self._voice = 0  # counts beginnings
        self._tasks = set()

    def hears(self, words, seconds):
        now = self._loop.time()
        self._voice += 1
        self._said.append(Utterance(words.split(), now, now + seconds))
        self._later(self._follow(self._voice, now + seconds))

    def finalize(self):
        self._later(self._final(0.02 if self.traits.announces else 0.15))

    async def transcripts(self):
        while True:
            yield await self._mail.get()

    async def _follow(self, voice, over_at):
        every_s = 0.25 if self.traits.announces else 1.0
        while (now := self._loop.time()) + every_s < over_at:
            await asyncio.sleep(every_s)
            self._tell(self._words(now + every_s - 0.1), Hearing.PARTIAL)
        if self.traits.announces:
            await asyncio.sleep(over_at + 0.12 - self._loop.time())
            if voice == self._voice:
                self._tell(self._words(), Hearing.EAGER)
            await asyncio.sleep(0.14)
            if voice == self._voice:
                self._tell(self._words(), Hearing.FINAL)
                self._said.clear()

    async def _final(self, delay_s):
        now = self._loop.time()
        said = [u for u in self._said if u.over_at <= now]
        words = [word for u in said for word in u.words]
        self._said = [u for u in self._said if u.over_at > now]
        await asyncio.sleep(delay_s)
        self._tell(words, Hearing.FINAL)

    def _words(self, now=float("inf")):
        return [word for utterance in self._said for word in utterance.by(now)]

    def _tell(self, words, hearing):
        if words or hearing is Hearing.FINAL:
            self._mail.put_nowait(Transcript(" ".join(words), 1.0, hearing))

    def _later(self, work):
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def expect(self, expectation):
        pass

    def feed(self, pcm):
        pass

    def speech_started(self):
        pass

    def discard(self):
        pass

    async def close(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Model:
    """Writes its answers word by word; a faltering one stops for a while now and then."""

    traits = ModelTraits(context_tokens=8000)

    def __init__(self, answers, draw, falters):
        self._answers, self._draw, self._falters = answers, draw, falters
        self.writing = 0

    async def stream(self, request):
        shown = [(m.role.value, m.content) for m in request.messages]
        text = self._answers.answer(shown)
        self.writing += 1
        try:
            await asyncio.sleep(0.04)
            for token in text.replace(" ", " \0").split("\0"):
                await asyncio.sleep(0.005)
                if self._falters and self._draw.random() < 0.15:
                    await asyncio.sleep(self._draw.uniform(0.1, 0.9))
                yield token
        finally:
            self.writing -= 1


class Voice:
    """Spells whole words as they come, with exact word times."""

    def __init__(self, draw):
        self.draw = draw

    def begin(self):
        return Spelling(self.draw)

    async def close(self):
        pass


class Spelling:
    """One reply: a quick voice, at most `AHEAD_S` ahead of the listener, that breathes."""

    def __init__(self, draw):
        self._draw = draw
        self._text = ""
        self._more = True
        self._news = asyncio.Event()

    def say(self, text):
        self._text += text
        self._news.set()

    def finish(self):
        self._more = False
        self._news.set()

    def cancel(self):
        pass

    async def pieces(self):
        loop = asyncio.get_running_loop()
        at_ms, played_until = 0.0, None
        while text := await self._due():
            if played_until is None:
                await asyncio.sleep(0.065)
                played_until = loop.time()
            pcm, words = spell(text, 8000)
            pcm += bytes(16 * self._draw.choice((0, 30, 130)))
            yield tuple(SpokenWord(w.text, w.start_ms + at_ms, w.end_ms + at_ms) for w in words)
            at_ms += len(pcm) / 16
            while pcm:
                size = 2 * self._draw.randint(200, 1200)
                piece, pcm = pcm[:size], pcm[size:]
                yield piece
                played_until = max(played_until, loop.time()) + len(piece) / 16000
                await asyncio.sleep(max(0.0, played_until - loop.time() - AHEAD_S))

    async def _due(self):
        """Wait for text that can be spoken: whole words; the last one after a moment."""
        while True:
            self._news.clear()
            whole, _, rest = self._text.rpartition(" ")
            if whole.strip() and self._more:
                self._text = rest
                return whole
            if not self._more:
                whole, self._text = self._text, ""
                return whole.strip()
            with suppress(TimeoutError):
                async with asyncio.timeout(WORD_S if rest else None):
                    await self._news.wait()
                    continue
            whole, self._text = self._text, ""
            return whole


class Handset:
    """The caller's phone, and the wire to it; see `history.Phone`."""

    def __init__(self, ear, answers, model):
        self.call = None
        self.heard = []  # (s, frame)
        self._ear, self._answers, self._model = ear, answers, model
        self._loop = asyncio.get_running_loop()
        self._to_say = deque()
        self._news = asyncio.Event()

    def play(self, frame):
        """Hear one frame, as the call's leg."""
        assert len(frame) == 320
        self.heard.append((self.now(), np.frombuffer(frame, "<i2")))
        self._news.set()

    async def speak(self):
        """Send the caller's side, for ever."""
        due = self.now()
        while True:
            self.call.audio(self._to_say.popleft() if self._to_say else SILENCE)
            due += FRAME_S
            await asyncio.sleep(due - self.now())

    def now(self):
        return self._loop.time()

    async def wait(self, seconds):
        await asyncio.sleep(max(0.0, seconds))

    async def answered(self, words):
        async with asyncio.timeout(30):
            while (answer := self._answers.answer_to(words)) is None:
                await self._next()
        return answer

    async def agent_sounds(self, after):
        async with asyncio.timeout(10):
            while not (self.heard and self.heard[-1][0] >= after and self.heard[-1][1].any()):
                await self._next()
        return self.heard[-1][0]

    async def agent_quiet(self):
        async with asyncio.timeout(20):
            while self._model.writing or any(frame.any() for _, frame in self.heard[-QUIET:]):
                await self._next()

    async def say(self, words):
        pcm = voice.cough() if words == history.COUGH else voice.speak(words)
        self._ear.hears(words, len(pcm) / 8000)
        padded = np.concatenate([pcm, np.zeros(-len(pcm) % 160, np.int16)]).tobytes()
        self._to_say.extend(padded[at : at + 320] for at in range(0, len(padded), 320))
        while self._to_say:
            await self._next()
        return self.now()

    async def _next(self):
        self._news.clear()
        await self._news.wait()


@functools.cache
def judge():
    return SpeechJudge(ready=1)


def talk(seed, traits, falters=False):
    """Hold one talk; returns what `history.check` wants to know of it."""
    company = load_companies(SHIPPED)["441632960001"]
    steps, answers = history.plan(seed), history.Answers(seed)

    async def main():
        draw = random.Random(seed)
        ear, notes = Ear(traits), Notes()
        model = Model(answers, draw, falters)
        phone = Handset(ear, answers, model)
        call_id = uuid.UUID(int=seed)
        info = CallInfo(call_id, "441632960001", "01632960123", "PJSIP/a-1", "1.1", call_id)
        phone.call = call = Call(
            info,
            Facts(company, info.caller, date(2026, 11, 23)),
            Engines(ear, Mind(model), Voice(draw), stock, judge()),
            CallConfig(VadConfig(), TurnConfig(), 20_000),
            Pacer(asyncio.get_running_loop()),
            phone,
            Minutes(info.call_id, notes),
            BookingDesk(notes),
            PersonDesk(
                NoControl(), notes, Sounds(Path("/nowhere"), PurePosixPath("/"), Voice(draw))
            ),
        )
        holding = asyncio.ensure_future(call.run())
        speaking = asyncio.ensure_future(phone.speak())
        told = await history.hold(phone, steps)
        call.end(EndReason.CALLER_HUNG_UP, None)
        speaking.cancel()
        await asyncio.gather(holding, speaking, return_exceptions=True)
        await ear.close()
        assert holding.result().reason is EndReason.CALLER_HUNG_UP
        turns = [turn for _, turn in sorted(notes.turns.items())]
        record = [{**asdict(turn), "speaker": turn.speaker.value} for turn in turns]
        return spelled.read(phone.heard), record, answers, steps, told

    return virtual_time.run(main())


def stock(text):
    pcm, words = spell(text, 8000)
    return Recording(pcm, tuple(words))


@pytest.mark.parametrize("falters", [False, True])
@pytest.mark.parametrize("traits", [NOVA, FLUX], ids=["nova", "flux"])
@pytest.mark.parametrize("seed", range(5))
def test_history_is_what_was_heard(seed, traits, falters):
    history.check(*talk(seed, traits, falters), gone_s=GONE_S)
