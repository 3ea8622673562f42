"""The echo guard on spoken sentences, sent back as lines send them back, and on other people."""

import numpy as np
import pytest

from audiosocket_agent.echo import EchoGuard, explained
from audiosocket_agent.vad import EnergyVad, VadEvent, level_db
from tests.phone.g711 import LAWS
from tests.phone.voice import CALLERS, Voice, cough, speak

OUR_VOICE = Voice("en-us+f2", 165)
OUR_WORDS = (
    "Good morning, you have reached the dental practice. How can I help you today?",
    "There is nothing free on Monday, but on Tuesday I have two places.",
    "Could you tell me your postcode, please, and then the number of the house?",
)
THEIR_WORDS = (
    "No wait, stop, I wanted to ask about something else",
    "My postcode is S W one A two A A",
    "Actually I would rather come on Thursday at half past two",
    "mm-hm yes that is fine",
)
PER_FRAME = 160
COLOURED = np.random.default_rng(3).standard_normal(32) * np.exp(-np.arange(32) / 8)
PATHS = {"straight": np.ones(1), "coloured": COLOURED / np.sqrt(COLOURED @ COLOURED)}


def our_voice(text=0):
    """A second of silence, one of the sentences, half a second of silence."""
    return np.concatenate((np.zeros(8000), speak(OUR_WORDS[text], OUR_VOICE), np.zeros(4000)))


def sent_back(played, delay_ms, loss_db, path="straight", noise_db=-65.0, law="PCMU"):
    """What comes back of it: later, quieter, coloured, through the codec both ways."""
    echo = np.convolve(coded(played, law), PATHS[path])[: len(played)] * 10 ** (-loss_db / 20)
    late = np.concatenate((np.zeros(round(delay_ms * 8)), echo))[: len(played)]
    noise = np.random.default_rng(5).standard_normal(len(played)) * 32768 * 10 ** (noise_db / 20)
    return coded(late + noise, law)


def coded(sound, law="PCMU"):
    clipped = np.clip(sound, -32768, 32767).astype(np.int16)
    return LAWS[law].decode(LAWS[law].encode(clipped)).astype(float) if law else clipped


def frames(sound):
    pcm = np.clip(sound, -32768, 32767).astype("<i2")
    count = len(pcm) // PER_FRAME
    return [f.tobytes() for f in pcm[: count * PER_FRAME].reshape(count, PER_FRAME)]


def first_loud(heard, db=-45.0):
    """The first frame of the first 60 ms in which two frames are loud."""
    loud = [level_db(frame) > db for frame in heard]
    return next(at for at in range(len(loud)) if loud[at] and sum(loud[at : at + 3]) >= 2)


def told(guard, played, heard):
    for sent, got in zip(played, heard, strict=True):
        guard.played(sent)
        guard.heard(got)


def judged(played, heard, since_ms, first=None):
    """What a new guard says `since_ms` after the onset of what is heard."""
    sent, got = frames(played), frames(heard)
    last = (first_loud(got) if first is None else first) + since_ms // 20
    guard = EchoGuard()
    told(guard, sent[:last], got[:last])
    return guard, guard.is_echo(since_ms)


@pytest.mark.parametrize("delay_ms", [20, 183, 500])
@pytest.mark.parametrize("loss_db", [6, 15, 24])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("law", ["PCMU", "PCMA", None])
def test_our_own_voice_is_recognised_wherever_it_comes_back(delay_ms, loss_db, path, law):
    for text in range(len(OUR_WORDS)):
        played = our_voice(text)
        heard = sent_back(played, delay_ms, loss_db, path, law=law)
        guard, echo = judged(played, heard, 160)
        assert echo
        assert guard.delay_ms == pytest.approx(delay_ms, abs=5)
        assert guard.loss_db == pytest.approx(loss_db, abs=6 if path == "coloured" else 2)


@pytest.mark.parametrize("since_ms", [60, 80, 100, 240, 400, 900])
def test_little_of_it_is_enough(since_ms):
    played = our_voice()
    assert judged(played, sent_back(played, 120, 12), since_ms)[1]


def test_a_line_with_some_noise_hides_no_echo():
    played = our_voice()
    assert judged(played, sent_back(played, 120, 15, noise_db=-55.0), 160)[1]


