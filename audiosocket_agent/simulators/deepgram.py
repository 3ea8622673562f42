"""The simulated Deepgram: who may connect, what is refused, a `DeepgramSocket` for the rest."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from audiosocket_agent.simulators.deepgram_flux import FluxWire
from audiosocket_agent.simulators.deepgram_nova import NovaWire
from audiosocket_agent.simulators.deepgram_query import (
    Audio,
    Query,
    Refusal,
    flux_query,
    nova_query,
)
from audiosocket_agent.simulators.deepgram_socket import DeepgramSocket, Wire
from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.faults import FaultKind, Faults, Vendor
from audiosocket_agent.simulators.frames import Frames
from audiosocket_agent.simulators.hearing import Hearing
from audiosocket_agent.simulators.line import Line
from audiosocket_agent.simulators.listener import Listener
from audiosocket_agent.simulators.script import VARIABLE, ScriptError, Segment, parse_script

NOVA_IDLE_S = 10.0
FLUX_IDLE_S = 20.0  # the vendor does not say; clients report 20 to 30 s
WRONG_KEY = "wrong"
REFUSALS = {
    FaultKind.UNAUTHORIZED: Refusal(401, "INVALID_AUTH", "Invalid credentials."),
    FaultKind.PAYMENT: Refusal(402, "ASR_PAYMENT_REQUIRED", "Project has no credits left."),
    FaultKind.FORBIDDEN: Refusal(
        403, "INSUFFICIENT_PERMISSIONS", "Project does not have access to the requested model."
    ),
    FaultKind.NOT_FOUND: Refusal(404, "NOT_FOUND", "No such model."),
    FaultKind.RATE_LIMITED: Refusal(429, "TOO_MANY_REQUESTS", "Too many concurrent requests."),
    FaultKind.BROKEN: Refusal(503, "SERVICE_UNAVAILABLE", "The service is unavailable."),
}

WireOf = Callable[[Hearing, str], Wire]  # given what it hears and the request's id

_log = logging.getLogger(__name__)


class DeepgramVendor:
    """Both wires of Deepgram, on the paths the vendor has.

    Args:
        delays: How long things take.
        faults: What goes wrong.
        transcripts: The script, or what gives each stretch's words as it begins; None to
            recognise everything.
        frames: Where requests and control frames are noted.
        nova_idle_s: Seconds without a message after which ``/v1/listen`` closes.
        flux_idle_s: The same of ``/v2/listen``.
    """

    def __init__(
        self,
        delays: Delays,
        faults: Faults,
        transcripts: Path | Callable[[], Segment] | None,
        frames: Frames,
        *,
        nova_idle_s: float = NOVA_IDLE_S,
        flux_idle_s: float = FLUX_IDLE_S,
    ) -> None:
        self._delays = delays
        self._faults = faults
        self._transcripts = transcripts
        self._frames = frames
        self._nova_idle_s = nova_idle_s
        self._flux_idle_s = flux_idle_s
        self._listener = Listener()
        self._warming: asyncio.Task[None] | None = None
        self._calls = 0  # that the script was read for, on either wire

    def add_routes(self, app: web.Application) -> None:
        """Add the vendor's paths."""
        app.router.add_get("/v1/listen", self._nova)
        app.router.add_get("/v2/listen", self._flux)

    async def close(self) -> None:
        """Stop the recogniser; idempotent."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)
        await self._listener.close()

    async def _nova(self, request: web.Request) -> web.StreamResponse:
        def prepare(query: Query) -> tuple[Audio, WireOf]:
            asked = nova_query(query)
            created = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            return asked, lambda hearing, request_id: NovaWire(
                asked, self._delays, hearing, request_id, created
            )

        return await self._listen(request, prepare, self._nova_idle_s, audio_first=True)

    async def _flux(self, request: web.Request) -> web.StreamResponse:
        def prepare(query: Query) -> tuple[Audio, WireOf]:
            asked = flux_query(query)
            return asked, lambda hearing, request_id: FluxWire(
                asked, self._delays, hearing, request_id
            )

        return await self._listen(request, prepare, self._flux_idle_s, audio_first=False)

    async def _listen(
        self,
        request: web.Request,
        prepare: Callable[[Query], tuple[Audio, WireOf]],
        idle_s: float,
        *,
        audio_first: bool,
    ) -> web.StreamResponse:
        faults = self._faults.next(Vendor.DEEPGRAM)
        request_id = str(uuid.uuid4())
        if FaultKind.REFUSE in faults:
            Line(request).reset()
            return web.Response()
        try:
            _admit(request, faults)
            audio, wire_of = prepare({n: request.query.getall(n) for n in request.query})
            segments = await self._segments()
            said = None if isinstance(self._transcripts, Path) else self._transcripts
            hearing = Hearing(segments, said)
        except Refusal as refusal:
            return _refused(refusal, request_id)
        ws = _upgrade(request)
        if ws is None:
            no_upgrade = Refusal(400, "Bad Request", "This is a WebSocket endpoint.")
            return _refused(no_upgrade, request_id)
        if not segments and said is None and self._warming is None:
            self._warming = asyncio.create_task(self._listener.warm())
        ws.headers["dg-request-id"] = request_id
        await ws.prepare(request)
        await DeepgramSocket(
            ws,
            wire_of(hearing, request_id),
            hearing,
            audio,
            self._listener,
            faults,
            self._frames,
            cut_off=Line(request).reset,
            idle_s=idle_s,
            audio_first=audio_first,
        ).run()
        return ws

    async def _segments(self) -> tuple[Segment, ...]:
        """Read the script afresh and return this connection's line; lines are used in turn.

        Raises:
            Refusal: If the script cannot be read: a wrong test should not pass as a deaf vendor.
        """
        if not isinstance(self._transcripts, Path):
            return ()
        call, self._calls = self._calls, self._calls + 1
        try:
            text = await asyncio.to_thread(self._transcripts.read_text, "utf-8")
            lines = parse_script(text)
        except FileNotFoundError:
            _log.warning("%s=%s: no such file: speech is recognised", VARIABLE, self._transcripts)
            return ()
        except (OSError, UnicodeDecodeError) as error:
            _log.error("%s=%s: cannot be read: %s", VARIABLE, self._transcripts, error)
            raise Refusal(500, "SCRIPT", f"{VARIABLE} cannot be read") from None
        except ScriptError as error:
            _log.error("%s", error)
            raise Refusal(500, "SCRIPT", str(error)) from None
        return lines[call % len(lines)] if lines else ()


def _admit(request: web.Request, faults: frozenset[FaultKind]) -> None:
    """Check the key.

    Raises:
        Refusal: If it is missing or wrong, or a fault says so.
    """
    for kind, refusal in REFUSALS.items():
        if kind in faults:
            raise refusal
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() not in ("token", "bearer"):
        scheme, _, key = request.headers.get("Sec-WebSocket-Protocol", "").partition(",")
    if scheme.lower() not in ("token", "bearer") or key.strip() in ("", WRONG_KEY):
        raise REFUSALS[FaultKind.UNAUTHORIZED]


def _upgrade(request: web.Request) -> web.WebSocketResponse | None:
    """Return the upgraded connection, not prepared yet; None when it is no WebSocket's request."""
    offered = request.headers.get("Sec-WebSocket-Protocol", "").partition(",")[0].strip()
    # Not compressed: the vendor's audio is not, and deflating costs time on every packet.
    ws = web.WebSocketResponse(compress=False, protocols=(offered,) if offered else ())
    return ws if ws.can_prepare(request).ok else None


def _refused(refusal: Refusal, request_id: str) -> web.Response:
    body = {"err_code": refusal.code, "err_msg": refusal.text, "request_id": request_id}
    # A header is one line.
    headers = {"dg-error": " ".join(refusal.text.split()), "dg-request-id": request_id}
    return web.json_response(body, status=refusal.status, headers=headers)
