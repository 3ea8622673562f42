"""The dialplan in a real Asterisk, the agent played by the test: every way a call can go."""

import asyncio
import os
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from installer.sandbox import Sandbox
from tests.asterisk_conf.switchboard import Controller, Desk, Manager, Switchboard
from tests.pbx import plain_env
from tests.phone import CallRefused, Phone, heard
from tests.phone.voice import speak

pytestmark = pytest.mark.pbx

DID = "441632960001"
# Straight to the agent, as from an admin's own context.
DIRECT = "700"
SPOOL = "var/spool/asterisk"
CALL = "5e1f0a7c-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def _module_box(able_machine, tmp_path_factory):
    box = Sandbox(tmp_path_factory.mktemp("dialplan"))
    try:
        box.up(with_agent=False)
        install = [str(Path(sys.executable).parent / "voiceagent-install"), "--yes", "--routing"]
        install += ["--root", str(box.root), "--agi-port", str(box.ports().agi)]
        install += ["--queue", "reception", "--queue-timeout", "3"]
        install += ["--extensions-context", "phones", "--outside-context", "outside"]
        subprocess.run(install, env=plain_env(), check=True, capture_output=True)
        with (box.root / "etc/asterisk/extensions.conf").open("a") as file:
            file.write(
                f"\n[from-trunk](+)\nexten => {DIRECT},1,Goto(voiceagent-ai,{DID},1)\n"
                # An answering machine: it talks, then it listens.
                "\n[machine]\nexten => s,1,Answer()\n same => n,Playback(voiceagent/sorry)\n"
                " same => n,Wait(60)\n"
            )
        assert "reloaded" in (box.pbx.cli("dialplan reload") or "")
        yield box
    finally:
        box.down(purge=True)


@pytest.fixture
def box(_module_box):
    """Return a PBX with routing over ARI and no agent."""
    assert _module_box.pbx.asterisk()
    return _module_box


def phone(box):
    return Phone("127.0.0.1", box.ports().sip)


async def until(condition, wait_s=30.0):
    async with asyncio.timeout(wait_s):
        while not (found := condition()):
            await asyncio.sleep(0.05)
        return found


async def person(call):
    """Wait for the stand-in's tone."""
    await until(lambda: heard.tone_spans(call.sound(), shortest_s=0.5))


def speech_s(call):
    return float(heard.speech(call.sound()).voiced().sum()) * heard.FRAME_S


# ---- Routing


def test_without_a_controller_calls_go_to_people_at_once(box):
    async def main():
        async with Switchboard(box, [None]) as agent, phone(box) as line:
            call = await line.call(DID)
            await call.answered()
            await person(call)
            assert agent.asked == []

    asyncio.run(main())


def test_a_controller_that_is_there_but_silent_is_waited_for_two_seconds(box):
    async def main():
        async with Controller(box, None) as controller, phone(box) as line:
            call = await line.call(DID)
            answered_at = await call.answered()
            await person(call)
            assert [args[0] for args in controller.args] == [DID]
            return answered_at - call.dialed_at

    waited_s = asyncio.run(main())
    assert waited_s > 1.5  # not a controller that was not there; the upper bound is the template's


def test_the_controller_sends_a_call_to_the_agent_under_its_own_id(box):
    route = {"VA_CALL": CALL, "VA_ROUTE": "agent"}

    async def main():
        async with (
            Controller(box, route),
            Switchboard(box, [{}], [{"VA_NEXT": "hangup"}]) as agent,
            phone(box) as line,
        ):
            call = await line.call(f"+{DID}")
            ended = await call.ended()
            assert agent.asked[0] == ("setup", CALL, "")
            assert agent.asked[1:] == [("outcome", str(agent.heard[0]), "")]
            return ended

    assert asyncio.run(main()).q850 == 16


def test_the_controller_sends_a_call_to_a_queue_of_the_companys_own(box):
    async def main():
        async with Controller(box, {"VA_ROUTE": "queue", "VA_QUEUE": "empty"}), phone(box) as line:
            call = await line.call(DID)
            await call.answered()
            await until(lambda: speech_s(call) > 3)  # "nobody is free", and no stand-in's tone
            return heard.tone_spans(call.sound(), 0.1)

    assert asyncio.run(main()) == []


