"""One call, end to end: frames in, frames out, and the conversation between them.

Everything here runs in the media event loop. A frame from Asterisk goes through the VAD and the
turn policy at once, in the call that delivered it; what they decide is done before the next frame.
Decisions live elsewhere (`turns`, `conversation`, `playout`); this file only carries them out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from audiosocket_agent import protocol
from audiosocket_agent.conversation import (
    Event,
    Facts,
    Heard,
    Keyed,
    Overtime,
    Phase,
    Reply,
    Silent,
    Started,
    State,
    advance,
)
from audiosocket_agent.desk import BookingDesk
from audiosocket_agent.errors import ProviderError
from audiosocket_agent.journal import EndReason
from audiosocket_agent.minutes import Minutes
from audiosocket_agent.pacer import Pacer
from audiosocket_agent.playout import Playout
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.seams import FRAME_BYTES, SttSession, TextToSpeech
from audiosocket_agent.speech import Mouth, heard_text
from audiosocket_agent.turns import Act, TurnConfig, TurnPolicy
from audiosocket_agent.vad import EnergyVad, VadConfig
from audiosocket_agent.workflow import STEPS, Outcome, Step

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Engines:
    """What a call hears and speaks with."""

    ear: SttSession
    voice: TextToSpeech


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
        self._state = State()
        self._playout = Playout()
        self._mouth = Mouth(self._playout, engines.voice, self._urge)
        self._reply: Reply | None = None
        self._speaking: asyncio.Task[None] | None = None
        self._unanswered: list[str] = []  # finals that came while the caller was already going on
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
                self._on(Started())
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
        if step is not self._state.step:
            self._step_since = (self._state.step, now_s)
            return
        late = now_s - self._started_s > self._facts.company.max_call_s
        if self._state.phase is not Phase.ENDED and (
            late or now_s - since_s > STEPS[step].timeout_s
        ):
            self._on(Overtime())

    # --- decisions carried out -------------------------------------------------------------------

    def _do(self, acts: list[Act]) -> None:
        for act in acts:
            if act is Act.SPEECH_STARTED:
                self._ear.speech_started()
            elif act is Act.INTERRUPT:
                self._interrupt()
            elif act is Act.FINALIZE:
                self._minutes.caller_stopped(self._turns.last_voice_ms, self._now_ms())
                self._ear.finalize()
            elif act is Act.KEYS:
                keys = self._turns.take_keys()
                self._minutes.caller_keyed(keys, self._state, self._now_ms())
                self._on(Keyed(keys))
            elif act is Act.NO_INPUT:
                self._on(Silent())

    async def _listen(self) -> None:
        async for transcript in self._ear.transcripts():
            if not transcript.final or self._state.phase is not Phase.ASKING:
                continue
            self._unanswered.append(transcript.text)
            if self._turns.speaking:
                continue  # the caller is already going on: answer it all together
            text = " ".join(t for t in self._unanswered if t)
            self._unanswered.clear()
            self._minutes.caller_said(text, self._state, self._now_ms())
            self._on(Heard(text))

    def _on(self, event: Event) -> None:
        """Advance the conversation and start speaking what it answers."""
        if self._tasks is None or self._ended or self._state.phase is Phase.ENDED:
            return
        if self._state.phase is Phase.BOOKING and isinstance(event, Heard | Keyed | Silent):
            return  # said while the booking is being made; its result speaks next
        self._silence()
        self._state, reply = advance(self._state, event, self._facts)
        self._reply = reply
        self._minutes.agent_begins(reply, self._now_ms())
        self._ear.expect(reply.listen)
        self._turns.expect_keys(reply.keys)
        self._speaking = self._tasks.create_task(self._speak(reply))

    async def _speak(self, reply: Reply) -> None:
        booking = (
            self._desk.begin(self.info.call_id, self._facts.company.key, reply.book)
            if reply.book
            else None
        )
        await self._mouth.speak(
            reply.say, lambda: self._minutes.mark_once("tts_first_byte", self._now_ms())
        )
        self._minutes.agent_ends(heard_text(self._playout.passages), interrupted=False)
        self._reply = None
        if booking is not None:
            result = await asyncio.shield(booking)
            self._speaking = None  # this task goes on to start its successor
            self._on(result)
        elif reply.end is not None:
            handed_over = reply.end is not Outcome.HANGUP
            self.end(EndReason.HANDED_OVER if handed_over else EndReason.COMPLETED, reply.end)
        else:
            self._turns.listen(self._now_ms(), self._facts.company.no_input_s * 1000, reply.keys)

    def _interrupt(self) -> None:
        """The caller speaks over us: stop, and remember only what was heard."""
        if self._speaking is not None and not self._speaking.done():
            self._silence()

    def _silence(self) -> None:
        speaking, self._speaking = self._speaking, None
        if speaking is not None and not speaking.done():
            speaking.cancel()
            if self._reply is not None:
                self._minutes.agent_ends(heard_text(self._playout.passages), interrupted=True)
        self._mouth.stop()
        self._reply = None

    @property
    def _interruptible(self) -> bool:
        """Whether a reply is on that the caller may cut short: not a booking, not a goodbye."""
        reply = self._reply
        return reply is not None and reply.book is None and reply.end is None

    def _now_ms(self) -> float:
        return (self._loop.time() - self._started_s) * 1000

    @property
    def _extra(self) -> dict[str, str]:
        return {"call_id": str(self.info.call_id)}
