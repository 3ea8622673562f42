"""Whole PBXs: installed into, installed into again, and left as they were found."""

import pytest

from asterisk_conf import AgiMode, BundleParams
from asterisk_conf.render import CONTEXTS
from installer.api import Installation
from installer.conf_reader import read_config
from installer.config_files import ours, read_config_file
from installer.control import read_control
from installer.errors import ConflictError
from installer.facts import gather
from installer.model import Kind
from installer.sandbox.rootfs import ensure_image
from installer.tree import Tree
from tests.installer import pbx_trees, trees

SECRETS = {"ami_secret": "m" * 40, "ari_password": "r" * 40}
CHOICES = {
    "plain": BundleParams(**SECRETS),
    "all": BundleParams(
        agi_port=5573,
        agi_mode=AgiMode.SCRIPT,
        queue="reception",
        queue_timeout_s=30,
        extensions_context="office",
        outside_context="outside",
        queue_stub=("PJSIP/100", "Local/101@office/n"),
        **SECRETS,
    ),
    "elsewhere": BundleParams(
        agi_host="10.9.8.7", agent_address="10.9.8.7", routing=False, http=False, **SECRETS
    ),
}


@pytest.fixture
def root(tmp_path):
    return tmp_path / "root"


def installation(root):
    return Installation(root, compile_scripts=trees.compiler(root))


def sections(tree, facts, name):
    """Return what Asterisk makes of a file, without what is ours, by section in order."""
    config = read_config_file(tree, facts.config, name, freepbx=facts.freepbx)
    assert not config.refused and not config.open_comment and not config.stray_end, name
    return [
        (one.name, one.template, [(s.name, s.value) for s in one.settings if not ours(s.where)])
        for one in config.sections
        if not ours(one.where)
    ]


def all_sections(root):
    tree = Tree(root)
    facts = gather(tree)
    names = ["extensions.conf", "modules.conf", "queues.conf"]
    names += [one for one in ("manager.conf", "ari.conf", "http.conf")]
    return {
        name: sections(tree, facts, name) for name in names if tree.is_file(facts.config / name)
    }


def check_what_asterisk_sees(root, params):
    tree = Tree(root)
    facts = gather(tree)
    configs = {
        name: read_config_file(tree, facts.config, f"{name}.conf")
        for name in ("extensions", "manager", "ari", "http", "queues")
    }
    text = (root / str(facts.config)[1:] / "voiceagent.d/extensions.conf").read_bytes()
    alone = read_config("x", lambda name: [(name, text)])
    found = {one.name: one for one in configs["extensions"].sections if ours(one.where)}
    assert tuple(found) == CONTEXTS
    for section in alone.sections:  # every line of it, and none of anybody else's
        lines = [(one.name, one.value) for one in found[section.name].settings]
        assert lines == [(one.name, one.value) for one in section.settings]
    (user,) = [one for one in configs["manager"].sections if one.name == "voiceagent"]
    values = {one.name: one.value for one in user.settings}
    assert values["secret"] == "m" * 40
    assert values["permit"] == f"{params.agent_address}/255.255.255.255"
    (user,) = [one for one in configs["ari"].sections if one.name == "voiceagent"]
    assert {one.name: one.value for one in user.settings}["password"] == "r" * 40
    control = read_control(tree, facts)
    on = {one.name: one.value for one in configs["http"].section("general").settings}
    wanted = params.http and params.routing
    assert (on.get("enabled") == "yes") == (control.http.on or wanted)
    if wanted and not control.http.on:
        assert on["bindaddr"] == "127.0.0.1"
    ami = {one.name: one.value for one in configs["manager"].section("general").settings}
    switched = not facts.freepbx and not params.remote and not control.manager.on
    assert (ami.get("enabled") == "yes") == (control.manager.on or switched)
    assert not switched or ami["bindaddr"] == "127.0.0.1"
    if params.queue_stub:
        members = [one.value for one in configs["queues"].section("reception").settings]
        assert members[-2:] == list(params.queue_stub)


def install_twice_and_undo(root, params):
    before, seen = pbx_trees.image(root), all_sections(root)
    one = installation(root)
    one.apply(one.plan_install(params))
    check_what_asterisk_sees(root, params)
    assert all_sections(root) == seen  # nothing of the admin's means anything else now
    installed = pbx_trees.image(root)
    again = installation(root).plan_install(params)
    assert again.idle and not again.changes
    assert pbx_trees.image(root) == installed
    one = installation(root)
    one.apply(one.plan_undo())
    assert pbx_trees.image(root) == before


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("name", pbx_trees.KINDS)
def test_a_pbx_is_installed_into_and_left_as_it_was_found(name, choice, root):
    pbx_trees.build(name, root)
    install_twice_and_undo(root, CHOICES[choice])


