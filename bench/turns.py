"""Turn-taking as a caller hears it: response gap, cut-ins, barge-in, coughs, echo, the greeting.

Real calls through a real Asterisk with the vendors' simulators at their documented delays, timed on
the phone. Once with each ear, some calls at a time and fifty at once, and a short run of the chain
that does one thing after the other, for comparison. A run of all of it also puts its summary into
the README.

    python -m bench.turns [--ears deepgram_flux deepgram naive] [--phases few fifty echo]
                          [--turns 300] [--sandbox-json FILE --script FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from audiosocket_agent.options import PREFIX
from audiosocket_agent.simulators.delays import Delays, read_delays
from audiosocket_agent.simulators.script import VARIABLE as SCRIPT
from bench.callers import Callers, Held, Sounds
from bench.calls import machine
from bench.load import Watch, telephone_first
from bench.pages import save
from bench.phases import Judged, agents_of, first_sounds, judge, undisturbed
from bench.plans import Plan, echo_plan, plans, short_plans
from bench.turn_analysis import Length
from bench.turn_records import read
from bench.turn_report import ears
from tests.phone import Phone
from tests.phone.sandbox import Endpoints, SandboxFailed, running

_RESULTS = Path(__file__).with_name("results")
_README = Path(__file__).parent.parent / "README.md"
EARS = ("deepgram_flux", "deepgram", "naive")
PHASES = ("few", "fifty", "echo")  # the echo last: an ear that it breaks would rest in the others
_NAIVE = {
    "VOICEAGENT_ENDPOINT_MS": "400",
    "VOICEAGENT_ENDPOINT_FINISHED_MS": "400",
    "VOICEAGENT_ENDPOINT_UNFINISHED_MS": "400",
    "VOICEAGENT_FINALIZE_MS": "400",
    "VOICEAGENT_SPECULATION_TOKENS": "0",
}
_NAIVE_TURNS = 60
_MANY, _MANY_TURNS = 50, 6
_FEW_APART_S, _MANY_APART_S = 1.3, 0.3
_WRITTEN_S = 1.5  # the last records of a phase are on disk by then


@contextmanager
def sandbox(ear: str) -> Iterator[tuple[Endpoints, Path]]:
    """A sandbox of its own with an ear, and the script that ear reads.

    Raises:
        SandboxFailed: If it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="va-turns-") as name:
        script = Path(name) / "script.jsonl"
        script.write_text("")
        env = {**os.environ, SCRIPT: str(script), "VOICEAGENT_LOG_LEVEL": "WARNING"}
        env |= {"VOICEAGENT_STT": "deepgram", **_NAIVE} if ear == "naive" else {
            "VOICEAGENT_STT": ear
        }  # fmt: skip
        where = Path(name) / "sandbox"
        with running(where, _say, "simulated", env, purge=True) as at:
            yield at, script


def _say(line: str) -> None:
    print(line, file=sys.stderr)


class Run:
    """The phases of one ear.

    Args:
        at: Where to call.
        script: The file its ear reads.
        name: The ear's name, for people.
        turns: How many turns the phase of few calls has at least.
        at_once: How many calls of it go on at a time.
        recordings: Folder for a recording of each call; None for none.
    """

    def __init__(
        self,
        at: Endpoints,
        script: Path,
        name: str,
        turns: int,
        at_once: int,
        recordings: Path | None = None,
    ) -> None:
        self._at = at
        self._script = script
        self._name = name
        self._turns = turns
        self._at_once = at_once
        self._recordings = recordings
        self._sounds = Sounds()
        self._lengths: dict[str, Length] = {}

    async def phase(self, phase: str) -> Judged:
        """Hold the calls of one phase and judge them."""
        chosen = {
            "few": lambda: plans(self._turns),
            "echo": lambda: [echo_plan(n) for n in range(3)],
            "fifty": lambda: short_plans(_MANY, _MANY_TURNS),
        }[phase]()
        await asyncio.to_thread(self._sounds.prepare, chosen)
        name = f"{self._name}, {_MANY} at once" if phase == "fifty" else self._name
        if phase == "fifty":
            # A real voice takes no longer for a sentence it never said; the simulated one runs a
            # synthesiser once for each, on the processors that are measured. It remembers them.
            print(f"{name}: a rehearsal, for the simulated voice ...", file=sys.stderr)
            await self._hold(phase, chosen)
        print(f"{name}, {phase}: {len(chosen)} calls ...", file=sys.stderr)
        gc.collect()
        gc.freeze()
        gc.disable()  # a collection in the phone would be measured as the agent's
        watch = Watch(self._at.database.parent.parent)
        held = await self._hold(phase, chosen)
        load = watch.load()
        gc.enable()
        await asyncio.sleep(_WRITTEN_S)
        self._record(f"{self._name}-{phase}", held)
        judged = self._judge(name, held)
        judged.load = str(load)
        return judged

    def _record(self, name: str, held: Sequence[Held]) -> None:
        if self._recordings is not None:
            self._recordings.mkdir(parents=True, exist_ok=True)
            for h in held:
                if h.call is not None:
                    h.call.record(self._recordings / f"{name}-{h.plan.number:02d}.wav")

    async def _hold(self, phase: str, chosen: Sequence[Plan]) -> list[Held]:
        with telephone_first():
            async with Phone(self._at.host, self._at.port) as phone:
                callers = Callers(self._at, phone, self._script, self._sounds)
                if phase == "echo":  # the first without one, to compare with
                    listening = (callers.listen(plan, echo=plan.number > 0) for plan in chosen)
                    return await asyncio.gather(*listening)
                if phase == "fifty":
                    return await callers.hold_all(chosen, len(chosen), _MANY_APART_S)
                return await callers.hold_all(chosen, self._at_once, _FEW_APART_S)

    def _judge(self, name: str, held: Sequence[Held]) -> Judged:
        agents = agents_of(held)
        records = read(self._at.database, first_sounds(held, agents))
        self._lengths = undisturbed(held, agents, records) | self._lengths
        return judge(name, held, agents, records, self._lengths)


