import pytest

from installer.live import directories, has_ari_user, has_context, has_manager_user

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
