"""`voiceagent bookings` as an admin types it."""

import asyncio
import json
import uuid
from datetime import date

import pytest
from click.testing import CliRunner
from icalendar import Calendar

from ari_app.cli import main
from ari_app.company_store import CompanyFile, import_companies
from audiosocket_agent.company_messages import MessageEvent
from audiosocket_agent.tools.messages import Outgoing, Posted
from tests.ari_app.diary.shop import Clock, company, request, shop

HOOK = "https://hook.example/x"
RULES = {"lead_min": 0, "webhooks": [{"url": HOOK, "secret": "HOOK_SECRET"}]}


@pytest.fixture
def voiceagent(tmp_path, monkeypatch):
    monkeypatch.setenv("VOICEAGENT_DATA_DIR", str(tmp_path))

    def run(*words):
        return CliRunner().invoke(main, ("bookings", *words))

    return run


@pytest.fixture
def reference(tmp_path):
    async def fill():
        async with shop(tmp_path, RULES, Clock()) as it:
            await import_companies(it.store, [CompanyFile(tmp_path / "it.yaml", it.firm)])
            made = await it.diary.book(
                uuid.UUID(int=1), it.firm, request(start="14:30", details={"name": "Jane"})
            )
            return made.reference

    return asyncio.run(fill())


def test_listing_as_before_and_by_name(voiceagent, reference):
    (row,) = json.loads(voiceagent("--json").output)
    assert (row["reference"], row["service"], row["day"], row["phone"]) == (
        reference, "tap", "2026-11-23", "01632960123")  # fmt: skip
    assert json.loads(voiceagent("list", "--json", "--limit", "3").output) == [row]
    assert reference in voiceagent("list").output and "14:30" in voiceagent().output
    assert "not delivered: 1 waiting; see voiceagent bookings outbox" in voiceagent().output


def test_one_booking_and_what_was_told_of_it(voiceagent, reference):
    found = json.loads(voiceagent("show", reference, "--json").output)
    assert found["details"] == {"name": "Jane"} and found["status"] == "booked"
    (told,) = found["outbox"]
    assert (told["type"], told["target"], told["state"]) == ("booking.created", HOOK, "waiting")
    shown = voiceagent("show", reference).output
    assert "Jane" in shown and f"booking.created to {HOOK}: waiting" in shown


def test_it_shows_what_was_agreed_on_the_company_s_clock_and_no_other_time(
    tmp_path, voiceagent, reference
):
    async def another():
        async with shop(tmp_path, RULES, Clock()) as it:
            made = await it.diary.book(uuid.UUID(int=2), it.firm, request(day=date(2027, 1, 4)))
            (kept,) = [row for row in await it.bookings() if row["part"]]
            firm = it.firm.model_copy(update={"timezone": "Europe/Berlin"})
            await import_companies(it.store, [CompanyFile(tmp_path / "it.yaml", firm)])
            return made.reference, kept["begins_at"]

    part, kept = asyncio.run(another())
    shown = [json.loads(voiceagent("show", one, "--json").output) for one in (reference, part)]
    assert [(one["exact"], one["begins_at"], one["ends_at"], one["timezone"]) for one in shown] == [
        (True, "2026-11-23T15:30+01:00", "2026-11-23T16:30+01:00", "Europe/Berlin"),
        (False, "2027-01-04T08:00+01:00", "2027-01-04T12:00+01:00", "Europe/Berlin"),
    ]
    assert "lane" not in shown[1] and kept not in voiceagent("show", part).output
    assert kept not in voiceagent("--json").output


def test_cancelling_tells_everybody_and_the_file_says_so(voiceagent, reference):
    before = Calendar.from_ical(voiceagent("ics", reference).output).walk("VEVENT")[0]
    assert "cancelled" in voiceagent("cancel", reference).output
    rows = json.loads(voiceagent("outbox", "--json").output)
    assert [row["type"] for row in rows] == ["booking.cancelled", "booking.created"]
    file = Calendar.from_ical(voiceagent("ics", reference).output)
    after = file.walk("VEVENT")[0]
    assert str(file["METHOD"]) == "CANCEL" and after["UID"] == before["UID"]
    assert (int(before["SEQUENCE"]), int(after["SEQUENCE"])) == (0, 1)
    again = voiceagent("cancel", reference)
    assert again.exit_code == 1 and "already" in again.output
    assert HOOK in voiceagent("outbox").output


@pytest.mark.parametrize("command", ["show", "ics", "cancel"])
def test_an_unknown_reference_is_one_clear_line(voiceagent, reference, command):
    result = voiceagent(command, "000000")
    assert result.exit_code == 1 and result.output.count("\n") == 1
    assert "there is no booking 000000" in result.output


def test_messages_to_callers_that_wait_are_listed_without_what_they_say(tmp_path, voiceagent):
    async def fill():
        hello = {"hello": {"text": "Hello."}}
        sms = {"url": "http://127.0.0.1:9/sms", "secret": "NOT_SET", "templates": hello}
        firm = company(messages={"sms": sms})
        async with shop(tmp_path, clock=Clock(), firm=firm) as it:
            data = {"to": "07700900461", "text": "Hello."}
            text = Outgoing("e1", MessageEvent.SMS, data)
            assert await it.diary.post(uuid.UUID(int=1), firm, text) is Posted.KEPT

    asyncio.run(fill())
    assert "not delivered: 1 waiting" in voiceagent().output
    (row,) = json.loads(voiceagent("outbox", "--json").output)
    assert (row["type"], row["target"], row["state"]) == ("message.sms", "sms", "waiting")
    assert row["trouble"] == "NOT_SET is not set"
    shown = voiceagent("outbox").output
    assert "message.sms" in shown and "07700900461" not in shown + json.dumps(row)
