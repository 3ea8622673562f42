"""The tables as they were before there were numbered changes.

A database of that time has no number yet, and may lack tables and columns that were added later:
it is completed. All columns that were ever added to a table may be empty.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.schema import CreateIndex, CreateTable

revision = "0001"
down_revision = None

_tables = sa.MetaData()


def _text(name: str, length: int, *, empty: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=empty)


def _key(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), primary_key=True)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=True)


sa.Table(
    "calls",
    _tables,
    _key("call_id", 36),
    _text("company", 32),
    _text("did", 32),
    _text("caller", 32),
    _text("channel", 128),
    _text("uniqueid", 64),
    _text("registered_at", 32),
    _text("connected_at", 32, empty=True),
    _text("ended_at", 32, empty=True),
    _text("end_reason", 32, empty=True),
    _text("next", 16, empty=True),
    _number("drafts"),
    _number("drafts_discarded"),
    _number("tokens"),
    _number("tokens_discarded"),
    _number("letters"),
    _number("letters_discarded"),
    _text("route", 16, empty=True),
    sa.Column("held", sa.Boolean, nullable=True),
    _text("direction", 4, empty=True),
    _text("wanted", 16, empty=True),
    _text("handed_to", 96, empty=True),
    _number("returns"),
    _text("queued_at", 32, empty=True),
    _text("answered_at", 32, empty=True),
    _text("answered_by", 128, empty=True),
    _text("recording", 256, empty=True),
    _text("message", 256, empty=True),
    _text("hung_up_at", 32, empty=True),
    _text("hung_up_by", 16, empty=True),
    _number("cause"),
)

sa.Table(
    "callbacks",
    _tables,
    _key("call_id", 36),
    _text("company", 32),
    _text("phone", 32),
    _text("why", 16),
    sa.Column("about", sa.Text, nullable=False),
    _text("created_at", 32),
    _text("done_at", 32, empty=True),
)

sa.Table(
    "turns",
    _tables,
    sa.Column("call_id", sa.String(36), sa.ForeignKey("calls.call_id"), primary_key=True),
    sa.Column("index", sa.Integer, primary_key=True),
    _text("speaker", 8),
    _text("step", 16),
    _text("asks", 16),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("heard", sa.Text, nullable=False),
    sa.Column("done", sa.Boolean, nullable=False),
    sa.Column("interrupted", sa.Boolean, nullable=False),
    sa.Column("at_ms", sa.Integer, nullable=False),
    sa.Column("marks_ms", sa.JSON, nullable=False),
)

sa.Table(
    "bookings",
    _tables,
    _key("reference", 16),
    sa.Column("call_id", sa.String(36), nullable=False, unique=True),
    _text("company", 32),
    _text("service", 32),
    _text("area", 32),
    _text("day", 10),
    _text("part", 16),
    _text("phone", 32),
    _text("price_pounds", 16),
    _text("created_at", 32),
)

sa.Table(
    "companies",
    _tables,
    _key("key", 32),
    sa.Column("document", sa.Text, nullable=True),
    sa.Column("revision", sa.Integer, nullable=False, index=True),
    _text("updated_at", 32),
)

sa.Table(
    "dids",
    _tables,
    _key("number", 15),
    sa.Column("key", sa.String(32), sa.ForeignKey("companies.key"), nullable=False),
)


def upgrade() -> None:
    """Make what is not there."""
    there = None if context.is_offline_mode() else sa.inspect(op.get_bind())
    tables = there.get_table_names() if there is not None else []
    for table in _tables.sorted_tables:
        if there is None or table.name not in tables:
            op.execute(CreateTable(table))
            indexes = set()
        else:
            known = {column["name"] for column in there.get_columns(table.name)}
            indexes = {index["name"] for index in there.get_indexes(table.name)}
            for column in table.columns:
                if column.name not in known:
                    op.add_column(table.name, sa.Column(column.name, column.type, nullable=True))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            if index.name not in indexes:
                op.execute(CreateIndex(index))
