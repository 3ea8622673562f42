"""Telling others of bookings: signed, in order, again until they answer."""

import asyncio
import base64
import hashlib
import hmac
import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar

from ari_app.diary.outbox import GIVE_UP
from audiosocket_agent.signing import signature
from tests.ari_app.diary.shop import NOW, SECRETS, Receiver, calls, company, request, shop

FIRST, SECOND = (call for call, _ in zip(calls(), range(2), strict=False))
PAGE = (Path(__file__).parents[3] / "docs" / "bookings.md").read_text()


def calendar(url, **fields):
    hook = {"url": f"{url}/hook", "secret": "HOOK_SECRET"}
    return {"lead_min": 0, "webhooks": [hook]} | fields


def run(scenario, path, answers=lambda path: 200, **fields):
    async def main():
        receiver = Receiver(answers)
        async with receiver.open() as url:
            told = {
                name: json.loads(json.dumps(v).replace("URL", url)) for name, v in fields.items()
            }
            async with shop(path, calendar(url, **told)) as it:
                return await scenario(it, receiver)

    return asyncio.run(main())


async def changes(it):
    """Book, change and cancel; returns the reference."""
    made = await it.diary.book(FIRST, it.firm, request())
    await it.diary.book(FIRST, it.firm, request(start="14:30"))
    await it.diary.cancel(FIRST, it.firm, made.reference, "01632960123")
    return made.reference


def test_webhooks_are_told_in_order_signed_with_the_file_for_calendars(tmp_path):
    async def scenario(it, receiver):
        reference = await changes(it)
        await it.deliver()
        bodies = [json.loads(body) for _, _, _, body in receiver.seen]
        assert [body["type"] for body in bodies] == [
            "booking.created", "booking.changed", "booking.cancelled"]  # fmt: skip
        for (_, key, headers, body), told in zip(receiver.seen, bodies, strict=True):
            assert headers["webhook-id"] == key == told["id"]
            signed = f"{key}.{headers['webhook-timestamp']}.".encode() + body
            secret = base64.b64decode(SECRETS["HOOK_SECRET"].removeprefix("whsec_"))
            digest = hmac.new(secret, signed, hashlib.sha256).digest()
            assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
            assert int(headers["webhook-timestamp"]) == int(NOW.timestamp())
            assert told["data"]["booking"]["reference"] == reference
        files = [Calendar.from_ical(body["data"]["ics"]) for body in bodies]
        events = [file.walk("VEVENT")[0] for file in files]
        assert len({event["UID"] for event in events}) == 1
        assert [int(event["SEQUENCE"]) for event in events] == [0, 1, 2]
        assert [str(file["METHOD"]) for file in files] == ["PUBLISH", "PUBLISH", "CANCEL"]
        assert str(events[2]["STATUS"]) == "CANCELLED"
        assert events[1].decoded("dtstart").isoformat() == "2026-11-23T14:30:00+00:00"

    run(scenario, tmp_path)


def test_who_agreed_to_a_part_of_the_day_is_promised_no_time(tmp_path):
    async def scenario(it, receiver):
        summer = date(2027, 3, 29)  # the day after the clock went forward
        it.firm = it.firm.model_copy(update={"timezone": "Europe/London"})
        it.clock.now = NOW.replace(year=2027, month=3, day=27)
        for call in (FIRST, SECOND):
            await it.diary.book(call, it.firm, request(day=summer))
        await it.diary.book(SECOND, it.firm, request(day=summer, start="14:30"))
        await it.deliver()
        bodies = [json.loads(body)["data"] for _, _, _, body in receiver.seen]
        slots = {row["call_id"]: row["begins_at"] for row in await it.bookings()}
        assert len(set(slots.values())) == 2  # what the calendar keeps for them
        window = ("2027-03-29T07:00:00.000+00:00", "2027-03-29T11:00:00.000+00:00")
        told = [body["booking"] for body in bodies]
        assert [(one["exact"], one["begins_at"], one["ends_at"]) for one in told] == [
            (False, *window), (False, *window),
            (True, "2027-03-29T13:30:00.000+00:00", "2027-03-29T14:30:00.000+00:00")]  # fmt: skip
        part, _, exact = (Calendar.from_ical(one["ics"]).walk("VEVENT")[0] for one in bodies)
        assert [part.decoded(name).isoformat() for name in ("dtstart", "dtend")] == [
            "2027-03-29T07:00:00+00:00", "2027-03-29T11:00:00+00:00"]  # fmt: skip
        assert "between 08:00 and 12:00 (Europe/London)" in part["DESCRIPTION"]
        assert "no exact time" in part["DESCRIPTION"]
        assert "no exact time" not in exact["DESCRIPTION"]

    run(scenario, tmp_path)


