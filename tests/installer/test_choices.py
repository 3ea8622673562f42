"""From the command line to parameters."""

import json
from pathlib import Path, PurePosixPath

import pytest

from asterisk_conf import AgiMode, ParameterError
from installer.choices import ChoiceError, Choices

DEFAULTS = {
    "root": Path("/"), "dry_run": False, "yes": False, "undo": False, "delete_data": False,
    "verify_only": False, "ask": False, "as_json": False, "queue": "voiceagent",
    "queue_timeout": 120, "queue_member": (), "did": "", "company": "", "keys_from": "",
    "agi_host": "", "agi_port": 4573, "agi_mode": "fastagi", "routing": True, "http": True,
    "extensions_context": "", "outside_context": "", "service": None,
    "venv": PurePosixPath("/opt/voiceagent"), "account": "", "agent_address": "127.0.0.1",
    "agent_only": False, "pbx_address": "", "ami_secret": "", "ari_password": "",
}  # fmt: skip
TWO_HOSTS = {"agent_only": True, "pbx_address": "10.0.0.1", "agent_address": "10.0.0.2"}


def choices(**given):
    return Choices(**DEFAULTS | given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"undo": True, "verify_only": True}, "exclude each other"),
        ({"as_json": True}, "--yes or --dry-run"),
        ({"as_json": True, "yes": True, "ask": True}, "leave --ask out"),
        ({"keys_from": "-"}, "add --yes"),
        ({"delete_data": True}, "goes with --undo"),
        ({"ask": True, "undo": True}, "goes with an installation"),
        ({"company": "A", "did": "123", "undo": True}, "go with an installation"),
        ({"company": "A"}, "go together"),
        ({"did": "123"}, "go together"),
        ({"company": "A", "did": "123", "service": False}, "for the host that runs the service"),
        ({"keys_from": "env", "agent_address": "10.0.0.2"}, "for the host that runs the service"),
        ({"agent_only": True}, "--agent-only needs --pbx-address"),
        ({**TWO_HOSTS, "agent_address": "127.0.0.1"}, "--agent-address"),
        ({**TWO_HOSTS, "service": False}, "without a service"),
        ({"pbx_address": "10.0.0.1"}, "goes with --agent-only"),
    ],
)
def test_flags_that_do_not_go_together_are_named(given, said):
    with pytest.raises(ChoiceError, match=said):
        choices(**given)


def test_an_agent_on_another_host_is_asked_there():
    assert choices().bundle().agi_host == "127.0.0.1"
    assert choices(agent_address="10.0.0.2").bundle().agi_host == "10.0.0.2"
    both = choices(agent_address="10.0.0.2", agi_host="agent.lan", agi_mode="script").bundle()
    assert (both.agi_host, both.agi_mode) == ("agent.lan", AgiMode.SCRIPT)


def test_an_agent_alone_is_told_where_asterisk_is_and_listens_for_it():
    values = choices(**TWO_HOSTS, ami_secret="m" * 40, queue="sales").system(True, {}).values
    assert values == {
        "VOICEAGENT_AMI_HOST": "10.0.0.1",
        "VOICEAGENT_AMI_SECRET": "m" * 40,
        "VOICEAGENT_ARI_URL": "http://10.0.0.1:8088",
        "VOICEAGENT_AUDIOSOCKET_HOST": "10.0.0.2",
        "VOICEAGENT_AGI_HOST": "10.0.0.2",
        "VOICEAGENT_AGI_PORT": "4573",
        "VOICEAGENT_QUEUE": "sales",
    }
    six = choices(**TWO_HOSTS | {"pbx_address": "fd00::1"}).system(True, {}).values
    assert six["VOICEAGENT_ARI_URL"] == "http://[fd00::1]:8088"
    with pytest.raises(ParameterError, match="pbx_address"):
        choices(**TWO_HOSTS | {"pbx_address": "pbx"}).system(True, {})


def test_what_listens_beyond_the_host_gets_a_note_about_the_firewall():
    secrets = {"ami_secret": "m" * 40, "ari_password": "r" * 40}
    (note,) = choices(**TWO_HOSTS, **secrets).notes_of_two_hosts
    assert "10.0.0.1" in note and "4573" in note and "9099" in note
    assert choices().notes_of_two_hosts == ()


def test_an_agent_alone_is_told_where_its_secrets_are():
    _, note = choices(**TWO_HOSTS, ami_secret="m" * 40).notes_of_two_hosts
    assert "--ari-password" in note and "--ami-secret" not in note and "10.0.0.1" in note


def test_what_an_earlier_run_was_told_stays_unless_it_is_said_anew():
    first = choices(
        queue="sales", queue_member=("PJSIP/100",), routing=False, outside_context="out",
        account="va", venv=PurePosixPath("/srv/va"), agi_port=5573, ami_secret="m" * 40,
    )  # fmt: skip
    told = json.loads(json.dumps(first.remembered))
    assert "m" * 40 not in str(told)
    again = choices(ami_secret="m" * 40).with_earlier(told, {}, frozenset())
    assert again == first
    assert again.other_than(choices()) == [
        "queue sales", "queue member PJSIP/100", "agi port 5573", "routing off",
        "outside context out", "venv /srv/va", "account va",
    ]  # fmt: skip
    anew = choices().with_earlier(told, {}, frozenset({"routing", "queue", "venv"}))
    assert anew.routing and anew.queue == "voiceagent" and anew.venv == choices().venv
    assert anew.account == "va"


def test_the_settings_files_queue_and_port_win_over_what_was_said():
    settings = {"VOICEAGENT_QUEUE": "sales", "VOICEAGENT_AGI_PORT": "5573"}
    kept = choices().with_earlier({"queue": "old", "agi_port": 1}, settings, frozenset())
    assert (kept.queue, kept.agi_port) == ("sales", 5573)
    named = choices(queue="q").with_earlier({}, settings, frozenset({"queue", "agi_port"}))
    assert (named.queue, named.agi_port) == ("q", 4573)


def test_what_is_no_value_counts_for_nothing():
    wrong = {"routing": "no", "agi_port": True, "queue": None, "undo": True, "surprise": 1}
    assert choices().with_earlier(wrong, {"VOICEAGENT_AGI_PORT": "x"}, frozenset()) == choices()


def test_no_secret_is_in_what_a_trace_would_show():
    shown = repr(choices(ami_secret="m" * 40, ari_password="r" * 40))
    assert "mmm" not in shown and "rrr" not in shown
