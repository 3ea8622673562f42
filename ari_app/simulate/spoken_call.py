"""One spoken call: a media process of its own, and the persona at the other end of the line.

Nothing of the agent is left out but Asterisk: audio goes through AudioSocket in real time, the ear
is the client of a (simulated) vendor or the offline recogniser, turns are taken by the same policy.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from ari_app.cli_records import response_ms
from ari_app.simulate.line import Line
from ari_app.simulate.mishearing import misheard
from ari_app.simulate.notes import LogOf, Notes
from ari_app.simulate.own_system import with_own_system
from ari_app.simulate.persona import HangUp, Persona, Press, Quiet, Say
from ari_app.simulate.record import AGENT, CALLER, HUNG_UP, CallRecord
from ari_app.simulate.scenario import MOST_TURNS
from ari_app.simulate.scenario_file import Case
from ari_app.simulate.spoken import Spoken
from ari_app.simulate.text_run import in_world, new_call, overheard_in
from ari_app.simulate.world import (
    Desks,
    keep_bookings,
    kept_of,
    new_database,
    open_desks,
    rows_of,
)
from audiosocket_agent import wording
from audiosocket_agent.call import CallConfig
from audiosocket_agent.chains.breaker import Breaker
from audiosocket_agent.chains.ear import EarChain
from audiosocket_agent.chains.voice import VoiceChain
from audiosocket_agent.company import Company, did_digits
from audiosocket_agent.dialogue import Mind
from audiosocket_agent.endpointing import EndpointConfig
from audiosocket_agent.journal import EndReason, Speaker, Turn
from audiosocket_agent.media import MediaConfig, MediaProcess, ProcessEngines
from audiosocket_agent.phrases import Phrases
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.seams import SpeechToText
from audiosocket_agent.sentences import BySentence
from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.faults import Faults
from audiosocket_agent.simulators.server import Simulators
from audiosocket_agent.speech_judge import SpeechJudge
from audiosocket_agent.stt import deepgram
from audiosocket_agent.tts.offline import TRAITS, OfflineVoice
from audiosocket_agent.tts.offline import VOICE as OFFLINE
from audiosocket_agent.turns import TurnConfig
from audiosocket_agent.vad import VadConfig
from audiosocket_agent.workflow import Outcome

CALL_S = 240.0  # a caller who is still on by then goes in circles
THINKS_S = 0.35  # from the agent's last sound to the caller's first
SLOWLY = 0.8  # of the usual pace
START_S = 30.0
NOBODY_S = 30.0  # without a word of the agent: it is stuck
SPECULATION_TOKENS = 20_000
CONNECT_MS = 10_000  # the machine may be busy with other calls
FINAL_MS = 5000
# Voices and the simulated ear are on this machine: what is late is late because other calls keep it
# busy, and none of it is a vendor that fails.
STALL_MS = 20_000
PATIENCE_S = 15.0


@dataclass(frozen=True, slots=True)
class Studio:
    """What all spoken calls of a run share.

    Attributes:
        mind: What thinks.
        ear: The offline recogniser; None for a simulated vendor of each call's own.
        voice: The agent's.
        phrases: What it has ready.
        judge: Tells a voice from a noise.
        folder: For databases and sockets.
    """

    mind: Mind
    ear: SpeechToText | None
    voice: BySentence
    phrases: Phrases
    judge: SpeechJudge
    folder: Path


@asynccontextmanager
async def open_studio(
    mind: Mind, ear: SpeechToText | None, folder: Path, agent_wpm: int
) -> AsyncIterator[Studio]:
    """Open what spoken calls share.

    Args:
        mind: What thinks.
        ear: The offline recogniser, or None.
        folder: For databases and sockets; has a template.
        agent_wpm: How fast the agent speaks, words a minute.
    """
    voice = _voice(OFFLINE, agent_wpm)
    try:
        shared = BySentence(voice, TRAITS, other=voice.speaking)
        phrases = Phrases([("offline", shared)], folder / "speech")
        yield Studio(mind, ear, shared, phrases, SpeechJudge(ready=4), folder)
    finally:
        await voice.close()


async def make_ready(studio: Studio, cases: Sequence[Case]) -> None:
    """Make the sentences that every caller hears, before any call begins.

    Each call has a media process of its own, and all of them would make the same ones at once:
    hundreds of times the same work, while callers wait.

    Args:
        studio: Where they are kept.
        cases: One for each call; a company with a single call makes its own meanwhile.
    """
    calls = Counter(case.company.key for case in cases)
    for case in {case.company.key: case for case in cases}.values():
        if calls[case.company.key] == 1:
            continue
        company = in_world(case)
        today = datetime.now(ZoneInfo(company.timezone)).date()
        stock = [*wording.STOCK, *wording.company_stock(company, today)]
        texts = list(dict.fromkeys((company.greeting, wording.HOW_CAN_I_HELP, *stock)))
        halves = (texts[::2], texts[1::2])
        await asyncio.gather(*(studio.phrases.prepare(half, company.voice) for half in halves))


class SpokenCall:
    """The persona's side of one call.

    Args:
        case: The scenario.
        persona: Who calls.
        luck: Decides what is misheard.
        word_errors: Words in a hundred that are.
        voice: The caller's.
        slowly: The same, as he speaks when he is asked again.
        spoken: Tells the simulated ear.
    """

    def __init__(
        self,
        case: Case,
        persona: Persona,
        luck: random.Random,
        word_errors: int,
        voice: OfflineVoice,
        slowly: OfflineVoice,
        spoken: Spoken,
    ) -> None:
        self.record = CallRecord()
        self.notes = Notes(self._on_turn, self._on_end)
        self._case = case
        self._persona = persona
        self._luck = luck
        self._word_errors = word_errors
        self._voice = voice
        self._slowly = slowly
        self._spoken = spoken
        self._loop = asyncio.get_running_loop()
        self._turns: dict[int, Turn] = {}
        self._taken = -1  # the newest of the agent's turns that the caller has answered
        self._said = ""  # what the caller said last, for what the ear makes of it
        self._changed = asyncio.Event()
        self._ended = asyncio.Event()

    async def hold(self, line: Line) -> None:
        """Talk until the call is over."""
        while not self._ended.is_set() and self.record.turns < MOST_TURNS:
            if not await self._my_turn(line):
                break
            act = self._persona.hear(self._heard())
            if isinstance(act, HangUp):
                self.record.outcome = HUNG_UP
                break
            await self._do(act, line)
        if not self._ended.is_set() and self.record.turns >= MOST_TURNS:
            self.record.error = f"the talk goes in circles: {MOST_TURNS} turns and no end"

    async def ended(self) -> None:
        """Wait until the agent has written the call off."""
        async with asyncio.timeout(START_S):
            await self._ended.wait()

    def finish(self) -> None:
        """Write down what was said, in order; of the caller, what the ear made of it."""
        self.record.said.clear()
        for turn in (self._turns[index] for index in sorted(self._turns)):
            who = AGENT if turn.speaker is Speaker.AGENT else CALLER
            if turn.heard or who == CALLER:
                self.record.said.append((who, turn.heard or "[nothing]"))
            self.record.passed(turn.step)
            latency = response_ms(turn.marks_ms)
            if who == AGENT and latency is not None:
                self.record.latencies_ms.append(latency)
        self.record.wanted = self.notes.wanted_why

    async def _my_turn(self, line: Line) -> bool:
        """Wait until the agent has said something and is quiet; False if the call is over."""
        since_s = self._loop.time()
        while not (self._ended.is_set() or line.over.is_set()):
            quiet_s = self._loop.time() - line.quiet_since_s
            newest = max(self._turns, default=-1)
            done = newest >= 0 and self._turns[newest].done
            if done and newest > self._taken and self._agents(newest) and quiet_s >= THINKS_S:
                return True
            if self._loop.time() - since_s > NOBODY_S:
                self.record.error = f"the agent said nothing for {NOBODY_S:.0f} s"
                return False
            await asyncio.sleep(0.02)
        return False

    def _agents(self, index: int) -> bool:
        return self._turns[index].speaker is Speaker.AGENT

    def _heard(self) -> str:
        """Return what the agent has said since the caller's last turn."""
        new = [turn for index, turn in sorted(self._turns.items()) if index > self._taken]
        self._taken = max(self._turns)
        return " ".join(turn.heard for turn in new if turn.speaker is Speaker.AGENT)

    async def _do(self, act: Say | Press | Quiet, line: Line) -> None:
        match act:
            case Say(text, slowly):
                voice = self._slowly if slowly else self._voice
                pcm = b"".join([piece async for piece in voice.synthesize(text)])
                heard = misheard(text, self._word_errors, self._luck)
                self._said = text
                self._spoken.begin(heard, pcm)
                self.record.said.append((CALLER, text))
                await line.say(pcm)
            case Press(keys):
                self.record.said.append((CALLER, f"[keys {keys}]"))
                await line.press(keys)
            case Quiet():
                pass

    def _on_turn(self, turn: Turn) -> None:
        self._turns[turn.index] = turn
        if turn.speaker is Speaker.CALLER and not turn.text.startswith("["):
            self.record.heard.append((self._said, turn.text))

    def _on_end(self, reason: EndReason, outcome: Outcome | None) -> None:
        if reason is EndReason.ENGINE_FAILED:
            self.record.error = self.record.error or "the agent broke down: an engine failed"
        self.record.outcome = outcome.value if outcome is not None else HUNG_UP
        self._ended.set()


