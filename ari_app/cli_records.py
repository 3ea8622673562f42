"""``voiceagent calls``: looking at what is on record."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from rich.console import Console
from rich.table import Column, Table

from ari_app import store
from ari_app.control_client import ask
from audiosocket_agent.control import ControlError

HANG_UP_DEADLINE_S = 3.0
MACHINE_WIDTH = 240  # in a pipe nobody sees line ends, but a cut-off value is lost


def database_path() -> Path:
    """Return where the records are, without reading the other settings."""
    return Path(os.environ.get("VOICEAGENT_DATA_DIR", "/var/lib/voiceagent")) / "voiceagent.db"


def query(statement: sa.Select[Any]) -> list[dict[str, Any]]:
    """Run a query on the records; ends the command with one clear line if there are none."""
    try:
        with store.reading(database_path()) as db:
            return [dict(row._mapping) for row in db.execute(statement)]
    except FileNotFoundError as error:
        click.echo(
            f"voiceagent: there are no records at {error.filename}: no call was taken yet, or "
            "VOICEAGENT_DATA_DIR names another folder",
            err=True,
        )
    except sa.exc.DBAPIError as error:
        click.echo(f"voiceagent: cannot read {database_path()}: {error.orig}", err=True)
    sys.exit(1)


def print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print rows as a table with these columns."""
    table = Table(*(Column(name, no_wrap=True) for name in columns))
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in columns))
    console = Console()
    if not console.is_terminal:
        console.width = MACHINE_WIDTH
    console.print(table)


as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def limit_option(default: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the option for how many rows are shown."""
    return click.option(
        "--limit",
        type=click.IntRange(1),
        default=default,
        show_default=True,
        help="Show this many.",
    )


@click.group()
def calls() -> None:
    """Look at the records of calls."""


@calls.command("list")
@limit_option(20)
@as_json_option
def list_calls(limit: int, as_json: bool) -> None:
    """List calls, newest first."""
    rows = query(store.calls.select().order_by(store.calls.c.registered_at.desc()).limit(limit))
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        row["call"] = row["call_id"][:8]
        row["at"] = row["registered_at"][:19]
    print_table(
        rows,
        ("call", "at", "company", "caller", "route", "end_reason", "next", "answered_by",
         "hung_up_by"),
    )  # fmt: skip


@calls.command("show")
@click.argument("call_id", default="last")
@as_json_option
def show_call(call_id: str, as_json: bool) -> None:
    """Show one call: how it ended, what was said, and where the time went.

    CALL_ID is a call's id, or the first characters of it, or "last".
    """
    found = store.calls.select().order_by(store.calls.c.registered_at.desc()).limit(2)
    if call_id != "last":
        found = found.where(store.calls.c.call_id.startswith(call_id, autoescape=True))
    rows = query(found)
    if not rows or (call_id != "last" and len(rows) > 1):
        click.echo(f"voiceagent: {'several calls start' if rows else 'no call starts'} with "
                   f"{call_id}; see voiceagent calls list", err=True)  # fmt: skip
        sys.exit(1)
    call = rows[0]
    same = store.turns.c.call_id == call["call_id"]
    said = query(store.turns.select().where(same).order_by(store.turns.c.index))
    booked = query(store.bookings.select().where(store.bookings.c.call_id == call["call_id"]))
    if as_json:
        click.echo(json.dumps({**call, "turns": said, "booking": booked[0] if booked else None}))
        return
    for name, value in call.items():
        click.echo(f"{name:14} {value if value is not None else '-'}")
    for turn in said:
        click.echo(turn_line(turn))
    for row in booked:
        click.echo(f"booking {row['reference']}: {row['service']}, {row['day']} {row['part']}")


def turn_line(turn: Mapping[str, Any]) -> str:
    """Return one turn as a line of a transcript."""
    at = f"{turn['at_ms'] / 1000:7.2f}s"
    text = turn["heard"] if turn["done"] else turn["text"]
    note = " [interrupted]" if turn["interrupted"] else ""
    latency = response_ms(turn["marks_ms"])
    took = f"  ({latency} ms: {waterfall(turn['marks_ms'])})" if latency is not None else ""
    return f"{at} {turn['speaker']:>6}: {text}{note}{took}"


def waterfall(marks_ms: Mapping[str, int]) -> str:
    """Return when each thing happened, in ms since the caller's last sound."""
    since = marks_ms["speech_end"]
    later = sorted((ms - since, name) for name, ms in marks_ms.items() if name != "speech_end")
    return ", ".join(f"{name} {ms}" for ms, name in later)


def response_ms(marks_ms: Mapping[str, int]) -> int | None:
    """Return the time from the caller's last sound to our first, inside the agent."""
    if "speech_end" not in marks_ms or "first_frame" not in marks_ms:
        return None
    return marks_ms["first_frame"] - marks_ms["speech_end"]


@calls.command("hang-up")
@click.argument("call_id")
def hang_up(call_id: str) -> None:
    """End a call that is on: CALL_ID is its id, or the first characters of it."""
    on = store.calls.c.hung_up_at.is_(None)
    same = store.calls.c.call_id.startswith(call_id, autoescape=True)
    rows = query(store.calls.select().where(on, same).limit(2))
    if len(rows) != 1:
        many = "several calls that are on start" if rows else "no call that is on starts"
        click.echo(f"voiceagent: {many} with {call_id}; see voiceagent calls list", err=True)
        sys.exit(1)
    socket = Path(os.environ.get("VOICEAGENT_RUN_DIR", "/run/voiceagent")) / "control.sock"
    try:
        asyncio.run(ask(socket, {"op": "hang_up", "call": rows[0]["call_id"]}, HANG_UP_DEADLINE_S))
    except ControlError as error:
        click.echo(f"voiceagent: the call goes on: {error}; see voiceagent doctor", err=True)
        sys.exit(1)
