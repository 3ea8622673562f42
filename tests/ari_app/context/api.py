"""The context API on a real port, over a real database, as tests ask it."""

from contextlib import asynccontextmanager

from aiohttp import ClientSession, web

from ari_app.context.app import ContextApi, server_log
from ari_app.context.company_answers import CompanySource
from ari_app.context.tokens import Scope, add_token
from ari_app.directory import Directory
from tests.ari_app.fresh import open_fresh


class Api:
    """A running API.

    Attributes:
        url: Of its operations.
        root: Of the server.
        store, directory: What it answers from.
        api: It.
        read, write: Tokens.
    """

    def __init__(self, store, directory, api, port, read, write):
        self.store, self.directory, self.api = store, directory, api
        self.root = f"http://127.0.0.1:{port}"
        self.url = f"{self.root}/api/v1"
        self.read, self.write = read, write
        self.session = ClientSession()

    async def ask(self, method, path, token=None, headers=(), **more):
        """Return status, headers and body."""
        headers = {"Authorization": f"Bearer {token or self.write}", **dict(headers)}
        async with self.session.request(method, self.url + path, headers=headers, **more) as answer:
            body = await answer.read()
            kind = answer.content_type
            return (
                answer.status,
                answer.headers,
                (await answer.json(content_type=None) if kind.endswith("json") and body else body),
            )

    async def get(self, path, **more):
        """Return the body of an answer that must be well."""
        status, _, body = await self.ask("GET", path, **more)
        assert status == 200, body
        return body


@asynccontextmanager
async def running(path, elsewhere=None):
    store = await open_fresh(path)
    directory = Directory(store, "GB", elsewhere)
    await directory.refresh()
    source = CompanySource(store, directory, "GB", ["offline"], elsewhere is not None)
    app = web.Application()
    api = ContextApi(source)
    api.mount(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, logger=server_log)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    read = (await add_token(store, "reader", Scope.READ, 1)).token
    write = (await add_token(store, "writer", Scope.WRITE, None)).token
    it = Api(store, directory, api, runner.addresses[0][1], read, write)
    try:
        yield it
    finally:
        await it.session.close()
        await runner.cleanup()
        await store.close()
