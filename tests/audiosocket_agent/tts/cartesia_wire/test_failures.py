"""Every refusal of Cartesia becomes its own error."""

import pytest

from audiosocket_agent.errors import (
    ContextExpired,
    KeyRefused,
    ModelNotFound,
    PaymentRequired,
    RateLimited,
    RequestRefused,
    RequestTooLarge,
    SessionExpired,
    StreamBroken,
    VendorDown,
)
from audiosocket_agent.tts.cartesia_wire.failures import from_close, from_frame, from_status
from tests.audiosocket_agent.tts.cartesia_server import error


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (400, RequestRefused, "VOICEAGENT_CARTESIA_VERSION"),
        (401, KeyRefused, "CARTESIA_API_KEY"),
        (402, PaymentRequired, "CARTESIA_API_KEY"),
        (403, KeyRefused, "CARTESIA_API_KEY"),
        (404, ModelNotFound, "VOICEAGENT_CARTESIA_URL"),
        (413, RequestTooLarge, "413"),
        (422, RequestRefused, "422"),
        (429, RateLimited, "429"),
        (500, VendorDown, "500"),
        (503, VendorDown, "503"),
    ],
)
def test_statuses_at_the_handshake_and_in_frames(status, kind, says):
    for found in (from_status(status), from_frame(error("c", status))):
        assert type(found) is kind
        assert found.status == status
        assert says in str(found)
        assert "Smith" not in str(found)


@pytest.mark.parametrize(
    ("frame", "kind", "says"),
    [
        (error("c", 429, "concurrency_limited"), RateLimited, "concurrency_limited"),
        (error("c", 400, "model_not_found"), ModelNotFound, "VOICEAGENT_CARTESIA_MODEL"),
        (error("c", 400, "voice_not_found"), ModelNotFound, "VOICEAGENT_CARTESIA_VOICE"),
        (error("c", 400, "context_expired"), ContextExpired, "400"),
        (error("c", 404, None, "Context not found"), ContextExpired, "404"),
        (error("c", 400, "Ms Smith said so"), RequestRefused, "400"),
        (
            {"type": "error", "done": True, "error": "Unauthorized: Ms Smith", "status_code": 401},
            KeyRefused,
            "401",
        ),
        (
            {"type": "error", "error": "Invalid: context has expired", "status_code": 400},
            ContextExpired,
            "400",
        ),
        ({"type": "error"}, VendorDown, "500"),
        ({"type": "error", "status_code": "x", "error_code": 7, "title": 1}, VendorDown, "500"),
    ],
)
def test_error_frames(frame, kind, says):
    found = from_frame(frame)
    assert type(found) is kind
    assert says in str(found)
    assert "Smith" not in str(found)


@pytest.mark.parametrize(
    ("code", "idle", "kind"),
    [
        (1000, True, SessionExpired),
        (1000, False, SessionExpired),
        (1001, False, SessionExpired),
        (1006, True, SessionExpired),
        (1006, False, StreamBroken),
        (None, False, StreamBroken),
        (1011, True, VendorDown),
        (1012, False, VendorDown),
        (1013, False, VendorDown),
    ],
)
def test_close_codes(code, idle, kind):
    assert type(from_close(code, idle=idle)) is kind
