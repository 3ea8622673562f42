import pytest

from audiosocket_agent.simulators.chat_lookups import asks_free, asks_price, bargains, price_of
from audiosocket_agent.simulators.chat_words import words_of

SCHEMA = {
    "properties": {
        "service": {
            "enum": ["tap", "boiler"],
            "description": "What. tap: leaking tap, tap; boiler: boiler service, boiler",
        }
    }
}


@pytest.mark.parametrize(
    ("said", "known", "asked"),
    [
        ("How much is a boiler service?", {}, {"service": "boiler"}),
        ("what would a leaking tap cost", {"service": "boiler"}, {"service": "tap"}),
        ("what's the price again", {"service": "boiler"}, {"service": "boiler"}),
        ("how much is it", {"service": "tap"}, {"service": "tap"}),
        ("how much is it", {}, None),
        ("how much is a new kitchen", {"service": "tap"}, None),
        ("that's too expensive, can you do it for fifty?", {"service": "tap"}, {"service": "tap"}),
    ],
)
def test_the_price_of_what_is_meant_is_asked(said, known, asked):
    words = words_of(said)
    assert asks_price(words) or bargains(words)
    assert price_of(words, SCHEMA, known) == asked


@pytest.mark.parametrize(
    "said",
    ["a leaking tap", "yes", "how much longer", "no, that's too expensive", "too much, leave it",
     "can you do it for me on Friday", "what time is it"],
)  # fmt: skip
def test_other_words_ask_for_no_price(said):
    assert not asks_price(words_of(said))
    assert not bargains(words_of(said))


@pytest.mark.parametrize(
    ("said", "asks"),
    [("Are you free on Friday afternoon?", True), ("do you have anything on Monday", True),
     ("is it available tomorrow", True), ("when are you free", True),
     ("is Tuesday free", True), ("what times do you have", True), ("is it free of charge", False),
     ("Friday afternoon", False), ("I am free on Friday", False)],
)  # fmt: skip
def test_who_asks_for_free_times(said, asks):
    assert asks_free(words_of(said)) is asks
