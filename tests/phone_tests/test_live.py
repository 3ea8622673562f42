"""The record as the phone reads it, against the tables the agent really writes."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from ari_app import store
from tests.phone.live import RecordedCall
from tests.phone.script import Question


class Book:
    """A database with the agent's tables."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = sa.create_engine(f"sqlite:///{path}")
        store.metadata.create_all(self._engine)

    def call(self, call_id: str, caller: str = "0770", at: str = "2030-01-01T10:00:00") -> None:
        row = {"call_id": call_id, "caller": caller, "registered_at": at}
        others = {"company": "c", "did": "1", "channel": "x", "uniqueid": "1"}
        self._write(store.calls.insert().values(**row, **others))

    def end(self, call_id: str) -> None:
        change = store.calls.update().where(store.calls.c.call_id == call_id)
        self._write(change.values(end_reason="completed"))

    def turn(
        self, call_id: str, index: int, speaker: str, asks: str, text: str = "?", done: bool = True
    ) -> None:
        row = {"call_id": call_id, "index": index, "speaker": speaker, "asks": asks, "text": text}
        others = {"step": "s", "heard": "", "interrupted": False, "at_ms": 0, "marks_ms": {}}
        self._write(store.turns.insert().values(**row, **others, done=done))

    def finish(self, call_id: str, index: int) -> None:
        mine = (store.turns.c.call_id == call_id) & (store.turns.c.index == index)
        self._write(store.turns.update().where(mine).values(done=True))

    def _write(self, statement: sa.Executable) -> None:
        with self._engine.begin() as db:
            db.execute(statement)

    def close(self) -> None:
        self._engine.dispose()


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    opened = Book(tmp_path / "voiceagent.db")
    yield opened
    opened.close()


def test_questions_come_one_by_one_and_then_the_end(book: Book) -> None:
    async def main() -> None:
        book.call("a")
        live = RecordedCall(book.path, "0770")
        book.turn("a", 0, "agent", "", "hello")
        book.turn("a", 1, "agent", "service", "which?")
        book.turn("a", 2, "caller", "service", "that")
        book.turn("a", 3, "agent", "day", "when?")
        assert await live.next_question() == Question(1, "s", "service", "which?")
        assert await live.next_question() == Question(3, "s", "day", "when?")
        waiting = asyncio.ensure_future(live.next_question())
        assert not (await asyncio.wait((waiting,), timeout=0.2))[0]
        book.end("a")
        assert await waiting is None
        assert live.call_id == "a"

    asyncio.run(main())


def test_a_question_is_spoken_when_its_turn_is_done(book: Book) -> None:
    async def main() -> None:
        book.call("a")
        book.turn("a", 0, "agent", "service", done=False)
        live = RecordedCall(book.path, "0770")
        question = await live.next_question()
        assert question is not None
        spoken = asyncio.ensure_future(live.spoken(question))
        assert not (await asyncio.wait((spoken,), timeout=0.2))[0]
        book.finish("a", 0)
        await asyncio.wait_for(spoken, 5)

    asyncio.run(main())


def test_only_the_caller_s_own_new_call_is_read(book: Book) -> None:
    async def main() -> None:
        book.call("old", at="2030-01-01T09:00:00")
        book.turn("old", 0, "agent", "old")
        live = RecordedCall(book.path, "0770", RecordedCall.known_calls(book.path))
        book.call("other", caller="0771")
        book.turn("other", 0, "agent", "other")
        assert await live.record() is None and await live.turns() == []
        book.call("mine", at="2030-01-01T11:00:00")
        book.turn("mine", 0, "agent", "mine")
        question = await live.next_question()
        assert question is not None and question.asks == "mine"

    asyncio.run(main())


def test_a_booking_is_found_once_it_exists(book: Book) -> None:
    async def main() -> None:
        book.call("a")
        live = RecordedCall(book.path, "0770")
        assert await live.booking() is None
        names = [c.name for c in store.bookings.columns]
        row = {name: "x" for name in names} | {"call_id": "a", "reference": "123456"}
        book._write(store.bookings.insert().values(**row))
        booking = await live.booking()
        assert booking is not None and booking["reference"] == "123456"

    asyncio.run(main())


def test_a_call_has_ended_when_its_record_says_so(book: Book) -> None:
    async def main() -> None:
        book.call("a")
        live = RecordedCall(book.path, "0770")
        assert (row := await live.ended(timeout_s=0)) is not None and row["end_reason"] is None
        ended = asyncio.create_task(live.ended())
        await asyncio.sleep(0)
        book.end("a")
        assert (row := await ended) is not None and row["end_reason"] == "completed"

    asyncio.run(main())


def test_no_database_yet_is_no_call_yet(tmp_path: Path) -> None:
    async def main() -> None:
        live = RecordedCall(tmp_path / "none.db", "0770")
        assert await live.record() is None
        assert await live.turns() == [] and await live.booking() is None
        assert RecordedCall.known_calls(tmp_path / "none.db") == frozenset()

    asyncio.run(main())
