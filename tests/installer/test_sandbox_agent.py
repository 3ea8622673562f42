"""The sandbox with the real agent: healthy, killed, badly configured, stopped."""

import http.client
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from installer.sandbox import Sandbox, SandboxError, processes
from tests.pbx import plain_env

pytestmark = pytest.mark.pbx

Maker = Callable[[str], Sandbox]


def _health_status(sandbox: Sandbox) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.ports().http, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status
    finally:
        connection.close()


def _agent_pids(sandbox: Sandbox) -> set[int]:
    return {process.pid for process in processes.find(sandbox.directory, "agent")}


def test_up_returns_with_a_healthy_agent_and_knows_its_roles(sandbox: Sandbox) -> None:
    assert _health_status(sandbox) == 200
    assert set(sandbox.agent.pids()) == {"supervisor", "controller", "media"}
    assert set(sandbox.agent.pids().values()) <= _agent_pids(sandbox)
    assert sandbox.status()["state"] == "up"


def test_a_second_up_leaves_the_agent_alone(sandbox: Sandbox) -> None:
    before = sandbox.agent.pids()
    sandbox.up(env=plain_env())
    assert sandbox.agent.pids() == before


def test_a_killed_supervisor_is_replaced_with_all_its_roles(sandbox: Sandbox) -> None:
    before = _agent_pids(sandbox)
    asterisk = sandbox.pbx.asterisk()[0].pid
    os.kill(sandbox.agent.pids()["supervisor"], signal.SIGKILL)
    sandbox.up(env=plain_env())
    assert _health_status(sandbox) == 200
    assert not before & _agent_pids(sandbox), "something of the old agent is left"
    assert sandbox.pbx.asterisk()[0].pid == asterisk


def test_a_stopped_agent_degrades_the_sandbox_and_starts_again(sandbox: Sandbox) -> None:
    sandbox.stop_agent()
    assert _agent_pids(sandbox) == set()
    assert sandbox.agent.pids() == {}
    assert sandbox.status()["state"] == "degraded"
    sandbox.start_agent(env=plain_env())
    assert sandbox.status()["state"] == "up"


def test_down_after_a_crash_of_everything_leaves_nothing(make_sandbox: Maker) -> None:
    box = make_sandbox("crashed")
    box.up(env=plain_env())
    os.kill(box.agent.pids()["supervisor"], signal.SIGKILL)
    os.kill(box.pbx.asterisk()[0].pid, signal.SIGKILL)
    box.down()
    assert processes.find(box.directory) == []
    mounts = Path("/proc/self/mounts").read_text()
    assert str(box.directory) not in mounts


def test_a_bad_setting_is_reported_in_one_line_and_no_agent_is_left(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError) as caught:
        sandbox.start_agent(env={**plain_env(), "VOICEAGENT_MAX_CALLS": "many"})
    assert "VOICEAGENT_MAX_CALLS" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert _agent_pids(sandbox) == set()


def test_settings_reach_the_agent_but_cannot_move_it_out_of_the_sandbox(sandbox: Sandbox) -> None:
    env = {"VOICEAGENT_LOG_LEVEL": "DEBUG", "VOICEAGENT_DATA_DIR": "/nowhere"}
    sandbox.start_agent(env={**plain_env(), **env})
    pid = sandbox.agent.pids()["controller"]
    environ = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    assert b"VOICEAGENT_LOG_LEVEL=DEBUG" in environ
    assert f"VOICEAGENT_DATA_DIR={sandbox.directory}/data".encode() in environ
    sandbox.stop_agent()  # the next test finds a plain one


def test_a_long_path_moves_the_sockets_and_purge_takes_them_along(
    make_sandbox: Maker, tmp_path: Path
) -> None:
    box = make_sandbox("/".join(["a" * 40, "b" * 40, "c" * 40]))
    box.up(env=plain_env())
    run_dir = box.agent.run_dir
    assert not run_dir.is_relative_to(tmp_path)
    assert box.agent.pids()
    box.down(purge=True)
    assert not run_dir.exists()
