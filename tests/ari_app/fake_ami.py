"""A manager interface of a few lines, for what the real one cannot be made to say."""

import asyncio
from contextlib import asynccontextmanager


class FakeAmi:
    """Accepts every login and answers a Ping; everything else is the test's to answer.

    Attributes:
        seen: Every action that came, as a dict, oldest first, of all connections.
        mute: Whether a Ping gets no answer.
        greeting: What is sent first.
    """

    def __init__(self):
        self.seen = []
        self.mute = False
        self.greeting = b"Asterisk Call Manager/11.0.0\r\n"
        self.port = 0
        self._writers = []
        self._tasks = set()
        self._came = asyncio.Event()

    def say(self, data):
        """Send bytes on the newest connection."""
        self._writers[-1].write(data)

    def answer(self, action, *lines):
        """Answer an action, with the lines given in place of a plain success."""
        text = "\r\n".join([*(lines or ["Response: Success"]), f"ActionID: {action['ActionID']}"])
        self.say(f"{text}\r\n\r\n".encode())

    def hang_up(self):
        """Close every connection."""
        for writer in self._writers:
            writer.transport.abort()

    async def until(self, name, count=1):
        """Wait until so many actions of a name have come; returns the last of them."""
        async with asyncio.timeout(20):
            while len(found := [a for a in self.seen if a["Action"] == name]) < count:
                self._came.clear()
                await self._came.wait()
        return found[count - 1]

    def _enter(self, reader, writer):
        self._tasks.add(task := asyncio.create_task(self._serve(reader, writer)))
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader, writer):
        self._writers.append(writer)
        writer.write(self.greeting)
        try:
            while True:
                block = await reader.readuntil(b"\r\n\r\n")
                action = dict(line.split(": ", 1) for line in block.decode().split("\r\n") if line)
                if action["Action"] == "Login" or (action["Action"] == "Ping" and not self.mute):
                    self.answer(action)
                self.seen.append(action)
                self._came.set()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()


@asynccontextmanager
async def fake_ami():
    """A running one."""
    fake = FakeAmi()
    server = await asyncio.start_server(fake._enter, "127.0.0.1", 0)
    fake.port = server.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        server.close()
        for task in list(fake._tasks):
            task.cancel()
        await asyncio.gather(*fake._tasks, return_exceptions=True)
