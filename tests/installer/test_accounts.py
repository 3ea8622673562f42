import os
from pathlib import PurePosixPath as P

import pytest

from installer.accounts import GROUP, PASSWD, Account, numbers, runs_as, unreadable
from installer.conf_reader import read_config
from installer.errors import NotAPbxError
from installer.tree import Tree

ETC = P("/etc/asterisk")


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "etc/asterisk").mkdir(parents=True)
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/:\nasterisk:x:101:102::/:\npbx:x:7:8:\n")
    (tmp_path / "etc/group").write_text(
        "root:x:0:\nasterisk:x:102:\npbx:x:8:\nshared:x:9:ann,pbx\nodd line\nnone:x:y:pbx\n"
    )
    return Tree(tmp_path)


def main(text):
    return read_config("asterisk.conf", lambda name: [(name, text.encode())])


def test_asterisks_own_account_is_the_usual_one(tree):
    assert runs_as(tree, main(""), ETC) == Account(
        101, 102, "asterisk", "asterisk", frozenset([102])
    )


def test_the_account_named_beats_it_with_all_its_groups(tree):
    who = runs_as(tree, main("[options]\nrunuser = pbx\nrungroup = pbx\n"), ETC)
    assert who == Account(7, 8, "pbx", "pbx", frozenset([8, 9]))


@pytest.mark.parametrize("what", ["user", "group"])
def test_an_account_that_is_not_there_is_refused(tree, what):
    with pytest.raises(NotAPbxError, match=f"no {what} gone, .*correct run{what}"):
        runs_as(tree, main(f"[options]\nrun{what} = gone\n"), ETC)


def test_where_nobody_is_called_asterisk_the_folders_owner_is_right(tree):
    for path in (PASSWD, GROUP):
        (tree.root / str(path)[1:]).write_text("root:x:0:0:\n")
    folder = (tree.root / "etc/asterisk").stat()
    who = runs_as(tree, main(""), ETC)
    assert (who.user, who.group) == (folder.st_uid, folder.st_gid)


def test_the_first_of_a_name_counts(tree):
    (tree.root / "etc/passwd").write_text("a:x:1:\na:x:2:\nb:x:-1:\n:x\n")
    assert numbers(tree, PASSWD) == {"a": 1}


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser looks at such files")
@pytest.mark.parametrize(
    ("who", "mode", "readable"),
    [
        ("owner", 0o400, True),
        ("owner", 0o044, False),  # the owner's own bits count, whatever the others are
        ("group", 0o040, True),
        ("group", 0o404, False),
        ("other", 0o004, True),
        ("other", 0o440, False),
    ],
)
def test_what_asterisk_may_not_read_is_found(tree, who, mode, readable):
    path = tree.root / "etc/asterisk/a.conf"
    path.touch()
    os.chown(path, 4711, 4712)
    status = path.stat()
    user = status.st_uid if who == "owner" else 54321
    groups = frozenset([status.st_gid] if who == "group" else [54321])
    account = Account(user, 54321, "x", "x", groups)
    path.chmod(mode)
    for folder in (tree.root / "etc", tree.root / "etc/asterisk"):
        folder.chmod(0o755)
    found = unreadable(tree, ETC / "a.conf", account)
    assert found == (() if readable else (ETC / "a.conf",))
    root = Account(0, 0, "root", "root", frozenset([0]))
    assert unreadable(tree, ETC / "a.conf", root) == ()


def test_a_folder_nobody_may_pass_is_the_one_that_is_named(tree):
    (tree.root / "srv").mkdir()
    (tree.root / "srv/a.conf").touch()
    (tree.root / "srv").chmod(0o700)
    (tree.root / "etc/asterisk/a.conf").symlink_to("/srv/a.conf")
    account = Account(54320, 54321, "x", "x", frozenset([54321]))
    assert unreadable(tree, ETC / "a.conf", account) == (P("/srv"),)
    assert unreadable(tree, ETC / "none.conf", account) == ()
