"""The sandbox's processes: started detached, found by a mark, stopped without mistakes.

Every process of a sandbox carries two environment variables from birth, the sandbox's folder and
the part it belongs to, and every child inherits them. Looking for the mark in /proc therefore
finds exactly this sandbox's processes, also those whose parent was killed and those left by an
`up` that never finished, and never a stranger who was given an old process's number: no pid is
ever written down. A signal goes through a pidfd that was opened before the mark was checked, so
the number cannot change hands in between.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_DIR_MARK = "VA_SANDBOX_DIR"
_PART_MARK = "VA_SANDBOX_PART"
_PF_EXITING, _PF_KTHREAD = 0x4, 0x200000  # Linux include/linux/sched.h
_EXEC_S = 10.0  # an exec takes under a millisecond, unless its file is read from a busy disk
_CLOCK_TICKS_HZ = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Process:
    """One live process of a sandbox.

    Attributes:
        pid: Its number in the host's pid namespace.
        parent_pid: Its parent's number there.
        part: The part it was started for ("pbx" or "agent").
        name: The kernel's short name of the program.
        uptime_s: Seconds since it started.
    """

    pid: int
    parent_pid: int
    part: str
    name: str
    uptime_s: float


def start_detached(
    command: Sequence[str], *, directory: Path, part: str, env: Mapping[str, str], log: Path
) -> None:
    """Start a process that outlives this one, is nobody's child and appends to `log`.

    Args:
        command: The program, by absolute path, and its arguments.
        directory: The sandbox's folder, the first half of the mark.
        part: The second half of the mark.
        env: The whole environment, without the mark.
        log: Where stdout and stderr go.
    """
    marked = {**env, _DIR_MARK: str(directory), _PART_MARK: part}
    with log.open("ab") as output:
        # setsid forks and its first half exits at once, so there is no child left to wait for.
        subprocess.run(
            ["setsid", "--fork", *command],
            env=marked,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=True,
        )


def find(directory: Path, part: str | None = None) -> list[Process]:
    """Return the live processes of the sandbox in `directory`, oldest number first."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (process := _read(int(entry), directory)) is not None:
            if part is None or process.part == part:
                found.append(process)
    return sorted(found, key=lambda process: process.pid)


def heads(processes: Sequence[Process]) -> list[Process]:
    """Return those whose parent is not among them: whom to ask to stop."""
    pids = {process.pid for process in processes}
    return [process for process in processes if process.parent_pid not in pids]


def send(processes: Sequence[Process], directory: Path, signum: signal.Signals) -> None:
    """Signal each process that still is what it was when it was found."""
    for process in processes:
        try:
            pidfd = os.pidfd_open(process.pid)
        except ProcessLookupError:
            continue
        try:
            if _part_of(process.pid, directory) == process.part:
                signal.pidfd_send_signal(pidfd, signum)
        except ProcessLookupError:
            pass
        finally:
            os.close(pidfd)


def wait_gone(directory: Path, part: str | None, timeout_s: float) -> bool:
    """Wait until no process of the sandbox (or of one part) is left; say whether that came."""
    deadline = time.monotonic() + timeout_s
    while left := find(directory, part):
        for process in left:
            remaining_s = deadline - time.monotonic()
            if remaining_s <= 0 or not _wait_exit(process.pid, remaining_s):
                return False
    return True


def stop(directory: Path, part: str, ask: Sequence[Process], patience_s: float) -> None:
    """Ask a part to end, and end it when it does not.

    Args:
        directory: The sandbox's folder.
        part: The part to stop.
        ask: The processes that get SIGTERM first.
        patience_s: How long they may take before everything of the part gets SIGKILL.
    """
    send(ask, directory, signal.SIGTERM)
    if ask and wait_gone(directory, part, patience_s):
        return
    # A killed process may have had a child on the way: look again until nothing is found.
    deadline = time.monotonic() + 10
    while (left := find(directory, part)) and time.monotonic() < deadline:
        send(left, directory, signal.SIGKILL)
        wait_gone(directory, part, 0.5)


def _wait_exit(pid: int, timeout_s: float) -> bool:
    # A dying process loses its mark before it closes its sockets; a pidfd reports the very end.
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poller = select.poll()
        poller.register(pidfd, select.POLLIN)
        return bool(poller.poll(timeout_s * 1000))
    finally:
        os.close(pidfd)


def _part_of(pid: int, directory: Path) -> str | None:
    environ = _environ(pid)
    if f"{_DIR_MARK}={directory}".encode() not in environ:
        return None
    prefix = f"{_PART_MARK}=".encode()
    for entry in environ:
        if entry.startswith(prefix):
            return entry.removeprefix(prefix).decode()
    return None


def _environ(pid: int) -> list[bytes]:
    """Return the environment of a process; empty when it has none or is no more."""
    deadline = time.monotonic() + _EXEC_S
    while True:
        try:
            content = Path(f"/proc/{pid}/environ").read_bytes()
            if content or _has_no_environ(pid) or time.monotonic() > deadline:
                return content.split(b"\0")
        except OSError:
            return []
        time.sleep(0.001)


def _has_no_environ(pid: int) -> bool:
    # Half-way through exec a process has its new memory but not yet an environment in it, so an
    # empty answer counts only from a kernel thread, from whoever is exiting, and from a process
    # whose environment is there and has no length.
    _, fields = _stat(pid)
    flags, start, end = (int(fields[n]) for n in (6, 47, 48))  # proc(5): fields 9, 50 and 51
    return bool(flags & (_PF_KTHREAD | _PF_EXITING)) or (start == end != 0)


def _stat(pid: int) -> tuple[str, list[str]]:
    """Return the name and the fields from the third on of /proc/PID/stat."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    # The name is in brackets and may hold anything; the fields proper start after the last one.
    return stat[stat.index("(") + 1 : stat.rindex(")")], stat[stat.rindex(")") + 2 :].split()


def _read(pid: int, directory: Path) -> Process | None:
    part = _part_of(pid, directory)
    if part is None:
        return None
    try:
        name, fields = _stat(pid)
        boot_age_s = float(Path("/proc/uptime").read_text().split()[0])
    except OSError:
        return None
    started_s = int(fields[19]) / _CLOCK_TICKS_HZ  # proc(5): field 22, starttime
    return Process(pid, int(fields[1]), part, name, max(0.0, boot_age_s - started_s))
