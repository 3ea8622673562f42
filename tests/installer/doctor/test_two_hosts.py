"""Each half of an installation on two hosts, looked at by itself."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ari_app.settings import Settings
from installer.doctor.examine import examine
from installer.doctor.findings import Finding, Verdict
from installer.doctor.registry import by_ids
from installer.doctor.scene import Scene
from tests.installer.doctor.console import asked, remember
from tests.installer.doctor.test_check_control import LIMITED, ami, ari

PBX_HALF = {"agent_address": "192.0.2.10", "queue": "reception", "agent_only": False}
AGENT_HALF = {"agent_address": "192.0.2.10", "pbx_address": "192.0.2.1", "agent_only": True}
AGENTS_OWN = (
    "settings", "settings-file", "agent-running", "ports", "service", "vendors", "database",
    "shared-folders", "ami-login", "ari-login",
)  # fmt: skip


@pytest.fixture
def pbx_half(tmp_path) -> Path:
    remember(tmp_path, PBX_HALF)
    return tmp_path


@pytest.fixture
def agent_half(tmp_path) -> Path:
    remember(tmp_path, AGENT_HALF)
    return tmp_path


@pytest.mark.parametrize("check", AGENTS_OWN)
def test_the_pbx_sends_to_the_agents_host_for_what_is_there(pbx_half, check):
    (one,) = asked(pbx_half, check, {"dialplan show voiceagent-in": "1. Stasis(voiceagent)"})
    assert one.verdict is Verdict.GREY and "the agent is on 192.0.2.10" in one.what


def test_the_pbx_looks_at_the_queue_the_installer_was_told(pbx_half):
    answers = {"core show version": "Asterisk 22.10.1", "queue show reception": "Members:\n  a\n"}
    (one,) = asked(pbx_half, "queue", answers)
    assert one.check == "queue reception" and one.verdict is Verdict.GREEN


@pytest.mark.parametrize(
    ("check", "answers", "verdict"),
    [
        ("ami-exposed", ami("127.0.0.1:5038"), "yellow"),
        ("ami-exposed", ami("Disabled"), "yellow"),
        ("ami-exposed", ami("192.0.2.1:5038"), "green"),
        ("ami-exposed", ami("192.0.2.1:5038", LIMITED.replace("ACL: yes", "ACL: no")), "red"),
        ("ari-exposed", ari("Server Disabled"), "red"),
        ("ari-exposed", ari("Server Enabled and Bound to 127.0.0.1:8088"), "red"),
        ("ari-exposed", ari("Server Enabled and Bound to 192.0.2.1:8088"), "yellow"),
    ],
)
def test_the_pbx_has_to_be_reached_from_the_agents_host(pbx_half, check, answers, verdict):
    (one,) = asked(pbx_half, check, answers)
    assert one.verdict.value == verdict
    if verdict in ("yellow", "red") and "ACL: no" not in str(answers):
        assert "firewall allow" in one.what_to_do
        assert "127.0.0.1" not in one.what_to_do


def test_the_pbx_tries_the_agents_ports_where_they_are(tmp_path):
    with gate() as port:
        # Another address of this machine's own stands for the agent's host: 127.0.0.1 would mean
        # that there is one host only.
        remember(tmp_path, {**PBX_HALF, "agi_port": port})
        (one,) = looked(tmp_path, "agi-gate", agent="127.0.0.2")
    assert one.verdict is Verdict.GREEN and f"127.0.0.2:{port}" in one.what
    (one,) = looked(tmp_path, "agi-gate", agent="127.0.0.2")
    assert one.verdict is Verdict.RED
    assert "on 127.0.0.2: sudo voiceagent doctor" in one.what_to_do


def test_the_agents_host_without_its_secrets_is_not_well(agent_half):
    (one,) = asked(agent_half, "ari-login", {})
    assert one.verdict is Verdict.RED and "VOICEAGENT_ARI_PASSWORD is not set" in one.what
    assert "voiceagent.d/ari.conf on 192.0.2.1" in one.what_to_do
    (one,) = asked(agent_half, "ami-login", {})
    assert one.verdict is Verdict.YELLOW and "VOICEAGENT_AMI_SECRET is not set" in one.what
    assert "voiceagent.d/manager.conf on 192.0.2.1" in one.what_to_do


def test_without_routing_the_agent_needs_no_ari(agent_half):
    remember(agent_half, {**AGENT_HALF, "routing": False})
    (one,) = asked(agent_half, "ari-login", {})
    assert one.verdict is Verdict.GREEN


def test_the_agents_ports_are_open_on_purpose(agent_half):
    with socket.create_server(("0.0.0.0", 0)) as taken:
        (agent_half / "supervisor.json").write_text(json.dumps({"pid": os.getpid(), "roles": {}}))
        settings = Settings(audiosocket_port=taken.getsockname()[1], run_dir=agent_half)
        (one,) = looked(agent_half, "ports", settings)
    assert one.verdict is Verdict.YELLOW
    assert one.what_to_do == "let the firewall allow 192.0.2.1 and nobody else"


def looked(
    root: Path, check: str, settings: Settings | None = None, agent: str = ""
) -> list[Finding]:
    async def main() -> list[Finding]:
        scene = Scene(root, settings or Settings(), {}, patience_s=60)
        if agent:
            scene.topology = replace(scene.topology, agent=agent, gate=agent)
        return await examine(scene, by_ids([check]))

    return asyncio.run(main())


@contextmanager
def gate():
    """Answer one question as the FastAGI gate does."""
    with socket.create_server(("127.0.0.2", 0)) as server:

        def answer() -> None:
            client, _ = server.accept()
            with client, client.makefile("rwb") as stream:
                while stream.readline().strip():
                    pass
                stream.write(b'SET VARIABLE VA_NEXT "queue"\n')
                stream.flush()
                stream.readline()

        thread = threading.Thread(target=answer)
        thread.start()
        yield server.getsockname()[1]
        thread.join()
