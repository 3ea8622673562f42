"""What is repeated of a refusal, and what is not."""

import pytest

from audiosocket_agent.errors import RateLimited, Unreachable, WireViolation
from audiosocket_agent.stt.deepgram_wire.failures import Blame, Refusal, refused, reported

BLAME = Blame("deepgram", "MODEL", {"keyterm": "KEYTERM"})


def test_the_reason_is_shown_short_and_printable():
    error = refused(BLAME, Refusal(400, "bad\r\nthing " + "x" * 500, b"not json"))
    assert "\n" not in str(error) and len(str(error)) < 300
    assert "bad  thing" in str(error)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"err_code": 7}', b"\xff\xfe"])
def test_a_body_of_any_kind_is_taken(body):
    assert refused(BLAME, Refusal(500, "", body)).status == 500


def test_the_older_shape_of_a_body_is_read():
    body = b'{"category":"INVALID_JSON","message":"words","request_id":"r"}'
    error = refused(BLAME, Refusal(400, "", body))
    assert "INVALID_JSON" in str(error) and "words" not in str(error)


def test_a_keyterm_is_blamed_before_the_model_it_is_not_for():
    error = refused(BLAME, Refusal(400, "keyterm is not supported for this model", b""))
    assert "KEYTERM" in str(error) and "MODEL" not in str(error)


@pytest.mark.parametrize(
    ("text", "seconds"), [("3", 3.0), ("soon", None), ("-1", None), ("", None)]
)
def test_how_long_to_wait_is_read_when_it_is_a_time(text, seconds):
    error = refused(BLAME, Refusal(429, "", b"", text))
    assert isinstance(error, RateLimited) and error.retry_after_s == seconds


def test_a_redirect_is_not_the_vendor():
    assert isinstance(refused(BLAME, Refusal(302, "", b"")), Unreachable)


def test_an_error_message_is_repeated_by_its_name_only():
    error = reported("deepgram", "Schema Error: my postcode is M1 " + "x" * 99)
    assert len(str(error)) < 100 and " is " not in str(error)
    assert isinstance(reported("deepgram", "SchemaError"), WireViolation)
