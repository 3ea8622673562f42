"""One call, end to end: frames in, frames out, and the conversation between them.

Everything here runs in the media event loop. A frame from Asterisk goes through the VAD and the
turn policy at once, in the call that delivered it; what they decide is done before the next frame.
Decisions live elsewhere (`turns`, `conversation`, `playout`); this file only carries them out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Protocol

from audiosocket_agent import protocol, wording
from audiosocket_agent.answers import Answer, Spending, Stage
from audiosocket_agent.completeness import same_words
from audiosocket_agent.conversation import (
    Booked,
    BookingFailed,
    BookingRequest,
    Event,
    Facts,
    Heard,
    Keyed,
    Overtime,
    Phase,
    Reply,
    Silent,
    Started,
    Warned,
)
from audiosocket_agent.desk import BookingDesk
from audiosocket_agent.dialogue import Dialogue, Mind
from audiosocket_agent.draft import COMFORT_EVERY_S
from audiosocket_agent.errors import ProviderError
from audiosocket_agent.journal import EndReason
from audiosocket_agent.minutes import Minutes
from audiosocket_agent.onset import Onset
from audiosocket_agent.pacer import Pacer
from audiosocket_agent.playout import Playout
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.seams import (
    FRAME_BYTES,
    EarTraits,
    Expectation,
    Hearing,
    SttSession,
    VoiceSession,
)
from audiosocket_agent.speech import Line, Mouth, Stock, heard_text
from audiosocket_agent.speech_judge import SpeechJudge
from audiosocket_agent.turns import Act, TurnConfig, TurnPolicy
from audiosocket_agent.understanding import KeyRule
from audiosocket_agent.vad import EnergyVad, VadConfig
from audiosocket_agent.workflow import STEPS, Outcome, Step

log = logging.getLogger(__name__)

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


class Call:
    """The object that owns a call.

    Args:
        info: What the gate registered.
        facts: The company and what is known of the caller.
        engines: Its ear and voice.
        config: Thresholds.
        pacer: The process's frame clock.
        send: Writes one encoded message to Asterisk.
        minutes: Writes down what is said.
        desk: Makes its bookings.
    """

    def __init__(
        self,
        info: CallInfo,
        facts: Facts,
        engines: Engines,
        config: CallConfig,
        pacer: Pacer,
        send: Callable[[bytes], None],
        minutes: Minutes,
        desk: BookingDesk,
    ) -> None:
        self.info = info
        self._facts = facts
        self._ear = engines.ear
        self._send = send
        self._minutes = minutes
        self._desk = desk
        self._loop = asyncio.get_running_loop()
        self._started_s = self._loop.time()
        self._step_since = (Step.GREET, self._started_s)
        self._vad = EnergyVad(config.vad)
        self._turns = TurnPolicy(config.turns)
        self._onset = Onset(engines.judge)
        self._dialogue = Dialogue(engines.mind, facts, self._book, str(info.call_id))
        self._spending = Spending(config.speculation_tokens)
        self._playout = Playout()
        self._mouth = Mouth(self._playout, engines.voice, engines.stock, self._urge)
        self._stage = Stage(self._dialogue, self._mouth, minutes, self._now_ms, self._turn_to)
        self._answer: Answer | None = None  # being given, or only held
        self._speaking: asyncio.Task[None] | None = None  # whose task this is
        self._booking: asyncio.Task[Booked | BookingFailed] | None = None
        self._marks_ms: dict[str, int] = {}  # the waterfall of the caller's turn
        self._warned = False
        self._tasks: asyncio.TaskGroup | None = None
        self._over = asyncio.Event()
        self._ended: tuple[EndReason, Outcome | None] | None = None
        self._beat = pacer.join(
            self._tick, lambda: self.end(EndReason.ENGINE_FAILED, Outcome.SORRY)
        )

    async def run(self) -> tuple[EndReason, Outcome | None]:
        """Hold the call from greeting to goodbye.

        Returns:
            How it ended, and what the dialplan is to do next (None: nobody planned this end).
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                listening = tasks.create_task(self._listen())
                self._on(Started(open_question=self._free_speech))
                await self._over.wait()
                listening.cancel()
                self._silence()
        except* ProviderError as failures:
            for failure in failures.exceptions:
                log.error("engine failed: %s", failure, extra=self._extra)
            self.end(EndReason.ENGINE_FAILED, Outcome.SORRY)
        finally:
            self._beat.leave()
            self._onset.settled()
            self._minutes.close(self._spending.total(self._dialogue.tokens))
        assert self._ended is not None
        return self._ended

    def end(self, reason: EndReason, outcome: Outcome | None) -> None:
        """End the call; the first end counts, later ones do nothing."""
        if self._ended is None:
            self._ended = (reason, outcome)
            self._over.set()

    # --- in: what Asterisk sends -----------------------------------------------------------------

    def audio(self, pcm: bytes) -> None:
        """Take the caller's audio, any length; usually 20 ms."""
        for at in range(0, len(pcm), FRAME_BYTES):
            frame = pcm[at : at + FRAME_BYTES]
            self._ear.feed(frame)
            self._onset.heard(frame)
            self._vad.feed(frame, self._onset.echo_db)
            self._turns.listens_with(self._ear.traits, may_speculate=self._spending.may_speculate)
            acts = self._turns.voice(
                self._now_ms(),
                speaking=self._vad.speaking,
                voiced=self._vad.voiced,
                left_ms=self._left_ms,
            )
            self._do(acts)
            if self._turns.undecided:
                self._weigh()
            else:
                self._onset.settled()

    def key(self, digit: str) -> None:
        """Take a key the caller pressed."""
        self._do(self._turns.key(digit, self._now_ms(), left_ms=self._left_ms))

    def _weigh(self) -> None:
        """Find out what the sound over our voice is."""
        found = self._onset.weigh()
        self._do(
            self._turns.judged(
                self._now_ms(), found.probability, echo=found.echo, left_ms=self._left_ms
            )
        )
        if not self._turns.undecided:
            self._onset.settled()

    # --- out: frames -----------------------------------------------------------------------------

    def _tick(self, now_s: float) -> float:
        tick = self._playout.tick(now_s, self._beat.due_s)
        self._send(protocol.encode_audio(tick.pcm))
        self._onset.played(tick.pcm)
        if tick.voiced:
            self._minutes.mark_once("first_frame", self._now_ms())
        if tick.drained:
            self._mouth.drained()
        self._do(self._turns.tick(self._now_ms(), left_ms=self._left_ms))
        self._watch_time(now_s)
        return tick.next_due_s

    def _urge(self) -> None:
        """Speech was queued: its first frame leaves now rather than up to 20 ms later."""
        due_s = self._playout.urgent_due_s(self._loop.time(), self._beat.due_s)
        if due_s < self._beat.due_s:
            self._beat.move(due_s)

    def _watch_time(self, now_s: float) -> None:
        step, since_s = self._step_since
        if step is not self._dialogue.state.step:
            self._step_since = (self._dialogue.state.step, now_s)
            return
        if self._dialogue.state.phase is Phase.ENDED:
            return
        company = self._facts.company
        on_s = now_s - self._started_s
        over_s = max(on_s - company.max_call_s, now_s - since_s - STEPS[step].timeout_s)
        if over_s > 0 and (self._nobody_speaks or over_s > OVERTIME_S):
            self._on(Overtime())
            return
        left_s = company.max_call_s - on_s
        warns = 0 < left_s <= company.warn_before_s and not self._warned
        if warns and self._nobody_speaks and self._dialogue.state.phase is Phase.ASKING:
            self._warned = True
            self._on(Warned())

    # --- decisions carried out -------------------------------------------------------------------

    def _do(self, acts: list[Act]) -> None:
        for act in acts:
            match act:
                case Act.SPEECH_STARTED:
                    self._ear.speech_started()
                case Act.FINALIZE:
                    self._mark("finalize")
                    self._ear.finalize()
                case Act.SPECULATE:
                    self._speculate(self._turns.draft)
                case Act.DISCARD:
                    self._discard()
                case Act.COMMIT:
                    self._take_turn()
                case Act.PAUSE:
                    self._mouth.hold()
                    self._onset.suspected()
                case Act.RESUME:
                    self._mouth.release()
                    if not self._turns.undecided:
                        self._onset.settled()
                case Act.INTERRUPT:
                    self._interrupt()
                case Act.KEYS:
                    self._take_keys()
                case Act.NO_INPUT:
                    self._on(Silent())

    async def _listen(self) -> None:
        async for transcript in self._ear.transcripts():
            final = transcript.hearing is Hearing.FINAL
            self._mark("stt_final" if final else "stt_partial")
            self._do(self._turns.heard(transcript, self._now_ms(), left_ms=self._left_ms))

    def _mark(self, name: str) -> None:
        self._marks_ms[name] = round(self._now_ms())

    def _speculate(self, text: str) -> None:
        """Begin an answer that is held until the caller is surely done."""
        if self._dialogue.state.phase is Phase.ASKING and not self._busy:
            self._begin(Heard(text))

    def _discard(self) -> None:
        if self._answer is not None and not self._answer.committed:
            self._silence()

    def _take_turn(self) -> None:
        """Answer what the caller has said: with what was begun, if it fits."""
        text = self._turns.take_turn()
        last_voice_ms = self._turns.last_voice_ms
        marks_ms, self._marks_ms = self._marks_ms, {}
        marks_ms = {"speech_end": round(last_voice_ms)} | {
            name: at_ms for name, at_ms in marks_ms.items() if at_ms >= round(last_voice_ms)
        }
        if self._dialogue.state.phase is not Phase.ASKING or self._busy:
            return  # said while the booking is being made, or after the end
        answer = self._begun_to(text)
        if answer is None:
            self._silence()
            answer = self._begin(Heard(text))
        self._minutes.caller_said(text, self._dialogue.state, last_voice_ms)
        self._commit(answer, marks_ms | {"decision": round(self._now_ms())})

    def _begun_to(self, text: str) -> Answer | None:
        """Return the answer that is held, if it answers these words and is still good."""
        answer, speaking = self._answer, self._speaking
        if answer is None or not isinstance(answer.event, Heard):
            return None
        if speaking is None or speaking.done() or answer.error is not None:
            return None
        return answer if same_words(answer.event.text, text) else None

    def _take_keys(self) -> None:
        keys = self._turns.take_keys()
        now_ms = round(self._now_ms())
        self._minutes.caller_keyed(keys, self._dialogue.state, now_ms)
        self._on(Keyed(keys), {"speech_end": now_ms, "decision": now_ms})

    def _on(self, event: Event, marks_ms: dict[str, int] | None = None) -> None:
        """Answer an event that is sure."""
        phase = self._dialogue.state.phase
        if self._tasks is None or self._ended or phase is Phase.ENDED:
            return
        if phase is Phase.BOOKING and isinstance(event, Heard | Keyed | Silent | Warned):
            return  # said while the booking is being made; its result speaks next
        self._silence()
        self._commit(self._begin(event), marks_ms or {})

    def _begin(self, event: Event) -> Answer:
        """Begin an answer; it is only held until it is committed."""
        assert self._tasks is not None
        self._answer = Answer(self._stage, event, free_speech=self._free_speech)
        self._speaking = self._tasks.create_task(self._give(self._answer))
        return self._answer

    def _commit(self, answer: Answer, marks_ms: dict[str, int]) -> None:
        self._turns.asks(Expectation(), KeyRule())
        answer.commit(marks_ms)

    async def _give(self, answer: Answer) -> None:
        await answer.speak()
        if not answer.committed:
            return  # it could not be made; should it be wanted, it is begun again
        self._minutes.agent_ends(heard_text(self._playout.passages), interrupted=False)
        self._spending.count(answer)
        self._answer = None
        reply = answer.reply
        assert reply is not None  # every answer ends with one
        if self._booking is not None:
            booking, self._booking = self._booking, None
            result = await self._comforting(booking)
            self._speaking = None  # this task goes on to start its successor
            self._on(result)
        elif reply.end is not None:
            handed_over = reply.end is not Outcome.HANGUP
            self.end(EndReason.HANDED_OVER if handed_over else EndReason.COMPLETED, reply.end)
        else:
            self._turns.listen(self._now_ms(), self._facts.company.no_input_s * 1000)

    async def _comforting(
        self, booking: asyncio.Task[Booked | BookingFailed]
    ) -> Booked | BookingFailed:
        """Wait for a booking, and tell the caller now and then that we are at it."""
        wait_s = self._facts.company.comfort_after_s
        for sentence in wording.COMFORT:
            await asyncio.wait((booking,), timeout=wait_s)
            if booking.done():
                break
            await self._mouth.speak(_one(Line(sentence)), lambda: None)
            wait_s = COMFORT_EVERY_S
        return await asyncio.shield(booking)

    def _turn_to(self, reply: Reply) -> None:
        """Take over where an answer leads: what to listen for, and how the call goes on."""
        self._minutes.agent_asks(reply)
        self._ear.expect(reply.listen)
        self._turns.asks(reply.listen, reply.keys)
        if reply.book is not None:  # made while its announcement is spoken, whoever hangs up
            self._booking = self._book(reply.book)

    def _book(self, request: BookingRequest) -> asyncio.Task[Booked | BookingFailed]:
        return self._desk.begin(self.info.call_id, self._facts.company.key, request)

    def _interrupt(self) -> None:
        """The caller speaks over us: stop, and remember only what was heard."""
        self._onset.settled()
        if self._left_ms is not None:
            self._silence()
            self._dialogue.reopen()  # a goodbye that was spoken over is none

    def _silence(self) -> None:
        """End whatever is being said, or only held."""
        answer, self._answer = self._answer, None
        speaking, self._speaking = self._speaking, None
        if speaking is not None and not speaking.done():
            speaking.cancel()
        if answer is not None:
            self._spending.count(answer)
            if answer.committed:
                self._minutes.agent_ends(heard_text(self._playout.passages), interrupted=True)
        self._mouth.stop()
        self._booking = None  # one under way goes on at the desk; nobody here waits for it

    @property
    def _busy(self) -> bool:
        """Whether an answer is being given that the caller cannot cut short, or its booking made.

        Words said meanwhile are not answered.
        """
        if self._speaking is None or self._speaking.done():
            return False
        return self._answer is None or (self._answer.committed and self._left_ms is None)

    @property
    def _nobody_speaks(self) -> bool:
        return self._answer is None and not self._busy and not self._turns.caller_speaks

    @property
    def _left_ms(self) -> float | None:
        """How much is left of an answer that the caller may cut short; None if none is on."""
        answer = self._answer
        if answer is None or not answer.committed:
            return None
        if self._dialogue.state.phase is Phase.BOOKING:
            return None
        reply = answer.reply
        if reply is not None and (reply.book or reply.end not in (None, Outcome.HANGUP)):
            return None  # a booking that was agreed to, and the way to a person, go on
        return self._playout.left_ms

    @property
    def _free_speech(self) -> bool:
        return not self._ear.traits.closed_vocabulary

    def _now_ms(self) -> float:
        return (self._loop.time() - self._started_s) * 1000

    @property
    def _extra(self) -> dict[str, str]:
        return {"call_id": str(self.info.call_id)}


async def _one(line: Line) -> AsyncGenerator[str | Line, None]:
    yield line
