import os
import subprocess
import sys
from pathlib import Path

import pytest

from installer.sandbox import rootfs


def test_the_cache_follows_its_setting_then_xdg_then_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("VOICEAGENT_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert rootfs.cache_dir() == tmp_path / "home/.cache/voiceagent"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/invalid")
    assert rootfs.cache_dir() == tmp_path / "home/.cache/voiceagent"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert rootfs.cache_dir() == tmp_path / "xdg/voiceagent"
    monkeypatch.setenv("VOICEAGENT_CACHE", str(tmp_path / "own"))
    assert rootfs.cache_dir() == tmp_path / "own"


def _image(tmp_path: Path) -> Path:
    image = tmp_path / "image"
    for name in ("etc/hosts", "usr/bin/python3", "var/lib/db"):
        (image / name).parent.mkdir(parents=True)
        (image / name).write_text("original")
    (image / "lib").symlink_to("usr/lib")
    (image / "etc/hosts").chmod(0o640)
    return image


def test_a_copy_is_complete_and_replaces_the_last_one(tmp_path: Path) -> None:
    image, root = _image(tmp_path), tmp_path / "root"
    root.mkdir()
    (root / "older").write_text("of the last one")
    rootfs.copy_image(image, root)
    assert {path.relative_to(root) for path in root.rglob("*")} == {
        path.relative_to(image) for path in image.rglob("*")
    }
    assert (root / "lib").readlink() == Path("usr/lib")
    assert (root / "etc/hosts").stat().st_mode & 0o777 == 0o640


def test_a_copy_is_independent_where_files_are_written_into(tmp_path: Path) -> None:
    image, root = _image(tmp_path), tmp_path / "root"
    rootfs.copy_image(image, root)
    for name in ("etc/hosts", "var/lib/db"):
        (root / name).write_text("changed")
    (root / "usr/bin/python3").unlink()  # replaced, as dpkg does
    (root / "usr/bin/python3").write_text("newer")
    assert {
        (image / name).read_text() for name in ("etc/hosts", "usr/bin/python3", "var/lib/db")
    } == {"original"}


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
def test_a_copy_that_fails_half_way_is_reported_and_leaves_nothing(tmp_path: Path) -> None:
    image, disk = _image(tmp_path), tmp_path / "disk"
    disk.mkdir()
    code = """
import sys
from pathlib import Path
from installer.sandbox import errors, rootfs
image, disk = map(Path, sys.argv[1:])
try:
    rootfs.copy_image(image, disk / "root")
except errors.BuildError as error:
    print(error, "| left:", list(disk.iterdir()))
"""
    # Room for every byte, but not for every file.
    mounted = f'mount -t tmpfs -o size=1g,nr_inodes=6 tmpfs "{disk}" && exec "$@"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mounted, "sh", sys.executable, "-c", code]
        + [str(image), str(disk)],
        capture_output=True,
        text=True,
    )
    assert "cannot copy the Debian root" in done.stdout, done.stderr
    assert "No space left" in done.stdout and done.stdout.endswith("| left: []\n")


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    rootfs.remove_tree(tmp_path / "missing")
    rootfs.remove_tree(tmp_path)
    assert not tmp_path.exists()
