"""`voiceagent call` against the real Asterisk: the sample company, and telephones of every manner.

What the person called hears is asserted from the telephone's side.
"""

import asyncio
import json
import signal
import sqlite3
import sys
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from ari_app import control_client
from tests.pbx import plain_env
from tests.phone.desk import Desk, Manner
from tests.phone.voice import speak

pytestmark = pytest.mark.pbx

DID = "441632960001"
MACHINE = "Hello, nobody is at home. Please leave a message after the tone."
PROGRAM = Path(sys.executable).parent / "voiceagent"


class Placed:
    """A running `voiceagent call --json`."""

    def __init__(self, process):
        self.process = process
        self.events = []

    async def until(self, event):
        """Read on until an event of this kind; returns it."""
        async with asyncio.timeout(60):
            while line := await self.process.stdout.readline():
                self.events.append(json.loads(line))
                if self.events[-1]["event"] == event:
                    return self.events[-1]
        raise AssertionError(f"no {event} in {self.events}")

    async def finished(self):
        """Read to the end; returns the exit code and the last event."""
        async with asyncio.timeout(150):
            async for line in self.process.stdout:
                self.events.append(json.loads(line))
            code = await self.process.wait()
        return code, self.events[-1] if self.events else (await self.process.stderr.read()).decode()

    def kinds(self):
        return [event["event"] for event in self.events]


