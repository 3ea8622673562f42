"""Two callers who want the last time there is: whole calls over one diary, in virtual time.

From the callers' frames to ours all is real, and so is the diary with its SQLite file; made here
are the ears, the voices and how long the database takes, so that the two meet in every order.
"""

import asyncio
import json
import random
import re
import uuid
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path, PurePosixPath

import pytest

from ari_app.store import Store
from audiosocket_agent.call import Call, CallConfig, Engines
from audiosocket_agent.company import load_companies
from audiosocket_agent.control import NoControl
from audiosocket_agent.conversation import Facts
from audiosocket_agent.desk import BookingDesk
from audiosocket_agent.dialogue import Mind
from audiosocket_agent.journal import EndReason, Speaker
from audiosocket_agent.minutes import Minutes
from audiosocket_agent.pacer import Pacer
from audiosocket_agent.person_desk import PersonDesk
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.seams import ModelTraits, ToolCall
from audiosocket_agent.simulators.chat_brain import answer
from audiosocket_agent.sounds import Sounds
from audiosocket_agent.turns import TurnConfig
from audiosocket_agent.vad import VadConfig
from tests import virtual_time
from tests.ari_app.diary.shop import MONDAY, NOW, Shop, company
from tests.ari_app.fresh import open_fresh
from tests.audiosocket_agent.test_history import NOVA, QUIET, Ear, Handset, Voice, judge, stock
from tests.fake_asterisk import SHIPPED, Notes

ONE_A_PART = {
    "lead_min": 0,
    "step_min": 60,
    "parts": {"morning": "08:00-09:00", "afternoon": "13:00-14:00"},
}
GONE, FULL = "that time has just gone", "Monday morning is full"
MOST_S = 180  # of a call
LATE_S = (0.005, 0.105, 1.005, 4.005)  # the second caller: never in the same moment as the first


class SlowStore(Store):
    """A database that works when it is told to, one thing after another, and while time stands.

    Attributes:
        luck: How long the next transaction waits for its turn is left to it.
    """

    luck = None
    working = False

    @asynccontextmanager
    async def transaction(self):
        await asyncio.sleep(self.luck.choice((0.0, 0.0, 0.02, 0.4)))
        async with self.turn:
            with time_stands():
                async with super().transaction() as db:
                    yield db


@contextmanager
def time_stands():
    """Let time stand while the database works."""
    SlowStore.working = True
    try:
        yield
    finally:
        SlowStore.working = False


class Brain:
    """A language model that calls tools, in this process."""

    traits = ModelTraits(context_tokens=8000)

    async def stream(self, request):
        await asyncio.sleep(0.04)
        messages = [{"role": m.role.value, "content": m.content} for m in request.messages]
        tools = [{"function": {"name": t.name, "parameters": t.parameters}} for t in request.tools]
        found = answer(messages, tools)
        if found.text:
            yield found.text
        for name, arguments in found.tool_calls:
            yield ToolCall(f"call-{name}", name, json.dumps(arguments))


class Caller(Handset):
    """Somebody who wants a tap repaired on Monday morning, or else in the afternoon.

    Args:
        number: Which caller.
        it: The shop.
        seed: Of what is left to luck.
        mind: What thinks for the agent.
        meanwhile: What the caller does while the booking is made: waits, speaks, hangs up.

    Attributes:
        told: What the agent said before each answer of the caller's.
    """

    writing = 0

    def __init__(self, number, it, seed, mind, meanwhile):
        super().__init__(Ear(NOVA), None, self)
        self.number, self.meanwhile, self.taken = number, meanwhile, -1
        self.notes, self.ear, self.told = Notes(), self._ear, []
        self.part = "morning"
        voice, record = Voice(random.Random(seed)), uuid.UUID(int=number)
        info = CallInfo(record, "441632960001", f"0163296{number:04}", "PJSIP/a-1", "1.1", record)
        self.desk = BookingDesk(it.diary)
        self.call = Call(
            info,
            Facts(it.firm, info.caller, MONDAY),
            Engines(self.ear, mind, voice, stock, judge()),
            CallConfig(VadConfig(), TurnConfig(), 20_000),
            Pacer(asyncio.get_running_loop()),
            self,
            Minutes(record, self.notes),
            self.desk,
            PersonDesk(
                NoControl(), self.notes, Sounds(Path("/nowhere"), PurePosixPath("/"), voice)
            ),
        )

    async def rings(self, after_s):
        """Call, and talk until it is over; returns how it ended."""
        await asyncio.sleep(after_s)
        holding = asyncio.ensure_future(self.call.run())
        speaking = [asyncio.ensure_future(part) for part in (self.speak(), self._talk())]
        try:
            async with asyncio.timeout(MOST_S):
                return await holding
        finally:
            for task in speaking:
                task.cancel()
            await asyncio.gather(*speaking, return_exceptions=True)
            self.told.append(self._new())
            await self.ear.close()
            self.desk.release(self.call.info.record_id)
            await self.desk.close()

    async def _talk(self):
        while True:
            await self._next()
            said = self._new()
            if "booking that for you" in said and self.meanwhile != "waits":
                how, self.meanwhile = self.meanwhile, "waits"
                if how == "hangs up":
                    self.call.end(EndReason.CALLER_HUNG_UP, None)
                    return
                await self.say("no hang on what about Tuesday")
            elif said and self._is_my_turn():
                self.taken = max(index for _, index in self.notes.turns)
                self.told.append(said)
                await self.say(self._answer(said))

    def _is_my_turn(self):
        newest = self.notes.turns[max(self.notes.turns)]
        spoken = newest.done and newest.speaker is Speaker.AGENT
        return spoken and not any(frame.any() for _, frame in self.heard[-QUIET:])

    def _new(self):
        """What the agent has said since it was last answered."""
        turns = [turn for (_, n), turn in sorted(self.notes.turns.items()) if n > self.taken]
        return " ".join(turn.text for turn in turns if turn.speaker is Speaker.AGENT)

    def _answer(self, said):
        if re.search(r"I could do|only have|full|gone", said):
            self.part = "afternoon"
            return "Monday in the afternoon"
        for question, words in (
            ("How can I help", "a leaking tap in Truro"),
            ("Which day", "Monday"),
            ("Morning or afternoon", f"in the {self.part}"),
            ("Would you like|Can we reach|Is that right", "yes please"),
        ):
            if re.search(question, said):
                return words
        return "yes"


