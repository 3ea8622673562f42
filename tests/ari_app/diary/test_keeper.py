"""Holding, booking, changing and cancelling, as the talk does it."""

import asyncio
import sqlite3
import uuid
from datetime import date

import pytest

from ari_app.store import bookings
from audiosocket_agent.conversation import Facts, Started
from audiosocket_agent.conversation_state import Booked, BookingFailed, Trouble
from audiosocket_agent.desk import BookingDesk
from audiosocket_agent.diary import Status
from tests.ari_app.diary.shop import MONDAY, Clock, Receiver, calls, company, request, shop, teams
from tests.audiosocket_agent.test_earlier import RulesOnly

TAKEN = BookingFailed(Trouble.TAKEN)
ONE = {"lead_min": 0, "step_min": 60, "parts": {"morning": "08:00-10:00", "evening": "18:00-19:00"}}
FIRST, SECOND, THIRD = (call for call, _ in zip(calls(), range(3), strict=False))


def run(scenario, path, calendar=ONE, **diary):
    async def main():
        async with shop(path, calendar, **diary) as it:
            return await scenario(it)

    return asyncio.run(main())


def api(url, **fields):
    return ONE | {"booking_api": {"url": url, "token": "API_TOKEN", "required": True} | fields}


def test_a_call_books_once_however_often_it_asks(tmp_path):
    async def scenario(it):
        made = [await it.diary.book(FIRST, it.firm, request()) for _ in range(3)]
        made += await asyncio.gather(*(it.diary.book(FIRST, it.firm, request()) for _ in range(8)))
        assert set(made) == {made[0]} and isinstance(made[0], Booked) and made[0].confirmed
        (row,) = await it.bookings()
        assert row["reference"] == made[0].reference and len(row["reference"]) == 6
        assert (row["status"], row["sequence"], row["begins_at"][:16], row["lane"]) == (
            "booked", 0, "2026-11-23T08:00", 0)  # fmt: skip

    run(scenario, tmp_path)
    run(lambda it: it.diary.book(FIRST, it.firm, request()), tmp_path)  # after a start anew
    with sqlite3.connect(tmp_path / "voiceagent.db") as db:
        assert db.execute("SELECT count(*) FROM bookings").fetchone() == (1,)
    db.close()


def test_a_company_without_a_calendar_books_whatever_is_wanted(tmp_path):
    async def scenario(it):
        assert await it.diary.agenda(it.firm) is None
        assert await it.diary.hold(FIRST, it.firm, request())
        for call in (FIRST, SECOND, THIRD):
            assert isinstance(await it.diary.book(call, it.firm, request(start="03:00")), Booked)
        assert await it.holds() == [] and await it.outbox() == []

    run(scenario, tmp_path, None)


def test_another_wish_of_the_call_changes_its_booking(tmp_path):
    async def scenario(it):
        first = await it.diary.book(FIRST, it.firm, request())
        again = await it.diary.book(FIRST, it.firm, request(part="evening"))
        more = await it.diary.book(
            FIRST, it.firm, request(part="evening", details={"name": "Jane Smith"})
        )
        assert first == again == more
        (row,) = await it.bookings()
        assert (row["part"], row["sequence"], row["begins_at"][11:16]) == ("evening", 2, "18:00")
        assert row["details"] == {"name": "Jane Smith"}
        assert await it.diary.book(SECOND, it.firm, request()) != TAKEN  # what it left is free
        assert await it.diary.book(SECOND, it.firm, request(part="evening")) == TAKEN
        assert (await it.bookings())[1]["part"] == "morning"  # and the second keeps what it has

    run(scenario, tmp_path)


