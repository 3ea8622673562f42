"""Who may speak now: the turn policy of a call. Pure; fed milliseconds.

Theory of operation. Three parts, each with its own file, share the inputs: `endpointing` says when
the caller's turn is over and when an answer may be begun unheard, `barge_in` whether a sound over
our voice is an interruption, `keypad` collects keys. This file joins them: while our voice may be
interrupted no turn is committed, what turns out to be no interruption is forgotten, and silence
after a question is reported.

What comes in: every frame's VAD state (`voice`), the judgement of a doubtful sound (`judged`), what
the ear writes (`heard`), keys (`key`), the time (`tick`), and what is asked (`asks`, `listen`).
What comes out is a list of `Act`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from audiosocket_agent.backchannels import is_backchannel
from audiosocket_agent.barge_in import BargeAct, BargeIn, BargeInConfig, Verdict
from audiosocket_agent.endpointing import EndAct, Endpoint, EndpointConfig
from audiosocket_agent.keypad import Keypad
from audiosocket_agent.seams import EarTraits, Expectation, Hearing, Transcript
from audiosocket_agent.understanding import KeyRule

LATE_WORDS_MS = 2500  # an ear's words belong to a voice at most this much older
CUT_IN_MS = 1500  # who goes on this soon after we answered had only paused


class Act(Enum):
    """What the call is to do."""

    SPEECH_STARTED = "speech_started"  # tell the ear
    FINALIZE = "finalize"  # ask the ear for its words
    SPECULATE = "speculate"  # begin an answer to `TurnPolicy.draft`, and hold it
    DISCARD = "discard"  # throw that answer away
    COMMIT = "commit"  # the caller's turn is over: `take_turn`
    PAUSE = "pause"  # hold our voice where it is
    RESUME = "resume"  # and let it go on from there
    INTERRUPT = "interrupt"  # end our reply: the caller has the floor
    FORGET = "forget"  # the ear need not tell what it heard: it was nothing
    KEYS = "keys"  # a run of keys is complete: `take_keys`
    NO_INPUT = "no_input"  # the caller has been silent for too long


_ENDS = {
    EndAct.SPEECH_STARTED: Act.SPEECH_STARTED,
    EndAct.FINALIZE: Act.FINALIZE,
    EndAct.SPECULATE: Act.SPECULATE,
    EndAct.DISCARD: Act.DISCARD,
    EndAct.COMMIT: Act.COMMIT,
}
_BARGES = {
    BargeAct.PAUSE: Act.PAUSE,
    BargeAct.RESUME: Act.RESUME,
    BargeAct.INTERRUPT: Act.INTERRUPT,
}


@dataclass(frozen=True, slots=True)
class TurnConfig:
    """Thresholds of the turn policy.

    Attributes:
        endpoint: Of the end of the caller's turn.
        barge_in: Of interruptions.
    """

    endpoint: EndpointConfig = EndpointConfig()
    barge_in: BargeInConfig = BargeInConfig()


@dataclass(slots=True)
class TurnPolicy:
    """The turn policy of one call.

    In every method `left_ms` is how much of our interruptible voice is still to be heard, as far as
    known (infinite while it is being made, or only held); None while there is none.

    Attributes:
        config: Thresholds.
    """

    config: TurnConfig = field(default_factory=TurnConfig)
    _endpoint: Endpoint = field(init=False)
    _barge_in: BargeIn = field(init=False)
    _keypad: Keypad = field(default_factory=Keypad)
    _over_ours: bool = False  # the caller's turn began over our voice and has not interrupted it
    _interrupted: bool = False  # the caller's turn did
    _answered_ms: float = float("-inf")  # last voice of the turn that was committed last
    _ours_ms: float = float("-inf")  # when our interruptible voice was on last
    _quiet_ms: float | None = None  # since when silence counts; None while it does not
    _no_input_ms: float = 0.0

    def __post_init__(self) -> None:
        self._endpoint = Endpoint(self.config.endpoint)
        self._barge_in = BargeIn(self.config.barge_in)

    # --- what is asked ---------------------------------------------------------------------------

    def asks(self, expectation: Expectation, rule: KeyRule) -> None:
        """A question is being asked; what is said or keyed before it ends already answers it."""
        self._endpoint.expectation = expectation
        self._keypad.rule = rule
        self._quiet_ms = None

    def listen(self, now_ms: float, no_input_ms: float) -> None:
        """Our question has been spoken: from now on silence counts."""
        self._quiet_ms, self._no_input_ms = now_ms, no_input_ms

    def listens_with(self, ear: EarTraits, *, may_speculate: bool) -> None:
        """Say what listens now, and whether answers may be begun before a turn is over."""
        self._endpoint.ear = ear
        self._endpoint.may_speculate = may_speculate

    # --- what the call can ask -------------------------------------------------------------------

    @property
    def last_voice_ms(self) -> float:
        """When the caller's voice was last heard."""
        return self._endpoint.last_voice_ms

    @property
    def draft(self) -> str:
        """The words an answer is to be begun to."""
        return self._endpoint.draft or ""

    @property
    def confidence(self) -> float:
        """How sure the ear is of the words of the turn so far, 0.0 to 1.0; see `take_turn`."""
        return self._endpoint.confidence

    @property
    def caller_speaks(self) -> bool:
        """Whether the caller has something under way that is not answered yet."""
        return self._endpoint.open or self._keypad.busy

    @property
    def undecided(self) -> bool:
        """Whether a sound over our voice has to be judged."""
        return self._barge_in.undecided

    def take_turn(self) -> str:
        """Return the words of the turn that was committed."""
        self._answered_ms = self._endpoint.last_voice_ms
        self._over_ours = self._interrupted = False
        self._quiet_ms = None
        return self._endpoint.take()

    def take_keys(self) -> str:
        """Return the completed run of keys; words said before it are answered by it."""
        self._endpoint.forget()
        self._over_ours = False
        return self._keypad.take()

    # --- what happens ----------------------------------------------------------------------------

    def voice(
        self, now_ms: float, *, speaking: bool, voiced: bool, left_ms: float | None
    ) -> list[Act]:
        """Take what the VAD says after the frame that just arrived; see `Endpoint.voice`."""
        opened = not self._endpoint.open
        ends = self._endpoint.voice(now_ms, speaking=speaking, voiced=voiced)
        acts = [_ENDS[act] for act in ends]
        if speaking and voiced:
            if opened:
                self._over_ours = left_ms is not None
            if left_ms is not None:
                expects = self._endpoint.expectation.kind
                acts += self._barged(self._barge_in.sound(now_ms, left_ms, expects), now_ms)
        return acts + self.tick(now_ms, left_ms=left_ms)

    def judged(
        self, now_ms: float, probability: float | None, *, echo: bool, left_ms: float | None
    ) -> list[Act]:
        """Take what the sound over our voice itself tells; see `BargeIn.judged`."""
        acts = self._barged(self._barge_in.judged(probability, echo=echo), now_ms)
        return acts + self.tick(now_ms, left_ms=left_ms)

    def heard(self, transcript: Transcript, now_ms: float, *, left_ms: float | None) -> list[Act]:
        """Take what the ear has written."""
        wanted = self._endpoint.open or self._is_news(transcript, now_ms, left_ms)
        acts = [_ENDS[act] for act in self._endpoint.heard(transcript, now_ms, wanted=wanted)]
        if left_ms is not None and wanted:
            sure = transcript.hearing is Hearing.EAGER or self._endpoint.told
            barges = self._barge_in.words(self._endpoint.text, all_of_them=sure)
            acts += self._barged(barges, now_ms)
            if Act.INTERRUPT in acts:
                left_ms = None
        return acts + self.tick(now_ms, left_ms=left_ms)

    def key(self, digit: str, now_ms: float, *, left_ms: float | None) -> list[Act]:
        """Take one key press; it interrupts at once."""
        if not self._keypad.press(digit, now_ms):
            return []
        acts = []
        if self._endpoint.draft is not None:
            self._endpoint.draft = None
            acts.append(Act.DISCARD)
        if left_ms is not None:
            self._barge_in.clear()  # what follows stops our voice for good
            acts.append(Act.INTERRUPT)
        return acts + self.tick(now_ms, left_ms=None)

    def tick(self, now_ms: float, *, left_ms: float | None) -> list[Act]:
        """Report what time alone brings about; call it at least every 20 ms or so."""
        acts: list[Act] = []
        if left_ms is None:
            acts += self._barged(self._barge_in.clear(), now_ms)
        else:
            self._ours_ms = now_ms
            told = self._endpoint.open and self._endpoint.told
            tells_words = not self._endpoint.ear.closed_vocabulary
            barges = self._barge_in.tick(now_ms, all_told=told, tells_words=tells_words)
            acts += self._barged(barges, now_ms)
            if Act.INTERRUPT in acts:
                left_ms = None
        may_commit = left_ms is None and not self._keypad.busy
        for act in self._endpoint.tick(now_ms, may_commit=may_commit):
            acts += self._ended(act)
        if self._keypad.complete(now_ms):
            acts += [Act.FORGET, Act.KEYS] if self._endpoint.ear_listens else [Act.KEYS]
            self._quiet_ms = None
        if self._silent_for_too_long(now_ms):
            self._quiet_ms = None
            acts.append(Act.NO_INPUT)
        return acts

    def _ended(self, act: EndAct) -> list[Act]:
        """Carry on what the caller's turn asks for, unless it came to nothing."""
        if act is EndAct.COMMIT and self._over_ours:
            # Said over our last words, and no interruption: is it an answer, or only a nod?
            text = self._endpoint.text
            if not text or is_backchannel(text, answering=self._barge_in.answering):
                act = EndAct.FORGET
        if act is EndAct.FORGET and self._interrupted:
            act = EndAct.COMMIT  # we stopped for it: somebody has to go on
        if act is EndAct.COMMIT and self._endpoint.ear_listens:
            return [Act.FORGET, Act.COMMIT]  # taken as it is, in the middle of a noise
        return [_ENDS[act]] if act is not EndAct.FORGET else self._forget()

    def _barged(self, acts: list[BargeAct], now_ms: float) -> list[Act]:
        """Carry on what a sound over our voice comes to."""
        if BargeAct.INTERRUPT in acts:
            if now_ms - self._answered_ms <= CUT_IN_MS and self._over_ours:
                self._endpoint.cut_in(now_ms - self._answered_ms)
            self._over_ours, self._interrupted = False, True
        verdict = self._barge_in.verdict
        done = [_BARGES[act] for act in acts]
        if BargeAct.RESUME in acts and verdict is not Verdict.UNCLEAR:
            done += self._forget()
        return done

    def _forget(self) -> list[Act]:
        """Close a turn that came to nothing; an ear left in mid-utterance is told so."""
        acts = [Act.DISCARD] if self._endpoint.draft is not None else []
        if self._endpoint.ear_listens:
            acts.append(Act.FORGET)
        self._endpoint.forget()
        self._over_ours = False
        return acts  # silence goes on counting: a knock has not answered the question

    def _is_news(self, transcript: Transcript, now_ms: float, left_ms: float | None) -> bool:
        """Whether words that came without a turn under way are the caller's, and say something."""
        if not transcript.text:
            return False
        ours = left_ms is not None or now_ms - self._ours_ms <= CUT_IN_MS
        if not ours:
            return True
        if self._barge_in.verdict is Verdict.ECHO:
            return False
        # Over our voice the ear alone may have heard our own echo: the VAD must agree.
        late = now_ms - self._endpoint.last_voice_ms > LATE_WORDS_MS
        return not late and not is_backchannel(transcript.text, answering=False)

    def _silent_for_too_long(self, now_ms: float) -> bool:
        if self._quiet_ms is None or self.caller_speaks:
            return False
        return now_ms - self._quiet_ms >= self._no_input_ms