def both(path, seed, model, meanwhile):
    """Let both call; returns the callers, how their calls ended, and what is on record."""
    draw = random.Random(seed)
    firm = load_companies(SHIPPED)["441632960001"]
    firm = firm.model_copy(update={"calendar": company(ONE_A_PART).calendar})

    async def main():
        loop = asyncio.get_running_loop()
        with time_stands():
            store = await open_fresh(path / "voiceagent.db")
        store.__class__, store.luck, store.turn = SlowStore, draw, asyncio.Lock()
        it = Shop(store, lambda: NOW + timedelta(seconds=loop.time()), firm)
        mind = Mind(Brain() if model else None)
        callers = [Caller(n, it, seed + n, mind, meanwhile) for n in (1, 2)]
        late_s = draw.choice(LATE_S)
        ends = await asyncio.gather(
            *(c.rings(s) for c, s in zip(callers, (0, late_s), strict=True))
        )
        rows, held = await it.bookings(), await it.holds()
        await it.diary.close()
        with time_stands():
            await store.close()
        return callers, ends, rows, held

    return virtual_time.run(main(), stands=lambda: SlowStore.working)


def agent_said(caller):
    return " ".join(caller.told)


# Each seed is another meeting of the two; those were taken in which the later one finds it gone.
@pytest.mark.parametrize(
    ("model", "meanwhile", "seed"),
    [(False, "waits", 2), (False, "speaks", 8), (True, "waits", 1), (True, "speaks", 2)],
)
def test_one_of_two_callers_gets_the_last_time_and_the_other_books_another(
    tmp_path, model, meanwhile, seed
):
    callers, ends, rows, held = both(tmp_path, seed, model, meanwhile)
    assert [end.reason for end in ends] == [EndReason.COMPLETED] * 2
    booked = {row["call_id"]: row for row in rows}
    assert sorted(row["part"] for row in rows) == ["afternoon", "morning"] and held == []
    assert len({(row["begins_at"], row["lane"]) for row in rows}) == 2
    for caller in callers:
        row, said = booked[str(caller.call.info.record_id)], agent_said(caller)
        # Each was told the reference of what is on record for this call, once, and last.
        assert said.count("That's booked.") == 1 and caller.meanwhile == "waits"
        assert ", ".join(row["reference"]) in said.partition("That's booked.")[2]
        if row["part"] == "morning":
            assert GONE not in said
        else:
            assert said.count(GONE) == 1 and "I could do Monday afternoon or" in said
            assert said.index(GONE) < said.index("in the afternoon, for 75 pounds. Is that right?")


def test_who_calls_while_the_last_time_is_held_is_told_that_it_is_full(tmp_path):
    callers, _, rows, held = both(tmp_path, 7, False, "waits")
    first, second = map(agent_said, callers)
    assert FULL in second and FULL not in first and GONE not in first + second
    assert sorted(row["part"] for row in rows) == ["afternoon", "morning"] and held == []


@pytest.mark.parametrize(("model", "seed"), [(False, 2), (True, 4)], ids=["rules", "model"])
def test_who_hangs_up_while_it_is_booked_has_it_once_or_not_at_all(tmp_path, model, seed):
    callers, ends, rows, held = both(tmp_path, seed, model, "hangs up")
    assert [end.reason for end in ends] == [EndReason.CALLER_HUNG_UP] * 2
    assert [row["part"] for row in rows] == ["morning"] and held == []
