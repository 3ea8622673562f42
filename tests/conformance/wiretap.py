"""A proxy on loopback that keeps every byte of both directions, and reads them afterwards.

It sits between a client (a vendor's SDK, or ours) and a simulated vendor, so that what is judged is
what was on the wire, not what either side says it sent.
"""

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

RESET_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s
TEXT, BINARY, CLOSE = 1, 2, 8


@dataclass
class Exchange:
    """One request and its answer, and the frames that followed when it became a WebSocket.

    Frames are text or bytes; header names are lower case.
    """

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    status: int = 0  # 0 when there was no answer
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b""
    sent: list[str | bytes] = field(default_factory=list)  # by the client
    received: list[str | bytes] = field(default_factory=list)
    close_code: int = 0  # of the simulator; 0 when it sent no close frame


class Wiretap:
    """Listens on a port of its own and forwards to another.

    Args:
        target: The port of the simulated vendor.
    """

    def __init__(self, target):
        self._target = target
        self._lines = []  # pairs of what the client and the server sent
        self._serving = set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.http, self.ws = f"http://127.0.0.1:{self.port}", f"ws://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def connections(self):
        """How often somebody connected."""
        return len(self._lines)

    @property
    def exchanges(self):
        """Return everything so far, in the order of connecting."""
        return [exchange for sent, received in self._lines for exchange in _read(sent, received)]

    @property
    def exchange(self):
        """Return the only one."""
        (found,) = self.exchanges
        return found

    def _accept(self, reader, writer):
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader, writer):
        line = (bytearray(), bytearray())
        self._lines.append(line)
        ends = [writer]
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            ends.append(back)
            async with asyncio.TaskGroup() as both:
                both.create_task(_copy(reader, back, line[0]))
                both.create_task(_copy(there, writer, line[1]))
        except* OSError:
            for end in ends:  # a reset is passed on as one
                if (sock := end.get_extra_info("socket")) is not None:
                    with contextlib.suppress(OSError):
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)
        finally:
            for end in ends:
                end.transport.abort()


async def _copy(reader, writer, kept):
    while data := await reader.read(65536):
        kept += data
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


def _read(sent, received):
    """Yield the exchanges of one connection."""
    sent, received = bytes(sent), bytes(received)
    while b"\r\n\r\n" in sent:
        (method, target, _), headers, sent = _head(sent)
        body, sent = _body(headers, sent, until_end=False)
        url = urlsplit(target)
        query = parse_qsl(url.query, keep_blank_values=True)
        exchange = Exchange(method, url.path, query, headers, body)
        if b"\r\n\r\n" in received:
            (_, status, *_), exchange.answer_headers, received = _head(received)
            exchange.status = int(status)
            if exchange.status == 101:
                exchange.sent, _ = _frames(sent)
                exchange.received, exchange.close_code = _frames(received)
                yield exchange
                return
            exchange.answer, received = _body(exchange.answer_headers, received, until_end=True)
        yield exchange


def _head(data):
    head, _, rest = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return first.split(" ", 2), {name.lower(): value.strip() for name, _, value in pairs}, rest


def _body(headers, data, *, until_end):
    """Return a body, as much of it as came, and what follows it."""
    if "chunked" in headers.get("transfer-encoding", ""):
        body = b""
        while b"\r\n" in data:
            size, _, data = data.partition(b"\r\n")
            count = int(size, 16)
            body, data = body + data[:count], data[count + 2 :]
            if not count:
                break
        return body, data
    if "content-length" in headers or not until_end:
        length = int(headers.get("content-length", "0"))
        return data[:length], data[length:]
    return data, b""


def _frames(data):
    """Return the whole messages of one direction, and the code of the close frame or 0.

    Source: RFC 6455, section 5.2.
    """
    messages, message, kind, code = [], b"", 0, 0
    while len(data) >= 2:
        first, second = data[0], data[1]
        assert not first & 0x70, "a compressed frame: there is nothing that could read it here"
        length, at = second & 0x7F, 2
        if length >= 126:
            width = 2 if length == 126 else 8
            length, at = int.from_bytes(data[2 : 2 + width], "big"), 2 + width
        mask = data[at : at + 4] if second & 0x80 else b""
        at += len(mask)
        payload = data[at : at + length]
        if len(payload) < length:
            break  # the connection broke in the middle of it
        data = data[at + length :]
        if mask:
            repeated = (mask * (length // 4 + 1))[:length]
            payload = bytes(a ^ b for a, b in zip(payload, repeated, strict=True))
        if first & 0x0F == CLOSE:
            code = int.from_bytes(payload[:2], "big")
        elif first & 0x0F <= BINARY:
            kind = first & 0x0F or kind
            message += payload
            if first & 0x80:
                messages.append(message.decode() if kind == TEXT else message)
                message = b""
    return messages, code
