"""What a service that keeps companies says, read and checked. Pure.

The smallest service answers one question, `GET {url}/dids/{number}`, with a company as a company
file has it, in JSON, or with 404. One of ours also answers `GET {url}/changes`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ari_app.company_store import document_of
from ari_app.numbers import e164
from audiosocket_agent.company import Company, complaint
from audiosocket_agent.company_fields import NUMBER
from audiosocket_agent.errors import (
    KeyRefused,
    ProviderError,
    RateLimited,
    RequestRefused,
    VendorDown,
    WireViolation,
)

SERVICE = "context"  # what errors call it
MOST_BYTES = 2_000_000  # of one answer; a company with every field full has a tenth of it
LONGEST_WAIT_S = 300.0
_CURSOR = r"^[0-9]{1,18}\.[a-z0-9_]{0,32}$"


class Changed(BaseModel):
    """One company that changed.

    Attributes:
        key: The company.
        revision: When it changed, counted in changes of any company.
        document: What its file would say; None: it is gone.
    """

    model_config = ConfigDict(extra="ignore")

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    revision: int = Field(ge=0)
    document: dict[str, Any] | None


class Changes(BaseModel):
    """A page of what changed after a cursor.

    Attributes:
        companies: In the order they changed.
        cursor: Where the next page begins.
        more: Whether there is one already.
        reset: Whether the cursor was of another database: this page begins from the start.
    """

    model_config = ConfigDict(extra="ignore")

    companies: list[Changed] = Field(max_length=1000)
    cursor: str = Field(pattern=_CURSOR)
    more: bool
    reset: bool = False


def read_json(body: bytes) -> Any:
    """Read an answer.

    Raises:
        WireViolation: If it is no JSON.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise WireViolation(SERVICE, "the answer is no JSON") from None


def read_changes(body: bytes) -> Changes:
    """Read a page of changes.

    Raises:
        WireViolation: If it is none.
    """
    try:
        return Changes.model_validate(read_json(body))
    except ValidationError:
        raise WireViolation(SERVICE, "the answer is no page of changes") from None


def read_company(fields: Any, region: str) -> tuple[Company, str]:
    """Read a company; its numbers may be in any written form.

    Args:
        fields: What its file would say.
        region: Country whose way of writing numbers is meant.

    Returns:
        It, and its document.

    Raises:
        ValueError: One line that says what is wrong.
    """
    try:
        company = Company.model_validate(fields, context={NUMBER: partial(e164, region=region)})
        document = document_of(company)
        document.encode()
    except ValidationError as error:
        raise ValueError(complaint(error)) from None
    except UnicodeEncodeError:
        raise ValueError("a text holds half a character (\\ud800 to \\udfff)") from None
    return company, document


def refusal(status: int, headers: Mapping[str, str]) -> ProviderError:
    """Return what an answer other than 200, 304 and 404 means."""
    if status in (401, 403):
        what = "it does not take the token; see VOICEAGENT_CONTEXT_TOKEN"
        return KeyRefused(SERVICE, what, status=status)
    if status == 429:
        wait = headers.get("Retry-After", "")
        wait_s = min(float(wait), LONGEST_WAIT_S) if wait.isdecimal() else None
        return RateLimited(SERVICE, "too many questions", status=status, retry_after_s=wait_s)
    if status >= 500:
        return VendorDown(SERVICE, f"it answers with status {status}", status=status)
    return RequestRefused(SERVICE, f"it answers with status {status}", status=status)