def test_what_is_held_is_nobody_elses_until_it_is_over(tmp_path):
    async def scenario(it):
        evening = request(part="evening")
        assert await it.diary.hold(FIRST, it.firm, evening)
        assert await it.diary.hold(FIRST, it.firm, evening)  # its own is no obstacle
        assert not await it.diary.hold(SECOND, it.firm, evening)
        assert await it.diary.book(SECOND, it.firm, evening) == TAKEN
        theirs, others = [await it.diary.agenda(it.firm, call) for call in (FIRST, SECOND)]
        assert theirs.is_free(60, MONDAY, "evening") and not others.is_free(60, MONDAY, "evening")
        it.clock.pass_(seconds=it.firm.calendar.hold_s + 1)
        assert await it.diary.hold(SECOND, it.firm, evening)
        assert await it.diary.book(FIRST, it.firm, evening) == TAKEN
        await it.diary.release(SECOND)
        assert isinstance(await it.diary.book(FIRST, it.firm, evening), Booked)
        assert await it.diary.book(SECOND, it.firm, evening) == TAKEN

    run(scenario, tmp_path)


def test_a_hold_becomes_the_booking_and_a_new_one_replaces_it(tmp_path):
    async def scenario(it):
        await it.diary.hold(FIRST, it.firm, request())
        await it.diary.hold(FIRST, it.firm, request(part="evening"))
        (hold,) = await it.holds()
        assert hold["begins_at"][11:16] == "18:00"
        it.clock.now = it.clock.now.replace(hour=17, minute=58)
        await it.diary.hold(FIRST, it.firm, request(part="evening"))
        it.clock.pass_(minutes=4)  # the visit would have begun: what was promised is kept
        assert isinstance(await it.diary.book(FIRST, it.firm, request(part="evening")), Booked)
        assert await it.holds() == []

    run(scenario, tmp_path)


def test_the_last_time_goes_to_one_of_many_who_want_it(tmp_path):
    async def scenario(it):
        asked = [it.diary.book(uuid.uuid4(), it.firm, request(part="evening")) for _ in range(30)]
        made = await asyncio.gather(*asked)
        assert made.count(TAKEN) == 29 and len(await it.bookings()) == 1

    run(scenario, tmp_path)


def test_teams_are_never_in_two_places(tmp_path):
    calendar = {"lead_min": 0, "capacity": 2, "gap_min": 45, "same_area_gap_min": 10}

    async def scenario(it):
        for number, call in zip(range(40), calls(), strict=False):
            area = ("truro", "redruth")[number % 3 == 0]
            await it.diary.book(call, it.firm, request(part=("morning", "afternoon")[number % 2],
                                                       area=area))  # fmt: skip
        found = teams(await it.bookings())
        assert set(found) == {0, 1}
        for visits in found.values():
            for (_, end, here), (begin, _, there) in zip(visits, visits[1:], strict=False):
                gap = 10 if here == there else 45
                assert _minutes(begin) - _minutes(end) >= gap

    run(scenario, tmp_path, calendar)


def _minutes(stamp):
    return int(stamp[11:13]) * 60 + int(stamp[14:16])


def test_a_booking_is_found_by_reference_and_number_only(tmp_path):
    async def scenario(it):
        made = await it.diary.book(FIRST, it.firm, request())
        find = it.diary.find
        said = " ".join(made.reference)
        assert (await find(it.firm, said, "+44 1632 960123")).reference == made.reference
        assert await find(it.firm, made.reference, "01632960999") is None
        assert await find(it.firm, "000000", "01632960123") is None
        assert await find(it.firm, made.reference, "") is None
        other = company(ONE, key="other", dids=["441632960009"])
        assert await find(other, made.reference, "01632960123") is None
        for _ in range(3):
            assert await find(it.firm, "999999", "01632960123", SECOND) is None
        assert await find(it.firm, made.reference, "01632960123", SECOND) is None  # too late
        assert not await it.diary.cancel(SECOND, it.firm, made.reference, "01632960123")
        assert await find(it.firm, made.reference, "01632960123", THIRD)

    run(scenario, tmp_path)


