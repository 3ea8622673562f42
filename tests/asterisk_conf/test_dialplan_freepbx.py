"""The dialplan in a real Asterisk laid out as FreePBX lays it out, installed there as anywhere."""

import asyncio
import time
from pathlib import PurePosixPath

import pytest

from asterisk_conf import BundleParams
from installer.api import Installation
from installer.sandbox import Sandbox
from tests.asterisk_conf.switchboard import Controller, Desk, Manager, Switchboard
from tests.installer import trees
from tests.phone import Phone, heard

pytestmark = pytest.mark.pbx

DID = "441632960001"
CALL = "5e1f0a7c-0000-4000-8000-000000000002"
EMPTY, DESK = "400", "401"

# What FreePBX generates for an inbound route with a custom destination, as far as it matters: the
# number dialled is in FROM_DID, and the call goes to the destination's "s".
ADDITIONAL = f"""
[ext-did]
exten => {DID},1,Set(__FROM_DID=${{EXTEN}})
 same => n(dest-ext),Goto(voiceagent-in,s,1)
exten => 800,1,Goto(voiceagent-in,s,1)

[ext-queues]
exten => _40[01],1,Answer()
 same => n,UserEvent(ExtQueues,Queue: ${{EXTEN}})
 same => n,Set(QAANNOUNCE=${{IF($[${{LEN(${{VQ_AANNOUNCE}})}}>0]?${{VQ_AANNOUNCE}}: )}})
 same => n,Set(QMAXWAIT=${{IF($[${{LEN(${{VQ_MAXWAIT}})}}>0]?${{VQ_MAXWAIT}}:3600)}})
 same => n,Set(QOPTIONS=${{IF($[${{LEN(${{VQ_OPTIONS}})}}>0]?${{VQ_OPTIONS}}:t)}})
 same => n,Queue(${{EXTEN}},${{QOPTIONS}},,${{QAANNOUNCE}},${{QMAXWAIT}})
 same => n,Set(QDEST=${{VQ_DEST}})
 same => n,Set(VQ_DEST=)
 same => n,GotoIf($["${{QDEST}}"=""]?lost,1)
 same => n,Goto(${{CUT(QDEST,^,1)}},${{CUT(QDEST,^,2)}},${{CUT(QDEST,^,3)}})
exten => lost,1,Hangup(1)
"""
QUEUES = f"""
[{EMPTY}]
joinempty = no
leavewhenempty = yes

[{DESK}]
strategy = ringall
timeout = 5
retry = 1
musicclass = default
member => PJSIP/100
"""


def lay_out(box):
    """Make the sandbox's files FreePBX's: generated ones, and ones for the admin's own lines."""
    etc = box.root / "etc/asterisk"
    (box.root / "etc/freepbx.conf").write_text("<?php\n")
    own = (etc / "extensions.conf").read_text().replace("Goto(voiceagent-in,", "Goto(ext-did,")
    includes = "#include extensions_additional.conf\n#include extensions_custom.conf\n"
    (etc / "extensions.conf").write_text(includes + own)
    (etc / "extensions_additional.conf").write_text(ADDITIONAL)
    (etc / "extensions_custom.conf").touch()
    with (etc / "manager.conf").open("a") as file:
        file.write("\n#include manager_custom.conf\n")
    (etc / "manager_custom.conf").touch()
    ari = (etc / "ari.conf").read_text()
    (etc / "ari.conf").write_text(f"{ari}\n#include ari_additional_custom.conf\n")
    http = "".join(
        line
        for line in (etc / "http.conf").read_text().splitlines(keepends=True)
        if not line.startswith("enabled")
    )
    (etc / "http_additional.conf").write_text(http)
    (etc / "http.conf").write_text("#include http_additional.conf\n#include http_custom.conf\n")
    (etc / "http_custom.conf").write_text("sessionlimit = 200\n")
    with (etc / "queues.conf").open("a") as file:
        file.write(f"{QUEUES}\n#include queues_custom.conf\n")


def until(condition, wait_s=20.0):
    deadline = time.monotonic() + wait_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def installation(box):
    return Installation(box.root, compile_scripts=trees.compiler(box.root))


def reload(box):
    for command in ("dialplan reload", "manager reload", "module reload http", "queue reload all"):
        box.pbx.cli(command)
    box.pbx.cli("module reload res_ari.so")


