"""The tables beside `ari_app.store.bookings`: what is held, and what is yet to be told."""

from __future__ import annotations

import sqlalchemy as sa

from ari_app.store import metadata

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("call_id", sa.String(36), primary_key=True),
    sa.Column("company", sa.String(32), nullable=False, index=True),
    sa.Column("wanted", sa.Text, nullable=False),  # JSON of what it was asked for
    sa.Column("area", sa.String(32), nullable=False),
    sa.Column("begins_at", sa.String(32), nullable=False),
    sa.Column("ends_at", sa.String(32), nullable=False),
    sa.Column("lane", sa.Integer, nullable=False),
    sa.Column("expires_at", sa.String(32), nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("event_id", sa.String(36), nullable=False),
    sa.Column("target", sa.String(512), nullable=False),  # "api", or the address of a webhook
    sa.Column("company", sa.String(32), nullable=False),
    sa.Column("reference", sa.String(16), nullable=False, index=True),
    sa.Column("type", sa.String(32), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),  # of a try: the same at every one
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("before", sa.JSON),  # the booking before it was changed, if it may come back
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("created_at", sa.String(32), nullable=False),
    sa.Column("due_at", sa.String(32), nullable=False),
    sa.Column("settled_at", sa.String(32)),
    sa.Column("trouble", sa.String(128)),
    sa.UniqueConstraint("event_id", "target", name="outbox_once"),
    sa.Index("outbox_due", "state", "due_at"),
)
