"""Calls that go wrong: the real engines on simulated vendors, one of which is made to misbehave.

Every call has a media process, vendors and breakers of its own, so that many can be on at once.
"""

import asyncio
import contextvars
import dataclasses
import functools
import json
import logging
import os
from contextlib import AsyncExitStack, asynccontextmanager

from ari_app.engines import open_engine, open_engines
from ari_app.settings import Settings
from audiosocket_agent.chains.breaker import Breaker
from audiosocket_agent.chains.ear import EarChain
from audiosocket_agent.journal import Speaker
from audiosocket_agent.seams import Transcript
from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.faults import FaultKind, Faults, parse_faults
from audiosocket_agent.simulators.server import Simulators
from audiosocket_agent.speech_judge import SpeechJudge
from audiosocket_agent.vendors import Kind
from audiosocket_agent.workflow import trade
from tests.audiosocket_agent.handset import Handset
from tests.engines import ScriptedEar, ScriptedSession
from tests.fake_asterisk import pbx
from tests.roads import Road

# What the caller says to each question, in the order in which they are asked.
WORDS = {
    "service": "a leaking tap", "area": "Truro", "wanted": "yes please", "day": "Tuesday",
    "part": "in the morning", "callback": "yes", "agreed": "yes",
}  # fmt: skip
ASKED = list(WORDS)
VOICE_MS = 700
CUT_AFTER_S = 0.35  # of the caller's voice
# What Cartesia decides while it connects; a call that is connected must lose its connection first.
CONNECTING = {
    FaultKind.REFUSE, FaultKind.UNAUTHORIZED, FaultKind.PAYMENT, FaultKind.FORBIDDEN,
    FaultKind.RATE_LIMITED, FaultKind.BROKEN, FaultKind.HANG, FaultKind.IDLE,
}  # fmt: skip

_happened = contextvars.ContextVar("_happened")


class Diary(logging.Handler):
    """Gives every call the log lines of its own media process."""

    def emit(self, record):
        if (lines := _happened.get(None)) is not None:
            lines.append(record.getMessage())


@dataclasses.dataclass(frozen=True)
class Case:
    """One call to be held.

    Attributes:
        engine: The engine that fails: deepgram, deepgram_flux, groq or cartesia.
        kind: How its vendor fails.
        stage: "start" from the first ring on, "mid" from the second thing the caller says.
        alone: Whether there is nothing behind it.
        whole: Whether the call is held to its booking.
    """

    engine: str
    kind: FaultKind
    stage: str = "start"
    alone: bool = False
    whole: bool = False

    def __str__(self):
        return "-".join([self.engine, self.kind.value, "alone" if self.alone else self.stage])

    @property
    def faults(self):
        vendor = "deepgram" if self.engine.startswith("deepgram") else self.engine
        fault = f"{vendor}:{self.kind.value}"
        if self.stage == "mid" and vendor == "cartesia" and self.kind in CONNECTING:
            fault += ",cartesia:drop:1"
        return parse_faults(fault)


@dataclasses.dataclass
class Story:
    """What a call came to.

    Attributes:
        asked: The question after each answer.
        heard: The caller's words, as they are on record.
        silences_s: The longest silence after each thing the caller said.
        said: What the agent said last.
        end: Its reason and outcome.
        ends: How many ends are on record.
        booked: The bookings.
        spare: Whether the spare ear took over.
        log: Log lines, warnings and worse.
    """

    asked: list = dataclasses.field(default_factory=list)
    heard: list = dataclasses.field(default_factory=list)
    silences_s: list = dataclasses.field(default_factory=list)
    said: str = ""
    end: tuple = ()
    ends: int = 0
    booked: list = dataclasses.field(default_factory=list)
    spare: bool = False
    log: list = dataclasses.field(default_factory=list)


class SpareEar(ScriptedEar):
    """The ear behind Deepgram: hears what the caller says just now.

    Attributes:
        now: What that is.
    """

    def __init__(self):
        super().__init__(free=True)
        self.now = ""

    async def session(self, call_id, vocabulary=()):
        self.sessions.append(SpareSession(self))
        return self.sessions[-1]


class SpareSession(ScriptedSession):
    def __init__(self, ear):
        super().__init__([], ear.traits)
        self._own = ear

    def finalize(self):
        """Tell the words once, even if a busy machine tore the caller's voice in two."""
        words, self._own.now = self._own.now, ""
        self.hear(Transcript(words))


