"""The smallest service that keeps companies: real HTTP, and every way to misbehave."""

import asyncio
import json

import yaml
from aiohttp import web

from ari_app.settings import SHIPPED_COMPANIES

SAMPLE = yaml.safe_load((SHIPPED_COMPANIES / "harbour.yaml").read_text())


def company(key, *dids, **changes):
    return {**SAMPLE, "key": key, "dids": list(dids), **changes}


class Crm:
    """Tells whose number one is; may be slow, broken, or not there at all.

    Attributes:
        companies: Its documents by key.
        asked: The numbers it was asked about.
        delay_s: How long it takes.
        status: What it answers instead of the truth.
        body: The same.
        token: What it wants.
    """

    def __init__(self, *companies):
        self.companies = {it["key"]: it for it in companies}
        self.asked = []
        self.not_modified = 0
        self.delay_s = 0.0
        self.status = self.body = None
        self.token = ""
        self._runner = None
        self._port = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}/voice"

    async def __aenter__(self):
        await self.start()
        return self

    async def __aexit__(self, *_):
        await self.stop()

    async def start(self):
        """Listen; after a stop where it did before."""
        app = web.Application()
        app.router.add_get("/voice/dids/{number}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self):
        await self._runner.cleanup()

    async def _answer(self, request):
        number = request.match_info["number"]
        self.asked.append(number)
        await asyncio.sleep(self.delay_s)
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.json_response({}, status=401)
        if self.status or self.body is not None:
            return web.Response(status=self.status or 200, body=self.body or b"")
        for document in self.companies.values():
            if number in [did.lstrip("+").replace(" ", "") for did in document["dids"]]:
                text = json.dumps(document)
                tag = f'"{hash(text)}"'
                if request.headers.get("If-None-Match") == tag:
                    self.not_modified += 1
                    return web.Response(status=304, headers={"ETag": tag})
                return web.Response(text=text, content_type="application/json",
                                    headers={"ETag": tag})  # fmt: skip
        return web.json_response({}, status=404)