def test_less_than_60_ms_is_nothing_to_judge_by():
    played = our_voice()
    assert not judged(played, sent_back(played, 120, 12), 40)[1]


@pytest.mark.parametrize("since_ms", [60, 100, 160, 240])
def test_other_people_are_no_echo(since_ms):
    rng, wrong = np.random.default_rng(9), 0
    pairs = [(v, w, o) for v in CALLERS for w in THEIR_WORDS for o in range(len(OUR_WORDS))]
    for voice, words, ours in pairs:
        caller = coded(np.concatenate((np.zeros(8000), speak(words, voice))))
        played = our_voice(ours)
        played = np.roll(played, int(rng.integers(-4000, 12000)))[: len(caller)]
        caller = caller[: len(played)] * 10 ** (rng.uniform(-20, 0) / 20)
        caller += rng.standard_normal(len(caller)) * 20
        wrong += judged(played, caller, since_ms)[1]
    assert wrong == 0


def test_our_voice_saying_something_else_is_no_echo():
    played, other = our_voice(0), our_voice(1)
    length = min(len(played), len(other))
    assert not judged(played[:length], other[:length] / 4, 160)[1]


@pytest.mark.parametrize("louder_db", [6, 10, 20])
@pytest.mark.parametrize("since_ms", [100, 160, 240])
def test_a_caller_louder_than_the_echo_is_no_echo(louder_db, since_ms):
    for voice in CALLERS:
        played = our_voice()
        echo = sent_back(played, 150, 20, law=None)
        first = first_loud(frames(echo))
        said = speak(THEIR_WORDS[0], voice)[: len(echo) - first * PER_FRAME].astype(float)
        window = slice(first * PER_FRAME, first * PER_FRAME + since_ms * 8)
        over = np.zeros(len(echo))
        over[first * PER_FRAME :][: len(said)] = said
        ratio = np.sqrt(np.sum(echo[window] ** 2.0) / np.sum(over[window] ** 2))
        both = coded(echo + over * ratio * 10 ** (louder_db / 20))
        assert not judged(played, both, since_ms, first)[1], voice


def test_a_caller_who_begins_within_the_echo_is_no_echo():
    played = our_voice()
    echo = sent_back(played, 150, 20)
    first = first_loud(frames(echo))
    said = speak("Actually", CALLERS[1])[: 8 * 80] / 4
    start = (first + 8) * PER_FRAME - len(said)
    echo[start : start + len(said)] += said
    assert not judged(played, echo, 160, first)[1]


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(8000),
        cough(0.4, -20.0).astype(float),
        np.sin(2 * np.pi * 1000 * np.arange(4000) / 8000) * 6000,
        sum(np.sin(2 * np.pi * hz * np.arange(4000) / 8000) for hz in (770, 1336)) * 3000,
        np.sin(2 * np.pi * 50 * np.arange(4000) / 8000) * 3000,
    ],
)
def test_noises_tones_and_silence_are_no_echo(sound):
    played = our_voice()[8000:]
    heard = np.zeros(len(played))
    heard[4000:][: len(sound)] = sound
    for since_ms in (60, 100, 200, 400):
        assert not judged(played, heard, since_ms, first=25)[1]
        assert not judged(played, coded(heard), since_ms, first=25)[1]


def test_nothing_is_an_echo_of_silence():
    caller = np.concatenate((np.zeros(8000), speak(THEIR_WORDS[1])))
    assert not judged(np.zeros(len(caller)), caller, 200)[1]
    assert not EchoGuard().is_echo(200)


def test_what_comes_back_louder_than_it_was_sent_is_no_echo():
    played = our_voice() / 8
    assert not judged(played, sent_back(played, 100, -6), 160)[1]


def starts(played, heard, gated, guard=None):
    """The frames at which the VAD reports speech, one inbound frame in four a frame late."""
    guard, vad, found = guard or EchoGuard(), EnergyVad(floor_db=-65.0), []
    sent, got, taken, suspected_ms = frames(played), frames(heard), 0, 0
    for at, frame in enumerate(sent):
        guard.played(frame)
        for now in range(taken, at + (at % 4 > 0)):
            guard.heard(got[now])
            event = vad.feed(got[now], guard.threshold_db() if gated else -96.0)
            if event is VadEvent.SPEECH_START:
                found.append(now)
                suspected_ms = 60
            elif suspected_ms:
                suspected_ms += 20
            if suspected_ms and (guard.is_echo(suspected_ms) or suspected_ms > 200):
                suspected_ms = 0
            taken = now + 1
    return found


