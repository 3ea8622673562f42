"""One Asterisk in a root of its own: its files, its processes, and when it is ready.

Asterisk runs in a chroot inside two namespaces. The mount namespace keeps its /proc out of the
host's mount table; the pid namespace makes everything it ever started die with its first process.
That first process is a shell that stays root: the kernel forgets "die with your parent" when a
process changes its user, as Asterisk does. So whichever of the three is killed, by whatever
signal, the other two end and nothing stays mounted.
"""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

from installer.sandbox import probes, processes
from installer.sandbox.errors import StartError
from installer.sandbox.pbx.render import PbxSettings, render

PART = "pbx"
_READY_TIMEOUT_S = 60.0  # two seconds on an idle machine
_PROBE_TIMEOUT_S = 1.0
_POLL_S = 0.02
_STOP_PATIENCE_S = 5.0
# -p, as in Debian's own service: with real-time priority the packets of ten calls keep their 20 ms
# (p99 20.3 ms) on a machine whose processors are busy; without it p99 is 22 ms.
_FIRST_PROCESS = """
mount -t proc proc "$1/proc" || exit 1
mkdir -p "$1/run/voiceagent" && mount --bind "$2" "$1/run/voiceagent" || exit 1
chroot "$1" /usr/sbin/asterisk -f -p -U asterisk -G asterisk &
wait $!
"""


class PortsTakenError(StartError):
    """Asterisk runs, but another program has one of its ports."""


class Pbx:
    """The Asterisk of one sandbox.

    Args:
        directory: The sandbox's folder.
        root: Its copy of the Debian root.
        log: File for what Asterisk prints before its own log opens.
        run_dir: The agent's folder of Unix sockets, which `setup.agi` in the root sees as
            /run/voiceagent.
    """

    def __init__(self, directory: Path, root: Path, log: Path, run_dir: Path) -> None:
        self._directory = directory
        self._root = root
        self._run_dir = run_dir
        self._log = log

    def write_files(self, settings: PbxSettings) -> None:
        """Write the administrator's files, owned by the root's own `asterisk` user."""
        uid, gid = self.asterisk_ids()
        for name, content in render(settings).items():
            path = self._root / name
            if not path.parent.exists():
                path.parent.mkdir(parents=True)
            path.write_bytes(content)
            path.chmod(0o640)
            os.chown(path, uid, gid)

    def start(self) -> None:
        """Start Asterisk and return at once; `wait_ready` says how that went."""
        # Asterisk resolves its own host name for every call's media; where nobody knows the name,
        # each call waits seconds for DNS.
        names = f"127.0.0.1 localhost {socket.gethostname()}\n"
        (self._root / "etc/hosts").write_text(names)
        # A private PBX asks nobody's DNS: a name it does not know fails at once.
        (self._root / "etc/resolv.conf").write_text("")
        # What a killed Asterisk left behind: its own control socket and pid file.
        for leftover in ("asterisk.ctl", "asterisk.pid"):
            (self._root / "run/asterisk" / leftover).unlink(missing_ok=True)
        self._run_dir.mkdir(parents=True, exist_ok=True)
        os.chown(self._run_dir, -1, self.asterisk_ids()[1])
        self._run_dir.chmod(0o750)
        namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--"]
        processes.start_detached(
            [
                *namespaces,
                "/bin/sh",
                "-c",
                _FIRST_PROCESS,
                "sandbox-pbx",
                str(self._root),
                str(self._run_dir),
            ],
            directory=self._directory,
            part=PART,
            env={
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME": "/var/lib/asterisk",
                "LANG": "C.UTF-8",
            },
            log=self._log,
        )

    def wait_ready(self, settings: PbxSettings, did: str) -> None:
        """Return when a call to `did` would be answered by this Asterisk's dialplan.

        Raises:
            PortsTakenError: If it booted, but another program answers on one of its ports.
            StartError: If it ended or did not boot in time.
        """
        deadline = time.monotonic() + _READY_TIMEOUT_S
        control = self._root / "run/asterisk/asterisk.ctl"
        while time.monotonic() < deadline:
            if not processes.find(self._directory, PART):
                raise StartError("Asterisk ended while starting", self._last_line())
            if control.exists() and self.cli("core waitfullybooted") is not None:
                break
            time.sleep(_POLL_S)
        else:
            raise StartError("Asterisk did not boot in time", self._last_line())
        if not self.is_ready(settings, did):
            raise PortsTakenError(
                "Asterisk is up, but not on its ports", f"another program has one; see {self._log}"
            )

    def is_ready(self, settings: PbxSettings, did: str) -> bool:
        """Say whether this very Asterisk answers on SIP, AMI and ARI."""
        return (
            bool(self.asterisk())
            and probes.sip_answers(settings.sip_port, did, _PROBE_TIMEOUT_S)
            and probes.ami_accepts(settings.ami_port, settings.ami_secret, _PROBE_TIMEOUT_S)
            and probes.ari_accepts(settings.ari_port, settings.ari_password, _PROBE_TIMEOUT_S)
        )

    def stop(self) -> None:
        """Stop Asterisk; calls in progress end."""
        processes.stop(self._directory, PART, self.asterisk(), _STOP_PATIENCE_S)

    def asterisk(self) -> list[processes.Process]:
        """Return the Asterisk process itself; empty when it does not run."""
        found = processes.find(self._directory, PART)
        pids = {process.pid for process in found if process.name == "asterisk"}
        # A forked AGI script still bears Asterisk's name until it becomes the script.
        return [p for p in found if p.pid in pids and p.parent_pid not in pids]

    def cli(self, command: str) -> str | None:
        """Run a command on Asterisk's CLI; None when it cannot be reached."""
        return probes.asterisk_cli(self._root, command, _READY_TIMEOUT_S)

    def asterisk_ids(self) -> tuple[int, int]:
        """Return user and group number of the root's Asterisk.

        They are in the root's own passwd file: the host may have given them to someone else.
        """
        for line in (self._root / "etc/passwd").read_text().splitlines():
            name, _, uid, gid, *_ = line.split(":")
            if name == "asterisk":
                return int(uid), int(gid)
        raise StartError("the Debian root has no user `asterisk`", "build it afresh")

    def _last_line(self) -> str:
        messages = self._root / "var/log/asterisk/full.log"
        for log in (self._log, messages):
            if log.exists():
                lines = log.read_text(errors="replace").split("\n")
                if found := [line.strip() for line in lines if line.strip()]:
                    return f"{found[-1]} (see {log})"
        return f"see {self._log}"
