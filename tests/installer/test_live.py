from installer.live import directories, has_context

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
    }
    assert directories("Unable to connect to remote asterisk") == {}


def test_a_context_is_recognised_and_its_absence_too():
    assert has_context(CONTEXT, "voiceagent-in")
    assert not has_context("There is no existence of 'voiceagent-in' context", "voiceagent-in")
    assert not has_context(CONTEXT, "voiceagent-ai")