def test_a_receiver_that_fails_is_told_again_and_never_out_of_order(tmp_path):
    async def scenario(it, receiver):
        await changes(it)
        await it.deliver()
        for tries in range(1, 7):
            assert len(receiver.seen) == tries  # the first event only: the others wait for it
            waited_s = 0
            while len(receiver.seen) == tries:
                it.clock.pass_(seconds=1)
                waited_s += 1
                await it.deliver()
            assert 2 ** (tries - 1) <= waited_s <= 2**tries
        await it.diary.book(SECOND, it.firm, request())
        receiver.answers = lambda path: 200
        for _ in range(4):
            it.clock.pass_(minutes=10)
            await it.deliver()
        assert [row["state"] for row in await it.outbox()] == ["delivered"] * 4
        told = [(body["data"]["booking"]["call_id"], body["type"])
                for body in receiver.effects["/hook"].values()]  # fmt: skip
        assert [kind for call, kind in told if call == str(FIRST)] == [
            "booking.created", "booking.changed", "booking.cancelled"]  # fmt: skip
        assert (str(SECOND), "booking.created") in told

    run(scenario, tmp_path, answers=lambda path: 500)


@pytest.mark.parametrize("answer", ["drop", "refuse", 302, 404, 429, 503])
def test_no_failure_is_taken_for_an_answer(tmp_path, answer):
    async def scenario(it, receiver):
        await it.diary.book(FIRST, it.firm, request())
        await it.deliver()
        (row,) = await it.outbox()
        assert (row["state"], row["tries"]) == ("waiting", 1) and row["trouble"]
        receiver.answers = lambda path: 200
        it.clock.pass_(seconds=3)
        await it.deliver()
        (row,) = await it.outbox()
        assert (row["state"], row["tries"]) == ("delivered", 2)
        assert len({key for _, key, _, _ in receiver.seen}) == 1

    run(scenario, tmp_path, answers=lambda path: answer)


def test_it_gives_up_after_days_and_at_once_where_nobody_wants_it(tmp_path):
    async def scenario(it, receiver):
        await it.diary.book(FIRST, it.firm, request())
        await it.deliver()
        it.clock.now = NOW + GIVE_UP - timedelta(hours=1)
        await it.deliver()
        assert (await it.outbox())[0]["state"] == "waiting"
        it.clock.now = NOW + GIVE_UP + timedelta(hours=1)
        await it.deliver()
        assert (await it.outbox())[0]["state"] == "given_up"
        receiver.answers = lambda path: 410
        await it.diary.book(SECOND, it.firm, request(day=it.clock.now.date()))
        await it.deliver()
        assert (await it.outbox())[1]["state"] == "given_up"
        it.firm = company({"lead_min": 0})  # no webhooks any more
        await it.deliver()

    run(scenario, tmp_path, answers=lambda path: 500)


def test_a_secret_that_is_not_set_is_named_and_waited_for(tmp_path):
    async def scenario(it, receiver):
        await it.diary.book(FIRST, it.firm, request())
        kept = SECRETS.pop("HOOK_SECRET")
        try:
            await it.deliver()
        finally:
            SECRETS["HOOK_SECRET"] = kept
        (row,) = await it.outbox()
        assert row["trouble"] == "HOOK_SECRET is not set" and not receiver.seen
        it.clock.pass_(seconds=3)
        await it.deliver()
        assert len(receiver.seen) == 1

    run(scenario, tmp_path)


