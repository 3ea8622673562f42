import json
import shutil

import numpy as np
import pytest

from audiosocket_agent.simulators.script import parse_script
from bench.corpus import CORPUS, Utterance
from bench.speaking import Spoken, make, say, stretches_of
from bench.voices import BACKGROUNDS, NOISES, VOICES
from tests.phone.g711 import LAWS

pytestmark = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs espeak-ng")

_FRAME_MS = 10  # of the detector: a pause is measured to one frame at each end
_NUMBER = next(u for u in CORPUS if len(u.pauses_ms) == 3)


def _pauses_ms(spoken: Spoken) -> list[float]:
    ends = zip(spoken.stretches, spoken.stretches[1:], strict=False)
    return [after.start_ms - before.end_ms for before, after in ends]


def _checked(utterance: Utterance, number: int) -> Spoken:
    """Say something as some call would, and hold it against what it should be."""
    voice, behind = VOICES[number % len(VOICES)], BACKGROUNDS[number % len(BACKGROUNDS)]
    spoken = say(utterance, voice, behind)
    assert " ".join(spoken.texts).split() == list(utterance.words)
    assert all(spoken.texts), utterance.text
    line = LAWS["PCMU"]
    tail = np.zeros(3200, dtype=np.int16)
    heard = line.decode(line.encode(np.concatenate([spoken.pcm, tail])))
    assert len(stretches_of(heard)) == len(spoken.segments), utterance.text
    measured = _pauses_ms(spoken)
    for pause_ms in utterance.pauses_ms:
        assert any(abs(m - pause_ms) <= 3 * _FRAME_MS for m in measured), utterance.text
    assert all(180 <= m <= 930 for m in measured), utterance.text
    return spoken


def test_every_utterance_is_heard_as_its_script_says() -> None:
    stretches = [len(_checked(u, n).stretches) for n, u in enumerate(CORPUS)]
    # A synthesiser may pause by itself, for which the script has an entry; it seldom does.
    assert sum(stretches) - sum(len(u.parts) for u in CORPUS) <= 3


@pytest.mark.parametrize("number", range(len(VOICES)))
def test_a_number_with_pauses_is_the_same_groups_in_every_voice(number: int) -> None:
    assert _checked(_NUMBER, number).texts == _NUMBER.parts


@pytest.mark.parametrize("name", NOISES)
def test_a_noise_has_an_entry_without_words_for_each_stretch(name: str) -> None:
    for behind in set(BACKGROUNDS):
        spoken = make(name, behind)
        assert [text for text, _ in spoken.segments] == [""] * len(spoken.stretches)
        assert spoken.end_ms <= len(spoken.pcm) / 8


def test_it_begins_and_ends_with_voice() -> None:
    spoken = say(_NUMBER, VOICES[0])
    assert spoken.start_ms <= _FRAME_MS
    assert len(spoken.pcm) / 8 - spoken.end_ms <= _FRAME_MS


def test_the_same_words_are_the_same_sound() -> None:
    one, two = (say(_NUMBER, VOICES[1], "street") for _ in range(2))
    assert (one.pcm == two.pcm).all() and one.segments == two.segments


def test_a_script_takes_the_segments() -> None:
    segments = [*say(_NUMBER, VOICES[0]).segments, *make("cough").segments]
    [line] = parse_script(json.dumps({"segments": segments}))
    assert [" ".join(s.words) for s in line] == [*_NUMBER.parts, ""]
