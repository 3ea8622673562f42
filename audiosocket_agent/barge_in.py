"""Whether the caller means to interrupt our voice: suspect at once, then find out. Pure.

Theory of operation. The first sound of the caller's over our voice makes it pause at once: nobody
talks on while somebody else begins. What it was shows a moment later:

    CLEAR --onset--> PAUSED --words, or much speech--> CLEAR   interrupt: our reply is over
                       |----cough, click, echo, nod--> CLEAR   resume where it stopped
                       |----noise that goes on-------> NOISY   resume; a voice in it pauses again

Our voice never waits longer than `resume_ms` after the sound ended, but for an "um", which is how
people begin to interrupt. Words always win: those that come after it went on still interrupt it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from audiosocket_agent.backchannels import begins_backchannel, is_backchannel, is_hesitation
from audiosocket_agent.seams import Expects

ENDED_MS = 60  # quiet after which a sound is over
NOISE_MS = 320  # of sound in which no voice was found: ten judgements of 32 ms
# Measured on 216 short utterances: 160 ms after its first sound no voice is below this, but 2 % of
# those on a very noisy line. The VAD is sure of a sound after 80 ms.
SURELY_NOISE, SURE_MS = 0.3, 100
WORDLESS_MS = 240  # of a judged voice, where no words can tell what it wants
HESITATION_MS = 900  # of quiet after an "um"
NOD_MS = 1600  # words of a nod may be drawn out, but not for ever
# On a line with an echo a sound as short as this may be one, whatever its words: our voice pauses
# at once, and what comes back of it ends after the line's delay.
ECHO_LASTS_MS = 200
ANSWER_MS = 2000  # a yes so close to the end of a question has heard it


class BargeAct(Enum):
    """What our voice is to do."""

    PAUSE = "pause"
    RESUME = "resume"
    INTERRUPT = "interrupt"


class Doubt(Enum):
    """What is thought of the sound over our voice."""

    CLEAR = "clear"  # there is none
    PAUSED = "paused"  # there is one; our voice waits
    NOISY = "noisy"  # there is one that is no voice; our voice goes on


class Verdict(Enum):
    """What a sound was that did not interrupt."""

    NOISE = "noise"
    ECHO = "echo"
    NOD = "nod"
    UNCLEAR = "unclear"  # a short voice whose words did not come in time


@dataclass(frozen=True, slots=True)
class BargeInConfig:
    """When our voice gives way.

    Attributes:
        speech_ms: Speech that interrupts whatever its words, in milliseconds.
        resume_ms: Quiet after a sound after which our voice goes on unless words came.
        probability: From which a sound is a voice, 0.0 to 1.0, as the judge of voices has it.
    """

    speech_ms: int = 1000
    resume_ms: int = 280
    probability: float = 0.5


@dataclass(slots=True)
class BargeIn:
    """The doubt about one sound over our voice.

    Attributes:
        config: When our voice gives way.
        doubt: What is thought now.
        verdict: What the last sound was that our voice went on after.
        answering: Whether the sound began when the caller could already answer.
    """

    config: BargeInConfig = field(default_factory=BargeInConfig)
    doubt: Doubt = Doubt.CLEAR
    verdict: Verdict | None = None
    answering: bool = False
    _since_ms: float = 0.0
    _last_ms: float = 0.0
    _probability: float | None = None
    _nod: bool = False
    _hesitates: bool = False
    _echoes: int = 0  # found on this line so far

    @property
    def undecided(self) -> bool:
        """Whether a judgement of the sound is wanted."""
        return self.doubt is not Doubt.CLEAR

    def sound(self, now_ms: float, left_ms: float, expects: Expects) -> list[BargeAct]:
        """A frame of the caller's voice, or of what the VAD takes for it, came over ours.

        Args:
            now_ms: When.
            left_ms: How much of our reply is still to be heard, as far as known.
            expects: What the reply asks for.
        """
        self._last_ms = now_ms
        if self.doubt is not Doubt.CLEAR:
            return []
        self._since_ms = now_ms
        self.answering = expects is Expects.YES_NO and left_ms <= ANSWER_MS
        self._probability, self.verdict = None, None
        self._nod = self._hesitates = False
        self.doubt = Doubt.PAUSED
        return [BargeAct.PAUSE]

    def judged(self, probability: float | None, *, echo: bool) -> list[BargeAct]:
        """Take what the sound itself tells.

        Args:
            probability: Of a voice anywhere in it so far; None while too little was heard.
            echo: Whether it is explained by what we played.
        """
        if self.doubt is Doubt.CLEAR:
            return []
        if echo:
            return self._resume(Verdict.ECHO)
        self._probability = probability
        if self.doubt is Doubt.NOISY and self._is_voice:
            self.doubt = Doubt.PAUSED
            return [BargeAct.PAUSE]
        return []

    def words(self, text: str, *, all_of_them: bool) -> list[BargeAct]:
        """Take the words of the caller's turn so far.

        Args:
            text: The words.
            all_of_them: Whether no more are under way: "I" may still become "I see", and "yes" a
                sentence.
        """
        if not text or self._may_be_echo:
            return []
        self._hesitates = is_hesitation(text)
        if self._hesitates:
            return []
        if is_backchannel(text, answering=self.answering):
            self._nod = self._nod or all_of_them
            return []
        if not all_of_them and begins_backchannel(text):
            return []
        self.doubt = Doubt.CLEAR
        return [BargeAct.INTERRUPT]

    def tick(self, now_ms: float, *, all_told: bool, tells_words: bool) -> list[BargeAct]:
        """Decide what time alone decides.

        Args:
            now_ms: Now.
            all_told: Whether the ear has told every word of the sound.
            tells_words: Whether words can be waited for; an ear that knows only what it expects
                tells none of a nod, and those of an interruption too late.
        """
        if self.doubt is Doubt.CLEAR:
            return []
        quiet_ms = now_ms - self._last_ms
        if self.doubt is Doubt.NOISY:
            if quiet_ms >= ENDED_MS:
                self.doubt = Doubt.CLEAR
            return []
        lasted_ms = self._last_ms - self._since_ms
        if self._is_noise(lasted_ms) or (not self._is_voice and quiet_ms >= ENDED_MS):
            return self._resume(Verdict.NOISE, goes_on=quiet_ms < ENDED_MS)
        enough_ms = self.config.speech_ms if tells_words else WORDLESS_MS
        if lasted_ms >= (NOD_MS if self._nod else enough_ms):
            self.doubt = Doubt.CLEAR
            return [BargeAct.INTERRUPT]
        if self._hesitates:
            over = quiet_ms >= HESITATION_MS
            return self._resume(Verdict.NOD) if over else []
        if quiet_ms >= ENDED_MS and (self._nod or all_told):
            return self._resume(Verdict.NOD if self._nod else Verdict.NOISE)
        if quiet_ms >= self.config.resume_ms:
            return self._resume(Verdict.UNCLEAR)
        return []

    def clear(self) -> list[BargeAct]:
        """Our voice is over, or may not be interrupted any more: it must not wait on."""
        waiting, self.doubt = self.doubt is Doubt.PAUSED, Doubt.CLEAR
        if not waiting:
            return []
        self.verdict = Verdict.UNCLEAR
        return [BargeAct.RESUME]

    @property
    def _is_voice(self) -> bool:
        """Whether the sound is taken for a voice; so is one that nobody could judge yet."""
        return self._probability is None or self._probability >= self.config.probability

    @property
    def _may_be_echo(self) -> bool:
        return self._echoes > 0 and self._last_ms - self._since_ms < ECHO_LASTS_MS

    def _is_noise(self, lasted_ms: float) -> bool:
        if self._is_voice:
            return False
        surely = self._probability is not None and self._probability < SURELY_NOISE
        return lasted_ms >= (SURE_MS if surely else NOISE_MS)

    def _resume(self, verdict: Verdict, *, goes_on: bool = False) -> list[BargeAct]:
        was, self.doubt = self.doubt, Doubt.NOISY if goes_on else Doubt.CLEAR
        self.verdict = verdict
        self._echoes += verdict is Verdict.ECHO
        return [BargeAct.RESUME] if was is Doubt.PAUSED else []
