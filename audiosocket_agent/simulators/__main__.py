"""The simulated vendors as a process: ``python -m audiosocket_agent.simulators --port 9300``.

Reads ``VOICEAGENT_SIM_*`` (see `delays`, `faults`, `script`), says one line when it listens, ends
on SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import uvloop

from audiosocket_agent.simulators import faults
from audiosocket_agent.simulators.delays import DelayError, read_delays
from audiosocket_agent.simulators.faults import FaultError, Faults, parse_faults
from audiosocket_agent.simulators.script import VARIABLE, ScriptError, parse_script
from audiosocket_agent.simulators.server import Simulators

EX_CONFIG = 78  # sysexits.h
NAME = "simulators"

_log = logging.getLogger(__name__)


def main() -> None:
    """Run until a signal."""
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 for one that is free")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        simulators = _simulators(os.environ)
    except (DelayError, FaultError, ScriptError) as error:
        print(f"{NAME}: {error}", file=sys.stderr)
        sys.exit(EX_CONFIG)
    try:
        uvloop.run(_serve(simulators, arguments.host, arguments.port))
    except OSError as error:
        print(f"{NAME}: {arguments.host}:{arguments.port}: {error.strerror}", file=sys.stderr)
        sys.exit(EX_CONFIG)


def _simulators(environ: Mapping[str, str]) -> Simulators:
    """Read the settings.

    Raises:
        DelayError: If a delay is wrong.
        FaultError: If the faults are.
        ScriptError: If the script is, or cannot be read.
    """
    path = environ.get(VARIABLE, "")
    if path:
        try:
            parse_script(Path(path).read_text("utf-8"))
        except FileNotFoundError:
            # It may be written before the first call; until then speech is recognised.
            _log.warning("%s=%s: no such file yet", VARIABLE, path)
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise ScriptError(f"{VARIABLE}={path}: cannot be read: {why}") from None
    return Simulators(
        read_delays(environ),
        Faults(parse_faults(environ.get(faults.VARIABLE, ""))),
        Path(path) if path else None,
    )


async def _serve(simulators: Simulators, host: str, port: int) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    try:
        print(f"{NAME}: listening on {host}:{await simulators.start(host, port)}", flush=True)
        await ended.wait()
    finally:
        await simulators.close()


if __name__ == "__main__":
    main()
