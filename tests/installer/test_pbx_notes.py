import os

import pytest

from asterisk_conf import AgiMode, BundleParams
from installer.api import Installation
from installer.control import completed
from installer.pbx_notes import notes_for
from tests.installer import pbx_trees, trees


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    trees.build("debian22", root)
    for name in ("manager", "ari", "http"):
        write(root, f"{name}.conf", "[general]\nenabled = yes\nbindaddr = 127.0.0.1\n")
    write(root, "queues.conf", "[general]\n[voiceagent]\n")
    return root


def write(root, name, text):
    (root / "etc/asterisk" / name).write_text(text)


def notes(root, **choices):
    one = Installation(root)
    params = completed(BundleParams(**choices), one.tree, one.facts)
    found = notes_for(params, one.control, one.facts)
    assert all("\n" not in note for note in found)
    return found


def test_a_pbx_with_everything_needs_no_note(root):
    assert notes(root) == ()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("manager.conf", None, "there is no manager.conf, so the agent gets no AMI user"),
        ("manager.conf", "[general]\n", "AMI, which was off, is switched on at 127.0.0.1"),
        ("ari.conf", None, "there is no ari.conf, so the agent gets no ARI user"),
        ("ari.conf", "[general]\nenabled = no\n", "ARI is off: set enabled = yes in ari.conf"),
        ("http.conf", None, "is switched on at 127.0.0.1"),
        ("http.conf", "[general]\nbindport = 80\n", "is switched on at 127.0.0.1"),
        ("http.conf", "[general]\nenabled = no\n", "switched off on purpose at"),
        ("http.conf", "[general]\nbindaddr = 0.0.0.0\n", "binds it to 0.0.0.0, for all to reach"),
        ("queues.conf", "[general]\n[other]\n", "there is no queue voiceagent: "),
        ("queues.conf", None, "--queue-member PJSIP/100"),
        ("modules.conf", "[modules]\nautoload=yes\nnoload=res_ari.so\n", "without res_ari.so"),
    ],
)
def test_what_is_left_to_do_is_one_line(root, name, text, said):
    if text is None:
        (root / "etc/asterisk" / name).unlink()
    else:
        write(root, name, text)
    (note,) = notes(root)
    assert said in note


def test_what_routing_needs_is_of_no_interest_without_it(root):
    for name in ("ari.conf", "http.conf"):
        (root / "etc/asterisk" / name).unlink()
    assert notes(root, routing=False) == ()
    assert len(notes(root)) == 2


def test_http_that_may_not_be_switched_on_is_the_admins_to_do(root):
    (root / "etc/asterisk/http.conf").unlink()
    (note,) = notes(root, http=False)
    assert "set enabled = yes and bindaddr = 127.0.0.1 in http.conf" in note


def test_ami_that_may_not_be_switched_on_is_the_admins_to_do(root):
    write(root, "manager.conf", "[general]\nenabled = no\n")
    (note,) = notes(root, ami=False)
    assert "AMI is off: set enabled = yes and bindaddr = 127.0.0.1 in manager.conf" in note
    found = notes(root, agent_address="10.9.8.7", agi_host="10.9.8.7")
    assert "AMI is off: set enabled = yes and bindaddr in manager.conf, so that 10.9" in found[0]


def test_a_context_for_transfers_that_is_not_there_is_said(root):
    found = notes(root, extensions_context="phonse", outside_context="trunks")
    assert found == (
        "extensions.conf has no context phonse, so callers are put through to no extension: name "
        "one with --extensions-context",
        "extensions.conf has no context trunks, so callers are put through to no outside number: "
        "name one with --outside-context",
    )
    write(root, "extensions.conf", "[phonse]\nexten => 1,1,Hangup()\n[trunks](!)\n")
    (note,) = notes(root, extensions_context="phonse", outside_context="trunks")
    assert "no context trunks" in note
    one = Installation(root)
    params = completed(BundleParams(extensions_context="lua"), one.tree, one.facts)
    assert notes_for(params, one.control, one.facts, ["lua"]) == ()  # from another module's file