def test_outside_opening_hours_a_caller_is_told_so_and_the_call_ends(box):
    async def main():
        async with Controller(box, {"VA_ROUTE": "closed"}), phone(box) as line:
            call = await line.call(DID)
            ended = await call.ended()
            return speech_s(call), ended.q850

    spoken_s, cause = asyncio.run(main())
    assert spoken_s > 4 and cause == 16


def test_a_companys_sentence_that_is_missing_is_replaced(box):
    route = {"VA_ROUTE": "closed", "VA_SOUND": "/nowhere/at/all"}

    async def main():
        async with Controller(box, route), phone(box) as line:
            call = await line.call(DID)
            await call.answered()
            await until(lambda: speech_s(call) > 2)

    asyncio.run(main())


def test_a_blocked_caller_is_refused_without_an_answer(box):
    async def main():
        async with Controller(box, {"VA_ROUTE": "blocked"}), phone(box) as line:
            call = await line.call(DID)
            with pytest.raises(CallRefused) as caught:
                await call.answered()
            return caught.value.ended.q850

    assert asyncio.run(main()) == 21


@pytest.mark.parametrize("route", ["", "agent$[1]"])
def test_a_route_that_makes_no_sense_leads_to_people(box, route):
    async def main():
        async with Controller(box, {"VA_ROUTE": route}), phone(box) as line:
            call = await line.call(DID)
            await call.answered()
            await person(call)

    asyncio.run(main())


# ---- Messages


def test_a_message_is_left_in_the_companys_mailbox(box):
    folder = box.root / SPOOL / "voicemail/default/100"

    async def main():
        async with (
            Controller(box, {"VA_ROUTE": "voicemail", "VA_MAILBOX": "100@default"}),
            phone(box) as line,
        ):
            call = await line.call(DID)
            await call.answered()
            # After the prompt, which takes its time, a file grows.
            await until(lambda: any(one.stat().st_size > 100 for one in folder.rglob("*.wav")))
            await call.say(speak("please call me back about my leaking tap"))
            await call.hangup()
            await until(lambda: list((folder / "INBOX").glob("*.txt")))

    asyncio.run(main())


def test_without_a_mailbox_that_works_a_message_is_recorded_beside_the_calls(box):
    path = box.root / SPOOL / f"recording/voiceagent/{CALL}-message.wav"
    route = {"VA_CALL": CALL, "VA_ROUTE": "voicemail", "VA_MAILBOX": "999@nowhere"}

    async def main():
        async with Controller(box, route), phone(box) as line:
            call = await line.call(DID)
            ended = await call.ended(60)  # "please leave a message", 5 s of quiet, "thank you"
            return speech_s(call), ended.q850

    spoken_s, cause = asyncio.run(main())
    assert spoken_s > 4 and cause == 16
    with wave.open(str(path)) as message:
        assert message.getnframes() > 8000
    assert path.stat().st_gid == path.parent.stat().st_gid


# ---- People, and back


@pytest.mark.parametrize("late", [False, True])
def test_where_to_now_is_taken_from_ami_and_then_not_asked(box, late):
    async def main():
        async with (
            await Manager.login(box) as manager,
            Switchboard(box, [{}], [{"VA_NEXT": "hangup"}]) as agent,
            phone(box) as line,
        ):

            async def tell():
                on = {"Channel": agent.channels[-1]}
                part = (await manager.action("Getvar", **on, Variable="VA_UUID"))["Value"]
                told = {"VA_FOR": "an earlier part" if late else part, "VA_NEXT": "queue"}
                for name, value in told.items():
                    setvar = {**on, "Variable": name, "Value": value}
                    assert (await manager.action("Setvar", **setvar))["Response"] == "Success"

            agent.before_goodbye = tell
            call = await line.call(DIRECT)
            await call.answered()
            await (call.ended() if late else person(call))
            return agent.asked

    asked = ["setup", "outcome"] if late else ["setup"]
    assert [one[0] for one in asyncio.run(main())] == asked


