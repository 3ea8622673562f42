from pathlib import PurePosixPath as P

import pytest

from asterisk_conf.version import AsteriskVersion
from installer.errors import ConflictError, NotAPbxError
from installer.facts import gather
from installer.tree import Tree
from tests.installer import trees


@pytest.fixture
def root(tmp_path):
    return tmp_path / "root"


def facts(name, root, **directories):
    trees.build(name, root)
    return gather(Tree(root), directories)


def append(root, path, text):
    with (root / path).open("a") as file:
        file.write(text)


def test_debians_directories_are_found_though_its_stanza_is_a_template(root):
    found = facts("debian22", root)
    assert (found.config, found.data) == (P("/etc/asterisk"), P("/usr/share/asterisk"))
    assert found.agi_bin == P("/usr/share/asterisk/agi-bin")
    assert found.config_group == trees.GROUP
    assert (found.owner, found.owner_group) == (trees.OWNER, trees.OWNER_GROUP)
    assert found.python == P("/usr/bin/python3")
    assert found.missing == found.absent == found.problems == ()


def test_a_mess_is_read_as_asterisk_would(root):
    found = facts("mess", root)
    assert (found.data, found.agi_bin) == (P("/opt/ast/data"), P("/opt/ast/scripts"))
    assert found.config_group == trees.GROUP
    missing = {one.name for one in found.missing}
    # Commented out, in a second [modules] that does not count, and never mentioned.
    assert {"res_agi", "app_exec", "codec_g722", "app_audiosocket"} <= missing
    # Loaded, required, and refused by name.
    assert not {"app_queue", "pbx_config", "codec_alaw"} & missing


def test_a_tree_built_by_hand_lacks_what_it_does_not_load(root):
    found = facts("manual", root)
    assert found.agi_bin == P("/var/lib/asterisk/agi-bin")
    missing = {one.name for one in found.missing}
    assert "app_audiosocket" in missing and "codec_alaw" in missing
    assert not {"pbx_config", "res_agi", "app_queue", "codec_ulaw"} & missing


def test_what_a_running_asterisk_says_beats_its_files(root):
    found = facts("mess", root, astdatadir="/elsewhere/data", astagidir="/elsewhere/agi")
    assert (found.data, found.agi_bin) == (P("/elsewhere/data"), P("/elsewhere/agi"))


def test_moving_the_data_directory_does_not_move_agi_bin(root):
    trees.build("debian22", root)
    (root / "etc/asterisk/asterisk.conf").write_text("[directories]\nastdatadir => /srv/data\n")
    found = gather(Tree(root))
    assert found.data == P("/srv/data")
    assert found.agi_bin == P("/usr/share/asterisk/agi-bin")


def test_another_configuration_directory_is_followed(root):
    trees.build("debian22", root)
    (root / "etc/asterisk").rename(root / "srv-conf")
    (root / "etc/asterisk").mkdir()
    (root / "etc/asterisk/asterisk.conf").write_text("[directories]\nastetcdir => /srv-conf\n")
    with pytest.raises(NotAPbxError, match=r"no extensions\.conf"):
        gather(Tree(root))
    assert gather(Tree(root), {"astetcdir": "/srv-conf"}).config == P("/srv-conf")


@pytest.mark.parametrize("file", ["extensions.conf", "modules.conf"])
def test_a_tree_without_asterisk_is_refused(root, file):
    trees.build("debian22", root)
    (root / "etc/asterisk" / file).unlink()
    with pytest.raises(NotAPbxError, match=f"there is no {file}") as caught:
        gather(Tree(root))
    assert str(root) in str(caught.value) and "--root" in str(caught.value)


@pytest.mark.parametrize("file", ["extensions.conf", "modules.conf"])
def test_a_folder_where_a_file_should_be_is_refused(root, file):
    trees.build("debian22", root)
    (root / "etc/asterisk" / file).unlink()
    (root / "etc/asterisk" / file).mkdir()
    with pytest.raises(NotAPbxError, match=f"{file} is a folder there"):
        gather(Tree(root))


def test_a_tree_that_does_not_say_where_scripts_go_is_refused(root):
    trees.build("debian22", root)
    (root / "usr/share/asterisk/agi-bin").rmdir()
    with pytest.raises(NotAPbxError, match="agi-bin"):
        gather(Tree(root))


def test_a_group_that_is_not_there_is_refused(root):
    trees.build("mess", root)
    (root / "etc/group").write_text("asterisk:x:5:\n")
    with pytest.raises(NotAPbxError, match="no group telephony"):
        gather(Tree(root))


def test_without_an_asterisk_group_the_configuration_directorys_own_is_used(root):
    trees.build("manual", root)
    (root / "etc/group").write_text("broken line\nx:y\n")
    expected = (root / "etc/asterisk").stat().st_gid
    assert gather(Tree(root)).config_group == expected


def test_a_module_that_is_kept_from_loading_is_named_with_its_line(root):
    trees.build("debian22", root)
    path = root / "etc/asterisk/modules.conf"
    path.write_text(path.read_text().replace("[modules]", "[modules]\nnoload = app_audiosocket.so"))
    with pytest.raises(ConflictError, match=r"modules\.conf:5: .*app_audiosocket\.so"):
        gather(Tree(root))


def test_a_codec_that_is_kept_from_loading_is_no_obstacle(root):
    trees.build("debian22", root)
    path = root / "etc/asterisk/modules.conf"
    path.write_text(path.read_text().replace("[modules]", "[modules]\nnoload = codec_g722.so"))
    assert gather(Tree(root)).missing == ()


