"""Which company a typed call is for: of a file, of the database, or of those that come along."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ari_app import store
from ari_app.company_store import company_of
from ari_app.numbers import e164
from ari_app.simulate.scenario_file import COMPANIES
from audiosocket_agent.company import Company, did_digits, load_company
from audiosocket_agent.errors import CompanyError

SAMPLE = "harbour"


class NoCompany(Exception):
    """The company that was asked for is not there; the text is one line."""


def find_company(
    key: str, file: Path | None, did: str, database: Path, used: sa.Select[Any], region: str
) -> Company:
    """Return a company: the one in the file, or by key or number, or the only one there is.

    Args:
        key: Its key, or "".
        file: A company file, or None.
        did: One of its numbers, however written, or "".
        database: Looked into first; need not exist.
        used: The query for the companies that calls use.
        region: Country whose way of writing numbers is meant, ISO 3166.

    Raises:
        NoCompany: If there is none like that.
    """
    if file is not None:
        try:
            return load_company(file)
        except CompanyError as error:
            raise NoCompany(error.in_one_line) from None
    stored = _stored(database, used)
    known = stored or _shipped()
    if key:
        known = _shipped() | stored
        if key not in known:
            names = ", ".join(sorted(known))
            raise NoCompany(f"no company is called {key}; there are {names}")
        return known[key]
    if did:
        digits = e164(did, region) or did_digits(did)
        for company in (_shipped() | stored).values():
            if digits in company.dids:
                return company
        raise NoCompany(f"no company has the number {digits}; see voiceagent companies list")
    if len(known) == 1:
        return next(iter(known.values()))
    if not stored and SAMPLE in known:
        return known[SAMPLE]
    raise NoCompany(f"which company? --company KEY, one of {', '.join(sorted(known))}")


def _stored(database: Path, used: sa.Select[Any]) -> dict[str, Company]:
    key, document, _ = used.selected_columns
    query = used.where(document.is_not(None)).order_by(key)
    try:
        with store.reading(database) as db:
            rows: list[Mapping[str, str]] = [dict(row._mapping) for row in db.execute(query)]
    except FileNotFoundError:
        return {}
    except DBAPIError as error:
        raise NoCompany(f"cannot read {database}: {error.orig}") from None
    found = {}
    for row in rows:
        try:
            found[row["key"]] = company_of(row["document"])
        except (ValueError, json.JSONDecodeError) as error:
            raise NoCompany(f"company {row['key']}: {error}; import it again") from None
    return found


def _shipped() -> dict[str, Company]:
    companies = (load_company(path) for path in sorted(COMPANIES.rglob("*.yaml")))
    return {company.key: company for company in companies}
