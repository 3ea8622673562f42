"""The companies calls are answered for: can they be read, and are they the admin's own?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml
from sqlalchemy.exc import DBAPIError

from ari_app import store
from ari_app.company_store import document_of, fields_of
from ari_app.directory import read_files
from ari_app.settings import SHIPPED_COMPANIES, Settings
from audiosocket_agent.errors import CompanyError
from installer.doctor.findings import Finding, NotLookedAtError, green, red, yellow
from installer.doctor.scene import Scene
from installer.system.package_data import text_of

_RESTART = "sudo systemctl restart voiceagent"
_TEMPLATE = "company.yaml"


async def companies(scene: Scene) -> list[Finding]:
    """Read the companies, and compare what they offer with the example they began as."""
    scene.need_own_agent()
    settings = scene.settings
    return await asyncio.to_thread(_judged, settings)


def _judged(settings: Settings) -> list[Finding]:
    try:
        files, stored = _files(settings), _stored(settings.database)
    except CompanyError as error:
        seen = f"{error}: the agent does not start with it"
        return [red(seen, f"mend that, then {_RESTART}")]
    except PermissionError:
        raise NotLookedAtError("they are the agent's to read; run this as root") from None
    example = _offers(_example())
    sample = {one.company.key for one in read_files([SHIPPED_COMPANIES], settings.region)}
    named = {**stored, **{key: fields for key, (_, fields) in files.items()}}
    own = {key: fields for key, fields in named.items() if key in files or key not in sample}
    findings = []
    for key, fields in own.items():
        if _offers(fields["services"]) == example:
            seen = f"company {key} offers callers the example's services at the example's prices"
            where = f"edit {files[key][0]}" if key in files else f"import {key} with its own"
            findings.append(yellow(seen, f"{where}: services, prices and areas, then {_RESTART}"))
    if own or not named:
        count = f"{len(own)} compan{'y' if len(own) == 1 else 'ies'}"
        return findings or [green(f"{count} with services of their own" if own else "none yet")]
    return [green("only the sample that comes with the program")]


def _files(settings: Settings) -> dict[str, tuple[Path, Mapping[str, Any]]]:
    """Return the companies of the folder that is set, by key: their file and its fields."""
    if "companies" not in settings.model_fields_set:
        return {}
    found = read_files([settings.companies], settings.region)
    return {one.company.key: (one.path, fields_of(document_of(one.company))) for one in found}


def _stored(path: Path) -> dict[str, Mapping[str, Any]]:
    """Return the fields of the companies in the database, by key."""
    table = store.companies
    query = sa.select(table.c.key, table.c.document).where(table.c.document.is_not(None))
    # One that cannot be read is told of by its own check.
    with suppress(FileNotFoundError, DBAPIError), store.reading(path) as db:
        return {row.key: json.loads(row.document) for row in db.execute(query)}
    return {}


def _example() -> list[Mapping[str, Any]]:
    """Return the services an installation's company begins with."""
    text = text_of(_TEMPLATE)
    services = yaml.safe_load(text[text.index("\nservices:") :])["services"]
    assert isinstance(services, list)
    return services


def _offers(services: Iterable[Mapping[str, Any]]) -> frozenset[tuple[str, Decimal]]:
    """Return what is offered, and at what price."""
    return frozenset((one["name"], Decimal(str(one["price_pounds"]))) for one in services)
