"""What machines are made of: a Debian root, and folders laid over it that are built once.

Every layer is the upper folder of an overlay: a machine stacks its own on top and never writes
into these.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from installer.sandbox.rootfs import cache_dir, remove_tree

CHECKOUT = Path(__file__).resolve().parents[2]
_PACKAGES_THERE = (
    "asterisk,asterisk-modules,asterisk-config,dbus,espeak-ng,logrotate,mount,procps,"
    "python3,python3-venv,systemd,systemd-sysv"
)
_COMPILER = "gcc,g++,make,python3-dev,python3-pip"
# What packages with C in them are built with; from PyPI, because a distribution's may be too old.
_BUILDERS = ("cmake", "cython", "ninja", "scikit-build-core")
# Manuals and translations are a sixth of the size.
_LEFT_OUT = tuple(
    f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("man", "locale", "info", "doc")
)


@dataclass(frozen=True, slots=True)
class Release:
    """A distribution to make machines of.

    Attributes:
        name: Its code name.
        options: What mmdebstrap needs to be told.
        python: A Python for the agent beside its own, where that one is too old.
    """

    name: str
    options: tuple[str, ...] = ()
    python: str = ""

    def recipe(self, packages: str) -> tuple[str, ...]:
        """Return mmdebstrap's arguments, but for the folder."""
        wanted = ("--variant=apt", f"--include={packages}", *_LEFT_OUT)
        return (*self.options, *wanted, self.name)


FORKY = Release(
    "forky",
    # The release files of a development suite expire; that is not an error.
    options=('--aptopt=Acquire::Check-Valid-Until "false"', '--aptopt=Acquire::Retries "3"'),
)
"""Debian's next release: Asterisk 22, Python 3.14."""
# Debian's tools lack the keys of Ubuntu's packages; what is made of them goes with the tests.
_UNSIGNED = (
    "--components=main,universe",
    '--aptopt=Acquire::AllowInsecureRepositories "true"',
    '--aptopt=APT::Get::AllowUnauthenticated "true"',
)
NOBLE = Release("noble", _UNSIGNED)
"""Ubuntu 24.04: Asterisk 20.6, the first generation of AudioSocket, and Python 3.12."""
JAMMY = Release("jammy", _UNSIGNED, python="3.11")
"""Ubuntu 22.04: Asterisk 18.10, and a Python 3.11 beside its own 3.10."""
RELEASES = (FORKY, NOBLE, JAMMY)

# What a machine without hardware cannot do, and timers that would work while a test measures.
_MASKED = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dev-hugepages.mount",
    "dev-mqueue.mount",
    "dpkg-db-backup.timer",
    "fstrim.timer",
    "logrotate.timer",
    "sys-fs-fuse-connections.mount",
    "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount",
    "systemd-tmpfiles-clean.timer",
)
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
_PACKAGES = ("agi", "ari_app", "asterisk_conf", "audiosocket_agent", "installer")


class LayerError(RuntimeError):
    """A layer could not be built; the text ends with what the build said."""


def layers(release: Release = FORKY) -> list[Path]:
    """Return what a machine with our program below /opt is made of, lowest first.

    Whatever is not cached yet is built, which takes some minutes the first time, and half a minute
    when only our program has changed.
    """
    recipe = release.recipe(_packages_of(release))
    root = _cached(
        f"live-root-{_key(*recipe, *_MASKED)}",
        lambda place: _build_root(place, release),
    )
    own = (root / "usr/bin/python3").readlink().name.removeprefix("python")  # 3.14
    python = release.python or own
    requirements = (CHECKOUT / "requirements.txt").read_text()
    wheels = _cached(
        f"live-wheels-{_key(root.name, requirements)}",
        lambda place: _fetch(place, release, python, requirements),
    )
    key = _key(root.name, wheels.name, _digest(_shipped()))
    product = f"live-product-{release.name}-{key}"
    found = _cached(product, lambda place: _install(place, root, wheels))
    _drop_older(f"live-product-{release.name}-*", product)
    return [root, found]


_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


def _key(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:12]


def _packages_of(release: Release) -> str:
    python = f",python{release.python},python{release.python}-venv" if release.python else ""
    return _PACKAGES_THERE + python


_held: list[TextIO] = []


