"""How far a reply has been told."""

import pytest

from audiosocket_agent.chains.told import Told
from audiosocket_agent.seams import SpokenWord
from audiosocket_agent.spoken_words import MS_PER_CHARACTER


def pcm(ms):
    return bytes(int(ms) * 16)


def spoken(*names, start=0):
    return tuple(
        SpokenWord(name, start + n * 100, start + (n + 1) * 100) for n, name in enumerate(names)
    )


def test_nothing_heard_is_all_left():
    told = Told()
    told.say(" Good")
    told.say(" morning.")
    assert told.rest() == " Good morning."


@pytest.mark.parametrize(
    ("ms", "rest"),
    [
        (50, "One two three"),
        (99, "two three"),
        (150, "two three"),
        (200, "three"),
        (300, ""),
    ],
)
def test_words_whose_audio_has_come_are_not_said_again(ms, rest):
    told = Told()
    told.say("One two three")
    told.heard(spoken("One", "two", "three"))
    told.heard(pcm(ms))
    assert told.rest() == rest


def test_without_word_times_the_length_of_the_audio_tells():
    told = Told()
    told.say("One two three")
    told.heard(pcm(8 * MS_PER_CHARACTER))
    assert told.rest() == "three"


def test_times_go_on_from_voice_to_voice():
    told = Told()
    told.say("One two three four")
    assert told.heard(spoken("One", "two")) == spoken("One", "two")
    told.heard(pcm(250))
    assert told.hand_over() == "three four"
    told.say(" five")
    assert told.heard(spoken("three")) == spoken("three", start=250)
    told.heard(pcm(100))
    assert told.hand_over() == "four five"
    assert told.heard(spoken("four")) == spoken("four", start=350)
    assert told.hand_over() == "four five"