def test_a_booking_of_an_earlier_call_is_changed_and_cancelled(tmp_path):
    async def scenario(it):
        made = await it.diary.book(FIRST, it.firm, request(part="evening"))
        who = (it.firm, made.reference, "01632960123")
        wrong = (it.firm, made.reference, "01632960555")
        to = request(start="08:00")
        assert await it.diary.change(SECOND, *wrong, to) == BookingFailed(Trouble.REFUSED)
        assert await it.diary.change(SECOND, *who, to) == made
        await it.diary.hold(THIRD, it.firm, request(start="09:00"))
        assert await it.diary.change(SECOND, *who, request(start="09:00")) == TAKEN
        (row,) = await it.bookings()
        assert (row["call_id"], row["start"], row["sequence"]) == (str(FIRST), "08:00", 1)
        assert not await it.diary.cancel(SECOND, *wrong)
        assert await it.diary.cancel(SECOND, *who) and await it.diary.cancel(SECOND, *who)
        assert (await it.diary.find(*who)).status is Status.CANCELLED
        assert await it.diary.change(SECOND, *who, to) == BookingFailed(Trouble.REFUSED)
        (row,) = await it.bookings()
        assert row["sequence"] == 2
        assert isinstance(await it.diary.book(THIRD, it.firm, to), Booked)

    run(scenario, tmp_path)


def test_the_time_a_booking_is_moved_to_is_held_and_its_own_is_no_obstacle(tmp_path):
    async def scenario(it):
        made = await it.diary.book(FIRST, it.firm, request(start="08:00", minutes=90))
        to = request(start="08:30", minutes=90)
        assert not await it.diary.hold(SECOND, it.firm, to)  # for a new booking it is taken
        assert await it.diary.hold(SECOND, it.firm, to, made.reference)
        assert not await it.diary.hold(THIRD, it.firm, request(start="09:30", minutes=30))
        who = (it.firm, made.reference, "01632960123")
        assert await it.diary.change(SECOND, *who, to) == made and await it.holds() == []
        (row,) = await it.bookings()
        assert (row["start"], row["begins_at"][11:16]) == ("08:30", "08:30")
        await it.diary.hold(THIRD, it.firm, request(part="evening"))
        assert not await it.diary.hold(SECOND, it.firm, request(part="evening"), made.reference)

    run(scenario, tmp_path, ONE | {"step_min": 30})


def test_by_the_rules_alone_a_caller_moves_a_booking_to_what_is_free_and_cancels_it(tmp_path):
    async def scenario(it):
        made = await it.diary.book(FIRST, it.firm, request())
        await it.diary.book(SECOND, it.firm, request(part="evening"))
        call = RulesOnly(Facts(it.firm, "01632960123", MONDAY), it.diary)
        await call.does(Started(open_question=True))
        for says in (f"change my booking {made.reference}", "yes", "today", "evening"):
            said = await call.does(says)
        assert said.startswith("I'm sorry, that time is not free.") and await it.holds() == []
        for says in ("tomorrow", "evening"):
            said = await call.does(says)
        assert said.endswith("Shall I move it to Tuesday the 24th of November in the evening?")
        (held,) = await it.holds()
        assert held["begins_at"][:16] == "2026-11-24T18:00"
        assert not await it.diary.hold(THIRD, it.firm, request(date(2026, 11, 24), "evening"))
        await call.does("yes")
        moved = [row for row in await it.bookings() if row["reference"] == made.reference]
        assert [(row["day"], row["part"], row["sequence"]) for row in moved] == [
            ("2026-11-24", "evening", 1)
        ]
        assert await it.holds() == [] and call.dialogue.reopen()  # spoken over the goodbye
        for says in ("cancel my booking", made.reference, "yes", "yes"):
            said = await call.does(says)
        who = (it.firm, made.reference, "01632960123")
        assert (await it.diary.find(*who)).status is Status.CANCELLED and "cancelled" in said
        await call.tools.close()

    run(scenario, tmp_path)


def test_bookings_from_before_the_calendar_take_their_time(tmp_path):
    async def scenario(it):
        old = company(None)
        for call in (FIRST, SECOND):
            await it.diary.book(call, old, request())
        async with it.store.transaction() as db:  # as older versions wrote them
            columns = ("start", "minutes", "begins_at", "ends_at", "lane", "details", "status",
                       "sequence", "changed_at")  # fmt: skip
            await db.execute(bookings.update().values(dict.fromkeys(columns)))
        agenda = await it.diary.agenda(it.firm)
        assert not agenda.is_free(60, MONDAY, "morning") and agenda.is_free(60, MONDAY, "evening")
        assert await it.diary.book(THIRD, it.firm, request()) == TAKEN
        made = sorted(row["begins_at"][11:16] for row in await it.bookings())
        assert made == ["08:00", "09:00"]
        mine = [row for row in await it.bookings() if row["call_id"] == str(FIRST)]
        reference = mine[0]["reference"]
        found = await it.diary.find(it.firm, reference, "01632960123")
        assert (found.status, found.minutes, found.details) == (Status.BOOKED, 60, {})
        assert await it.diary.book(FIRST, it.firm, request()) == Booked(reference)

    run(scenario, tmp_path)


