"""Questions to real servers of ours, to ones that are something else, and to nobody."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, suppress

import pytest

from agi.fastagi import FastAgiServer
from agi.gate import GateError
from installer.doctor.ami_probe import look_at_ami
from installer.doctor.probes import ari_status, gate_answers, health, refuses_stranger

HOST = "127.0.0.1"


@asynccontextmanager
async def saying(*answers: bytes):
    """Serve one line after the other, each after something was heard; the first at once."""

    serving = set()

    async def serve(reader, writer):
        serving.add(asyncio.current_task())
        with suppress(OSError):
            writer.write(answers[0])
            for answer in answers[1:]:
                await reader.read(4096)
                writer.write(answer)
            await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*serving)


def nobody() -> int:
    with socket.create_server((HOST, 0)) as gone:
        return gone.getsockname()[1]


def test_an_audiosocket_server_hangs_up_on_strangers():
    async def main():
        async with saying(b"", b"\0\0\0") as port:
            assert await refuses_stranger(HOST, port)
        async with saying(b"220 mail.example ESMTP\r\n") as port:
            assert not await refuses_stranger(HOST, port)
        with pytest.raises(OSError):
            await refuses_stranger(HOST, nobody())

    asyncio.run(main())


def test_our_gate_answers_and_another_server_does_not():
    async def ask(_message):
        return {"ok": True, "next": "sorry"}

    async def refuse(_message):
        raise GateError("no")

    async def main():
        for question, said in ((ask, "VA_NEXT"), (refuse, "")):
            server = FastAgiServer(question)
            port = await server.start(HOST, 0)
            assert await gate_answers(HOST, port) == said
            await server.close()
        async with saying(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
            assert await gate_answers(HOST, port) == ""

    asyncio.run(main())


def test_health_is_only_what_the_agent_says():
    async def main():
        good = b'HTTP/1.1 503 Sorry\r\nA: b\r\n\r\n{"ok": false}'
        for answer, told in ((good, {"ok": False}), (b"HTTP/1.1 200 OK\r\n\r\n<html>", None)):
            async with saying(b"", answer) as port:
                assert await health(HOST, port) == told
        assert await health(HOST, nobody()) is None

    asyncio.run(main())


def test_ari_tells_its_status_and_what_is_no_http_is_told_apart():
    async def main():
        async with saying(b"", b"HTTP/1.1 401 Unauthorized\r\n\r\n") as port:
            status = await ari_status(f"http://{HOST}:{port}/pbx", "u", "p", writing=False)
            assert status == 401
        async with saying(b"SSH-2.0-OpenSSH\r\n", b"") as port:
            with pytest.raises(ValueError, match="no HTTP server"):
                await ari_status(f"http://{HOST}:{port}", "u", "p", writing=False)
        with pytest.raises(ValueError, match="only http"):
            await ari_status("https://pbx.example", "u", "p", writing=False)

    asyncio.run(main())


def test_ami_refused_broken_off_and_something_else():
    async def look(*answers):
        async with saying(*answers) as port:
            return await look_at_ami(HOST, port, "voiceagent", "s3cret")

    async def main():
        banner = b"Asterisk Call Manager/11.0.0\r\n"
        refused = await look(banner, b"Response: Error\r\nMessage: Authentication failed\r\n\r\n")
        assert refused.refused and "s3cret" not in refused.trouble
        assert "broke the connection off" in (await look(banner, b"")).trouble
        assert "not AMI" in (await look(b"220 mail.example\r\n", b"")).trouble
        gone = await look_at_ami(HOST, nobody(), "voiceagent", "s3cret")
        assert "cannot be reached" in gone.trouble and not gone.refused
        odd = await look(banner, b"")
        assert odd.actions == frozenset()

    asyncio.run(main())


def test_a_secret_that_would_smuggle_a_header_is_not_sent():
    async def main():
        async with saying(b"Asterisk Call Manager/11.0.0\r\n", b"") as port:
            seen = await look_at_ami(HOST, port, "voiceagent", "x\r\nAction: Originate")
        assert "cannot be sent" in seen.trouble

    asyncio.run(main())
