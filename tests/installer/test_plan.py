"""The planner's rules, with no file system at all."""

from pathlib import PurePosixPath as P

import pytest

from installer.bundle import Wanted
from installer.conf_text import BEGIN
from installer.errors import ConflictError
from installer.model import Kind, Manifest, Node, Owned, Role, digest_of
from installer.plan import Planner

CONF = P("/etc/asterisk/voiceagent.d/extensions.conf")
FOLDER = CONF.parent
PARENT = P("/etc/asterisk/extensions.conf")
INCLUDE = "voiceagent.d/extensions.conf"


def file(content, mode=0o640, uid=0, gid=101, mtime_ns=None):
    return Node(Kind.FILE, mode, uid, gid, content, mtime_ns)


def folder(mode=0o750):
    return Node(Kind.FOLDER, mode, 0, 101)


def planner(snapshot=None, owned=(), originals=None):
    return Planner(snapshot or {}, Manifest(tuple(owned)), originals or {})


def ours(content):
    return Owned(CONF, Role.OURS, digest_of(content))


def wanted(content=b"new"):
    return Wanted(CONF, file(content))


def test_a_new_file_is_created_and_owned():
    one = planner()
    one.want(wanted())
    plan = one.plan()
    assert [(c.path, c.old, c.new) for c in plan.changes] == [(CONF, None, file(b"new"))]
    assert plan.manifest == Manifest((ours(b"new"),))


def test_a_file_as_it_should_be_is_left_alone():
    one = planner({CONF: file(b"new", mtime_ns=5)}, [ours(b"new")])
    one.want(wanted())
    assert one.plan().idle


def test_a_foreign_file_in_the_way_is_a_conflict():
    one = planner({CONF: file(b"theirs")})
    with pytest.raises(ConflictError, match="did not put there"):
        one.want(wanted())


def test_a_foreign_file_with_our_very_content_is_taken_over():
    one = planner({CONF: file(b"new")})
    one.want(wanted())
    plan = one.plan()
    assert not plan.changes and not plan.idle  # the manifest is what changes


def test_a_hand_edited_file_is_replaced_only_with_a_copy_kept_and_a_word_said():
    one = planner({CONF: file(b"edited")}, [ours(b"old")])
    one.want(wanted())
    plan = one.plan()
    assert plan.kept == {CONF: b"edited"}
    assert "edited by hand" in plan.notes[0]
    assert plan.changes[0].new == file(b"new")


def test_an_outdated_file_is_replaced_without_a_word():
    one = planner({CONF: file(b"old")}, [ours(b"old")])
    one.want(wanted())
    plan = one.plan()
    assert not plan.kept and not plan.notes and len(plan.changes) == 1


@pytest.mark.parametrize("old", [file(b"new", mode=0o666), file(b"new", uid=1000)])
def test_a_changed_mode_or_owner_is_put_right(old):
    one = planner({CONF: old}, [ours(b"new")])
    one.want(wanted())
    (change,) = one.plan().changes
    assert change.new == file(b"new")


def test_a_folder_that_was_there_is_not_ours_and_keeps_its_mode():
    one = planner({FOLDER: folder(0o700)})
    one.want(Wanted(FOLDER, folder()))
    assert one.plan().idle


def test_folders_we_made_are_recorded_innermost_first():
    one = planner()
    for path in (FOLDER, FOLDER / "a", FOLDER / "a/b"):
        one.want(Wanted(path, folder()))
    owned = one.plan().manifest.owned
    assert [item.path.name for item in owned] == ["b", "a", "voiceagent.d"]


def test_a_file_where_a_folder_should_be_is_a_conflict():
    one = planner({FOLDER: file(b"")})
    with pytest.raises(ConflictError):
        one.want(Wanted(FOLDER, folder()))


def test_a_parent_gets_our_lines_and_keeps_mode_owner_and_a_copy():
    old = file(b"[a]\n", mode=0o444, uid=7, gid=8, mtime_ns=99)
    one = planner({PARENT: old})
    one.want_block(PARENT, INCLUDE)
    plan = one.plan()
    new = plan.changes[0].new
    assert (new.mode, new.uid, new.gid) == (0o444, 7, 8)
    assert new.content.startswith(b"[a]\n" + BEGIN)
    assert plan.originals == {digest_of(b"[a]\n"): b"[a]\n"}
    record = Owned(PARENT, Role.PARENT, new.digest, digest_of(b"[a]\n"), 99)
    assert plan.manifest == Manifest((record,))


