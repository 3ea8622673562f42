"""Every refusal of the chat vendors becomes its own error, without a word of the conversation."""

import json

import pytest

from audiosocket_agent.errors import (
    DeadlineMissed,
    KeyRefused,
    ModelNotFound,
    PaymentRequired,
    RateLimited,
    RequestRefused,
    RequestTooLarge,
    StreamBroken,
    ToolUseFailed,
    VendorDown,
)
from audiosocket_agent.llm.chat_wire.failures import (
    from_response,
    in_band,
    named_error,
    retry_after_s,
    whole,
)
from audiosocket_agent.llm.chat_wire.request import Settings

SETTINGS = Settings("GROQ_API_KEY", "VOICEAGENT_GROQ_URL", "VOICEAGENT_GROQ_MODEL", "MAX")


def groq(code=None, **more):
    return json.dumps({"error": {"message": "Ms Smith, SW1A", "code": code, **more}})


RESPONSES = [
    (400, groq("model_decommissioned"), ModelNotFound, "VOICEAGENT_GROQ_MODEL"),
    (400, groq("tool_use_failed", failed_generation="Smith"), ToolUseFailed, "tool call"),
    (400, groq(None, type="invalid_request_error"), RequestRefused, "invalid_request_error"),
    (400, groq("context_length_exceeded"), RequestTooLarge, "longer"),
    (
        400,
        json.dumps({"object": "error", "message": "maximum context length is 9", "code": 400}),
        RequestTooLarge,
        "400",
    ),
    (401, groq("invalid_api_key"), KeyRefused, "GROQ_API_KEY"),
    (402, groq(), PaymentRequired, "credit"),
    (403, groq(), KeyRefused, "GROQ_API_KEY"),
    (403, groq("model_not_found"), ModelNotFound, "VOICEAGENT_GROQ_MODEL"),
    (404, groq("model_not_found"), ModelNotFound, "VOICEAGENT_GROQ_MODEL"),
    (404, "<html>nothing here</html>", ModelNotFound, "VOICEAGENT_GROQ_URL"),
    (404, groq(None, type="not_found_error"), ModelNotFound, "VOICEAGENT_GROQ_MODEL"),
    (408, groq(), DeadlineMissed, "408"),
    (413, groq(), RequestTooLarge, "413"),
    (422, groq(), RequestRefused, "422"),
    (424, groq(), RequestRefused, "424"),
    (429, groq("rate_limit_exceeded", type="tokens"), RateLimited, "rate_limit_exceeded"),
    (429, groq("insufficient_quota"), PaymentRequired, "credit"),
    (498, groq("capacity_exceeded"), RateLimited, "498"),
    (499, groq(), StreamBroken, "499"),
    (500, groq(), VendorDown, "500"),
    (502, "<html>Bad Gateway</html>", VendorDown, "502"),
    (503, json.dumps({"detail": "Ms Smith"}), VendorDown, "503"),
    (503, json.dumps({"error": "Ms Smith"}), VendorDown, "503"),
    (302, "", RequestRefused, "302"),
]


@pytest.mark.parametrize(("status", "text", "kind", "says"), RESPONSES)
def test_refused_requests(status, text, kind, says):
    error = from_response("groq", SETTINGS, status, {}, text)
    assert type(error) is kind
    assert error.status == status
    assert says in str(error)
    assert "Smith" not in str(error)


def test_what_is_retried():
    retried = {s: from_response("groq", SETTINGS, s, {}, "").retryable for s, *_ in RESPONSES}
    assert {status for status, retryable in retried.items() if retryable} == {
        408, 422, 429, 498, 499, 500, 502, 503
    }  # fmt: skip


def test_the_vendor_has_the_last_word_on_retrying():
    assert not from_response("groq", SETTINGS, 503, {"x-should-retry": "false"}, "").retryable
    assert from_response("groq", SETTINGS, 400, {"x-should-retry": "true"}, "").retryable


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "9", "retry-after-ms": "250"}, 0.25),
        (
            {
                "retry-after": "Sat, 21 Nov 2026 10:00:30 GMT",
                "date": "Sat, 21 Nov 2026 10:00:00 GMT",
            },
            30,
        ),
        ({"retry-after": "Sat, 21 Nov 2026 10:00:30 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_how_long_the_vendor_asks_to_wait(headers, seconds):
    assert retry_after_s(headers) == seconds
    assert from_response("groq", SETTINGS, 429, headers, "").retry_after_s == seconds


@pytest.mark.parametrize(
    ("chunk", "kind"),
    [
        ({"error": {"message": "Ms Smith", "code": 503}}, VendorDown),
        ({"error": {"message": "Ms Smith", "code": "503"}}, VendorDown),
        ({"error": {"message": "Ms Smith", "code": None}}, VendorDown),
        ({"error": "Ms Smith called"}, VendorDown),
        ({"error": {"type": "invalid_request_error"}}, RequestRefused),
        ({"error": {"code": "tool_use_failed", "status_code": 400}}, ToolUseFailed),
        ({"error": {"code": 400, "message": "maximum context length"}}, RequestTooLarge),
        ({"object": "error", "message": "Ms Smith", "code": 429}, RateLimited),
        ({"choices": [], "x_groq": {"error": "Ms Smith"}}, StreamBroken),
    ],
)
def test_failures_inside_a_running_answer(chunk, kind):
    error = in_band("groq", SETTINGS, chunk)
    assert type(error) is kind
    assert "Smith" not in str(error)


@pytest.mark.parametrize("chunk", [{"choices": []}, {"error": None}, {"x_groq": {"id": "r"}}])
def test_chunks_without_failure(chunk):
    assert in_band("groq", SETTINGS, chunk) is None


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ('{"error":{"code":"tool_use_failed","status_code":400}}', ToolUseFailed),
        ('{"code":500,"message":"Ms Smith","type":"server_error"}', VendorDown),
        ("Ms Smith", VendorDown),
        ("[]", VendorDown),
    ],
)
def test_events_called_error(data, kind):
    error = named_error("groq", SETTINGS, data)
    assert type(error) is kind
    assert "Smith" not in str(error)


def test_a_code_that_reads_like_a_sentence_is_not_repeated():
    error = named_error("groq", SETTINGS, '{"error":{"code":"Ms Smith said so"}}')
    assert "Smith" not in str(error)


def test_an_answer_that_is_no_stream():
    assert type(whole("groq", SETTINGS, groq("model_not_found"))) is ModelNotFound
    assert whole("groq", SETTINGS, '{"choices":[]}') is None
    assert whole("groq", SETTINGS, "<html>") is None
    assert whole("groq", SETTINGS, "[]") is None
