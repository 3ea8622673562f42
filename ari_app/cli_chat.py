"""``voiceagent chat``: a company's workflow in the terminal, typed."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
import tempfile
import uuid
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from audiosocket_agent.company import Company

WRONG, INTERRUPTED = 1, 130
MODELS = ("settings", "simulated", "rules", "hostile")
PROMPT = "  you: "
WIDTH = 80


@dataclass(frozen=True, slots=True)
class Asked:
    """The options.

    Attributes:
        company: Who is called.
        caller: From which number.
        model: What thinks.
        real: Whether bookings go into the agent's database.
        as_json: Whether a program reads it.
    """

    company: Company
    caller: str
    model: str
    real: bool
    as_json: bool


@click.command()
@click.option("--company", default="", metavar="KEY", help="Key of the company that is called.")
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="COMPANY.yaml",
    help="A company file instead, that need not be imported.",
)
@click.option("--did", default="", metavar="NUMBER", help="The number that is called instead.")
@click.option("--caller", default="01632960123", show_default=True, help='"": withheld.')
@click.option(
    "--model",
    type=click.Choice(MODELS),
    default="settings",
    show_default=True,
    help="What thinks: as VOICEAGENT_LLM says, the simulated model, the rules alone, or a model "
    "that lies and obeys the caller.",
)
@click.option("--real", is_flag=True, help="Book in the agent's own database.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def chat(
    company: str,
    file: Path | None,
    did: str,
    caller: str,
    model: str,
    real: bool,
    as_json: bool,
) -> None:
    """Talk to the agent by typing, to try a company's settings before a call.

    Everything is as in a call but the sound: steps, prices, tools, bookings. Bookings go into a
    throw-away database. Commands: /keys 2#, /silence, /person, /why, /hangup, /help.

    Exit codes: 0 the call ended, 1 no such company or a wrong setting, 2 wrong options,
    7 the agent broke down, 130 interrupted.
    """
    from ari_app.cli_companies import region, used
    from ari_app.cli_records import database_path
    from ari_app.settings import SettingsError
    from ari_app.simulate.companies import NoCompany, find_company
    from audiosocket_agent.errors import ProviderError

    if sum(map(bool, (company, file, did))) > 1:
        raise click.UsageError("only one of --company, --file and --did")
    if not set(caller.removeprefix("+")) <= set("0123456789"):
        raise click.UsageError("--caller is a number of digits, or nothing")
    try:
        found = find_company(company, file, did, database_path(), used(), region())
        sys.exit(asyncio.run(_chat(Asked(found, caller, model, real, as_json))))
    except (NoCompany, ProviderError) as error:
        click.echo(f"voiceagent: {error}", err=True)
    except SettingsError as error:
        for line in error.lines:
            click.echo(f"voiceagent: {line}", err=True)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(WRONG)


async def _chat(asked: Asked) -> int:
    from ari_app.cli_records import database_path
    from ari_app.simulate.chat import Behind, ShownLog
    from ari_app.simulate.chat import chat as hold
    from ari_app.simulate.chat_screen import Lines, Paper
    from ari_app.simulate.minds import open_mind
    from ari_app.simulate.notes import Notes
    from ari_app.simulate.scenario import QueueSpec, World
    from ari_app.simulate.typed_call import TypedCall
    from ari_app.simulate.world import kept_in, open_desks
    from audiosocket_agent.conversation import Facts
    from audiosocket_agent.registry import CallInfo

    company = asked.company if asked.real else kept_in(asked.company)
    typed = sys.stdin.isatty()
    width = min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns)
    screen = Lines(sys.stdout) if asked.as_json else Paper(sys.stdout, width, echoes=typed)
    behind = Behind(screen)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="voiceagent-")))
        mind = behind.mind(await stack.enter_async_context(open_mind(asked.model)))
        database = database_path() if asked.real else folder / "chat.db"
        desks = await stack.enter_async_context(open_desks(World(queue=QueueSpec()), database))
        call_id = uuid.uuid4()
        did = company.dids[0] if company.dids else ""
        info = CallInfo(call_id, did, asked.caller, "Typed/1", "0.1", call_id)
        facts = Facts(company, asked.caller, datetime.now(ZoneInfo(company.timezone)).date())
        call = TypedCall(info, facts, mind, desks, Notes(), screen.agent, behind.asked, behind.work)
        names = {
            "settings": "the model of the settings",
            "simulated": "the simulated model",
            "hostile": "a model that lies",
        }
        model = "the rules alone" if mind.model is None else names[asked.model]
        where = f"bookings go into {database}" if asked.real else "bookings are thrown away"
        text = f"{company.name}, {model}; {where}. /help tells the commands."
        screen.note("began", text, company=company.key, model=asked.model, real=asked.real)
        log = ShownLog(screen)
        logging.getLogger().addHandler(log)
        stack.callback(logging.getLogger().removeHandler, log)
        try:
            return await hold(call, lambda: _read(typed and not asked.as_json), screen, behind)
        finally:
            await call.close()


async def _read(prompted: bool) -> str:
    """Read a line without holding up what is under way."""
    if not prompted:
        return await asyncio.to_thread(sys.stdin.readline)
    try:
        return await asyncio.to_thread(input, click.style(PROMPT, bold=True)) + "\n"
    except EOFError:
        click.echo()
        return ""
