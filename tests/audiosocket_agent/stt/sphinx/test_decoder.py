"""The recogniser hears what callers say and refuses what they do not."""

import logging

import pytest

from audiosocket_agent.stt.sphinx.decoder import CACHED_GRAMMARS, Decoder
from tests.audiosocket_agent.stt.callers import VOICES, knock, spoken

PERSON = ("a person please", "operator", "speak to someone")
SERVICES = ("blocked drain", "leaking tap", "boiler service", *PERSON)
YES_NO = ("yes", "yes please", "no", "no thanks", *PERSON)


@pytest.fixture(scope="module")
def decoder():
    return Decoder()


@pytest.mark.parametrize("phrase", SERVICES[:3])
def test_callers_are_understood_or_asked_again_but_never_misunderstood(decoder, phrase):
    heard = [decoder.recognise(spoken(phrase, voice), SERVICES) for voice in VOICES]
    assert {text for text, _ in heard} <= {phrase, ""}
    assert sum(text == phrase and 0.0 < sure <= 1.0 for text, sure in heard) >= len(VOICES) - 1


@pytest.mark.parametrize(
    ("phrase", "others"),
    [
        ("thursday", ("monday", "tuesday", "wednesday", "friday", "tomorrow")),
        ("dripping tap", ("leaking tap", "blocked drain", "blocked sink", "boiler")),
        ("yes please", ("yes", "yeah", "no", "no thanks")),
    ],
)
def test_words_that_the_telephone_makes_alike_are_told_apart(decoder, phrase, others):
    phrases = (phrase, *others, *PERSON)
    heard = [decoder.recognise(spoken(phrase, voice), phrases)[0] for voice in VOICES]
    assert heard.count(phrase) >= len(VOICES) - 2 and set(heard) <= {phrase, ""}, heard


@pytest.mark.parametrize(
    "said", ["i have a blocked drain please", "it's a blocked drain", "a blocked drain thanks"]
)
def test_what_is_wrapped_around_an_answer_comes_off(decoder, said):
    heard = [decoder.recognise(spoken(said, voice), SERVICES)[0] for voice in VOICES]
    assert set(heard) <= {"blocked drain", ""} and "blocked drain" in heard


def test_the_same_utterance_is_heard_the_same_again(decoder):
    pcm = spoken("leaking tap")
    assert len({decoder.recognise(pcm, SERVICES) for _ in range(3)}) == 1


@pytest.mark.parametrize(
    "said",
    ["what time do you open", "the weather is terrible today", "how long will it take"],
)
def test_other_sentences_are_refused(decoder, said):
    assert decoder.recognise(spoken(said), SERVICES) == ("", 0.0)


@pytest.mark.parametrize("seed", range(4))
def test_knocks_are_refused(decoder, seed):
    assert decoder.recognise(knock(seed), YES_NO) == ("", 0.0)


def test_silence_and_a_question_without_answers_are_refused(decoder):
    assert decoder.recognise(bytes(16000), YES_NO) == ("", 0.0)
    assert decoder.recognise(spoken("yes"), ()) == ("", 0.0)


def test_a_town_outside_the_dictionary_is_learnt(decoder):
    towns = ("newquay", "helston", "camborne", "bodmin")
    assert decoder.recognise(spoken("helston"), towns)[0] == "helston"


def test_a_phrase_nobody_can_pronounce_costs_only_itself(decoder, monkeypatch, caplog):
    monkeypatch.setenv("PATH", "/nowhere")
    with caplog.at_level(logging.WARNING):
        assert decoder.recognise(spoken("yes"), ("qwyzzle", "yes", "no"))[0] == "yes"
    assert "qwyzzle" in caplog.text


def test_more_questions_than_the_cache_holds(decoder):
    letters = [chr(97 + n // 26) + chr(97 + n % 26) for n in range(CACHED_GRAMMARS + 5)]
    for extra in letters:
        decoder.recognise(bytes(16000), ("yes", "no", f"yes {extra[0]}", f"no {extra[1]}"))
    assert decoder.recognise(spoken("yes please"), YES_NO)[0] == "yes please"
    assert decoder.recognise(spoken("blocked drain"), SERVICES)[0] == "blocked drain"
