"""Bookings with a time, what is held while a caller decides, and what is yet to be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables, and give bookings their columns."""
    for column in (
        sa.Column("start", sa.String(5)),
        sa.Column("minutes", sa.Integer),
        sa.Column("begins_at", sa.String(32)),
        sa.Column("ends_at", sa.String(32)),
        sa.Column("lane", sa.Integer),
        sa.Column("details", sa.JSON),
        sa.Column("status", sa.String(16)),
        sa.Column("sequence", sa.Integer),
        sa.Column("changed_at", sa.String(32)),
    ):
        op.add_column("bookings", column)
    op.create_index("bookings_of_a_day", "bookings", ["company", "day"])
    op.create_table(
        "holds",
        sa.Column("call_id", sa.String(36), primary_key=True),
        sa.Column("company", sa.String(32), nullable=False, index=True),
        sa.Column("wanted", sa.Text, nullable=False),
        sa.Column("area", sa.String(32), nullable=False),
        sa.Column("begins_at", sa.String(32), nullable=False),
        sa.Column("ends_at", sa.String(32), nullable=False),
        sa.Column("lane", sa.Integer, nullable=False),
        sa.Column("expires_at", sa.String(32), nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.Column("target", sa.String(512), nullable=False),
        sa.Column("company", sa.String(32), nullable=False),
        sa.Column("reference", sa.String(16), nullable=False, index=True),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        sa.Column("before", sa.JSON),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("due_at", sa.String(32), nullable=False),
        sa.Column("settled_at", sa.String(32)),
        sa.Column("trouble", sa.String(128)),
        sa.UniqueConstraint("event_id", "target", name="outbox_once"),
        sa.Index("outbox_due", "state", "due_at"),
    )
