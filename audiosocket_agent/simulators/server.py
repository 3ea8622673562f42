"""The simulated vendors behind one port: every vendor keeps the paths it really has."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from audiosocket_agent.simulators.cartesia import CartesiaVendor
from audiosocket_agent.simulators.chat import ChatVendor
from audiosocket_agent.simulators.deepgram import FLUX_IDLE_S, NOVA_IDLE_S, DeepgramVendor
from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.faults import FaultError, Faults, parse_faults
from audiosocket_agent.simulators.frames import FRAMES, Frames, without_secrets
from audiosocket_agent.simulators.script import Segment

SHUTDOWN_S = 1.0  # for handlers to end by themselves
BACKLOG = 256  # fifty calls connect their three vendors at the same moment
NOTED_BYTES = 256 * 1024  # of a body; a longer one is refused by the vendor anyway

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Simulators:
    """One server with all vendors.

    Besides the vendors' own paths: ``PUT /faults`` puts other faults in force (the body as the
    environment variable spells them; occasions are counted from 1 again), ``GET /frames`` lists
    what clients sent, keys masked.

    Args:
        delays: How long things take.
        faults: What goes wrong; may be changed while the server runs.
        transcripts: The script of the simulated ears, or what gives the words of each stretch of
            voice as it begins; None to recognise everything.
        nova_idle_s: Seconds without a message after which Deepgram's ``/v1/listen`` closes.
        flux_idle_s: The same of ``/v2/listen``.
    """

    def __init__(
        self,
        delays: Delays,
        faults: Faults,
        transcripts: Path | Callable[[], Segment] | None = None,
        *,
        nova_idle_s: float = NOVA_IDLE_S,
        flux_idle_s: float = FLUX_IDLE_S,
    ) -> None:
        self._faults = faults
        self._frames = Frames()
        self._vendors = (
            DeepgramVendor(
                delays,
                faults,
                transcripts,
                self._frames,
                nova_idle_s=nova_idle_s,
                flux_idle_s=flux_idle_s,
            ),
            ChatVendor(delays, faults),
            CartesiaVendor(delays, faults),
        )
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen; called once.

        Args:
            host: Address.
            port: 0 for one that is free.

        Returns:
            The port.

        Raises:
            OSError: If the address is taken.
        """
        app = web.Application(middlewares=[self._noting])
        app[FRAMES] = self._frames
        app.router.add_put("/faults", self._put_faults)
        app.router.add_get("/frames", self._get_frames)
        for vendor in self._vendors:
            vendor.add_routes(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
        await self._runner.setup()
        listening = socket.create_server((host, port), backlog=BACKLOG)
        try:
            await web.SockSite(self._runner, listening, backlog=BACKLOG).start()
        except BaseException:
            listening.close()
            raise
        return int(listening.getsockname()[1])

    async def close(self) -> None:
        """Stop listening, end every connection, stop what the vendors started; idempotent."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
        for vendor in self._vendors:
            await vendor.close()

    async def _put_faults(self, request: web.Request) -> web.Response:
        try:
            self._faults.replace(parse_faults(await request.text()))
        except FaultError as error:
            return web.Response(status=400, text=f"{error}\n")
        return web.Response(status=204)

    async def _get_frames(self, request: web.Request) -> web.Response:
        return web.json_response(self._frames.all())

    @web.middleware
    async def _noting(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note a request to a vendor before it is answered."""
        if request.path not in ("/faults", "/frames"):
            body = ""
            if request.can_read_body and (request.content_length or 0) <= NOTED_BYTES:
                body = (await request.read()).decode("utf-8", "replace")
            self._frames.note(
                _vendor(request.path),
                "request",
                method=request.method,
                path=request.path,
                query=[[n, v] for n, v in without_secrets(request.query).items()],
                headers=without_secrets(request.headers),
                body=body,
            )
        return await handler(request)


def _vendor(path: str) -> str:
    if path.endswith("/listen"):
        return "deepgram"
    return "cartesia" if path.startswith("/tts/") else "groq"
