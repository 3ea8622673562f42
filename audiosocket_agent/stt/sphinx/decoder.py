"""pocketsphinx, told what may be said: one utterance in, one phrase and a confidence out.

A grammar makes the recogniser hear an answer in any noise. So every utterance is decoded twice:
once with the grammar, once as any sequence of phones at all. An answer that was really said
explains the sound nearly as well as free phones do; nonsense forced into the grammar does not.
`confidence` turns this comparison into a number.

This module is the adapter around pocketsphinx, which has no types; nothing else imports it.
"""

from __future__ import annotations

import logging
import math
import subprocess
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pocketsphinx

from audiosocket_agent.stt.sphinx import confidence, grammar, pronunciation
from audiosocket_agent.stt.sphinx.confidence import Span
from audiosocket_agent.stt.sphinx.features import cepstra

CACHED_GRAMMARS = 64  # more than a company has questions; the one not used for longest goes
FREE_PHONES = "phones"
LOG_UNIT = 1024.0  # pocketsphinx gives scores divided by 2**SENSCR_SHIFT, which is 10
ESPEAK_S = 5.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Grammar:
    name: str
    phrases: tuple[str, ...]


class Decoder:
    """A loaded recogniser; one utterance at a time."""

    def __init__(self) -> None:
        # The best path through the lattice need not end where the grammar ends; the search's own
        # history does, and is right more often.
        self._decoder: Any = pocketsphinx.Decoder(
            lm=None, bestpath=False, beam=1e-60, pbeam=1e-60, wbeam=1e-40, loglevel="FATAL"
        )
        self._decoder.add_allphone_file(FREE_PHONES, None)
        self._grammars: OrderedDict[tuple[str, ...], _Grammar] = OrderedDict()
        self._built = 0
        self._teach(pronunciation.BRITISH)

    def recognise(self, pcm: bytes, phrases: tuple[str, ...]) -> tuple[str, float]:
        """Return the phrase that was said and how sure that is.

        Returns:
            One of the phrases and 0.0 to 1.0; an empty text and 0.0 when none was said.
        """
        features = cepstra(pcm)
        built = self._grammar(phrases)
        if features is None or not built.phrases:
            return "", 0.0
        heard, spans = self._decode(features, built.name)
        phrase = grammar.match(heard, built.phrases)
        if not phrase:
            return "", 0.0
        _, free = self._decode(features, FREE_PHONES)
        sure = confidence.confidence(spans, free, frames=len(features))
        return (phrase, sure) if sure >= confidence.THRESHOLD else ("", 0.0)

    def _decode(
        self, features: npt.NDArray[np.float32], search: str
    ) -> tuple[str, tuple[Span, ...]]:
        self._decoder.activate_search(search)
        self._decoder.start_utt()
        # A copy, because pocketsphinx normalises the mean in the very memory it is given.
        self._decoder.process_cep(bytearray(features.tobytes()), full_utt=True)
        self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        if hypothesis is None:
            return "", ()
        spans = (
            Span(s.word, s.start_frame, s.end_frame, math.log(max(s.ascore, 1e-300)) * LOG_UNIT)
            for s in self._decoder.seg()
            if s.word != "(NULL)"
        )
        return hypothesis.hypstr, tuple(spans)

    def _grammar(self, phrases: tuple[str, ...]) -> _Grammar:
        """Return the grammar of these phrases, built at its first use."""
        if (known := self._grammars.get(phrases)) is not None:
            self._grammars.move_to_end(phrases)
            return known
        if len(self._grammars) >= CACHED_GRAMMARS:
            _, oldest = self._grammars.popitem(last=False)
            if oldest.phrases:
                self._decoder.remove_search(oldest.name)
        self._built += 1
        built = _Grammar(f"grammar{self._built}", self._sayable(grammar.normalise(phrases)))
        if built.phrases:
            self._decoder.add_jsgf_string(built.name, grammar.jsgf(built.phrases))
        self._grammars[phrases] = built
        return built

    def _sayable(self, phrases: tuple[str, ...]) -> tuple[str, ...]:
        """Find out how unknown words are said; leave out phrases where that fails."""
        unknown = self._unknown(phrases)
        if unknown:
            self._teach(
                {word: pronunciation.variants(ipa) for word, ipa in _spell(unknown).items()}
            )
            if unknown := self._unknown(phrases):
                _log.warning("phrases with these words cannot be heard: %s", " ".join(unknown))
        return tuple(p for p in phrases if not any(word in unknown for word in p.split()))

    def _unknown(self, phrases: Iterable[str]) -> list[str]:
        return sorted(w for w in grammar.words(phrases) if self._decoder.lookup_word(w) is None)

    def _teach(self, lexicon: dict[str, tuple[str, ...]]) -> None:
        """Add pronunciations to those the dictionary has."""
        for word, forms in lexicon.items():
            known: list[str] = []
            while form := self._decoder.lookup_word(_entry(word, len(known))):
                known.append(form)
            for form in forms:
                if form not in known:
                    self._decoder.add_word(_entry(word, len(known)), form, True)
                    known.append(form)


def _entry(word: str, index: int) -> str:
    """Name a word's pronunciation as the dictionary does: the second is ``word(2)``."""
    return word if index == 0 else f"{word}({index + 1})"


def _spell(words: list[str]) -> dict[str, str]:
    """Ask espeak-ng for the British pronunciation of words, in IPA; empty when it cannot tell."""
    command = ["espeak-ng", "-q", "--ipa", "-v", "en-gb", "--stdin"]
    try:
        answer = subprocess.run(
            command,
            input="\n\n".join(words),  # a paragraph each: its answer is one line each
            capture_output=True,
            text=True,
            timeout=ESPEAK_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        _log.warning("espeak-ng cannot say how words are said: %s", error)
        return {}
    lines = answer.stdout.split("\n")
    said = [line.strip() for line in lines if line.strip()]
    return dict(zip(words, said, strict=True)) if len(said) == len(words) else {}