@pytest.fixture(scope="module")
def _module_box(able_machine, tmp_path_factory):
    box = Sandbox(tmp_path_factory.mktemp("freepbx"))
    try:
        box.up(with_agent=False)
        one = installation(box)
        one.apply(one.plan_undo())
        lay_out(box)
        reload(box)
        before = trees.image(box.root / "etc")
        assert "Disabled" in (box.pbx.cli("http show status") or "")
        one = installation(box)
        params = BundleParams(
            agi_port=box.ports().agi,
            queue="helpdesk",
            queue_stub=("Local/1@standin/n",),
            queue_timeout_s=3,
            ami_secret=box.agent_ami_login()[1],
            ari_password=box.agent_ari_login()[1],
        )
        assert one.facts.freepbx
        plan = one.plan_install(params)
        one.apply(plan)
        reload(box)
        yield box, plan
        one = installation(box)
        one.apply(one.plan_undo())
        assert trees.image(box.root / "etc") == before
        reload(box)
        assert "no existence" in (box.pbx.cli("dialplan show voiceagent-in") or "")
    finally:
        box.down(purge=True)


@pytest.fixture
def box(_module_box):
    return _module_box[0]


def test_only_the_files_for_an_admins_own_lines_were_touched(_module_box):
    box, plan = _module_box
    touched = {
        change.path.name
        for change in plan.changes
        if change.path.parent == PurePosixPath("/etc/asterisk")
        and change.path.suffix
        and change.path.name != "voiceagent.d"
    }
    assert touched == {
        "extensions_custom.conf",
        "manager_custom.conf",
        "ari_additional_custom.conf",
        "http_custom.conf",
        "queues_custom.conf",
    }


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("dialplan show voiceagent-in", "[ Context 'voiceagent-in' created by"),
        ("manager show user voiceagent", "username: voiceagent"),
        ("ari show users", "voiceagent"),
        ("http show status", "127.0.0.1:"),
        ("queue show helpdesk", "Local/1@standin/n"),
    ],
)
def test_asterisk_has_all_of_it(box, command, said):
    until(lambda: said in (box.pbx.cli(command) or ""))


@pytest.mark.parametrize(("dialled", "did"), [(DID, DID), ("800", "")])
def test_a_custom_destination_tells_the_controller_the_number_dialled(box, dialled, did):
    async def main():
        async with (
            Controller(box, {"VA_ROUTE": "blocked"}) as controller,
            Phone("127.0.0.1", box.ports().sip) as line,
        ):
            call = await line.call(dialled)
            assert (await call.ended()).q850 == 21
            return [args[0] for args in controller.args]

    assert asyncio.run(main()) == [did]


def test_a_queue_of_freepbx_is_entered_its_way_and_who_is_not_answered_comes_back(box):
    setup = {"VA_CALL": CALL, "VA_QUEUE": EMPTY, "VA_MOST_RETURNS": "1", "VA_RING_S": "1"}
    routes = {"VA_CALL": CALL, "VA_ROUTE": "agent"}

    async def main():
        async with (
            await Manager.login(box) as manager,
            Controller(box, routes),
            Switchboard(box, [setup], [{"VA_NEXT": "queue"}]) as agent,
            Phone("127.0.0.1", box.ports().sip) as line,
        ):
            call = await line.call(DID)
            event = await manager.event("ExtQueues", Queue=EMPTY)
            async with asyncio.timeout(30):
                while len(agent.backs()) < 2:
                    await asyncio.sleep(0.05)
            await call.hangup()
            return agent.backs(), event["Queue"]

    assert asyncio.run(main()) == (["", "nobody"], EMPTY)


def test_who_answers_there_is_told_first_and_the_end_is_the_end(box):
    setup = {"VA_CALL": CALL, "VA_QUEUE": DESK, "VA_MOST_RETURNS": "1", "VA_RING_S": "30"}
    outcome = {"VA_NEXT": "queue", "VA_WHISPER": "voiceagent/kept"}

    async def main():
        async with (
            await Desk.open(box, 0, 200) as desk,
            Controller(box, {"VA_CALL": CALL, "VA_ROUTE": "agent"}),
            Switchboard(box, [setup], [outcome]) as agent,
            Phone("127.0.0.1", box.ports().sip) as line,
        ):
            call = await line.call(DID)
            await call.answered()
            async with asyncio.timeout(30):
                while desk.voiced_s() < 2:  # the caller says nothing
                    await asyncio.sleep(0.05)
            assert call.up
            await call.hangup()
            return agent.backs()

    assert asyncio.run(main()) == [""]


def test_the_queue_we_made_is_entered_directly(box):
    async def main():
        async with (
            Controller(box, {"VA_ROUTE": "queue"}),
            Phone("127.0.0.1", box.ports().sip) as line,
        ):
            call = await line.call(DID)
            await call.answered()
            async with asyncio.timeout(30):
                while not heard.tone_spans(call.sound(), shortest_s=0.5):  # the stand-in's
                    await asyncio.sleep(0.05)

    asyncio.run(main())
