import os

import pytest

from installer.errors import WriteError
from installer.kept_data import delete_kept
from installer.tree import Tree


@pytest.fixture
def root(tmp_path):
    for name in ("lib/voiceagent/recordings", "log/voiceagent", "lib/other", "cache"):
        (tmp_path / "var" / name).mkdir(parents=True)
    (tmp_path / "var/lib/voiceagent/recordings/a.wav").write_bytes(b"RIFF")
    return tmp_path


def test_all_of_the_agents_goes_and_nothing_else(root):
    delete_kept(Tree(root))
    assert sorted(path.name for path in (root / "var").rglob("*")) == [
        "cache",
        "lib",
        "log",
        "other",
    ]


def test_a_service_whose_account_comes_and_goes_keeps_its_data_behind_links(root):
    (root / "var/lib/private").mkdir()
    os.rename(root / "var/lib/voiceagent", root / "var/lib/private/voiceagent")
    (root / "var/lib/voiceagent").symlink_to("private/voiceagent")
    delete_kept(Tree(root))
    assert [path.name for path in (root / "var/lib/private").iterdir()] == []
    assert not (root / "var/lib/voiceagent").is_symlink()


def test_a_link_to_elsewhere_is_no_reason_to_delete_there(root):
    elsewhere = root / "srv"
    os.rename(root / "var/lib/voiceagent", elsewhere)
    (root / "var/lib/voiceagent").symlink_to("/srv")
    delete_kept(Tree(root))
    assert (elsewhere / "recordings/a.wav").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may delete anything")
def test_what_cannot_be_deleted_is_named(root):
    (root / "var/lib/voiceagent/recordings").chmod(0o500)
    with pytest.raises(WriteError, match="not all of the agent's data is deleted"):
        delete_kept(Tree(root))
