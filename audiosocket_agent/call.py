"""One call, end to end: frames in, frames out, and the conversation between them.

Everything here runs in the media event loop. A frame from Asterisk goes through the VAD and the
turn policy at once, in the call that delivered it; what they decide is done before the next frame.
Decisions live elsewhere (`turns`, `conversation`, `playout`); this file only carries them out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from audiosocket_agent import protocol
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
)
from audiosocket_agent.desk import BookingDesk
from audiosocket_agent.dialogue import Dialogue, Mind
from audiosocket_agent.errors import ProviderError
from audiosocket_agent.journal import EndReason
from audiosocket_agent.minutes import Minutes
from audiosocket_agent.pacer import Pacer
from audiosocket_agent.playout import Playout
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.seams import FRAME_BYTES, EarTraits, SttSession, Transcript, VoiceSession
from audiosocket_agent.speech import Line, Mouth, Stock, heard_text
from audiosocket_agent.turns import Act, TurnConfig, TurnPolicy
from audiosocket_agent.understanding import KeyRule
from audiosocket_agent.vad import EnergyVad, VadConfig
from audiosocket_agent.workflow import STEPS, Outcome, Step

log = logging.getLogger(__name__)


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
    """

    ear: Ear
    mind: Mind
    voice: VoiceSession
    stock: Stock


