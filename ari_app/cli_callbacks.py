"""``voiceagent callbacks``: who is to be called back."""

from __future__ import annotations

import asyncio
import json
import sys

import click
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ari_app import store
from ari_app.cli_records import as_json_option, database_path, limit_option, print_table, query
from ari_app.schema import SchemaError


@click.group()
def callbacks() -> None:
    """See who wants to be called back, and tick them off."""


@callbacks.command("list")
@click.option("--all", "done_too", is_flag=True, help="Show those that are done, too.")
@limit_option(50)
@as_json_option
def list_callbacks(done_too: bool, limit: int, as_json: bool) -> None:
    """List wishes to be called back, oldest first."""
    table = store.callbacks
    found = table.select().order_by(table.c.created_at).limit(limit)
    rows = query(found if done_too else found.where(table.c.done_at.is_(None)))
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        row["call"], row["at"] = row["call_id"][:8], row["created_at"][:19]
        row["done"] = (row["done_at"] or "")[:19]
    print_table(rows, ("call", "at", "company", "phone", "why", "about", "done"))


@callbacks.command("done")
@click.argument("call_id")
def tick_off(call_id: str) -> None:
    """Tick one off: CALL_ID is its call's id, or the first characters of it."""
    table = store.callbacks
    wanted = sa.and_(
        table.c.call_id.startswith(call_id, autoescape=True), table.c.done_at.is_(None)
    )
    rows = query(table.select().where(wanted).limit(2))
    if len(rows) != 1:
        many = "several open wishes start" if rows else "no open wish starts"
        click.echo(f"voiceagent: {many} with {call_id}; see voiceagent callbacks list", err=True)
        sys.exit(1)
    change = table.update().where(table.c.call_id == rows[0]["call_id"])
    asyncio.run(_execute(change.values(done_at=store.utc_now())))


async def _execute(change: sa.Update) -> None:
    try:
        database = await store.open_store(database_path())
        try:
            async with database.transaction() as db:
                await db.execute(change)
        finally:
            await database.close()
    except SchemaError as error:
        click.echo(f"voiceagent: {error}", err=True)
        sys.exit(1)
    except DBAPIError as error:
        click.echo(f"voiceagent: cannot write {database_path()}: {error.orig}", err=True)
        sys.exit(1)
