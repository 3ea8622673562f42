"""A grammar contains words and nothing else, and recognised words lead back to one phrase."""

import pytest

from audiosocket_agent.stt.sphinx.grammar import CLOSINGS, OPENINGS, jsgf, match, normalise, words

PHRASES = ("blocked drain", "no", "no thanks", "yes", "yes please")


def test_phrases_are_cleaned_and_ordered():
    assert normalise(["  Yes   PLEASE ", "no", "yes please", "I'd say so"]) == (
        "i'd say so",
        "no",
        "yes please",
    )


@pytest.mark.parametrize(
    "phrase", ["", " ", "yes;", "a | b", "<x>", "/1/ a", "7", "caf\u00e9", "x" * 81, "'", "a''b"]
)
def test_what_is_no_phrase_never_reaches_the_parser(phrase):
    assert normalise([phrase]) == ()


def test_the_grammar_in_full():
    text = jsgf(("no", "yes please"))
    assert text.startswith("#JSGF V1.0;\ngrammar answers;\npublic <utterance> = ")
    assert "\n<answer> = no | yes please;\n" in text
    assert all(opening in text for opening in OPENINGS)


def test_the_words_include_those_around_an_answer():
    assert {"blocked", "drain", "um", "please"} <= words(PHRASES)


@pytest.mark.parametrize("phrase", PHRASES)
@pytest.mark.parametrize("opening", ["", *OPENINGS])
@pytest.mark.parametrize("closing", ["", *CLOSINGS])
def test_wrapping_comes_off_again(phrase, opening, closing):
    heard = " ".join(f"{opening} {phrase} {closing}".split())
    found = match(heard, PHRASES)
    # "no" and then "thanks" is the longer phrase "no thanks": the longest phrase wins.
    assert found in PHRASES
    assert found == phrase or (found.startswith(phrase) and found in heard)


@pytest.mark.parametrize("heard", ["", "blocked", "um", "please", "no yes", "drain blocked"])
def test_words_that_are_no_answer_are_none(heard):
    assert match(heard, PHRASES) == ""
