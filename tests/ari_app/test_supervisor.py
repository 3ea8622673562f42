"""The supervisor with real roles: started, killed, frozen, misconfigured, and stopped."""

import asyncio
import json
import os
import resource
import signal
import socket
import sys
from contextlib import asynccontextmanager, suppress

import pytest

from ari_app.supervisor import EX_CONFIG, EX_TEMPFAIL


def free_ports(count):
    socks = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in socks]
    for s in socks:
        s.close()
    return ports


def environment(tmp_path):
    media, agi, http = free_ports(3)
    return {
        **os.environ,
        "VOICEAGENT_RUN_DIR": str(tmp_path / "run"),
        "VOICEAGENT_DATA_DIR": str(tmp_path / "data"),
        "VOICEAGENT_AUDIOSOCKET_PORT": str(media),
        "VOICEAGENT_AGI_PORT": str(agi),
        "VOICEAGENT_HTTP_PORT": str(http),
        "VOICEAGENT_STT_WORKERS": "1",
    }


class Agent:
    def __init__(self, process, tmp_path, env):
        self.process, self.env = process, env
        self._status = tmp_path / "run" / "supervisor.json"
        self.log = tmp_path / "agent.log"

    def status(self):
        try:
            return json.loads(self._status.read_text())
        except FileNotFoundError:
            return {"ready": False, "roles": {}}

    async def until(self, condition):
        async with asyncio.timeout(40):
            while not condition(self.status()):
                assert self.process.returncode is None, self.log.read_text()
                await asyncio.sleep(0.05)
        return self.status()

    async def until_ready(self, *other_than):
        return await self.until(
            lambda s: s["ready"] and not set(other_than) & set(s["roles"].values())
        )


@asynccontextmanager
async def agent(tmp_path, env=None):
    env = env or environment(tmp_path)
    with open(tmp_path / "agent.log", "ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ari_app", "run", env=env, stderr=log, stdout=log
        )
    it = Agent(process, tmp_path, env)
    try:
        yield it
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        async with asyncio.timeout(20):
            await process.wait()


