"""One reply: which text was sent in which context, what came back, and what is overdue.

Theory of operation. A reply is spoken in one context as long as that lives; Cartesia ends a context
one second after its last audio, which a model that pauses (for a tool, say) easily outlasts. So the
reply opens another context for text that comes too late, and once, when the vendor says that the
context is gone (or the connection was, before anything was heard), sends in a new one what has not
been heard of the old. Audio and word times of all contexts are joined on one clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from audiosocket_agent.errors import ContextExpired, DeadlineMissed, ProviderError, StreamBroken
from audiosocket_agent.seams import BYTES_PER_MS, SpeechPiece, SpokenWord
from audiosocket_agent.spoken_words import count_words, rest_after, words_in
from audiosocket_agent.tts.cartesia_wire.failures import PROVIDER
from audiosocket_agent.tts.cartesia_wire.frames import Chunk, Done, Event, Failed, Timestamps
from audiosocket_agent.tts.cartesia_wire.request import Frames

# The vendor counts one second from its last audio; the way there takes some of it.
CONTEXT_LIFE_S = 0.9
WORDS_ASTRAY = 2  # see `_unspoken`
_ROUNDING_MS = 20  # word times and audio need not agree to the sample


@dataclass(slots=True)
class _Context:
    """One context at the vendor; times are the loop's."""

    id: str
    base_ms: float  # of the reply's audio before this context's
    opened_at: float
    text: list[str] = field(default_factory=list)
    sent_at: float = 0.0
    heard_at: float = 0.0  # last audio; 0 before
    audio_bytes: int = 0
    word_ends_ms: list[float] = field(default_factory=list)
    finishing: bool = False


