"""Backchannels: listening is not speaking, unless it answers a question."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiosocket_agent.backchannels import is_backchannel, is_hesitation

NODS = "mm-hm Mm-hmm. mhm Mhmm. mmhmm uh-huh Uh-huh. aha m-hm mm-hm,mm-hm".split() + [
    "Uh huh.", "mm hm", "mm hmm", "mhm mhm", "Mm-hmm, mm-hmm.",
]  # fmt: skip
NOISES = ["mm", "Hmm.", "hmm", "um", "Um,", "er", "erm", "uh", "ah", "oh", "Oh.", "ooh", "haha",
          "Ha ha.", "hehe", "hee hee", "mmm", "um, er", "I see", "Oh, I see."]  # fmt: skip
AGREEING = [
    "right", "Right.", "okay", "OK", "Okay, okay.", "yeah", "Yeah.", "yep", "yes", "Yes.", "sure",
    "got it", "alright", "all right", "oh right", "oh okay", "Oh, okay.", "yeah yeah",
    "yeah, yeah, yeah", "okay great", "lovely", "fine", "good", "great", "of course", "that's fine",
    "right okay", "yeah sure", "mm-hm yeah", "okay, mm-hm", "um okay", "that\u2019s right",
    "I understand", "brilliant",
]  # fmt: skip
MEANT = [
    "no", "No.", "nope", "wait", "stop", "hang on", "hold on", "sorry", "hello", "Hello?", "pardon",
    "what", "What?", "excuse me", "no no no", "yes but", "okay but not Tuesday", "okay wait",
    "yeah hang on", "right, can I", "I see a leak", "tuesday", "not that", "okay?", "Right?",
    "is that right", "good morning", "fine by me but", "one moment", "actually", "Truro",
    "07700 900123", "a person please", "thank you goodbye", "got it wrong", "uh no", "mm-hm no",
]  # fmt: skip
ANSWERS = ["no", "no thanks", "Yes please.", "not really", "of course", "tuesday"]
HESITATION = ["um", "Um...", "er", "erm", "uh", "hmm", "Hmm.", "um, er", "Uh, um.", "mm"]


@pytest.mark.parametrize("text", NODS + NOISES + AGREEING)
def test_listening_asks_for_nothing(text):
    assert is_backchannel(text, answering=False)


@pytest.mark.parametrize("text", MEANT)
@pytest.mark.parametrize("answering", [False, True])
def test_what_is_meant_is_heard(text, answering):
    assert not is_backchannel(text, answering=answering)


@pytest.mark.parametrize("text", NODS + AGREEING + ANSWERS)
def test_a_question_makes_them_answers(text):
    assert not is_backchannel(text, answering=True)


@pytest.mark.parametrize("text", NOISES)
def test_noises_answer_no_question(text):
    assert is_backchannel(text, answering=True)


LISTENING_HUMS = {"hmm", "Hmm.", "mm"}  # of somebody who listens, not of one about to speak


@pytest.mark.parametrize("text", HESITATION)
def test_hesitation(text):
    assert is_hesitation(text) is (text not in LISTENING_HUMS)


@pytest.mark.parametrize("text", [*NODS, *AGREEING, *MEANT, "oh", "I see", "um yes", "haha"])
def test_anything_else_is_no_hesitation(text):
    assert not is_hesitation(text)


@pytest.mark.parametrize("text", ["", " ", ".", "...", "?", "-"])
def test_no_words_are_neither(text):
    assert not is_hesitation(text)
    assert not is_backchannel(text, answering=False)
    assert not is_backchannel(text, answering=True)


TOKENS = st.lists(st.sampled_from(NODS + NOISES + AGREEING), min_size=1, max_size=5)


@settings(deadline=None)
@given(TOKENS)
def test_listening_twice_is_listening(texts):
    assert is_backchannel(" ".join(texts), answering=False)


@settings(deadline=None)
@given(TOKENS, st.sampled_from(["no", "stop", "wait", "tuesday", "hello"]), st.integers(0, 5))
def test_one_word_that_is_meant_is_enough(texts, word, position):
    texts.insert(position, word)
    for answering in (False, True):
        assert not is_backchannel(" ".join(texts), answering=answering)


@settings(deadline=None)
@given(st.text(max_size=60), st.booleans())
def test_every_text_is_judged(text, answering):
    listened = is_backchannel(text, answering=answering)
    assert not listened or is_backchannel(text, answering=False)
    if is_hesitation(text) and "?" not in text:
        assert is_backchannel(text, answering=True)