@pytest.mark.parametrize(
    ("answer", "result", "status", "state"),
    [
        (200, "confirmed", "booked", "delivered"),
        (409, TAKEN, "refused", "refused"),
        (500, "pending", "pending", "waiting"),
        ("hang", "pending", "pending", "waiting"),
        ("drop", "pending", "pending", "waiting"),
        ("refuse", "pending", "pending", "waiting"),
    ],
)
def test_a_required_system_confirms_refuses_or_is_asked_again(
    tmp_path, answer, result, status, state
):
    async def main():
        receiver = Receiver(lambda path: answer)
        async with receiver.open() as url:
            async with shop(tmp_path, api(f"{url}/api", timeout_s=0.3)) as it:
                made = await it.diary.book(FIRST, it.firm, request())
                if result == TAKEN:
                    assert made == TAKEN
                else:
                    assert isinstance(made, Booked) and made.confirmed is (result == "confirmed")
                (row,), (told,) = await it.bookings(), await it.outbox()
                assert (row["status"], told["state"]) == (status, state)
                free = (await it.diary.agenda(it.firm)).is_free(60, MONDAY, start=_EIGHT)
                assert free is (result == TAKEN)
                headers = receiver.seen[0][2]
                assert headers["Authorization"] == "Bearer t0k3n"
                # It comes back to life: the same is told again, under the same key.
                receiver.answers = lambda path: 200
                it.clock.pass_(minutes=2)
                await it.deliver()
                (row,) = await it.bookings()
                assert row["status"] == ("refused" if result == TAKEN else "booked")
                assert len({key for _, key, _, _ in receiver.seen}) == 1

    asyncio.run(main())


_EIGHT = request(start="08:00").start


def test_a_change_the_system_refuses_is_taken_back(tmp_path):
    async def main():
        receiver = Receiver()
        async with receiver.open() as url, shop(tmp_path, api(f"{url}/api")) as it:
            made = await it.diary.book(FIRST, it.firm, request(details={"name": "Jane"}))
            receiver.answers = lambda path: 409
            assert await it.diary.book(FIRST, it.firm, request(part="evening")) == TAKEN
            (row,) = await it.bookings()
            assert (row["status"], row["part"], row["begins_at"][11:16]) == (
                "booked", "morning", "08:00")  # fmt: skip
            assert row["details"] == {"name": "Jane"} and row["reference"] == made.reference
            assert (await it.diary.agenda(it.firm)).is_free(60, MONDAY, "evening")

    asyncio.run(main())


def test_a_late_refusal_gives_the_time_back_and_has_the_caller_called(tmp_path):
    from ari_app.store import callbacks

    async def main():
        receiver = Receiver(lambda path: 503)
        async with receiver.open() as url, shop(tmp_path, api(f"{url}/api")) as it:
            made = await it.diary.book(FIRST, it.firm, request())
            assert not made.confirmed
            receiver.answers = lambda path: 409
            it.clock.pass_(minutes=1)
            await it.deliver()
            (row,), (wish,) = await it.bookings(), await it.rows(callbacks)
            assert row["status"] == "refused" and wish["phone"] == "01632960123"
            assert wish["call_id"] == str(FIRST) and made.reference in wish["about"]
            receiver.answers = lambda path: 200
            assert isinstance(await it.diary.book(SECOND, it.firm, request()), Booked)

    asyncio.run(main())