class Reply:
    """Decides what to send and what a frame means. Frames to be sent are returned, in order.

    Args:
        frames: Builds them.
        new_id: Makes the id of a context, unique on the account.
        first_byte_s: Longest wait for audio from the first text of a context.
        stall_s: Longest wait for anything while text is unspoken and the listener runs dry.
    """

    def __init__(
        self, frames: Frames, new_id: Callable[[], str], first_byte_s: float, stall_s: float
    ) -> None:
        self._frames = frames
        self._new_id = new_id
        self._first_byte_s = first_byte_s
        self._stall_s = stall_s
        self._context: _Context | None = None
        self._blank = ""
        self._odd = b""
        self._audio_bytes = 0
        self._dry_at = 0.0  # when a listener who plays all audio at once has nothing left
        self._finished = False
        self._renewed = False
        self._done = False

    @property
    def done(self) -> bool:
        """Whether all was spoken, or the reply was cancelled."""
        return self._done

    @property
    def context_id(self) -> str:
        """The context whose frames concern this reply now; "" when there is none."""
        return self._context.id if self._context else ""

    def say(self, text: str, now: float) -> list[str]:
        """Add text; blank text waits for what follows it."""
        if self._done or self._finished:
            return []
        text = self._blank + text
        if self._context is not None and self._expired(self._context, now):
            self._context = None
        if self._context is None and not count_words(text):
            self._blank = text
            return []
        self._blank = ""
        return self._send(text, now) if text else []

    def finish(self, now: float) -> list[str]:
        """Say that no more text follows."""
        if self._done or self._finished:
            return []
        self._finished = True
        context = self._context
        if context is None or self._expired(context, now):
            self._done = True
            return []
        return self._close_input(context, now)

    def cancel(self) -> list[str]:
        """Forget the reply."""
        context, done = self._context, self._done
        self._context, self._done = None, True
        return [self._frames.cancel(context.id)] if context and not done else []

    def take(self, event: Event, now: float) -> tuple[list[SpeechPiece], list[str]]:
        """Take a frame; returns what is heard and what to send.

        Frames of other contexts are stale: cancelled, or replaced.

        Raises:
            ProviderError: If the reply has failed.
        """
        context = self._context
        if context is None or event.context_id != context.id:
            return [], []
        if isinstance(event, Chunk):
            return self._heard(context, event.audio, now), []
        if isinstance(event, Timestamps):
            for word in event.words:
                context.word_ends_ms += [word.end_ms] * count_words(word.text)
            rebased = tuple(
                SpokenWord(w.text, w.start_ms + context.base_ms, w.end_ms + context.base_ms)
                for w in event.words
            )
            return [rebased] if rebased else [], []
        if isinstance(event, Done):
            return [], self._ended(context, now)
        assert isinstance(event, Failed)
        if isinstance(event.error, ContextExpired):
            return [], self._renew(context, event.error, now)
        raise event.error

    def lost(self, error: ProviderError, now: float) -> list[str]:
        """Say that the connection is gone; returns what to send on the next one.

        Raises:
            ProviderError: ``error``, if audio of the context was heard: what of it is still to
                come is then the next voice's.
        """
        context = self._context
        if context is None:
            return []
        if self._finished and self._all_heard(context):
            self._done = True
            return []
        if context.audio_bytes and self._unspoken(context):
            raise error
        return self._renew(context, error, now)

    def due_at(self) -> float | None:
        """Return when something is overdue; None when nothing is being waited for."""
        context = self._context
        if context is None or self._done or not self._unspoken(context):
            return None
        if not context.audio_bytes:
            return max(context.opened_at + self._first_byte_s, self._dry_at)
        return max(context.heard_at + self._stall_s, context.sent_at + self._stall_s, self._dry_at)

    def overdue(self) -> None:
        """Say that `due_at` has passed.

        Raises:
            DeadlineMissed: Unless every word was heard and only the vendor's last frame is missing.
        """
        context = self._context
        if context is None:
            return
        if self._finished and self._all_heard(context):
            self._done = True
            return
        if not context.audio_bytes:
            what = f"no audio within {self._first_byte_s * 1000:.0f} ms"
        else:
            what = f"nothing for {self._stall_s * 1000:.0f} ms in the middle of a reply"
        raise DeadlineMissed(PROVIDER, what)

    def _send(self, text: str, now: float) -> list[str]:
        context = self._context
        if context is None:
            context = _Context(self._new_id(), self._audio_bytes / BYTES_PER_MS, now)
            self._context = context
            self._odd = b""
        context.text.append(text)
        context.sent_at = now
        return [self._frames.speak(context.id, text)]

    def _close_input(self, context: _Context, now: float) -> list[str]:
        context.finishing = True
        context.sent_at = now
        return [self._frames.speak(context.id, "", more=False)]

    def _heard(self, context: _Context, audio: bytes, now: float) -> list[SpeechPiece]:
        audio = self._odd + audio
        whole = len(audio) - len(audio) % 2
        self._odd = audio[whole:]
        context.heard_at = now
        context.audio_bytes += whole
        self._audio_bytes += whole
        self._dry_at = max(self._dry_at, now) + whole / BYTES_PER_MS / 1000
        return [audio[:whole]] if whole else []

    def _ended(self, context: _Context, now: float) -> list[str]:
        """The vendor ended the context: as asked, or because it had waited too long for text."""
        if context.finishing:
            if not context.audio_bytes:
                raise StreamBroken(PROVIDER, "the reply ended without audio")
            self._context, self._done = None, True  # what still comes is not of this reply
            return []
        if self._unspoken(context):
            error = ContextExpired(PROVIDER, "the context ended before its text was spoken")
            return self._renew(context, error, now)
        self._context = None
        return []

    def _renew(self, context: _Context, error: ProviderError, now: float) -> list[str]:
        """Go on in a new context with what the old one has not spoken."""
        rest = self._rest(context)
        self._context = None
        if not count_words(rest):
            self._done = self._finished
            return []
        if self._renewed:
            raise error
        self._renewed = True
        sent = self._send(rest, now)
        assert self._context is not None
        if not context.audio_bytes:
            self._context.opened_at = context.opened_at  # the caller has been waiting since then
        return sent + self._close_input(self._context, now) if self._finished else sent

    def _rest(self, context: _Context) -> str:
        text = "".join(context.text)
        audio_ms = context.audio_bytes / BYTES_PER_MS
        if context.word_ends_ms:
            heard = sum(end_ms <= audio_ms + _ROUNDING_MS for end_ms in context.word_ends_ms)
            return rest_after(text, heard)
        return rest_after(text, words_in(text, audio_ms))

    def _all_heard(self, context: _Context) -> bool:
        return bool(context.word_ends_ms) and not count_words(self._rest(context))

    def _words_left(self, context: _Context) -> int:
        return count_words("".join(context.text)) - len(context.word_ends_ms)

    def _unspoken(self, context: _Context) -> bool:
        """Whether audio is still to come.

        Between texts there is no telling for sure: the vendor counts words its own way, so a few
        that seem missing are taken as spoken once audio has come after the last text.
        """
        if context.finishing or context.sent_at > context.heard_at:
            return True
        return bool(context.word_ends_ms) and self._words_left(context) > WORDS_ASTRAY

    def _expired(self, context: _Context, now: float) -> bool:
        return now - context.heard_at >= CONTEXT_LIFE_S and not self._unspoken(context)
