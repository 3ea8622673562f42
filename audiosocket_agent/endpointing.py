"""When the caller has finished: one turn from its first sound to its commit. Pure; milliseconds in.

Theory of operation. A turn opens with the caller's voice and gathers what the ear writes of it: a
partial is replaced, finals are joined, because an ear may be asked for its words in the middle of a
turn. How long a silence must last to end the turn depends on the words so far (`completeness`), on
what was asked, and on this caller's own pauses; a cap bounds it. A turn is committed when the
silence is long enough and the ear has told everything that was said before it:

    voice -> silence -> [finalize] -> all told -> [speculate] -> commit
      ^          |______________________________________|
      +---- the caller goes on: what was begun is discarded

An ear that `splits` is asked after a very short silence, so that its words are there when the turn
is judged; one that `announces` only when it has not ended the turn by itself by then; any other
only at the end, because what it hears in two pieces it may not understand.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from audiosocket_agent.completeness import Completeness, completeness, same_words
from audiosocket_agent.seams import EarTraits, Expectation, Hearing, Transcript

FRAME_MS = 20
JITTER_MS = 5  # frames come 20 ms apart, give or take; waiting for another one would cost 20
STIR_MS = 40  # a voiced frame this young may be the caller going on
LONGEST_STIR_MS = 120  # a line that crackles all the time must not hold up the answer
PAUSE_MS = 150  # quiet inside speech that counts as a pause of the caller's
PAUSE_MARGIN = 1.2  # the next pause may be a little longer than the last
PAUSE_MEMORY = 0.8  # share of a pause's weight that is left after a turn without one
EAR_LOST_MS = 3000.0  # ears and their replacements answer a finalize sooner, or fail
# Words come within this time of being said, whatever the ear: a voice without new ones is noise.
WORDLESS_MS = 4000
SHORTEST_SPEECH_MS = 300  # a sound without words that is shorter is a knock, not an answer
CLOSED = EarTraits("pcm_s16le", 8000, FRAME_MS, closed_vocabulary=True)


class EndAct(Enum):
    """What the caller's turn asks for."""

    SPEECH_STARTED = "speech_started"  # tell the ear
    FINALIZE = "finalize"  # ask the ear for its words
    SPECULATE = "speculate"  # begin an answer to `Endpoint.text`, unheard
    DISCARD = "discard"  # throw that answer away
    COMMIT = "commit"  # the turn is over: take it
    FORGET = "forget"  # the turn came to nothing


@dataclass(frozen=True, slots=True)
class EndpointConfig:
    """Times that end a caller's turn, in milliseconds of silence unless said otherwise.

    Attributes:
        finalize_ms: After which an ear that `splits` is asked for its words.
        finished_ms: That ends a turn whose words are a full answer.
        probable_ms: That ends a turn whose words read like a whole sentence.
        unfinished_ms: That ends a turn whose words lack something.
        patience_ms: That `probable_ms` may grow to with a caller who pauses in whole sentences.
        blind_ms: That ends a turn of which the ear tells nothing before it is asked.
        cap_ms: That ends any turn.
        longest_ms: Length of a turn without a pause after which it is taken as it is.
        speculate_ms: After which the words so far are steady enough to begin an answer to them.
        lead_ms: How long before the end of a long wait the answer is begun.
    """

    finalize_ms: int = 100
    finished_ms: int = 200
    probable_ms: int = 240
    unfinished_ms: int = 1050
    patience_ms: int = 400
    blind_ms: int = 500
    cap_ms: int = 1500
    longest_ms: int = 15_000
    speculate_ms: int = 100
    lead_ms: int = 400


