"""``python -m tests.demo``: one spoken phone call from dialling to the booking, shown live.

Everything is real: a private Asterisk, the bundle installed in it, the agent, and a caller with a
synthetic voice who dials the sample company over SIP. Exit code 0 only if the booking is in the
database afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from installer.sandbox.profile import PROFILES
from tests.phone import Call, Caller, Phone, heard
from tests.phone.live import RecordedCall
from tests.phone.outcome import CallError
from tests.phone.sandbox import Endpoints, SandboxFailed, running
from tests.phone.script import BOOKING, Answer, GaveUp, Keys, Question, Say, ScriptedCaller, Story

_CALLER = Caller("07700900123", "Alex Carter")
_OUTPUT = Path("demo-output")
_POLL_S = 0.1
_KEYS = ("DEEPGRAM_API_KEY", "GROQ_API_KEY", "CARTESIA_API_KEY")
_STAGES = {  # mark in the record -> column
    "stt_partial": "partial",
    "decision": "decided",
    "stt_final": "words",
    "llm_first_token": "model",
    "reply_text": "reply",
    "tts_first_byte": "voice",
    "first_frame": "frame",
}


@dataclass(slots=True)
class Result:
    """What is left of the call.

    Attributes:
        call: The phone's side.
        story: The questions and answers; empty when the call did not get that far.
        record: The agent's record of the call, its turns and its booking.
        failed: Why the caller did not reach the end, empty when it did.
    """

    call: Call
    story: Story
    record: dict[str, Any] | None
    turns: list[dict[str, Any]]
    booking: dict[str, Any] | None
    failed: str = ""


class Transcript:
    """Prints turns as they appear in the agent's record."""

    def __init__(self, console: Console, live: RecordedCall) -> None:
        self._console = console
        self._live = live
        self._shown: set[int] = set()

    async def follow(self) -> None:
        """Print until cancelled."""
        while True:
            await self.show()
            await asyncio.sleep(_POLL_S)

    async def show(self) -> None:
        """Print what has not been printed yet."""
        for turn in await self._live.turns():
            if turn["index"] not in self._shown:
                self._shown.add(turn["index"])
                at = f"[dim]{turn['at_ms'] / 1000:6.1f} s[/dim]"
                if turn["speaker"] == "agent":
                    self._console.print(f"{at}  [bold cyan]agent [/]  {escape(turn['text'])}")
                else:
                    words = escape(turn["text"]) or "[dim](nothing understood)[/dim]"
                    self._console.print(f"{at}  [bold green]caller[/]  {words}")

    def told(self, question: Question, answer: Answer) -> None:
        """Print what the caller is about to do, whatever the agent makes of it."""
        if isinstance(answer, Say):
            self._console.print(f"          [dim]the caller says “{answer.text}”[/dim]")
        elif isinstance(answer, Keys):
            self._console.print(f"          [dim]the caller keys {answer.digits}[/dim]")


async def hold_call(at: Endpoints, console: Console) -> Result:
    """Place the call and hold it to its end, printing what is said."""
    known = RecordedCall.known_calls(at.database)
    live = RecordedCall(at.database, _CALLER.number, known)
    transcript = Transcript(console, live)
    scripted = ScriptedCaller(BOOKING, tell=transcript.told)
    await scripted.prepare()
    story, failed = Story(), ""
    async with Phone(at.host, at.port) as phone:
        console.print(f"[bold]{_CALLER.number} dials {at.did}[/bold]")
        call = await phone.call(at.did, _CALLER)
        following = asyncio.create_task(transcript.follow())
        try:
            await call.answered()
            story = await scripted.run(call, live)
            failed = "a person took over" if story.person_at is not None else ""
        except (CallError, GaveUp, TimeoutError) as error:
            failed = f"{type(error).__name__}: {error}"
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
        await transcript.show()
    record, turns = await live.ended(), await live.turns()
    return Result(call, story, record, turns, await live.booking(), failed)


