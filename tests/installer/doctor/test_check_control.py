"""Who reaches AMI and ARI, as other PBXs would tell it."""

from __future__ import annotations

import pytest

from tests.installer.doctor.console import asked

LIMITED = "username: voiceagent\nsecret: <Set>\nACL: yes\nread perm: call\nwrite perm: call\n"


def ami(address: str, user: str = LIMITED) -> dict[str, str]:
    return {
        "manager show settings": f"  Manager (AMI):   Yes\n  TCP Bindaddress:   {address}\n",
        "manager show user voiceagent": user,
    }


def ari(bound: str, origins: str = "") -> dict[str, str]:
    return {
        "http show status": f"HTTP Server Status:\nPrefix: \n{bound}\n",
        "ari show status": f"ARI Status:\nEnabled: Yes\nAllowed Origins: {origins}\n",
    }


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        (ami("127.0.0.1:5038"), "green"),
        (ami("[::1]:5038"), "green"),
        (ami("Disabled"), "green"),
        (ami("0.0.0.0:5038"), "yellow"),
        (ami("[::]:5038"), "yellow"),
        (ami("192.168.1.4:5038", LIMITED.replace("ACL: yes", "ACL: no")), "red"),
    ],
)
def test_ami_from_outside(tmp_path, answers, verdict):
    (one,) = asked(tmp_path, "ami-exposed", answers)
    assert one.verdict.value == verdict
    assert bool(one.what_to_do) is (verdict != "green")


@pytest.mark.parametrize(
    ("answers", "verdicts"),
    [
        (ari("Server Enabled and Bound to 127.0.0.1:8088"), ["green"]),
        (ari("Server Disabled"), ["green"]),
        (ari("Server Enabled and Bound to 0.0.0.0:8088"), ["yellow"]),
        (ari("Server Enabled and Bound to [::]:8088", "*"), ["yellow", "yellow"]),
    ],
)
def test_ari_from_outside(tmp_path, answers, verdicts):
    assert [one.verdict.value for one in asked(tmp_path, "ari-exposed", answers)] == verdicts


def test_a_dialplan_that_asks_an_agent_without_a_password_is_red(tmp_path):
    routed = {"dialplan show voiceagent-in": "  1. TryExec(Stasis(voiceagent,${VA_DID}))"}
    (one,) = asked(tmp_path, "ari-login", routed)
    assert one.verdict.value == "red" and "--no-routing" in one.what_to_do
    plain = {"dialplan show voiceagent-in": "  1. Goto(voiceagent-ai,${EXTEN},1)"}
    (one,) = asked(tmp_path, "ari-login", plain)
    assert one.verdict.value == "green"


def test_a_user_asterisk_does_not_know(tmp_path):
    answer = {"manager show user voiceagent": "There is no manager called voiceagent\n"}
    (one,) = asked(tmp_path, "ami-rights", answer)
    assert one.verdict.value == "yellow" and "no AMI user" in one.what


def test_without_a_secret_ami_is_not_looked_at(tmp_path):
    (one,) = asked(tmp_path, "ami-login", {"core show version": "Asterisk 22.10.1"})
    assert one.verdict.value == "grey" and "VOICEAGENT_AMI_SECRET" in one.what
