from dataclasses import replace

import pytest

from asterisk_conf import BundleParams
from installer.api import Installation
from installer.config_files import read_config_file
from installer.control import completed, read_control, settings_for_agent, settings_to_tell
from installer.errors import ConflictError
from tests.installer import trees


@pytest.fixture
def root(tmp_path):
    return tmp_path / "root"


def opened(name, root):
    trees.build(name, root)
    return reopened(root)


def reopened(root):
    return Installation(root, compile_scripts=trees.compiler(root))


def write(root, name, text):
    (root / "etc/asterisk" / name).write_text(text)


def test_debians_defaults_are_read(root):
    found = opened("debian22", root).control
    assert found.ami and found.ari and found.ari_on
    assert (found.ami_port, found.ari_url) == (5038, "http://127.0.0.1:8089/pbx")
    assert not found.ami_on and found.http.on


def test_a_pbx_without_either_gets_no_users(root):
    one = opened("manual", root)
    found = one.control
    assert not found.ami and not found.ari
    assert settings_to_tell(found, one.facts) == ()
    plan = one.plan_install(BundleParams())
    assert not {"manager.conf", "ari.conf", "http.conf"} & {one.path.name for one in plan.changes}


def test_a_manager_file_without_a_last_newline_in_crlf_gets_our_user(root):
    one = opened("mess", root)
    assert one.control.ami_port == 5039 and one.control.ami_on
    assert "VOICEAGENT_AMI_PORT=5039" in one.settings_for_agent
    one.apply(one.plan_install(BundleParams(ami_secret="m" * 40)))
    found = (root / "etc/asterisk/manager.conf").read_bytes()
    assert b"hunter2hunter2\r\n; >>>" in found
    assert found.endswith(b"#tryinclude voiceagent.d/manager.conf\r\n; <<< voiceagent-install\r\n")
    assert read_control(one.tree, one.facts).ami_port == 5039  # ours is no foreign user


@pytest.mark.parametrize("user", ["voiceagent", "VoiceAgent"])
@pytest.mark.parametrize("name", ["manager.conf", "ari.conf"])
def test_a_foreign_user_under_our_name_is_refused(root, name, user):
    one = opened("debian22", root)
    write(root, name, f"[general]\nenabled = yes\n[{user}]\nsecret = x\n")
    with pytest.raises(ConflictError, match=rf"{name}:3: .*\[{user}\]"):
        one.plan_install(BundleParams())


def test_a_comment_that_would_swallow_our_user_is_refused(root):
    one = opened("debian22", root)
    write(root, "manager.conf", "[general]\n;-- later\n")
    with pytest.raises(ConflictError, match="never ends"):
        one.plan_install(BundleParams())


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("[general]\nenabled=yes\n", "http://127.0.0.1:8088"),
        ("[general]\nenabled=yes\nbindaddr=0.0.0.0\nbindport=80x\n", "http://127.0.0.1:8088"),
        ("[general]\nenabled=yes\nbindaddr=::\nprefix=/a/\n", "http://127.0.0.1:8088/a"),
        ("[general]\nenabled=yes\nbindaddr=10.0.0.9\nbindport=80\n", "http://10.0.0.9:80"),
    ],
)
def test_the_http_server_is_found_where_it_is(root, text, url):
    one = opened("debian22", root)
    write(root, "http.conf", text)
    assert one.control.ari_url == url


def test_secrets_are_kept_unless_they_are_no_good(root):
    one = opened("debian22", root)
    first = completed(BundleParams(), one.tree, one.facts)
    again = completed(BundleParams(), one.tree, one.facts)
    assert first.ami_secret != again.ami_secret and len(first.ami_secret) >= 32
    one.apply(one.plan_install(first))
    kept = completed(BundleParams(), one.tree, one.facts)
    assert (kept.ami_secret, kept.ari_password) == (first.ami_secret, first.ari_password)
    write(root, "voiceagent.d/manager.conf", "[voiceagent]\nsecret = short\n")
    mended = completed(BundleParams(), one.tree, one.facts)
    assert mended.ami_secret not in ("short", first.ami_secret) and len(mended.ami_secret) >= 32