@pytest.mark.parametrize(
    ("queue", "why"), [("empty", "nobody"), ("no-such-queue", "nobody"), ("desk", "no_answer")]
)
def test_who_is_not_answered_comes_back_to_the_agent_so_often_and_no_more(box, queue, why):
    setup = {"VA_CALL": CALL, "VA_QUEUE": queue, "VA_MOST_RETURNS": "2", "VA_RING_S": "1"}

    async def main():
        async with Switchboard(box, [setup], [{"VA_NEXT": "queue"}]) as agent, phone(box) as line:
            call = await line.call(DIRECT)
            await until(lambda: len(agent.backs()) == 3 and speech_s(call) > 3)
            if queue == "empty":
                await call.ended()
            await call.hangup()
            assert len(set(agent.heard)) == 3  # each leg has a UUID of its own
            assert [one[1] for one in agent.asked if one[0] == "setup"] == ["", CALL, CALL]
            return agent.backs(), speech_s(call)

    backs, spoken_s = asyncio.run(main())
    assert backs == ["", why, why]
    assert spoken_s > 3  # "nobody is free", in the end


def test_a_full_queue_is_told_apart(box):
    first = {"VA_CALL": CALL, "VA_QUEUE": "full", "VA_RING_S": "30"}
    second = {**first, "VA_MOST_RETURNS": "1"}

    async def main():
        async with (
            Switchboard(box, [first, second], [{"VA_NEXT": "queue"}]) as agent,
            phone(box) as line,
        ):
            waiting = await line.call(DIRECT)
            await waiting.answered()
            await until(lambda: "1 calls" in (box.pbx.cli("queue show full") or ""))
            await line.call(DIRECT)
            await until(lambda: len(agent.backs()) == 3)
            assert waiting.up
            return agent.backs()

    assert asyncio.run(main()) == ["", "", "full"]


def test_a_caller_the_agent_will_not_take_back_is_not_queued_again(box):
    setup = {"VA_CALL": CALL, "VA_QUEUE": "empty", "VA_MOST_RETURNS": "5"}

    async def main():
        async with (
            Switchboard(box, [setup, None], [{"VA_NEXT": "queue"}]) as agent,
            phone(box) as line,
        ):
            call = await line.call(DIRECT)
            ended = await call.ended(60)
            return agent.backs(), ended.q850

    assert asyncio.run(main()) == (["", "nobody"], 16)


def test_nobody_free_and_a_mailbox_lead_there(box):
    folder = box.root / SPOOL / "recording/voiceagent"
    before = set(folder.iterdir())
    setup = {"VA_QUEUE": "empty", "VA_MAILBOX": "999@nowhere"}

    async def main():
        async with Switchboard(box, [setup], [{"VA_NEXT": "queue"}]), phone(box) as line:
            call = await line.call(DIRECT)
            await call.answered()
            # Without a call's id the channel's own names it.
            (message,) = await until(lambda: set(folder.iterdir()) - before)
            await call.hangup()
            assert message.name.endswith("-message.wav")

    asyncio.run(main())


def test_who_answers_in_the_queue_is_told_first_what_it_is_about(box):
    setup = {"VA_QUEUE": "desk"}
    outcome = {"VA_NEXT": "queue", "VA_WHISPER": "voiceagent/kept"}

    async def main():
        async with (
            await Desk.open(box, 0, 200) as desk,
            Switchboard(box, [setup], [outcome]),
            phone(box) as line,
        ):
            call = await line.call(DIRECT)
            await call.answered()
            await until(lambda: desk.voiced_s() > 2)  # the caller says nothing
            assert call.up
            await call.hangup()

    asyncio.run(main())


# ---- Places


