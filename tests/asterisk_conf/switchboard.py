"""What stands around the dialplan, small and under a test's command.

Gate, media, controller, desk phones; the Asterisk between them is the real one.
"""

from __future__ import annotations

import asyncio
import secrets
import struct
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import suppress
from typing import Any

import aiohttp
import numpy as np

from installer.sandbox import Sandbox
from tests.phone import heard, sdp
from tests.phone.g711 import LAWS
from tests.phone.message import MalformedMessage, Message, parse, reply
from tests.phone.rtp import parse as parse_rtp

Variables = Mapping[str, str]
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]
SILENCE = struct.pack(">BH", 0x10, 320) + bytes(320)
GOODBYE = b"\x00\x00\x00"


class Switchboard:
    """The agent's side of one sandbox: answers its gate and takes its calls' audio.

    Args:
        box: The sandbox; its agent must not run.
        setup: Variables for each setup question, in turn; None refuses. The last one stays.
        outcome: Variables for each outcome question, likewise.
    """

    def __init__(
        self,
        box: Sandbox,
        setup: list[Variables | None],
        outcome: list[Variables | None] | None = None,
    ) -> None:
        self.box = box
        self.asked: list[tuple[str, ...]] = []
        self.channels: list[str] = []
        self.heard: list[uuid.UUID] = []
        self.before_goodbye: Callable[[], Awaitable[None]] | None = None
        self.talk_s = 0.1
        self._answers = {"setup": list(setup), "outcome": list(outcome or [])}
        self._servers: list[asyncio.Server] = []
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self.media = ""

    async def __aenter__(self) -> Switchboard:
        media = await asyncio.start_server(self._held(self._talk), "127.0.0.1", 0)
        self.media = f"127.0.0.1:{media.sockets[0].getsockname()[1]}"
        port = self.box.ports().agi
        gate = await asyncio.start_server(self._held(self._answer), "127.0.0.1", port)
        self._servers = [media, gate]
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()
        tasks = list(self._open)
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    def _held(self, serve: Serve) -> Serve:
        """Keep hold of a connection's task, so that it ends with us; a broken one is no error."""

        async def held(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._open[task] = writer
            try:
                await serve(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass  # the caller hung up
            finally:
                writer.close()
                with suppress(ConnectionError):
                    await writer.wait_closed()
                del self._open[task]

        return held

    def backs(self) -> list[str]:
        """Return why each setup question was asked: "" for a call's first."""
        return [one[2] for one in self.asked if one[0] == "setup"]

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        env = {}
        while line := (await reader.readline()).decode().strip():
            name, _, value = line.partition(": ")
            env[name.rstrip(":")] = value
        question = env["agi_network_script"]
        self.asked.append((question, env.get("agi_arg_1", ""), env.get("agi_arg_2", "")))
        self.channels.append(env["agi_channel"])
        answers = self._answers[question]
        variables = answers.pop(0) if len(answers) > 1 else answers[0]
        if variables is not None and question == "setup":
            fresh = {"VA_UUID": str(uuid.uuid4()), "VA_MEDIA": self.media, "VA_OK": "1"}
            variables = {**fresh, **variables}
        for name, value in (variables or {}).items():
            writer.write(f'SET VARIABLE {name} "{value}"\n'.encode())
            await reader.readline()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        header = await reader.readexactly(3)
        assert header == b"\x01\x00\x10"
        self.heard.append(uuid.UUID(bytes=await reader.readexactly(16)))
        for _ in range(round(self.talk_s / 0.02)):
            writer.write(SILENCE)
            await asyncio.sleep(0.02)
        if self.before_goodbye is not None:
            await self.before_goodbye()
        writer.write(GOODBYE)


class Manager:
    """A plain AMI session."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.events: list[dict[str, str]] = []
        self._reader, self._writer = reader, writer

    async def __aenter__(self) -> Manager:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()

    @classmethod
    async def login(cls, box: Sandbox) -> Manager:
        """Log in as the bundle's user."""
        reader, writer = await asyncio.open_connection("127.0.0.1", box.ports().ami)
        await reader.readline()  # the banner
        manager = cls(reader, writer)
        user, secret = box.agent_ami_login()
        answer = await manager.action("Login", Username=user, Secret=secret)
        assert answer["Response"] == "Success", answer
        return manager

    async def action(self, action: str, **fields: str) -> dict[str, str]:
        """Send an action and return its response; events that come first are kept."""
        name = secrets.token_hex(4)
        rows = {"Action": action, "ActionID": name, **fields}
        text = "".join(f"{key}: {value}\r\n" for key, value in rows.items())
        self._writer.write(text.encode() + b"\r\n")
        return await self._until(lambda one: one.get("ActionID") == name and "Response" in one)

    async def event(self, name: str, **fields: str) -> dict[str, str]:
        """Return the first event of a name with these fields, past or to come."""

        def fits(one: Mapping[str, str]) -> bool:
            named = name in (one.get("Event"), one.get("UserEvent"))
            return named and fields.items() <= one.items()

        past = [one for one in self.events if fits(one)]
        return past[0] if past else await self._until(fits)

    async def _until(self, fits: Callable[[Mapping[str, str]], bool]) -> dict[str, str]:
        async with asyncio.timeout(30):
            while True:
                block = (await self._reader.readuntil(b"\r\n\r\n")).decode()
                rows = (row.partition(": ") for row in block.split("\r\n") if row)
                packet = {key: value for key, _, value in rows}
                self.events.append(packet)
                if fits(packet):
                    return packet


class Controller:
    """An ARI application named voiceagent that routes every call alike.

    Args:
        box: The sandbox.
        variables: What it sets; None leaves the calls where they are, as a frozen one would.
    """

    def __init__(self, box: Sandbox, variables: Variables | None) -> None:
        self._url = f"http://127.0.0.1:{box.ports().ari}/ari"
        self._login = aiohttp.encode_basic_auth(*box.agent_ari_login())
        self._variables = variables
        self.args: list[list[str]] = []

    async def __aenter__(self) -> Controller:
        self._http = aiohttp.ClientSession(headers={"Authorization": self._login})
        self._events = await self._http.ws_connect(f"{self._url}/events?app=voiceagent")
        self._task = asyncio.create_task(self._route())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._events.close()
        await self._http.close()

    async def _route(self) -> None:
        async for message in self._events:
            event = message.json()
            if event["type"] != "StasisStart":
                continue
            self.args.append(event["args"])
            if self._variables is not None:
                await self._send_on(event["channel"]["id"], self._variables)

    async def _send_on(self, channel: str, variables: Variables) -> None:
        for name, value in variables.items():
            await self._post(channel, "variable", {"variable": name, "value": value})
        place = {"context": "voiceagent-in", "extension": "routed", "priority": "1"}
        await self._post(channel, "continue", place)

    async def _post(self, channel: str, verb: str, params: Variables) -> None:
        url = f"{self._url}/channels/{channel}/{verb}"
        async with self._http.post(url, params=params) as answer:
            assert answer.status == 204, await answer.text()


class Desk(asyncio.DatagramProtocol):
    """A desk phone that rings, is busy, or answers and listens.

    Args:
        status: 180 rings for ever, 486 is busy, 200 answers.
    """

    def __init__(self, status: int) -> None:
        self.rung: list[str] = []
        self.pcm: list[np.ndarray[Any, Any]] = []
        self._status = status
        self._tag = secrets.token_hex(4)
        self._invite: Message | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._rtp: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls, box: Sandbox, number: int, status: int) -> Desk:
        """Listen where the sandbox expects desk phone `number`, 0 to 3."""
        loop = asyncio.get_running_loop()
        address = ("127.0.0.1", box.ports().desk(number))
        _, desk = await loop.create_datagram_endpoint(lambda: cls(status), local_addr=address)
        desk._rtp, _ = await loop.create_datagram_endpoint(
            lambda: _Ear(desk.pcm), local_addr=("127.0.0.1", 0)
        )
        return desk

    async def __aenter__(self) -> Desk:
        return self

    async def __aexit__(self, *_: object) -> None:
        for one in (self._transport, self._rtp):
            if one is not None:
                one.close()

    def voiced_s(self) -> float:
        """How long it heard sound."""
        loud = (heard.level_dbfs(frame) > heard.VOICE_DBFS for frame in self.pcm)
        return sum(loud) * heard.FRAME_S

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """Remember where to answer."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Answer a request."""
        try:
            message = parse(data)
        except MalformedMessage:
            return
        for answer in self._answers(message):
            assert self._transport is not None
            self._transport.sendto(answer.encode(), addr)

    def _answers(self, message: Message) -> Iterator[Message]:
        if message.method == "INVITE":
            if self._invite is None or message.get("call-id") != self._invite.get("call-id"):
                self.rung.append(message.get("from"))
            self._invite = message
            yield reply(message, 180, "Ringing", self._tag)
            if self._status == 200:
                yield self._accepted(message)
            elif self._status > 200:
                yield reply(message, self._status, "No", self._tag)
        elif message.method == "CANCEL" and self._invite is not None:
            yield reply(message, 200, "OK", self._tag)
            yield reply(self._invite, 487, "Request Terminated", self._tag)
        elif message.method != "ACK" and message.status is None:
            yield reply(message, 200, "OK", self._tag)

    def _accepted(self, message: Message) -> Message:
        assert self._rtp is not None and self._transport is not None
        answer = reply(message, 200, "OK", self._tag)
        port = self._transport.get_extra_info("sockname")[1]
        answer.headers += [
            ("Contact", f"<sip:desk@127.0.0.1:{port}>"),
            ("Content-Type", "application/sdp"),
        ]
        rtp_port = self._rtp.get_extra_info("sockname")[1]
        answer.body = sdp.describe("127.0.0.1", rtp_port, {0: "PCMU"})
        return answer


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, pcm: list[np.ndarray[Any, Any]]) -> None:
        self._pcm = pcm

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self._pcm.append(LAWS["PCMU"].decode(parse_rtp(data).payload))
