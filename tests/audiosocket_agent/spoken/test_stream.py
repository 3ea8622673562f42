"""The stream: the same words however it is cut, soon, and in bounded time and memory."""

import ast
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import audiosocket_agent.spoken
from audiosocket_agent.spoken import SpokenText, spoken
from audiosocket_agent.spoken.markdown import MAX_TAG
from audiosocket_agent.spoken.stream import MAX_WORD

FRAGMENTS = [
    "£95", "-", "£75-£95", "9:30 am", "24 Nov", " ", "\n", "**", "[a](b)", "<b>", "TR1 ", "2AB",
    "01632 ", "960123", "No. ", "5", "St ", "Dr", "|", "---", "```", "\U0001f600", "don't", "e.g.",
    "www.a.com", "a@b.co", "1/2", " to ", "10 ", "km", ".", ",", "_x_", "# ", "- ", "&amp;", "&",
    "![", "<", ">", "°", "£", "+", "2026", "pounds", "50", "—", "x", "[[", "]]", "word", "may ",
]  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=80),
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=3)), max_size=25).map("".join),
    st.text(alphabet="£$0123456789.,:/- apmx+()%#kN\n", max_size=60),
)
HOSTILE = [
    "1", "1 ", "<", "<a ", "<a =", "[", "![", "](", "`", "*", "_a", "&a", "£1,250.50-", "1,", "1.",
    "a.", "a@", "a-", "+0 ", "0123 ", "1/1/", " ", "\n", "a", "|", "9 - 9 ", "No. ", "Nov ", "-",
    '"', "1.\n", "http://www.a.com/", "1 x ", "10:30 ", "\U0001f600", "A1 ", "\ud800", "0", "'",
]  # fmt: skip
PROSE = (
    "Thanks for calling. I can certainly help you with that, and I'm sorry to hear it's leaking; "
    "could you tell me whether the water's still running? Our engineers are well-known locally."
)


def fed(text: str, cuts: list[int]) -> str:
    stream = SpokenText()
    places = sorted({cut % (len(text) + 1) for cut in cuts} | {0, len(text)})
    pieces = [stream.feed(text[a:b]) for a, b in zip(places, places[1:], strict=False)]
    return "".join(pieces) + stream.finish()


@given(TEXTS, st.lists(st.integers(0, 200), max_size=20))
def test_any_cut_gives_the_same_words(text: str, cuts: list[int]) -> None:
    assert fed(text, cuts) == spoken(text)


@given(TEXTS)
def test_marks_and_controls_never_reach_the_voice(text: str) -> None:
    said = spoken(text)
    assert not set(said) & set("<>[]{}|`*\\^\n\r\t\0\x1b\ufffe\u200d\U0001f600")
    assert "  " not in said and said == said.strip(" ")


@given(TEXTS)
def test_never_more_than_a_construct_is_held(text: str) -> None:
    stream = SpokenText()
    for character in text:
        stream.feed(character)
        assert stream.held <= MAX_WORD + MAX_TAG


def test_of_prose_only_the_current_word_is_held() -> None:
    stream = SpokenText()
    said, word = "", ""
    for count, character in enumerate(PROSE, start=1):
        said += stream.feed(character)
        word = "" if character in " ,;!?" else word + character
        assert stream.held <= len(word) + 1, character  # and one space
        assert PROSE.startswith(said)
        assert count - len(said) <= len(word) + 1
    assert said + stream.finish() == PROSE


@pytest.mark.parametrize(
    ("tokens", "pieces"),
    [
        (["Hello", " there", ",", " how"], ["", "Hello", " there,", ""]),
        (["It", " is", " £", "95", " per", " hour"],
         ["", "It", " is", "", " ninety-five pounds", " per"]),
        (["£75", "-", "£95", ".", " OK"], ["", "", "", "", "seventy-five to ninety-five pounds."]),
        (["on ", "24 ", "Nov ", "we"], ["on", "", "", " the twenty-fourth of November"]),
        (["TR1", " 2", "AB", ", "], ["", "", "", "T R one, two A B,"]),
        (["a ", "**", "bold", "** ", "word "], ["a", "", "", " bold", " word"]),
        (["07700 ", "900", "123 ", "or"],
         ["", "", "", "oh seven seven oh oh, nine oh oh one two three"]),
        (["see [", "us](", "http://x", ") now", " "], ["see", "", "", " us", " now"]),
    ],
)  # fmt: skip
def test_words_come_as_soon_as_they_are_certain(tokens: list[str], pieces: list[str]) -> None:
    stream = SpokenText()
    assert [stream.feed(token) for token in tokens] == pieces


def test_finish_makes_it_ready_for_the_next_reply() -> None:
    stream = SpokenText()
    assert stream.feed("```\n[a") + stream.finish() == "a"
    assert stream.feed("£5") + stream.finish() == "five pounds"
    assert stream.finish() == ""


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_text_costs_the_same_per_character_however_long(unit: str) -> None:
    """100 kB one character at a time; quadratic work would take minutes, not seconds."""
    text = (unit * 100_000)[:100_000]
    stream = SpokenText()
    started = time.process_time()
    for character in text:
        stream.feed(character)
        assert stream.held <= MAX_WORD + MAX_TAG
    stream.finish()
    assert time.process_time() - started < 20  # measured at 0.1 to 2


def test_the_package_is_pure() -> None:
    forbidden = {"asyncio", "socket", "os", "time", "random", "logging"}
    for path in Path(audiosocket_agent.spoken.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not forbidden.intersection(names), path.name
            assert not (isinstance(node, ast.ImportFrom) and node.module in forbidden), path.name
