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
└── ProviderError               an ear, a model or a voice failed
"""

from __future__ import annotations

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
        what: What is wrong with it, and where.
    """

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(path, what)
        self.path = path
        self.what = what

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


class ProviderError(AgentError):
    """An ear, a model or a voice failed.

    Attributes:
        provider: The engine's name as the setting spells it.
        what: What happened, without payloads or personal data.
        retryable: Whether asking the same provider again may help.
    """

    def __init__(self, provider: str, what: str, *, retryable: bool = False) -> None:
        super().__init__(provider, what)
        self.provider = provider
        self.what = what
        self.retryable = retryable

    def __str__(self) -> str:
        return f"{self.provider}: {self.what}"
