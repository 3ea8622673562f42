"""The words of a caller as an ear writes them, reduced to what they mean. Pure.

Ears differ in capitals, punctuation, figures and hesitations; everything that judges a caller's
words looks at `words_of` first.
"""

from __future__ import annotations

import re

FILLERS = frozenset(
    "um umm ummm uhm uh uhh er err erm errm ehm eh hmm hm hmmm mm mmm mmmm ah ahh aah".split()
)

_WORD = re.compile(r"\+?[^\W_]+(?:'[^\W_]+)*")
_HALF_OF_DAY = re.compile(r"\b([ap])\.\s?m\b\.?")
_TYPOGRAPHIC = str.maketrans({"’": "'", "‘": "'", "`": "'"})


def words_of(text: str) -> list[str]:
    """Split a transcript into lower-case words: "Yes, I'm at 10 a.m." is yes i'm at 10 am.

    Hyphens and full stops separate words; apostrophes and a plus sign before figures belong.
    """
    return _WORD.findall(_HALF_OF_DAY.sub(r"\1m", text.lower().translate(_TYPOGRAPHIC)))
