"""A text as it is written, beside the words it is spoken in. Pure.

"75 pounds" may be written as one word and is spoken as two or three; what was heard is known in
spoken words, and remembered in written ones. So the two are counted side by side, at every point
where both have just ended a word.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from audiosocket_agent.spoken import SpokenText
from audiosocket_agent.spoken_words import count_words

ROUNDING = 1e-9  # 3 of 3 words may come out as 2.9999999999999996

_PARTS = re.compile(r"\s*\S+|\s+$")


@dataclass(slots=True)
class Written:
    """A text that may still grow.

    Attributes:
        text: It, as far as it is written.
        spoken: The same as a voice is given it; what may still change is held back.
    """

    text: str = ""
    spoken: str = ""
    _writer: SpokenText = field(default_factory=SpokenText)
    # How many words had been written, and spoken, wherever both are whole.
    _at_written: list[int] = field(default_factory=lambda: [0])
    _at_spoken: list[int] = field(default_factory=lambda: [0])

    @classmethod
    def whole(cls, text: str) -> Written:
        """Return a text that is complete."""
        written = cls()
        written.add(text)
        written.finish()
        return written

    @property
    def spoken_words(self) -> int:
        """How many words a voice was given so far."""
        return self._at_spoken[-1]

    def add(self, text: str) -> str:
        """Go on writing.

        Returns:
            What can be spoken now, often "".
        """
        return "".join(self._take(part) for part in _PARTS.findall(text))

    def sentence(self, text: str) -> str:
        """Write a whole sentence, apart from what was written before; see `add`."""
        ready = self.finish()
        if self.text:
            self.text += " "
            self.spoken += " "
            ready += " "
        return ready + self.add(text) + self.finish()

    def finish(self) -> str:
        """End what was written; what was held back is returned, to be spoken now."""
        return self._count(self._writer.finish(), held=0)

    def first(self, spoken_words: float) -> str:
        """Return the written words that are said by the first so many spoken ones.

        Args:
            spoken_words: Whole ones count; of a stretch that is not spoken word for word the share.
        """
        mark = bisect_right(self._at_spoken, spoken_words + ROUNDING) - 1
        words = float(self._at_written[mark])
        if mark + 1 < len(self._at_spoken):
            spoken = self._at_spoken[mark + 1] - self._at_spoken[mark]
            written = self._at_written[mark + 1] - self._at_written[mark]
            words += written * (spoken_words - self._at_spoken[mark]) / spoken
        return " ".join(self.text.split()[: int(words + ROUNDING)])

    def _take(self, part: str) -> str:
        self.text += part
        ready = self._writer.feed(part)
        return self._count(ready, held=self._writer.held)

    def _count(self, ready: str, held: int) -> str:
        if ready:
            self.spoken += ready
            written = len(self.text[: len(self.text) - held].split())
            spoken = count_words(self.spoken)
            if spoken > self._at_spoken[-1]:
                self._at_written.append(written)
                self._at_spoken.append(spoken)
            else:  # a lone sign: it goes with the word before it
                self._at_written[-1] = written
        return ready
