"""Tokens of the context API, and the durable copy of companies that another service keeps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.String(12), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("scope", sa.String(8), nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("expires_at", sa.String(32)),
        sa.Column("revoked_at", sa.String(32)),
    )
    op.create_table(
        "company_copies",
        sa.Column("source", sa.String(255), primary_key=True),
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("document", sa.Text),
        sa.Column("revision", sa.Integer, nullable=False, index=True),
        sa.Column("updated_at", sa.String(32), nullable=False),
    )