def test_events_that_a_webhook_does_not_want_are_not_sent(tmp_path):
    hook = {"url": "URL/hook", "secret": "HOOK_SECRET", "events": ["booking.cancelled"]}

    async def scenario(it, receiver):
        await changes(it)
        await it.deliver()
        ((_, _, _, body),) = receiver.seen
        assert json.loads(body)["type"] == "booking.cancelled"

    run(scenario, tmp_path, webhooks=[hook])


def test_a_system_that_is_not_required_is_told_beside_the_talk(tmp_path):
    async def scenario(it, receiver):
        made = await it.diary.book(FIRST, it.firm, request())
        assert made.confirmed and not receiver.seen
        await it.diary.cancel(FIRST, it.firm, made.reference, "01632960123")
        await it.deliver()
        events = [body["event"] for body in receiver.effects["/api"].values()]
        assert events == ["booking.created", "booking.cancelled"]
        assert list(receiver.effects["/api"]) == [f"{FIRST}-0", f"{FIRST}-1"]

    run(scenario, tmp_path, booking_api={"url": "URL/api"}, webhooks=[])


def test_a_company_without_a_calendar_has_webhooks_too(tmp_path):
    async def scenario(it, receiver):
        url = it.firm.calendar.webhooks[0].url
        hook = {"url": url, "secret": "HOOK_SECRET"}
        it.firm = company(webhooks=[hook])
        assert it.firm.calendar is None
        reference = await changes(it)
        await it.deliver()
        bodies = [json.loads(body) for _, _, _, body in receiver.seen]
        assert [body["type"] for body in bodies] == [
            "booking.created", "booking.changed", "booking.cancelled"]  # fmt: skip
        assert {body["data"]["booking"]["reference"] for body in bodies} == {reference}
        assert bodies[0]["data"]["booking"]["begins_at"] is None
        days = [Calendar.from_ical(body["data"]["ics"]).walk("VEVENT")[0] for body in bodies]
        assert days[0].decoded("dtstart") == date(2026, 11, 23)
        # Both kinds of webhooks are told; one address is not told twice.
        other = {"url": f"{url}/other", "secret": "HOOK_SECRET"}
        it.firm = company({"lead_min": 0, "webhooks": [other]}, webhooks=[hook])
        await it.diary.book(SECOND, it.firm, request())
        await it.deliver()
        assert [path for path, *_ in receiver.seen[3:]] == ["/hook", "/hook/other"]
        with pytest.raises(ValueError, match="stands there twice"):
            company({"lead_min": 0, "webhooks": [hook]}, webhooks=[hook])

    run(scenario, tmp_path)


def test_two_workers_send_nothing_twice(tmp_path):
    async def scenario(it, receiver):
        for call, _ in zip(calls(), range(8), strict=False):
            await it.diary.book(call, it.firm, request(part=""))
        async with shop(tmp_path, firm=it.firm) as other:
            await asyncio.gather(it.deliver(), other.deliver(), it.deliver())
        assert len(receiver.seen) == len({key for _, key, _, _ in receiver.seen}) == 8

    run(scenario, tmp_path)


def test_the_receiver_of_the_guide_takes_what_is_ours_once_and_nothing_else():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    space = {}
    exec(code, space)
    verify = space["verify"]
    secret, body, now_s = SECRETS["HOOK_SECRET"], b'{"id": "e1"}', 1_700_000_000
    headers = {
        "webhook-id": "e1",
        "webhook-timestamp": str(now_s),
        "webhook-signature": signature(secret, "e1", now_s, body),
    }
    assert verify(secret, headers, body, now_s + 10)
    assert not verify(secret, headers, body + b" ", now_s)
    assert not verify(secret, headers | {"webhook-id": "e2"}, body, now_s)
    assert not verify(secret, headers | {"webhook-timestamp": str(now_s + 1)}, body, now_s)
    assert not verify(secret, headers, body, now_s + 301)
    assert not verify("whsec_" + base64.b64encode(b"another").decode(), headers, body, now_s)
