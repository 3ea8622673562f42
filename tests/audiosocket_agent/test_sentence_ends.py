"""Sentences end where a reader would end them, however the text arrives."""

import pytest

from audiosocket_agent.sentence_ends import MOST_CHARS, SentenceCutter

TEXTS = [
    ("Good morning. How can I help?", ["Good morning.", "How can I help?"]),
    ("It is \u00a33.50. Is that fine?", ["It is \u00a33.50.", "Is that fine?"]),
    ("We are at No. 5 High Street. Bye!", ["We are at No. 5 High Street.", "Bye!"]),
    ("No. I cannot.", ["No.", "I cannot."]),
    ("Mr. J. Smith is here. Yes.", ["Mr. J. Smith is here.", "Yes."]),
    ("Dr. Jones, e.g. on St. Mary Road.", ["Dr. Jones, e.g. on St. Mary Road."]),
    ("At 9 a.m. on Monday. Fine.", ["At 9 a.m. on Monday.", "Fine."]),
    ("At 9 a.m. Then we go.", ["At 9 a.m.", "Then we go."]),
    ("Is it I. Or you?", ["Is it I.", "Or you?"]),
    ("Well... yes\u2026 no?! Oh.", ["Well...", "yes\u2026", "no?!", "Oh."]),
    ('He said "Stop." Then (he left.) Good.', ['He said "Stop."', "Then (he left.)", "Good."]),
    ("One line\nanother line\n\nthird", ["One line", "another line", "third"]),
    ("www.example.com is it. Yes", ["www.example.com is it.", "Yes"]),
    ("- . ! \n --- ", []),
    ("", []),
    ("no end", ["no end"]),
]


@pytest.mark.parametrize(("text", "sentences"), TEXTS)
def test_sentences(text, sentences):
    for size in (1, 2, 3, 5, len(text) or 1):
        cutter = SentenceCutter()
        found = []
        for at in range(0, len(text), size):
            found += cutter.feed(text[at : at + size])
        assert found + cutter.finish() == sentences, f"in pieces of {size}"


def test_a_sentence_is_there_as_soon_as_the_space_after_it():
    cutter = SentenceCutter()
    assert cutter.feed("Good morning.") == []
    assert cutter.feed(" ") == ["Good morning."]


@pytest.mark.parametrize("text", ["word " * 1000, "x" * 5000])
def test_a_sentence_without_end_is_cut(text):
    cutter = SentenceCutter()
    pieces = cutter.feed(text) + cutter.finish()
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")
    assert all(len(piece) <= MOST_CHARS for piece in pieces)
