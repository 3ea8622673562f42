"""``voiceagent companies``: the companies in the database."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
import sqlalchemy as sa
import yaml
from sqlalchemy.exc import DBAPIError

from ari_app import store
from ari_app.cli_records import as_json_option, database_path, print_table
from ari_app.context.tables import company_copies
from ari_app.schema import SchemaError

T = TypeVar("T")


@click.group()
def companies() -> None:
    """Import and look at the companies calls are answered for.

    A running agent takes a change within two seconds; calls in progress keep what they began with.
    With VOICEAGENT_CONTEXT_URL calls use the companies of that service: list, show and export tell
    of those, as it said last; import and remove change the database's own, which then count for
    nothing.
    """


@companies.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only tell what would happen.")
@as_json_option
def import_(paths: tuple[Path, ...], dry_run: bool, as_json: bool) -> None:
    """Put companies into the database, from YAML files or folders of them.

    All of them, or none if one is wrong; all that is wrong is told then, one line each. A company
    that is there already is replaced.
    """
    from ari_app.company_store import Imported, import_companies
    from ari_app.directory import read_files
    from audiosocket_agent.errors import CompanyError

    try:
        files = read_files(list(paths), region())

        async def put(db: store.Store) -> list[Imported]:
            return await import_companies(db, files, dry_run=dry_run)

        done = writing(put)
        _tell_unused()
    except CompanyError as error:
        for wrong in error.all:
            click.echo(wrong, err=True)
        sys.exit(1)
    if as_json:
        rows = [{"key": it.key, "file": str(it.path), "change": it.change.value} for it in done]
        click.echo(json.dumps({"dry_run": dry_run, "companies": rows}))
        return
    for it in done:
        click.echo(f"{it.key}: {it.change.value}{' (dry run)' if dry_run else ''}")


@companies.command("list")
@as_json_option
def list_companies(as_json: bool) -> None:
    """List the companies, with their numbers and whether the agent answers."""
    rows = [
        {
            "key": row.key,
            "name": fields["name"],
            "dids": fields["dids"],
            "ai": fields.get("ai", True),
            "queue": fields.get("queue"),
            "updated_at": row.updated_at,
        }
        for row, fields in _stored()
    ]
    _tell_whose()
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        row |= {"dids": " ".join(row["dids"]), "ai": "on" if row["ai"] else "off"}
    print_table(rows, ("key", "name", "dids", "ai", "queue", "updated_at"))


@companies.command("show")
@click.argument("key")
@as_json_option
def show(key: str, as_json: bool) -> None:
    """Print a company as a file that can be imported again."""
    for row, fields in _stored():
        if row.key == key:
            _tell_whose()
            click.echo(json.dumps(fields) if as_json else _as_yaml(fields), nl=as_json)
            return
    _unknown(key)


@companies.command("export")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write a file for each company there, instead of printing it.",
)
@as_json_option
def export(keys: tuple[str, ...], folder: Path | None, as_json: bool) -> None:
    """Write companies, all or those named, as files that can be imported again.

    Without --dir they are printed, one after the other. Files of companies that are not in the
    database are left as they are.
    """
    there = {row.key: fields for row, fields in _stored()}
    for key in keys:
        if key not in there:
            _unknown(key)
    _tell_whose()
    chosen = {key: there[key] for key in dict.fromkeys(keys)} if keys else there
    if folder is not None:
        chosen_files = _write_files(folder, chosen)
        if as_json:
            click.echo(json.dumps([{"key": key, "file": str(it)} for key, it in chosen_files]))
        for key, it in [] if as_json else chosen_files:
            click.echo(f"{key}: {it}")
    elif as_json:
        click.echo(json.dumps(list(chosen.values())))
    else:
        click.echo("---\n".join(_as_yaml(fields) for fields in chosen.values()), nl=False)


def _write_files(folder: Path, chosen: dict[str, dict[str, Any]]) -> list[tuple[str, Path]]:
    """Write company files; each is there as a whole or as it was before.

    Raises:
        PermissionError: If this account may not.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for key, fields in chosen.items():
            file, new = folder / f"{key}.yaml", folder / f".{key}.yaml.new"
            new.write_text(_as_yaml(fields), encoding="utf-8")
            new.replace(file)
            written.append((key, file))
    except PermissionError:
        raise
    except OSError as error:
        _fail(f"cannot write into {folder}: {error.strerror}")
    return written