@pytest.mark.pbx
def test_so_is_what_debians_packages_install(able_machine, root):
    pbx_trees.build_debian(ensure_image(print), root)
    facts = gather(Tree(root))
    assert facts.version.major >= 22 and (facts.user_name, facts.group_name) == ("asterisk",) * 2
    assert not facts.freepbx and not facts.missing and not facts.absent and not facts.problems
    install_twice_and_undo(root, CHOICES["all"])


def test_the_trees_are_known_for_what_they_are(tmp_path):
    found = {}
    for name in pbx_trees.KINDS:
        pbx_trees.build(name, tmp_path / name)
        found[name] = gather(Tree(tmp_path / name))
    assert {name for name, one in found.items() if one.freepbx} == {"freepbx16", "freepbx17"}
    assert all(one.systemd and one.version is None for one in found.values())
    assert found["handmade"].user_name == found["handmade"].group_name == "pbx"
    said = " ".join(found["handmade"].problems)
    for part in ("too long", "gone.conf, which is missing; the rest", "has #exec"):
        assert part in said


def test_the_one_made_by_hand_is_as_bad_as_it_says(root):
    pbx_trees.build("handmade", root)
    plan = (root / "srv/plans/main plan.conf").read_bytes()
    assert plan.startswith(b"\xef\xbb\xbf") and b"\r\n" in plan
    assert b"\xe9" in plan and not plan.endswith(b"\n") and plan.count(b"[office]") == 3
    assert max(map(len, plan.split(b"\n"))) > 9000
    assert (root / "srv/pbx etc/ari.conf").read_bytes() == b""
    assert (root / "etc/asterisk").is_symlink() and (root / "etc/asterisk/circle.conf").is_symlink()
    with pytest.raises(UnicodeDecodeError):
        plan.decode()


def test_on_freepbx_nothing_but_custom_files_is_touched_and_all_of_ours_is_asterisks(root):
    pbx_trees.build("freepbx17", root)
    one = installation(root)
    plan = one.plan_install(CHOICES["all"])
    parents = {c.path.name: c for c in plan.changes if c.path.parent == trees.CONFIG}
    assert set(parents) - {"voiceagent.d"} == {
        "extensions_custom.conf",
        "manager_custom.conf",
        "ari_additional_custom.conf",  # made: FreePBX had not yet
        "queues_custom.conf",
    }
    # As "fwconsole chown" would have them, or it would undo us and we it, for ever.
    for change in plan.changes:
        node = change.new
        assert change.old is not None or (node.uid, node.gid) == (trees.USER, trees.GROUP)
        if node.kind is Kind.FILE and "agi-bin" in change.path.parts:
            assert node.mode == 0o755
        elif node.kind is Kind.FILE and change.path.is_relative_to(trees.CONFIG):
            assert node.mode == 0o640
        elif node.kind is Kind.LINK:
            assert node.content.startswith(b"/")
    notes = "\n".join(plan.notes)
    assert "Target voiceagent-in,s,1" in notes
    one.apply(plan)
    text = (root / "etc/asterisk/voiceagent.d/extensions.conf").read_text()
    assert "Goto(ext-queues,${VA_TO},1)" in text


def test_on_freepbx_transfers_go_where_its_phones_are(root):
    pbx_trees.build("freepbx16", root)
    one = installation(root)
    one.apply(one.plan_install(CHOICES["plain"]))
    text = (root / "etc/asterisk/voiceagent.d/extensions.conf").read_text()
    assert "exten => extension,1,Set(VA_INTO=from-internal)" in text
    assert "exten => outside,1,Set(VA_INTO=from-internal)" in text
    # HTTP was neither on nor off, and its file for custom lines was there.
    assert b"voiceagent.d/http.conf" in (root / "etc/asterisk/http_custom.conf").read_bytes()


def test_custom_lines_that_freepbx_does_not_include_are_a_conflict(root):
    pbx_trees.build("freepbx17", root)
    path = root / "etc/asterisk/manager.conf"
    path.write_text(path.read_text().replace("#include manager_custom.conf\n", ""))
    with pytest.raises(ConflictError, match=r"manager\.conf: it does not include manager_custom"):
        installation(root).plan_install(CHOICES["plain"])


def test_lines_the_admin_put_into_a_file_we_made_stay(root):
    pbx_trees.build("freepbx17", root)
    one = installation(root)
    one.apply(one.plan_install(CHOICES["all"]))
    path = root / "etc/asterisk/queues_custom.conf"
    path.write_bytes(b"[mine]\n" + path.read_bytes())
    plan = installation(root).plan_undo()
    assert any("queues_custom.conf was edited" in note for note in plan.notes)
    installation(root).apply(plan)
    assert path.read_bytes() == b"[mine]\n"
    assert not (path.parent / "ari_additional_custom.conf").exists()
