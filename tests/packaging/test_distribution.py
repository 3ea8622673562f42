"""What is built holds what the repository holds, and works away from it."""

from __future__ import annotations

import email
import email.message
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.installer import trees
from tests.pbx import plain_env

ROOT = Path(__file__).parents[2]
PACKAGES = ("agi", "ari_app", "asterisk_conf", "audiosocket_agent", "installer")
# Of the repository, but for those who work on it.
NOT_IN_WHEEL = {"asterisk_conf/sounds/make_sounds.sh"}
NOT_IN_SDIST = {".ci/run", ".gitignore"}
# What work in a checkout leaves behind; none of it may be shipped.
LITTER = (
    ".sandbox/data/voiceagent.db",
    ".venv/bin/python",
    "demo-output/call.wav",
    "dist/old.whl",
    "installer/__pycache__/api.cpython-311.pyc",
    "tests/__pycache__/pbx.cpython-311.pyc",
    "installer/api.py~",
    "asterisk_conf/templates/ari.conf.orig",
)


@dataclass(frozen=True)
class Built:
    """A checkout as a person may have it, and what was built from it."""

    files: frozenset[str]
    wheel: Path
    direct_wheel: Path
    sdist: Path

    @property
    def version(self) -> str:
        return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])

    @property
    def metadata(self) -> email.message.Message:
        with zipfile.ZipFile(self.wheel) as wheel:
            (name,) = (one for one in wheel.namelist() if one.endswith(".dist-info/METADATA"))
            return email.message_from_bytes(wheel.read(name))


def _run(*command: object, **options: object) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **options,  # type: ignore[call-overload]
    )
    assert done.returncode == 0, done.stdout
    return str(done.stdout)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    if not (ROOT / ".git").exists():
        pytest.skip("only a git checkout knows which files are the repository's")
    listed = _run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    source = tmp_path_factory.mktemp("source")
    files = set()
    for name in filter(None, listed.split("\0")):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():  # listed, but deleted by somebody meanwhile
            shutil.copy2(ROOT / name, source / name)
            files.add(name)
    for name in LITTER:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("litter")
    out = tmp_path_factory.mktemp("dist")
    build = (sys.executable, "-m", "build", "--no-isolation")
    _run(*build, "--outdir", out, source)  # the sdist, and from it the wheel
    _run(*build, "--wheel", "--outdir", out / "direct", source)
    (wheel,), (direct,) = out.glob("*.whl"), (out / "direct").glob("*.whl")
    (sdist,) = out.glob("*.tar.gz")
    return Built(frozenset(files), wheel, direct, sdist)


def _contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(built: Built) -> None:
    expected = {name for name in built.files if name.split("/")[0] in PACKAGES} - NOT_IN_WHEEL
    shipped = {name for name in _contents(built.wheel) if ".dist-info/" not in name}
    assert shipped == expected
    assert "audiosocket_agent/companies/harbour.yaml" in shipped
    assert "agi/setup.agi" in shipped


def test_a_file_in_the_wheel_is_the_repository_s_byte_for_byte(built: Built) -> None:
    with tarfile.open(built.sdist) as sdist:
        for name, content in _contents(built.wheel).items():
            if ".dist-info/" not in name:
                member = sdist.extractfile(f"asterisk_voiceagent-{built.version}/{name}")
                assert member is not None
                assert member.read() == content, name


def test_the_source_archive_holds_the_repository(built: Built) -> None:
    with tarfile.open(built.sdist) as sdist:
        names = {
            name.partition("/")[2] for name in sdist.getnames() if sdist.getmember(name).isfile()
        }
    made = {name for name in names if name.startswith("asterisk_voiceagent.egg-info/")}
    assert names - made - {"PKG-INFO", "setup.cfg"} == built.files - NOT_IN_SDIST


def test_the_wheel_is_the_same_from_the_archive_and_from_the_checkout(built: Built) -> None:
    from_archive, direct = _contents(built.wheel), _contents(built.direct_wheel)
    assert from_archive == direct


def test_the_metadata_says_what_it_is(built: Built) -> None:
    metadata = built.metadata
    assert metadata["Version"] == built.version
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"
    assert metadata["License-File"] == "LICENSE"
    assert metadata["Description-Content-Type"] == "text/markdown"
    classifiers = metadata.get_all("Classifier", [])
    for minor in (11, 12, 13, 14):
        assert f"Programming Language :: Python :: 3.{minor}" in classifiers
    assert metadata["Project-URL"] is None  # there is no address yet that would stay true
    readme = (ROOT / "README.md").read_text()
    assert str(metadata.get_payload()).strip().splitlines()[0] == readme.splitlines()[0]


@pytest.fixture(scope="module")
def programs(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the commands in a venv that knows nothing of the checkout."""
    venv = tmp_path_factory.mktemp("away") / "venv"
    _run(sys.executable, "-m", "venv", "--without-pip", venv)
    python = venv / "bin/python"
    install = ("install", "--quiet", "--no-index", "--no-deps")
    _run(sys.executable, "-m", "pip", "--python", python, *install, built.wheel)
    # The packages we need, from this test's venv. A folder named in a .pth file is only looked
    # into: the .pth files inside it, among them the checkout's own, do nothing.
    (site,) = (venv / "lib").glob("python3*/site-packages")
    (site / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return venv / "bin"


def _away(programs: Path, name: str, *arguments: object) -> str:
    env = {key: value for key, value in plain_env().items() if not key.startswith("PYTHON")}
    return _run(programs / name, *arguments, cwd="/", env=env)


def test_nothing_is_taken_from_the_checkout(built: Built, programs: Path) -> None:
    names = ", ".join(PACKAGES)
    code = f"import {names}; print(*(m.__file__ for m in ({names})), sep='\\n')"
    files = _away(programs, "python", "-c", code).splitlines()
    assert len(files) == len(PACKAGES)
    assert all(Path(file).is_relative_to(programs.parent) for file in files), files


def test_the_command_says_the_version_of_the_package(built: Built, programs: Path) -> None:
    assert _away(programs, "voiceagent", "--version").split()[-1] == built.version


def test_the_settings_are_listed_away_from_the_checkout(programs: Path) -> None:
    listed = _away(programs, "voiceagent", "settings")
    assert "VOICEAGENT_COMPANIES=" in listed
    (shipped,) = (line for line in listed.splitlines() if line.startswith("VOICEAGENT_COMPANIES="))
    assert (Path(shipped.partition("=")[2]) / "harbour.yaml").is_file()


def test_a_tree_is_installed_checked_and_put_back_away_from_the_checkout(
    programs: Path, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    trees.build("debian22", root)
    before = trees.image(root)
    _away(programs, "voiceagent-install", "--root", root, "--yes")
    assert trees.image(root) != before
    _away(programs, "voiceagent-install", "--root", root, "--verify")
    _away(programs, "voiceagent-install", "--root", root, "--undo", "--yes")
    assert trees.image(root) == before


def test_every_command_has_its_help(programs: Path) -> None:
    for name in ("voiceagent", "voiceagent-install"):
        assert "Usage:" in _away(programs, name, "--help")
        assert os.access(programs / name, os.X_OK)
