"""The context API as an aiohttp application, mounted in the controller's HTTP server.

Whatever fails is told as problem+json, without what was sent, but for a parameter that cannot be.
Every answer carries an ETag.
"""

from __future__ import annotations

import hashlib
import html
import ipaddress
import json
import logging
import re
import traceback
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from aiohttp import web
from sqlalchemy.exc import DBAPIError

from ari_app.context.answers import Problem
from ari_app.context.company_answers import CompanyAnswers, CompanySource
from ari_app.context.endpoint import Endpoint, Param, Refused
from ari_app.context.openapi import describe
from ari_app.context.record_answers import RecordAnswers
from ari_app.context.tokens import has_tokens, scope_of
from ari_app.store import Store

log = logging.getLogger(__name__)

BASE = "/api/v1"
MOST_SHOWN = 48  # characters of a parameter that cannot be, in the answer that says so
_BEARER = re.compile(r"Bearer +(\S{1,200})", re.IGNORECASE)
_HEADERS = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


class _NothingSent(logging.Filter):
    """Takes out of the HTTP server's log what strangers sent: its errors quote it, tokens too."""

    def filter(self, record: logging.LogRecord) -> bool:
        kind = record.exc_info[0] if record.exc_info else None
        record.msg = "a request over HTTP could not be read: %s"
        record.args = (kind.__name__ if kind is not None else "of no known kind",)
        record.exc_info = record.exc_text = None
        return True


server_log = logging.getLogger("ari_app.context.server")
"""For the HTTP server that the API is mounted in."""
server_log.addFilter(_NothingSent())


class OpenDoorError(Exception):
    """The API would be reachable from elsewhere, and nobody has a token; the text is one line."""


class ContextApi:
    """The API.

    Args:
        source: What it answers from.
    """

    def __init__(self, source: CompanySource) -> None:
        self._store = source.store
        directory = source.directory
        records = RecordAnswers(source.store, source.region, lambda: directory.companies)
        self.endpoints = [*CompanyAnswers(source).endpoints(), *records.endpoints()]
        self.description = describe(self.endpoints, BASE)

    def mount(self, app: web.Application) -> None:
        """Add it to an application: the operations, their description, and the page of them."""
        api = web.Application(middlewares=[_answered])
        for it in self.endpoints:
            api.router.add_route(it.method, it.path, self._guarded(it))
        described = json.dumps(self.description)
        page = _page(self.endpoints)

        async def openapi(_: web.Request) -> web.Response:
            return web.Response(text=described, content_type="application/json")

        async def human(_: web.Request) -> web.Response:
            headers = {"Content-Security-Policy": _POLICY, **_HEADERS}
            return web.Response(text=page, content_type="text/html", headers=headers)

        api.router.add_get("/openapi.json", openapi)
        app.add_subapp(BASE, api)
        app.router.add_get("/api", human)

    def _guarded(self, it: Endpoint) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Return an operation's handler behind its checks."""

        async def handle(request: web.Request) -> web.Response:
            bearer = _BEARER.fullmatch(request.headers.get("Authorization", ""))
            scope = None if bearer is None else await scope_of(self._store, bearer[1])
            if scope is None:
                raise Refused(401, "send Authorization: Bearer with a token that is in force")
            if not scope.covers(it.scope):
                raise Refused(403, f"this needs a token that may {it.scope.value}")
            path = {name: _checked(_of(it.path_params, name), value)
                    for name, value in request.match_info.items()}  # fmt: skip
            return await it.handler(request, path | _query(request, it))

        return handle


def _query(request: web.Request, it: Endpoint) -> dict[str, str]:
    """Return the parameters after the question mark.

    Raises:
        Refused: If one is none of the operation's, stands there twice, or is not spelt right.
    """
    found: dict[str, str] = {}
    for name, value in request.query.items():
        param = _of(it.query, name)
        if param is None:
            known = ", ".join(one.name for one in it.query) or "none"
            raise Refused(400, f"{_shown(name)}: there is no such parameter here; known: {known}")
        if name in found:
            raise Refused(400, f"{name}: stands there twice; once is allowed", name)
        found[name] = _checked(param, value)
    return found


def _of(params: tuple[Param, ...], name: str) -> Param | None:
    return next((param for param in params if param.name == name), None)


