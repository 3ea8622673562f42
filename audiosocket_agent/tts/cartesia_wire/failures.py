"""What Cartesia's refusals mean: handshakes, error frames and close codes to typed errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from audiosocket_agent.errors import (
    ContextExpired,
    KeyRefused,
    ModelNotFound,
    PaymentRequired,
    ProviderError,
    RateLimited,
    RequestRefused,
    RequestTooLarge,
    SessionExpired,
    StreamBroken,
    VendorDown,
)

PROVIDER = "cartesia"
KEY = "CARTESIA_API_KEY"
URL = "VOICEAGENT_CARTESIA_URL"
MODEL = "VOICEAGENT_CARTESIA_MODEL"
VOICE = "VOICEAGENT_CARTESIA_VOICE"

_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_ABOUT_CONTEXT = re.compile(r"context.*(expired|not.?found|unknown|closed|ended|exist)", re.I)
_BY_STATUS: dict[int, tuple[type[ProviderError], str]] = {
    401: (KeyRefused, f"the key is refused; check {KEY}"),
    402: (PaymentRequired, f"the account of {KEY} has no credit"),
    403: (KeyRefused, f"the key may not do this; check {KEY}"),
    404: (ModelNotFound, f"no such model, voice or address; check {MODEL}, {VOICE} and {URL}"),
    413: (RequestTooLarge, "the text is longer than the vendor takes"),
    429: (RateLimited, "too many replies or connections at once; raise the account's limits"),
}
_REFUSED = f"the request is refused; check {MODEL}, {VOICE} and VOICEAGENT_CARTESIA_VERSION"


def from_status(status: int, code: str = "", retry_after_s: float | None = None) -> ProviderError:
    """Type a refusal by its HTTP status, at the handshake or inside an error frame.

    Args:
        status: 400 to 599; anything else is a fault of the vendor.
        code: The vendor's own, or "".
        retry_after_s: When the vendor says so.
    """
    kind, what = _BY_STATUS.get(status, (VendorDown, "the vendor reports a fault of its own"))
    if "model_not_found" in code:
        kind, what = ModelNotFound, f"there is no such model; check {MODEL}"
    elif "voice" in code:
        kind, what = ModelNotFound, f"there is no such voice; check {VOICE}"
    elif status not in _BY_STATUS and 300 <= status < 500:
        kind, what = RequestRefused, _REFUSED
    said = f"{status} {code}".strip()
    return kind(PROVIDER, f"{what} ({said})", status=status, retry_after_s=retry_after_s)


def from_frame(frame: Mapping[str, Any]) -> ProviderError:
    """Type an error frame, of versions from 2026-03-01 on or before.

    Its message may repeat the text to be spoken, so it is read and never repeated.
    """
    found = frame.get("status_code")
    status = found if isinstance(found, int) else 500
    code = frame.get("error_code")
    code = code if isinstance(code, str) and _CODE.fullmatch(code) else ""
    # Which code an ended context has is not documented; these are all the places that may tell.
    told = (code, *(frame.get(name) for name in ("title", "error", "message")))
    if any(isinstance(text, str) and _ABOUT_CONTEXT.search(text) for text in told):
        return ContextExpired(PROVIDER, f"the context is gone ({status})", status=status)
    return from_status(status, code)


def from_close(code: int | None, *, idle: bool) -> ProviderError:
    """Type the end of a connection.

    Args:
        code: The close code; None or 1006 when the connection just broke.
        idle: Whether nothing was being spoken.
    """
    if code in (1011, 1012, 1013):
        return VendorDown(PROVIDER, f"the vendor closed the connection ({code})", status=code)
    if idle or code in (1000, 1001):
        return SessionExpired(PROVIDER, f"the session was closed ({code})", status=code)
    return StreamBroken(PROVIDER, f"the connection broke off ({code})", status=code)
