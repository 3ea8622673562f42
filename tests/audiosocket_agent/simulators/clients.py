"""A server with the simulated vendors, and a plain client of its WebSockets."""

import asyncio
import contextlib
import json

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.faults import Faults, parse_faults
from audiosocket_agent.simulators.server import Simulators

RAW = "encoding=linear16&sample_rate=8000"
NOVA = f"/v1/listen?model=nova-3&{RAW}&interim_results=true&endpointing=400"
FLUX = f"/v2/listen?model=flux-general-en&{RAW}&eager_eot_threshold=0.5"
KEY = {"Authorization": "Token key-of-the-test"}
LONGEST_S = 20  # a test that waits for this long has failed


@contextlib.asynccontextmanager
async def simulators(faults="", transcripts=None, delays=None, **options):
    """Run the server; gives its port."""
    server = Simulators(delays or Delays(), Faults(parse_faults(faults)), transcripts, **options)
    try:
        async with asyncio.timeout(LONGEST_S):
            yield await server.start()
    finally:
        await server.close()
        await server.close()


def dial(port, path, headers=KEY, **options):
    """Return a connection to be entered."""
    url = f"ws://127.0.0.1:{port}{path}"
    return connect(url, additional_headers=headers, compression=None, **options)


async def send(ws, samples, packet_ms=20, rate_hz=8000, pace=1.0):
    """Send audio in packets, each when it would have been spoken."""
    loop = asyncio.get_running_loop()
    start, step = loop.time(), packet_ms * rate_hz // 1000
    for index in range(0, len(samples), step):
        due = start + pace * (index + step) / rate_hz
        await asyncio.sleep(max(0, due - loop.time()))
        await ws.send(samples[index : index + step].tobytes())


async def messages(ws):
    """Return all that comes until the connection ends, each with its time in seconds."""
    loop, found = asyncio.get_running_loop(), []
    with contextlib.suppress(ConnectionClosed):
        async for text in ws:
            found.append((loop.time(), json.loads(text)))
    return found


async def until(ws, wanted):
    """Return the first message for which `wanted` holds."""
    async for text in ws:
        if wanted(message := json.loads(text)):
            return message
    raise AssertionError("the connection ended without it")