def _cached(name: str, build: Callable[[Path], None]) -> Path:
    """Return a folder of the cache, building it when it is not there; it stays while we run."""
    place = cache_dir() / name
    cache_dir().mkdir(parents=True, exist_ok=True)
    lock = (cache_dir() / f"{name}.lock").open("w")
    _held.append(lock)
    while True:
        # Who builds holds the lock alone, then shares it for the rest of its days: whoever waited
        # to have it alone would wait as long.
        fcntl.flock(lock, fcntl.LOCK_SH)
        if place.is_dir():
            return place
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # The one that has it builds, or asks just as we did: then one of us is first soon.
            fcntl.flock(lock, fcntl.LOCK_UN)
            time.sleep(random.uniform(0.05, 0.2))
            continue
        if not place.is_dir():
            unfinished = place.with_name(f"{name}.part")
            remove_tree(unfinished)
            build(unfinished)
            unfinished.rename(place)


def _drop_older(pattern: str, but: str) -> None:
    """Delete what nobody uses any more: every state of the checkout has a folder of its own."""
    for lock_file in cache_dir().glob(f"{pattern}.lock"):
        name = lock_file.name.removesuffix(".lock")
        with lock_file.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if name != but:
                remove_tree(cache_dir() / name)
                lock_file.unlink()


def _bootstrap(place: Path, release: Release, packages: str) -> None:
    command = ["mmdebstrap", *release.recipe(packages), str(place)]
    _say_if_failed([*_TIE, *_NAMESPACES, *command])


def _build_root(place: Path, release: Release) -> None:
    _bootstrap(place, release, _packages_of(release))
    for name in _MASKED:
        (place / "etc/systemd/system" / name).symlink_to("/dev/null")
    (place / "etc/hostname").write_text("pbx\n")
    # Asterisk resolves its own name for every call's media.
    (place / "etc/hosts").write_text("127.0.0.1 localhost pbx\n")
    (place / "etc/resolv.conf").unlink(missing_ok=True)
    (place / "etc/resolv.conf").write_text("")
    (place / "etc/machine-id").write_text("")  # every machine gets its own at its first boot


def _shipped() -> list[Path]:
    """Return the files our program is made from."""
    names = [*_PACKAGES, "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"]
    names += ["requirements.txt", "scripts/install.sh"]
    tops = [CHECKOUT / name for name in names]
    found = [path for top in tops for path in (top.rglob("*") if top.is_dir() else [top])]
    return sorted(one for one in found if one.is_file() and "__pycache__" not in one.parts)