def test_another_spool_directory_is_told_to_the_agent(root):
    trees.build("debian22", root)
    write(root, "asterisk.conf", "[directories]\nastspooldir => /srv/spool\n")
    one = Installation(root)
    assert one.settings_for_agent[-2:] == (
        "VOICEAGENT_PBX_SOUNDS=/srv/spool/voiceagent",
        "VOICEAGENT_PBX_RECORDINGS=/srv/spool/recording/voiceagent",
    )


HTTP_SETTINGS = {
    "": {"enabled": "yes", "bindaddr": "127.0.0.1"},
    "[other]\nenabled = yes\n": {"enabled": "yes", "bindaddr": "127.0.0.1"},
    "[general](!)\nbindaddr = 10.0.0.1\n": {"enabled": "yes", "bindaddr": "127.0.0.1"},
    "[general]\nbindaddr = 127.0.0.1\nbindport = 9000\n": {"enabled": "yes"},
    "[general]\nbindaddr = ::1\n": {"enabled": "yes"},
}


def settings_now(one, name):
    """Return a file's settings as Asterisk would see them, the last of a name counting."""
    config = read_config_file(one.tree, one.facts.config, name)
    assert not config.refused and not config.problems
    return {setting.name.lower(): setting.value for setting in config.section("general").settings}


def http_now(one):
    return settings_now(one, "http.conf")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[other]\nsecret = x\n",
        "[general]\n",
        "[general]\nenabled = no\nport = 5038\nbindaddr = 0.0.0.0\n",  # upstream's sample
        "[general]\nENABLED = no\nwebenabled = yes\ntlsenable = yes\n",
        "[general]\nbindaddr = 192.0.2.1\n[other]\nsecret = x\n",
    ],
)
def test_ami_that_is_off_is_switched_on_at_loopback_and_nowhere_else(root, text):
    one = opened("debian22", root)
    write(root, "manager.conf", text)
    before = trees.image(root)
    assert not one.control.ami_on
    one.apply(one.plan_install(BundleParams()))
    found = settings_now(one, "manager.conf")
    assert (found["enabled"], found["bindaddr"]) == ("yes", "127.0.0.1")
    assert found.get("webenabled", "no") == found.get("tlsenable", "no") == "no"
    assert one.control.ami_on and not one.control.manager.on
    assert one.plan_install(BundleParams()).idle
    one.apply(one.plan_undo())
    assert trees.image(root) == before


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("[general]\nenabled = yes\nbindaddr = 0.0.0.0\n", {}),
        ("[general]\nenabled = no\n", {"ami": False}),
        ("[general]\nenabled = no\n", {"agent_address": "10.0.0.7"}),
    ],
)
def test_ami_that_is_on_or_not_ours_to_switch_on_is_left_alone(root, text, choices):
    one = opened("debian22", root)
    write(root, "manager.conf", text)
    before = settings_now(one, "manager.conf")
    one.apply(one.plan_install(BundleParams(**choices)))
    assert settings_now(one, "manager.conf") == before
    ours = (root / "etc/asterisk/voiceagent.d/manager.conf").read_text()
    assert "[general]" not in ours and "[voiceagent]" in ours