async def measure(run: Run, phases: Sequence[str]) -> dict[str, Judged]:
    """Run an ear's phases one after the other."""
    return {phase: await run.phase(phase) for phase in phases}


def _wanted(ear: str, options: argparse.Namespace) -> list[str]:
    return [p for p in PHASES if p in options.phases and (ear != "naive" or p == "few")]


def _one_ear(ear: str, options: argparse.Namespace, delays: Delays) -> dict[str, Judged]:
    name = ears(delays)[ear].name
    turns = min(options.turns, _NAIVE_TURNS) if ear == "naive" else options.turns

    def measured(at: Endpoints, script: Path) -> dict[str, Judged]:
        run = Run(at, script, name, turns, options.at_once, options.recordings)
        return asyncio.run(measure(run, _wanted(ear, options)))

    if options.sandbox_json:
        return measured(Endpoints.of_json(options.sandbox_json.read_text()), options.script)
    with sandbox(ear) as (at, script):
        return measured(at, script)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.turns", description=__doc__)
    parser.add_argument("--ears", nargs="+", choices=EARS, default=list(EARS))
    parser.add_argument("--phases", nargs="+", choices=PHASES, default=list(PHASES))
    parser.add_argument("--turns", type=int, default=300, help="turns of the phase of few calls")
    parser.add_argument("--at-once", type=int, default=8, help="calls of it at a time")
    parser.add_argument("--sandbox-json", type=Path, help="what `voiceagent sandbox up` printed")
    parser.add_argument("--script", type=Path, help=f"that sandbox's {SCRIPT}")
    parser.add_argument("--out", type=Path, default=_RESULTS, help="folder for the results")
    parser.add_argument("--recordings", type=Path, help="folder for a WAV of each call")
    options = parser.parse_args(arguments)
    if options.sandbox_json and (len(options.ears) != 1 or not options.script):
        parser.error("a running sandbox has one ear and one script: name both")
    about, delays = machine(), read_delays(os.environ)
    if given := sorted(f"{k}={v}" for k, v in os.environ.items() if k.startswith(PREFIX)):
        about["settings"] = " ".join(given)
    found: dict[str, dict[str, Judged]] = {}
    try:
        for ear in options.ears:
            found[ear] = _one_ear(ear, options, delays)
    except SandboxFailed as error:
        print(f"no sandbox: {error}", file=sys.stderr)
        return 1
    whole = set(options.ears) == set(EARS) and set(options.phases) == set(PHASES)
    readme = _README if whole and options.out == _RESULTS else None  # only what is complete
    print(save(options.out, about, found, delays, readme))
    for remark in (r for phases in found.values() for j in phases.values() for r in j.remarks):
        print(remark, file=sys.stderr)
    lost = [e for phases in found.values() for judged in phases.values() for e in judged.errors]
    for what in lost:
        print(f"a call was lost: {what}", file=sys.stderr)
    return int(bool(lost))


if __name__ == "__main__":
    sys.exit(main())
