import json
from dataclasses import replace
from pathlib import PurePosixPath as P

import pytest

from installer.errors import ConflictError, NotAPbxError
from installer.journal import Journal, Phase, Step
from installer.model import Manifest, Owned, Prior, Role, digest_of
from installer.store import Store
from installer.tree import Tree

CONF = Owned(P("/etc/asterisk/voiceagent.d/extensions.conf"), Role.OURS, digest_of(b"x"))
PARENT = Owned(P("/etc/a.conf"), Role.PARENT, digest_of(b"new"), digest_of(b"old"), 12345)
FOLDER = Owned(P("/etc/asterisk/voiceagent.d"), Role.FOLDER)
ENV = Owned(P("/etc/voiceagent/voiceagent.env"), Role.SETTINGS, digest_of(b"A=1"))
MANIFEST = Manifest((ENV, CONF, PARENT, FOLDER))
JOURNAL = Journal(
    run="0a1b2c3d",
    phase=Phase.APPLYING,
    steps=(
        Step(CONF.path, None, "aa"),
        Step(P("/etc/a.conf"), "bb", None),
        Step(P("/d"), None, "c", True),
    ),
    emptied=(P("/etc/old"),),
    compiled=P("/usr/share/asterisk/agi-bin/voiceagent"),
    manifest=MANIFEST,
    prior=Prior(True, ("app_queue",)),
    begun=True,
)


@pytest.fixture
def store(tmp_path):
    (tmp_path / "var/lib").mkdir(parents=True)
    return Store(Tree(tmp_path))


def test_a_run_is_remembered_from_its_journal_to_its_manifest(store):
    assert store.manifest() == Manifest() and store.journal() is None
    with store.locked():
        store.save_journal(JOURNAL)
        assert store.interrupted and store.journal() == JOURNAL
        store.prepare_commit(JOURNAL)
        assert store.journal() == JOURNAL
        store.commit()
        assert store.journal() == replace(JOURNAL, phase=Phase.COMMITTED)
        store.save_originals({digest_of(b"old"): b"old", digest_of(b"stale"): b"stale"})
        store.close(MANIFEST)
    assert not store.interrupted
    assert store.manifest() == MANIFEST
    assert store.originals(MANIFEST) == {digest_of(b"old"): b"old"}
    assert [one.name for one in (store.folder / "originals").iterdir()] == [digest_of(b"old")]


def test_a_run_that_was_taken_back_leaves_the_memory_of_the_one_before(store):
    with store.locked():
        store.close(MANIFEST)
        store.save_journal(JOURNAL)
        store.prepare_commit(replace(JOURNAL, manifest=Manifest((CONF,))))
        store.abandon()
    assert not store.interrupted and store.manifest() == MANIFEST
    assert [one.name for one in store.folder.iterdir()] == ["manifest.json"]


def test_a_journal_of_a_version_that_left_what_runs_alone_is_read(store):
    store.folder.mkdir()
    store.save_journal(JOURNAL)
    path = store.folder / "journal.json"
    raw = json.loads(path.read_text())
    for name in ("service", "unloaded", "begun"):
        del raw[name]
    path.write_text(json.dumps(raw))
    assert store.journal() == replace(JOURNAL, prior=Prior(), begun=False)


def test_the_folder_goes_with_the_last_of_what_it_remembers(store):
    with store.locked():
        store.save_originals({digest_of(b"old"): b"old"})
        store.close(MANIFEST)
        assert store.folder.exists()
        store.close(Manifest())
    assert not store.folder.exists()


def test_what_was_set_aside_keeps_the_folder_and_its_names_apart(store):
    with store.locked():
        store.save_kept("run", {P("/a/b/x.conf"): b"1", P("/a/c/x.conf"): b"2"})
        store.close(Manifest())
    kept = {one.name: one.read_bytes() for one in (store.folder / "kept").iterdir()}
    assert kept == {"run-a-b-x.conf": b"1", "run-a-c-x.conf": b"2"}
    store.drop_kept("other")
    assert (store.folder / "kept").exists()
    store.drop_kept("run")
    store.tidy()
    assert not store.folder.exists()


def test_a_kept_original_that_rotted_is_not_given_back(store):
    with store.locked():
        store.save_originals({digest_of(b"old"): b"old"})
        (store.folder / "originals" / digest_of(b"old")).write_bytes(b"0ld")
    assert store.originals(MANIFEST) == {}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2, "owned": []}', "\x00"])
def test_a_memory_of_another_version_or_a_broken_one_is_refused(store, text):
    store.folder.mkdir()
    (store.folder / "manifest.json").write_text(text)
    with pytest.raises(ConflictError, match=r"manifest\.json"):
        store.manifest()


def test_settings_are_kept_where_versions_that_knew_none_pass_over_them(store):
    store.folder.mkdir()
    store.close(MANIFEST)
    path = store.folder / "manifest.json"
    raw = json.loads(path.read_text())
    assert {one["role"] for one in raw["owned"]} == {"ours", "parent", "folder"}
    del raw["settings"]  # what such a version wrote
    path.write_text(json.dumps(raw))
    assert store.manifest() == Manifest((CONF, PARENT, FOLDER))


def test_a_tree_without_a_place_for_it_is_refused(tmp_path):
    with pytest.raises(NotAPbxError, match="no such folder"), Store(Tree(tmp_path)).locked():
        pass