def installed_parent(content=b"[a]"):
    """Return the parent with our lines, its record and what was kept."""
    one = planner({PARENT: file(content, mtime_ns=99)})
    one.want_block(PARENT, INCLUDE)
    plan = one.plan()
    return plan.changes[0].new, plan.manifest.owned[0], plan.originals


def test_a_parent_with_our_lines_is_left_alone_even_when_edited_elsewhere():
    node, record, kept = installed_parent()
    for content in (node.content, b"; admin\n" + node.content):
        one = planner({PARENT: file(content)}, [record], kept)
        one.want_block(PARENT, INCLUDE)
        plan = one.plan()
        assert plan.idle and plan.originals == kept


def test_undoing_an_untouched_parent_restores_its_bytes_and_time():
    node, record, kept = installed_parent(b"[a]")  # no last newline: lines alone would leave one
    one = planner({PARENT: node}, [record], kept)
    one.give_back()
    plan = one.plan()
    (change,) = plan.changes
    assert (change.new.content, change.new.mtime_ns) == (b"[a]", 99)
    assert plan.manifest == Manifest() and not plan.notes


def test_undoing_an_edited_parent_takes_only_our_lines_and_says_so():
    node, record, kept = installed_parent(b"[a]\n")
    one = planner({PARENT: file(node.content + b"[admin]\n")}, [record], kept)
    one.give_back()
    plan = one.plan()
    assert plan.changes[0].new.content == b"[a]\n[admin]\n"
    assert "edited since" in plan.notes[0]


def test_undoing_a_parent_whose_lines_are_gone_already_changes_nothing():
    _, record, kept = installed_parent(b"[a]\n")
    one = planner({PARENT: file(b"[b]\n")}, [record], kept)
    one.give_back()
    plan = one.plan()
    assert not plan.changes and "gone already" in plan.notes[0]
    one = planner({}, [record], kept)
    one.give_back()
    assert "is gone" in one.plan().notes[0]


def test_undoing_an_edited_file_of_ours_keeps_a_copy():
    one = planner({CONF: file(b"edited")}, [ours(b"old")])
    one.give_back()
    plan = one.plan()
    assert plan.kept == {CONF: b"edited"}
    assert plan.changes[0].new is None


def test_undoing_leaves_alone_what_has_become_a_folder():
    one = planner({CONF: folder()}, [ours(b"old")])
    one.give_back()
    plan = one.plan()
    assert not plan.changes and "folder now" in plan.notes[0]


def test_what_is_no_longer_wanted_goes():
    node, record, kept = installed_parent()
    one = planner({PARENT: node, CONF: file(b"old")}, [ours(b"old"), record], kept)
    one.want(wanted())
    one.give_back()
    plan = one.plan()
    assert [c.path for c in plan.changes] == [CONF, PARENT]
    assert plan.changes[1].new.content == b"[a]"
    assert [item.path for item in plan.manifest.owned] == [CONF]


@pytest.mark.parametrize("act", ["want", "give_back"])
def test_damaged_marks_stop_the_plan(act):
    _, record, kept = installed_parent()
    one = planner({PARENT: file(BEGIN + b"\n")}, [record], kept)
    with pytest.raises(ConflictError, match="without a last one"):
        one.want_block(PARENT, INCLUDE) if act == "want" else one.give_back()


def test_a_parent_we_made_goes_again_unless_the_admin_put_something_in():
    one = planner()
    one.want_block(PARENT, INCLUDE, file(b"", mode=0o640, uid=7))
    plan = one.plan()
    (change,) = plan.changes
    assert change.old is None and (change.new.mode, change.new.uid) == (0o640, 7)
    assert change.new.content.startswith(BEGIN) and not plan.originals
    owned = plan.manifest.owned
    again = planner({PARENT: change.new}, owned)
    again.want_block(PARENT, INCLUDE, file(b""))
    assert not again.plan().changes and again.plan().manifest.owned == owned
    moved = planner({PARENT: change.new}, owned)
    moved.want_block(PARENT, "voiceagent.d/other.conf", file(b""))
    assert moved.plan().manifest.owned[0].original == owned[0].original
    undo = planner({PARENT: change.new}, owned)
    undo.give_back()
    assert [one.new for one in undo.plan().changes] == [None] and not undo.plan().notes
    edited = planner({PARENT: file(b"[mine]\n" + change.new.content)}, owned)
    edited.give_back()
    (left,) = edited.plan().changes
    assert left.new.content == b"[mine]\n" and "edited since" in edited.plan().notes[0]