@asynccontextmanager
async def placed(sandbox, *options):
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "call", "--sandbox", sandbox.directory, "--json", *options,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=plain_env(),
    )  # fmt: skip
    try:
        yield Placed(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def desk(sandbox, manner=Manner.ANSWER, after_s=0.2):
    """The telephone of extension 100."""
    place = next(d for d in sandbox.endpoints()["desks"] if d["extension"] == "100")
    return Desk(place["port"], manner, after_s)


def rows(sandbox, table, call_id):
    with closing(sqlite3.connect(sandbox.agent.data_dir / "voiceagent.db")) as db:
        db.row_factory = sqlite3.Row
        found = db.execute(f"select * from {table} where call_id = ?", (call_id,))  # noqa: S608
        return [dict(row) for row in found]


def run(sandbox, *options):
    async def main():
        async with placed(sandbox, *options) as call:
            return *await call.finished(), call

    return asyncio.run(main())


def test_a_test_call_proves_an_install(sandbox):
    code, last, call = run(sandbox, "--did", DID)
    assert (code, last["result"]) == (0, "completed"), call.events
    assert set(call.kinds()) >= {"placed", "answered", "call", "turn"}
    greeting = next(e for e in call.events if e["event"] == "turn" and e["done"])
    assert greeting["speaker"] == "agent" and greeting["heard"] == greeting["text"]
    assert last["at_s"] < 60
    (record,) = rows(sandbox, "calls", last["call_id"])
    assert (record["did"], record["end_reason"]) == (DID, "caller_hung_up")


def test_a_scripted_caller_is_understood_by_voice_and_keys(sandbox, tmp_path):
    script = tmp_path / "talk.yaml"
    script.write_text("""
    - expect: leaking tap
    - say: a leaking tap
    - expect: which town
    - press: "871122#"
    - expect: costs 75 pounds
    - hangup: true
    """)
    options = ("--did", DID, "--script", script, "--caller-id", "07700900123")
    code, last, call = run(sandbox, *options)
    assert code == 0, call.events
    turns = [event for event in call.events if event["event"] == "turn" and event["done"]]
    assert [turn["speaker"] for turn in turns] == ["agent", "caller", "agent", "caller", "agent"]
    assert turns[2]["latency_ms"] is not None
    assert rows(sandbox, "calls", last["call_id"])[0]["caller"] == "07700900123"


@pytest.mark.parametrize(
    "manner, code, result",
    [
        (Manner.BUSY, 3, "busy"),
        (Manner.RING, 4, "unanswered"),
        (Manner.DECLINE, 5, "refused"),
    ],
)
def test_a_telephone_that_is_not_answered(sandbox, manner, code, result):
    async def main():
        async with (
            desk(sandbox, manner) as telephone,
            placed(sandbox, "--to", "PJSIP/100", "--timeout", "3") as call,
        ):
            await telephone.rung(30)
            return *await call.finished(), call.kinds()

    exit_code, last, kinds = asyncio.run(main())
    assert (exit_code, last["result"], last["exit_code"]) == (code, result, code)
    assert "answered" not in kinds
    assert ("ringing" in kinds) == (manner is not Manner.BUSY)


@pytest.mark.parametrize("device", ["PJSIP/nobody", "SIP/100", "Local/9@voiceagent-nowhere/n"])
def test_a_device_that_is_not_there(sandbox, device):
    code, last, _ = run(sandbox, "--to", device, "--timeout", "3")
    assert (code, last["result"]) == (5, "refused")


def test_an_unplugged_telephone(sandbox):
    async def main():
        async with (
            desk(sandbox, Manner.GONE) as telephone,
            placed(sandbox, "--to", "PJSIP/100", "--timeout", "2") as call,
        ):
            finished = await call.finished()
            # Asterisk goes on knocking for half a minute: plugged in again, it is told to stop.
            telephone.manner = Manner.RING
            await (await telephone.rung(40)).ended(30)
            return finished

    code, last = asyncio.run(main())
    assert (code, last["result"]) in ((4, "unanswered"), (5, "refused"))


def test_who_answers_hears_the_agent_and_may_hang_up(sandbox):
    async def main():
        async with (
            desk(sandbox) as telephone,
            placed(sandbox, "--to", "PJSIP/100", "--caller-id", "01632960001") as call,
        ):
            phone = await telephone.rung(30)
            await phone.answered()
            await phone.agent_sounds(20)
            await call.until("turn")
            await asyncio.sleep(1)
            await phone.hangup()
            return *await call.finished(), call.kinds(), phone.dialog.line.caller.number

    code, last, kinds, shown = asyncio.run(main())
    assert (code, last["result"]) == (0, "completed")
    assert kinds[:1] == ["placed"] and {"ringing", "answered", "call"} <= set(kinds)
    assert shown == "01632960001"
    (record,) = rows(sandbox, "calls", last["call_id"])
    assert record["end_reason"] == "caller_hung_up"
    assert (record["direction"], record["caller"]) == ("out", "100")


def test_a_machine_is_hung_up_on(sandbox):
    async def main():
        async with (
            desk(sandbox) as telephone,
            placed(sandbox, "--to", "PJSIP/100", "--machine", "hangup") as call,
        ):
            phone = await telephone.rung(30)
            await phone.answered()
            phone.start_saying(speak(MACHINE))
            return *await call.finished(), call.kinds()

    code, last, kinds = asyncio.run(main())
    assert (code, last["result"]) == (6, "machine")
    assert "machine" in kinds and "turn" not in kinds


def test_a_machine_is_left_a_message(sandbox):
    async def main():
        options = ("--machine", "message", "--message", "Please call us back about your boiler.")
        async with (
            desk(sandbox) as telephone,
            placed(sandbox, "--to", "PJSIP/100", *options) as call,
        ):
            phone = await telephone.rung(30)
            await phone.answered()
            await phone.say(speak(MACHINE))
            await phone.agent_sounds(30)
            return *await call.finished(), call.kinds()

    code, last, kinds = asyncio.run(main())
    assert (code, last["result"]) == (6, "machine")
    assert "machine" in kinds and "turn" not in kinds


def test_a_person_is_no_machine(sandbox):
    async def main():
        async with (
            desk(sandbox) as telephone,
            placed(sandbox, "--to", "PJSIP/100", "--machine", "hangup") as call,
        ):
            phone = await telephone.rung(30)
            await phone.answered()
            await phone.say(speak("Hello?"))
            await call.until("turn")
            await phone.agent_sounds(20)
            await phone.hangup()
            return await call.finished()

    code, last = asyncio.run(main())
    assert (code, last["result"]) == (0, "completed")


@pytest.mark.parametrize("how, code", [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_whoever_stops_waiting_hangs_up(sandbox, how, code):
    async def main():
        async with desk(sandbox) as telephone, placed(sandbox, "--to", "PJSIP/100") as call:
            phone = await telephone.rung(30)
            await phone.answered()
            await call.until("call")
            call.process.send_signal(how)
            await phone.ended(20)
            return (await call.finished())[0]

    assert asyncio.run(main()) == code


def test_only_so_many_calls_at_once(sandbox):
    async def main():
        order = {"op": "originate", "to": "PJSIP/100", "wait": False}
        async with desk(sandbox, Manner.DECLINE, after_s=10) as telephone:
            for _ in range(5):
                stream = control_client.stream(sandbox.agent.run_dir / "control.sock", order, 20)
                assert [answer["event"] async for answer in stream] == ["placed"]
            phones = [await telephone.rung(30) for _ in range(5)]
            async with placed(sandbox, "--to", "PJSIP/100") as call:
                refused = await call.finished()
            ends = [phone.ended_at for phone in phones]
            for phone in phones:
                await phone.ended(30)
            return refused, ends

    (code, words), ends = asyncio.run(main())
    assert code == 8
    assert "VOICEAGENT_ORIGINATE_CALLS" in words and words.count("\n") == 1
    assert ends == [None] * 5  # nobody waits for them, and they ring on


def test_a_call_that_is_not_waited_for_goes_on(sandbox):
    async def main():
        async with desk(sandbox) as telephone:
            async with placed(sandbox, "--to", "PJSIP/100", "--no-wait") as call:
                finished = await call.finished()
            phone = await telephone.rung(30)
            await phone.answered()
            await phone.agent_sounds(20)
            await phone.hangup()
            return finished, call.kinds()

    (code, _), kinds = asyncio.run(main())
    assert (code, kinds) == (0, ["placed"])


def test_without_a_controller_one_line_tells_what_to_do(tmp_path):
    async def main():
        process = await asyncio.create_subprocess_exec(
            PROGRAM, "call", "--did", DID, stderr=asyncio.subprocess.PIPE,
            env=plain_env() | {"VOICEAGENT_RUN_DIR": str(tmp_path)},
        )  # fmt: skip
        _, words = await process.communicate()
        return process.returncode, words.decode()

    code, words = asyncio.run(main())
    assert code == 1
    assert "voiceagent run" in words and words.count("\n") == 1
