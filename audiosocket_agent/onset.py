"""What a sound over our voice is, from the sound alone: a voice, a noise, or our own echo.

Keeps the little audio that a judgement needs from before the doubt arose, and asks the judges only
while there is a doubt.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from audiosocket_agent.echo import EchoGuard
from audiosocket_agent.speech_judge import Judgement, SpeechJudge

BEFORE_FRAMES = 5  # 100 ms: the onset lies that far back when the VAD is sure of it
SURE_MS = 128.0  # of audio: a voice that begins with a consonant is known by then
SHORTEST_ECHO_MS = 60  # of sound: what there is when the VAD is sure of it
ECHO_AFTER_MS = (60, 80, 100, 140, 180, 240)  # of sound: an echo not found by then is not found
FRAME_MS = 20


@dataclass(frozen=True, slots=True)
class Found:
    """What a sound is, as far as that is known.

    Attributes:
        probability: Of a voice anywhere in it; None while too little was heard.
        echo: Whether it is our own voice coming back.
    """

    probability: float | None
    echo: bool


class Onset:
    """The judges of one call.

    Args:
        judge: The process's detectors of voices.
        enough: Probability from which a sound is a voice, so that nothing more need be judged.
    """

    def __init__(self, judge: SpeechJudge, enough: float) -> None:
        self._judge = judge
        self._enough = enough
        self._guard = EchoGuard()
        self._before: deque[bytes] = deque(maxlen=BEFORE_FRAMES)
        self._judgement: Judgement | None = None
        self._doubted_ms = 0

    @property
    def echo_db(self) -> float:
        """The level in dBFS up to which what is heard now is our known echo."""
        return self._guard.threshold_db()

    def heard(self, frame: bytes) -> None:
        """Take a frame of the caller's side."""
        self._guard.heard(frame)
        self._before.append(frame)

    def played(self, frame: bytes) -> None:
        """Take a frame of ours, silence included."""
        self._guard.played(frame)

    def suspected(self) -> None:
        """A sound came over our voice."""
        if self._judgement is None:
            self._judgement = self._judge.begin()
            self._judgement.feed(b"".join(self._before))
            self._doubted_ms = 0

    def weigh(self) -> Found:
        """Judge the sound with the frame that was heard last; once for each frame."""
        judgement = self._judgement
        if judgement is None:
            return Found(None, echo=False)
        # A judgement costs over a millisecond each 32 ms: who is known to speak is not judged on.
        if self._doubted_ms and judgement.probability < self._enough:
            judgement.feed(self._before[-1])
        self._doubted_ms += FRAME_MS
        sure = judgement.judged_ms >= SURE_MS or judgement.probability >= self._enough
        since_ms = self._doubted_ms + SHORTEST_ECHO_MS - FRAME_MS
        echo = since_ms in ECHO_AFTER_MS and self._guard.is_echo(since_ms)
        return Found(judgement.probability if sure else None, echo)

    def settled(self) -> None:
        """The doubt is over; idempotent."""
        judgement, self._judgement = self._judgement, None
        if judgement is not None:
            judgement.close()
