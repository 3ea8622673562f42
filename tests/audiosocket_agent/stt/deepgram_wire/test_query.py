"""The company's words as hints: cleaned, and never more than the vendor takes."""

from urllib.parse import parse_qsl, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from audiosocket_agent.stt.deepgram_wire.query import (
    MOST_TERMS,
    MOST_TOKENS,
    keyterms,
    stream_url,
)


def test_terms_are_cleaned_and_told_once():
    raw = ["  boiler   service ", "Boiler Service", "tap:3", "", "?!", "M1 4BT", "St. Anne's"]
    assert keyterms(raw) == ("boiler service", "tap 3", "M1 4BT", "St. Anne's")


def test_no_line_break_or_control_character_gets_through():
    assert keyterms(["a\r\nHost: x\0b"]) == ("a Host x b",)


def test_the_first_words_win_when_there_are_too_many():
    terms = keyterms([f"t{n}" for n in range(300)])
    assert len(terms) == MOST_TERMS
    assert terms[0] == "t0"


def test_long_terms_stop_at_the_tokens_not_the_count():
    terms = keyterms([f"{n:030d}" for n in range(100)])
    assert len(terms) == MOST_TOKENS // 15


@given(st.lists(st.text(max_size=80), max_size=150))
def test_whatever_a_company_writes_fits(vocabulary):
    terms = keyterms(vocabulary)
    assert len(terms) <= MOST_TERMS
    # An honest tokeniser needs at most a token for every two bytes of ordinary words.
    assert sum(len(t.encode()) for t in terms) <= 2 * MOST_TOKENS + len(terms) * 60
    assert all(":" not in t and t == " ".join(t.split()) and t for t in terms)
    url = stream_url("wss://host", "/v1/listen", [("keyterm", t) for t in terms])
    assert [v for _, v in parse_qsl(urlsplit(url).query)] == list(terms)


def test_an_address_keeps_a_path_of_its_own():
    assert stream_url("ws://h:1/proxy/", "/v1/listen", [("a", "b c")]) == (
        "ws://h:1/proxy/v1/listen?a=b+c"
    )