def test_a_parent_that_is_not_there_is_a_conflict():
    with pytest.raises(ConflictError, match="not there"):
        planner().want_block(PARENT, INCLUDE)


def test_a_block_edited_by_hand_is_put_right_with_a_copy_kept_and_a_word_said():
    node, record, kept = installed_parent(b"[a]\n")
    edited = node.content.replace(b"#tryinclude", b"#include mine.conf\n#tryinclude")
    for undoing in (False, True):
        one = planner({PARENT: file(edited)}, [record], kept)
        one.give_back() if undoing else one.want_block(PARENT, INCLUDE)
        plan = one.plan()
        assert plan.kept == {PARENT: edited}
        assert "our lines in /etc/asterisk/extensions.conf were edited by hand" in plan.notes[0]
        assert plan.changes[0].new.content == (b"[a]\n" if undoing else node.content)


def test_a_block_taken_out_by_hand_is_put_in_again_and_that_is_said():
    node, record, kept = installed_parent(b"[a]\n")
    one = planner({PARENT: file(b"[a]\n")}, [record], kept)
    one.want_block(PARENT, INCLUDE)
    plan = one.plan()
    assert plan.changes[0].new.content == node.content and not plan.kept
    assert "taken out by hand" in plan.notes[0]


ENV = P("/etc/voiceagent/voiceagent.env")


def settings(content):
    return Wanted(ENV, file(content), settings=True)


def installed_settings(old=None, content=b"A=1\n"):
    """Return what an installation makes of settings: the file, its record and what it kept."""
    one = planner({} if old is None else {ENV: old})
    one.want(settings(content))
    plan = one.plan()
    node = plan.changes[0].new if plan.changes else old
    return node, plan.manifest.owned[0], plan.originals


def test_settings_are_written_where_there_are_none():
    node, record, kept = installed_settings()
    assert node == file(b"A=1\n") and not kept
    assert record == Owned(ENV, Role.SETTINGS, digest_of(b"A=1\n"))


def test_settings_that_were_edited_are_updated_without_a_word_and_stay_known_as_edited():
    _, record, _ = installed_settings()
    one = planner({ENV: file(b"A=2\nB=1\n")}, [record])
    one.want(settings(b"A=2\nB=7\n"))
    plan = one.plan()
    assert not plan.notes and not plan.kept
    assert plan.changes[0].new.content == b"A=2\nB=7\n"
    one = planner({ENV: plan.changes[0].new}, plan.manifest.owned)
    one.give_back()
    assert one.plan().kept == {ENV: b"A=2\nB=7\n"}


def test_settings_nobody_edited_go_and_edited_ones_are_set_aside():
    node, record, _ = installed_settings()
    for content, kept in ((node.content, {}), (b"A=2\n", {ENV: b"A=2\n"})):
        one = planner({ENV: file(content)}, [record])
        one.give_back()
        plan = one.plan()
        assert plan.changes[0].new is None and plan.kept == kept
        assert plan.manifest == Manifest()


def test_settings_that_were_there_before_us_keep_their_mode_and_come_back():
    theirs = file(b"A=0\n", mode=0o600, uid=7, mtime_ns=99)
    node, record, kept = installed_settings(theirs)
    assert (node.content, node.mode, node.uid) == (b"A=1\n", 0o600, 7)
    one = planner({ENV: node}, [record], kept)
    one.want(settings(b"A=1\n"))
    assert one.plan().idle
    one = planner({ENV: node}, [record], kept)
    one.give_back()
    (change,) = one.plan().changes
    assert (change.new, change.new.mtime_ns) == (theirs, 99)


def test_settings_from_before_us_that_were_edited_since_stay_as_they_are():
    node, record, kept = installed_settings(file(b"A=0\n"))
    one = planner({ENV: file(node.content + b"B=1\n")}, [record], kept)
    one.give_back()
    plan = one.plan()
    assert not plan.changes and "it stays" in plan.notes[0]


def test_a_folder_where_settings_should_be_is_a_conflict():
    with pytest.raises(ConflictError):
        planner({ENV: folder()}).want(settings(b""))
