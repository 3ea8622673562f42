"""The machine: its clock, its disks, what guards the agent's secrets, who else is in its Python."""

from __future__ import annotations

import asyncio
import ctypes
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from installer.doctor.findings import Finding, NotLookedAtError, green, red, unseen, yellow
from installer.doctor.scene import Scene

DISTRIBUTION = "asterisk-voiceagent"
PACKAGES = ("agi", "ari_app", "audiosocket_agent", "asterisk_conf", "installer")
_SELINUX = Path("/sys/fs/selinux/enforce")
_LOW_BYTES, _EMPTY_BYTES = 1 << 30, 100 << 20  # a day of recordings; an hour of them
_LOW_INODES = 2_000
_TIME_ERROR = 5  # adjtimex(2): nobody sets this clock
_UNSURE_US = 1_000_000


class _Timex(ctypes.Structure):
    """The start of struct timex of adjtimex(2); the rest is reserved room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 512),
    )


async def clock(_scene: Scene) -> list[Finding]:
    """See whether the clock is sane and somebody sets it."""
    return [await asyncio.to_thread(_clock)]


async def disk(scene: Scene) -> list[Finding]:
    """See how much room there is where calls are written."""
    settings = scene.settings
    places = {
        "the database": settings.data_dir,
        "sounds": settings.sounds_dir,
        "recordings": settings.recordings_dir,
    }
    with suppress(NotLookedAtError):
        pbx = await scene.pbx()
        places["Asterisk's spool"] = pbx.tree.host(pbx.facts.spool)
    seen: dict[int, Finding] = {}
    for name, folder in places.items():
        with suppress(OSError):
            there = next(one for one in (folder, *folder.parents) if one.exists())
            finding = _room(name, folder, os.statvfs(there))
            seen.setdefault(there.stat().st_dev, finding)
    worse = [one for one in seen.values() if one.what_to_do]
    return worse or list(seen.values())


async def settings_file(scene: Scene) -> list[Finding]:
    """See who can read the file that holds the secrets."""
    scene.need_own_agent()
    path = scene.settings_file
    if path is None:
        return [unseen("no settings file is in use; the environment holds the settings")]
    try:
        status = path.stat()
    except FileNotFoundError:
        return [unseen(f"there is no {path}", "voiceagent-install writes one")]
    except OSError as error:
        return [unseen(f"{path}: {error.strerror}", "run this as root")]
    mode = stat.S_IMODE(status.st_mode)
    if mode & stat.S_IRWXO:
        seen = f"everybody on this machine can read the secrets in {path} (mode {mode:04o})"
        return [red(seen, f"chmod 0640 {path}")]
    if mode & stat.S_IWGRP:
        seen = f"Asterisk's group may change {path} (mode {mode:04o})"
        return [yellow(seen, f"chmod 0640 {path}")]
    return [green(f"{path} is kept from others (mode {mode:04o})")]


async def packages(_scene: Scene) -> list[Finding]:
    """Look for other distributions with files under our packages' names."""
    foreign = await asyncio.to_thread(lambda: sorted(foreign_owners()))
    findings = [
        red(
            f"{owner} has files of its own in the package {package}",
            f"pip uninstall {owner}, then install {DISTRIBUTION} again, in a venv of its own",
        )
        for owner, package in foreign
    ]
    return findings or [green(f"{', '.join(PACKAGES)} are ours alone")]


async def selinux(_scene: Scene) -> list[Finding]:
    """See whether SELinux enforces."""
    said = await asyncio.to_thread(_selinux)
    if not said:
        return [green("this kernel runs without SELinux")]
    if said != "1":
        return [green("SELinux only watches")]
    return [
        yellow(
            "SELinux enforces, and may keep Asterisk from connecting to the agent",
            "place a test call, then ausearch -m avc -c asterisk; allow what it names",
        )
    ]


def foreign_owners(paths: list[str] | None = None) -> Iterator[tuple[str, str]]:
    """Yield each other distribution with files in a package of ours, and which package.

    Args:
        paths: Folders to look in; where Python looks when omitted.
    """
    found = metadata.distributions() if paths is None else metadata.distributions(path=paths)
    for one in found:
        name = one.metadata["Name"] or "a distribution without a name"
        if name == DISTRIBUTION:
            continue
        # The list of files as text: taking it apart would cost a second.
        listed = one.read_text("RECORD") or one.read_text("installed-files.txt") or ""
        tops = {line.partition("/")[0] for line in listed.splitlines() if "/" in line}
        for package in sorted(tops.intersection(PACKAGES)):
            yield name, package


def _room(name: str, folder: Path, room: os.statvfs_result) -> Finding:
    free = room.f_bavail * room.f_frsize
    said = f"{free / (1 << 30):.1f} GB free for {name} ({folder})"
    advice = f"make room there, or move {name}"
    if free < _EMPTY_BYTES:
        return red(said, advice)
    if free < _LOW_BYTES:
        return yellow(said, advice)
    # Some file systems have no fixed number of files, and say 0 of 0.
    if room.f_files and room.f_favail < _LOW_INODES:
        return yellow(f"{said}, but room for {room.f_favail} more files only", advice)
    return green(said)


def _clock() -> Finding:
    # Never before these files were made: a clock that starts at 1970 or at the image's day.
    if time.time() < Path(__file__).stat().st_mtime:
        seen = f"the clock says {time.strftime('%Y-%m-%d')}, which is past"
        return red(f"{seen}: opening hours and certificates fail", "timedatectl set-ntp true")
    timex = _Timex()
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    now = time.strftime("%Y-%m-%d %H:%M %Z")
    if state == -1:
        return unseen(f"the kernel does not say who sets the clock ({now})")
    if state == _TIME_ERROR or timex.maxerror > _UNSURE_US:
        seen = f"{now}, but nothing keeps the clock right"
        return yellow(f"{seen}: opening hours drift", "timedatectl set-ntp true")
    return green(f"{now}, kept right to {timex.maxerror / 1000:.0f} ms")


def _selinux() -> str:
    with suppress(OSError):
        return _SELINUX.read_text().strip()
    return ""