@asynccontextmanager
async def rig(case, folder, cache, limits=None):
    """A media process on simulated vendors; gives its PBX, the faults, the road and spare ear.

    Args:
        case: What is to fail, once `Case.faults` are put in force.
        folder: For its data; made.
        cache: Where sentences are kept that were spoken before.
        limits: Settings of the vendors, beside those that they need.
    """
    folder.mkdir()
    (folder / "speech").symlink_to(cache)
    faults, spare = Faults(), SpareEar()
    tell(folder, 0)
    async with AsyncExitStack() as stack:
        vendors = Simulators(Delays(), faults, folder / "script.jsonl")
        port = await vendors.start()
        stack.push_async_callback(vendors.close)
        road = await stack.enter_async_context(Road(port))
        environ = {
            "DEEPGRAM_API_KEY": "key-d", "GROQ_API_KEY": "key-g", "CARTESIA_API_KEY": "key-c",
            "VOICEAGENT_DEEPGRAM_URL": f"ws://127.0.0.1:{road.port}",
            "VOICEAGENT_GROQ_URL": f"http://127.0.0.1:{port}/openai/v1",
            "VOICEAGENT_CARTESIA_URL": f"ws://127.0.0.1:{port}",
        } | (limits or {})  # fmt: skip
        ear = case.engine if case.engine.startswith("deepgram") else "deepgram"
        settings = Settings(
            stt=ear,
            llm="groq" if case.alone and case.engine == "groq" else "groq,rules",
            tts="cartesia" if case.alone and case.engine == "cartesia" else "cartesia,offline",
            data_dir=folder,
        )
        engines = await open_engines(settings, stack, judge(), environ)
        ears = [(ear, await open_engine(Kind.STT, ear, environ))]
        if not case.alone or case.engine != ear:
            ears.append(("spare", spare))
        now = asyncio.get_running_loop().time
        chain = EarChain(ears, {name: Breaker() for name, _ in ears}, now)
        stack.push_async_callback(chain.close)
        parts = {"ear": chain, "mind": engines.mind, "voice": engines.voice, "judge": judge()}
        parts["timeout_s"] = 150  # a whole booking, every yes or no after its question
        async with pbx(folder, **parts) as it:
            yield it, faults, road, spare


@functools.cache
def judge():
    """The detectors of all calls: they are heavy, and do not mind."""
    return SpeechJudge(ready=1)


YES_NO = {slot.value for slot in trade("home_services").yes_no}


def tell(folder, turn):
    """Write what a connection that opens now will hear: from this thing the caller says on."""
    script = {"segments": [[WORDS[asks], VOICE_MS] for asks in ASKED[turn:]]}
    unfinished = folder / "script.part"
    unfinished.write_text(json.dumps(script) + "\n")
    os.replace(unfinished, folder / "script.jsonl")


async def hold(case, folder, cache):
    """Hold a call; returns its story."""
    story = Story()
    _happened.set(story.log)
    async with rig(case, folder, cache) as (it, faults, road, spare):
        story.log.clear()
        if case.stage == "start":
            faults.replace(case.faults)
        leg = await it.call()
        async with Handset(leg) as phone:
            await phone.answered()
            bad = 0 if case.stage == "start" else 1
            last = 0 if case.alone else len(ASKED) - 1 if case.whole else bad + 1
            for turn in range(last + 1):
                if turn == bad and case.stage == "mid":
                    faults.replace(case.faults)
                spare.now = WORDS[ASKED[turn]]
                tell(folder, turn)
                cut = turn == bad and case.stage == "mid" and case.engine.startswith("deepgram")
                going_on = await _say(phone, road if cut else None)
                going_on = going_on and await phone.answered()
                tell(folder, turn + 1)
                if going_on:
                    going_on = await _heard_out(it, leg, phone, turn, whole=turn in (bad, last))
                story.silences_s += [max(silences)] if (silences := phone.silences_s()) else []
                if not going_on:
                    break
                story.asked.append(_answers(it, leg)[-1].asks)
            if case.alone or case.whole:
                await phone.over.wait()
            if case.alone and (silences := phone.silences_s()):
                story.silences_s.append(max(silences))
        story.end = await it.ended(leg.call_id)
        story.said = _answers(it, leg)[-1].text
        story.heard = [t.text for t in it.notes.turns.values() if t.speaker is Speaker.CALLER]
        story.ends = [event[0] for event in it.notes.events].count("ended")
        story.booked = [request for _, request in it.notes.booked]
        story.spare = any(s.fed_bytes for s in spare.sessions)
    return story


async def _say(phone, road):
    """Speak, on a road that may be torn up meanwhile; False if the agent had hung up."""
    saying = asyncio.create_task(phone.say(VOICE_MS))
    over = asyncio.create_task(phone.over.wait())
    if road is not None:
        await asyncio.sleep(CUT_AFTER_S)
        road.cut()
    await asyncio.wait({saying, over}, return_when=asyncio.FIRST_COMPLETED)
    for task in (saying, over):
        task.cancel()
    return not phone.over.is_set()


async def _heard_out(it, leg, phone, turn, *, whole):
    """Wait until the agent's answer is known, or was heard to its end; False if it hung up."""

    def known():
        if phone.over.is_set():
            return "over"
        answers = _answers(it, leg)
        answer = answers[-1]
        if len(answers) < turn + 2:
            return None
        # A yes over the beginning of its question would only be a nod.
        early = answer.asks and answer.asks not in YES_NO and not whole
        return "known" if answer.done or early else None

    over = asyncio.create_task(phone.over.wait())
    knowing = asyncio.create_task(it.notes.until(known))
    await asyncio.wait({over, knowing}, return_when=asyncio.FIRST_COMPLETED)
    over.cancel()
    knowing.cancel()
    return not phone.over.is_set()


def _answers(it, leg):
    turns = [turn for (call_id, _), turn in it.notes.turns.items() if call_id == leg.call_id]
    return [turn for turn in turns if turn.speaker is Speaker.AGENT]
