"""Make a reply speakable while the model is still writing it. Pure.

Text goes through two stages, character by character: `markdown` takes the marks out, then words are
gathered here. A word of letters only is passed on at the space or punctuation behind it. A word
with a figure, a sign or a full stop in it waits for its space, and then for the next word as long
as that may belong to it (`growth`); the stretch is then said by `render`.

Because every decision is taken at a character and depends on the characters before it only, the
pieces joined are the same however the text was cut into tokens.

Held back at most: of plain prose the current word and the marks around it, and one space; of
anything else `MAX_WORD` characters plus `MAX_TAG` of an unfinished HTML tag. A stretch of several
words is let go before it reaches `MAX_STRETCH`.
"""

from __future__ import annotations

from audiosocket_agent.spoken import abbreviations, dates
from audiosocket_agent.spoken.growth import Growth, belongs, growths, may_continue, waits
from audiosocket_agent.spoken.markdown import PlainText
from audiosocket_agent.spoken.render import render
from audiosocket_agent.spoken.rules import Around

MAX_WORD = 48  # characters: beyond it a word is said in parts; e-mail addresses are shorter
MAX_STRETCH = 40  # characters of a construct of several words
_RELEASING = frozenset(",;!?)")
_SCHEMES = frozenset({"http", "https", "mailto"})
_NO_SPACE_BEFORE = frozenset(".,;:!?)")
_SENTENCE_ENDS = frozenset(".!?:;,")
# Letters only, yet not said as written or not complete in themselves.
_SPECIAL = (
    abbreviations.WAITING
    | dates.DAY_NAMES
    | {*dates.MONTHS, *(month[:3] for month in dates.MONTHS), "Sept", "GBP", "EUR", "USD"}
)


class SpokenText:
    """Feed a reply's tokens, get British English that can be handed to any voice as it is.

    One instance serves one reply at a time; after `finish` it is ready for the next. Pieces are to
    be joined exactly as returned: a piece brings its own space, in front.
    """

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._plain = PlainText()
        self._stretch = ""  # whole words that may grow, single spaces between
        self._ways: tuple[Growth, ...] = ()  # how the stretch may grow
        self._word = ""  # the word being written
        self._letters = True  # the word is letters, apostrophes and quotes only
        self._before = ""  # last word let go, as written
        self._gap = False  # a space not yet put out
        self._last = ""  # last character put out
        self._cut = False  # the word is the rest of one said in parts
        self._dropping = False  # the rest of a web address that is too long

    @property
    def held(self) -> int:
        """Number of characters held back at this moment, of the text as it was fed."""
        return len(self._stretch) + len(self._word) + self._plain.held + self._gap

    def feed(self, token: str) -> str:
        """Return the speech-ready text that this token makes certain, often ``""``.

        Args:
            token: Any number of characters, cut anywhere. About 1 microsecond a character of prose,
                and at most 25 of anything else.
        """
        said: list[str] = []
        for character in token:
            for plain in self._plain.feed(character):
                self._take(plain, said)
        return "".join(said)

    def finish(self) -> str:
        """Return what was held back; the text is complete. Ready for the next one afterwards."""
        said: list[str] = []
        for plain in self._plain.finish():
            self._take(plain, said)
        self._end_word(said)
        self._release(said, "")
        self._begin()
        return "".join(said)

    def _take(self, character: str, said: list[str]) -> None:
        if character in " \n":
            self._end_word(said)
            self._dropping = self._cut = False
            if character == "\n":
                self._release(said, "\n")
                if self._last and self._last not in _SENTENCE_ENDS:
                    self._put(".", said)
                self._before = ""
            if not self._stretch:  # else the gap before the stretch is the one still to come
                self._gap = True
            return
        if self._dropping:
            return
        self._word += character
        if not (character.isalpha() or character in "'\""):
            if self._letters and character in _RELEASING and self._releases(said):
                return
            self._letters = False
        if self._stretch and not may_continue(self._ways, self._word):
            self._release(said, self._word[0])
        if len(self._word) >= MAX_WORD:
            self._cut_word(said)

    def _releases(self, said: list[str]) -> bool:
        """Let a word of letters go together with the punctuation that ends it."""
        word = self._word[:-1]
        if not word or word in _SPECIAL:
            return False
        if self._stretch:
            if belongs(self._ways, self._word):
                return False
            self._release(said, self._word[0])
        self._put(self._word, said)
        self._before = ""
        self._word = ""
        return True

    def _end_word(self, said: list[str]) -> None:
        word, letters = self._word, self._letters
        self._word, self._letters = "", True
        if not word:
            return
        if self._stretch:
            joined = f"{self._stretch} {word}"
            if len(joined) <= MAX_STRETCH and belongs(self._ways, word):
                self._hold(joined, said)
                return
            self._release(said, word[0])
        if letters and word not in _SPECIAL:
            self._put(word, said)
            self._before = word
        else:
            self._hold(word, said)

    def _hold(self, stretch: str, said: list[str]) -> None:
        """Keep a stretch while it may grow or waits for a character; else say it at once."""
        self._ways = growths(stretch)
        if self._ways or waits(stretch):
            self._stretch = stretch
        else:
            self._stretch = ""
            self._say(stretch, "", said)

    def _release(self, said: list[str], after: str) -> None:
        """Say the stretch; `after` is the next character, "" when it no longer matters."""
        if self._stretch:
            stretch, self._stretch = self._stretch, ""
            self._say(stretch, after, said)
            self._gap = True

    def _say(self, text: str, after: str, said: list[str]) -> None:
        spoken_words = render(text, Around(self._before, after))
        self._put(spoken_words, said)
        word = text.rpartition(" ")[2]
        self._before = word if word[-1].isalnum() else ""

    def _put(self, text: str, said: list[str]) -> None:
        if not text or (text == "," and (not self._last or self._last in _SENTENCE_ENDS)):
            return
        if self._gap and self._last and text[0] not in _NO_SPACE_BEFORE:
            said.append(" ")
        self._gap = False
        said.append(text)
        self._last = text[-1]

    def _cut_word(self, said: list[str]) -> None:
        """Say the beginning of a word that is too long to wait for its end."""
        self._release(said, self._word[0])
        word, letters = self._word, self._letters
        self._word = ""
        if letters:
            self._put(word, said)
        else:
            self._gap = self._gap or self._cut
            self._say(word, "", said)
            self._dropping = "://" in word or word.startswith("www.")
        self._cut = True


def spoken(text: str) -> str:
    """Return a whole text as it is spoken; the same as feeding it in any number of tokens."""
    stream = SpokenText()
    return stream.feed(text) + stream.finish()
