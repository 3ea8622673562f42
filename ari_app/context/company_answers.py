"""Companies over HTTP: read from the directory, written as an import writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from ari_app.company_store import (
    Change,
    CompanyFile,
    Place,
    Stored,
    import_companies,
    remove_company,
)
from ari_app.context import answers as a
from ari_app.context import endpoint as e
from ari_app.context.body import read_object
from ari_app.context.endpoint import Endpoint, Refused, of_model
from ari_app.context.tokens import Scope
from ari_app.context.wire import read_company
from ari_app.directory import Directory
from ari_app.numbers import e164
from ari_app.store import Store
from audiosocket_agent.company import Company
from audiosocket_agent.company_calls import is_open
from audiosocket_agent.errors import CompanyError

_REQUEST = Path("the request")  # where a company file's name would stand


@dataclass(frozen=True, slots=True)
class CompanySource:
    """What is answered from.

    Attributes:
        store: The database.
        directory: All companies.
        region: Country whose way of writing numbers is understood.
        engines: Voices, the first that works speaks.
        is_elsewhere: Whether another service keeps the companies, so that none is changed here.
    """

    store: Store
    directory: Directory
    region: str
    engines: Sequence[str]
    is_elsewhere: bool


class CompanyAnswers:
    """The operations on companies.

    Args:
        source: What is answered from.
    """

    def __init__(self, source: CompanySource) -> None:
        self._store = source.store
        self._directory = source.directory
        self._source = source

    def endpoints(self) -> list[Endpoint]:
        """Return them all."""
        key = (e.KEY,)
        return [
            Endpoint("GET", "/companies", "listCompanies", "All companies, by key",
                     self._list, a.CompanyPage, query=(e.PAGE_SIZE, e.AFTER)),
            Endpoint("GET", "/changes", "listChanges", "What changed, for a cache that follows",
                     self._changes, a.ChangePage, query=(e.PAGE_SIZE, e.SINCE)),
            Endpoint("GET", "/dids/{number}", "findCompany", "Whose number that is: what an agent "
                     "asks", self._of_number, Company, path_params=(e.NUMBER,), problems=(404,)),
            Endpoint("GET", "/companies/{key}", "getCompany", "A company, as a file that can be "
                     "imported", self._get, Company, path_params=key, problems=(404,)),
            Endpoint("PUT", "/companies/{key}", "putCompany", "Add a company, or replace it, as "
                     "an import does", self._put, a.Put, Scope.WRITE, path_params=key,
                     body=Company, problems=(400, 409, 413, 415, 422)),
            Endpoint("DELETE", "/companies/{key}", "deleteCompany", "Take a company out; its "
                     "records stay", self._delete, None, Scope.WRITE, 204, path_params=key,
                     problems=(404, 409)),
            *(
                Endpoint("GET", f"/companies/{{key}}/{what}", f"get{what.capitalize()}", summary,
                         handler, answer, path_params=key, problems=(404,))
                for what, summary, handler, answer in (
                    ("services", "What it can be booked for", self._services, a.Services),
                    ("prices", "Its price list", self._prices, a.Prices),
                    ("areas", "Where it works", self._areas, a.Areas),
                    ("hours", "When it is open", self._hours, a.Hours),
                    ("voices", "How it speaks", self._voices, a.Voices),
                )
            ),
        ]  # fmt: skip

    def _company(self, params: Mapping[str, str]) -> Company:
        company = self._directory.by_key(params["key"])
        if company is None:
            raise Refused(404, "there is no such company")
        return company

    def _document(self, key: str) -> web.Response:
        stored = self._directory.stored[key]
        return web.Response(text=stored.document, content_type="application/json")

    async def _list(self, _: web.Request, params: Mapping[str, str]) -> web.Response:
        most = e.page_size(params)
        keys = sorted(key for key in self._directory.companies if key > params.get("after", ""))
        shown = keys[:most]
        lines = [self._line(key) for key in shown]
        following = shown[-1] if len(keys) > most else None
        return of_model(a.CompanyPage(companies=lines, next=following))

    def _line(self, key: str) -> a.CompanyLine:
        it = self._directory.companies[key]
        return a.CompanyLine(
            key=key,
            name=it.name,
            dids=list(it.dids),
            ai=it.ai,
            queue=it.queue,
            revision=self._directory.stored[key].revision,
        )

    async def _changes(self, _: web.Request, params: Mapping[str, str]) -> web.Response:
        most = e.page_size(params)
        latest = await self._directory.rows.latest()
        revision, key = params.get("since", "0.").split(".")
        place: Place = (int(revision), key)
        reset = place[0] > latest
        if reset:
            place = (0, "")
        rows = await self._directory.rows.after(place, most + 1)
        shown = rows[:most]
        if shown:
            place = (shown[-1].revision, shown[-1].key)
        page = a.ChangePage(
            companies=[_changed(row) for row in shown],
            cursor=f"{place[0]}.{place[1]}",
            more=len(rows) > most,
            reset=reset,
        )
        return of_model(page)

    async def _of_number(self, _: web.Request, params: Mapping[str, str]) -> web.Response:
        company = await self._directory.lookup(params["number"])
        if company is None:
            raise Refused(404, "this number belongs to no company")
        return self._document(company.key)

    async def _get(self, _: web.Request, params: Mapping[str, str]) -> web.Response:
        return self._document(self._company(params).key)

    async def _put(self, request: web.Request, params: Mapping[str, str]) -> web.Response:
        self._refuse_elsewhere()
        fields = await read_object(request)
        if fields.setdefault("key", params["key"]) != params["key"]:
            raise Refused(422, "key: it is not the one in the address", "key")
        try:
            company, _document = read_company(fields, self._source.region)
            (done,) = await import_companies(self._store, [CompanyFile(_REQUEST, company)])
        except CompanyError as error:
            raise _wrong(error.what) from None
        except ValueError as error:
            raise _wrong(str(error)) from None
        await self._directory.refresh()
        status = 201 if done.change is Change.NEW else 200
        return of_model(a.Put(key=company.key, change=done.change.value), status)

    async def _delete(self, _: web.Request, params: Mapping[str, str]) -> web.Response:
        self._refuse_elsewhere()
        if not await remove_company(self._store, params["key"]):
            raise Refused(404, "there is no such company")
        await self._directory.refresh()
        return web.Response(status=204)

    def _refuse_elsewhere(self) -> None:
        if self._source.is_elsewhere:
            raise Refused(409, "VOICEAGENT_CONTEXT_URL keeps the companies; change them there")

    async def _services(self, _: web.Request, params: Mapping[str, str]) -> web.Response:
        it = self._company(params)
        lines = [
            a.ServiceLine(key=one.key, name=one.name, phrases=list(one.phrases))
            for one in it.services
        ]
        return of_model(a.Services(company=it.key, services=lines))

    async def _prices(self, _: web.Request, params: Mapping[str, str]) -> web.Response:
        it = self._company(params)
        prices = [
            a.Price(
                service=one.key,
                name=one.name,
                price_pounds=None if one.price_pounds is None else str(one.price_pounds),
                minutes=one.minutes,
            )
            for one in it.services
        ]
        return of_model(a.Prices(company=it.key, currency="GBP", prices=prices))

    async def _areas(self, _: web.Request, params: Mapping[str, str]) -> web.Response:
        it = self._company(params)
        lines = [
            a.AreaLine(
                key=one.key, name=one.name, outward=list(one.outward), phrases=list(one.phrases)
            )
            for one in it.areas
        ]
        return of_model(a.Areas(company=it.key, areas=lines))

    async def _hours(self, _: web.Request, params: Mapping[str, str]) -> web.Response:
        it = self._company(params)
        there = datetime.now(UTC).astimezone(ZoneInfo(it.timezone))
        hours = None if it.hours is None else {day: list(spans) for day, spans in it.hours.items()}
        return of_model(
            a.Hours(
                company=it.key,
                timezone=it.timezone,
                hours=hours,
                holidays=sorted(day.isoformat() for day in it.holidays),
                closed_to=it.closed.to.value,
                open_now=is_open(it.hours, it.holidays, there.date(), there.time()),
            )
        )

    async def _voices(self, _: web.Request, params: Mapping[str, str]) -> web.Response:
        it = self._company(params)
        engines = list(self._source.engines)
        found = a.Voices(company=it.key, greeting=it.greeting, engines=engines, voice=it.voice)
        return of_model(found)


def digits_of(written: str, region: str) -> str:
    """Return the digits of a number that is asked for.

    Raises:
        Refused: If it is none.
    """
    digits = e164(written, region)
    if digits is None:
        allowed = "a telephone number in any written form, such as +441632960001"
        raise Refused(400, f"did: {ascii(written)} cannot be it; allowed: {allowed}", "did")
    return digits


def _changed(row: Stored) -> a.ChangedCompany:
    document: dict[str, Any] | None = None if row.document is None else json.loads(row.document)
    return a.ChangedCompany(key=row.key, revision=row.revision, document=document)


def _wrong(what: str) -> Refused:
    """Return a refusal that names the field: the first thing of a complaint."""
    field, colon, _ = what.partition(": ")
    return Refused(422, what, field if colon else None)
