"""One machine: booted, looked into, called, and gone without a trace.

Its first process is systemd in namespaces of its own, tied to the test process's life: when that
ends, however it ends, the kernel ends everything in here, and the mounts with it. The only thing
that is left then is an empty control group, which the next machine sweeps away.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.live_pbx.image import stacked

_BOOT_S = 120.0  # two seconds on an idle machine
_POLL_S = 0.05
_CLONE_NEWNET = 0x40000000
_GROUPS = "voiceagent-live-"
# cgroup2 is mounted afresh, because where the host has it differs; the machine sees only its own.
_OUTSIDE = """
set -e
mount --make-rprivate /
mount -t cgroup2 cgroup2 "$1/cgroup"
mkdir "$1/cgroup/$2"
echo $$ > "$1/cgroup/$2/cgroup.procs"
exec unshare --cgroup -- /bin/sh -c "$3" machine "$1" "$4"
"""
_FIRST_PROCESS = """
set -e
root=$1/root
umount "$1/cgroup"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for name in null zero full random urandom tty; do
    : > "$root/dev/$name"
    mount --bind "/dev/$name" "$root/dev/$name"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
cd "$root"
mkdir run/outside
pivot_root . run/outside
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=test /bin/sh -c \
    'umount -l /run/outside && rmdir /run/outside && exec /lib/systemd/systemd "$@"' \
    init --log-target=journal --show-status=no
"""
_ENV = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
}


class MachineError(RuntimeError):
    """A machine did not do what was asked; the text is what it said."""


_TRY = """
mkdir "$1/lower" "$1/upper" "$1/work" "$1/root" || exit 1
mount -t overlay overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" "$1/root" &&
    mount -t cgroup2 cgroup2 "$1/root"