async def run_speech(case: Case, studio: Studio, seed: int, word_errors: int = 0) -> CallRecord:
    """Run a scenario once, spoken, in real time.

    Args:
        case: It.
        studio: What it is run with.
        seed: Of everything that is left to luck.
        word_errors: Words in a hundred that the simulated ear gets wrong.
    """
    luck = random.Random(f"{case.name}/{seed}")
    spec = case.scenario.persona
    persona = Persona(spec, luck, writes=False)
    info = new_call(case)
    spoken = Spoken()
    database = new_database(studio.folder, info.call_id.hex)
    async with AsyncExitStack() as stack:
        log = stack.enter_context(LogOf(info.call_id))
        voice = _voice(spec.voice, spec.speed_wpm)
        stack.push_async_callback(voice.close)
        slow_wpm = max(80, round(spec.speed_wpm * SLOWLY))
        slowly = _voice(spec.voice, slow_wpm)
        stack.push_async_callback(slowly.close)
        desks = await stack.enter_async_context(open_desks(case.scenario.world, database))
        world = case.scenario.world
        own = with_own_system(in_world(case), case.company, world.tools)
        company = await stack.enter_async_context(own)
        await keep_bookings(desks, company, world.bookings, info.caller)
        call = SpokenCall(case, persona, luck, word_errors, voice, slowly, spoken)
        ear = await _ear(studio, spoken, stack)
        mind = overheard_in(call.record, studio.mind)
        media = _media(company, replace(studio, mind=mind), ear, call.notes, desks, info)
        link = await stack.enter_async_context(media)
        address = await _register(link, info)
        line = Line()
        stack.push_async_callback(line.close)
        await line.connect(address, info.call_id)
        try:
            async with asyncio.timeout(CALL_S):
                await call.hold(line)
        except TimeoutError:
            call.record.error = f"the call was not over after {CALL_S:.0f} s"
        hung_up = call.record.outcome
        await line.close()
        await call.ended()
        call.record.outcome = hung_up or call.record.outcome
        record = call.record
        record.bookings, record.callbacks = await rows_of(desks.store, info.record_id)
        record.kept = await kept_of(desks.store, world.bookings)
    call.finish()
    record.log = log.lines
    database.unlink(missing_ok=True)
    return record


