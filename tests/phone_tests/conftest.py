"""A real Asterisk with a dialplan made for testing a phone."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from installer.sandbox import Sandbox

# Beside the sandbox's own trunk context, whose patterns take digits only.
_DIALPLAN = """
[from-trunk](+)
exten => echo,1,Answer()
 same => n,Echo()
exten => speak,1,Answer()
 same => n,Playback(sandbox/reception)
 same => n,Hangup(16)
exten => tone,1,Answer()
 same => n,Wait(0.5)
 same => n,PlayTones(1000)
 same => n,Wait(2)
 same => n,StopPlayTones()
 same => n,Wait(0.5)
 same => n,Hangup(16)
exten => keys,1,Answer()
 same => n,Read(KEYED,,4)
 same => n,Hangup(${IF($["${KEYED}" = "19*0"]?16:21)})
exten => busy,1,Hangup(17)
exten => full,1,Hangup(34)
exten => ring,1,Ringing()
 same => n,Wait(60)
exten => early,1,Progress()
 same => n,Playback(sandbox/reception,noanswer)
 same => n,Hangup(17)
exten => _desk.,1,Dial(PJSIP/trunk/sip:100@127.0.0.1:${EXTEN:4},30)
 same => n,Hangup(${HANGUPCAUSE})
exten => who,1,Verbose(0,who name=[${CALLERID(name)}] num=[${URIENCODE(${CALLERID(num)})}])
 same => n,Verbose(0,who pres=[${CALLERID(num-pres)}])
 same => n,Hangup(21)
"""


@dataclass(frozen=True)
class RealPbx:
    """Where to call, and what the PBX logs."""

    port: int
    log: Path


@pytest.fixture(scope="session")
def real_pbx(able_machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPbx]:
    sandbox = Sandbox(tmp_path_factory.mktemp("phone-pbx"))
    try:
        sandbox.up(with_agent=False)
        with (sandbox.root / "etc/asterisk/extensions.conf").open("a") as dialplan:
            dialplan.write(_DIALPLAN)
        sandbox.pbx.cli("dialplan reload")
        yield RealPbx(sandbox.ports().sip, sandbox.root / "var/log/asterisk/full.log")
    finally:
        sandbox.down(purge=True)
