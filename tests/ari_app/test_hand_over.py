"""What the controller does for one call, and which way it takes when Asterisk does not answer."""

import asyncio
import uuid

import pytest

from ari_app.ami import AmiDown, AmiRefused, AmiTimeout
from ari_app.ari import AriDown
from ari_app.call_ledger import CallLedger, LiveCall
from ari_app.control_server import Refused
from ari_app.hand_over import CallOperations

CALL = uuid.UUID(int=7)
NAMES = {"call": str(CALL), "channel": "PJSIP/a-1", "uniqueid": "1.1"}
EXIT = {"VA_NEXT": "queue", "VA_QUEUE": "sales"}


class Asterisk:
    """AMI and ARI as the operations use them; what fails is told by `fails`."""

    up = True

    def __init__(self, fails=None):
        self.fails, self.asked = fails, []

    def _do(self, *what):
        self.asked.append(what)
        if self.fails is not None:
            raise self.fails

    async def action(self, name, fields, deadline_s=1.0):
        self._do(name, dict(fields))
        return {}

    async def set_variables(self, channel, variables, deadline_s=0.3):
        self._do("Setvar", channel, list(variables.items()))

    async def delete(self, path, params=(), deadline_s=1.0):
        self._do("DELETE", path)

    async def ask(self, request):
        self._do("media", request)
        return {"ok": True}


def operations(ami=None, ari=None, media=None):
    ledger = CallLedger()
    ledger.begin(LiveCall(CALL, "harbour", "1.1", True))
    return CallOperations(ami, ari, media or Asterisk(), ledger, "voiceagent"), ledger


def test_the_variable_the_dialplan_decides_by_comes_last():
    ami = Asterisk()
    it, ledger = operations(ami)
    assert asyncio.run(it.prepare_exit({**NAMES, "variables": EXIT})) == {}
    assert ami.asked == [("Setvar", "1.1", [("VA_QUEUE", "sales"), ("VA_NEXT", "queue")])]
    assert ledger.load().total == 0 and ledger.of(CALL).next == "queue"


@pytest.mark.parametrize("error", [AmiDown("x"), AmiTimeout("x"), AmiRefused("Setvar", "gone")])
def test_an_exit_that_is_not_confirmed_is_left_to_the_dialplans_question(error):
    it, ledger = operations(Asterisk(error))
    with pytest.raises(Refused):
        asyncio.run(it.prepare_exit({**NAMES, "variables": EXIT}))
    assert ledger.of(CALL).next == ""


@pytest.mark.parametrize(
    "variables",
    [
        {**EXIT, "VA_QUEUE": "a\r\nAction: Originate"}, {**EXIT, "SHELL(id)": "1"},
        {"VA_NEXT": "shell"}, {**EXIT, "VA_TARGET": "${SHELL(id)}"},
    ],
)  # fmt: skip
def test_nothing_hostile_reaches_ami(variables):
    ami = Asterisk()
    with pytest.raises(Refused):
        asyncio.run(operations(ami)[0].prepare_exit({**NAMES, "variables": variables}))
    assert ami.asked == []


def test_a_recording_is_muted_and_goes_on():
    ami = Asterisk()
    it, _ = operations(ami)
    for muted in (True, False):
        asyncio.run(it.mute_recording({**NAMES, "muted": muted}))
    assert [fields["State"] for _, fields in ami.asked] == ["1", "0"]


def test_a_call_that_is_not_recorded_needs_no_muting():
    nothing = AmiRefused("MixMonitorMute", "Cannot set mute flag")
    asyncio.run(operations(Asterisk(nothing))[0].mute_recording({**NAMES, "muted": True}))
    other = AmiRefused("MixMonitorMute", "No such channel")
    with pytest.raises(Refused, match="asterisk"):
        asyncio.run(operations(Asterisk(other))[0].mute_recording({**NAMES, "muted": True}))


def test_hanging_up_takes_the_way_that_answers():
    ari, ami, media = Asterisk(), Asterisk(), Asterisk()
    asyncio.run(operations(ami, ari, media)[0].hang_up({"call": str(CALL)}))
    assert ari.asked == [("DELETE", "channels/1.1")] and ami.asked == []

    ari = Asterisk(AriDown("x"))
    asyncio.run(operations(ami, ari, media)[0].hang_up({"call": str(CALL)}))
    assert ami.asked == [("Hangup", {"Channel": "1.1", "Cause": "16"})] and media.asked == []

    ami = Asterisk(AmiTimeout("x"))
    asyncio.run(operations(ami, ari, media)[0].hang_up({"call": str(CALL)}))
    assert media.asked == [("media", {"op": "hang_up", "call": str(CALL)})]

    media = Asterisk(ConnectionRefusedError())
    with pytest.raises(Refused, match="unreachable"):
        asyncio.run(operations(ami, ari, media)[0].hang_up({"call": str(CALL)}))


def test_without_ami_everything_is_refused_in_one_word():
    it, _ = operations()
    for asking in (
        it.outlook({"queue": ""}),
        it.prepare_exit({**NAMES, "variables": EXIT}),
        it.mute_recording({**NAMES, "muted": True}),
    ):
        with pytest.raises(Refused, match="no_ami"):
            asyncio.run(asking)


def test_a_caller_who_hears_nobody_is_taken_to_people():
    ami = Asterisk()
    asyncio.run(operations(ami)[0].to_people("1.1"))
    ((name, fields),) = ami.asked
    assert (name, fields["Channel"], fields["Context"]) == ("Redirect", "1.1", "voiceagent-human")
    asyncio.run(operations(Asterisk(AmiDown("x")))[0].to_people("1.1"))
    asyncio.run(operations()[0].to_people("1.1"))
