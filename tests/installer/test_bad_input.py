"""What stands in the way of a run: said in one line with what to do, and nothing half done."""

import contextlib
import fcntl
import os
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from asterisk_conf import BundleParams
from installer.api import Installation
from installer.errors import ConflictError, InstallError, NotAPbxError, WriteError
from installer.system import SystemParams
from tests.installer import trees
from tests.installer.machine import Machine

PROJECT = Path(__file__).parent.parent.parent
PARAMS = BundleParams(queue="reception")
STATE = "var/lib/voiceagent-install"
CONFIG = "etc/asterisk"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root")


@pytest.fixture
def root(tmp_path):
    trees.build("debian22", tmp_path / "root")
    return tmp_path / "root"


def open_at(root, machine=None):
    return Installation(
        root,
        compile_scripts=trees.compiler(root),
        ask=machine.ask if machine else None,
        systemctl=machine.systemctl if machine else None,
    )


def install(root, machine=None, params=PARAMS, system=None):
    one = open_at(root, machine)
    return one.apply(one.plan_install(params, system))


def refused(error, root, said, **how):
    """Install, see it refused in one line, and everything as it was."""
    before = trees.image(root)
    with pytest.raises(error, match=said) as failed:
        install(root, **how)
    assert str(failed.value).count("\n") == 0 and str(failed.value).endswith(".")
    assert trees.image(root) == before
    return failed.value


@contextlib.contextmanager
def small_disk(folder, size_kb):
    """Put a file system of a given size under a folder that may have files in it."""
    folder.mkdir(exist_ok=True)
    status = folder.stat()
    owner = f"uid={status.st_uid},gid={status.st_gid},mode={status.st_mode & 0o777:o}"
    with tempfile.TemporaryDirectory() as copy:
        subprocess.run(["cp", "-a", f"{folder}/.", copy], check=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size_kb}k,{owner}", "tmpfs", str(folder)]
        subprocess.run(mount, check=True)
        try:
            subprocess.run(
                ["cp", "-a", "--no-preserve=timestamps", f"{copy}/.", folder], check=True
            )
            yield
        finally:
            subprocess.run(["umount", str(folder)], check=True)


def free_kb(folder):
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize // 1024


def fill(folder, leave_kb):
    """Fill a disk but for so much."""
    with (folder / "filler").open("wb") as filler:
        filler.write(b"x" * 1024 * max(0, free_kb(folder) - leave_kb))


@needs_root
@pytest.mark.parametrize("leave_kb", [0, 4, 12, 24])
def test_a_disk_full_of_configuration_leaves_everything_as_it_was(root, leave_kb):
    with small_disk(root / CONFIG, 2048):
        fill(root / CONFIG, leave_kb)
        error = refused(WriteError, root, "No space left on device; nothing was changed")
        assert error.where.startswith(str(root / CONFIG)) and error.where.endswith(".conf")
        assert error.what_to_do.startswith("Make room")
        (root / CONFIG / "filler").unlink()
        install(root)
        assert open_at(root).installed


@needs_root
def test_a_disk_full_of_our_own_memory_leaves_everything_as_it_was_however_late(root, tmp_path):
    machine = Machine(root, tmp_path / "memory")
    (root / STATE).mkdir(mode=0o700)
    with small_disk(root / STATE, 512):
        for leave_kb in (0, 4, 8, 16, 24, 32, 48, 64, 96):
            fill(root / STATE, leave_kb)
            before, known = trees.image(root), dict(machine.asterisk.known)
            try:
                install(root, machine)
            except WriteError as error:
                assert "No space left" in str(error) and "nothing was changed" in str(error)
                assert trees.image(root) == before and machine.asterisk.known == known
            else:
                break
            finally:
                (root / STATE / "filler").unlink()
        else:
            pytest.fail("it never fits")
        assert leave_kb > 0 and open_at(root).installed
        # The same with an installation there: what it remembers must not suffer.
        memory = trees.image(root / STATE)
        fill(root / STATE, 4)
        with pytest.raises(WriteError, match="nothing was changed"):
            install(root, machine, BundleParams(queue="sales"))
        (root / STATE / "filler").unlink()
        assert trees.image(root / STATE) == memory
        install(root, machine, BundleParams(queue="sales"))


@needs_root
def test_a_full_disk_does_not_keep_undo_from_giving_back(root):
    before = trees.image(root)
    (root / STATE).mkdir(mode=0o700)
    with small_disk(root / STATE, 512):
        install(root)
        fill(root / STATE, 24)  # the journal of an undo fits, no more
        one = open_at(root)
        with contextlib.suppress(WriteError):
            one.apply(one.plan_undo())
        assert not one.interrupted
        (root / STATE / "filler").unlink()
        one = open_at(root)
        one.apply(one.plan_undo())
    (root / STATE).rmdir()
    assert trees.image(root) == before


