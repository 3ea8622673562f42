"""Reading back what the voice `tones` says, through a phone's codecs, holds and cuts."""

import random

import numpy as np
import pytest

from audiosocket_agent.simulators.cartesia_tones import spell
from tests.phone.g711 import LAWS
from tests.phone.heard import frames_of
from tests.phone.spelled import ReadWord, Unreadable, read

TEXT = "Hello, it's 7 o'clock on Bakers Quay. The quick brown fox jumps over a lazy dog!"
WORDS = "hello it's 7 o'clock on bakers quay the quick brown fox jumps over a lazy dog".split()
SILENT = np.zeros(160, np.int16)


def pcm_of(text):
    return np.frombuffer(spell(text, 8000)[0], "<i2")


def frames(text):
    return [pcm for _, pcm in frames_of(pcm_of(text))]


def timed(parts, law="PCMU"):
    law = LAWS[law]
    return [(n * 0.02, law.decode(law.encode(part))) for n, part in enumerate(parts)]


@pytest.mark.parametrize("law", ["PCMU", "PCMA"])
def test_every_word_is_read_and_is_where_the_voice_said(law):
    found = read(timed(frames(TEXT), law))
    assert [word.text for word in found] == WORDS and all(word.whole for word in found)
    told = spell(TEXT, 8000)[1]
    assert [w.start for w in found] == pytest.approx([w.start_ms / 1000 for w in told], abs=0.001)
    assert [w.end for w in found] == pytest.approx([w.end_ms / 1000 for w in told], abs=0.001)


@pytest.mark.parametrize("seed", range(5))
def test_a_voice_that_is_held_and_goes_on_reads_the_same(seed):
    draw = random.Random(seed)
    parts = []
    for frame in frames(TEXT):
        parts += [SILENT] * (draw.random() < 0.3) * draw.randint(1, 20)
        parts.append(frame)
    assert [(word.text, word.whole) for word in read(timed(parts))] == [(w, True) for w in WORDS]


def test_a_voice_that_is_cut_anywhere_says_the_words_before_and_the_next_one_afresh():
    told = spell(TEXT, 8000)[1]
    whole = frames(TEXT)
    for cut in range(1, len(whole)):
        parts = [*whole[:cut], *[SILENT] * 3, *frames("hush"), SILENT]
        found = [word for word in read(timed(parts)) if word.text != "hush"]
        said = [w for w, times in zip(WORDS, told, strict=True) if times.end_ms <= cut * 20]
        assert [word.text for word in found if word.whole] == said
        assert [word.whole for word in found[len(said) :]] in ([], [False])
        if found[len(said) :]:
            assert WORDS[len(said)].startswith(found[-1].text)


def test_a_cut_without_any_silence_after_it_reads_too_where_a_symbol_ends():
    parts = [*frames("abcd")[:6], *frames("hush")]  # 120 ms: "<abc"
    found = read(timed(parts))
    assert [(w.text, w.whole) for w in found] == [("abc", False), ("hush", True)]


def test_other_sounds_are_not_words():
    noise = np.random.default_rng(1).normal(0, 3000, 1600).astype(np.int16)
    with pytest.raises(Unreadable):
        read(timed([frame for _, frame in frames_of(noise)]))
    assert read([]) == [] and read(timed([SILENT] * 9)) == []
    assert read(timed([*frames("a")[:1], SILENT])) == [ReadWord("", False, 0.0, 0.02)]
