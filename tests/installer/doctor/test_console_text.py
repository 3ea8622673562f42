"""Asterisk's answers, as 22.10.1 and older ones wrote them, and what is read out of them."""

from __future__ import annotations

import pytest

from asterisk_conf import BundleParams, render
from installer.doctor import console_text

MODULES = """\
Module                         Description                              Use Count  Status      Support Level
acl                            Named ACL system                         2          Running              core
app_audiosocket.so             AudioSocket Application                  0          Running          extended
chan_unistim.so                UNISTIM Protocol (USTM)                  0          Not Running      extended
res_stasis.so                  Stasis application support               19         Running              core
3 modules loaded
"""  # noqa: E501
DIALPLAN = """\
[ Context 'from-trunk' created by 'pbx_config' ]
  '_[+0-9]!' =>     1. Goto(voiceagent-in,${EXTEN},1)             [extensions.conf:7]

[ Context 'voiceagent-place' created by 'pbx_config' ]
  'dial' =>         1. Answer()                                   [extensions.conf:1]
     [bye]          2. Hangup(16)                                 [extensions.conf:2]
  's' =>            1. Goto(voiceagent-human,s,1)                 [extensions.conf:3]
  Include =>        'parkedcalls'                                 [pbx_config]

-= 4 extensions (5 priorities) in 2 contexts. =-
"""
QUEUE = """\
reception has 0 calls (max unlimited) in 'rrmemory' strategy (0s holdtime, 0s talktime), W:0
   Members: 
      Stand-in 29 (Local/29@standin/n) (ringinuse enabled) (Not in use) has taken no calls yet
      Stand-in 8 (Local/8@standin/n) (ringinuse enabled) (Not in use) has taken no calls yet
   No Callers
"""  # noqa: W291


def test_the_version_is_told_whatever_comes_first():
    said = "Asterisk 22.10.1 built by a @ b on a x86_64\n"
    complaint = "No ethernet interface found for seeding global EID.\n"
    assert console_text.version_line(said) == "Asterisk 22.10.1"
    assert console_text.version_line(complaint + said) == "Asterisk 22.10.1"
    assert console_text.version_line("GIT-master-1234 built by a\n") == "GIT-master-1234"


def test_only_modules_that_run_are_running():
    assert console_text.running_modules(MODULES) == {"acl", "app_audiosocket", "res_stasis"}
    assert console_text.running_modules("0 modules loaded") == frozenset()


def test_contexts_have_their_steps_and_includes():
    trunk, place = console_text.contexts_of(DIALPLAN)
    assert trunk.steps == {"_[+0-9]!": ["Goto(voiceagent-in,${EXTEN},1)"]}
    assert place.steps == {"dial": ["Answer()", "Hangup(16)"], "s": ["Goto(voiceagent-human,s,1)"]}
    assert place.includes == ("parkedcalls",)


@pytest.mark.parametrize(
    ("step", "leads"),
    [
        ("Goto(voiceagent-in,${EXTEN},1)", True),
        ("GotoIf($[1]?voiceagent-in,s,1:other,s,1)", True),
        ("GotoIf($[1]?other,s,1:voiceagent-in,s,1)", True),
        ("Gosub(voiceagent-in,s,1)", True),
        ("Dial(Local/100@voiceagent-in/n)", True),
        ("voiceagent-in", True),  # the value of an include
        ("Goto(voiceagent-in-no-more,s,1)", False),
        ("Goto(not-voiceagent-in,s,1)", False),
        ("Dial(Local/100@voiceagent-inside)", False),
        ("NoOp(voiceagent-in)", False),
    ],
)
def test_what_leads_to_a_context(step, leads):
    assert console_text.leads_to(step, "voiceagent-in") is leads


def test_our_own_contexts_do_not_count_as_leading_to_us():
    contexts = console_text.contexts_of(DIALPLAN)
    assert console_text.leading_to(contexts, "voiceagent-in", ()) == ("from-trunk",)
    assert console_text.leading_to(contexts, "voiceagent-in", ("from-trunk",)) == ()


def test_the_dialplan_we_write_is_read_back_whole():
    (file,) = (
        one for one in render(BundleParams(queue="q")) if one.path.endswith("extensions.conf")
    )
    text = file.content.decode()
    written = console_text.written_steps(text)
    steps = sum(len(row) for context in written.values() for row in context.values())
    lines = [line.strip() for line in text.splitlines()]
    assert steps == sum(line.startswith(("exten =>", "same =>")) for line in lines)
    assert written["voiceagent-hangup"]["s"][1] == "Return()"


@pytest.mark.parametrize(
    ("answer", "members"),
    [
        (QUEUE, 2),
        ("empty has 0 calls\n   No Members\n   No Callers\n", 0),
        ("No such queue: reception.\n", None),
        ("", None),
    ],
)
def test_members_of_a_queue_are_counted(answer, members):
    assert console_text.queue_members(answer, "reception") == members


@pytest.mark.parametrize(
    ("answer", "read_only"),
    [
        ("r/o?  Username\n----  --------\nNo    va\nYes   eve\n", {"va": False, "eve": True}),
        ("r/o?  ACL?  Username\n----  ----  --------\nNo    Yes   va\n", {"va": False}),
    ],
)
def test_ari_users_old_and_new(answer, read_only):
    assert console_text.ari_users(answer) == read_only


def test_files_that_get_digits():
    answer = (
        "Channel                             Type     Formatter  Status    Configuration\n"
        "/var/log/asterisk/full.log          File     default    Enabled    - NOTICE DTMF \n"
        "/var/log/asterisk/messages          File     default    Enabled    - NOTICE WARNING \n"
        "                                    Console  default    Enabled    - DTMF \n"
    )
    assert console_text.logs_digits(answer) == ("/var/log/asterisk/full.log",)


def test_the_timer():
    answer = (
        "Attempting to test a timer with 50 ticks per second.\n"
        "Using the 'timerfd' timing module for this test.\n"
        "It has been 1000 milliseconds, and we got 50 timer ticks\n"
    )
    assert console_text.timer_of(answer) == ("timerfd", 1000, 50)
    assert console_text.timer_of("There is no timing module") is None


def test_a_codec_with_and_without_a_way():
    there = "\tulaw:8000        To slin:8000       : (ulaw@8000)->(slin@8000)      \n"
    assert console_text.translates_to_slin(there)
    assert not console_text.translates_to_slin("\tg723:8000  To slin:8000  : No Translation Path\n")
    assert not console_text.translates_to_slin("")


@pytest.mark.parametrize(
    ("answer", "address"),
    [
        ("  TCP Bindaddress:           127.0.0.1:5038\n", "127.0.0.1:5038"),
        ("  TCP Bindaddress:           [::]:5038\n", "[::]:5038"),
        ("  TCP Bindaddress:           Disabled\n", ""),
        ("", ""),
    ],
)
def test_where_something_listens(answer, address):
    assert console_text.address_after(answer, "TCP Bindaddress") == address


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("127.0.0.1:5038", True),
        ("127.0.0.1", True),
        ("[::1]:5038", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0:5038", False),
        ("[::]:5038", False),
        ("192.168.1.4:8088", False),
        ("pbx.example", False),
    ],
)
def test_what_only_this_machine_reaches(address, own):
    assert console_text.is_loopback(address) is own