def gone(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


async def until_gone(*pids):
    async with asyncio.timeout(20):
        while not all(map(gone, pids)):
            await asyncio.sleep(0.02)


async def until_taken(port):
    """Take a port as soon as it is free: a new role needs longer to start."""
    async with asyncio.timeout(20):
        while True:
            with suppress(OSError):
                return socket.create_server(("127.0.0.1", port))
            await asyncio.sleep(0.001)


def test_a_killed_or_frozen_role_is_replaced_and_the_other_left_alone(tmp_path):
    async def main():
        async with agent(tmp_path) as it:
            first = (await it.until_ready())["roles"]
            os.kill(first["controller"], signal.SIGKILL)
            second = (await it.until_ready(first["controller"]))["roles"]
            assert second["media"] == first["media"]
            os.kill(first["media"], signal.SIGSTOP)
            third = (await it.until_ready(first["media"]))["roles"]
            assert third["controller"] == second["controller"]
            assert gone(first["media"])
            assert "media is frozen" in it.log.read_text()
            it.process.terminate()
            assert await it.process.wait() == 0
            await until_gone(*third.values())

    asyncio.run(main())


class Manager:
    """Stands where systemd would, and notes what it is told."""

    def __init__(self, tmp_path):
        self.address = str(tmp_path / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)
        self._socket.setblocking(False)
        self.told = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._socket.close()

    async def until(self, start):
        """Return once a line that begins so was told."""
        async with asyncio.timeout(60):
            while True:
                lines = (await asyncio.get_running_loop().sock_recv(self._socket, 4096)).decode()
                self.told += lines.split("\n")
                if any(line.startswith(start) for line in lines.split("\n")):
                    return

    def forget(self):
        """Throw away what was told and not heard yet."""
        with suppress(BlockingIOError):
            while True:
                self._socket.recv(4096)

    async def silent_for(self, seconds):
        """Let what was sent before arrive, then wait for what must not come."""
        loop = asyncio.get_running_loop()
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                while True:
                    await loop.sock_recv(self._socket, 4096)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return (await loop.sock_recv(self._socket, 4096)).decode()
        return ""


def told_to(manager, tmp_path):
    return environment(tmp_path) | {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "400000"}


def test_systemd_is_told_when_calls_are_taken_and_while_roles_are_looked_after(tmp_path):
    async def main(manager):
        async with agent(tmp_path, told_to(manager, tmp_path)) as it:
            await manager.until("READY=1")
            # Until then it was said which one is awaited.
            assert any(line.startswith("STATUS=starting") for line in manager.told)
            await manager.until("STATUS=taking calls")
            await manager.until("WATCHDOG=1")
            os.kill(it.process.pid, signal.SIGSTOP)
            assert await manager.silent_for(2) == ""
            os.kill(it.process.pid, signal.SIGCONT)
            await manager.until("WATCHDOG=1")
            roles = (await it.until_ready())["roles"]
            os.kill(roles["media"], signal.SIGKILL)
            await manager.until("STATUS=starting")
            await manager.until("WATCHDOG=1")
            it.process.terminate()
            await manager.until("STOPPING=1")
        assert it.process.returncode == 0 and manager.told.count("READY=1") == 1

    with Manager(tmp_path) as manager:
        asyncio.run(main(manager))


def test_a_role_that_cannot_be_started_for_a_while_costs_neither_the_other_nor_the_pings(tmp_path):
    async def main(manager):
        async with agent(tmp_path, told_to(manager, tmp_path)) as it:
            first = (await it.until_ready())["roles"]
            # No more files may be opened: pipes for a new role cannot be had.
            before = resource.prlimit(it.process.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(it.process.pid, resource.RLIMIT_NOFILE, (3, before[1]))
            os.kill(first["media"], signal.SIGKILL)
            async with asyncio.timeout(60):
                while "media cannot be started" not in it.log.read_text():
                    await asyncio.sleep(0.05)
            manager.forget()
            await manager.until("WATCHDOG=1")
            assert it.process.returncode is None
            resource.prlimit(it.process.pid, resource.RLIMIT_NOFILE, before)
            await it.until_ready(first["media"])

    with Manager(tmp_path) as manager:
        asyncio.run(main(manager))


def test_roles_do_not_outlive_a_killed_supervisor(tmp_path):
    async def main():
        async with agent(tmp_path) as it:
            roles = (await it.until_ready())["roles"]
            it.process.kill()
            await it.process.wait()
            await until_gone(*roles.values())

    asyncio.run(main())


def test_a_misspelt_setting_is_told_at_the_start(tmp_path):
    async def main():
        env = environment(tmp_path) | {"VOICEAGENT_ENDPONT_MS": "300"}
        async with agent(tmp_path, env) as it:
            await it.until_ready()
            (line,) = [s for s in it.log.read_text().splitlines() if "ENDPONT" in s]
            assert "no setting" in line and "VOICEAGENT_ENDPOINT_MS" in line

    asyncio.run(main())


@pytest.mark.parametrize("name", ["AUDIOSOCKET_PORT", "AGI_PORT", "HTTP_PORT"])
def test_a_port_in_use_stops_the_start_names_the_setting_and_may_pass(tmp_path, name):
    async def main():
        env = environment(tmp_path)
        with socket.create_server(("127.0.0.1", int(env[f"VOICEAGENT_{name}"]))):
            async with agent(tmp_path, env) as it, asyncio.timeout(40):
                assert await it.process.wait() == EX_TEMPFAIL
                lines = [s for s in it.log.read_text().splitlines() if " ERROR " in s]
                assert len(lines) == 1 and f"VOICEAGENT_{name}" in lines[0], "\n".join(lines)

    asyncio.run(main())


def test_a_port_that_is_lost_later_costs_no_other_role_and_is_waited_for(tmp_path):
    async def main():
        env = environment(tmp_path)
        async with agent(tmp_path, env) as it:
            first = (await it.until_ready())["roles"]
            os.kill(first["controller"], signal.SIGKILL)
            with await until_taken(int(env["VOICEAGENT_AGI_PORT"])):
                await it.until(lambda _: "see VOICEAGENT_AGI_PORT" in it.log.read_text())
            second = (await it.until_ready(first["controller"]))["roles"]
            assert second["media"] == first["media"]

    asyncio.run(main())


def test_a_database_that_cannot_be_opened_stops_the_start(tmp_path):
    async def main():
        env = environment(tmp_path)
        (tmp_path / "data" / "voiceagent.db").mkdir(parents=True)
        async with agent(tmp_path, env) as it, asyncio.timeout(40):
            assert await it.process.wait() == EX_CONFIG
            assert "VOICEAGENT_DATA_DIR" in it.log.read_text()

    asyncio.run(main())
