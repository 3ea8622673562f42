"""Whether a caller gets lost while AMI, ARI and the controller are broken at random.

Real calls through a private Asterisk, judged at the phone. Meanwhile, every five seconds, AMI or
ARI is cut or frozen for a while, or the controller is killed or stopped. Every caller presses the
key for a person once, at a random moment, and must hear the person. Before that: how long a
hand-over takes from the agent's last word, and how soon calls are taken after Asterisk was killed.
What is broken when is the same in every run.

    python -m bench lost [--dir DIR] [--calls 200] [--at-once 10]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.calls import favour_the_phone, machine
from bench.lost_report import Called, Fault, document, is_open, rows_of, shares_of
from bench.report import Row, Share, as_json
from installer.sandbox import Sandbox, SandboxError
from installer.sandbox.probes import sip_answers
from tests.calls.control_roads import Stage, stage, until
from tests.phone import Call, CallEnded, Caller, CallRefused
from tests.roads import Road

_RESULTS = Path(__file__).with_name("results")
_SEED = 5
_EVERY_S = 5.0
_LONGEST_S = 4.0  # of an outage of a link: it overlaps most of the time to the next
_LATEST_KEY_S = 5.0  # after the first sound: in the greeting, in the question, or with a person
_LOST_AFTER_S = 60.0
_RECORDS_S = 45.0  # the controller compares with Asterisk every 30 s
_SINGLE, _AT_ONCE, _ROUNDS = 8, 20, 3
_RESTARTS = 3
# Whoever supervises it ends one that stands still, after two seconds.
_TO_CONTROLLER = {"cut": ("killed", signal.SIGKILL), "frozen": ("stopped", signal.SIGSTOP)}
_WILL_ASK = re.compile(r"\[([0-9a-f-]{36})\] the dialplan will ask")

_numbers = itertools.count(7700910000)


async def _dial(it: Stage) -> Call:
    return await it.line.phone.call(it.line.did, Caller(f"0{next(_numbers)}"))


def _number(call: Call) -> str:
    return call.dialog.line.caller.number


async def _key_to_person(it: Stage) -> tuple[float, float]:
    """Be a caller whom nothing stands in the way of.

    Returns:
        The agent's last word to the queue's ring, in ms; the key to the person, in s.
    """
    call = await _dial(it)
    await call.agent_sounds()
    await asyncio.sleep(0.5)
    key_s = asyncio.get_running_loop().time()
    await call.send_digits("0")
    person_s = await call.person_reached(_LOST_AFTER_S)
    await call.hangup()
    return it.last_word_to_ring_ms(call), person_s - key_s


async def hand_over(it: Stage) -> list[Row]:
    """Hand over one call, and many at once, while nothing is broken."""
    rows = []
    for many, rounds in ((1, _SINGLE), (_AT_ONCE, _ROUNDS)):
        found: list[tuple[float, float]] = []
        for _ in range(rounds):
            found += await asyncio.gather(*(_key_to_person(it) for _ in range(many)))
        name = "one call" if many == 1 else f"{many} at once"
        rings_ms, waits_s = zip(*found, strict=True)
        rows.append(Row(f"{name}: agent's last word to the queue's ring", rings_ms, target=300))
        rows.append(Row(f"{name}: key to person, nothing broken", waits_s, unit="s"))
    return rows


async def restart(it: Stage) -> list[Row]:
    """Kill Asterisk in mid-call; measure from its first answer until the agent greets a caller."""
    ready_s, clock = [], asyncio.get_running_loop().time
    port = it.sandbox.ports().sip
    for _ in range(_RESTARTS):
        call = await _dial(it)
        await call.agent_sounds()
        (asterisk,) = it.sandbox.pbx.asterisk()
        os.kill(asterisk.pid, signal.SIGKILL)
        await until(lambda: not it.sandbox.pbx.asterisk())
        starting = asyncio.create_task(asyncio.to_thread(it.sandbox.up, with_agent=False))
        await until(lambda: sip_answers(port, it.line.did, 0.05))
        answers_s = clock()
        while True:
            again = await _dial(it)
            heard_s = await again.agent_sounds()
            await again.hangup()
            if any(row["connected_at"] for row in it.records(_number(again))):
                break
        ready_s.append(heard_s - answers_s)
        await starting
        await call.hangup()
        await it.restore()
    return [Row("Asterisk killed: OPTIONS answered to a greeted call", ready_s, "s", 5.0, "max")]


class Breaker:
    """Breaks something every few seconds until cancelled.

    Args:
        it: What to break.

    Attributes:
        faults: What it broke so far and is well again.
    """

    def __init__(self, it: Stage) -> None:
        self.faults: list[Fault] = []
        self._it = it
        self._chance = random.Random(_SEED)

    async def run(self) -> None:
        """Break and mend."""
        clock = asyncio.get_running_loop().time
        due_s = clock()
        while True:
            due_s += _EVERY_S
            await asyncio.sleep(due_s - clock())
            what = self._chance.choice(["AMI", "ARI", "controller"])
            how = self._chance.choice(["cut", "frozen"])
            outage_s = self._chance.uniform(0.0, _LONGEST_S)
            begun_s = clock()
            if what == "controller":
                how, number = _TO_CONTROLLER[how]
                self._it.kill_controller(number)
            else:
                road = self._it.ami if what == "AMI" else self._it.ari
                await self._disturb(road, how, outage_s)
            await self._well(f"{what} {how}", begun_s, due_s + _EVERY_S - 0.1)

    async def _disturb(self, road: Road, how: str, outage_s: float) -> None:
        if how == "cut":
            await road.refuse()
        else:
            road.freeze()
        try:
            await asyncio.sleep(outage_s)
        finally:
            road.thaw()
            await road.allow()

    async def _well(self, kind: str, begun_s: float, latest_s: float) -> None:
        """Note when the agent is well again, or that it is not before the next fault."""
        clock = asyncio.get_running_loop().time
        well_s = latest_s
        try:
            async with asyncio.timeout_at(latest_s):
                await asyncio.sleep(0.1)  # who was killed may not be gone yet
                await until(self._it.linked)
                well_s = clock()
        except TimeoutError:
            pass
        self.faults.append(Fault(kind, begun_s, well_s))


async def _one(it: Stage, chance: random.Random) -> tuple[Call, float | None, float | None, str]:
    """Be one caller: returns the call, the time of the key and of the person, what went wrong."""
    after_s = chance.uniform(0.1, _LATEST_KEY_S)
    call = await _dial(it)
    key_s = None
    try:
        async with asyncio.timeout(_LOST_AFTER_S):
            await call.agent_sounds(_LOST_AFTER_S)
            await asyncio.sleep(after_s)
            key_s = asyncio.get_running_loop().time()
            await call.send_digits("0")
            person_s = await call.person_reached(_LOST_AFTER_S)
        await call.hangup()
        return call, key_s, person_s, ""
    except (CallEnded, CallRefused) as error:
        return call, key_s, None, f"ended: {error}"
    except TimeoutError:
        await call.hangup()
        return call, key_s, None, "no person within a minute"


async def under_fire(
    it: Stage, count: int, at_once: int
) -> tuple[list[Called], list[Fault], set[str], int]:
    """Place the calls while things break.

    Returns:
        The callers, what was broken, the calls whose dialplan had to ask, and the channels left.
    """
    log_before = _log(it).stat().st_size
    chance, room, breaker = random.Random(_SEED), asyncio.Semaphore(at_once), Breaker(it)
    it.told.clear()

    async def caller(own: random.Random) -> tuple[Call, float | None, float | None, str]:
        async with room:
            return await _one(it, own)

    breaking = asyncio.create_task(breaker.run())
    try:
        chances = [random.Random(chance.random()) for _ in range(count)]
        ended = await asyncio.gather(*map(caller, chances))
    finally:
        breaking.cancel()
        await asyncio.gather(breaking, return_exceptions=True)
    await it.restore()
    left = await _settled(it, [call for call, *_ in ended])
    with _log(it).open(errors="replace") as log:
        log.seek(log_before)
        asked = set(_WILL_ASK.findall(log.read()))
    calls = [_called(it, *one) for one in ended]
    return calls, breaker.faults, asked, left


def _called(
    it: Stage, call: Call, key_s: float | None, person_s: float | None, went_wrong: str
) -> Called:
    number = _number(call)
    joined = len(it.events("QueueCallerJoin", number))
    records = it.records(number)
    return Called(number, call.dialed_at, key_s, person_s, went_wrong, joined, records)


async def _settled(it: Stage, calls: Sequence[Call]) -> int:
    """Wait for the last records to close; returns how many channels Asterisk has left."""

    def closed() -> bool:
        return not any(is_open(_called(it, call, None, None, "")) for call in calls)

    try:
        await until(closed, _RECORDS_S)
    except TimeoutError:
        pass  # told in the report
    return len(await it.admin.listing("Status", {}))


def _log(it: Stage) -> Path:
    return it.sandbox.logs / "agent.log"


async def measure(
    sandbox: Sandbox, count: int, at_once: int
) -> tuple[list[Row], list[Share], list[Called], int]:
    """Measure everything; returns rows, shares, the callers, and the channels left."""
    async with stage(sandbox) as it:
        favour_the_phone()  # after the sandbox, which inherits
        await it.restore()
        print("hand-over ...", file=sys.stderr)
        rows = await hand_over(it)
        print("restart ...", file=sys.stderr)
        rows += await restart(it)
        print("lost callers ...", file=sys.stderr)
        calls, faults, asked, left = await under_fire(it, count, at_once)
        rows += rows_of(calls, faults)
        return rows, shares_of(calls, asked), calls, left


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench lost", description=__doc__)
    parser.add_argument("--dir", type=Path, help="keep the sandbox there, for its logs")
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=10)
    parser.add_argument("--out", type=Path, default=_RESULTS, help="folder for the results")
    options = parser.parse_args()
    about = machine()
    with TemporaryDirectory(prefix="lost-") as spare:
        sandbox = Sandbox(options.dir or Path(spare) / "sandbox")
        try:
            rows, shares, calls, left = asyncio.run(
                measure(sandbox, options.calls, options.at_once)
            )
        except SandboxError as error:
            print(f"no sandbox: {error}", file=sys.stderr)
            return 1
        finally:
            sandbox.down(purge=options.dir is None)
    for called in calls:
        if called.went_wrong or is_open(called) or len(called.records) > 1:
            why = called.went_wrong or "record"
            print(f"  {called.caller}: {why}: {list(map(dict, called.records))}", file=sys.stderr)
    options.out.mkdir(parents=True, exist_ok=True)
    found = {
        "machine": about,
        "rows": as_json(rows),
        "shares": [{"name": it.name, "hits": it.hits, "of": it.of} for it in shares],
        "channels_left": left,
    }
    (options.out / "lost.json").write_text(json.dumps(found, indent=1) + "\n")
    (options.out / "lost.md").write_text(page := document(about, rows, shares, left))
    print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
