import os

import pytest

from installer import durable


def test_a_new_file_never_takes_the_place_of_another(tmp_path):
    path = tmp_path / "a"
    os.close(durable.write_new(path, b"x" * 300_000, 0o640))
    assert path.read_bytes() == b"x" * 300_000
    assert path.stat().st_mode & 0o777 == 0o640
    with pytest.raises(FileExistsError):
        durable.write_new(path, b"y")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        durable.write_new(tmp_path / "link", b"y")


def test_replacing_survives_what_a_killed_run_left(tmp_path):
    (tmp_path / "a.new").write_bytes(b"half")
    durable.replace(tmp_path / "a", b"one")
    durable.replace(tmp_path / "a", b"two")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a", b"two")]


def test_a_folder_that_is_gone_needs_no_syncing(tmp_path):
    durable.sync_folders([tmp_path, tmp_path, tmp_path / "gone"])
