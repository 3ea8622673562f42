"""The caller's side of issue-sized promises: greeting, barge-in, steadiness, a burst of ten.

Real calls through a real Asterisk, timed on the phone: dialling and speaking by the moment a
datagram was handed to the kernel, hearing by the moment the kernel received one. The order of
scenarios and the offsets of interruptions are the same in every run.

    python -m bench.calls [--sandbox-json FILE | --dir DIR] [--count 20] [--only NAME]...
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import platform
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.report import Row, as_json, document
from tests.phone import Call, Caller, Phone, heard, voice
from tests.phone.live import RecordedCall
from tests.phone.outcome import CallError
from tests.phone.sandbox import Endpoints, SandboxFailed, running
from tests.phone.script import BOOKING, GaveUp, ScriptedCaller, Story

_RESULTS = Path(__file__).with_name("results")
_LISTEN_S = 4.0  # a little more than the shortest greeting allowed
_PAUSE_S = 0.3  # between calls: the one before has ended everywhere
_EARLIEST_S, _LATEST_S = 0.3, 2.5  # where in the greeting the caller starts to talk
_AFTER_BARGE_S = 2.0
# After an interruption the agent has nothing to say until the caller is done, while the holes
# between its sentences are shorter than this: so this much quiet means that it has stopped.
_STOPPED_S = 0.8
_BURST = 10
_BURST_SPACING_S = 0.1  # ten calls within one second
_PHONE_NICENESS = -10
_INTERRUPTION = "Sorry, can I just ask you something, I have a leaking tap at home."


@dataclass(slots=True)
class Bench:
    """What the scenarios share.

    Attributes:
        at: Where to call.
        phone: The phone.
        count: Calls in each scenario of single calls.
        rows: What was measured so far.
    """

    at: Endpoints
    phone: Phone
    count: int
    rows: list[Row] = field(default_factory=list)

    async def dial(self, number: int) -> Call:
        """Call the sample company as caller `number`."""
        caller = Caller(f"07700900{number:03d}")
        return await self.phone.call(self.at.did, caller)


def _gaps_ms(call: Call) -> list[float]:
    at = np.sort([a.at for a in call.media.arrivals if a.at >= (call.answered_at or 0.0)])
    return [float(gap) for gap in np.diff(at) * 1000]


def _first_audio_ms(call: Call) -> float | None:
    first = heard.first_sound_at(call.sound(), call.answered_at or 0.0)
    return None if first is None else (first - call.dialed_at) * 1000


def _known(values: list[float | None]) -> list[float]:
    return [value for value in values if value is not None]


async def greeting(bench: Bench) -> None:
    """One call at a time: from dialling to the greeting, its length, its steadiness."""
    firsts: list[float | None] = []
    answers, lengths, gaps = [], [], []
    for n in range(bench.count):
        call = await bench.dial(n)
        answered_at = await call.answered()
        await asyncio.sleep(_LISTEN_S)
        await call.hangup()
        answers.append((answered_at - call.dialed_at) * 1000)
        firsts.append(_first_audio_ms(call))
        spoken = heard.segments(call.sound().after(answered_at), join_s=_STOPPED_S)
        lengths.append(spoken[0].seconds if spoken else 0.0)
        gaps += _gaps_ms(call)
        await asyncio.sleep(_PAUSE_S)
    silent = firsts.count(None)
    bench.rows += [
        Row("one call: dial to answer", answers),
        Row(
            "one call: dial to first greeting audio",
            _known(firsts),
            target=250,
            note=f"{silent} never greeted" if silent else "",
        ),
        Row(
            f"one call: greeting heard in the first {_LISTEN_S:g} s",
            lengths,
            unit="s",
            note=f"shortest {min(lengths):.2f}",
        ),
        Row("one call: gap between RTP packets", gaps, target=23, statistic="p99"),
    ]


async def barge_in(bench: Bench) -> None:
    """The caller talks over the greeting; how long the agent keeps talking."""
    offsets = random.Random(2)  # the same in every run
    speech = await voice.spoken(_INTERRUPTION)
    stopped_ms, already, never = [], 0, 0
    for n in range(bench.count):
        call = await bench.dial(n)
        await call.answered()
        await call.agent_sounds()
        await asyncio.sleep(offsets.uniform(_EARLIEST_S, _LATEST_S))
        said = call.start_saying(speech)
        started_at = await call.started(said)
        await asyncio.sleep(_AFTER_BARGE_S)
        now = asyncio.get_running_loop().time()
        silent_at = heard.fell_silent_at(call.sound(), started_at, _STOPPED_S, until=now)
        if silent_at is None:
            never += 1
        elif silent_at == started_at:
            already += 1  # it happened to be between two sentences: nothing was measured
        else:
            stopped_ms.append((silent_at - started_at) * 1000)
        await call.hangup()
        await asyncio.sleep(_PAUSE_S)
    note = f"{never} never stopped, {already} fell into a pause"
    bench.rows.append(
        Row("barge-in: caller's first frame to the agent's last", stopped_ms, target=200, note=note)
    )


async def burst(bench: Bench) -> None:
    """Ten calls within a second, each of which books."""
    caller = ScriptedCaller(BOOKING)
    await caller.prepare()
    known = RecordedCall.known_calls(bench.at.database)

    async def one(n: int) -> tuple[Call, bool, Story]:
        await asyncio.sleep(n * _BURST_SPACING_S)
        live = RecordedCall(bench.at.database, f"07700900{n:03d}", known)
        call = await bench.dial(n)
        story = Story()
        try:
            await call.answered()
            story = await caller.run(call, live)
        except (CallError, GaveUp, TimeoutError) as error:
            print(f"  call {n}: {type(error).__name__}: {error}", file=sys.stderr)
        return call, await live.booking() is not None, story

    # Only calling while calls go on: what is worked out in between would delay the callers.
    ended = await asyncio.gather(*(one(n) for n in range(_BURST)))
    calls = [call for call, _, _ in ended]
    booked = sum(booking for _, booking, _ in ended)
    worst = [float(np.percentile(gaps, 99)) for call in calls if (gaps := _gaps_ms(call))]
    bench.rows += [
        Row(
            "ten at once: dial to first greeting audio",
            _known([_first_audio_ms(call) for call in calls]),
            target=500,
            statistic="max",
        ),
        Row(
            "ten at once: gap between RTP packets",
            [gap for call in calls for gap in _gaps_ms(call)],
            target=30,
            statistic="p99",
        ),
        Row("ten at once: p99 gap of each call", worst, target=30, statistic="max"),
        Row(
            "ten at once: caller's last frame to the answer",
            [ms for call, _, story in ended for ms in _known(story.responses_ms(call))],
            note=f"{booked} of {_BURST} booked",
        ),
    ]


SCENARIOS: dict[str, Callable[[Bench], Awaitable[None]]] = {
    "greeting": greeting,
    "barge_in": barge_in,
    "burst": burst,
}


def favour_the_phone() -> int:
    """Put this process ahead of others where that is allowed; returns its niceness.

    A caller's phone is another machine. Here it shares the processors with what it measures, and a
    phone that is kept waiting would send its caller's voice late.
    """
    try:
        os.setpriority(os.PRIO_PROCESS, 0, _PHONE_NICENESS)
    except PermissionError:
        pass  # the rows about the phone itself say how much that matters
    return os.getpriority(os.PRIO_PROCESS, 0)


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    here = str(Path(__file__).parent)
    revision = ["git", "-C", here, "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(revision, capture_output=True, text=True, check=False).stdout.strip()
    return {
        "cpu": f"{os.cpu_count()} x {model}",
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load before": round(os.getloadavg()[0], 2),
        "commit": commit or "unknown",
    }


async def measure(at: Endpoints, names: list[str], count: int) -> list[Row]:
    """Run scenarios one after the other; returns what they measured."""
    gc.freeze()
    gc.disable()  # a collection in the phone would be measured as the agent's
    async with Phone(at.host, at.port) as phone:
        bench = Bench(at, phone, count)
        for name in names:
            print(f"{name} ...", file=sys.stderr)
            await SCENARIOS[name](bench)
        late = [call.media.lateness.worst_s * 1000 for call in phone.calls]
    bench.rows.append(Row("the phone itself: latest frame of each call", late))
    return bench.rows


@contextmanager
def _endpoints(options: argparse.Namespace) -> Iterator[Endpoints]:
    if options.sandbox_json:
        yield Endpoints.of_json(options.sandbox_json.read_text())
        return
    with running(options.dir, lambda line: print(line, file=sys.stderr)) as at:
        yield at


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.calls", description=__doc__)
    parser.add_argument("--sandbox-json", type=Path, help="what `voiceagent sandbox up` printed")
    parser.add_argument("--dir", type=Path, help="folder of the sandbox to use or start")
    parser.add_argument("--count", type=int, default=20, help="calls in scenarios of one")
    parser.add_argument("--only", action="append", choices=SCENARIOS, help="may be repeated")
    parser.add_argument("--out", type=Path, default=_RESULTS, help="folder for the results")
    options = parser.parse_args()
    about = machine()
    try:
        with _endpoints(options) as at:
            about["phone's niceness"] = favour_the_phone()  # after the sandbox, which inherits
            rows = asyncio.run(measure(at, options.only or list(SCENARIOS), options.count))
    except SandboxFailed as error:
        print(f"no sandbox: {error}", file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    found = {"machine": about, "rows": as_json(rows)}
    (options.out / "calls.json").write_text(json.dumps(found, indent=1) + "\n")
    (options.out / "calls.md").write_text(document(about, rows))
    print(document(about, rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