def test_what_is_switched_on_is_news_only_once(root):
    for name in ("manager", "http"):
        write(root, f"{name}.conf", "[general]\n")
    one = Installation(root, compile_scripts=trees.compiler(root))
    plan = one.plan_install(BundleParams())
    assert sum("is switched on at 127.0.0.1" in note for note in plan.notes) == 2
    one.apply(plan)
    later = one.plan_install(BundleParams())
    assert later.idle and later.notes == ()


def test_queues_in_a_database_are_taken_on_trust(root):
    (root / "etc/asterisk/queues.conf").unlink()
    write(root, "extconfig.conf", "[settings]\nqueues => odbc,asterisk\n")
    assert notes(root) == ()


def test_a_second_asterisk_is_said(root):
    for name in ("usr/sbin", "usr/local/sbin"):
        (root / name).mkdir(parents=True, exist_ok=True)
        (root / name / "asterisk").touch()
    (note,) = notes(root)
    assert note == (
        "there are /usr/sbin/asterisk and /usr/local/sbin/asterisk: this is for the one that reads "
        "/etc/asterisk and looks for scripts in /usr/share/asterisk/agi-bin"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="takes a user who is not the one that runs this")
def test_a_file_asterisks_user_may_not_read_is_said(root):
    path = root / "etc/asterisk/queues.conf"
    path.chmod(0o600)
    os.chown(path, 0, 0)
    assert notes(root) == (
        "Asterisk's user asterisk seems not to be able to read /etc/asterisk/queues.conf",
    )


def test_an_agent_elsewhere_has_to_be_let_in(root):
    found = notes(root, agent_address="10.9.8.7")
    assert [note.partition(":")[0] for note in found] == [
        "Asterisk asks the agent at 127.0.0.1, its own host",
        "manager.conf binds to 127.0.0.1 only",
        "http.conf binds to 127.0.0.1 only",
        "let only 10.9.8.7 through the firewall to AMI (5038) and HTTP, and put a VPN between the "
        "hosts",
        "/var/spool/asterisk/voiceagent and /var/spool/asterisk/recording/voiceagent must be "
        "shared with the agent's host for announcements and recordings",
    ]
    write(root, "manager.conf", "[general]\nenabled = yes\nbindaddr = 10.0.0.1\n")
    found = notes(root, agent_address="10.9.8.7", agi_host="10.9.8.7", routing=False)
    assert len(found) == 2
    write(root, "http.conf", "[general]\n")
    found = notes(root, agent_address="10.9.8.7", agi_host="10.9.8.7")
    assert "off: set enabled = yes and bindaddr in http.conf, so that 10.9.8.7" in found[0]
    write(root, "manager.conf", "[general]\nenabled = no\nbindaddr = 127.0.0.1\n")
    found = notes(root, agent_address="10.9.8.7", agi_host="10.9.8.7", routing=False)
    assert "bindaddr in manager.conf, so that 10.9.8.7 reaches it" in found[0]
    assert "127.0.0.1" not in "".join(found)
    found = notes(root, agent_address="10.9.8.7", agi_mode=AgiMode.SCRIPT, routing=False)
    assert "setup.agi asks an agent on its own host only" in "".join(found)


@pytest.mark.parametrize("name", ["freepbx16", "freepbx17"])
def test_on_freepbx_all_is_done_where_freepbx_has_it(name, tmp_path):
    root = tmp_path / "freepbx"
    pbx_trees.build(name, root)
    found = "\n".join(notes(root, queue="500"))
    assert "Admin > Custom Destinations" in found and "Connectivity > Inbound Routes" in found
    assert "no queue 500" in found and "Applications > Queues" in found
    assert "no queue" not in "\n".join(notes(root, queue="400"))
    write(root, "modules.conf", "[modules]\nload = pbx_config.so\n")
    found = "\n".join(notes(root))
    assert "app_audiosocket.so" in found and "Settings > Asterisk Modules" in found
    write(root, "http_additional.conf", "[general]\nenabled = no\n")
    write(root, "ari_general_additional.conf", "enabled = no\n")
    found = "\n".join(notes(root))
    assert "enable the mini-HTTP server in Settings > Advanced Settings" in found
    assert "ARI is off: set enabled = yes in Settings > Advanced Settings" in found