def _digest(paths: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(CHECKOUT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _install(place: Path, root: Path, wheels: Path) -> None:
    """Do what an admin without a network does: bring the wheels, and run install.sh."""
    with _scratch(place, "install") as scratch:
        source, brought = scratch / "source", scratch / "brought"
        for path in _shipped():
            copied = source / path.relative_to(CHECKOUT)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copied)
        shutil.copytree(wheels, brought)
        _say_if_failed([*_PIP, "wheel", "--quiet", "--no-deps", "-w", str(brought), str(source)])
        shutil.copy(source / "scripts/install.sh", brought)
        shutil.copy(source / "requirements.txt", brought)
        ours = next(brought.glob("asterisk_voiceagent-*.whl")).name
        script = ("/bin/sh", "/mnt/install.sh", "--wheels", "/mnt", f"/mnt/{ours}")
        _in_layer(place, [root], scratch, script, brought)


def _pinned(requirements: str) -> list[str]:
    return re.findall(r"^[a-z0-9_-]+(?:\[[a-z]+\])?==[^\s;]+", requirements, re.MULTILINE)


def _fetch(wheels: Path, release: Release, version: str, requirements: str) -> None:
    """Collect wheels for another Python: those for any as they are, the others fetched for it."""
    pinned = _pinned(requirements)
    wheels.mkdir(parents=True)
    with _scratch(wheels, "ours") as ours:
        _say_if_failed([*_PIP, "wheel", "--quiet", "--no-deps", "-w", str(ours), *pinned])
        for one in ours.glob("*-none-any.whl"):
            shutil.copy(one, wheels)
    command = [*_download(version), "--no-deps", "-d", str(wheels)]
    for one in _missing(wheels, pinned):
        done = subprocess.run([*command, one], capture_output=True, text=True)
        if done.returncode and "No matching distribution" not in done.stderr:
            raise LayerError(f"pip download {one}: {done.stderr}")
    if lacking := _missing(wheels, pinned):
        _compile(wheels, release, version, lacking)


def _download(version: str) -> list[str]:
    """Return how to fetch wheels for a Python that is not ours."""
    abi = f"cp{version.replace('.', '')}"
    command = [*_PIP, "download", "--quiet", "--only-binary=:all:", "--python-version", version]
    command += ["--implementation", "cp", "--abi", abi, "--abi", "abi3", "--abi", "none"]
    return [*command, *(f"--platform={one}" for one in _PLATFORMS)]


def _missing(wheels: Path, pinned: Sequence[str]) -> list[str]:
    has = {_plain(one.name.partition("-")[0]) for one in wheels.iterdir()}
    return [one for one in pinned if _plain(re.split(r"\[|==", one)[0]) not in has]


def _compile(wheels: Path, release: Release, version: str, packages: Sequence[str]) -> None:
    """Do what pip does on a machine with a compiler, without a network there."""
    with _scratch(wheels, "compiler") as scratch:
        root, sources, work = scratch / "root", scratch / "sources", scratch / "work"
        _bootstrap(root, release, _COMPILER)
        _say_if_failed([*_download(version), "-d", str(sources), *_BUILDERS])
        names = ",".join(one.partition("==")[0] for one in packages)
        fetch = [*_PIP, "download", "--quiet", "--no-deps", "--no-binary", names]
        _say_if_failed([*fetch, "-d", str(sources), *packages])
        files = [f"/mnt/{one.name}" for one in sources.glob("*.tar.gz")]
        offline = ("--quiet", "--no-deps", "--no-index", "--find-links=/mnt")
        work.mkdir()
        _in_layer(
            work / "layer",
            [root],
            work,
            ("/usr/bin/pip", "wheel", *offline, "-w", "/mnt", *files),
            sources,
        )
        for one in packages:
            name = _plain(one.partition("==")[0])
            shutil.copy(
                next(x for x in sources.glob("*.whl") if _plain(x.name).startswith(name)), wheels
            )


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


@contextmanager
def _scratch(beside: Path, name: str) -> Iterator[Path]:
    folder = beside.with_name(f"{beside.name}.{name}")
    remove_tree(folder)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        remove_tree(folder)


# A pid namespace and a tie to this process's life: killed with it, whatever they started.
_TIE = ("setpriv", "--pdeathsig", "KILL")
_NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--")
_INSIDE = """
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2,workdir=$3" "$4" || exit 1
mount -t proc proc "$4/proc" || exit 1
if [ -n "$5" ]; then mount --bind "$5" "$4/mnt" || exit 1; fi
root=$4; shift 5
exec chroot "$root" "$@"
"""


def _in_layer(
    layer: Path,
    lower: Sequence[Path],
    scratch: Path,
    command: Sequence[str],
    mnt: Path | None = None,
) -> None:
    """Run a command in a root; what it writes ends up in the layer.

    Args:
        layer: Where; made when it is not there.
        lower: What the root is made of, lowest first.
        scratch: A folder on the layer's file system.
        command: What to run.
        mnt: A folder of this machine that is the root's /mnt meanwhile.
    """
    work, root = scratch / "work", scratch / "root"
    for folder in (layer, work, root):
        folder.mkdir(exist_ok=True)
    places = [stacked(lower), str(layer), str(work), str(root), str(mnt or "")]
    shell = ["/bin/sh", "-c", _INSIDE, "layer", *places]
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
    _say_if_failed([*_TIE, *_NAMESPACES, *shell, *command], env)


def stacked(layers: Sequence[Path]) -> str:
    """Return layers as overlayfs wants them, topmost first."""
    return ":".join(str(one) for one in reversed(layers))


def _say_if_failed(command: Sequence[str], env: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=dict(os.environ) if env is None else env,
    )
    if done.returncode:
        said = "\n".join(done.stdout.strip().split("\n")[-8:])
        raise LayerError(f"{command[0]} ... {command[-1]}: exit code {done.returncode}\n{said}")