@dataclass(frozen=True, slots=True)
class CallConfig:
    """Thresholds of every call of the process."""

    vad: VadConfig
    turns: TurnConfig


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
        self._turns = TurnPolicy(config.turns, vad_hangover_ms=config.vad.hangover_ms)
        self._dialogue = Dialogue(engines.mind, facts, self._book, str(info.call_id))
        self._playout = Playout()
        self._mouth = Mouth(self._playout, engines.voice, engines.stock, self._urge)
        self._reply: Reply | None = None
        self._speaking: asyncio.Task[None] | None = None
        self._booking: asyncio.Task[Booked | BookingFailed] | None = None
        self._unanswered: list[str] = []  # finals that came while the caller was already going on
        self._voiced = False  # whether the caller's voice was heard since the last answered final
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
            self._minutes.close()
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
            event = self._vad.feed(frame)
            self._do(self._turns.voice(event, self._now_ms(), playing=self._interruptible))

    def key(self, digit: str) -> None:
        """Take a key the caller pressed."""
        self._do(self._turns.key(digit, self._now_ms(), playing=self._interruptible))

    # --- out: frames -----------------------------------------------------------------------------

    def _tick(self, now_s: float) -> float:
        tick = self._playout.tick(now_s, self._beat.due_s)
        self._send(protocol.encode_audio(tick.pcm))
        if tick.voiced:
            self._minutes.mark_once("first_frame", self._now_ms())
        if tick.drained:
            self._mouth.drained()
        self._do(self._turns.tick(self._now_ms()))
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
        late = now_s - self._started_s > self._facts.company.max_call_s
        if self._dialogue.state.phase is not Phase.ENDED and (
            late or now_s - since_s > STEPS[step].timeout_s
        ):
            self._on(Overtime())

    # --- decisions carried out -------------------------------------------------------------------

    def _do(self, acts: list[Act]) -> None:
        for act in acts:
            if act is Act.SPEECH_STARTED:
                self._voiced = True
                self._ear.speech_started()
            elif act is Act.INTERRUPT:
                self._interrupt()
            elif act is Act.FINALIZE:
                self._minutes.caller_stopped(self._turns.last_voice_ms, self._now_ms())
                self._ear.finalize()
            elif act is Act.KEYS:
                keys = self._turns.take_keys()
                self._minutes.caller_keyed(keys, self._dialogue.state, self._now_ms())
                self._on(Keyed(keys))
            elif act is Act.NO_INPUT:
                self._on(Silent())

    async def _listen(self) -> None:
        async for transcript in self._ear.transcripts():
            if transcript.final:
                self._take_final(transcript)
            else:
                self._minutes.caller_heard(self._now_ms())

    def _take_final(self, transcript: Transcript) -> None:
        if transcript.text:
            self._unanswered.append(transcript.text)
        if self._turns.speaking:
            return  # the caller is already going on: answer it all together
        self._turns.taken()
        text = " ".join(self._unanswered)
        self._unanswered.clear()
        if not text and not self._voiced:
            return  # the ear had already told, by itself, all that there was
        self._voiced = False
        if self._dialogue.state.phase is not Phase.ASKING:
            return  # said while the booking is being made, or after the end
        self._minutes.caller_said(
            text, self._dialogue.state, self._turns.last_voice_ms, self._now_ms()
        )
        self._on(Heard(text))

    def _on(self, event: Event) -> None:
        """Start answering an event."""
        phase = self._dialogue.state.phase
        if self._tasks is None or self._ended or phase is Phase.ENDED:
            return
        if phase is Phase.BOOKING and isinstance(event, Heard | Keyed | Silent):
            return  # said while the booking is being made; its result speaks next
        self._silence()
        self._minutes.agent_begins(self._dialogue.state.step, self._now_ms())
        self._turns.expect_keys(KeyRule())
        self._speaking = self._tasks.create_task(self._answer(event))

    async def _answer(self, event: Event) -> None:
        await self._mouth.speak(
            self._parts(event), lambda: self._minutes.mark_once("tts_first_byte", self._now_ms())
        )
        self._minutes.agent_ends(heard_text(self._playout.passages), interrupted=False)
        reply, self._reply = self._reply, None
        assert reply is not None  # every answer ends with one
        if self._booking is not None:
            booking, self._booking = self._booking, None
            result = await asyncio.shield(booking)
            self._speaking = None  # this task goes on to start its successor
            self._on(result)
        elif reply.end is not None:
            handed_over = reply.end is not Outcome.HANGUP
            self.end(EndReason.HANDED_OVER if handed_over else EndReason.COMPLETED, reply.end)
        else:
            self._turns.listen(self._now_ms(), self._facts.company.no_input_s * 1000, reply.keys)

    async def _parts(self, event: Event) -> AsyncGenerator[str | Line, None]:
        """Yield what the dialogue says, taking note of it and of where it leads."""
        past = tuple(self._minutes.history)
        if isinstance(event, Heard):
            past = past[:-1]  # the last of it is what is answered now
        answer = self._dialogue.answer(
            event,
            past,
            free_speech=self._free_speech,
            on_first_token=lambda: self._minutes.mark_once("llm_first_token", self._now_ms()),
        )
        announced = False
        async with aclosing(answer) as pieces:
            async for piece in pieces:
                if isinstance(piece, Reply):
                    if piece.say:
                        self._minutes.agent_says(" " + " ".join(piece.say), self._now_ms())
                        announced = True
                    self._turn_to(piece)
                    continue
                if not announced:
                    said = piece if isinstance(piece, str) else " " + piece.text
                    self._minutes.agent_says(said, self._now_ms())
                yield piece

    def _turn_to(self, reply: Reply) -> None:
        """Take over where an answer leads: what to listen for, and how the call goes on."""
        self._reply = reply
        self._minutes.agent_asks(reply)
        self._ear.expect(reply.listen)
        self._turns.expect_keys(reply.keys)
        if reply.book is not None:  # made while its announcement is spoken, whoever hangs up
            self._booking = self._book(reply.book)

    def _book(self, request: BookingRequest) -> asyncio.Task[Booked | BookingFailed]:
        return self._desk.begin(self.info.call_id, self._facts.company.key, request)

    def _interrupt(self) -> None:
        """The caller speaks over us: stop, and remember only what was heard."""
        if self._speaking is not None and not self._speaking.done():
            self._silence()

    def _silence(self) -> None:
        speaking, self._speaking = self._speaking, None
        if speaking is not None and not speaking.done():
            speaking.cancel()
            self._minutes.agent_ends(heard_text(self._playout.passages), interrupted=True)
        self._mouth.stop()
        self._reply = None
        self._booking = None  # one under way goes on at the desk; nobody here waits for it

    @property
    def _interruptible(self) -> bool:
        """Whether an answer is on that the caller may cut short: not a booking, not a goodbye."""
        if self._speaking is None or self._speaking.done():
            return False
        if self._dialogue.state.phase is not Phase.ASKING:
            return False
        reply = self._reply
        return reply is None or (reply.book is None and reply.end is None)

    @property
    def _free_speech(self) -> bool:
        return not self._ear.traits.closed_vocabulary

    def _now_ms(self) -> float:
        return (self._loop.time() - self._started_s) * 1000

    @property
    def _extra(self) -> dict[str, str]:
        return {"call_id": str(self.info.call_id)}
