"""Tables of the context API."""

from __future__ import annotations

import sqlalchemy as sa

from ari_app.store import metadata

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", sa.String(12), primary_key=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),  # SHA-256 of the token, in hex
    sa.Column("scope", sa.String(8), nullable=False),  # "read" or "write"
    sa.Column("created_at", sa.String(32), nullable=False),
    sa.Column("expires_at", sa.String(32)),  # empty: never
    sa.Column("revoked_at", sa.String(32)),
)

# What another service said of companies, so that it may be away. Each source has rows of its own:
# who changes VOICEAGENT_CONTEXT_URL does not answer with the companies of the service before.
company_copies = sa.Table(
    "company_copies",
    metadata,
    sa.Column("source", sa.String(255), primary_key=True),
    sa.Column("key", sa.String(32), primary_key=True),
    sa.Column("document", sa.Text),  # as in `companies`; empty: it is there no more
    sa.Column("revision", sa.Integer, nullable=False, index=True),
    sa.Column("updated_at", sa.String(32), nullable=False),
)
