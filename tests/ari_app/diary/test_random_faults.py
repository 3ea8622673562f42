"""Bookings while everything fails: none lost, none twice, nobody in two places.

A few callers want the same few times of their company, through the whole diary, against a booking
system and a webhook on real sockets that time out, fail, refuse, or take a booking in and drop the
line. Callers cut the agent off in the middle, ask again, change their mind; the process stops in
the middle of everything, and another goes on. Some are sent a text, which is lost no more than a
booking. Real deaths are in `test_crashes`. ``make faults`` holds a thousand calls, the suite fewer.
"""

import asyncio
import os
import random
import uuid
from collections import defaultdict

from sqlalchemy.exc import DBAPIError

from audiosocket_agent.company_messages import MessageEvent
from audiosocket_agent.conversation_state import Booked, BookingFailed
from audiosocket_agent.tools.messages import Outgoing, Posted
from tests.ari_app.diary.shop import MONDAY, Clock, Receiver, company, request, shop

ROUNDS = int(os.environ.get("BOOKING_ROUNDS", "6"))
COMPANIES, CALLERS = 13, 4  # of a round: 52 calls
STARTS = ("08:00", "09:00", "10:00")
ANSWERS = (200, 200, 200, 200, 500, 409, "drop", "refuse", "hang")
LATER_ANSWERS = (200, 200, 200, 200, 500, 409, "drop")  # nobody waits: a time-out only takes time


class Faulty(Receiver):
    """A booking system and a webhook that fail at random; what they took in they do not refuse."""

    def __init__(self, draw):
        super().__init__()
        self.draw, self.talking = draw, True

    def answer(self, path, key, body):
        kind = self.draw.choice(ANSWERS if self.talking else LATER_ANSWERS)
        sure = path != "/api" or key in self.effects[path] or b"booking.cancelled" in body
        if kind == 409 and sure:
            return 500
        return kind


def rules(url, draw):
    return {
        "lead_min": 0,
        "capacity": draw.choice((1, 1, 2)),
        "gap_min": 30,
        "same_area_gap_min": draw.choice((None, 0)),
        "step_min": 60,
        "booking_api": {"url": f"{url}/api", "required": draw.random() < 0.7, "timeout_s": 0.1},
        "webhooks": [{"url": f"{url}/hook", "secret": "HOOK_SECRET"}],
    }


def wish(draw, number):
    return request(
        day=MONDAY,
        start=draw.choice(STARTS),
        area=draw.choice(("truro", "redruth")),
        phone=f"0163296{number:04}",
        minutes=draw.choice((60, 90)),
        details={"note": str(draw.random())} if draw.random() < 0.3 else {},
    )


async def a_call(it, firm, draw, number, promised, texted):
    """One caller: holds, books, perhaps interrupts, asks again, changes their mind, cancels."""
    record, wanted = uuid.UUID(int=number + 1), wish(draw, number)
    for _ in range(draw.randint(1, 3)):
        if draw.random() < 0.7:
            await it.diary.hold(record, firm, wanted)
        promised[record].append((None, wanted))
        booking = asyncio.create_task(it.diary.book(record, firm, wanted))
        if draw.random() < 0.3:  # barge-in, or a hang-up, in the middle of it
            await asyncio.sleep(draw.choice((0, 0.002, 0.01)))
            booking.cancel()
        made = (await asyncio.gather(booking, return_exceptions=True))[0]
        promised[record][-1] = (made, wanted)
        if not isinstance(made, Booked):
            assert isinstance(made, BookingFailed | asyncio.CancelledError), made
        if draw.random() < 0.5:
            break
        if draw.random() < 0.6:  # "no, rather ..."; else the same again
            wanted = wish(draw, number)
    if draw.random() < 0.3:
        text = Outgoing(f"text-{number}", MessageEvent.SMS, {"call_id": str(record)})
        texted[text.event_id] = await it.diary.post(record, firm, text)
    told = [made.reference for made, _ in promised[record] if isinstance(made, Booked)]
    if told and draw.random() < 0.15:
        await it.diary.cancel(record, firm, told[-1], wanted.phone)
    await it.diary.release(record)


async def one_turn(it):
    """Send what is due; while the database is busy, try again, as the outbox's own loop does."""
    while True:
        try:
            return await it.worker.turn()
        except DBAPIError:
            await asyncio.sleep(0.05)


