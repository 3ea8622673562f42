"""Which failures are worth asking the same vendor again."""

import pytest

from audiosocket_agent.errors import (
    KeyRefused,
    ModelNotFound,
    RateLimited,
    RequestRefused,
    StreamBroken,
    ToolUseFailed,
    Unreachable,
    VendorDown,
)
from audiosocket_agent.llm.chat_wire.retries import retry_in_s


@pytest.mark.parametrize(
    ("error", "retries", "left_s", "wait_s"),
    [
        (VendorDown("x", "y"), 0, 0.5, 0.05),
        (VendorDown("x", "y"), 1, 0.5, None),
        (VendorDown("x", "y"), 0, 0.12, None),
        (VendorDown("x", "y", retryable=False), 0, 0.5, None),
        (StreamBroken("x", "y"), 0, 0.5, 0),
        (Unreachable("x", "y"), 0, 0.5, 0),
        (Unreachable("x", "y"), 0, 0.05, None),
        (ToolUseFailed("x", "y"), 0, 0.5, 0),
        (RateLimited("x", "y", retry_after_s=0.2), 0, 0.5, 0.2),
        (RateLimited("x", "y", retry_after_s=7), 0, 0.5, None),
        (RateLimited("x", "y"), 0, 0.5, None),
        (KeyRefused("x", "y"), 0, 0.5, None),
        (ModelNotFound("x", "y"), 0, 0.5, None),
        (RequestRefused("x", "y"), 0, 0.5, None),
        (RequestRefused("x", "y", retryable=True), 0, 0.5, 0),
    ],
)
def test_retries(error, retries, left_s, wait_s):
    assert retry_in_s(error, retries, left_s) == wait_s
