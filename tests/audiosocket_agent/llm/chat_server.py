"""A chat vendor on a loopback socket that answers with the bytes a test gives it."""

import asyncio
import json

SSE = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
HANG = object()  # send nothing more; ends when the client goes
RESET = object()  # cut the connection off
CLOSE = object()  # close it properly, in the middle of the response


def chunk(**fields):
    return b"data: " + json.dumps(fields).encode() + b"\n\n"


def words(text):
    return chunk(choices=[{"index": 0, "delta": {"content": text}}])


STOP = chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
DONE = b"data: [DONE]\n\n"


def refusal(status, body, *headers):
    """Return a whole response that is no stream."""
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    head = [f"HTTP/1.1 {status} X", "Content-Type: application/json", *headers]
    return "\r\n".join([*head, f"Content-Length: {len(data)}", "", ""]).encode() + data


def error(status, code, *headers, message="secret words of the caller", **more):
    return refusal(status, {"error": {"message": message, "code": code, **more}}, *headers)


MODELS = refusal(200, {"data": []})


class ChatServer:
    """Answers each chat with the next script (the last one again and again).

    A script is bytes of a whole response, a tuple of its parts, or a list: bytes are one HTTP chunk
    of a stream, a number is a pause in seconds, an `asyncio.Event` is waited for.
    """

    def __init__(self, *scripts, models=MODELS):
        self.scripts = list(scripts)
        self.models = models
        self.requests = []
        self.connections = 0
        self.open = 0
        self.gone = asyncio.Event()

    async def __aenter__(self):
        self._tasks = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def chats(self):
        return [request for request in self.requests if request[0] == "POST"]

    async def _serve(self, reader, writer):
        self.connections += 1
        self.open += 1
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            while await self._request(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            task.uncancel()
        finally:
            self._tasks.discard(task)
            self.open -= 1
            self.gone.set()
            writer.close()

    async def _request(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path, _ = head.split(" ", 2)
        headers = dict(
            (name.lower(), value)
            for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:])
        )
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.requests.append((method, path, headers, json.loads(body) if body else None))
        if method == "GET":
            script = self.models
        else:
            script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        if isinstance(script, bytes | tuple):
            for part in (script,) if isinstance(script, bytes) else script:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.01)
            return True
        return await self._stream(script, reader, writer)

    async def _stream(self, script, reader, writer):
        if script and script[0] not in (HANG, RESET):
            writer.write(SSE.encode())
        for step in script:
            if step is HANG:
                assert await reader.read() == b""
                return False
            if step is RESET:
                writer.transport.abort()
                return False
            if step is CLOSE:
                return False
            if isinstance(step, asyncio.Event):
                await step.wait()
            elif isinstance(step, float):
                await asyncio.sleep(step)
            else:
                writer.write(b"%x\r\n%s\r\n" % (len(step), step))
                await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True
