"""What a chat vendor's refusal means: HTTP answers and in-band errors to typed errors.

A vendor's ``message`` may repeat what the caller said, so it is read and never repeated; what an
error says is the status and the vendor's own code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from audiosocket_agent.errors import (
    DeadlineMissed,
    KeyRefused,
    ModelNotFound,
    PaymentRequired,
    ProviderError,
    RateLimited,
    RequestRefused,
    RequestTooLarge,
    StreamBroken,
    ToolUseFailed,
    VendorDown,
)
from audiosocket_agent.llm.chat_wire.request import Settings

_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_TOO_LONG = re.compile(r"context.length|maximum context|too many tokens|context window", re.I)

_BY_CODE: dict[str, type[ProviderError]] = {
    "invalid_api_key": KeyRefused,
    "authentication_error": KeyRefused,
    "insufficient_quota": PaymentRequired,
    "billing_not_active": PaymentRequired,
    "model_not_found": ModelNotFound,
    "model_decommissioned": ModelNotFound,
    "model_not_active": ModelNotFound,
    "context_length_exceeded": RequestTooLarge,
    "request_too_large": RequestTooLarge,
    "tool_use_failed": ToolUseFailed,
    "rate_limit_exceeded": RateLimited,
    "capacity_exceeded": RateLimited,
}
_BY_STATUS: dict[int, type[ProviderError]] = {
    401: KeyRefused,
    402: PaymentRequired,
    403: KeyRefused,
    404: ModelNotFound,
    408: DeadlineMissed,
    413: RequestTooLarge,
    429: RateLimited,
    498: RateLimited,  # Groq's flex tier has no room
    499: StreamBroken,
}
_BY_TYPE: dict[str, type[ProviderError]] = {
    "invalid_request_error": RequestRefused,
    "not_found_error": ModelNotFound,
    "authentication_error": KeyRefused,
    "tokens": RateLimited,
    "requests": RateLimited,
}


def from_response(
    provider: str, settings: Settings, status: int, headers: Mapping[str, str], text: str
) -> ProviderError:
    """Type the refusal of a whole request.

    Args:
        provider: Who refused.
        settings: What the error may blame.
        status: Of the HTTP response, 300 or more.
        headers: Of the response, case-insensitive.
        text: Its body: the vendor's JSON, or anything a proxy on the way writes.
    """
    retryable = {"true": True, "false": False}.get(headers.get("x-should-retry", "").lower())
    return _error(provider, settings, _details(text), status, retryable, retry_after_s(headers))


def in_band(provider: str, settings: Settings, chunk: Mapping[str, Any]) -> ProviderError | None:
    """Type the failure that a chunk of a running answer reports; None if it reports none."""
    error = chunk.get("error")
    if error is None and chunk.get("object") == "error":
        error = dict(chunk)
    if error is not None:
        details = error if isinstance(error, dict) else {}
        return _error(provider, settings, details, _status_of(details))
    x_groq = chunk.get("x_groq")
    if isinstance(x_groq, dict) and x_groq.get("error"):
        return StreamBroken(provider, "the vendor stopped the answer early")
    return None


def whole(provider: str, settings: Settings, text: str) -> ProviderError | None:
    """Type the failure in an answer that is no stream though its status is 200; None if none."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return in_band(provider, settings, found) if isinstance(found, dict) else None


def named_error(provider: str, settings: Settings, data: str) -> ProviderError:
    """Type an event that is called ``error``, whatever its data is."""
    details = _details(data)
    return _error(provider, settings, details, _status_of(details))


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return how long the vendor asks to wait: milliseconds, seconds or a date, in that order."""
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            return max(0.0, float(headers.get(name, "")) / unit)
        except ValueError:
            continue
    try:
        # By the vendor's clock, as ours may differ.
        until = parsedate_to_datetime(headers.get("retry-after", ""))
        return max(0.0, (until - parsedate_to_datetime(headers.get("date", ""))).total_seconds())
    except (TypeError, ValueError):
        return None


def _details(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    if isinstance(found, dict) and isinstance(found.get("error"), dict):
        found = found["error"]
    return found if isinstance(found, dict) else {}


def _status_of(details: Mapping[str, Any]) -> int | None:
    for value in (details.get("status_code"), details.get("code")):
        if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()):
            return int(value)
    return None


def _error(
    provider: str,
    settings: Settings,
    details: Mapping[str, Any],
    status: int | None,
    retryable: bool | None = None,
    wait_s: float | None = None,
) -> ProviderError:
    code, kind = _word(details.get("code")), _word(details.get("type"))
    known = _BY_CODE.get(code) or _BY_CODE.get(kind) or _BY_STATUS.get(status or 0)
    if known is None and status is not None:
        known = VendorDown if status >= 500 else RequestRefused
    known = known or _BY_TYPE.get(kind, VendorDown)
    if known is RequestRefused and _TOO_LONG.search(str(details.get("message", ""))):
        known = RequestTooLarge
    if retryable is None and status == 422:
        retryable = True  # a failure of meaning, not of form: the model may do better next time
    parts = [str(status)] if status is not None else []
    parts += [word for word in (code or kind,) if word and word not in parts]
    what = _meaning(known, settings) + (f" ({' '.join(parts)})" if parts else "")
    return known(provider, what, retryable=retryable, status=status, retry_after_s=wait_s)


def _word(value: object) -> str:
    """Return a vendor's code if it is one: anything longer might be text of the conversation."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""


def _meaning(kind: type[ProviderError], settings: Settings) -> str:
    if kind is KeyRefused:
        return f"the key is refused; check {settings.key or settings.url}"
    if kind is PaymentRequired:
        return f"the account has no credit; pay, or change {settings.key or settings.url}"
    if kind is ModelNotFound:
        return f"there is no such model or address; check {settings.model} and {settings.url}"
    if kind is RequestTooLarge:
        return "the conversation is longer than the model takes"
    if kind is ToolUseFailed:
        return "the model wrote a tool call that cannot be read"
    if kind is RateLimited:
        return "too many requests or tokens; raise the account's limits"
    if kind is RequestRefused:
        return f"the request is refused; check that {settings.model} takes what is sent"
    if kind is DeadlineMissed:
        return "the vendor gave the request up"
    return "the vendor reports a fault of its own"