@pytest.mark.parametrize("text", [None, *HTTP_SETTINGS])
def test_an_http_server_that_nobody_decided_about_is_switched_on_at_loopback(root, text):
    one = opened("debian22", root)
    path = root / "etc/asterisk/http.conf"
    path.unlink()
    if text is not None:
        write(root, "http.conf", text)
    before = trees.image(root)
    one.apply(one.plan_install(BundleParams()))
    found = http_now(one)
    added = HTTP_SETTINGS[text or ""]
    assert added.items() <= found.items() and found["bindaddr"] in ("127.0.0.1", "::1")
    assert one.plan_install(BundleParams()).idle and http_now(one) == found
    one.apply(one.plan_undo())
    assert trees.image(root) == before


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("[general]\nenabled = yes\nbindaddr = 10.0.0.1\n", {}),
        ("[general]\nenabled = no\n", {}),
        ("[general]\nENABLED = no\n", {}),
        ("[general]\nbindaddr = 0.0.0.0\n", {}),
        ("[general]\nbindaddr = 192.0.2.1\n", {}),
        ("[general]\n", {"http": False}),
        ("[general]\n", {"routing": False}),
        ("[general]\n", {"agent_address": "10.0.0.7"}),
    ],
)
def test_an_http_server_that_is_on_or_not_ours_to_switch_on_is_left_alone(root, text, choices):
    one = opened("debian22", root)
    write(root, "http.conf", text)
    one.apply(one.plan_install(BundleParams(**choices)))
    assert (root / "etc/asterisk/http.conf").read_text() == text
    assert not (root / "etc/asterisk/voiceagent.d/http.conf").exists()


@pytest.mark.parametrize("text", [None, "", "[general]\n[sales]\nmember => PJSIP/1\n"])
def test_a_queue_is_made_only_when_asked_for(root, text):
    one = opened("debian22", root)
    if text is not None:
        write(root, "queues.conf", text)
    before = trees.image(root)
    assert not any("queues" in str(c.path) for c in one.plan_install(BundleParams()).changes)
    params = BundleParams(queue="reception", queue_stub=("PJSIP/100", "PJSIP/101"))
    one.apply(one.plan_install(params))
    config = read_config_file(one.tree, one.facts.config, "queues.conf")
    settings = config.section("reception").settings
    assert [one.value for one in settings if one.name == "member"] == ["PJSIP/100", "PJSIP/101"]
    again = reopened(root)
    assert again.plan_install(params).idle  # it is no foreign queue then
    again.apply(again.plan_undo())
    assert trees.image(root) == before


@pytest.mark.parametrize("name", ["reception", "Reception"])
def test_a_queue_that_is_there_is_not_made_again(root, name):
    one = opened("debian22", root)
    write(root, "queues.conf", f"[general]\n[{name}]\nmember => PJSIP/1\n")
    with pytest.raises(ConflictError, match=r"queues\.conf:2: it has a queue \[reception\]"):
        one.plan_install(BundleParams(queue="reception", queue_stub=("PJSIP/100",)))
    one.plan_install(BundleParams(queue="reception"))


def test_a_queues_file_asterisk_refuses_matters_only_where_a_queue_is_asked_for(root):
    one = opened("debian22", root)
    write(root, "queues.conf", "[general]\n#include none.conf\n")
    one.plan_install(BundleParams())
    with pytest.raises(ConflictError, match=r"queues\.conf:2: it includes none\.conf"):
        one.plan_install(BundleParams(queue_stub=("PJSIP/100",)))


def test_the_agents_settings_are_the_real_ones(root):
    one = opened("debian22", root)
    params = completed(BundleParams(queue="reception", agi_port=5573), one.tree, one.facts)
    values = settings_for_agent(params, one.control, one.facts)
    assert values == {
        "VOICEAGENT_QUEUE": "reception",
        "VOICEAGENT_AGI_PORT": "5573",
        "VOICEAGENT_AMI_PORT": "5038",
        "VOICEAGENT_AMI_SECRET": params.ami_secret,
        "VOICEAGENT_ARI_URL": "http://127.0.0.1:8089/pbx",
        "VOICEAGENT_ARI_PASSWORD": params.ari_password,
        "VOICEAGENT_PBX_SOUNDS": "/var/spool/asterisk/voiceagent",
        "VOICEAGENT_PBX_RECORDINGS": "/var/spool/asterisk/recording/voiceagent",
    }
    unrouted = settings_for_agent(replace(params, routing=False), one.control, one.facts)
    assert not any("ARI" in name for name in unrouted)