def long_reply():
    return np.concatenate([our_voice(text) for text in (0, 1, 2, 0, 2, 1)])


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("loss_db", [10, 20])
def test_a_known_echo_does_not_trigger_again(path, loss_db):
    played = long_reply()
    heard = sent_back(played, 150, loss_db, path)
    assert len(starts(played, heard, gated=False)) > 8
    assert len(starts(played, heard, gated=True)) <= 2


@pytest.mark.parametrize("louder_db", [6, 12])
@pytest.mark.parametrize("voice", CALLERS)
def test_a_caller_louder_than_a_known_echo_gets_through(louder_db, voice):
    played = long_reply()
    heard = sent_back(played, 150, 18)
    echo_rms = np.sqrt(np.mean(heard[np.abs(heard) > 100] ** 2))
    said = speak(THEIR_WORDS[0], voice).astype(float)
    onset = 8 * 8000 + 1600
    heard[onset : onset + len(said)] += said * echo_rms * 10 ** (louder_db / 20) / said.std()
    frame = onset // PER_FRAME
    found = [at for at in starts(played, heard, gated=True) if at >= frame]
    assert found and (found[0] - frame) * 20 <= 200


def known():
    """A guard that found the echo of a first reply, and again a moment later."""
    guard, played = EchoGuard(), np.concatenate((our_voice(0), our_voice(1)))
    starts(played, sent_back(played, 120, 12), gated=True, guard=guard)
    assert guard.delay_ms == pytest.approx(120, abs=25)
    return guard


def test_the_threshold_follows_what_was_played_at_the_delay():
    guard = known()
    expected = level_db(b"\x00\x10" * PER_FRAME) - guard.loss_db
    told(guard, [b"\x00\x10" * PER_FRAME] * 20, [bytes(320)] * 20)
    assert expected + 2 <= guard.threshold_db() <= expected + 4
    told(guard, [bytes(320)] * 20, [bytes(320)] * 20)
    assert guard.threshold_db() == -96.0


def test_one_finding_closes_no_gate():
    played = our_voice()
    guard, echo = judged(played, sent_back(played, 120, 12), 160)
    assert echo and guard.threshold_db() == -96.0
    assert guard.is_echo(160) and guard.threshold_db() == -96.0  # the same sound again


def test_there_is_no_threshold_without_an_echo():
    guard = EchoGuard()
    told(guard, frames(our_voice())[:100], [bytes(320)] * 100)
    assert guard.threshold_db() == -96.0
    assert guard.delay_ms is None and guard.loss_db is None


def test_an_echo_that_stays_away_is_forgotten_after_ten_seconds_of_our_voice():
    guard, speech = known(), frames(long_reply())
    voiced = 0
    for at in range(2000):
        guard.played(speech[at % len(speech)])
        guard.heard(bytes(320))
        voiced += guard.threshold_db() > -96.0
        if guard.delay_ms is None:
            break
    assert guard.delay_ms is None and 9_000 <= voiced * 20 <= 11_100


def test_an_echo_that_is_gated_is_still_confirmed():
    guard = EchoGuard()
    played = np.concatenate([long_reply()] * 2)
    starts(played, sent_back(played, 200, 15), gated=True, guard=guard)
    assert len(played) > 8 * 25_000  # far more than ten seconds of our voice
    assert guard.delay_ms == pytest.approx(200, abs=25)


def test_the_explained_share_is_one_for_a_copy_and_small_for_noise():
    rng = np.random.default_rng(4)
    played = rng.standard_normal(4000) * 3000
    fit = explained(played[1000:2000] / 4, played[:2500])
    assert fit.share > 0.98 and fit.late < 0.02
    assert (fit.delay_ms, round(fit.loss_db)) == (500 / 8, 12)
    assert explained(rng.standard_normal(1000) * 500, played[:2500]).share < 0.2


def test_pieces_of_odd_length_do_no_harm():
    guard = EchoGuard()
    for size in (0, 1, 2, 319, 320, 640):
        guard.played(b"\x07" * size)
        guard.heard(b"\x07" * size)
    assert guard.is_echo(100) in (True, False)
    assert guard.threshold_db() >= -96.0
