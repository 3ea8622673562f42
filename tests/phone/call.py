"""One call as a test sees it: answer, say, key, listen, hang up.

Every wait has a deadline, and none outlives the call: when it ends, whoever waits is told so.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import deque
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.phone import heard, recording, sdp
from tests.phone.g711 import LAWS, Pcm
from tests.phone.media import MediaSocket
from tests.phone.message import Message
from tests.phone.outcome import CallEnded, CallRefused, Ended
from tests.phone.rtp import (
    FRAME_MS,
    FRAME_SAMPLES,
    KeyPress,
    Outgoing,
    Packet,
    Utterance,
    event_payloads,
)
from tests.phone.sip import Answered, Dialog, MediaChanged, Ringing

_DIGIT_MS = 100  # tone length; Asterisk drops the caller's voice meanwhile
_DIGIT_GAP_MS = 80
_QUEUED_S = 60.0  # what may be queued ahead of speech or keys
_TONE_LOOK_S = 0.5  # how often a tone is looked for, in the last 0.6 s of what was heard
_TONE_LOOK_FRAMES = 30
_TONE_STRIDE = 10
_ECHO_FRAMES = 100  # 2 s: more of an echo than any phone has, should sending ever stand still
_CATCH_UP_S = 0.05
_RTP_GONE_S = 0.1  # five frames missing: the agent is heard as silent, whatever came before


class Call:
    """A call placed by `Phone.call`, or taken by a `Desk`.

    Attributes:
        dialed_at: When the INVITE was sent, or came; all times are seconds of the loop's clock.
        ringing_at: When the first 18x came, None before.
        answered_at: When the 200 came, None before.
        ended_at: When the call was over, None before.
        media: The RTP socket with everything sent and received.
    """

    def __init__(self, dialog: Dialog, media: MediaSocket, flush: Callable[[Call], None]) -> None:
        self.dialog = dialog
        self.media = media
        self.dialed_at = 0.0
        self.ringing_at: float | None = None
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self._outcome: Ended | None = None
        self._flush = flush
        self._change = asyncio.Event()
        self._law = LAWS["PCMU"]
        self._listened = 0
        self._last_sound_at: float | None = None
        self._listeners = 0
        self._echo: Callable[[Packet], None] | None = None
        media.on_arrival = self._arrived

    # Waiting

    async def ringing(self, timeout_s: float = 5.0) -> float:
        """Wait for a provisional answer above 100; returns when it came."""
        await self._until(lambda: self.ringing_at is not None, timeout_s)
        assert self.ringing_at is not None
        return self.ringing_at

    async def answered(self, timeout_s: float = 10.0) -> float:
        """Wait for the answer; returns when it came.

        Raises:
            CallRefused: If the call was refused, or nothing answered.
            TimeoutError: If neither happened in time.
        """
        await self._until(lambda: self.answered_at is not None, timeout_s)
        assert self.answered_at is not None
        return self.answered_at

    async def ended(self, timeout_s: float = 30.0) -> Ended:
        """Wait until the call is over, whoever ends it.

        Raises:
            TimeoutError: If it is not over in time.
        """
        await self._until(lambda: self._outcome is not None, timeout_s)
        assert self._outcome is not None
        return self._outcome

    @property
    def outcome(self) -> Ended | None:
        """How the call ended, None while it has not."""
        return self._outcome

    @property
    def up(self) -> bool:
        """Whether both sides can hear each other now."""
        return self.answered_at is not None and self._outcome is None

    async def hangup(self, timeout_s: float = 5.0) -> Ended:
        """End the call in whatever state it is and wait for the end."""
        self.media.stop()
        now = asyncio.get_running_loop().time()
        self.dialog.hang_up(now)
        self.acted(now)
        return await self.ended(timeout_s)

    # Speaking

    def start_saying(self, pcm: Pcm) -> Utterance:
        """Queue speech and return at once; the utterance tells when it was sent.

        Raises:
            CallEnded: If the call is not up.
        """
        outgoing = self._outgoing()
        padded = np.concatenate([pcm, np.zeros(-len(pcm) % FRAME_SAMPLES, dtype=np.int16)])
        coded = self._law.encode(padded)
        frames = [coded[n : n + FRAME_SAMPLES] for n in range(0, len(coded), FRAME_SAMPLES)]
        utterance = Utterance(frames, on_change=self._changed)
        if frames:
            outgoing.say(utterance)
        return utterance

    async def say(self, pcm: Pcm) -> Utterance:
        """Queue speech and wait until its last frame was sent.

        Raises:
            CallEnded: If the call is over before that.
        """
        utterance = self.start_saying(pcm)
        await self._until(lambda: utterance.finished, len(pcm) / heard.RATE_HZ + _QUEUED_S)
        return utterance

    async def started(self, utterance: Utterance, timeout_s: float = 5.0) -> float:
        """Wait until the first frame of an utterance was sent; returns when."""
        await self._until(lambda: utterance.started_at is not None, timeout_s)
        assert utterance.started_at is not None
        return utterance.started_at

    def hush(self) -> None:
        """Stop speaking in mid-word."""
        self._outgoing().hush()

    def noise(self, pcm: Pcm) -> None:
        """Send this over and over wherever nobody speaks: the line's or the street's noise.

        Args:
            pcm: At least one frame; a rest shorter than a frame is left out.

        Raises:
            CallEnded: If the call is not up.
        """
        outgoing = self._outgoing()
        whole = self._law.encode(pcm[: len(pcm) // FRAME_SAMPLES * FRAME_SAMPLES])
        frames = [whole[n : n + FRAME_SAMPLES] for n in range(0, len(whole), FRAME_SAMPLES)]
        outgoing.background = itertools.cycle(frames).__next__

    def echo(self, gain_db: float, delay_ms: int) -> None:
        """Send what is heard back to who said it, wherever nobody speaks: a poor speakerphone.

        Args:
            gain_db: How much louder than it came; below 0.
            delay_ms: After how long, in whole frames.

        Raises:
            CallEnded: If the call is not up.
        """
        outgoing = self._outgoing()
        gain = 10 ** (gain_db / 20)
        silence = outgoing.silence
        late: deque[bytes] = deque([silence] * (delay_ms // FRAME_MS), maxlen=_ECHO_FRAMES)

        def back(packet: Packet) -> None:
            if packet.payload_type == outgoing.payload_type and len(packet.payload):
                pcm = self._law.decode(packet.payload)
                late.append(self._law.encode((pcm * gain).astype(np.int16)))

        self._echo = back
        outgoing.background = lambda: late.popleft() if late else silence

    async def send_digits(
        self, digits: str, tone_ms: int = _DIGIT_MS, gap_ms: int = _DIGIT_GAP_MS
    ) -> None:
        """Press keys one after another and wait until the last was sent (RFC 4733).

        Raises:
            ValueError: If one is no key, or the PBX takes no telephone events.
            CallEnded: If the call is over before that.
        """
        gap = np.zeros(gap_ms * heard.RATE_HZ // 1000, dtype=np.int16)
        for n, digit in enumerate(digits):
            if n:
                await self.say(gap)
            await self._press(KeyPress(event_payloads(digit, tone_ms), on_change=self._changed))

    async def _press(self, key: KeyPress) -> None:
        self._outgoing().press(key)
        await self._until(lambda: key.finished, _QUEUED_S)

    # Listening

    @property
    def last_sound_at(self) -> float | None:
        """When the newest frame of sound arrived, None before the first; costs nothing to ask."""
        return self._last_sound_at

    async def agent_sounds(self, timeout_s: float = 10.0, after: float | None = None) -> float:
        """Wait for sound; returns when it arrived.

        Args:
            timeout_s: How long to wait.
            after: Sound before this does not count; default: the answer.
        """
        since = after if after is not None else await self.answered(timeout_s)

        def sounding() -> bool:
            return self._last_sound_at is not None and self._last_sound_at >= since

        await self._until(sounding, timeout_s, wake_s=_RTP_GONE_S)
        first = heard.first_sound_at(self.sound(), since)
        assert first is not None
        return first

    async def agent_quiet(
        self, quiet_s: float = 0.4, timeout_s: float = 30.0, after: float | None = None
    ) -> float:
        """Wait until nothing but silence was heard for a while; returns when the sound stopped.

        Args:
            quiet_s: How long it must be quiet.
            timeout_s: How long to wait.
            after: The quiet must begin after this; default: the answer.
        """
        since = after if after is not None else await self.answered(timeout_s)
        loop = asyncio.get_running_loop()

        def quiet() -> bool:
            return loop.time() - max(since, self._last_sound_at or since) >= quiet_s

        while True:
            await self._until(quiet, timeout_s, wake_s=_RTP_GONE_S)
            await asyncio.sleep(_CATCH_UP_S)  # if we stood still, packets wait to be read
            if quiet():
                return max(since, self._last_sound_at or since)

    async def person_reached(self, timeout_s: float = 3600.0) -> float:
        """Wait for a steady 1,000 Hz, the sandbox's sign for a person; returns when it began.

        Raises:
            CallEnded: If the call is over first.
        """
        await self.answered(timeout_s)
        async with asyncio.timeout(timeout_s):
            while True:
                recent = self.media.arrivals[-_TONE_LOOK_FRAMES:]
                # A few frames tell speech from a tone; only a likely tone is measured in full.
                few = heard.sound_of(recording.audio_frames(recent[-1::-_TONE_STRIDE]))
                if len(few.tone) and few.tone.min() >= heard.TONE_SHARE:
                    sound = heard.sound_of(recording.audio_frames(recent))
                    if spans := heard.tone_spans(sound):
                        return spans[0].start
                if self._outcome is not None:
                    raise CallEnded(self._outcome)
                await asyncio.sleep(_TONE_LOOK_S)  # at every packet it would cost too much

    def sound(self) -> heard.Sound:
        """Everything heard so far, early media included."""
        return heard.sound_of(recording.audio_frames(self.media.arrivals))

    def gaps(self, after: float | None = None) -> heard.Gaps:
        """Time between the packets heard since the answer, on the wire's clock."""
        since = after if after is not None else (self.answered_at or 0.0)
        return heard.gaps([a.at for a in self.media.arrivals if a.at >= since])

    def tone_heard(self, shortest_s: float = 0.5) -> bool:
        """Whether a steady 1,000 Hz was heard, the sandbox's sign that a person was reached."""
        return bool(heard.tone_spans(self.sound(), shortest_s))

    def record(self, path: Path) -> Path:
        """Write the stereo recording from dialling to now (or the end); returns the path."""
        end = self.ended_at or asyncio.get_running_loop().time()
        seconds = end - self.dialed_at + 0.1
        said, got = (
            recording.lay_out(recording.audio_frames(packets), self.dialed_at, seconds)
            for packets in (self.media.departures, self.media.arrivals)
        )
        recording.write_wav(path, said, got)
        return path

    # Driven by the phone

    def received(self, message: Message, now: float) -> None:
        """Feed a message to the dialog and act on what comes out."""
        self.dialog.receive(message, now)
        self.acted(now)

    def timed_out(self, now: float) -> None:
        """Tell the dialog the time it asked to be told."""
        self.dialog.tick(now)
        self.acted(now)

    def unreachable(self, now: float) -> None:
        """Tell the dialog that the network refused what it sent."""
        self.dialog.unreachable()
        self.acted(now)

    def acted(self, now: float) -> None:
        """Send what the dialog has to say, and take note of what has happened in it."""
        self._flush(self)
        for event in self.dialog.take_events():
            if isinstance(event, Ringing):
                self.ringing_at = self.ringing_at or (now if event.status >= 180 else None)
            elif isinstance(event, Answered):
                self.answered_at = now
                self._start_media(event.media)
            elif isinstance(event, MediaChanged):
                self._change_media(event.media)
            else:
                self._outcome = event
                self.ended_at = now
                self.media.stop()
            self._changed()

    def _start_media(self, media: sdp.Media) -> None:
        codec = media.codec(self.dialog.line.codecs)
        assert codec is not None  # the dialog hangs up on an answer without one
        self._law = LAWS[codec[0]]
        silence = bytes([self._law.silence]) * FRAME_SAMPLES
        events = media.event_payload_type()
        ssrc, sequence, timestamp = (random.getrandbits(n) for n in (32, 16, 32))
        outgoing = Outgoing(codec[1], silence, ssrc, events, sequence, timestamp)
        self.media.start(outgoing, media.host, media.port)

    def _change_media(self, media: sdp.Media) -> None:
        """Follow the peer to another address; what is queued keeps its encoding."""
        self.media.redirect(
            media.host, 0 if media.direction in ("sendonly", "inactive") else media.port
        )

    def _outgoing(self) -> Outgoing:
        if self._outcome is not None:
            raise CallEnded(self._outcome)
        if self.media.outgoing is None:
            raise RuntimeError("the call has not been answered")
        return self.media.outgoing

    def _arrived(self) -> None:
        # Measured as it comes: to catch up later would hold up every other call.
        for arrival in self.media.arrivals[self._listened :]:
            if recording.is_sound(arrival.packet):
                self._last_sound_at = arrival.at
            if self._echo is not None:
                self._echo(arrival.packet)
        self._listened = len(self.media.arrivals)
        if self._listeners:  # fifty calls bring 2,500 packets a second: wake only who listens
            self._changed()

    def _changed(self) -> None:
        self._change.set()

    async def _until(
        self, done: Callable[[], bool], timeout_s: float, wake_s: float | None = None
    ) -> None:
        """Wait for a condition, looked at whenever anything about the call changes.

        Args:
            done: The condition.
            timeout_s: How long to wait.
            wake_s: For conditions on what is heard: look at every packet, and this often without.
        """
        self._listeners += wake_s is not None
        try:
            async with asyncio.timeout(timeout_s):
                while not done():
                    if self._outcome is not None:
                        kind = CallEnded if self.answered_at is not None else CallRefused
                        raise kind(self._outcome)
                    await self._next_change(wake_s)
        finally:
            self._listeners -= wake_s is not None

    async def _next_change(self, wake_s: float | None) -> None:
        if self._change.is_set():
            self._change = asyncio.Event()
        try:
            async with asyncio.timeout(wake_s):
                await self._change.wait()
        except TimeoutError:
            pass  # the packets stopped: that too is something heard
