"""One call, end to end: frames in, frames out, and the conversation between them.

Everything here runs in the media event loop. A frame from Asterisk goes through the VAD and the
turn policy at once, in the call that delivered it; what they decide is done before the next frame.
Decisions live elsewhere (`turns`, `conversation`, `playout`); this file only carries them out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from audiosocket_agent import exits, person
from audiosocket_agent.away import Away
from audiosocket_agent.conversation import (
    BookingRequest,
    Facts,
    Keyed,
    Overtime,
    Phase,
    Reply,
    SecretDone,
    Silent,
    Started,
    Warned,
)
from audiosocket_agent.conversation_state import (
    CallbackRequest,
    Noted,
    NotNoted,
    Returned,
    Seek,
    Sought,
    Unanswered,
    Why,
)
from audiosocket_agent.desk import BookingDesk
from audiosocket_agent.dialogue import Dialogue, Mind
from audiosocket_agent.errors import ProviderError
from audiosocket_agent.journal import EndReason
from audiosocket_agent.leg import Leg
from audiosocket_agent.line_clock import LineClock
from audiosocket_agent.minutes import Minutes
from audiosocket_agent.onset import Onset
from audiosocket_agent.pacer import Pacer
from audiosocket_agent.person_desk import PersonDesk
from audiosocket_agent.playout import Playout
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.seams import FRAME_BYTES, EarTraits, SttSession, VoiceSession
from audiosocket_agent.secret_desk import SecretDesk
from audiosocket_agent.speech import Mouth, Stock
from audiosocket_agent.speech_judge import SpeechJudge
from audiosocket_agent.talker import Booking, Talker
from audiosocket_agent.tools.of_call import Tools
from audiosocket_agent.turns import Act, TurnConfig, TurnPolicy
from audiosocket_agent.vad import EnergyVad, VadConfig
from audiosocket_agent.workflow import Outcome, Step

log = logging.getLogger(__name__)

LAST_WORDS_S = 60.0  # after the longest call: the way to a person is said in less
OVERTIME_S = 10.0  # a time that is up waits this long for a moment in which nobody speaks


class Ear(SttSession, Protocol):
    """The ear of one call, which may change its engine in mid-call."""

    @property
    def traits(self) -> EarTraits:
        """What listens now takes and needs."""


@dataclass(frozen=True, slots=True)
class Engines:
    """What a call hears, thinks and speaks with.

    Attributes:
        ear: Its ear.
        mind: What thinks, shared by all calls.
        voice: Its voice.
        stock: Finds sentences that are kept ready to be played.
        judge: Tells a voice from a noise, shared by all calls.
    """

    ear: Ear
    mind: Mind
    voice: VoiceSession
    stock: Stock
    judge: SpeechJudge


@dataclass(frozen=True, slots=True)
class CallConfig:
    """Thresholds of every call of the process.

    Attributes:
        vad: Of the voice activity detector.
        turns: Of the turn policy.
        speculation_tokens: Most tokens a call may spend on answers that nobody hears.
    """

    vad: VadConfig
    turns: TurnConfig
    speculation_tokens: int


@dataclass(frozen=True, slots=True)
class End:
    """How the agent's part of a call ended.

    Attributes:
        reason: How.
        outcome: What the dialplan is to do next; None: nobody planned this end.
        variables: What the dialplan needs for it.
    """

    reason: EndReason
    outcome: Outcome | None
    variables: Mapping[str, str] = field(default_factory=dict)


class Call:
    """The object that owns a call.

    Args:
        info: What the gate registered.
        facts: The company and what is known of the caller.
        engines: Its ear and voice.
        config: Thresholds.
        pacer: The process's frame clock.
        leg: Lets the caller hear us.
        minutes: Writes down what is said.
        desk: Makes its bookings.
        people: Looks for people.
        before: The conversation so far, of a caller who comes back from people.
        tools: Runs tools that need the world; None: there are none.
    """

    def __init__(
        self,
        info: CallInfo,
        facts: Facts,
        engines: Engines,
        config: CallConfig,
        pacer: Pacer,
        leg: Leg,
        minutes: Minutes,
        desk: BookingDesk,
        people: PersonDesk,
        before: Away | None = None,
        tools: Tools | None = None,
    ) -> None:
        self.info = info
        self._facts = facts
        self._ear = engines.ear
        self._leg = leg
        self._minutes = minutes
        self._desk = desk
        self._people = people
        self._loop = asyncio.get_running_loop()
        self._started_s = self._loop.time()
        self._began_s = self._started_s if before is None else before.began_s
        self._step_since = (Step.GREET, False, self._started_s)
        self._line = LineClock()
        self._vad = EnergyVad(config.vad)
        self._turns = TurnPolicy(config.turns)
        self._onset = Onset(engines.judge, config.turns.barge_in.probability)
        self._playout = Playout()
        self._mouth = Mouth(self._playout, engines.voice, engines.stock, self._urge)
        self._dialogue = Dialogue(
            engines.mind,
            facts,
            self._book,
            str(info.call_id),
            None if before is None else before.state,
            None if tools is None else tools.of_call(info.record_id, facts, self._note),
            lambda request: desk.hold(info.record_id, facts.company, request),
        )
        self._talker = Talker(
            self,
            self._dialogue,
            self._mouth,
            self._playout,
            minutes,
            self._book,
            self._seek,
            self._note,
            comfort_after_s=facts.company.comfort_after_s,
            most_discarded=config.speculation_tokens,
        )
        self._whisper: asyncio.Task[str] | None = None
        self._secrets = SecretDesk(info, facts.company, people.control, self._secret_taken)
        self._marks_ms: dict[str, int] = {}  # the waterfall of the caller's turn
        self._warned = self._long = self._failed = False
        self._tasks: asyncio.TaskGroup | None = None
        self._over = asyncio.Event()
        self._ended: End | None = None
        self._beat = pacer.join(
            self._tick, lambda: self.end(EndReason.ENGINE_FAILED, Outcome.SORRY)
        )

    async def run(self) -> End:
        """Hold the call from greeting to goodbye; returns how it ended."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                listening = self.spawn(self._listen())
                following = self.spawn(
                    self._desk.follow(self.info.record_id, self._facts.company, self._dialogue.know)
                )
                self._talker.on(self._first_event())
                await self._over.wait()
                listening.cancel()
                following.cancel()
                self._talker.stop()
        except* ProviderError as failures:
            for failure in failures.exceptions:
                log.error("engine failed: %s", failure, extra=self._extra)
            self._minutes.wanted(Why.PROVIDER.value)
            self.end(EndReason.ENGINE_FAILED, Outcome.SORRY)
        finally:
            self._beat.leave()
            self._onset.settled()
            self._minutes.close(self._talker.spent)
            await self._secrets.close()
        assert self._ended is not None
        if self._ended.reason is EndReason.CALLER_HUNG_UP:
            wish = person.left_behind(self._talker.state, self._facts)
            if wish is not None:
                self._note(wish)  # at its desk, which finishes it
        return self._ended

    def end(
        self,
        reason: EndReason,
        outcome: Outcome | None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """End the call; the first end counts, later ones do nothing.

        Args:
            reason: Why.
            outcome: What the dialplan does next; None: nobody planned this end.
            variables: What the dialplan needs for it.
        """
        if self._ended is None:
            self._ended = End(reason, outcome, variables or {})
            self._over.set()

    def away(self) -> Away:
        """Return the conversation, for the case that nobody takes the caller."""
        minutes = self._minutes
        return Away(
            self._facts,
            self._talker.state,
            tuple(minutes.history),
            minutes.next_turn,
            minutes.spent,
            self._began_s,
        )

    # --- in: what Asterisk sends -----------------------------------------------------------------

    def audio(self, pcm: bytes) -> None:
        """Take the caller's audio, any length; usually 20 ms."""
        for at in range(0, len(pcm), FRAME_BYTES):
            frame = pcm[at : at + FRAME_BYTES]
            if self._secrets.busy:
                frame = bytes(len(frame))  # digits are spoken, too
            self._ear.feed(frame)
            self._onset.heard(frame)
            self._vad.feed(frame, self._onset.echo_db)
            self._line.frame(self.now_ms(), voiced=self._vad.voiced)
            self._turns.listens_with(self._ear.traits, may_speculate=self._talker.may_speculate)
            acts = self._turns.voice(
                self._line_ms,
                speaking=self._vad.speaking,
                voiced=self._vad.voiced,
                left_ms=self._talker.left_ms,
            )
            self._do(acts)
            if self._turns.undecided:
                self._weigh()
            else:
                self._onset.settled()

    def key(self, digit: str) -> None:
        """Take a key the caller pressed."""
        if self._secrets.busy and self._playout.left_ms:
            self._talker.stop()
        if self._secrets.key(digit):
            return
        self._do(self._turns.key(digit, self._line_ms, left_ms=self._talker.left_ms))

    def _weigh(self) -> None:
        """Find out what the sound over our voice is."""
        found, left_ms = self._onset.weigh(), self._talker.left_ms
        self._do(
            self._turns.judged(self._line_ms, found.probability, echo=found.echo, left_ms=left_ms)
        )
        if not self._turns.undecided:
            self._onset.settled()

    async def _listen(self) -> None:
        async for transcript in self._ear.transcripts():
            self._mark("stt_final" if transcript.final else "stt_partial")
            self._do(self._turns.heard(transcript, self._line_ms, left_ms=self._talker.left_ms))

    # --- out: frames -----------------------------------------------------------------------------

    def _tick(self, now_s: float) -> float:
        self._line.tick(self.now_ms())
        tick = self._playout.tick(now_s, self._beat.due_s)
        self._leg.play(tick.pcm)
        self._onset.played(tick.pcm)
        if tick.voiced:
            self._minutes.mark_once("first_frame", self.now_ms())
        if tick.drained:
            self._mouth.drained()
        self._do(self._turns.tick(self._line_ms, left_ms=self._talker.left_ms))
        self._watch_time(now_s)
        return tick.next_due_s

    def _urge(self) -> None:
        """Speech was queued: its first frame leaves now rather than up to 20 ms later."""
        due_s = self._playout.urgent_due_s(self._loop.time(), self._beat.due_s)
        if due_s < self._beat.due_s:
            self._beat.move(due_s)

    def _watch_time(self, now_s: float) -> None:
        state, (step, errand, since_s) = self._talker.state, self._step_since
        if (step, errand) != (state.step, state.earlier is not None):
            self._step_since = (state.step, state.earlier is not None, now_s)
            return
        company = self._facts.company
        on_s = now_s - self._started_s
        if on_s > company.max_call_s + LAST_WORDS_S:
            log.error("the call does not end by itself", extra=self._extra)
            self.end(EndReason.ENGINE_FAILED, Outcome.SORRY)
        if state.phase in (Phase.ENDED, Phase.SEEKING, Phase.NOTING):
            return  # what is waited for there has a deadline of its own
        nobody_speaks = self._talker.silent and not self._turns.caller_speaks
        over_s = now_s - since_s - company.workflow.steps[step].timeout_s
        if not self._long:  # told once: what is offered instead of a person takes its time
            over_s = max(over_s, on_s - company.max_call_s)
        if over_s > 0 and (nobody_speaks or over_s > OVERTIME_S):
            self._long = on_s > company.max_call_s
            self._talker.on(Overtime())
            return
        soon = 0 < company.max_call_s - on_s <= company.warn_before_s
        if soon and not self._warned and nobody_speaks and state.phase is Phase.ASKING:
            self._warned = True
            self._talker.on(Warned())

    # --- decisions carried out -------------------------------------------------------------------

    def _do(self, acts: list[Act]) -> None:
        for act in acts:
            if not (self._over.is_set() or self._failed):
                self._do_one(act)

    def _do_one(self, act: Act) -> None:
        match act:
            case Act.SPEECH_STARTED:
                self._ear.speech_started()
            case Act.FINALIZE:
                self._mark("finalize")
                self._ear.finalize()
            case Act.SPECULATE:
                self._talker.think_ahead(self._turns.draft, self._confidence)
            case Act.DISCARD:
                self._talker.think_again()
            case Act.COMMIT:
                self._take_turn()
            case Act.PAUSE:
                self._talker.hold()
                self._onset.suspected()
            case Act.RESUME:
                self._talker.release()
            case Act.INTERRUPT:
                self._talker.give_way()
            case Act.FORGET:
                self._ear.discard()
            case Act.KEYS:
                self._take_keys()
            case Act.NO_INPUT:
                self._talker.on(Silent())

    def _take_turn(self) -> None:
        now_ms = round(self.now_ms())
        last_voice_ms = round(self._line.wall_ms(self._turns.last_voice_ms, self.now_ms()))
        marks_ms, self._marks_ms = self._marks_ms, {}
        # A final from before the caller's last sound belongs to a pause that was none.
        marks_ms = {
            name: ms
            for name, ms in marks_ms.items()
            if ms >= last_voice_ms or name == "stt_partial"
        }
        marks_ms = {"speech_end": last_voice_ms} | marks_ms | {"decision": now_ms}
        confidence = self._confidence
        self._talker.hear(self._turns.take_turn(), last_voice_ms, marks_ms, confidence)

    @property
    def _confidence(self) -> float:
        """How sure the ear is of the turn; one that hears only what it expects tells no more."""
        sure = self._turns.confidence
        enough = sure >= self._facts.company.workflow.unsure_below
        return 1.0 if enough or not self.free_speech else sure

    def _take_keys(self) -> None:
        keys, now_ms = self._turns.take_keys(), round(self.now_ms())
        self._minutes.caller_keyed(keys, self._talker.state, now_ms)
        self._talker.on(Keyed(keys), {"speech_end": now_ms, "decision": now_ms})

    @property
    def _line_ms(self) -> float:
        """The caller's time, by which turns are judged."""
        return self._line.now_ms(self.now_ms())

    def _mark(self, name: str) -> None:
        self._marks_ms[name] = round(self.now_ms())

    def _book(self, request: BookingRequest) -> Booking:
        return self._desk.begin(self.info.record_id, self._facts.company, request)

    def _note(self, wish: CallbackRequest) -> asyncio.Task[Noted | NotNoted]:
        return self._people.note(self.info, self._facts.company, wish)

    def _seek(self, seek: Seek) -> asyncio.Task[Sought]:
        """Look for people, and have ready what the one who answers is told."""
        company, state = self._facts.company, self._talker.state
        self._minutes.wanted(seek.why.value)
        if company.people.whisper:
            text = exits.whisper_text(state, self._facts)
            self._whisper = self._people.whisper(self.info, text, company.voice)
        return self._people.seek(company, seek)

    def _secret_taken(self, name: str, ok: bool) -> None:
        if not (self._over.is_set() or self._failed):
            self._talker.on(SecretDone(name, ok=ok))

    def _first_event(self) -> Started | Returned:
        if self.info.back:
            return Returned(Unanswered(self.info.back))
        return Started(open_question=self.free_speech)

    # --- what our side of the talk needs (`Floor`) -----------------------------------------------

    @property
    def free_speech(self) -> bool:
        """See `Floor.free_speech`."""
        return not self._ear.traits.closed_vocabulary

    def now_ms(self) -> float:
        """See `Floor.now_ms`; since the call was first connected."""
        return (self._loop.time() - self._began_s) * 1000

    def spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """See `Floor.spawn`."""
        assert self._tasks is not None  # nothing is said before the call runs
        task = self._tasks.create_task(self._watched(work))
        task.add_done_callback(lambda _: work.close())  # never begun, if cancelled at once
        return task

    async def _watched(self, work: Coroutine[None, None, None]) -> None:
        """Do work whose failure ends the call: nothing more is begun then."""
        try:
            await work
        except Exception:
            self._failed = True
            raise

    def asks(self, reply: Reply) -> None:
        """See `Floor.asks`."""
        if not reply.secret:
            self._secrets.stop()  # something else is asked now
        self._ear.expect(reply.listen)
        self._turns.asks(reply.listen, reply.keys)

    def listens(self) -> None:
        """See `Floor.listens`."""
        self._turns.listen(self._line_ms, self._facts.company.no_input_s * 1000)

    def collects(self, secret: str) -> None:
        """See `Floor.collects`."""
        self._secrets.begin(secret)

    def ends(self, outcome: Outcome, target: str) -> None:
        """See `Floor.ends`."""
        if outcome is Outcome.HANGUP:
            self.end(EndReason.COMPLETED, outcome)
            return
        ready = self._whisper is not None and self._whisper.done()
        given = exits.variables(
            target,
            self._facts.company,
            whisper=self._whisper.result() if self._whisper is not None and ready else "",
            summary=exits.summary(self._talker.state, self._facts),
        )
        self.end(EndReason.HANDED_OVER, outcome, given)

    @property
    def _extra(self) -> dict[str, str]:
        return {"call_id": str(self.info.call_id)}
