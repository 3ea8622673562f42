"""What is particular to a host that has the agent alone."""

from installer.agents_half import lacking_secrets, notes_there, values_there
from tests.installer.test_choices import TWO_HOSTS, choices


def test_an_agent_alone_is_told_where_asterisk_is_and_listens_for_it():
    told = choices(**TWO_HOSTS, ami_secret="m" * 40, queue="sales")
    values = values_there(told, {}, frozenset())
    assert values == {
        "VOICEAGENT_AMI_HOST": "10.0.0.1",
        "VOICEAGENT_AMI_PORT": "5038",
        "VOICEAGENT_AMI_SECRET": "m" * 40,
        "VOICEAGENT_ARI_URL": "http://10.0.0.1:8088",
        "VOICEAGENT_AUDIOSOCKET_HOST": "10.0.0.2",
        "VOICEAGENT_AGI_HOST": "10.0.0.2",
        "VOICEAGENT_AGI_PORT": "4573",
        "VOICEAGENT_QUEUE": "sales",
    }
    six = values_there(choices(**TWO_HOSTS | {"pbx_address": "fd00::1"}), {}, frozenset())
    assert six["VOICEAGENT_ARI_URL"] == "http://[fd00::1]:8088"


def test_addresses_the_admin_edited_stay_until_they_are_said_anew():
    half = choices(**TWO_HOSTS)
    edited = {"VOICEAGENT_AUDIOSOCKET_HOST": "10.0.0.3", "VOICEAGENT_AMI_HOST": "pbx.lan"}
    kept = values_there(half, edited, frozenset())
    assert not edited.keys() & kept.keys() and kept["VOICEAGENT_AGI_HOST"] == "10.0.0.2"
    anew = values_there(half, edited, frozenset({"agent_address"}))
    assert anew["VOICEAGENT_AUDIOSOCKET_HOST"] == "10.0.0.2" and "VOICEAGENT_AMI_HOST" not in anew


def test_what_listens_beyond_the_host_gets_a_note_about_the_firewall():
    secrets = {"ami_secret": "m" * 40, "ari_password": "r" * 40}
    (note,) = notes_there(choices(**TWO_HOSTS, **secrets), {})
    assert "10.0.0.1" in note and "4573" in note and "9099" in note


def test_an_agent_alone_is_told_where_its_secrets_are():
    half = choices(**TWO_HOSTS, ami_secret="m" * 40)
    _, note = notes_there(half, {})
    assert "--ari-password" in note and "--ami-secret" not in note and "10.0.0.1" in note
    assert "gets no calls" in note
    assert lacking_secrets(half, {"VOICEAGENT_ARI_PASSWORD": "r" * 40}) == ()
    assert lacking_secrets(half, {"VOICEAGENT_ARI_PASSWORD": ""}) == ("--ari-password",)
    assert lacking_secrets(choices(**TWO_HOSTS, routing=False), {}) == ("--ami-secret",)


def test_an_agent_that_routes_nothing_needs_no_way_to_ask():
    told = choices(**TWO_HOSTS, routing=False, ari_password="r" * 40)
    values = values_there(told, {}, frozenset())
    assert not any("ARI" in name for name in values)
