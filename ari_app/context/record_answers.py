"""Calls and bookings over HTTP: read from the records, page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from aiohttp import web

from ari_app.context import answers as a
from ari_app.context import endpoint as e
from ari_app.context.company_answers import digits_of
from ari_app.context.endpoint import Endpoint, Refused, of_model, of_rows
from ari_app.diary.rows import exact_times, stamp, status_of
from ari_app.store import Store, bookings, calls, turns
from audiosocket_agent.company import Company


class RecordAnswers:
    """The operations on calls and bookings.

    Args:
        store: The database.
        region: Country whose way of writing numbers is understood.
        companies: Returns the companies by key, as they are now.
    """

    def __init__(
        self, store: Store, region: str, companies: Callable[[], Mapping[str, Company]]
    ) -> None:
        self._store = store
        self._region = region
        self._companies = companies

    def endpoints(self) -> list[Endpoint]:
        """Return them all."""
        return [
            Endpoint("GET", "/calls", "listCalls", "Calls, the newest first", self._calls,
                     a.CallPage, query=(e.PAGE_SIZE, e.BEFORE_CALL, e.COMPANY, e.DID, e.ROUTE,
                                        e.FROM, e.TO)),
            Endpoint("GET", "/calls/{call_id}", "getCall", "A call, with what was said",
                     self._call, a.Call, path_params=(e.CALL_ID,), problems=(404,)),
            Endpoint("GET", "/bookings", "listBookings", "Bookings, the newest first",
                     self._bookings, a.BookingPage,
                     query=(e.PAGE_SIZE, e.BEFORE_BOOKING, e.COMPANY, e.STATUS, e.DAY_FROM,
                            e.DAY_TO)),
            Endpoint("GET", "/bookings/{reference}", "getBooking", "A booking", self._booking,
                     a.BookingLine, path_params=(e.REFERENCE,), problems=(404,)),
        ]  # fmt: skip

    async def _calls(self, _: web.Request, params: Mapping[str, str]) -> web.Response:
        it = calls.c
        wanted = []
        if "did" in params:
            wanted.append(it.did == digits_of(params["did"], self._region))
        _refuse_backwards(params, "from", "to")
        if "from" in params:
            wanted.append(it.registered_at >= stamp(e.moment_of(params["from"])))
        if "to" in params:
            wanted.append(it.registered_at < stamp(e.moment_of(params["to"])))
        for name in ("company", "route"):
            if name in params:
                wanted.append(it[name] == params[name])
        rows, following = await self._page(calls, it.registered_at, it.call_id, wanted, params)
        lines = [a.CallLine(**of_rows(row, a.CallLine)) for row in rows]
        return of_model(a.CallPage(calls=lines, next=following))

    async def _call(self, _: web.Request, params: Mapping[str, str]) -> web.Response:
        call_id = params["call_id"]
        (row,) = await self._rows(calls.select().where(calls.c.call_id == call_id)) or (None,)
        if row is None:
            raise Refused(404, "there is no such call")
        said = await self._rows(
            turns.select().where(turns.c.call_id == call_id).order_by(turns.c.index)
        )
        booked = await self._rows(bookings.select().where(bookings.c.call_id == call_id))
        fields = of_rows(row, a.Call)
        fields["turns"] = [a.TurnLine(**of_rows(turn, a.TurnLine)) for turn in said]
        fields["booking"] = self._told(booked[0]) if booked else None
        return of_model(a.Call(**fields))

    async def _bookings(self, _: web.Request, params: Mapping[str, str]) -> web.Response:
        it = bookings.c
        wanted = []
        if "company" in params:
            wanted.append(it.company == params["company"])
        if "status" in params:
            wanted.append(sa.func.coalesce(it.status, "booked") == params["status"])
        _refuse_backwards(params, "day_from", "day_to")
        if "day_from" in params:
            wanted.append(it.day >= params["day_from"])
        if "day_to" in params:
            wanted.append(it.day <= params["day_to"])
        rows, following = await self._page(bookings, it.created_at, it.reference, wanted, params)
        return of_model(a.BookingPage(bookings=[self._told(row) for row in rows], next=following))

    async def _booking(self, _: web.Request, params: Mapping[str, str]) -> web.Response:
        same = bookings.c.reference == params["reference"]
        rows = await self._rows(bookings.select().where(same))
        if not rows:
            raise Refused(404, "there is no such booking")
        return of_model(self._told(rows[0]))

    async def _page(
        self,
        table: sa.Table,
        at: sa.Column[Any],
        key: sa.Column[Any],
        wanted: list[sa.ColumnElement[bool]],
        params: Mapping[str, str],
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Return a page of rows, the newest first, and where the next one begins."""
        most = e.page_size(params)
        if "before" in params:
            then, _, same = params["before"].partition("~")
            wanted = [*wanted, sa.or_(at < then, sa.and_(at == then, key < same))]
        query = table.select().where(*wanted).order_by(at.desc(), key.desc()).limit(most + 1)
        rows = await self._rows(query)
        shown = rows[:most]
        more = len(rows) > most
        return shown, f"{shown[-1][at.name]}~{shown[-1][key.name]}" if more else None

    async def _rows(self, query: sa.Select[Any]) -> list[dict[str, Any]]:
        async with self._store.transaction() as db:
            return [dict(row) for row in (await db.execute(query)).mappings()]

    def _told(self, row: Mapping[str, Any]) -> a.BookingLine:
        company = self._companies().get(row["company"])
        fields = of_rows(row, a.BookingLine)
        fields["details"] = fields["details"] or {}
        fields["status"] = status_of(row)
        fields |= exact_times(row, "UTC" if company is None else company.timezone)
        return a.BookingLine(**fields)


def _refuse_backwards(params: Mapping[str, str], begin: str, end: str) -> None:
    """Refuse a time that ends before it begins: nothing can ever be in it."""
    if begin in params and end in params:
        if e.moment_of(params[begin]) > e.moment_of(params[end]):
            given = f"{params[begin]!a} is later than {end}, {params[end]!a}"
            raise Refused(400, f"{begin}: {given}; allowed: the same or earlier", begin)