def _checked(param: Param | None, value: str) -> str:
    assert param is not None  # a route's parameters are all described
    if not param.takes(value):
        told = f"{param.name}: {_shown(value)} cannot be it; allowed: {param.allowed}"
        example = "" if param.values else f", such as {param.example}"
        raise Refused(400, told + example, param.name)
    return value


def _shown(given: str) -> str:
    """Return what was sent as it may stand on a line of an answer: short, and no odd characters."""
    return ascii(given if len(given) <= MOST_SHOWN else given[:MOST_SHOWN] + "...")


@web.middleware
async def _answered(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Turn whatever happens into an answer."""
    try:
        answer = await handler(request)
    except Refused as refused:
        return _problem(refused.status, refused.detail, refused.field)
    except web.HTTPMethodNotAllowed as error:
        known = ", ".join(sorted(error.allowed_methods))
        return _problem(405, f"this address takes {known}", headers={"Allow": known})
    except web.HTTPException as error:
        return _problem(error.status, f"there is nothing here; see {BASE}/openapi.json")
    except DBAPIError as error:
        log.error("the database does not answer the API: %s", type(error.orig).__name__)
        return _problem(
            503, "the database does not answer; try again", headers={"Retry-After": "1"}
        )
    except (
        Exception
    ) as error:  # the last boundary: an error here must not end the controller's page
        # What the exception says may hold what was sent.
        at = traceback.extract_tb(error.__traceback__)[-1]
        log.error("an API request failed: %s, %s:%s", type(error).__name__, at.name, at.lineno)
        return _problem(500, "this is a fault of the program; see its log")
    if isinstance(answer, web.Response) and answer.status == 200:
        return _tagged(request, answer)
    return answer


def _tagged(request: web.Request, answer: web.Response) -> web.Response:
    """Add the ETag of an answer; it is left out where it is what the client has already."""
    tag = hashlib.sha256(answer.body if isinstance(answer.body, bytes) else b"").hexdigest()[:20]
    answer.headers.update(_HEADERS)
    answer.etag = tag
    if request.method != "GET":
        return answer
    known = request.if_none_match or ()
    if any(it.value in (tag, "*") for it in known):
        return web.Response(status=304, headers={**_HEADERS, "ETag": f'"{tag}"'})
    return answer


def _problem(
    status: int,
    detail: str,
    field: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    title = HTTPStatus(status).phrase
    problem = Problem(title=title, status=status, detail=detail, field=field)
    more = dict(_HEADERS) | dict(headers or {})
    if status == 401:
        more["WWW-Authenticate"] = 'Bearer realm="voiceagent"'
    return web.Response(
        text=problem.model_dump_json(exclude_none=True),
        status=status,
        headers=more,
        content_type="application/problem+json",
    )


async def refuse_open_door(store: Store, host: str) -> None:
    """Let pass an address only this machine reaches, or an API whose askers have tokens.

    Raises:
        OpenDoorError: If it is neither.
    """
    try:
        is_ours = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_ours = False
    if not is_ours and not await has_tokens(store):
        raise OpenDoorError(
            f"VOICEAGENT_HTTP_HOST={host} lets others reach the context API, and there is no token:"
            " make one first with voiceagent tokens add, or listen on 127.0.0.1"
        )


def _page(endpoints: list[Endpoint]) -> str:
    rows = "".join(
        f"<tr><td>{it.method}</td><td><code>{html.escape(BASE + it.path)}</code></td>"
        f"<td>{html.escape(it.summary)}</td>"
        f"<td>{', '.join(html.escape(param.name) for param in it.query)}</td>"
        f"<td>{it.scope.value}</td></tr>"
        for it in endpoints
    )
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>voiceagent context API</title>"
        "<style>body{font:16px/1.5 sans-serif;margin:2em auto;max-width:60em}table{border-collapse:"
        "collapse}td,th{text-align:left;padding:.3em .8em;border-bottom:1px solid #ccc}</style>"
        "<h1>voiceagent context API</h1><p>Each request carries <code>Authorization: Bearer TOKEN"
        "</code>; tokens are made by <code>voiceagent tokens add NAME</code>. The description for "
        f"programs is <a href='{BASE}/openapi.json'>{BASE}/openapi.json</a> (OpenAPI 3.1).</p>"
        "<table><tr><th><th>address<th>what<th>parameters<th>token"
        f"{rows}</table></html>"
    )
