"""The Debian root with Asterisk: built once per recipe, then copied for each sandbox."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from installer.sandbox.errors import BuildError, MissingPrerequisiteError, SandboxError

# Debian's own Asterisk 22. The release files of a development suite expire; that is not an error.
# python3 runs the bundle's AGI script. Manuals and translations are a sixth of the size.
_RECIPE = (
    '--aptopt=Acquire::Check-Valid-Until "false"',
    '--aptopt=Acquire::Retries "3"',
    "--variant=apt",
    "--include=asterisk,asterisk-modules,asterisk-config,python3",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/info/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    "forky",
)
_BUILD_BYTES = 1_200_000_000  # the root, its packages and their lists while it is built
_COPY_BYTES = 500_000_000
_LINKED_BYTES = 100_000_000


def cache_dir() -> Path:
    """Return the folder for what is built once: VOICEAGENT_CACHE, or the user's cache."""
    if chosen := os.environ.get("VOICEAGENT_CACHE"):
        return Path(chosen).expanduser().absolute()
    xdg = os.environ.get("XDG_CACHE_HOME")
    base = Path(xdg) if xdg and Path(xdg).is_absolute() else Path.home() / ".cache"
    return base / "voiceagent"


def recipe_key() -> str:
    """Return a short name for the recipe: another recipe is another root."""
    return hashlib.sha256("\0".join(_RECIPE).encode()).hexdigest()[:12]


def check_machine() -> None:
    """Say at once, in one line, what this machine lacks.

    Raises:
        MissingPrerequisiteError: Naming the command that mends it.
    """
    if os.geteuid() != 0:
        raise MissingPrerequisiteError(
            "the sandbox runs Asterisk in a root of its own and needs root", "use sudo"
        )
    packages = dict.fromkeys(("setpriv", "setsid", "unshare"), "util-linux") | {"mount": "mount"}
    if not _image(cache_dir()).is_dir():
        packages["mmdebstrap"] = "mmdebstrap"
    missing = sorted({pkg for program, pkg in packages.items() if not shutil.which(program)})
    if missing:
        raise MissingPrerequisiteError(
            f"not installed: {', '.join(missing)}",
            f"apt-get update && apt-get install -y {' '.join(missing)}",
        )


def ensure_image(say: Callable[[str], None]) -> Path:
    """Return the cached root, building it when this recipe has not been built yet.

    Args:
        say: Told one line when a build starts or is waited for.

    Raises:
        BuildError: If mmdebstrap fails; the message names its log.
        MissingPrerequisiteError: If the disk is too full.
    """
    cache = cache_dir()
    image = _image(cache)
    if image.is_dir():
        return image
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{image.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another build of the Debian root")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not image.is_dir():
            _build(image, say)
    return image


def copy_image(image: Path, root: Path) -> None:
    """Make `root` a copy of the cached root; replaces an older one.

    Everything is a copy but the files below /usr: those are hard links where the file system
    allows it, because 300 MB for each sandbox cost seconds and programs are replaced, not written
    into (by dpkg and by our installer alike).

    Raises:
        BuildError: If the copy fails.
        MissingPrerequisiteError: If the disk is too full.
    """
    remove_tree(root)
    fresh = root.with_name(root.name + ".new")
    remove_tree(fresh)
    shares = image.stat().st_dev == root.parent.stat().st_dev
    _require_space(root.parent, _LINKED_BYTES if shares else _COPY_BYTES)
    try:
        fresh.mkdir()
        shutil.copystat(image, fresh)
        for entry in sorted(image.iterdir()):
            how = "--link" if shares and entry.name == "usr" else "--reflink=auto"
            _copy(entry, fresh, how)
    except BuildError:
        remove_tree(fresh)
        raise
    fresh.rename(root)


def _copy(entry: Path, folder: Path, how: str) -> None:
    copied = subprocess.run(
        ["cp", "--archive", how, "--", str(entry), str(folder)], capture_output=True, text=True
    )
    if copied.returncode != 0:
        raise BuildError("cannot copy the Debian root", copied.stderr.strip().split("\n")[-1])


def remove_tree(path: Path) -> None:
    """Delete a folder or file and all in it, never crossing into something mounted there.

    Raises:
        SandboxError: If something is left.
    """
    removed = subprocess.run(
        ["rm", "-rf", "--one-file-system", "--", str(path)], capture_output=True, text=True
    )
    if removed.returncode != 0:
        reason = removed.stderr.strip().split("\n")[0]
        raise SandboxError(f"cannot delete {path}", reason)


def _image(cache: Path) -> Path:
    return cache / f"asterisk-root-{recipe_key()}"


def _build(image: Path, say: Callable[[str], None]) -> None:
    _require_space(image.parent, _BUILD_BYTES)
    say("building the Debian root with Asterisk, once; this takes about a minute")
    unfinished = image.with_name(image.name + ".part")
    remove_tree(unfinished)  # of a build that was killed
    log = image.with_name(image.name + ".log")
    with log.open("wb") as output:
        # In namespaces of its own and with a tie to this process's life, so that killing this
        # process takes the build's processes and mounts with it.
        tie = ["setpriv", "--pdeathsig", "KILL"]
        namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--"]
        built = subprocess.run(
            [*tie, *namespaces, "mmdebstrap", *_RECIPE, str(unfinished)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    if built.returncode != 0:
        remove_tree(unfinished)
        last = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        reason = next((x for x in last if x.startswith("E:")), last[-1] if last else "no output")
        raise BuildError(f"mmdebstrap failed ({reason})", f"see {log}")
    unfinished.rename(image)


def _require_space(folder: Path, needed_bytes: int) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        raise MissingPrerequisiteError(
            f"{folder} has {free_bytes // 1_000_000} MB free, "
            f"{needed_bytes // 1_000_000} MB are needed",
            "free some disk space, or choose other folders with --dir and VOICEAGENT_CACHE",
        )
