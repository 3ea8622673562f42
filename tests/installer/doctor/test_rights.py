"""Our AMI user's rights against what the agent needs."""

from __future__ import annotations

import pytest

from installer.doctor.findings import Verdict
from installer.doctor.rights import Rights, judge, rights_listed, rights_shown

SHOWN = """
          username: voiceagent
            secret: <Set>
               ACL: yes
         read perm: call,agent,user
        write perm: call,originate
   displayconnects: no
"""


def rights(read: str, write: str) -> Rights:
    found = rights_shown(SHOWN.replace("call,agent,user", read).replace("call,originate", write))
    assert found is not None
    return found


def test_least_rights_are_neither_missing_nor_excessive():
    assert judge(rights("call,agent,user", "call,originate")) == []


def test_what_only_tells_more_is_not_held_against_it():
    assert judge(rights("call,agent,user,dtmf", "call,originate,reporting")) == []


@pytest.mark.parametrize("right", ["system", "command", "config"])
def test_rights_that_run_programs_are_red(right):
    ((verdict, what, advice),) = judge(rights("call,agent,user", f"call,originate,{right}"))
    assert verdict is Verdict.RED and right in what
    assert "write = call,originate" in advice


def test_all_rights_are_one_red_and_the_rest_yellow():
    every = (
        "system,call,log,verbose,command,agent,user,config,dtmf,reporting,cdr,dialplan,originate"
    )
    found = judge(rights(every, every))
    assert [verdict for verdict, _, _ in found] == [Verdict.RED, Verdict.YELLOW, Verdict.YELLOW]


@pytest.mark.parametrize(
    ("read", "write", "lost"),
    [
        ("agent,user", "call,originate", "read call"),
        ("call,user", "call,originate", "read agent"),
        ("call,agent", "call,originate", "read user"),
        ("call,agent,user", "originate", "write call"),
        ("call,agent,user", "call", "write originate"),
        ("call,agent,user", "<none>", "write call"),
    ],
)
def test_what_is_missing_is_named_with_what_it_costs(read, write, lost):
    verdict, what, advice = judge(rights(read, write))[0]
    assert verdict is Verdict.YELLOW
    assert lost in what.replace("not ", "") and ": " in what and advice


def test_a_user_who_is_not_there_has_no_rights():
    assert rights_shown("There is no manager called voiceagent") is None


def test_without_a_console_the_login_tells_what_may_be_written():
    least = {"Redirect", "Originate", "Ping", "QueueStatus", "Response", "ActionID"}
    assert judge(rights_listed(least)) == []
    ((verdict, what, _),) = judge(rights_listed(least | {"Command"}))
    assert verdict is Verdict.RED and "command" in what
    system = rights_listed(least | {"ModuleLoad", "CoreShowChannels"})
    assert system.write == {"call", "originate", "system"}