async def one_round(seed, path, url, receiver):
    draw, clock, promised, texted = random.Random(seed), Clock(), defaultdict(list), {}
    receiver.draw, receiver.talking = draw, True
    sms = {"url": f"{url}/sms", "secret": "HOOK_SECRET", "templates": {"hi": {"text": "Hello."}}}
    firms = {
        f"c{n}": company(rules(url, draw), key=f"c{n}", messages={"sms": sms})
        for n in range(COMPANIES)
    }
    first = seed * COMPANIES * CALLERS
    for life in range(2):
        async with shop(path, clock=clock, firm=firms["c0"], chance=draw.random) as it:
            it.companies = firms
            talking = [
                asyncio.create_task(
                    a_call(it, firm, draw, first + n * CALLERS + k, promised, texted)
                )
                for n, firm in enumerate(firms.values())
                for k in range(life, CALLERS, 2)  # half of them, the others after the crash
            ]
            working = asyncio.create_task(one_turn(it))
            if life == 0 and draw.random() < 0.6:  # the process dies: nothing of it goes on
                await asyncio.sleep(draw.random() * 0.5)
                for task in (*talking, working, *it.diary._under_way):
                    task.cancel()
            done = await asyncio.gather(*talking, working, return_exceptions=True)
            died = [problem for problem in done if isinstance(problem, Exception)]
            assert not died, (seed, died)
    async with shop(path, clock=clock, firm=firms["c0"], chance=draw.random) as it:
        it.companies, receiver.talking = firms, False
        for _ in range(40):
            clock.pass_(minutes=62)
            await it.deliver()
            if all(row["state"] != "waiting" for row in await it.outbox()):
                break
        rows, told = await it.bookings(), await it.outbox()
    assert kept(promised, rows), seed
    assert Posted.REFUSED not in texted.values() and set(texted) <= set(receiver.effects["/sms"])
    for firm in firms.values():
        mine = [row for row in rows if row["company"] == firm.key]
        check(seed, firm, mine, [one for one in told if one["company"] == firm.key], receiver)
        for row in mine:
            wishes = promised[uuid.UUID(row["call_id"])]
            assert row["status"] != "booked" or is_as_told(row, firm, wishes), (seed, row)
    return len(rows)


def kept(promised, rows):
    """Whether every reference that was ever told to a caller is that of the call's booking."""
    by_call = {row["call_id"]: row["reference"] for row in rows}
    return all(
        made.reference == by_call[str(record)]
        for record, promises in promised.items()
        for made, _ in promises
        if isinstance(made, Booked)
    )


def is_as_told(row, firm, promises):
    """Whether a booking is what its caller was last sure of, or has asked for since."""
    sure = [
        n for n, (made, _) in enumerate(promises) if isinstance(made, Booked) and made.confirmed
    ]
    # A system that is not asked first may refuse later, and an earlier wish stands again.
    since = sure[-1] if sure and firm.calendar.booking_api.required else 0
    return any(
        (row["start"], row["area"], row["minutes"], row["details"])
        == (f"{wanted.start:%H:%M}", wanted.area, wanted.minutes, wanted.details)
        for _, wanted in promises[since:]
    )


def check(seed, firm, rows, told, receiver):
    assert len(rows) == len({row["call_id"] for row in rows}), seed
    lanes = defaultdict(list)
    for row in rows:
        assert row["status"] != "pending", seed  # everybody has answered in the end
        if row["status"] == "booked":
            lanes[row["lane"]].append((row["begins_at"], row["ends_at"], row["area"]))
    assert set(lanes) <= set(range(firm.calendar.capacity)), seed
    for visits in lanes.values():
        visits.sort()
        for (_, end, here), (begin, _, there) in zip(visits, visits[1:], strict=False):
            gap = firm.calendar.gap_between(here, there)
            assert minutes(begin) - minutes(end) >= gap, (seed, visits)
    effects_are_one_each(seed, rows, told, receiver)


def effects_are_one_each(seed, rows, told, receiver):
    """What the receivers know is what is kept: one effect for each event, the last one true."""
    for row in rows:
        hook = [
            body["data"]["booking"]
            for body in receiver.effects["/hook"].values()
            if body["data"]["booking"]["call_id"] == row["call_id"]
        ]
        assert [one["sequence"] for one in hook] == sorted({one["sequence"] for one in hook}), seed
        assert (hook[-1]["sequence"], hook[-1]["status"], hook[-1]["begins_at"]) == (
            row["sequence"], row["status"], row["begins_at"]), seed  # fmt: skip
        api = [
            body for body in receiver.effects["/api"].values()
            if body["booking"]["call_id"] == row["call_id"]
        ]  # fmt: skip
        accepted = {
            one["key"]
            for one in told
            if one["target"] == "api"
            and one["state"] == "delivered"
            and one["reference"] == row["reference"]
        }
        if row["status"] == "booked":  # their system has it, and at the same time
            assert api and accepted <= set(receiver.effects["/api"]), seed
            assert api[-1]["booking"]["begins_at"] == row["begins_at"], seed
        else:
            assert not api or api[-1]["event"] == "booking.cancelled", seed
    assert all(one["state"] in ("delivered", "refused") for one in told), seed


def minutes(stamp):
    return int(stamp[11:13]) * 60 + int(stamp[14:16])


def test_calls_with_faults_book_nothing_wrong_and_nothing_twice(tmp_path):
    async def main():
        receiver, made = Faulty(random.Random(0)), 0
        async with receiver.open() as url:
            for seed in range(ROUNDS):
                made += await one_round(seed, _fresh(tmp_path, seed), url, receiver)
        assert made > ROUNDS * COMPANIES  # it was no idle walk
        repeated = [key for key, times in receiver.times.items() if times > 1]
        assert len(repeated) > 2 * ROUNDS  # and events did come again

    asyncio.run(main())


def _fresh(path, seed):
    folder = path / str(seed)
    folder.mkdir()
    return folder
