import pytest

from installer.live import (
    ami_is_on,
    applications,
    directories,
    has_ari_user,
    has_context,
    has_manager_user,
    http_is_on,
    manager_rights,
    plain,
    rights,
    running_modules,
)

# As printed by Asterisk 22.10.1 on Debian.
SETTINGS = """
PBX Core settings
-----------------
  Version:                     22.10.1
  Running directory:           /
* Directories
  -------------------
  Configuration file:          /etc/asterisk/asterisk.conf
  Configuration directory:     /etc/asterisk
  Module directory:            /usr/lib/x86_64-linux-gnu/asterisk/modules
  Spool directory:             /var/spool/asterisk
  VarLib directory:            /var/lib/asterisk
  Data directory:              /usr/share/asterisk
  AGI Scripts directory:       /srv/my scripts/agi-bin
"""
CONTEXT = """[ Context 'voiceagent-in' created by 'pbx_config' ]
  's' =>            1. Goto(voiceagent-ai,s,1)                    [extensions.conf:12]

-= 1 extension (1 priority) in 1 context. =-
"""


def test_the_directories_are_read_from_what_asterisk_prints():
    assert directories(SETTINGS) == {
        "astetcdir": "/etc/asterisk",
        "astmoddir": "/usr/lib/x86_64-linux-gnu/asterisk/modules",
        "astdatadir": "/usr/share/asterisk",
        "astagidir": "/srv/my scripts/agi-bin",
        "astspooldir": "/var/spool/asterisk",
    }
    assert directories("Unable to connect to remote asterisk") == {}


def test_a_context_is_recognised_and_its_absence_too():
    assert has_context(CONTEXT, "voiceagent-in")
    assert not has_context("There is no existence of 'voiceagent-in' context", "voiceagent-in")
    assert not has_context(CONTEXT, "voiceagent-ai")


MANAGER_USER = """
          username: voiceagent
            secret: <Set>
               ACL: yes
         read perm: call,agent,user
        write perm: call,originate
"""


def test_a_manager_user_is_recognised_and_its_absence_too():
    assert has_manager_user(MANAGER_USER, "voiceagent")
    assert not has_manager_user(MANAGER_USER, "voice")
    assert not has_manager_user(MANAGER_USER.replace("<Set>", "<Not set>"), "voiceagent")
    assert not has_manager_user("There is no manager called voiceagent", "voiceagent")


@pytest.mark.parametrize(
    "head",
    [
        "r/o?  ACL?  Username\n----  ----  --------\nNo    No    ",
        "r/o?  Username\n----  --------\nNo    ",
    ],
)
def test_an_ari_user_is_recognised_in_old_and_new_tables(head):
    assert has_ari_user(head + "voiceagent\n", "voiceagent")
    assert not has_ari_user(head + "voiceagents\n", "voiceagent")
    assert not has_ari_user(head.replace("No ", "Yes ") + "voiceagent\n", "voiceagent")
    assert not has_ari_user("No such command 'ari show users'", "voiceagent")


DIALPLAN = """[ Context 'voiceagent-ai' created by 'pbx_config' ]
  'T' =>            1. Set(VA_WAS=${VA_GUARD})                    [extensions.conf:105]
     [bye]          7. Hangup(16)                                 [extensions.conf:111]
  '_[+0-9]!' =>     1. Set(CHANNEL(hangup_handler_push)=voiceagent-hangup,s,1) [extensions.conf:53]
                    10. TryExec(AGI(agi://127.0.0.1:4573/setup,${VA_CALL})) [extensions.conf:62]
                    31. Set(VA_ASKED=$[${VA_ASKED} + 1])          [extensions.conf:88]
                    32. Hangup(16)                                [extensions.conf:89]

-= 2 extensions (6 priorities) in 1 context. =-
"""


def test_a_contexts_applications_are_counted_whatever_brackets_they_have():
    assert applications(DIALPLAN) == {
        "Set(VA_WAS=${VA_GUARD})": 1,
        "Hangup(16)": 2,
        "Set(CHANNEL(hangup_handler_push)=voiceagent-hangup,s,1)": 1,
        "TryExec(AGI(agi://127.0.0.1:4573/setup,${VA_CALL}))": 1,
        "Set(VA_ASKED=$[${VA_ASKED} + 1])": 1,
    }


MODULES = """Module                         Description          Use Count  Status    Support Level
app_audiosocket.so             AudioSocket Application   0          Running          extended
chan_audiosocket.so            AudioSocket Channel       0          Not Running      extended
2 modules loaded
"""


def test_only_modules_that_run_count():
    assert running_modules(MODULES) == {"app_audiosocket"}
    assert running_modules("No such command 'module show'") == frozenset()


def test_manager_rights_are_read_whatever_their_order():
    read, write = manager_rights(MANAGER_USER)
    assert read == rights("user, agent,call") and write == {"call", "originate"}
    assert manager_rights("") == (frozenset(), frozenset())


@pytest.mark.parametrize(
    ("answer", "is_on"),
    [
        ("  Manager (AMI):     Yes\n  TCP Bindaddress:     127.0.0.1:5038\n", True),
        ("  Manager (AMI):     Yes\n  TCP Bindaddress:     0.0.0.0:5038\n", False),
        ("  Manager (AMI):     No\n  TCP Bindaddress:     127.0.0.1:5038\n", False),
        ("  Manager (AMI):     No\n  TCP Bindaddress:     Disabled\n", False),
        ("", False),
    ],
)
def test_ami_is_on_only_where_it_listens(answer, is_on):
    assert ami_is_on(answer, "127.0.0.1") == is_on


def test_the_http_server_is_on_only_where_it_listens():
    assert http_is_on("HTTP Server Status:\nServer Enabled and Bound to 127.0.0.1:8088\n")
    assert not http_is_on("HTTP Server Status:\nServer Disabled\n")


def test_what_asterisk_says_steers_no_terminal_and_complains_of_no_card():
    said = (
        b"\x1b[0;37mNo ethernet interface found for seeding global EID. You will have to set it "
        b"manually.\x1b[0m\r\n\x1b]0;asterisk\x07\x00\x1b[?25h"
        b"Asterisk \x1b[1;32m22.10.1\x1b(B\x1b[m built by\n"
        b"\tone\n"
    )
    assert plain(said) == "Asterisk 22.10.1 built by\n\tone\n"
