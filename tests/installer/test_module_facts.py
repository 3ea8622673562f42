import pytest

from asterisk_conf.modules import NEEDED
from installer.conf_reader import read_config
from installer.errors import ConflictError
from installer.module_facts import module_files, unloaded, unroutable, without_file
from installer.tree import Tree

ALL = {one.name for one in NEEDED}
FILES = frozenset(f"{name}.so" for name in ALL)


def modules(text, ours=""):
    files = {"modules.conf": text, "voiceagent.d/modules.conf": ours}
    return read_config(
        "modules.conf",
        lambda name: [(f"/etc/asterisk/{name}", files[name].encode())] if name in files else [],
    )


def lacking(text, **more):
    config = modules(text, **more)
    return {one.name for one in unloaded(config, count_ours=bool(more))}


@pytest.mark.parametrize("word", ["load", "require", "preload", "preload-require"])
def test_what_is_neither_loaded_nor_loads_by_itself_is_lacking(word):
    assert lacking("[modules]\nautoload = yes\n") == set()
    assert lacking("[modules]\nautoload = no\n") == lacking("") == ALL
    assert lacking(f"[modules]\n{word} => res_agi.so\n{word} = app_exec\n") == ALL - {
        "res_agi",
        "app_exec",
    }


def test_only_the_first_section_counts():
    assert lacking("[modules]\n[modules]\nautoload = yes\n") == ALL


def test_our_own_lines_count_only_when_asked_about():
    text = "[modules]\nload = res_agi.so\n#include voiceagent.d/modules.conf\n"
    ours = "[modules](+)\nload = app_exec.so\n"
    assert lacking(text, ours=ours) == ALL - {"res_agi", "app_exec"}
    assert {one.name for one in unloaded(modules(text, ours), count_ours=False)} == ALL - {
        "res_agi"
    }


def test_what_is_kept_from_loading_stops_us_only_where_calls_fail_without_it():
    text = "[modules]\nautoload=yes\nload = {0}.so\nnoload = {0}.so\n"
    assert lacking(text.format("codec_g722")) == set()
    with pytest.raises(ConflictError, match=r"modules\.conf:4: it keeps app_queue\.so"):
        lacking(text.format("app_queue"))


def test_routing_needs_its_modules_there_and_not_kept_from_loading():
    free = modules("[modules]\nautoload=yes\n")
    assert unroutable(FILES, free) == unroutable(frozenset(), free) == ()
    found = unroutable(FILES - {"app_stasis.so"}, modules("[modules]\nnoload=res_ari.so\n"))
    assert {one.name for one in found} == {"app_stasis", "res_ari"}


def test_files_are_looked_for_where_distributions_put_them(tmp_path):
    tree = Tree(tmp_path)
    assert module_files(tree, None) == frozenset() and without_file(frozenset()) == ()
    for name in ("lib/aarch64-linux-gnu", "lib64"):
        folder = tmp_path / "usr" / name / "asterisk/modules"
        folder.mkdir(parents=True)
        (folder / f"of_{name[:5]}.so".replace("/", "_")).touch()
    assert module_files(tree, None) == {"of_lib_a.so", "of_lib64.so"}
    (tmp_path / "opt/modules").mkdir(parents=True)
    (tmp_path / "opt/modules/res_agi.so").touch()
    found = module_files(tree, "/opt/modules")
    assert found == {"res_agi.so"}
    assert {one.name for one in without_file(found)} == ALL - {"res_agi"}
