"""``voiceagent call``: places a call, shows how it goes, and exits by how it ended."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import aclosing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import yaml

from audiosocket_agent.caller_script import GREETING_ONLY, ScriptError, Step, read_script

if TYPE_CHECKING:
    from ari_app.originate_order import Order
    from audiosocket_agent.caller_leg import CallerLeg

NOT_PLACED, USAGE, TOO_MANY, SCRIPT_UNMET, INTERRUPTED = 1, 2, 8, 9, 130
EXIT_CODES = {
    "completed": 0, "busy": 3, "unanswered": 4, "refused": 5, "machine": 6, "failed": 7,
}  # fmt: skip
FIRST_ANSWER_S = 15.0  # a message for a machine is spoken first
LONGEST_SILENCE_S = 7300.0  # a caller in a queue: nothing happens, and the call goes on
DEFAULT_RUN_DIR = "/run/voiceagent"
MOST_SCRIPT_BYTES = 100_000


@click.command()
@click.option("--to", help="Call this device: PJSIP/100. The agent speaks to who answers.")
@click.option("--did", help="Call this number of ours, as a scripted caller: 441632960001.")
@click.option(
    "--script",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What the scripted caller does, YAML; default: hears the greeting and hangs up.",
)
@click.option("--company", default="", help="Key of the company that speaks, with --to.")
@click.option("--from-did", default="", help="Its number, instead of its key.")
@click.option("--caller-id", default="", metavar="NUMBER", help="The number that is shown.")
@click.option("--wait/--no-wait", default=True, help="With --to: stay until the call has ended.")
@click.option(
    "--timeout",
    type=click.IntRange(1, 300),
    default=30,
    show_default=True,
    help="How long it may ring, in seconds.",
)
@click.option(
    "--machine",
    type=click.Choice(["hangup", "message"]),
    help="Listen for an answering machine, and hang up or leave --message.",
)
@click.option("--message", default="", help="What is said to an answering machine.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object a line, an event each."
)
@click.option(
    "--sandbox",
    is_flag=False,
    flag_value="",
    default=None,
    metavar="[DIR]",
    help="Use the sandbox, in DIR or its default folder.",
)
def call(script: Path | None, as_json: bool, sandbox: str | None, **asked: Any) -> None:
    """Place a call and show how it goes.

    Exit codes: 0 ended as planned, 1 not placed, 2 wrong options, 3 busy, 4 no answer,
    5 refused or unavailable, 6 answering machine, 7 the agent failed or the caller was lost,
    8 too many calls of our own, 9 the script could not be followed, 130 interrupted (hung up).
    """
    import uvloop
    from pydantic import ValidationError

    from ari_app.originate_order import complaint

    if script is not None and not asked["did"]:
        raise click.UsageError("--script is for calls to a number of ours: --did NUMBER")
    steps = _steps(script)
    try:
        order = _order(asked)
    except ValidationError as error:
        raise click.UsageError(_of_option(complaint(error))) from None
    path = _control_socket(sandbox)
    # The loop of the roles: asyncio's own complains now and then of a child that has just ended.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(_place(path, order, steps, _printer(as_json))))


def _of_option(complaint: str) -> str:
    """Name the option in place of the order's field."""
    field, colon, what = complaint.partition(": ")
    return f"--{field.replace('_', '-')}: {what}" if colon and " " not in field else complaint


def _steps(script: Path | None) -> tuple[Step, ...]:
    if script is None:
        return GREETING_ONLY
    try:
        if script.stat().st_size > MOST_SCRIPT_BYTES:
            raise ScriptError(f"it is larger than {MOST_SCRIPT_BYTES} bytes")
        return read_script(yaml.safe_load(script.read_text("utf-8")))
    except (ScriptError, yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        what = " ".join(str(error).split())
        raise click.UsageError(f"{script} is no script: {what}") from None


def _order(asked: dict[str, Any]) -> Order:
    """Check the options as the controller will; the caller's address is only known later."""
    from ari_app.originate_order import Order

    fields = {name: value for name, value in asked.items() if value not in (None, "")}
    fields["ring_s"] = fields.pop("timeout")
    if "did" in fields:
        fields |= {"caller_uuid": str(_NOBODY), "caller_media": "127.0.0.1:1"}
    return Order.model_validate(fields)


_NOBODY = "00000000-0000-0000-0000-000000000000"


def _control_socket(sandbox: str | None) -> Path:
    """Return the controller's socket: of a sandbox, of the settings, or of the one that is up."""
    from installer.sandbox.agent import Agent
    from installer.sandbox.sandbox import default_directory

    if sandbox is None and (given := os.environ.get("VOICEAGENT_RUN_DIR")):
        return Path(given) / "control.sock"
    installed = Path(DEFAULT_RUN_DIR) / "control.sock"
    directory = Path(sandbox).expanduser().resolve() if sandbox else default_directory()
    in_sandbox = Agent(directory, directory / "logs").run_dir / "control.sock"
    if sandbox is not None:
        return in_sandbox
    if not os.path.exists(installed) and os.path.exists(in_sandbox):
        click.echo(f"voiceagent: no agent is installed; using the sandbox in {directory}", err=True)
        return in_sandbox
    return installed


Show = Callable[[dict[str, Any]], None]


async def _place(path: Path, order: Order, steps: tuple[Step, ...], show: Show) -> int:
    """Place the call; returns the exit code."""
    from audiosocket_agent.errors import ProviderError

    loop = asyncio.get_running_loop()
    placing = asyncio.create_task(_run(path, order, steps, show))
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, placing.cancel)
    try:
        return await placing
    except asyncio.CancelledError:
        show({"event": "interrupted"})
        return INTERRUPTED
    except (ProviderError, OSError) as error:
        click.echo(f"voiceagent: the caller cannot speak: {error}", err=True)
        return NOT_PLACED