@dataclass(slots=True)
class Endpoint:
    """The caller's side of the talk.

    Attributes:
        config: Times.
        ear: What listens now; the call keeps it current.
        expectation: What was asked.
        may_speculate: Whether answers may be begun before the turn is over.
        last_voice_ms: When it was last heard.
        draft: The words an answer was begun to; None while there is none.
    """

    config: EndpointConfig = field(default_factory=EndpointConfig)
    ear: EarTraits = CLOSED
    expectation: Expectation = Expectation()
    may_speculate: bool = True
    last_voice_ms: float = float("-inf")
    draft: str | None = None
    _since_ms: float | None = None  # the turn's first voice; None while no turn is open
    _unbroken_ms: float = 0.0  # where the voice that has had no final yet began
    _worded_ms: float = 0.0  # when the ear told something new last
    _voiced_ms: float = 0.0
    _finals: list[str] = field(default_factory=list)
    _sure: list[float] = field(default_factory=list)  # how sure the ear was of each
    _partial_sure: float = 1.0
    _partial: str = ""
    _partial_ms: float = float("-inf")
    _told_ms: float = float("-inf")  # the ear has told all that was said before
    _asked_ms: deque[float] = field(default_factory=deque)  # finalizes without their final
    _ear_knows: bool = False  # whether the ear was told of the voice that is on
    _overlong: bool = False
    _stir_ms: float = float("-inf")
    _own_pause_ms: float = 0.0
    _paused: bool = False  # whether this turn had a pause after whole words
    _judged: tuple[str, Expectation, Completeness] | None = None

    @property
    def open(self) -> bool:
        """Whether the caller has said something that is not answered yet."""
        return self._since_ms is not None

    @property
    def text(self) -> str:
        """What the ear has written of the turn so far."""
        return join([*self._finals, self._partial])

    @property
    def confidence(self) -> float:
        """How sure the ear is of the turn so far, 0.0 to 1.0: of the part it is least sure of."""
        return min(*self._sure, self._partial_sure if self._partial else 1.0, 1.0)

    @property
    def told(self) -> bool:
        """Whether the ear has told everything that was said."""
        return self._told_ms >= self.last_voice_ms and not self._asked_ms

    @property
    def ear_listens(self) -> bool:
        """Whether the ear was told of a voice and not yet asked for its words."""
        return self._ear_knows

    @property
    def wait_ms(self) -> float:
        """How long a silence ends the turn as it is now."""
        config, text = self.config, self.text
        if not text or self.ear.closed_vocabulary:
            return config.blind_ms
        kind = self._completeness(text)
        if kind is Completeness.UNFINISHED:
            return min(config.unfinished_ms, config.cap_ms)
        if kind is Completeness.FINISHED:
            return min(config.finished_ms, config.cap_ms)
        own_ms = min(self._own_pause_ms * PAUSE_MARGIN, config.patience_ms)
        return min(max(config.probable_ms, own_ms), config.cap_ms)

    def voice(self, now_ms: float, *, speaking: bool, voiced: bool) -> list[EndAct]:
        """Take what the VAD says after the frame that just arrived.

        Args:
            now_ms: When it arrived.
            speaking: Whether the VAD takes the caller for speaking.
            voiced: Whether this very frame was voice.
        """
        if not (speaking and voiced):
            if voiced:
                self._stir_ms = now_ms
            return []
        acts: list[EndAct] = []
        if self._since_ms is None:
            self._since_ms = self._unbroken_ms = self._worded_ms = now_ms
        elif now_ms - self.last_voice_ms >= PAUSE_MS:
            if self.told and self._reads_whole:
                self._note_pause(now_ms - self.last_voice_ms)
            self._unbroken_ms = now_ms
        self.last_voice_ms = now_ms
        self._voiced_ms += FRAME_MS
        if self.draft is not None:
            self.draft = None
            acts.append(EndAct.DISCARD)
        if not self._ear_knows:
            self._ear_knows = True
            acts.append(EndAct.SPEECH_STARTED)
        return acts

    def heard(self, transcript: Transcript, now_ms: float, *, wanted: bool = True) -> list[EndAct]:
        """Take what the ear has written.

        Args:
            transcript: It.
            now_ms: When it came.
            wanted: Whether its words belong to the turn; others are only ticked off.
        """
        text, before = transcript.text if wanted else "", self.text
        if transcript.final:
            self._final(text, transcript.confidence, now_ms)
        elif wanted:
            self._partial, self._partial_ms = text, now_ms
            self._partial_sure = transcript.confidence
        if self.text != before:
            self._worded_ms = now_ms
        if self._since_ms is None and self.text:
            # The ear hears what the VAD does not: somebody far from the phone.
            self._since_ms = self._unbroken_ms = self.last_voice_ms = now_ms
            if transcript.final:
                self._told_ms = now_ms
        resumed = transcript.hearing is Hearing.RESUMED
        if self.draft is not None and (resumed or not same_words(self.draft, self.text)):
            self.draft = None
            return [EndAct.DISCARD]
        return []

    def tick(self, now_ms: float, *, may_commit: bool) -> list[EndAct]:
        """Report what time alone brings about.

        Args:
            now_ms: Now.
            may_commit: Whether the turn may end; not while our voice may still go on over it.
        """
        if self._since_ms is None:
            return []
        acts = self._ask(now_ms)
        if not may_commit:
            return acts
        lost = bool(self._asked_ms) and now_ms - self._asked_ms[0] >= EAR_LOST_MS
        if lost:
            self._asked_ms.clear()
            self._told_ms = now_ms
        due_ms = self.last_voice_ms + self.wait_ms
        taken_as_it_is = self._overlong and not self._asked_ms
        if taken_as_it_is or (self.told and self._over(now_ms, due_ms)):
            acts.append(self._end())
        elif self._speculates(now_ms, due_ms):
            self.draft = self.text
            acts.append(EndAct.SPECULATE)
        return acts

    def take(self) -> str:
        """Return the words of the turn that is over, and close it."""
        text = self.text
        self._own_pause_ms *= 1.0 if self._paused else PAUSE_MEMORY
        self.forget()
        return text

    def forget(self) -> None:
        """Close the turn; what the ear still owes of it is not wanted."""
        self._since_ms = None
        self._voiced_ms = 0.0
        self._finals.clear()
        self._sure.clear()
        self._partial = ""
        self.draft = None
        self._overlong = self._paused = self._ear_knows = False

    def cut_in(self, pause_ms: float) -> None:
        """We answered, and the caller had only paused: be more patient with this one."""
        self._note_pause(pause_ms)

    def _note_pause(self, pause_ms: float) -> None:
        """Remember a pause after what read like a whole sentence; the others are waited for."""
        self._paused = True
        longest_ms = self.config.patience_ms / PAUSE_MARGIN  # beyond it nothing would change
        self._own_pause_ms = max(self._own_pause_ms, min(pause_ms, longest_ms))

    @property
    def _reads_whole(self) -> bool:
        return bool(self.text) and self._completeness(self.text) is not Completeness.UNFINISHED

    def _completeness(self, text: str) -> Completeness:
        """Judge the words; they are asked about every 10 ms and change a few times a second."""
        if self._judged is None or self._judged[:2] != (text, self.expectation):
            self._judged = (text, self.expectation, completeness(text, self.expectation))
        return self._judged[2]

    def _final(self, text: str, confidence: float, now_ms: float) -> None:
        if self._asked_ms:
            self._told_ms = self._asked_ms.popleft()
        elif now_ms - self.last_voice_ms >= FRAME_MS * 2:
            self._told_ms = now_ms  # the ear ended the utterance by itself
        self._partial = ""
        if text:
            self._finals.append(text)
            self._sure.append(confidence)
        if now_ms - self.last_voice_ms >= FRAME_MS * 2:
            self._ear_knows = False

    def _ask(self, now_ms: float) -> list[EndAct]:
        """Ask the ear for its words when it is time to."""
        if self._too_long(now_ms) and not self._overlong:
            self._overlong = True
            return self._finalize(now_ms)
        asked = bool(self._asked_ms) and self._asked_ms[-1] >= self.last_voice_ms
        if self._told_ms >= self.last_voice_ms or asked:
            return []
        if self.ear.closed_vocabulary or not (self.ear.splits or self.ear.announces):
            silence_ms: float = self.config.blind_ms
        elif self.ear.announces:
            silence_ms = self.wait_ms
        else:
            silence_ms = self.config.finalize_ms
        over = self._over(now_ms, self.last_voice_ms + silence_ms)
        return self._finalize(now_ms) if over else []

    def _too_long(self, now_ms: float) -> bool:
        """Whether the turn is taken as it is: no pause in it, or only noise since its last word."""
        noise = bool(self.text) and now_ms - self._worded_ms > WORDLESS_MS
        return noise or now_ms - self._unbroken_ms > self.config.longest_ms

    def _finalize(self, now_ms: float) -> list[EndAct]:
        self._asked_ms.append(now_ms)
        self._ear_knows = False
        return [EndAct.FINALIZE]

    def _over(self, now_ms: float, due_ms: float) -> bool:
        if now_ms < due_ms - JITTER_MS:
            return False
        return now_ms - self._stir_ms >= STIR_MS or now_ms - due_ms >= LONGEST_STIR_MS

    def _end(self) -> EndAct:
        """Return what a turn that is over comes to."""
        if self.text or self.ear.closed_vocabulary or self._voiced_ms >= SHORTEST_SPEECH_MS:
            return EndAct.COMMIT
        return EndAct.FORGET

    def _speculates(self, now_ms: float, due_ms: float) -> bool:
        if not self.may_speculate or self.draft is not None or not self.text:
            return False
        # A partial that came after the voice had stopped holds the last words, too.
        known = self.told or self._partial_ms >= self.last_voice_ms + self.config.speculate_ms
        return known and now_ms >= due_ms - self.config.lead_ms


def join(texts: list[str]) -> str:
    """Join what was heard in pieces: a full stop between two of them was only a pause."""
    pieces = [text.strip() for text in texts if text.strip()]
    return " ".join([*(piece.rstrip(".,") for piece in pieces[:-1]), *pieces[-1:]])
