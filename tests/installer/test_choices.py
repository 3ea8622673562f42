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
    "ami": True,
    "extensions_context": "", "outside_context": "", "service": None,
    "venv": PurePosixPath("/opt/voiceagent"), "account": "", "agent_address": "127.0.0.1",
    "agent_only": False, "pbx_address": "", "ari_url": "", "ami_port": 5038, "ami_secret": "",
    "ari_password": "",
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
    ],
)
def test_flags_that_do_not_go_together_are_named(given, said):
    with pytest.raises(ChoiceError, match=said):
        choices(**given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"company": "A", "did": "123", "service": False}, "for the host that runs the service"),
        ({"keys_from": "env", "agent_address": "10.0.0.2"}, "for the host that runs the service"),
        ({"agent_only": True}, "--agent-only needs --pbx-address"),
        ({**TWO_HOSTS, "agent_address": "127.0.0.1"}, "--agent-address"),
        ({**TWO_HOSTS, "service": False}, "without a service"),
        ({"pbx_address": "10.0.0.1"}, "go with --agent-only"),
        ({"ari_url": "http://10.0.0.1:8089"}, "go with --agent-only"),
        ({"ami_port": 5039}, "go with --agent-only"),
    ],
)
def test_what_an_earlier_run_may_have_said_is_missed_only_then(given, said):
    halves = choices(**given)
    with pytest.raises(ChoiceError, match=said):
        halves.refuse_halves()


@pytest.mark.parametrize(
    "given",
    [{"pbx_address": "pbx"}, {"ari_url": "10.0.0.1:8088"}, {"ari_url": "http://a b"},
     {"ami_port": 0}],
)  # fmt: skip
def test_what_is_no_place_is_refused(given):
    with pytest.raises(ParameterError, match=next(iter(given))):
        choices(**given)


def test_each_of_two_hosts_remembers_its_half():
    pbx = choices(agent_address="10.0.0.2", queue="sales", service=False)
    told = json.loads(json.dumps(pbx.remembered))
    assert choices().with_earlier(told, {}, frozenset()) == pbx
    agent = choices(**TWO_HOSTS, ari_url="http://10.0.0.1:8089/pbx", ami_port=5039)
    told = json.loads(json.dumps(agent.remembered))
    for given in ({}, {"agent_only": True}):
        again = choices(**given).with_earlier(told, {}, frozenset(given))
        again.refuse_halves()
        assert again == agent
    moved = choices(pbx_address="10.0.0.9").with_earlier(told, {}, frozenset({"pbx_address"}))
    assert moved.agent_only and moved.pbx_address == "10.0.0.9"


def test_an_asterisk_that_moved_is_asked_at_its_new_place():
    told = choices(**TWO_HOSTS, ari_url="http://10.0.0.1:8089/pbx").remembered
    for new, url in (
        ("10.0.0.9", "http://10.0.0.9:8089/pbx"),
        ("fd00::9", "http://[fd00::9]:8089/pbx"),
    ):
        moved = choices(pbx_address=new).with_earlier(told, {}, frozenset({"pbx_address"}))
        assert moved.ari_url == url


def test_what_the_admin_set_on_the_agents_host_stays():
    told = choices(**TWO_HOSTS).remembered
    settings = {"VOICEAGENT_ARI_URL": "http://10.0.0.1:8089/pbx", "VOICEAGENT_AMI_PORT": "5039"}
    kept = choices().with_earlier(told, settings, frozenset())
    assert (kept.ari_url, kept.ami_port) == (settings["VOICEAGENT_ARI_URL"], 5039)
    usual = {"VOICEAGENT_ARI_URL": "http://10.0.0.1:8088"}
    moved = choices(pbx_address="10.0.0.9").with_earlier(told, usual, frozenset({"pbx_address"}))
    assert moved.pbx_address == "10.0.0.9" and moved.ari_url == ""  # the usual one there
    assert not choices().with_earlier({}, settings, frozenset()).ari_url  # no half of two


def test_an_agent_on_another_host_is_asked_there():
    assert choices().bundle().agi_host == "127.0.0.1"
    assert choices(agent_address="10.0.0.2").bundle().agi_host == "10.0.0.2"
    both = choices(agent_address="10.0.0.2", agi_host="agent.lan", agi_mode="script").bundle()
    assert (both.agi_host, both.agi_mode) == ("agent.lan", AgiMode.SCRIPT)


def test_what_an_earlier_run_was_told_stays_unless_it_is_said_anew():
    first = choices(
        queue="sales", queue_member=("PJSIP/100",), routing=False, ami=False, outside_context="out",
        account="va", venv=PurePosixPath("/srv/va"), agi_port=5573, ami_secret="m" * 40,
    )  # fmt: skip
    told = json.loads(json.dumps(first.remembered))
    assert "m" * 40 not in str(told)
    again = choices(ami_secret="m" * 40).with_earlier(told, {}, frozenset())
    assert again == first
    assert again.other_than(choices()) == [
        "queue sales", "queue member PJSIP/100", "agi port 5573", "routing off", "ami off",
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
