"""Whole PBX trees, copied from `tests/data/pbx` into a test's own folder."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from asterisk_conf.modules import NEEDED

DATA = Path(__file__).parent.parent / "data" / "pbx"
CONFIG = PurePosixPath("/etc/asterisk")
PYTHON = f"python3.{sys.version_info.minor}"
# Only root can give files away, so for anybody else every owner is the one who runs the tests.
_IS_ROOT = os.geteuid() == 0
USER, GROUP = (101, 102) if _IS_ROOT else (os.getuid(), os.getgid())
OWNER, OWNER_GROUP = os.getuid(), os.getgid()


@dataclass(frozen=True)
class Layout:
    """What a tree has besides its configuration files."""

    agi_bin: str
    sounds: str
    modules: str
    group_name: str = "asterisk"
    links: tuple[tuple[str, str], ...] = ()
    read_only: tuple[str, ...] = ()


LAYOUTS = {
    "debian22": Layout(
        "usr/share/asterisk/agi-bin",
        "usr/share/asterisk/sounds",
        "usr/lib/x86_64-linux-gnu/asterisk/modules",
        links=(("usr/share/asterisk/sounds/en", "/etc/alternatives/asterisk-prompt-en"),),
    ),
    "mess": Layout(
        "opt/ast/scripts",
        "opt/real-sounds",
        "usr/lib64/asterisk/modules",
        group_name="telephony",
        links=(
            ("etc/asterisk/extensions.conf", "/srv/pbx/dialplan.conf"),
            ("opt/ast/data/sounds", "/opt/real-sounds"),
        ),
        read_only=("srv/pbx/dialplan.conf", "etc/asterisk/modules.conf"),
    ),
    "manual": Layout(
        "var/lib/asterisk/agi-bin", "var/lib/asterisk/sounds", "usr/lib/asterisk/modules"
    ),
}


def build(name: str, root: Path) -> Layout:
    """Copy a tree to `root`, which must not exist."""
    layout = LAYOUTS[name]
    shutil.copytree(DATA / name, root)
    for folder in (
        layout.agi_bin,
        layout.sounds,
        layout.modules,
        "usr/bin",
        "var/lib",
        "var/spool",
    ):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for module in NEEDED:
        (root / layout.modules / f"{module.name}.so").touch()
    (root / "usr/bin" / PYTHON).touch(mode=0o755)
    (root / "usr/bin/python3").symlink_to(PYTHON)
    for link, target in layout.links:
        (root / link).parent.mkdir(parents=True, exist_ok=True)
        (root / link).symlink_to(target)
    (root / "etc/passwd").write_text(
        f"root:x:{OWNER}:{OWNER_GROUP}::/root:/bin/sh\n"
        f"asterisk:x:{USER}:{GROUP}::/var/lib/asterisk:/usr/sbin/nologin\n"
    )
    (root / "etc/group").write_text(
        f"root:x:{OWNER_GROUP}:\naudio:x:29:\n{layout.group_name}:x:{GROUP}:\n"
    )
    for path in (root / "etc/asterisk").rglob("*"):
        if not path.is_symlink():
            os.chown(path, USER, GROUP)
            path.chmod(0o750 if path.is_dir() else 0o640)
    for file in layout.read_only:
        os.chown(root / file, USER, GROUP)
        (root / file).chmod(0o440)
    return layout


def compiler(root: Path) -> Callable[[PurePosixPath], str]:
    """Return a compiler for a copied tree: this Python, since the tree's own is an empty file."""
    import compileall

    def compile_scripts(folder: PurePosixPath) -> str:
        ok = compileall.compile_dir(root / folder.relative_to("/"), quiet=2, force=True)
        return "" if ok else "this Python refuses it"

    return compile_scripts


Image = dict[str, tuple[object, ...]]


def image(root: Path) -> Image:
    """Return all there is below a folder: kind, mode, owner and content of every path.

    Modification times of files are part of it; folders' are not, which change when they are looked
    after.
    """
    found: Image = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        mode = stat.S_IMODE(status.st_mode)
        owner = (status.st_uid, status.st_gid)
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = ("link", owner, os.readlink(path))
        elif path.is_dir():
            found[name] = ("folder", mode, owner)
        else:
            found[name] = ("file", mode, owner, status.st_mtime_ns, path.read_bytes())
    return found


def without_times(found: Image) -> Image:
    """Return an image in which only what files contain and whose they are counts."""
    bare: Image = {}
    for name, facts in found.items():
        if name.endswith(".pyc") or name.startswith("var/lib/voiceagent-install"):
            continue  # times are inside
        bare[name] = facts[:3] + facts[4:] if facts[0] == "file" else facts
    return bare