"""


def why_not(folder: Path) -> str:
    """Return why no machine can be made in an empty folder; nothing if one can."""
    shell = ["unshare", "--mount", "--net", "--", "/bin/sh", "-c", _TRY, "try", str(folder)]
    tried = subprocess.run(shell, stderr=subprocess.PIPE, text=True)
    return tried.stderr.strip().split("\n")[0] if tried.returncode else ""


class Machine:
    """A customer's machine.

    Args:
        directory: Its folder, on a disk that overlays can be on.
        layers: What it is made of, lowest first.
    """

    def __init__(self, directory: Path, layers: Sequence[Path]) -> None:
        self._directory = directory
        self._layers = list(layers)
        self._group = ""
        self._outer: subprocess.Popen[bytes] | None = None
        for name in ("upper", "work", "root", "cgroup"):
            (directory / name).mkdir(parents=True, exist_ok=True)

    @property
    def root(self) -> Path:
        """Its file system, seen from here."""
        return Path(f"/proc/{self.pid}/root")

    @property
    def pid(self) -> int:
        """The number of its first process, seen from here.

        Raises:
            MachineError: If it is not running.
        """
        if self._outer is not None and self._outer.poll() is None:
            outer = self._outer.pid
            children = Path(f"/proc/{outer}/task/{outer}/children").read_text().split()
            if children:
                return int(children[0])
        raise MachineError(f"the machine is not running: {self._log()}")

    def write(self, files: Mapping[str, str], owner: str = "") -> None:
        """Write files before the first boot, or while it is off; those below /etc/asterisk 0640.

        Args:
            files: Texts by path below the root.
            owner: ``uid:gid``; root's when empty.
        """
        uid, gid = (int(one) for one in owner.split(":")) if owner else (0, 0)
        for name, text in files.items():
            path = self._directory / "upper" / name
            self._make_folder(path.parent)
            path.write_bytes(text.encode())
            path.chmod(0o640 if name.startswith("etc/asterisk/") else 0o644)
            os.chown(path, uid, gid)

    def account(self, name: str) -> tuple[int, int]:
        """Return user and group number of an account of its own."""
        for line in (self._layers[0] / "etc/passwd").read_text().splitlines():
            fields = line.split(":")
            if fields[0] == name:
                return int(fields[2]), int(fields[3])
        raise MachineError(f"there is no account {name}")

    # ---- power ----

    def boot(self) -> None:
        """Switch it on; returns when Asterisk takes calls."""
        _sweep()
        self._group = _GROUPS + secrets.token_hex(4)
        tie = ["setpriv", "--pdeathsig", "KILL"]
        spaces = ["unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--fork"]
        shell = ["--kill-child=KILL", "--", "/bin/sh", "-c", _OUTSIDE, "machine"]
        places = [str(self._directory), self._group, _FIRST_PROCESS, stacked(self._layers)]
        with (self._directory / "console.log").open("wb") as log:
            self._outer = subprocess.Popen(
                [*tie, *spaces, *shell, *places],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._await_system()
        self.await_asterisk()

    def off(self) -> None:
        """Pull the plug; the disk keeps what was written."""
        if self._outer is not None:
            self._outer.kill()
            self._outer.wait()
            self._outer = None
        _sweep()

    # ---- what an admin does there ----

    def run(
        self,
        *command: str,
        env: Mapping[str, str] | None = None,
        given: str | None = None,
        timeout_s: float = 120.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command there as root; the text it prints is in the result, errors included."""
        words = [*self._entering(), *(f"{k}={v}" for k, v in {**_ENV, **(env or {})}.items())]
        source = {"stdin": subprocess.DEVNULL} if given is None else {"input": given}
        return subprocess.run(
            [*words, *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout_s,
            **source,  # type: ignore[arg-type]
        )

    def do(self, *command: str, env: Mapping[str, str] | None = None) -> str:
        """Run a command that must succeed; returns what it printed.

        Raises:
            MachineError: If it fails.
        """
        done = self.run(*command, env=env)
        if done.returncode:
            raise MachineError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}")
        return done.stdout

    def asterisk(self, command: str) -> str:
        """Ask the running Asterisk."""
        return self.do("sh", "-c", 'exec asterisk -rx "$1" 2>/dev/null', "ask", command)

    @contextmanager
    def network(self) -> Iterator[None]:
        """Open sockets in the machine's network meanwhile, in this thread and its new ones."""
        libc = ctypes.CDLL(None, use_errno=True)
        with (
            open("/proc/thread-self/ns/net", "rb") as here,
            open(f"/proc/{self.pid}/ns/net", "rb") as there,
        ):
            _enter(libc, there.fileno())
            try:
                yield
            finally:
                _enter(libc, here.fileno())

    # ---- how ----

    def _entering(self) -> list[str]:
        spaces = ["-m", "-u", "-i", "-n", "-p", "-C"]
        return ["nsenter", "-t", str(self.pid), *spaces, "-r", "-w", "--", "env", "-i"]

    def _make_folder(self, folder: Path) -> None:
        """Make a folder of the upper layer like the one it covers."""
        if folder.exists():
            return
        self._make_folder(folder.parent)
        folder.mkdir()
        below = folder.relative_to(self._directory / "upper")
        for layer in reversed(self._layers):
            if (layer / below).is_dir():
                model = (layer / below).stat()
                folder.chmod(model.st_mode & 0o7777)
                os.chown(folder, model.st_uid, model.st_gid)
                return

    def _await_system(self) -> None:
        state = ""
        deadline = time.monotonic() + _BOOT_S
        while time.monotonic() < deadline:
            if self._outer is None or self._outer.poll() is not None:
                raise MachineError(f"the machine went off while booting: {self._log()}")
            try:
                state = self.run("systemctl", "is-system-running").stdout.strip()
            except MachineError:
                state = "not even begun"
            if state == "running":
                return
            if state == "degraded":
                failed = self.run("systemctl", "--failed", "--no-legend").stdout
                raise MachineError(f"not everything started:\n{failed}")
            time.sleep(_POLL_S)
        raise MachineError(f"the machine did not boot in time: {state}; {self._log()}")

    def await_asterisk(self) -> None:
        """Return when Asterisk takes calls."""
        deadline = time.monotonic() + _BOOT_S
        while time.monotonic() < deadline:
            if self.run("asterisk", "-rx", "core waitfullybooted").returncode == 0:
                return
            time.sleep(_POLL_S)
        raise MachineError(f"Asterisk did not start: {self.run('systemctl', 'status').stdout}")

    def await_agent(self) -> None:
        """Return when the agent has its links to Asterisk."""
        deadline = time.monotonic() + _BOOT_S
        while "voiceagent" not in self.asterisk("ari show apps"):
            if time.monotonic() > deadline:
                raise MachineError(f"no agent: {self.run('systemctl', 'status').stdout}")
            time.sleep(_POLL_S)

    def _log(self) -> str:
        log = self._directory / "console.log"
        said = log.read_text(errors="replace").strip() if log.exists() else ""
        return said.split("\n")[-1] or "it said nothing"


def _enter(libc: ctypes.CDLL, descriptor: int) -> None:
    if libc.setns(descriptor, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "setns")


_SWEEP = """
mount -t cgroup2 cgroup2 "$1" || exit 0
for group in "$1/$2"*; do
    grep -qs 'populated 0' "$group/cgroup.events" || continue
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
done
exit 0
"""


def _sweep() -> None:
    """Remove the control groups of machines that are off; those of others are not empty."""
    command = ["unshare", "--mount", "--", "/bin/sh", "-c", _SWEEP, "sweep", "/mnt", _GROUPS]
    for _ in range(3):  # the kernel takes a moment to let go of what was killed
        subprocess.run(command, check=False)
        time.sleep(_POLL_S)
