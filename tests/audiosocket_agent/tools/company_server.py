"""A company's HTTP interface on loopback, which does what a test tells it to."""

import asyncio
import json
from contextlib import asynccontextmanager

from aiohttp import web


class CompanyServer:
    """Answers each request by the next of `answers`, and the last one for ever.

    An answer is a (status, body) pair, bytes as they are and all else as JSON; a callable is asked
    for one; "hang" never answers; "drop" closes the connection.
    """

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []  # (method, path with query, headers, body)
        self.content_type = "application/json"
        self.gave_up = 0  # requests whose client went away
        self.url = ""

    async def _answer(self, request):
        body = await request.read()
        self.asked.append((request.method, request.raw_path, dict(request.headers), body))
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if callable(answer):
            answer = answer(request)
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer == "hang":
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                self.gave_up += 1
                raise
        if answer == "drop":
            request.transport.close()
            return web.Response()
        status, payload, *headers = answer
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return web.Response(
            status=status,
            body=data,
            headers={"Content-Type": self.content_type, **(headers[0] if headers else {})},
        )

    @property
    def bodies(self):
        return [json.loads(body) if body else None for _, _, _, body in self.asked]


@asynccontextmanager
async def serving(*answers):
    server = CompanyServer(*answers)
    app = web.Application(client_max_size=2**22)
    app.router.add_route("*", "/{tail:.*}", server._answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
