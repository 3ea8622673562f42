"""A talk in milliseconds: a caller, an ear and our voice around the turn policy, no clock, no I/O.

Every 20 ms the policy gets a frame and what the ear has to say, and what it asks for happens here
as in a call. What must hold at every moment is asserted on the way.
"""

from dataclasses import dataclass, field

from audiosocket_agent.endpointing import WORDLESS_MS
from audiosocket_agent.seams import EarTraits, Expectation, Hearing, Transcript
from audiosocket_agent.turns import Act, TurnConfig, TurnPolicy
from audiosocket_agent.understanding import KeyRule

FRAME = 20
NOVA = EarTraits("linear16", 8000, 40, ends_turns=True, splits=True)
FLUX = EarTraits("linear16", 8000, 80, ends_turns=True, announces=True, splits=True)
BLIND = EarTraits("pcm", 8000, 20, closed_vocabulary=True)


@dataclass
class Say:
    """Something the caller does: quiet first, then a sound; no words for a noise.

    A noise is judged to be one; `echo` sounds are our own.
    """

    after: int
    ms: int
    words: str = ""
    echo: bool = False

    @property
    def voice(self):
        return bool(self.words) and not self.echo


@dataclass
class Talk:
    ear: EarTraits
    deeds: list
    expectation: Expectation = Expectation()
    reply_ms: int = 2000
    think_ms: int = 200
    greets: bool = True
    deaf: bool = False  # an ear that never answers
    config: TurnConfig = field(default_factory=TurnConfig)
    no_input_ms: int = 6000

    now: float = 0.0
    log: list = field(default_factory=list)  # (ms, act)
    committed: list = field(default_factory=list)
    draft: str | None = None
    ours: str | None = None  # None, "thinking", "speaking"
    paused: bool = False
    heard_ms: int = 0  # of our reply
    replies: list = field(default_factory=list)  # how each ended: "whole" or "cut"

    def run(self, tail_ms=12_000):
        self.policy = TurnPolicy(self.config)
        self.policy.listens_with(self.ear, may_speculate=True)
        self._mail = []  # (due, transcript)
        self._untold = []  # words said and not told finally
        self._recent = []
        self._speaking, self._quiet, self._thought = False, 1000.0, 0
        self._sounding = None
        if self.greets:
            self._reply(thinking=0)
        else:
            self.policy.asks(self.expectation, KeyRule())
            self._listen()
        for deed in [*self.deeds, None]:
            if deed is None:
                self._frames(tail_ms, None)
                break
            self._frames(deed.after, None)
            self._frames(deed.ms, deed)
        return self

    # --- the world -------------------------------------------------------------------------------

    def _frames(self, ms, deed):
        if deed is not None and deed.words and not deed.echo:
            self._untold.append([deed.words, False])
        for n in range(0, ms, FRAME):
            self.now += FRAME
            self._sounding = deed
            self._frame(deed is not None)
            self._post(last=deed is not None and n + FRAME >= ms)
            self._ours()
        if deed is not None and self._untold:
            self._untold[-1][1] = True

    def _frame(self, voiced):
        self._recent = [*self._recent[-4:], voiced]
        if self._speaking:
            self._quiet = 0 if voiced else self._quiet + FRAME
            self._speaking = self._quiet < 160
        elif sum(self._recent) >= 4:
            self._speaking, self._quiet = True, 0
        left = self._left()
        self.do(self.policy.voice(self.now, speaking=self._speaking, voiced=voiced, left_ms=left))
        if self.policy.undecided and self._sounding is not None:
            p = 0.95 if self._sounding.voice else 0.05
            self.do(self.policy.judged(self.now, p, echo=self._sounding.echo, left_ms=self._left()))
        self.do(self.policy.tick(self.now, left_ms=self._left()))

    def _post(self, last):
        if last and self._untold and self.ear.announces and not self.deaf:
            text = self._words()
            self._mail.append((self.now + 120, Transcript(text, 1.0, Hearing.EAGER), self.now))
            self._mail.append((self.now + 260, Transcript(text), self.now))
        for due in [m for m in self._mail if m[0] <= self.now]:
            if due not in self._mail:
                continue
            self._mail.remove(due)
            _, transcript, since = due
            if self.ear.announces and since is not None and self._voice_since(since):
                continue  # the caller went on: the vendor keeps the turn open
            if transcript.final and since is not None:
                self._untold = []
            self.do(self.policy.heard(transcript, self.now, left_ms=self._left()))

    def _voice_since(self, since):
        return self._sounding is not None and self._sounding.voice and self.now > since

    def _words(self):
        return " ".join(words for words, _ in self._untold)

    def _ours(self):
        if self.ours == "thinking":
            self._thought += FRAME
            if self._thought >= self.think_ms:
                self.ours = "speaking"
        elif self.ours == "speaking" and not self.paused:
            self.heard_ms += FRAME
            if self.heard_ms >= self.reply_ms:
                self.ours = None
                self.replies.append("whole")
                self._listen()

    def _left(self):
        if self.ours is None:
            return None
        return float("inf") if self.ours == "thinking" else self.reply_ms - self.heard_ms

    def _reply(self, thinking):
        self.ours, self._thought, self.heard_ms = "thinking", self.think_ms - thinking, 0
        self.paused = False
        self.policy.asks(self.expectation, KeyRule())

    def _listen(self):
        self.policy.listen(self.now, self.no_input_ms)

    # --- what the policy asks for ----------------------------------------------------------------

    def do(self, acts):
        for act in acts:
            self.log.append((self.now, act))
            getattr(self, "_" + act.value, lambda: None)()

    def _finalize(self):
        if not self.deaf:
            delay = {id(NOVA): 150, id(FLUX): 20, id(BLIND): 120}[id(self.ear)]
            words, self._untold = self._words(), []
            if self.ear.announces:
                self._mail = []
            self._mail.append((self.now + delay, Transcript(words), None))

    def _speculate(self):
        assert self.draft is None and self.ours is None
        assert self.policy.draft
        self.draft = self.policy.draft

    def _discard(self):
        assert self.draft is not None
        self.draft = None

    def _commit(self):
        assert self.ours is None, "two replies at once"
        assert not (self._speaking and self._quiet == 0) or self._long(), "cuts in on a voice"
        self.committed.append((self.now, self.policy.take_turn()))
        self.draft = None
        self._reply(thinking=self.think_ms)

    def _long(self):
        """Whether there is a voice for longer than the policy waits for words of it."""
        run_ms = 0
        for deed in self.deeds:
            run_ms = deed.ms + (run_ms + deed.after if deed.after < 160 else 0)
            if run_ms > WORDLESS_MS:
                return True
        return False

    def _pause(self):
        assert self.ours is not None and not self.paused
        self.paused = True

    def _resume(self):
        assert self.paused
        self.paused = False

    def _interrupt(self):
        assert self.ours is not None
        self.ours, self.paused = None, False
        self.replies.append("cut")

    def _no_input(self):
        assert self.ours is None and not self.policy.caller_speaks
        self._reply(thinking=self.think_ms)

    # --- what tests ask --------------------------------------------------------------------------

    def at(self, act):
        return [ms for ms, done in self.log if done is act]

    @property
    def said(self):
        return [text for _, text in self.committed]


def acts_of(talk, *kinds):
    """The acts of some kinds, in order."""
    return [act for _, act in talk.log if act in (kinds or tuple(Act))]