async def _run(path: Path, order: Order, steps: tuple[Step, ...], show: Show) -> int:
    if order.to:
        return await _follow(path, order, None, show, {})
    from audiosocket_agent.caller_leg import CallerLeg, speak_all
    from audiosocket_agent.tts.offline import OfflineVoice

    voice = OfflineVoice()
    spoken = await speak_all(steps, voice)
    await voice.close()
    placed: dict[str, str] = {}
    leg = CallerLeg(steps, spoken, lambda keys: _press(path, placed.get("name", ""), keys))
    media = await leg.start()
    update = {"caller_uuid": str(leg.call_id), "caller_media": media}
    try:
        return await _follow(path, order.model_copy(update=update), leg, show, placed)
    finally:
        await leg.close()


async def _press(path: Path, placed: str, keys: str) -> None:
    from ari_app import control_client

    await control_client.ask(path, {"op": "press", "placed": placed, "keys": keys}, 10.0)


async def _follow(
    path: Path, order: Order, leg: CallerLeg | None, show: Show, placed: dict[str, str]
) -> int:
    """Show the call's progress to its end; returns the exit code."""
    from ari_app import control_client

    try:
        events = control_client.stream(path, order.model_dump(), LONGEST_SILENCE_S, FIRST_ANSWER_S)
        async with aclosing(events):
            async for event in events:
                if event["event"] == "placed":
                    placed["name"] = event["placed"]
                if leg is not None:
                    _tell(leg, event)
                if event["event"] == "ended":
                    return _finish(event, leg, show)
                show(event)
    except control_client.ControlRefused as refused:
        return _refused(refused.word, str(refused))
    except control_client.ControlDenied as denied:
        what = f"{denied}; use sudo"
    except control_client.ControlGone as gone:
        what = f"{gone}; start the agent with voiceagent run, or voiceagent sandbox up"
        if placed:
            what = "the controller went away, and its log says why; the call may go on"
    except control_client.ControlLate as late:
        what = f"the controller does not answer: {late}"
    else:
        return 0  # not waited for
    click.echo(f"voiceagent: {what}", err=True)
    return EXIT_CODES["failed"] if placed else NOT_PLACED


def _tell(leg: CallerLeg, event: dict[str, Any]) -> None:
    if event["event"] == "turn" and event["speaker"] == "agent":
        leg.caller.told(event["index"], event["text"])


def _finish(event: dict[str, Any], leg: CallerLeg | None, show: Show) -> int:
    code = EXIT_CODES[event["result"]]
    if leg is not None and event["result"] == "completed":
        leg.caller.ended()
        if leg.caller.unmet is not None:
            unmet = leg.caller.unmet
            why = f"step {unmet.step} of the script: {unmet.why}; {event['why']}"
            event |= {"result": "script", "why": why}
            code = SCRIPT_UNMET
    show({**event, "exit_code": code})
    return code


def _refused(word: str, message: str) -> int:
    if word == "unknown_op":
        message = "the controller has no link to Asterisk's AMI: set VOICEAGENT_AMI_SECRET"
    click.echo(f"voiceagent: {message}", err=True)
    return {"too_many": TOO_MANY, "bad_request": USAGE}.get(word, NOT_PLACED)


def _printer(as_json: bool) -> Show:
    started_s = time.monotonic()

    def show(event: dict[str, Any]) -> None:
        at_s = round(time.monotonic() - started_s, 3)
        line = json.dumps({"at_s": at_s, **event}) if as_json else _line(at_s, event)
        if line:
            with suppress(BrokenPipeError):
                click.echo(line)

    return show


def _line(at_s: float, event: dict[str, Any]) -> str:
    """Return an event as a line for people; "" for what they need not see."""
    match event:
        case {"event": "turn", "done": done, "speaker": speaker, "heard": heard}:
            if not done:
                return ""
            cut = " [interrupted]" if event["interrupted"] else ""
            took = f"  ({event['latency_ms']} ms)" if event["latency_ms"] is not None else ""
            what = f"{speaker:>6}: {heard}{cut}{took}"
        case {"event": "call", "call_id": call_id}:
            what = f"on record: voiceagent calls show {call_id[:8]}"
        case {"event": "handed_over", "to": to}:
            what = f"handed over: {to}"
        case {"event": "person", "by": by}:
            what = f"a person answered: {by}"
        case {"event": "machine"}:
            what = "an answering machine"
        case {"event": "blind", "message": message}:
            what = message
        case {"event": "sighted"}:
            what = "Asterisk's manager interface is back"
        case {"event": "ended"}:
            what = _ending(event)
        case _:
            what = event["event"]
    return f"{at_s:7.2f}s {what}"


def _ending(event: dict[str, Any]) -> str:
    replies = ", ".join(str(ms) for ms in event["latencies_ms"])
    took = f"; replies after {replies} ms" if replies else ""
    return f"ended: {event['result']} ({event['why']}){took}"
