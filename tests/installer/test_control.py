import pytest

from asterisk_conf import BundleParams
from installer.api import Installation
from installer.control import completed, read_control, settings_to_tell
from installer.errors import ConflictError
from tests.installer import trees


@pytest.fixture
def root(tmp_path):
    return tmp_path / "root"


def opened(name, root):
    trees.build(name, root)
    return Installation(root)


def write(root, name, text):
    (root / "etc/asterisk" / name).write_text(text)


def test_debians_defaults_are_read(root):
    found = opened("debian22", root).control
    assert found.ami and found.ari
    assert (found.ami_port, found.ari_url) == (5038, "http://127.0.0.1:8089/pbx")
    assert len(found.ami_notes) == 1 and "enabled = yes" in found.ami_notes[0]
    assert found.ari_notes == ()


def test_a_pbx_without_either_is_told_what_that_means(root):
    one = opened("manual", root)
    found = one.control
    assert not found.ami and not found.ari
    assert "no manager.conf" in found.ami_notes[0]
    assert "no ari.conf" in found.ari_notes[0] and "goes to people" in found.ari_notes[0]
    assert settings_to_tell(found, one.facts) == ()
    plan = one.plan_install(BundleParams())
    assert not any(change.path.name in ("manager.conf", "ari.conf") for change in plan.changes)
    assert set(found.ami_notes + found.ari_notes) <= set(plan.notes)
    assert not set(found.ari_notes) & set(one.plan_install(BundleParams(routing=False)).notes)


def test_a_manager_file_without_a_last_newline_in_crlf_gets_our_user(root):
    one = opened("mess", root)
    assert one.control.ami_port == 5039 and one.control.ami_notes == ()
    assert "VOICEAGENT_AMI_PORT=5039" in one.settings_for_agent
    one.apply(one.plan_install(BundleParams(ami_secret="m" * 40)))
    found = (root / "etc/asterisk/manager.conf").read_bytes()
    assert b"hunter2hunter2\r\n; >>>" in found
    assert found.endswith(b"#tryinclude voiceagent.d/manager.conf\r\n; <<< voiceagent-install\r\n")
    assert read_control(one.tree, one.facts).ami_port == 5039  # ours is no foreign user


@pytest.mark.parametrize("name", ["manager.conf", "ari.conf"])
def test_a_foreign_user_under_our_name_is_refused(root, name):
    one = opened("debian22", root)
    write(root, name, "[general]\nenabled = yes\n[voiceagent]\nsecret = x\n")
    with pytest.raises(ConflictError, match=rf"{name}:3: .*\[voiceagent\]"):
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
