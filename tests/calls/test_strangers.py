"""Strangers at the AudioSocket port of an agent that is holding a real call."""

import asyncio
import struct
import uuid

import pytest

from tests.calls.ring import book, line, record_of

pytestmark = pytest.mark.pbx

GOODBYE = b"\x00\x00\x00"


def message(kind, payload=b""):
    return struct.pack(">BH", kind, len(payload)) + payload


async def knock(port, data, wait_s=10):
    """Connect, send, and return all that the agent answers until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    async with asyncio.timeout(wait_s):
        answer = await reader.read()
    writer.close()
    return answer


def test_strangers_are_hung_up_on_while_the_call_goes_on_to_its_booking(sandbox):
    port = sandbox.ports().audiosocket

    async def main():
        async with line(sandbox) as it:
            call, live = await it.call()
            await call.agent_sounds()
            mine = (await record_of(live, end_reason=None))["call_id"]
            answers = await asyncio.gather(
                knock(port, b""),  # says nothing
                knock(port, b"\x01\x00"),  # half a header
                knock(port, message(0x01, uuid.uuid4().bytes)),  # unknown
                knock(port, message(0x01, uuid.UUID(mine).bytes)),  # repeated
                knock(port, message(0x01, b"garbage")),
                knock(port, message(0x42, b"?")),  # an unknown type
                knock(port, message(0x10, bytes(65535))),
                knock(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
            )
            assert answers == [GOODBYE] * len(answers)
            booking = await book(call, live)
            await record_of(live, end_reason="completed")
            return booking["call_id"] == mine

    assert asyncio.run(main())
    assert "Traceback" not in (sandbox.logs / "agent.log").read_text()
