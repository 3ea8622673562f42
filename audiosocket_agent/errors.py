"""Errors of the media side.

AgentError
├── ProtocolError
│   ├── LocalProtocolError      we tried to send what the protocol forbids (our bug)
│   └── RemoteProtocolError     the peer sent what the protocol forbids (its bug)
├── AdmissionError              a connection showed a UUID that may not enter
├── RegistrationError           a call cannot be registered (full, unknown DID, bad request)
├── IllegalEvent                the conversation was given an event it cannot be in (our bug)
├── BookingError                a booking could not be stored
├── CompanyError                a company file is missing or wrong
├── ToolError                   a tool cannot do it; the text is for the model
└── ProviderError               an ear, a model or a voice failed
    ├── NotConfigured           a setting is missing (the key, usually): never retried
    ├── KeyRefused              the vendor does not take the key (401, 403)
    ├── PaymentRequired         the account is empty (402)
    ├── RequestRefused          the vendor does not take what we ask (400, 422)
    │   ├── ModelNotFound       it has no such model, voice or address (404, model_not_found)
    │   ├── RequestTooLarge     more text than it takes (413, context length)
    │   └── ToolUseFailed       the model wrote a tool call that cannot be read
    ├── RateLimited             too many requests or calls at once (429, 498)
    ├── VendorDown              the vendor says that it is broken (5xx, close 1011 to 1013)
    ├── Unreachable             no connection: refused, no such host, TLS
    ├── DeadlineMissed          connected, answered, but not in time
    ├── StreamBroken            the answer broke off (dropped, ended too early)
    │   ├── ContextExpired      the reply's context at the vendor is gone
    │   └── SessionExpired      the vendor closed an idle or too old session
    └── WireViolation           the vendor sent what its protocol does not allow
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class AgentError(Exception):
    """Base of everything the media side raises on purpose."""


class ProtocolError(AgentError):
    """AudioSocket framing was violated."""


class LocalProtocolError(ProtocolError):
    """We tried to send something the AudioSocket protocol forbids."""


class RemoteProtocolError(ProtocolError):
    """Asterisk (or whoever connected) sent something the protocol forbids."""


class AdmissionError(AgentError):
    """A connection's UUID was unknown, already used or expired.

    Attributes:
        reason: One of ``unknown``, ``used``, ``expired``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"the UUID is {self.reason}"


class RegistrationError(AgentError):
    """A call cannot be registered.

    Attributes:
        reason: A short code the gate can act on: ``full``, ``unknown_did``, ``bad_request``,
            ``repeated``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class IllegalEvent(AgentError):
    """A state machine was given an event its state does not accept (our bug)."""

    def __init__(self, state: str, event: str) -> None:
        super().__init__(state, event)
        self.state = state
        self.event = event

    def __str__(self) -> str:
        return f"{self.event} is not accepted while {self.state}"


class BookingError(AgentError):
    """A booking could not be stored; the text has no personal data."""


class CompanyError(AgentError):
    """A company file is missing or wrong.

    Attributes:
        path: The file or folder.
        what: What is wrong with it, and in which field.
        line: In which line, from 1; None: no line is to blame.
        others: What else is wrong, in the order of the file; the text is of this one alone.
    """

    def __init__(self, path: Path, what: str, line: int | None = None) -> None:
        super().__init__(path, what, line)
        self.path = path
        # What stands in a file is repeated, and must not move the reader's cursor.
        self.what = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in what)
        self.line = line
        self.others: tuple[CompanyError, ...] = ()

    def __str__(self) -> str:
        line = "" if self.line is None else f":{self.line}"
        return f"{self.path}{line}: {self.what}"

    @property
    def all(self) -> tuple[CompanyError, ...]:
        """It, and what else is wrong."""
        return (self, *self.others)

    @property
    def in_one_line(self) -> str:
        """It, and how many others there are: for a log or a report."""
        if not self.others:
            return str(self)
        return (
            f"{self} (the first of {len(self.all)} mistakes; voiceagent workflow check tells all)"
        )


def together(errors: Sequence[CompanyError]) -> CompanyError:
    """Return several mistakes as one error to raise: the first one, with the others.

    Args:
        errors: At least one. What two files name alike is told once.
    """
    told = {str(it): it for error in errors for it in error.all}
    first, *others = told.values()
    first.others = tuple(others)
    return first


class ToolError(AgentError):
    """A tool cannot do what it was called for; the text is what the model is told."""


class ProviderError(AgentError):
    """An ear, a model or a voice failed.

    Attributes:
        provider: The engine's name as the setting spells it.
        what: What happened, without payloads, keys or personal data; names the setting to change
            when one is to blame.
        retryable: Whether asking the same provider again may help.
        status: The HTTP status or WebSocket close code, when there was one.
        retry_after_s: How long the vendor asks us to wait, when it does.
    """

    retryable_by_default = False

    def __init__(
        self,
        provider: str,
        what: str,
        *,
        retryable: bool | None = None,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(provider, what)
        self.provider = provider
        self.what = what
        self.retryable = self.retryable_by_default if retryable is None else retryable
        self.status = status
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return f"{self.provider}: {self.what}"


def failure_of(provider: str, error: Exception) -> ProviderError:
    """Return an engine's failure as one of ours: whatever it raised, the next engine takes over.

    The text of a foreign exception may hold anything, keys included: only its type is kept.
    """
    if isinstance(error, ProviderError):
        return error
    return ProviderError(provider, f"the engine itself fails ({type(error).__name__})")


class NotConfigured(ProviderError):
    """A setting is missing."""


class KeyRefused(ProviderError):
    """The vendor does not take the key."""


class PaymentRequired(ProviderError):
    """The account has no credit."""


class RequestRefused(ProviderError):
    """The vendor does not take what we ask; asking again is no use."""


class ModelNotFound(RequestRefused):
    """There is no such model or voice, or not for this account."""


class RequestTooLarge(RequestRefused):
    """The request holds more than the vendor takes."""


class ToolUseFailed(RequestRefused):
    """The model wrote a tool call that the vendor could not read; a second try may do better."""

    retryable_by_default = True


class RateLimited(ProviderError):
    """Too many requests, tokens or calls at once."""

    retryable_by_default = True


class VendorDown(ProviderError):
    """The vendor reports a fault of its own."""

    retryable_by_default = True


class Unreachable(ProviderError):
    """No connection to the vendor."""

    retryable_by_default = True


class DeadlineMissed(ProviderError):
    """The vendor did not answer in time."""

    retryable_by_default = True


class StreamBroken(ProviderError):
    """The vendor's answer broke off."""

    retryable_by_default = True


class ContextExpired(StreamBroken):
    """The vendor has already ended the context that text was sent for."""


class SessionExpired(StreamBroken):
    """The vendor closed a session for being idle or too old."""


class WireViolation(ProviderError):
    """The vendor sent something its protocol does not allow."""