def test_a_database_that_is_busy_too_long_books_nothing_afterwards(tmp_path):
    async def scenario(it):
        blocker = sqlite3.connect(tmp_path / "voiceagent.db")
        blocker.execute("BEGIN IMMEDIATE")
        assert await it.diary.book(FIRST, it.firm, request()) == BookingFailed()
        blocker.rollback()
        blocker.close()
        await it.diary.release(FIRST)  # comes after it
        assert await it.bookings() == []

    run(scenario, tmp_path, deadline_s=0.2)


def test_a_database_without_tables_never_raises(tmp_path):
    async def scenario(it):
        async with it.store.transaction() as db:
            for table in ("bookings", "holds", "outbox"):
                await db.exec_driver_sql(f"DROP TABLE {table}")
        assert await it.diary.book(FIRST, it.firm, request()) == BookingFailed()
        assert await it.diary.agenda(it.firm) is None
        assert await it.diary.hold(FIRST, it.firm, request())
        assert await it.diary.find(it.firm, "123456", "01632960123") is None
        assert not await it.diary.cancel(FIRST, it.firm, "123456", "01632960123")
        await it.diary.release(FIRST)

    run(scenario, tmp_path)


def test_a_caller_who_stops_waiting_is_booked_all_the_same(tmp_path):
    async def scenario(it):
        waiting = asyncio.create_task(it.diary.book(FIRST, it.firm, request()))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert isinstance(await it.diary.book(FIRST, it.firm, request()), Booked)
        assert len(await it.bookings()) == 1

    run(scenario, tmp_path)


def test_the_agenda_comes_from_memory_and_follows_other_processes(tmp_path):
    async def scenario(it):
        loop = asyncio.get_running_loop()
        agenda = await it.diary.agenda(it.firm)
        assert agenda.days(60, most=2) == (MONDAY, date(2026, 11, 24))
        took = []
        for _ in range(50):
            began_s = loop.time()
            assert (await it.diary.agenda(it.firm)).version == agenda.version
            took.append(loop.time() - began_s)
        assert sorted(took)[25] < 0.005
        async with shop(tmp_path, ONE, Clock()) as other:
            await other.diary.book(FIRST, other.firm, request(part="evening"))
        deadline_s = loop.time() + 30
        while (newer := await it.diary.agenda(it.firm)).is_free(60, MONDAY, "evening"):
            assert loop.time() < deadline_s
            await asyncio.sleep(0.05)
        assert newer.version > agenda.version

    run(scenario, tmp_path)


def test_a_time_that_somebody_else_has_taken_is_no_error_in_the_log_and_a_failure_is(
    tmp_path, caplog
):
    async def scenario(it):
        desk = BookingDesk(it.diary)
        wanted = request(part="evening")  # there is one
        assert isinstance(await desk.begin(FIRST, it.firm, wanted), Booked)
        assert await desk.begin(SECOND, it.firm, wanted) == TAKEN
        assert levels() == [("INFO", "booking failed: taken")]
        async with it.store.transaction() as db:
            await db.exec_driver_sql("ALTER TABLE bookings RENAME TO hidden")
        assert await desk.begin(THIRD, it.firm, wanted) == BookingFailed()
        assert levels()[1:] == [("ERROR", "booking failed: OperationalError"),
                                ("ERROR", "booking failed: unreachable")]  # fmt: skip
        await desk.close()

    def levels():
        return [(it.levelname, it.getMessage()) for it in caplog.records
                if it.getMessage().startswith("booking failed")]  # fmt: skip

    with caplog.at_level("INFO"):
        run(scenario, tmp_path)


def test_a_time_the_company_s_own_system_has_not_free_is_no_error_either(tmp_path, caplog):
    async def main():
        receiver = Receiver(lambda path: 409)
        async with receiver.open() as url, shop(tmp_path, api(f"{url}/api")) as it:
            desk = BookingDesk(it.diary)
            assert await desk.begin(FIRST, it.firm, request()) == TAKEN
            await desk.close()

    with caplog.at_level("INFO"):
        asyncio.run(main())
    assert [it.levelname for it in caplog.records if it.name.startswith("audiosocket_agent")] == [
        "INFO"
    ]
    assert not [it for it in caplog.records if it.levelname in ("WARNING", "ERROR")]
