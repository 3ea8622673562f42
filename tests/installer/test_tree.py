import os
from pathlib import PurePosixPath as P

import pytest

from installer.errors import NotAPbxError, ReadError
from installer.model import Kind
from installer.tree import Tree


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "root"
    (root / "etc/asterisk").mkdir(parents=True)
    (root / "srv").mkdir()
    (root / "srv/real.conf").write_bytes(b"real")
    (tmp_path / "outside").write_bytes(b"outside")
    return Tree(root)


def link(tree, path, target):
    (tree.root / path).symlink_to(target)


def test_an_absolute_link_starts_at_the_trees_own_root(tree):
    link(tree, "etc/asterisk/a.conf", "/srv/real.conf")
    assert tree.locate(P("/etc/asterisk/a.conf")) == P("/srv/real.conf")
    assert tree.read(P("/etc/asterisk/a.conf")) == b"real"


def test_links_of_links_and_folders_are_followed(tree):
    link(tree, "conf", "etc/asterisk")
    link(tree, "etc/asterisk/b.conf", "../../srv/c.conf")
    link(tree, "srv/c.conf", "real.conf")
    assert tree.read(P("/conf/b.conf")) == b"real"


def test_no_link_leads_out_of_the_tree(tree):
    link(tree, "etc/up", "../../../../outside")
    assert tree.locate(P("/etc/up")) == P("/outside")
    assert tree.read(P("/etc/up")) is None
    assert tree.locate(P("/../../x")) == P("/x")


def test_links_in_circles_are_refused(tree):
    link(tree, "a", "b")
    link(tree, "b", "a")
    with pytest.raises(NotAPbxError, match="circles"):
        tree.locate(P("/a/x"))


def test_the_last_link_can_be_the_one_that_is_meant(tree):
    link(tree, "etc/l", "/srv/real.conf")
    assert tree.locate(P("/etc/l"), follow_last=False) == P("/etc/l")
    node = tree.node(P("/etc/l"))
    assert (node.kind, node.content) == (Kind.LINK, b"/srv/real.conf")


def test_what_is_not_there_is_nothing(tree):
    assert tree.node(P("/etc/none")) is None
    assert tree.node(P("/srv/real.conf/below")) is None
    assert tree.read(P("/etc")) is None
    assert tree.names(P("/etc/none")) == ()
    assert tree.snapshot([P("/etc/none"), P("/srv/real.conf")]).keys() == {P("/srv/real.conf")}


def test_something_that_is_no_file_is_refused(tree):
    os.mkfifo(tree.root / "etc/pipe")
    with pytest.raises(NotAPbxError, match="neither a file nor a folder"):
        tree.node(P("/etc/pipe"))


def test_wildcards_leave_hidden_names_out(tree):
    for name in ("a.conf", ".b.conf", "c.txt"):
        (tree.root / "etc/asterisk" / name).touch()
    assert tree.matching(P("/etc/asterisk/*.conf")) == (P("/etc/asterisk/a.conf"),)
    assert tree.matching(P("/etc/none/*.conf")) == ()
    assert tree.matching(P("/etc/plain")) == (P("/etc/plain"),)


def test_wildcards_count_in_folders_too_and_braces_are_written_out(tree):
    for name in ("sites/n/a.conf", "sites/s/a.conf", "sites/s/.x.conf", "sites/b.conf"):
        (tree.root / name).parent.mkdir(parents=True, exist_ok=True)
        (tree.root / name).touch()
    assert tree.matching(P("/sites/*/a.conf")) == (P("/sites/n/a.conf"), P("/sites/s/a.conf"))
    assert tree.matching(P("/sites/s/.*")) == (P("/sites/s/.x.conf"),)
    assert tree.matching(P("/sites/{s,n}/[!a]?conf")) == ()
    assert tree.matching(P("/sites/{s,n}/{a,b}.conf")) == tuple(
        P(f"/sites/{folder}/{name}.conf") for folder in "sn" for name in "ab"
    )
    assert tree.matching(P("/sites/{s/a,b}.conf")) == (P("/sites/s/a.conf"), P("/sites/b.conf"))
    assert tree.matching(P("/sites/s/{none,.x}.conf"))[0] == P("/sites/s/none.conf")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read_says_so(tree):
    (tree.root / "srv/real.conf").chmod(0)
    with pytest.raises(ReadError, match="cannot be read"):
        tree.read(P("/srv/real.conf"))