def _voice(name: str, speed_wpm: int) -> OfflineVoice:
    return OfflineVoice(
        voice=name, speed_wpm=speed_wpm, first_byte_s=PATIENCE_S, next_bytes_s=PATIENCE_S
    )


async def _ear(studio: Studio, spoken: Spoken, stack: AsyncExitStack) -> EarChain:
    now = asyncio.get_running_loop().time
    if studio.ear is not None:
        return EarChain([("offline", studio.ear)], {"offline": Breaker()}, now)
    vendors = Simulators(Delays(), Faults(()), spoken)
    port = await vendors.start()
    stack.push_async_callback(vendors.close)
    options = deepgram.Options(
        api_key=SecretStr("simulated"),
        url=f"ws://127.0.0.1:{port}",
        connect_ms=CONNECT_MS,
        final_ms=FINAL_MS,
        stall_ms=STALL_MS,
    )
    engine = await deepgram.open_engine(options)
    stack.push_async_callback(engine.close)
    return EarChain([("deepgram", engine)], {"deepgram": Breaker()}, now)


@asynccontextmanager
async def _media(
    company: Company, studio: Studio, ear: EarChain, notes: Notes, desks: Desks, info: CallInfo
) -> AsyncIterator[Path]:
    """Run a media process for one call; gives the path of its link."""
    link = studio.folder / f"{info.call_id.hex[:12]}.sock"
    config = MediaConfig(
        host="127.0.0.1",
        port=0,
        link_path=link,
        link_mode=0o600,
        link_gid=-1,
        capacity=1,
        call=CallConfig(VadConfig(), TurnConfig(EndpointConfig()), SPECULATION_TOKENS),
        recordings=PurePosixPath("/recordings"),
    )
    now = asyncio.get_running_loop().time
    voice = VoiceChain([("offline", studio.voice)], {"offline": Breaker()}, now)
    engines = ProcessEngines(ear, studio.mind, voice, studio.phrases, studio.judge)
    companies = {did_digits(info.did): company}
    media = MediaProcess(config, companies, engines, notes, desks.booking_desk.diary, desks.people)
    stop, ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(media.serve(stop.wait(), ready.set))
    try:
        async with asyncio.timeout(START_S):
            await ready.wait()
        yield link
    finally:
        stop.set()
        await serving


async def _register(link: Path, info: CallInfo) -> str:
    """Announce the call as the gate does; returns where its audio goes."""
    reader, writer = await asyncio.open_unix_connection(link)
    request = {
        "op": "register",
        "uuid": str(info.call_id),
        "did": info.did,
        "caller": info.caller,
        "channel": info.channel,
        "uniqueid": info.uniqueid,
    }
    writer.write(json.dumps(request).encode() + b"\n")
    async with asyncio.timeout(START_S):
        reply = json.loads(await reader.readline())
    writer.close()
    if not reply["ok"]:
        raise ValueError(f"the agent does not take the call: {reply['error']}")
    return str(reply["media"])