@pytest.mark.parametrize(
    ("variables", "desk"),
    [
        ({"VA_NEXT": "extension", "VA_TARGET": "102"}, 2),
        ({"VA_NEXT": "outside", "VA_TARGET": "+441632960777"}, 3),
    ],
)
def test_a_caller_is_put_through_to_a_place_and_hears_music_till_then(box, variables, desk):
    async def main():
        async with (
            await Desk.open(box, desk, 180) as ringing,
            Switchboard(box, [{"VA_RING_S": "3"}], [{**variables, "VA_QUEUE": "empty"}]),
            phone(box) as line,
        ):
            call = await line.call(DIRECT)
            await call.answered()
            await until(lambda: speech_s(call) > 1)  # music counts
            assert ringing.rung
            await call.hangup()

    asyncio.run(main())


def test_who_answers_at_a_place_is_told_first_and_the_end_is_the_end(box):
    outcome = {"VA_NEXT": "extension", "VA_TARGET": "102", "VA_WHISPER": "voiceagent/kept"}

    async def main():
        async with (
            await Desk.open(box, 2, 200) as desk,
            Switchboard(box, [{"VA_CALL": CALL}], [outcome]) as agent,
            phone(box) as line,
        ):
            call = await line.call(DIRECT)
            await call.answered()
            await until(lambda: desk.voiced_s() > 2)
            assert call.up
            await call.hangup()
            assert agent.backs() == [""]

    asyncio.run(main())


@pytest.mark.parametrize(("status", "why"), [(486, "busy"), (180, "no_answer")])
def test_a_place_that_does_not_answer_brings_the_caller_back(box, status, why):
    setup = {"VA_CALL": CALL, "VA_MOST_RETURNS": "1", "VA_RING_S": "1"}
    outcome = {"VA_NEXT": "extension", "VA_TARGET": "102"}

    async def main():
        async with (
            await Desk.open(box, 2, status) as desk,
            Switchboard(box, [setup], [outcome]) as agent,
            phone(box) as line,
        ):
            call = await line.call(DIRECT)
            await call.answered()
            await person(call)  # with no return left: the queue
            assert desk.rung
            await call.hangup()
            backs = agent.backs()
        return backs

    assert asyncio.run(main()) == ["", why]


@pytest.mark.parametrize("target", ["", "999", "102@outside)"])
def test_a_place_that_does_not_exist_ends_with_people(box, target):
    outcome = {"VA_NEXT": "extension", "VA_TARGET": target}

    async def main():
        async with Switchboard(box, [{"VA_RING_S": "3"}], [outcome]), phone(box) as line:
            call = await line.call(DIRECT)
            await call.answered()
            await person(call)

    asyncio.run(main())


# ---- Recording


@pytest.mark.parametrize(
    ("consent", "recorded"),
    [("", True), ("voiceagent/kept", True), ("voiceagent/no-such-sound", False)],
)
def test_a_call_is_recorded_only_after_consent_was_asked(box, consent, recorded):
    name = f"{CALL}-{len(consent)}.wav"
    path = box.root / SPOOL / "recording/voiceagent" / name
    setup = {"VA_RECORD": f"/{SPOOL}/recording/voiceagent/{name}", "VA_CONSENT": consent}

    async def main():
        async with (
            Switchboard(box, [setup], [{"VA_NEXT": "hangup"}]) as agent,
            phone(box) as line,
        ):
            agent.talk_s = 1.0
            call = await line.call(DIRECT)
            await call.ended()
            assert len(agent.heard) == 1
            return speech_s(call)

    spoken_s = asyncio.run(main())
    assert (spoken_s > 2) == (consent == "voiceagent/kept")
    assert path.exists() == recorded
    if recorded:
        with wave.open(str(path)) as found:
            assert 0.5 < found.getnframes() / 8000 < 3  # without the question


# ---- Calls of our own


def originate(**more):
    fields = {"Context": "voiceagent-out", "Exten": "s", "Priority": "1", "Async": "true"}
    return fields | more


