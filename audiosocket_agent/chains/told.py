"""How far a reply has been told: what the next voice still has to say when one fails."""

from __future__ import annotations

from audiosocket_agent.seams import BYTES_PER_MS, SpeechPiece, SpokenWord
from audiosocket_agent.spoken_words import count_words, rest_after, words_in

ROUNDING_MS = 20.0  # word times and audio of a vendor need not agree to the sample


class Told:
    """Follows one reply over the voices that speak it, on one clock: that of the audio yielded."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._word_ends_ms: list[float] = []
        self._before_bytes = 0  # audio of the voices before this one
        self._audio_bytes = 0  # audio of this one

    def say(self, text: str) -> None:
        """Add text."""
        self._text.append(text)

    def heard(self, piece: SpeechPiece) -> SpeechPiece:
        """Take what the voice yields; returns it with its times on the reply's clock."""
        if isinstance(piece, bytes):
            self._audio_bytes += len(piece)
            return piece
        for word in piece:
            self._word_ends_ms += [word.end_ms] * count_words(word.text)
        base_ms = self._before_bytes / BYTES_PER_MS
        return tuple(SpokenWord(w.text, w.start_ms + base_ms, w.end_ms + base_ms) for w in piece)

    def rest(self) -> str:
        """Return what is not yet heard: all after the last word whose audio has come."""
        audio_ms = self._audio_bytes / BYTES_PER_MS
        text = "".join(self._text)
        if not self._audio_bytes:
            return text
        if not self._word_ends_ms:
            return rest_after(text, words_in(text, audio_ms))
        heard = sum(end_ms <= audio_ms + ROUNDING_MS for end_ms in self._word_ends_ms)
        return rest_after(text, heard)

    def hand_over(self) -> str:
        """Go on with another voice; returns what it has to say."""
        rest = self.rest()
        self._text = [rest]
        self._word_ends_ms = []
        self._before_bytes += self._audio_bytes
        self._audio_bytes = 0
        return rest
