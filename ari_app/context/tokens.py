"""Tokens of the context API: shown once, kept as digests, limited in what they may and how long.

A token is 256 random bits, so that one plain hash of it says nothing about it. Its first part only
finds its row: whether it is the right one is told by comparing digests in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from ari_app.context.tables import api_tokens
from ari_app.store import Store, utc_now

_TOKEN = re.compile(r"va_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
_NO_DIGEST = hashlib.sha256(b"").hexdigest()


class Scope(Enum):
    """What a token may."""

    READ = "read"
    WRITE = "write"  # and read

    def covers(self, wanted: Scope) -> bool:
        """Whether that is enough."""
        return self is Scope.WRITE or wanted is Scope.READ


@dataclass(frozen=True, slots=True)
class Made:
    """A new token.

    Attributes:
        id: What it is called by.
        token: The token itself, which nobody can show again.
        expires_at: When it stops to be taken; None: never.
    """

    id: str
    token: str
    expires_at: str | None


async def add_token(store: Store, name: str, scope: Scope, days: int | None) -> Made:
    """Make a token.

    Args:
        store: The database.
        name: Who has it, for people.
        scope: What it may.
        days: How long; None: for ever.
    """
    made_id = secrets.token_hex(6)
    token = f"va_{made_id}_{secrets.token_urlsafe(32)}"
    until = None if days is None else datetime.now(UTC) + timedelta(days=days)
    expires_at = None if until is None else until.isoformat(timespec="milliseconds")
    row = {
        "id": made_id,
        "name": name,
        "digest": _digest(token),
        "scope": scope.value,
        "created_at": utc_now(),
        "expires_at": expires_at,
    }
    async with store.transaction() as db:
        await db.execute(api_tokens.insert().values(row))
    return Made(made_id, token, expires_at)


async def revoke_token(store: Store, token_id: str) -> bool:
    """Take a token back; returns whether there was one that was still taken."""
    change = api_tokens.update().where(
        api_tokens.c.id == token_id, api_tokens.c.revoked_at.is_(None)
    )
    async with store.transaction() as db:
        return (await db.execute(change.values(revoked_at=utc_now()))).rowcount > 0


async def scope_of(store: Store, presented: str) -> Scope | None:
    """Return what a presented token may; None if it is none, expired or revoked.

    Args:
        store: The database.
        presented: Whatever a stranger sent.
    """
    found = _TOKEN.fullmatch(presented)
    row: Mapping[str, Any] | None = None
    if found is not None:
        query = api_tokens.select().where(api_tokens.c.id == found[1])
        async with store.transaction() as db:
            rows = (await db.execute(query)).mappings()
            row = next((dict(one) for one in rows), None)
    wanted = _NO_DIGEST if row is None else row["digest"]
    if not hmac.compare_digest(_digest(presented), wanted) or row is None:
        return None
    return Scope(row["scope"]) if is_taken(row, utc_now()) else None


async def has_tokens(store: Store) -> bool:
    """Whether there is a token that is taken now."""
    async with store.transaction() as db:
        rows = [dict(row) for row in (await db.execute(api_tokens.select())).mappings()]
    return any(is_taken(row, utc_now()) for row in rows)


def is_taken(row: Mapping[str, Any], now: str) -> bool:
    """Whether a token is neither revoked nor expired.

    Args:
        row: It, as the table has it.
        now: The time as it is stored.
    """
    return row["revoked_at"] is None and (row["expires_at"] is None or row["expires_at"] > now)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
