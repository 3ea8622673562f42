"""Running a role: the event loop, signals and errors that both roles share."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable

import uvloop

from ari_app.heartbeat import Heartbeat, die_with_parent
from ari_app.logs import set_up_logging
from ari_app.settings import Settings
from ari_app.supervisor import EX_CONFIG, EX_TEMPFAIL

log = logging.getLogger(__name__)

Serve = Callable[[Settings, asyncio.Event, Callable[[], None]], Awaitable[None]]


class StartError(Exception):
    """A role cannot start for a reason the admin can mend; the text is one clear line."""

    exit_code = EX_CONFIG


class PlaceTakenError(StartError):
    """A role cannot listen where it should; that may pass by itself, as when a port is let go."""

    exit_code = EX_TEMPFAIL


def run_role(name: str, serve: Serve, settings: Settings, heartbeat_fd: int) -> int:
    """Run a role until SIGTERM.

    Args:
        name: ``controller`` or ``media``.
        serve: Serves until the event is set; calls its last argument once when ready.
        settings: All settings.
        heartbeat_fd: The supervisor's pipe; negative when the role runs alone.

    Returns:
        The exit code: 0, 78 when it cannot start, 75 when it could later.
    """
    set_up_logging(settings.log_level, name, settings.log_file)
    if heartbeat_fd >= 0:
        die_with_parent(os.getppid())

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        heartbeat = Heartbeat(heartbeat_fd)
        await serve(settings, stop, heartbeat.ready)

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run())
    except StartError as error:
        log.error("%s", error)
        return error.exit_code
    return 0