def latency_table(result: Result) -> Table:
    """Every answer of the caller, and what passed until the agent was heard."""
    columns = ("asked", "answer", "heard", *_STAGES.values())
    table = Table(*columns, title="Latency of every turn, ms")
    responses = result.story.responses_ms(result.call)
    first = heard.first_sound_at(result.call.sound(), result.call.answered_at or 0.0)
    greeted = "-" if first is None else f"{(first - result.call.dialed_at) * 1000:.0f}"
    table.add_row("(greeting)", "(dialling)", greeted, *[""] * len(_STAGES))
    for exchange, response in zip(result.story.exchanges, responses, strict=True):
        answer = exchange.answer
        said = answer.text if isinstance(answer, Say) else ""
        keyed = f"keys {answer.digits}" if isinstance(answer, Keys) else ""
        marks = _marks_after(result.turns, exchange.question.number)
        table.add_row(
            exchange.question.asks,
            said or keyed,
            "-" if response is None else f"{response:.0f}",
            *(_since(marks, stage) for stage in _STAGES),
        )
    return table


def _marks_after(turns: Sequence[dict[str, Any]], number: int) -> dict[str, int]:
    """The waterfall of the agent's turn that followed a question."""
    for turn in turns:
        if turn["index"] > number and turn["speaker"] == "agent":
            marks: dict[str, int] = json.loads(turn["marks_ms"])
            return marks
    return {}


def _since(marks: dict[str, int], stage: str) -> str:
    if stage not in marks or "speech_end" not in marks:
        return "-"
    return f"{marks[stage] - marks['speech_end']}"


def booking_table(booking: dict[str, Any]) -> Table:
    """The row in the database."""
    table = Table(title="The booking", show_header=False)
    for name, value in booking.items():
        table.add_row(name, str(value))
    return table


def write_report(result: Result, folder: Path) -> tuple[Path, Path]:
    """Write the stereo recording and the report; returns where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    recording = result.call.record(folder / "call.wav").absolute()
    report = (folder / "report.json").absolute()
    arrivals = [a.at for a in result.call.media.arrivals]
    gaps = result.call.gaps(after=0.0) if len(arrivals) > 1 else None
    ended = result.story.ended or result.call.outcome
    content = {
        "call": result.record,
        "turns": [{**turn, "marks_ms": json.loads(turn["marks_ms"])} for turn in result.turns],
        "booking": result.booking,
        "ended": None if ended is None else {"by": ended.by.value, "cause": ended.cause},
        "response_ms": result.story.responses_ms(result.call),
        "gap_p99_ms": None if gaps is None else round(gaps.p99_ms, 2),
        "failed": result.failed,
    }
    report.write_text(json.dumps(content, indent=1) + "\n")
    return recording, report


def show_result(result: Result, console: Console, folder: Path) -> bool:
    """Print everything that is left of the call; returns whether it booked."""
    recording, report = write_report(result, folder)
    console.print()
    if result.booking is not None:
        console.print(booking_table(result.booking))
    console.print(latency_table(result))
    console.print(
        "heard: from the caller's last sound to the agent's first, at the phone (greeting: from "
        "dialling). The rest is the agent's own clock since the caller's last sound: the words "
        "so far, the turn judged over, all words known, the model's first token, the reply's first "
        "words, their first sound, and the first frame sent.",
        style="dim",
    )
    console.print(f"recording (caller left, agent right): {recording}", soft_wrap=True)
    console.print(f"report: {report}", soft_wrap=True)
    if result.failed:
        console.print(f"[red]the caller did not get to the end: {escape(result.failed)}[/red]")
    if result.booking is None:
        console.print("[red]There is no booking in the database.[/red]")
        return False
    console.print(f"[green]Booked: reference {result.booking['reference']}.[/green]")
    return True


def main() -> int:
    """Run the demo; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    parser.add_argument("--dir", type=Path, help="folder of the sandbox; default: the checkout's")
    parser.add_argument("--out", type=Path, default=_OUTPUT, help="folder for what is left")
    parser.add_argument(
        "--profile",
        choices=PROFILES,
        default="cloud" if all(os.environ.get(key) for key in _KEYS) else "offline",
        help="which vendors the agent talks to; default: the real ones if all keys are there",
    )
    options = parser.parse_args()
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 140  # in a pipe nobody sees line ends, but a cut-off figure is lost
    try:
        console.print(f"[dim]engines: {options.profile}[/dim]")
        with running(
            options.dir, lambda line: console.print(f"[dim]{line} ...[/dim]"), options.profile
        ) as at:
            result = asyncio.run(hold_call(at, console))
            booked = show_result(result, console, options.out)
    except SandboxFailed as error:
        console.print(f"[red]no sandbox: {error}[/red]")
        return 1
    return 0 if booked else 1


if __name__ == "__main__":
    sys.exit(main())