def test_a_module_without_a_file_is_absent(root):
    layout = trees.build("debian22", root)
    (root / layout.modules / "res_audiosocket.so").unlink()
    (root / layout.modules / "codec_alaw.so").unlink()
    assert [one.name for one in gather(Tree(root)).absent] == ["res_audiosocket"]


def test_a_foreign_context_under_our_name_is_refused(root):
    trees.build("debian22", root)
    append(root, "etc/asterisk/extensions.conf", "[voiceagent-human]\nexten => s,1,Hangup()\n")
    with pytest.raises(ConflictError, match=r"extensions\.conf:\d+: .*\[voiceagent-human\]"):
        gather(Tree(root))


@pytest.mark.parametrize("file", ["extensions.conf", "modules.conf"])
@pytest.mark.parametrize(
    ("line", "said"),
    [
        (";-- for later", "never ends"),
        ("--;", "never began"),
        ("#include gone.conf", "includes gone.conf, which is missing, so Asterisk refuses"),
        ("[x](+)", r"adds to \[x\], which is not there, so Asterisk refuses"),
    ],
)
def test_a_file_that_asterisk_would_not_read_to_its_end_is_refused(root, file, line, said):
    trees.build("debian22", root)
    append(root, f"etc/asterisk/{file}", f"{line}\n")
    with pytest.raises(ConflictError, match=rf"{file}:\d+: .*{said}.*then run this again"):
        gather(Tree(root))


def test_what_asterisk_would_complain_about_is_passed_on(root):
    trees.build("debian22", root)
    append(root, "etc/asterisk/extensions.conf", "#include more.conf\n")
    (root / "etc/asterisk/more.conf").write_text("[x]\n#include gone.conf\n")
    (problem,) = gather(Tree(root)).problems
    assert "more.conf:2 includes gone.conf, which is missing; the rest" in problem


def test_the_newest_python_is_used_where_there_is_no_plain_name(root):
    trees.build("manual", root)
    for name in ("python3", trees.PYTHON):
        (root / "usr/bin" / name).unlink()
    assert gather(Tree(root)).python is None
    for name in ("python3.9", "python3.10", "python3.8", "python3.11-config"):
        (root / "usr/bin" / name).touch()
    assert gather(Tree(root)).python == P("/usr/bin/python3.10")


def test_the_spool_directory_and_whoever_writes_there_are_found(root):
    found = facts("debian22", root)
    assert (found.spool, found.user) == (P("/var/spool/asterisk"), trees.USER)
    (root / "etc/asterisk/asterisk.conf").write_text("[options]\nrunuser = nobody\n")
    with pytest.raises(NotAPbxError, match="no user nobody"):
        gather(Tree(root))
    append(root, "etc/passwd", "nobody:x:65534:65534::/:/bin/false\n")
    found = gather(Tree(root), {"astspooldir": "/srv/spool"})
    assert (found.spool, found.user) == (P("/srv/spool"), 65534)


def test_what_routing_lacks_is_no_obstacle_but_known(root):
    layout = trees.build("debian22", root)
    (root / layout.modules / "app_stasis.so").unlink()
    path = root / "etc/asterisk/modules.conf"
    path.write_text(path.read_text().replace("[modules]", "[modules]\nnoload = res_ari.so"))
    found = gather(Tree(root))
    assert found.absent == ()
    assert {one.name for one in found.unroutable} == {"app_stasis", "res_ari"}


def test_a_second_asterisk_is_known(root):
    assert facts("debian22", root).programs == ()
    for name in ("usr/sbin/asterisk", "usr/local/sbin/asterisk"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    (root / "opt/asterisk/sbin").mkdir(parents=True)
    (root / "opt/asterisk/sbin/asterisk").symlink_to("/usr/sbin/asterisk")
    found = gather(Tree(root)).programs
    assert found == (P("/usr/sbin/asterisk"), P("/usr/local/sbin/asterisk"))


def test_who_runs_asterisk_is_known_by_name(root):
    found = facts("mess", root)
    assert (found.user_name, found.group_name) == ("asterisk", "telephony")
    (root / "etc/passwd").write_text("")
    (root / "etc/asterisk/asterisk.conf").write_text("")
    found = gather(Tree(root), {"astdatadir": "/opt/ast/data", "astagidir": "/opt/ast/scripts"})
    assert found.user_name == str((root / "etc/asterisk").stat().st_uid)


def test_freepbx_is_known_by_its_settings_and_what_it_writes(root):
    assert not facts("debian22", root).freepbx
    (root / "etc/freepbx.conf").write_text("<?php\n")
    assert not gather(Tree(root)).freepbx  # what was left of it
    (root / "etc/asterisk/extensions_additional.conf").touch()
    assert gather(Tree(root)).freepbx
    (root / "etc/freepbx.conf").rename(root / "etc/amportal.conf")
    assert gather(Tree(root)).freepbx


def test_the_running_version_beats_the_packages(root):
    trees.build("debian22", root)
    status = root / "var/lib/dpkg/status"
    status.parent.mkdir(parents=True)
    status.write_text("Package: asterisk\nStatus: install ok installed\nVersion: 1:20.9.3~dfsg-1\n")
    assert gather(Tree(root)).version == AsteriskVersion(20, 9, 3)
    running = gather(Tree(root), None, "Asterisk 22.10.1 built by x @ y on a x86_64\n").version
    assert running == AsteriskVersion(22, 10, 1)


def test_systemd_is_known(root):
    assert not facts("debian22", root).systemd
    (root / "usr/lib/systemd").mkdir(parents=True)
    (root / "usr/lib/systemd/systemd").touch()
    assert gather(Tree(root)).systemd
