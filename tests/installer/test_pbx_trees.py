"""Whole PBXs: installed into, installed into again, and left as they were found."""

import pytest

from asterisk_conf import AgiMode, BundleParams
from asterisk_conf.render import CONTEXTS
from installer.api import Installation
from installer.conf_reader import read_config
from installer.control import read_control
from installer.facts import gather, ours, read_config_file
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
ADDED = {"http.conf": "general"}


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
    if params.queue_stub:
        members = [one.value for one in configs["queues"].section("reception").settings]
        assert members[-2:] == list(params.queue_stub)


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("name", pbx_trees.KINDS)
def test_a_pbx_is_installed_into_and_left_as_it_was_found(name, choice, root):
    pbx_trees.build(name, root)
    params = CHOICES[choice]
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
