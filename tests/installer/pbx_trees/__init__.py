"""Builds whole PBX trees, with all that git cannot keep."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from asterisk_conf.modules import NEEDED
from tests.installer import trees

DATA = Path(__file__).parent
LONG_AGO_NS = 1_234_567_890_123_456_789  # February 2009, with a fraction


@dataclass(frozen=True)
class Kind:
    """What a tree has besides its files.

    Attributes:
        agi_bin: Where AGI scripts go.
        modules: Where Asterisk's modules are.
        users: Names of the user and the group Asterisk runs as.
        roots: Whether the configuration is the superuser's, not Asterisk's.
        links: Links and where they lead.
        modes: Files with modes of their own.
        owners: Files with owners of their own, by number.
    """

    agi_bin: str
    modules: str
    users: tuple[str, str] = ("asterisk", "asterisk")
    roots: bool = False
    links: dict[str, str] = field(default_factory=dict)
    modes: dict[str, int] = field(default_factory=dict)
    owners: dict[str, tuple[int, int]] = field(default_factory=dict)


_WEB = "/var/www/html/admin/modules"
_FREEPBX_LINKS = {
    "etc/asterisk/extensions.conf": f"{_WEB}/core/etc/extensions.conf",
    "etc/asterisk/http.conf": f"{_WEB}/core/etc/http.conf",
    "etc/asterisk/ari.conf": f"{_WEB}/arimanager/etc/ari.conf",
}
KINDS = {
    "upstream": Kind(
        "var/lib/asterisk/agi-bin", "usr/lib/asterisk/modules", users=("root", "root"), roots=True
    ),
    "freepbx16": Kind(
        "var/lib/asterisk/agi-bin", "usr/lib64/asterisk/modules", links=_FREEPBX_LINKS
    ),
    "freepbx17": Kind(
        "var/lib/asterisk/agi-bin",
        "usr/lib/x86_64-linux-gnu/asterisk/modules",
        links=_FREEPBX_LINKS,
    ),
    "handmade": Kind(
        "opt/pbx/agi",
        "opt/pbx/modules",
        users=("pbx", "pbx"),
        links={
            "etc/asterisk": "../srv/pbx etc",
            "srv/pbx etc/extensions.conf": "/srv/plans/./main plan.conf",
            "srv/pbx etc/queues.conf": "shared/all.conf",
            "srv/pbx etc/shared": "../queues",
            "srv/pbx etc/sites/west": "north",
            "srv/pbx etc/circle.conf": "circle.conf",
            "srv/pbx etc/dangling.conf": "/nowhere/at/all",
            "opt/pbx/data": "/var/real data",
        },
        modes={
            "srv/plans/main plan.conf": 0o444,
            "srv/pbx etc/manager.conf": 0o440,
            "srv/pbx etc/ari.conf": 0o600,
            "srv/pbx etc/http.conf": 0o4755,
            "srv/queues/all.conf": 0o000,
        },
        owners={
            "srv/plans/main plan.conf": (4711, 4712),
            "srv/pbx etc/manager.conf": (0, 33),
            "srv/queues/all.conf": (65534, 65534),
        },
    ),
}


def build(name: str, root: Path) -> Kind:
    """Copy a tree to `root`, which must not exist, and furnish it."""
    kind = KINDS[name]
    shutil.copytree(DATA / name, root)
    user, group = (trees.OWNER, trees.OWNER_GROUP) if kind.roots else (trees.USER, trees.GROUP)
    for path in sorted(root.rglob("*")):
        os.chown(path, user, group)
        path.chmod(0o750 if path.is_dir() else 0o640)
    furnish(root, kind)
    for link, target in kind.links.items():
        place = root / link
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)
    if os.geteuid() == 0:
        for file, numbers in kind.owners.items():
            os.chown(root / file, *numbers)
    for file, mode in kind.modes.items():
        # Only the superuser reads a file that nobody may read.
        (root / file).chmod(mode if os.geteuid() == 0 else mode | 0o400)
    age(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return kind


def furnish(root: Path, kind: Kind) -> None:
    """Add what an operating system has around a configuration."""
    for folder in (
        kind.agi_bin,
        kind.modules,
        "etc",
        "usr/bin",
        "usr/lib/systemd",
        "var/lib",
        "var/spool",
    ):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "var/real data/sounds").mkdir(parents=True, exist_ok=True)
    for module in NEEDED:
        (root / kind.modules / f"{module.name}.so").touch()
    (root / "usr/bin" / trees.PYTHON).touch(mode=0o755)
    (root / "usr/bin/python3").symlink_to(trees.PYTHON)
    (root / "usr/lib/systemd/systemd").touch(mode=0o755)
    user, group = kind.users
    passwd = {"root": (trees.OWNER, trees.OWNER_GROUP), user: (trees.USER, trees.GROUP)}
    groups = {"root": trees.OWNER_GROUP, group: trees.GROUP}
    if kind.roots:
        passwd, groups = {"root": passwd["root"]}, {"root": groups["root"]}
    (root / "etc/passwd").write_text(
        "".join(f"{name}:x:{uid}:{gid}::/:/bin/sh\n" for name, (uid, gid) in passwd.items())
    )
    (root / "etc/group").write_text("".join(f"{name}:x:{gid}:\n" for name, gid in groups.items()))


def age(paths: Iterable[Path]) -> None:
    """Give files an old time and, where the file system has them, extended attributes."""
    for path in paths:
        try:
            os.setxattr(path, "user.origin", path.name.encode())
        except OSError:
            pass  # not on every file system
        os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS))


def image(root: Path) -> dict[str, tuple[object, ...]]:
    """Return all there is below a folder, extended attributes included."""
    found = trees.image(root)
    for name, facts in found.items():
        path = root / name
        names = os.listxattr(path, follow_symlinks=False)
        if names and facts[0] == "file":
            attributes = tuple((one, os.getxattr(path, one)) for one in sorted(names))
            found[name] = (*facts, attributes)
    return found


def build_debian(image: Path, root: Path) -> None:
    """Build a tree as Debian's packages leave it, out of the sandbox's Debian root.

    Args:
        image: That root; only looked at.
        root: The folder to make.
    """
    etc, share = "etc/asterisk", "usr/share/asterisk"
    for name in (etc, share):
        (root / name).parent.mkdir(parents=True)
    copied = ["cp", "--archive", "--", str(image / etc), str(root / "etc")]
    subprocess.run(copied, check=True)
    (root / share).mkdir()
    for entry in sorted((image / share).iterdir()):
        if entry.is_symlink() or entry.name in ("agi-bin", "sounds"):
            copied = ["cp", "--archive", "--", str(entry), str(root / share)]
            subprocess.run(copied, check=True)
    for name in ("etc/passwd", "etc/group", "var/lib/dpkg/status"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(image / name, root / name)
    for folder in ("usr/bin", "var/spool/asterisk"):
        (root / folder).mkdir(parents=True)
    (root / "usr/bin" / trees.PYTHON).touch(mode=0o755)
    (modules,) = image.glob("usr/lib/*/asterisk/modules")
    (root / modules.relative_to(image)).mkdir(parents=True)
    for module in modules.iterdir():
        (root / module.relative_to(image)).touch()
