"""``voiceagent tokens``: who may ask the context API."""

from __future__ import annotations

import json
import sys

import click

from ari_app.cli_companies import writing
from ari_app.cli_records import as_json_option, print_table, query
from ari_app.context.tables import api_tokens
from ari_app.context.tokens import Scope, add_token, is_taken, revoke_token
from ari_app.store import utc_now

LONGEST_DAYS = 3650


@click.group()
def tokens() -> None:
    """Make, list and revoke tokens of the context API; see docs/context-api.md."""


@tokens.command("add")
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice([scope.value for scope in Scope]),
    default=Scope.READ.value,
    show_default=True,
    help="What it may; write may read, too.",
)
@click.option(
    "--days",
    type=click.IntRange(0, LONGEST_DAYS),
    default=365,
    show_default=True,
    help="How long it is taken; 0: for ever.",
)
@as_json_option
def add(name: str, scope: str, days: int, as_json: bool) -> None:
    """Make a token for NAME, who has it, and print it: this once, it is not kept."""
    if not 1 <= len(name) <= 64 or not name.isprintable():
        click.echo("voiceagent: a token's name has 1-64 characters, in one line", err=True)
        sys.exit(1)
    made = writing(lambda db: add_token(db, name, Scope(scope), days or None))
    if as_json:
        told = {"id": made.id, "token": made.token, "scope": scope, "expires_at": made.expires_at}
        click.echo(json.dumps(told))
        return
    click.echo(made.token)
    until = f"until {made.expires_at[:10]}" if made.expires_at else "for ever"
    click.echo(
        f"voiceagent: token {made.id} may {scope}, {until}; keep it now, it cannot be shown again",
        err=True,
    )


@tokens.command("list")
@as_json_option
def list_tokens(as_json: bool) -> None:
    """List the tokens; what they are is not known to anybody but their owners."""
    rows = query(api_tokens.select().order_by(api_tokens.c.created_at))
    now = utc_now()
    for row in rows:
        del row["digest"]
        row["taken"] = is_taken(row, now)
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        row["taken"] = "yes" if row["taken"] else "revoked" if row["revoked_at"] else "expired"
    print_table(rows, ("id", "name", "scope", "taken", "created_at", "expires_at"))


@tokens.command("revoke")
@click.argument("token_id")
def revoke(token_id: str) -> None:
    """Take a token back, at once."""
    if not writing(lambda db: revoke_token(db, token_id)):
        click.echo(
            f"voiceagent: no token {token_id} is in force; see voiceagent tokens list", err=True
        )
        sys.exit(1)
    click.echo(f"{token_id}: revoked")
