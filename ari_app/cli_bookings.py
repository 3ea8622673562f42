"""``voiceagent bookings``: looking at bookings and at what is yet to be told, and cancelling."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ari_app import store
from ari_app.cli_companies import used
from ari_app.cli_records import as_json_option, database_path, limit_option, print_table, query
from ari_app.company_store import company_of
from ari_app.diary.book import Book
from ari_app.diary.outbox import OutState
from ari_app.diary.rows import is_active, told_of
from ari_app.diary.tables import outbox
from ari_app.schema import SchemaError
from audiosocket_agent.company import Company
from audiosocket_agent.diary import Status

Row = dict[str, Any]
COLUMNS = ("reference", "company", "service", "area", "day", "part", "start", "phone", "status")
INTERNAL = ("begins_at", "ends_at", "lane")  # of the calendar: no caller was told of them
SAID = {
    OutState.WAITING.value: "waiting",
    OutState.GIVEN_UP.value: "given up",
    OutState.REFUSED.value: "refused",
}
UNSETTLED = tuple(SAID)


@click.group(invoke_without_command=True)
@as_json_option
@limit_option(50)
@click.pass_context
def bookings(context: click.Context, as_json: bool, limit: int) -> None:
    """List bookings, newest first; see one, cancel one, see what is yet to be told."""
    if context.invoked_subcommand is None:
        _list(limit, as_json)


@bookings.command("list")
@limit_option(50)
@as_json_option
def list_bookings(limit: int, as_json: bool) -> None:
    """List bookings, newest first."""
    _list(limit, as_json)


def _list(limit: int, as_json: bool) -> None:
    table = store.bookings
    rows = [_shown(row) for row in query(table.select().order_by(table.c.created_at.desc())
                                         .limit(limit))]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows))
        return
    print_table(rows, COLUMNS)
    many = sa.select(outbox.c.state, sa.func.count().label("many")).group_by(outbox.c.state)
    left = {row["state"]: row["many"] for row in query(_undelivered(many))}
    if left:
        told = ", ".join(f"{left[state]} {SAID[state]}" for state in UNSETTLED if state in left)
        click.echo(f"not delivered: {told}; see voiceagent bookings outbox")


@bookings.command("show")
@click.argument("reference")
@as_json_option
def show_booking(reference: str, as_json: bool) -> None:
    """Show one booking, and what was told of it."""
    booking = _booking(reference)
    row = _shown(booking) | _times(booking)
    told = query(outbox.select().where(outbox.c.reference == reference).order_by(outbox.c.position))
    if as_json:
        click.echo(json.dumps({**row, "outbox": [_told(one) for one in told]}))
        return
    for name, value in row.items():
        if name != "details":
            click.echo(f"{name:14} {value if value is not None else '-'}")
    for name, value in row["details"].items():
        click.echo(f"  {name:12} {value}")
    for one in told:
        trouble = f" ({one['trouble']})" if one["trouble"] else ""
        click.echo(f"{one['type']} to {one['target']}: {one['state']}{trouble}")


@bookings.command("ics")
@click.argument("reference")
def print_ics(reference: str) -> None:
    """Print a booking as an iCalendar file."""
    from ari_app.diary.ics import calendar_of

    row = _booking(reference)
    click.echo(calendar_of(told_of(row, _company(row))), nl=False)


@bookings.command("cancel")
@click.argument("reference")
@as_json_option
def cancel_booking(reference: str, as_json: bool) -> None:
    """Cancel a booking, and have everybody told."""
    row = _booking(reference)
    if not is_active(row):
        click.echo(f"voiceagent: booking {reference} is {row['status']} already", err=True)
        sys.exit(1)
    asyncio.run(_cancel(_company(row), reference))
    if as_json:
        click.echo(json.dumps(_shown(_booking(reference))))
    else:
        click.echo(f"booking {reference} is cancelled")


@bookings.command("outbox")
@limit_option(50)
@as_json_option
@click.option("--all", "settled_too", is_flag=True, help="Show what was delivered, too.")
def list_outbox(limit: int, as_json: bool, settled_too: bool) -> None:
    """List what is yet to be told of bookings or sent to callers, and what was given up.

    The newest first. VOICEAGENT_OUTBOX_GIVE_UP_H says for how long it is tried.
    """
    found = outbox.select().order_by(outbox.c.position.desc()).limit(limit)
    rows = [_told(row) for row in query(found if settled_too else _undelivered(found))]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        row["at"], row["next"] = row["created_at"][:19], row["due_at"][:19]
        if row["state"] != OutState.WAITING.value:
            row["next"] = ""
    columns = ("at", "reference", "type", "target", "state", "tries", "next", "trouble")
    print_table(rows, columns)


def _undelivered(found: sa.Select[Any]) -> sa.Select[Any]:
    return found.where(outbox.c.state.in_(UNSETTLED))


def _booking(reference: str) -> Row:
    rows = query(store.bookings.select().where(store.bookings.c.reference == reference))
    if not rows:
        click.echo(
            f"voiceagent: there is no booking {reference}; see voiceagent bookings", err=True
        )
        sys.exit(1)
    return rows[0]


def _shown(row: Row) -> Row:
    """Return what of a booking's row is shown; what older versions did not know is filled in."""
    status = row["status"] or Status.BOOKED.value
    shown = {name: value for name, value in row.items() if name not in INTERNAL}
    return {**shown, "status": status, "details": row["details"] or {}}


def _times(row: Row) -> Row:
    """Return when a booking is, as far as was agreed, on its company's clock, if it is known."""
    company = _company_or_why(row)
    if isinstance(company, str):
        return {}
    told = told_of(row, company)
    zone = ZoneInfo(told["timezone"])
    times: Row = {"timezone": told["timezone"], "exact": told["exact"]}
    for name in ("begins_at", "ends_at"):
        at = told[name]
        times[name] = at and datetime.fromisoformat(at).astimezone(zone).isoformat("T", "minutes")
    return times


def _told(row: Mapping[str, Any]) -> Row:
    return {name: row[name] for name in ("event_id", "reference", "company", "type", "target",
            "state", "tries", "created_at", "due_at", "settled_at", "trouble")}  # fmt: skip


def _company(row: Row) -> Company:
    company = _company_or_why(row)
    if isinstance(company, Company):
        return company
    click.echo(f"voiceagent: the company {row['company']} {company}; import it again", err=True)
    sys.exit(1)


def _company_or_why(row: Row) -> Company | str:
    """Return a booking's company, or why there is none."""
    found = used()
    rows = query(found.where(found.selected_columns.key == row["company"]))
    document = rows[0]["document"] if rows else None
    try:
        if document:
            return company_of(document)
    except ValueError as error:
        return f"cannot be read: {error}"
    return "is not here any more"


async def _cancel(company: Company, reference: str) -> None:
    try:
        database = await store.open_store(database_path())
        try:
            await Book(database).cancel(company, reference)
        finally:
            await database.close()
    except SchemaError as error:
        click.echo(f"voiceagent: {error}", err=True)
        sys.exit(1)
    except DBAPIError as error:
        click.echo(f"voiceagent: cannot write {database_path()}: {error.orig}", err=True)
        sys.exit(1)