def test_a_person_who_is_called_speaks_with_the_agent(box):
    async def main():
        async with (
            await Desk.open(box, 0, 200),
            await Manager.login(box) as manager,
            Switchboard(box, [{}], [{"VA_NEXT": "hangup"}]) as agent,
        ):
            variables = f"VA_DID={DID},VA_CALL={CALL}"
            order = originate(Channel="PJSIP/100", Variable=variables)
            assert (await manager.action("Originate", **order))["Response"] == "Success"
            ended = await manager.event("VoiceAgentHangup", Call=CALL)
            return agent.asked[0], ended

    asked, ended = asyncio.run(main())
    assert asked == ("setup", CALL, "")
    assert ended["Cause"] == "16" and ended["UUID"]


@pytest.mark.parametrize("choice", ["hangup", "message"])
def test_an_answering_machine_is_told_from_a_person(box, choice):
    async def main():
        async with (
            await Manager.login(box) as manager,
            Switchboard(box, [{}]) as agent,
        ):
            variables = f"VA_DID={DID},VA_CALL={CALL},VA_AMD={choice},VA_MESSAGE=voiceagent/kept"
            order = originate(Channel="Local/s@machine/n", Variable=variables)
            assert (await manager.action("Originate", **order))["Response"] == "Success"
            await manager.event("VoiceAgentMachine", Call=CALL)
            await manager.event("VoiceAgentHangup", Call=CALL)
            return agent.asked

    assert asyncio.run(main()) == []


def test_a_scripted_caller_rings_in_over_a_local_channel(box):
    async def main():
        async with (
            await Manager.login(box) as manager,
            Switchboard(box, [None]) as far,
        ):
            caller = "5e1f0a7c-0000-4000-8000-00000000000c"
            order = {
                "Channel": f"Local/{DID}@voiceagent-in/n",
                "Context": "voiceagent-caller",
                "Exten": "s",
                "Priority": "1",
                "Async": "true",
                "Variable": f"VA_CALLER_UUID={caller},VA_CALLER_MEDIA={far.media}",
            }
            assert (await manager.action("Originate", **order))["Response"] == "Success"
            await until(lambda: far.heard)
            return str(far.heard[0]) == caller

    assert asyncio.run(main())


# ---- Rights


def test_our_ami_user_may_do_what_it_needs_and_nothing_else(box):
    shown = box.pbx.cli("manager show user voiceagent") or ""
    rows = [row.strip() for row in shown.splitlines()]
    assert "read perm: call,agent,user" in rows and "write perm: call,originate" in rows
    assert "ACL: yes" in rows

    async def main():
        async with await Manager.login(box) as manager:
            allowed = {"Ping": {}, "Status": {}, "QueueSummary": {}}
            refused = {
                "Command": {"Command": "core show version"},
                "CoreShowChannels": {},
                "MixMonitor": {"Channel": "x", "File": "/tmp/x.wav"},
                "GetConfig": {"Filename": "manager.conf"},
                "UpdateConfig": {"SrcFilename": "a.conf", "DstFilename": "a.conf"},
                "ModuleLoad": {"Module": "app_queue", "LoadType": "reload"},
                "QueueAdd": {"Queue": "desk", "Interface": "PJSIP/103"},
                "UserEvent": {"UserEvent": "Forged"},
                "Originate": originate(Channel="Local/1@standin", Application="System", Data="id"),
            }
            for name, fields in allowed.items():
                assert (await manager.action(name, **fields))["Response"] == "Success", name
            for name, fields in refused.items():
                fields = {k: v for k, v in fields.items() if name != "Originate" or k != "Context"}
                assert (await manager.action(name, **fields))["Response"] == "Error", name

    asyncio.run(main())


def test_nobody_but_asterisk_and_its_group_can_read_our_secrets(box):
    folder = box.root / "etc/asterisk/voiceagent.d"
    uid, gid = box.pbx.asterisk_ids()
    for name in ("manager.conf", "ari.conf"):
        status = os.stat(folder / name)
        assert (status.st_mode & 0o777, status.st_gid) == (0o640, gid)
    for name in ("voiceagent", "recording/voiceagent"):
        status = os.stat(box.root / SPOOL / name)
        assert (status.st_mode & 0o7777, status.st_uid, status.st_gid) == (0o2770, uid, gid)