@companies.command("remove")
@click.argument("key")
@as_json_option
def remove(key: str, as_json: bool) -> None:
    """Take a company out of the database; its records and bookings stay."""
    from ari_app.company_store import remove_company

    if not writing(lambda db: remove_company(db, key)):
        _fail(f"no company is called {key}; see voiceagent companies list")
    _tell_unused()
    click.echo(json.dumps({"removed": key}) if as_json else f"{key}: removed")


def region() -> str:
    """Return the country whose way of writing numbers is meant, without the other settings."""
    return os.environ.get("VOICEAGENT_REGION") or "GB"


def _service() -> str:
    """Return the address of the service whose companies calls use; "": the database's own."""
    return os.environ.get("VOICEAGENT_CONTEXT_URL", "").rstrip("/")


def _tell_whose() -> None:
    if url := _service():
        click.echo(f"voiceagent: the companies of {url}, as it said last", err=True)


def _tell_unused() -> None:
    if url := _service():
        click.echo(f"voiceagent: calls use the companies of {url}, not these", err=True)


def used() -> sa.Select[Any]:
    """Return the query for the companies calls use: the database's own, or a service's copies."""
    url, own, copies = _service(), store.companies.c, company_copies.c
    if not url:
        return sa.select(own.key, own.document, own.updated_at)
    return sa.select(copies.key, copies.document, copies.updated_at).where(copies.source == url)


def _as_yaml(fields: dict[str, Any]) -> str:
    return yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=100)


def _stored() -> list[tuple[sa.Row[Any], dict[str, Any]]]:
    """Return the rows of all companies, each with its fields."""
    found = used()
    key, document, _ = found.selected_columns
    query = found.where(document.is_not(None)).order_by(key)
    try:
        with store.reading(database_path()) as db:
            return [(row, json.loads(row.document)) for row in db.execute(query)]
    except FileNotFoundError as error:
        _fail(
            f"there is no database at {error.filename}: nothing was imported yet, or "
            "VOICEAGENT_DATA_DIR names another folder"
        )
    except DBAPIError as error:
        _fail(f"cannot read {database_path()}: {error.orig}")


def writing(change: Callable[[store.Store], Awaitable[T]]) -> T:
    """Change the database; ends the command with one clear line if that is not possible."""
    path = database_path()
    _refuse_unwritable(path)

    async def run() -> T:
        is_new = not path.exists()
        db = await store.open_store(path)
        try:
            if is_new:
                _give_to_its_folder(path)
            return await change(db)
        finally:
            await db.close()

    before = os.umask(0o077)  # records hold callers' numbers and words: nobody else's to read
    try:
        return asyncio.run(run())
    except SchemaError as error:
        _fail(str(error))
    except DBAPIError as error:
        _fail(f"cannot write {path}: {error.orig}; see VOICEAGENT_DATA_DIR")
    finally:
        os.umask(before)


def _refuse_unwritable(path: Path) -> None:
    """Let pass what this account may change, or make.

    Raises:
        PermissionError: If it may not.
    """
    for place in (path.parent, path):
        with suppress(FileNotFoundError):
            place.stat()
            if not os.access(place, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))


def _give_to_its_folder(path: Path) -> None:
    """Let a database that root made belong to the agent, whose folder it is in."""
    owner = path.parent.stat()
    if os.geteuid() == 0:
        for file in path.parent.glob(f"{path.name}*"):
            os.chown(file, owner.st_uid, owner.st_gid)


def _unknown(key: str) -> NoReturn:
    where = f" at {_service()}" if _service() else ""
    _fail(f"no company is called {key}{where}; see voiceagent companies list")


def _fail(line: str) -> NoReturn:
    click.echo(f"voiceagent: {line}", err=True)
    sys.exit(1)
