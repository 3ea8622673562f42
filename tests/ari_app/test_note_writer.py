"""Notes are written in order, and one that cannot be written stops nobody."""

import asyncio

from sqlalchemy.exc import IntegrityError, OperationalError

from ari_app import note_writer
from ari_app.note_writer import NoteWriter


def written(*notes):
    """Write notes; returns what was written, in order."""
    done = []

    async def main():
        writer = NoteWriter()
        for note in notes:
            writer.note(lambda note=note: note(done))
        await writer.written()
        await writer.close()

    asyncio.run(main())
    return done


def good(name):
    async def write(done):
        done.append(name)

    return write


def bad(error):
    async def write(done):
        raise error

    return write


def test_they_are_written_in_order():
    assert written(*(good(n) for n in range(20))) == list(range(20))


def test_a_note_that_cannot_be_written_is_dropped_with_a_line(caplog):
    refused = bad(IntegrityError("INSERT 07700900123", {}, ValueError("07700900123")))
    odd = bad(UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "surrogates not allowed"))
    assert written(refused, odd, good("last")) == ["last"]
    assert len(caplog.records) == 2 and "07700900123" not in caplog.text


def test_a_busy_database_is_waited_for(monkeypatch):
    monkeypatch.setattr(note_writer, "BUSY_PAUSE_S", 0.01)
    tries = []

    async def busy(done):
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("UPDATE", {}, Exception("locked"))
        done.append("first")

    assert written(busy, good("second")) == ["first", "second"]
