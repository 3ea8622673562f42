"""What Deepgram's refusals and closes mean, as typed errors. Pure.

Of a refusal only the status, the error code and the reason header are repeated: they speak of the
request's parameters, never of a caller. The reason of a close is matched, not repeated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from audiosocket_agent.errors import (
    KeyRefused,
    ModelNotFound,
    PaymentRequired,
    ProviderError,
    RateLimited,
    RequestRefused,
    SessionExpired,
    StreamBroken,
    Unreachable,
    VendorDown,
    WireViolation,
)

KEY_VARIABLE = "DEEPGRAM_API_KEY"
URL_VARIABLE = "VOICEAGENT_DEEPGRAM_URL"
_MOST_REASON_CHARS = 160


@dataclass(frozen=True, slots=True)
class Blame:
    """Which settings can be to blame.

    Attributes:
        provider: The engine's name.
        model: The variable of the model.
        params: For each query parameter, what to change.
    """

    provider: str
    model: str
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP answer instead of a WebSocket.

    Attributes:
        status: HTTP status.
        reason: The ``dg-error`` header, or "".
        body: As it came.
        retry_after: The ``Retry-After`` header, or "".
    """

    status: int
    reason: str
    body: bytes
    retry_after: str = ""


def refused(blame: Blame, refusal: Refusal) -> ProviderError:
    """Return the error of a refused handshake."""
    code = _code(refusal.body)
    said = _printable(" ".join(p for p in (code, refusal.reason.rstrip(" .")) if p))
    what = f"HTTP {refusal.status}" + (f", {said}" if said else "")
    kind, advice = _kind(blame, refusal, said.lower())
    return kind(
        blame.provider,
        f"{what}: {advice}",
        status=refusal.status,
        retry_after_s=_seconds(refusal.retry_after),
    )


def _kind(blame: Blame, refusal: Refusal, said: str) -> tuple[type[ProviderError], str]:
    status = refusal.status
    about_model = re.search(r"\bmodel", said) is not None
    if status == 401 or (status == 403 and not about_model):
        return KeyRefused, f"change {KEY_VARIABLE}"
    if status == 402:
        return PaymentRequired, f"the account of {KEY_VARIABLE} has no credit"
    if status == 404:
        return ModelNotFound, f"change {blame.model} or {URL_VARIABLE}"
    if status == 429:
        return RateLimited, f"too many streams at once for the account of {KEY_VARIABLE}"
    if status >= 500:
        return VendorDown, "the vendor is broken"
    if 300 <= status < 400:
        return Unreachable, f"that is not the vendor's host; change {URL_VARIABLE}"
    # Parameters are looked for before the model: "keyterm is not supported for this model" is
    # about the keyterm.
    for name, cause in blame.params.items():
        if name in said or name.replace("_", " ") in said:
            return RequestRefused, f"change {cause}"
    if about_model or status == 403:
        return ModelNotFound, f"change {blame.model}"
    return RequestRefused, "the vendor does not take the request"


def closed(provider: str, code: int | None, reason: str) -> ProviderError:
    """Return the error of a stream that ended without being asked to.

    Args:
        provider: The engine's name.
        code: The vendor's close code; None when the connection broke without one.
        reason: The close frame's reason; matched, never repeated.
    """
    prose = reason.lower().replace("-", "")
    if code is None:
        return StreamBroken(provider, "the connection broke off")
    if code == 1011 and "net0001" in prose:
        return SessionExpired(provider, "closed as idle (NET-0001)", status=code)
    if code in (1011, 1012, 1013):
        named = " (NET-0000)" if "net0000" in prose else ""
        return VendorDown(provider, f"closed by a fault of the vendor{named}", status=code)
    if code == 1008:
        return WireViolation(provider, "the vendor cannot decode the audio (1008)", status=code)
    if code in (1000, 1001):
        return SessionExpired(provider, f"closed by the vendor ({code})", status=code)
    return StreamBroken(provider, f"closed by the vendor ({code})", status=code)


def reported(provider: str, code: str) -> ProviderError:
    """Return the error of an ``Error`` message; its free text may repeat what was said."""
    name = re.sub(r"[^\w-]", "", code)[:40] or "no code"
    if "net0001" in name.lower().replace("-", "").replace("_", ""):
        return SessionExpired(provider, f"the vendor reports {name}")
    if name in ("SchemaError", "UNPARSABLE_CLIENT_MESSAGE"):
        return WireViolation(provider, f"the vendor reports {name}")
    return VendorDown(provider, f"the vendor reports {name}")


def _code(body: bytes) -> str:
    try:
        data = json.loads(body)
    except ValueError:
        return ""
    code = data.get("err_code") or data.get("category") if isinstance(data, dict) else ""
    return code if isinstance(code, str) else ""


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:_MOST_REASON_CHARS].strip()


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None
