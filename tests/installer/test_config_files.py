import os
from pathlib import PurePosixPath as P

import pytest

from installer.config_files import ours, read_config_file, refuse_unread, true
from installer.errors import ConflictError
from installer.tree import Tree

ETC = P("/etc/asterisk")


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "etc/asterisk").mkdir(parents=True)
    return Tree(tmp_path)


def write(tree, name, text):
    path = tree.root / "etc/asterisk" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def names(config):
    return [one.name for one in config.sections]


def test_a_file_is_read_with_all_it_includes_wherever_that_is(tree):
    write(tree, "a.conf", "[a]\n#include sub/*.conf\n#include /srv/x.conf\n")
    write(tree, "sub/1.conf", "[b]\n")
    (tree.root / "srv").mkdir()
    (tree.root / "srv/x.conf").write_text("[c]\n")
    config = read_config_file(tree, ETC, "a.conf")
    assert names(config) == ["a", "b", "c"] and not config.refused
    assert [one.where for one in config.sections] == [
        "/etc/asterisk/a.conf:1",
        "/etc/asterisk/sub/1.conf:1",
        "/srv/x.conf:1",
    ]


def test_what_is_no_file_is_passed_over(tree):
    write(tree, "a.conf", "[a]\n#include sub/*\n[b]\n")
    write(tree, "sub/1.conf", "[c]\n")
    os.mkfifo(tree.root / "etc/asterisk/sub/pipe")
    (tree.root / "etc/asterisk/sub/folder").mkdir()
    assert names(read_config_file(tree, ETC, "a.conf")) == ["a", "c", "b"]
    (tree.root / "etc/asterisk/sub/1.conf").unlink()
    assert "which is missing" in read_config_file(tree, ETC, "a.conf").refused


def test_freepbxs_files_for_an_admins_own_lines_count_as_there(tree):
    write(tree, "manager.conf", "[general]\n#include manager_custom.conf\n[admin]\n")
    assert read_config_file(tree, ETC, "manager.conf").refused
    config = read_config_file(tree, ETC, "manager.conf", freepbx=True)
    assert not config.refused and config.included == ["manager_custom.conf"]
    write(tree, "manager.conf", "[general]\n#include manager_additional.conf\n")
    assert read_config_file(tree, ETC, "manager.conf", freepbx=True).refused


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a]\n[b\n", r"a\.conf:2: it has a \[ without a \], so Asterisk refuses the whole file\."),
        ("[a]\n;--\n", r"a\.conf:2: a comment begins here with ;-- and never ends"),
        ("[a]\n--;\n", r"a\.conf:2: a comment ends here with --; that never began"),
    ],
)
def test_a_file_that_is_not_read_to_its_end_is_refused_in_one_line(tree, text, said):
    write(tree, "a.conf", text)
    with pytest.raises(ConflictError, match=said) as caught:
        refuse_unread(read_config_file(tree, ETC, "a.conf"))
    assert "\n" not in str(caught.value)


def test_a_sound_file_is_not_refused(tree):
    write(tree, "a.conf", "[a]\n;-- --;\n#tryinclude none\n")
    refuse_unread(read_config_file(tree, ETC, "a.conf"))


def test_our_own_files_are_known_by_their_folder():
    assert ours("/etc/asterisk/voiceagent.d/ari.conf:3")
    assert not ours("/etc/asterisk/voiceagent.conf:3")


def test_asterisk_has_six_words_for_yes():
    assert all(true(one) for one in ("yes", "True", "Y", "t", "1", "ON"))
    assert not any(true(one) for one in ("no", "", "enabled", "2"))
