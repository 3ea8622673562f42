"""A small HTTP service on this machine that stands in for a company's own system."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from ari_app.simulate.scenario import Answers
from audiosocket_agent.company import Company


@asynccontextmanager
async def with_own_system(
    company: Company, declared: Company, answers: Mapping[str, Answers]
) -> AsyncIterator[Company]:
    """Give a company those of its tools that a scenario answers; each keeps all but its host.

    Args:
        company: As it may be tried: without tools.
        declared: The same with all its tools.
        answers: What each tool is answered. A request with another method or path gets 404.
    """
    if not answers:
        yield company
        return
    app = web.Application()
    for name, answer in answers.items():
        app.router.add_route(
            declared.tools[name].method.value, f"/{name}/{{rest:.*}}", _answering(answer)
        )
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        tools = {}
        for name in answers:
            parts = urlsplit(declared.tools[name].url)
            query = f"?{parts.query}" if parts.query else ""
            url = f"http://127.0.0.1:{port}/{name}{parts.path or '/'}{query}"
            # It lets everybody in: a secret is not needed, and stays where it is.
            tools[name] = declared.tools[name].model_copy(update={"url": url, "auth": None})
        yield company.model_copy(update={"tools": tools})
    finally:
        await runner.cleanup()


def _answering(answer: Answers) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        return web.json_response(answer.body, status=answer.status)

    return handle