@needs_root
def test_a_file_system_that_is_read_only_is_named(root):
    with small_disk(root / CONFIG, 2048):
        subprocess.run(["mount", "-o", "remount,ro", str(root / CONFIG)], check=True)
        refused(WriteError, root, "Read-only file system; nothing was changed")


@contextlib.contextmanager
def immutable(path):
    """Set a file's immutable flag (chattr +i), where the file system has one."""
    get, set_, flag = 0x80086601, 0x40086602, 0x10  # FS_IOC_GETFLAGS, SETFLAGS, FS_IMMUTABLE_FL
    with path.open("rb") as file:
        try:
            flags = struct.unpack("l", fcntl.ioctl(file, get, struct.pack("l", 0)))[0]
            fcntl.ioctl(file, set_, struct.pack("l", flags | flag))
        except OSError:
            pytest.skip("this file system has no immutable files")
        try:
            yield
        finally:
            fcntl.ioctl(file, set_, struct.pack("l", flags))


def test_a_file_that_is_immutable_is_named(root):
    with immutable(root / CONFIG / "extensions.conf"):
        error = refused(WriteError, root, "not permitted; nothing was changed")
        assert "extensions.conf" in error.where and "lsattr" in error.what_to_do
    install(root)


def test_a_file_nobody_may_write_is_changed_and_keeps_its_mode(root):
    path = root / CONFIG / "extensions.conf"
    path.chmod(0o444)
    before = trees.image(root)
    install(root)
    assert b"voiceagent" in path.read_bytes() and path.stat().st_mode & 0o777 == 0o444
    one = open_at(root)
    one.apply(one.plan_undo())
    assert trees.image(root) == before


AS_NOBODY = """
import os, sys
from pathlib import Path
from asterisk_conf import BundleParams
from installer.api import Installation
from installer.errors import InstallError
os.setgroups([]); os.setgid(65534); os.setuid(65534)
one = Installation(Path(sys.argv[1]))
for act in (lambda: one.plan_install(BundleParams()), one.plan_undo, one.recover):
    try:
        act()
        print("done")
    except InstallError as error:
        print(error.exit_code, error)
"""


def as_nobody(root):
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(root)], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@needs_root
def test_the_wrong_user_is_told_to_use_sudo_before_anything_is_done():
    lines = as_nobody("/")
    assert len(lines) == 3
    for line in lines:
        assert line.startswith("5 ") and "takes root" in line and "Run this with sudo." in line


@needs_root
def test_files_that_cannot_be_read_are_named(root):
    for folder in (root, *root.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
        if folder.name.startswith("bt_") or folder == Path("/tmp"):
            break
    (root / CONFIG).chmod(0o755)
    (root / CONFIG / "extensions.conf").chmod(0o600)
    plan, undo, _ = as_nobody(root)
    assert "extensions.conf: it cannot be read (Permission denied)" in plan and "sudo" in plan
    assert plan.startswith("5 ")  # there is an Asterisk
    assert undo == "done"  # nothing is installed
    (root / CONFIG / "extensions.conf").chmod(0o644)
    install(root)
    _, undo, recover = as_nobody(root)
    assert undo.startswith("5 ") and "manifest.json: it cannot be read. Run this with sudo." in undo
    assert "Permission denied" in recover and "sudo" in recover


def test_a_port_of_the_agent_that_somebody_has_is_named_with_who(root, tmp_path):
    machine = Machine(root, tmp_path / "memory")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        system = SystemParams(values={"VOICEAGENT_AUDIOSOCKET_PORT": str(port)})
        error = refused(ConflictError, root, "AudioSocket", machine=machine, system=system)
        assert error.where == f"127.0.0.1:{port}" and f"(process {os.getpid()})" in error.what
        assert "VOICEAGENT_AUDIOSOCKET_PORT" in error.what_to_do
        install(root, system=system)  # where nothing is started, nobody can be in the way


def test_a_tree_without_asterisk_is_refused(tmp_path):
    (tmp_path / "var/lib").mkdir(parents=True)
    refused(NotAPbxError, tmp_path, "Install Asterisk first")


def test_a_context_of_the_admins_under_our_name_is_refused(root):
    path = root / CONFIG / "extensions.conf"
    path.write_bytes(path.read_bytes() + b"\n[voiceagent-in]\nexten => s,1,Hangup()\n")
    error = refused(ConflictError, root, "context .voiceagent-in. of its own")
    assert error.where.startswith("/etc/asterisk/extensions.conf:")
    assert isinstance(error, InstallError)
