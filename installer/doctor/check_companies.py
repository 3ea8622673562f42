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
from ari_app.context.service import Service
from ari_app.context.tables import company_copies
from ari_app.directory import read_files
from ari_app.settings import SHIPPED_COMPANIES, Settings
from audiosocket_agent.errors import CompanyError, KeyRefused, ProviderError
from installer.doctor.findings import Finding, NotLookedAtError, green, red, yellow
from installer.doctor.scene import Scene
from installer.system.package_data import text_of

_RESTART = "sudo systemctl restart voiceagent"
_TEMPLATE = "company.yaml"
_NOBODYS = "441632960000"  # kept free for films: a service need not know it to answer


async def companies(scene: Scene) -> list[Finding]:
    """Read the companies, and compare what they offer with the example they began as."""
    scene.need_own_agent()
    settings = scene.settings
    if settings.context_url:
        return [await _service(settings)]
    return await asyncio.to_thread(_judged, settings)


async def _service(settings: Settings) -> Finding:
    """Ask the service that keeps the companies instead of the database."""
    url = settings.context_url
    service = Service(url, settings.context_token.get_secret_value())
    try:
        status, _, _ = await service.fetch(f"dids/{_NOBODYS}", {})
        if status in (200, 404, 410):
            return green(f"{url} answers, and takes the token" if _token(settings) else
                         f"{url} answers")  # fmt: skip
        trouble = f"answers with status {status} when asked whose a number is"
        advice = "see that VOICEAGENT_CONTEXT_URL ends where its /dids begins"
    except KeyRefused:
        trouble = "does not take the token" if _token(settings) else "wants a token"
        advice = "set VOICEAGENT_CONTEXT_TOKEN to one of its tokens"
    except ProviderError as error:
        trouble = f"does not answer as it should ({error})"
        advice = "see that it runs, and that VOICEAGENT_CONTEXT_URL is its address"
    finally:
        await service.close()
    known = await asyncio.to_thread(_known, settings.database, url)
    left = f"calls go on with the companies it told before ({known})"
    if known:
        return yellow(f"{url} {trouble}; {left}", f"{advice}; then {_RESTART}")
    seen = f"{url} {trouble}, and none of its companies is known: the agent answers no call"
    return red(seen, f"{advice}; then {_RESTART}")


def _token(settings: Settings) -> bool:
    return bool(settings.context_token.get_secret_value())


def _known(path: Path, url: str) -> int:
    """Return how many companies of a service are kept."""
    table = company_copies.c
    query = sa.select(sa.func.count()).where(table.source == url, table.document.is_not(None))
    with suppress(FileNotFoundError, PermissionError, DBAPIError), store.reading(path) as db:
        return int(db.execute(query).scalar_one())
    return 0


def _judged(settings: Settings) -> list[Finding]:
    try:
        files, stored = _files(settings), _stored(settings.database)
    except CompanyError as error:
        seen = f"{error.in_one_line}: the agent does not start with it"
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
