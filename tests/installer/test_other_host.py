"""What is left to do on the agent's own host."""

import pytest

from installer.api import Installation
from installer.other_host import UNKNOWN, steps_there
from tests.installer import trees
from tests.installer.test_choices import choices


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    trees.build("debian22", root)
    for name in ("manager", "http"):
        write(root, name, "[general]\nenabled = yes\n")
    return root


def write(root, name, text):
    (root / f"etc/asterisk/{name}.conf").write_text(text)


def steps(root, **given):
    one = Installation(root)
    told = choices(agent_address="10.0.0.2", queue="sales", **given)
    return [command for _, command in steps_there(told, one.control, one.facts)]


def test_the_other_host_gets_one_line_and_no_secret(root):
    secrets, command = steps(root, ami_secret="m" * 40)
    folder = "/etc/asterisk/voiceagent.d"
    assert secrets.endswith(f"{folder}/manager.conf {folder}/ari.conf")
    assert command == (
        f"sudo voiceagent-install --agent-only --ask --pbx-address {UNKNOWN} "
        "--agent-address 10.0.0.2 --queue sales"
    )


def test_ports_and_prefix_of_the_pbx_are_told(root):
    write(root, "manager", "[general]\nenabled = yes\nbindaddr = 10.0.0.1\nport = 5039\n")
    write(root, "http", "[general]\nenabled = yes\nbindport = 8089\nprefix = pbx\n")
    command = steps(root, agi_port=5573)[1]
    assert "--pbx-address 10.0.0.1 " in command and "--agi-port 5573 --ami-port 5039" in command
    assert command.endswith("--ari-url http://10.0.0.1:8089/pbx")


def test_what_routing_needs_is_not_told_without_it(root):
    write(root, "http", "[general]\nenabled = yes\nbindport = 8089\n")
    secrets, command = steps(root, routing=False)
    assert "ari.conf" not in secrets
    assert command.endswith("--no-routing") and "--ari-url" not in command


def test_a_spool_of_its_own_is_told(root):
    text = "[directories]\nastspooldir => /srv/spool\n"
    write(root, "asterisk", (root / "etc/asterisk/asterisk.conf").read_text() + text)
    assert "VOICEAGENT_PBX_SOUNDS=/srv/spool/voiceagent" in steps(root)[-1]
