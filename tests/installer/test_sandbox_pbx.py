"""The sandbox's real Asterisk: started, found healthy, broken, repaired, and gone without a trace.

The agent plays no part here (`with_agent=False`), so every caller must reach the stand-in.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from installer.api import Installation
from installer.sandbox import Sandbox, processes
from installer.sandbox.rootfs import remove_tree
from installer.store import Store
from installer.verify import verify
from tests.phone import Phone, heard

pytestmark = pytest.mark.pbx

_DID = "441632960001"
_PBX_TREE = ("unshare", "sh", "asterisk")
Maker = Callable[[str], Sandbox]


@pytest.fixture(scope="module")
def _module_box(able_machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    box = Sandbox(tmp_path_factory.mktemp("box"))
    try:
        yield box
    finally:
        box.down(purge=True)


@pytest.fixture
def box(_module_box: Sandbox) -> Sandbox:
    """One PBX without an agent for this module, up before each test."""
    _module_box.up(with_agent=False)
    return _module_box


def _sip_port(endpoints: dict[str, object]) -> int:
    return cast(dict[str, int], endpoints["sip"])["port"]


def _pid_of(box: Sandbox, name: str) -> int:
    (process,) = (p for p in processes.find(box.directory, "pbx") if p.name == name)
    return process.pid


def _mounts_below(folder: Path) -> list[str]:
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    return [line for line in mounts if line.split()[1].startswith(str(folder))]


def _call_reaches_a_person(endpoints: dict[str, object], callers: int = 1) -> None:
    async def one(phone: Phone) -> None:
        call = await phone.call(_DID)
        await call.answered()
        for _ in range(400):  # 20 s at most: the sentence takes 2.6 s
            if heard.tone_spans(call.sound(), shortest_s=0.5):
                break
            await asyncio.sleep(0.05)
        (tone,) = heard.tone_spans(call.sound(), shortest_s=0.5)
        spoken = [s for s in heard.segments(call.sound()) if s.start < tone.start - 1.0]
        assert spoken, "no sentence before the tone"
        await call.hangup()

    async def main() -> None:
        async with Phone("127.0.0.1", _sip_port(endpoints)) as phone:
            await asyncio.gather(*(one(phone) for _ in range(callers)))

    asyncio.run(main())


def test_the_command_prints_the_contract(box: Sandbox) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "installer.sandbox", "up", "--json", "--no-agent"]
        + ["--dir", str(box.directory)],
        capture_output=True,
        text=True,
        check=True,
    )
    endpoints = json.loads(done.stdout)
    port = {name: endpoints[name]["port"] for name in ("sip", "ami", "audiosocket")}
    assert all(isinstance(number, int) for number in port.values())
    assert endpoints == {
        "sip": {"host": "127.0.0.1", "port": port["sip"]},
        "dids": [_DID],
        "ami": {"host": "127.0.0.1", "port": port["ami"]},
        "ari": {"url": f"http://127.0.0.1:{box.ports().ari}/ari"},
        "audiosocket": {"host": "127.0.0.1", "port": port["audiosocket"]},
        "http": {"url": f"http://127.0.0.1:{box.ports().http}"},
        "logs": str(box.logs),
        "desks": [
            {"extension": f"{100 + n}", "host": "127.0.0.1", "port": box.ports().desk(n)}
            for n in range(4)
        ],
    }


def test_a_second_up_answers_the_same_and_starts_nothing(box: Sandbox) -> None:
    before = processes.find(box.directory)
    assert box.up(with_agent=False) == box.endpoints()
    assert [p.pid for p in processes.find(box.directory)] == [p.pid for p in before]


@pytest.mark.parametrize("name", _PBX_TREE)
def test_whichever_process_is_killed_all_of_the_pbx_is_gone_and_up_repairs_it(
    box: Sandbox, name: str
) -> None:
    before = box.endpoints()
    os.kill(_pid_of(box, name), signal.SIGKILL)
    assert processes.wait_gone(box.directory, "pbx", 10)
    assert _mounts_below(box.directory) == []
    assert box.status()["state"] == "down"
    assert box.up(with_agent=False) == before
    _call_reaches_a_person(before)


def test_a_frozen_asterisk_is_replaced(box: Sandbox) -> None:
    frozen = _pid_of(box, "asterisk")
    os.kill(frozen, signal.SIGSTOP)
    box.up(with_agent=False)
    assert _pid_of(box, "asterisk") != frozen


def test_twelve_callers_at_once_each_reach_a_stand_in(box: Sandbox) -> None:
    _call_reaches_a_person(box.endpoints(), callers=12)


def test_asterisk_listens_on_loopback_only(box: Sandbox) -> None:
    found = _sockets_of(_pid_of(box, "asterisk"))
    listening = {address for table, address, state in found if table == "tcp" and state == "0A"}
    ports = box.ports()
    assert listening == {f"0100007F:{port:04X}" for port in (ports.ami, ports.ari)}
    # Only a resolver's client sockets may be bound elsewhere, and those have ephemeral ports.
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    fixed = {a for t, a, _ in found if t.startswith("udp") and int(a.split(":")[1], 16) < low}
    assert fixed == {f"0100007F:{ports.sip:04X}"}


def test_asterisk_lives_in_its_root_as_an_ordinary_user(box: Sandbox) -> None:
    pid = _pid_of(box, "asterisk")
    assert Path(f"/proc/{pid}/root").samefile(box.root)
    uids = next(
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "Uid:" in line
    )
    assert "0" not in uids.split()[1:]
    # Whatever it has open is its own, a pipe or a socket, or the log it was given.
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        target = os.readlink(descriptor)
        if target.startswith("/") and target != "/dev/null":
            assert Path(target).is_relative_to(box.directory)


def test_ami_and_ari_let_the_administrator_in(box: Sandbox) -> None:
    user, secret = box.ami_login()
    with socket.create_connection(("127.0.0.1", box.ports().ami), 5) as manager:
        action = f"Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\n\r\n"
        manager.sendall(action.encode())
        answer = b""
        while b"FullyBooted" not in answer:
            chunk = manager.recv(4096)
            assert chunk, answer
            answer += chunk
    settings = box.pbx.cli("manager show settings")
    assert settings is not None and "127.0.0.1" in settings


def test_the_installer_understands_what_a_running_asterisk_answers(box: Sandbox) -> None:
    one = Installation(box.root)
    manifest = Store(one.tree).manifest()
    checks = verify(one.tree, one.facts, manifest, box.pbx.cli)
    assert [check.name for check in checks if not check.ok] == []
    assert checks[-1].detail.startswith("the running Asterisk has the dialplan")
    assert checks[-1].detail.endswith("manager.conf, ari.conf")


def test_the_desk_phones_the_queues_and_the_mailbox_are_there(box: Sandbox) -> None:
    contacts = box.pbx.cli("pjsip show contacts") or ""
    for number in range(4):
        assert f"sip:{100 + number}@127.0.0.1:{box.ports().desk(number)} " in contacts
    assert "PJSIP/101" in (box.pbx.cli("queue show desk") or "")
    assert "No Members" in (box.pbx.cli("queue show empty") or "")
    assert "max 1)" in (box.pbx.cli("queue show full") or "")
    assert "Front desk" in (box.pbx.cli("voicemail show users") or "")


def test_the_trunk_speaks_the_three_codecs_and_keeps_the_media_to_itself(box: Sandbox) -> None:
    shown = box.pbx.cli("pjsip show endpoint trunk")
    assert shown is not None
    settings = dict(
        (part.strip() for part in line.split(":", 1)) for line in shown.splitlines() if ":" in line
    )
    assert settings["allow"] == "(ulaw|alaw|g722)"
    assert settings["direct_media"] == "false"
    assert settings["rtp_timeout"] == "0"


def test_two_run_side_by_side(box: Sandbox, make_sandbox: Maker) -> None:
    other = make_sandbox("other")
    endpoints = other.up(with_agent=False)
    assert box.ports().base != other.ports().base
    _call_reaches_a_person(endpoints)
    _call_reaches_a_person(box.endpoints())
    assert other.down()
    assert processes.find(other.directory) == []
    assert _mounts_below(other.directory) == []
    _call_reaches_a_person(box.endpoints())


def test_commands_that_overlap_start_one_pbx(make_sandbox: Maker) -> None:
    box = make_sandbox("shared")
    command = [sys.executable, "-m", "installer.sandbox", "up", "--json", "--no-agent"]
    both = [
        subprocess.Popen(
            [*command, "--dir", str(box.directory)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]
    one, two = (json.loads(process.communicate()[0]) for process in both)
    assert one == two
    assert len([p for p in processes.find(box.directory) if p.name == "asterisk"]) == 1


def test_ports_that_someone_took_meanwhile_are_exchanged(make_sandbox: Maker) -> None:
    box = make_sandbox("moving")
    first = box.up(with_agent=False)
    box.down()
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", box.ports().ami))
        stranger.listen()
        second = box.up(with_agent=False)
    assert first["ami"] != second["ami"]
    _call_reaches_a_person(second)


def test_changes_to_the_root_outlive_a_restart(box: Sandbox) -> None:
    note = box.root / "etc/asterisk/note.conf"
    note.write_text("; an administrator's own\n")
    box.down()
    box.up(with_agent=False)
    assert note.exists()


def test_down_leaves_no_process_and_no_mount_and_purge_no_file(make_sandbox: Maker) -> None:
    box = make_sandbox("brief")
    box.up(with_agent=False)
    assert _mounts_below(box.directory) == []
    assert box.status()["state"] == "degraded"
    assert box.down() is True
    assert processes.find(box.directory) == []
    assert _mounts_below(box.directory) == []
    assert box.status()["state"] == "down"
    assert box.down(purge=True) is False
    assert not box.directory.exists()


def test_a_purge_that_broke_off_leaves_a_sandbox_that_up_repairs(make_sandbox: Maker) -> None:
    box = make_sandbox("half")
    box.up(with_agent=False)
    # Something mounted in the root stops the deletion, after much of it is gone.
    mounted = f'mount -t tmpfs tmpfs "{box.root}/mnt" && exec "$@"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mounted, "sh", sys.executable, "-m", "installer.sandbox"]
        + ["down", "--purge", "--dir", str(box.directory)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: cannot delete") and done.stderr.count("\n") == 1
    assert box.root.exists() and not (box.root / "usr/sbin/asterisk").exists()
    _call_reaches_a_person(box.up(with_agent=False))


def test_a_folder_deleted_under_a_running_sandbox_does_not_hide_it(make_sandbox: Maker) -> None:
    box = make_sandbox("vanished")
    box.up(with_agent=False)
    remove_tree(box.directory)
    assert box.status()["state"] == "degraded"
    assert box.down() is True
    assert processes.find(box.directory) == []


def test_the_host_s_own_asterisk_files_are_not_touched(make_sandbox: Maker) -> None:
    # A system Asterisk may be at work meanwhile: of what it writes itself only existence counts.
    quiet = [Path("/etc/asterisk"), Path("/usr/share/asterisk")]
    busy = [Path(f"/{name}/asterisk") for name in ("run", "var/lib", "var/log", "var/spool")]

    def snapshot() -> list[tuple[str, int]]:
        files = [file for folder in quiet for file in (folder, *folder.rglob("*"))]
        changed = [(str(file), file.stat().st_ctime_ns) for file in files if file.exists()]
        return changed + [(str(folder), 0) for folder in busy if folder.exists()]

    before = snapshot()
    box = make_sandbox("apart")
    _call_reaches_a_person(box.up(with_agent=False))
    box.down()
    assert snapshot() == before


def _sockets_of(pid: int) -> list[tuple[str, str, str]]:
    """Return (table, local address in hex, state) of every internet socket a process has."""
    targets = [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    inodes = {t.removeprefix("socket:[").rstrip("]") for t in targets if t.startswith("socket:")}
    found = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes:
                found.append((table, fields[1], fields[3]))
    return found
