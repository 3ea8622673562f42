"""`voiceagent calls` and `voiceagent bookings` as an admin types them."""

import asyncio
import json
import uuid
from datetime import date

import pytest
from click.testing import CliRunner

from ari_app.cli import main
from ari_app.diary.book import Book
from ari_app.records import StoreJournal
from ari_app.settings import SHIPPED_COMPANIES
from ari_app.store import open_store
from audiosocket_agent.company import load_companies
from audiosocket_agent.conversation import BookingRequest
from audiosocket_agent.journal import EndReason, Speaker, Turn
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.workflow import Outcome

HARBOUR = load_companies(SHIPPED_COMPANIES)["441632960001"]
FIRST, SECOND = uuid.UUID(int=1), uuid.UUID("abcdef00-0000-0000-0000-000000000002")


@pytest.fixture
def voiceagent(tmp_path, monkeypatch):
    monkeypatch.setenv("VOICEAGENT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words):
        return CliRunner().invoke(main, words)

    return run


@pytest.fixture
def two_calls(tmp_path):
    async def fill():
        store = await open_store(tmp_path / "voiceagent.db")
        journal = StoreJournal(store)
        for call_id in (FIRST, SECOND):
            journal.registered(
                CallInfo(call_id, "441632960001", "01632960123", "PJSIP/a-1", "1.1", call_id),
                "harbour",
                "",
            )
        await asyncio.sleep(0.01)
        journal.turn(SECOND, Turn(0, Speaker.AGENT, "greet", "service", "Hello there", "Hello",
                                  interrupted=True, marks_ms={"first_frame": 3}))  # fmt: skip
        journal.turn(SECOND, Turn(1, Speaker.CALLER, "understand", text="boiler service",
                                  heard="boiler service", at_ms=2000))  # fmt: skip
        marks = {"speech_end": 2000, "first_frame": 2650}
        journal.turn(SECOND, Turn(2, Speaker.AGENT, "close", text="Bye", heard="Bye",
                                  at_ms=2600, marks_ms=marks))  # fmt: skip
        journal.ended(SECOND, EndReason.COMPLETED, Outcome.HANGUP)
        await Book(store).make(
            str(SECOND), HARBOUR, BookingRequest("boiler_service", "truro", date(2026, 11, 24),
                                              "morning", "01632960123", "89"))  # fmt: skip
        await journal.close()
        await store.close()

    asyncio.run(fill())


def test_no_records_yet_is_one_clear_line(voiceagent):
    for words in (("calls", "list"), ("calls", "show"), ("bookings",)):
        result = voiceagent(*words)
        assert result.exit_code == 1
        assert "VOICEAGENT_DATA_DIR" in result.output and len(result.output.splitlines()) == 1


def test_listing(voiceagent, two_calls):
    rows = json.loads(voiceagent("calls", "list", "--json").output)
    assert {row["call_id"] for row in rows} == {str(FIRST), str(SECOND)}
    assert len(json.loads(voiceagent("calls", "list", "--limit", "1", "--json").output)) == 1
    assert "completed" in voiceagent("calls", "list").output


def test_showing_one_call_with_its_transcript_latency_and_booking(voiceagent, two_calls):
    text = voiceagent("calls", "show", "abcdef").output
    assert "agent: Hello [interrupted]" in text and "caller: boiler service" in text
    assert "(650 ms: first_frame 650)" in text and "boiler_service, 2026-11-24 morning" in text
    shown = json.loads(voiceagent("calls", "show", str(SECOND), "--json").output)
    assert [turn["index"] for turn in shown["turns"]] == [0, 1, 2]
    assert shown["booking"]["price_pounds"] == "89"
    assert json.loads(voiceagent("calls", "show", str(FIRST), "--json").output)["booking"] is None


def test_a_call_that_is_not_there_is_one_clear_line(voiceagent, two_calls):
    result = voiceagent("calls", "show", "%")
    assert result.exit_code == 1 and "no call starts with %" in result.output


def test_bookings(voiceagent, two_calls):
    (row,) = json.loads(voiceagent("bookings", "--json").output)
    assert row["service"] == "boiler_service" and row["call_id"] == str(SECOND)
    assert "boiler_service" in voiceagent("bookings").output


def test_settings_are_listed(voiceagent):
    rows = json.loads(voiceagent("settings", "--json").output)
    assert "VOICEAGENT_AUDIOSOCKET_PORT" in {row["variable"] for row in rows}
    assert "VOICEAGENT_ENDPOINT_MS=240" in voiceagent("settings").output
