"""Running a scenario as text: the persona types, the agent writes, nobody waits."""

from __future__ import annotations

import random
import uuid
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ari_app.simulate.minds import overheard
from ari_app.simulate.mishearing import misheard
from ari_app.simulate.notes import LogOf, Notes
from ari_app.simulate.own_system import with_own_system
from ari_app.simulate.persona import Act, HangUp, Persona, Press, Quiet, Say
from ari_app.simulate.record import AGENT, CALLER, HUNG_UP, CallRecord
from ari_app.simulate.scenario import MOST_TURNS
from ari_app.simulate.scenario_file import Case
from ari_app.simulate.typed_call import TypedCall
from ari_app.simulate.world import (
    keep_bookings,
    kept_in,
    kept_of,
    new_database,
    open_desks,
    rows_of,
)
from audiosocket_agent.company import Company
from audiosocket_agent.conversation import Facts, Reply
from audiosocket_agent.dialogue import Mind
from audiosocket_agent.errors import AgentError
from audiosocket_agent.registry import CallInfo

MOST_SILENCES = 12  # in a row the company's own limits are reached before


class _Listener:
    """Collects what the agent writes and where the talk goes."""

    def __init__(self, record: CallRecord) -> None:
        self.record = record
        self._pieces: list[str] = []

    def write(self, piece: str) -> None:
        self._pieces.append(piece)

    def on_reply(self, reply: Reply) -> None:
        for step in reply.passed:
            self.record.passed(step.value)

    def take(self) -> str:
        """Return what was written since the last time."""
        text = " ".join("".join(self._pieces).split())
        self._pieces.clear()
        if text:
            self.record.said.append((AGENT, text))
        return text


async def run_text(
    case: Case, mind: Mind, folder: Path, seed: int, word_errors: int = 0
) -> CallRecord:
    """Run a scenario once.

    Args:
        case: It.
        mind: What thinks.
        folder: Where its database goes; has a template.
        seed: Of everything that is left to luck.
        word_errors: Words in a hundred that the agent's ear gets wrong.
    """
    record = CallRecord()
    luck = random.Random(f"{case.name}/{seed}")
    persona = Persona(case.scenario.persona, luck)
    listener, notes = _Listener(record), Notes()
    info = new_call(case)
    database = new_database(folder, info.call_id.hex)
    world = case.scenario.world
    async with (
        open_desks(world, database) as desks,
        with_own_system(in_world(case), case.company, world.tools) as company,
    ):
        log = LogOf(info.call_id)
        await keep_bookings(desks, company, world.bookings, info.caller)
        facts = facts_of(company, info.caller)
        mind = overheard_in(record, mind)
        call = TypedCall(info, facts, mind, desks, notes, listener.write, listener.on_reply)
        try:
            with log:
                await call.begin()
                await _talk(call, persona, listener, luck, word_errors)
        except AgentError as error:
            record.error = f"the agent broke down: {error}"
        finally:
            await call.close()
        record.slots = {slot.value: value for slot, value in call.state.slots.items()}
        if call.outcome is not None:
            record.outcome = call.outcome.value
        record.wanted, record.log = notes.wanted_why, log.lines
        record.bookings, record.callbacks = await rows_of(desks.store, info.record_id)
        record.kept = await kept_of(desks.store, world.bookings)
    database.unlink(missing_ok=True)
    return record


async def _talk(
    call: TypedCall, persona: Persona, listener: _Listener, luck: random.Random, word_errors: int
) -> None:
    """Let the persona answer until the call is over, or goes in circles."""
    record, silences = listener.record, 0
    while call.outcome is None and record.turns < MOST_TURNS and silences < MOST_SILENCES:
        act = persona.hear(listener.take())
        silences = silences + 1 if isinstance(act, Quiet) else 0
        if isinstance(act, HangUp):
            record.outcome = HUNG_UP
            break
        await _do(call, act, record, luck, word_errors)
    listener.take()
    if call.outcome is None and not record.outcome:
        record.error = f"the talk goes in circles: {record.turns} turns and no end"


async def _do(
    call: TypedCall, act: Act, record: CallRecord, luck: random.Random, word_errors: int
) -> None:
    match act:
        case Say(text):
            record.said.append((CALLER, text))
            await call.say(misheard(text, word_errors, luck))
        case Press(keys):
            record.said.append((CALLER, f"[keys {keys}]"))
            await call.press(keys)
        case Quiet():
            await call.keep_silent()
        case HangUp():
            pass


def new_call(case: Case) -> CallInfo:
    """Return what the gate would have registered."""
    call_id = uuid.uuid4()
    did = case.company.dids[0] if case.company.dids else ""
    return CallInfo(call_id, did, case.scenario.caller, "Simulated/1", "0.1", call_id)


def overheard_in(record: CallRecord, mind: Mind) -> Mind:
    """Return the same mind, whose tool calls are put on a call's record."""
    if mind.model is None:
        return mind
    calls: list[tuple[str, str]] = []
    record.tools = calls
    return overheard(mind, lambda call: calls.append((call.name, call.arguments)))


def facts_of(company: Company, caller: str) -> Facts:
    """Return what is known as the call begins."""
    return Facts(company, caller, datetime.now(ZoneInfo(company.timezone)).date())


def in_world(case: Case) -> Company:
    """Return the company as it is on the day of the call; one that is closed has a holiday."""
    company = kept_in(case.company)
    if not case.scenario.world.closed:
        return company
    today = datetime.now(ZoneInfo(company.timezone)).date()
    return company.model_copy(update={"holidays": frozenset((*company.holidays, today))})
