"""Messages to callers: kept before they are sent, sent again until they are, and once only."""

import asyncio
import json
import uuid
from datetime import timedelta

import pytest

from ari_app.diary.outbox import LEASE
from ari_app.diary.sending import Sender
from audiosocket_agent.company_messages import MessageEvent
from audiosocket_agent.signing import signature
from audiosocket_agent.tools.messages import Outgoing, Posted
from tests.ari_app.diary.shop import SECRETS, Receiver, company, shop

RECORD = uuid.UUID(int=7)


def message(n=1, event=MessageEvent.SMS):
    data = {"company": "harbour", "call_id": str(RECORD), "template": "hi", "to": f"0770090000{n}"}
    return Outgoing(f"id-{n}", event, data | {"text": "Hello."})


def texting(url):
    hi = {"hi": {"text": "Hello."}}
    mail = {"hi": {"subject": "Hello", "text": "Hello."}}
    return company(
        messages={
            "sms": {"url": f"{url}/sms", "secret": "HOOK_SECRET", "templates": hi},
            "email": {"url": f"{url}/mail", "secret": "HOOK_SECRET", "templates": mail},
        }
    )


def run(scenario, path, answers=lambda path: 200):
    async def main():
        receiver = Receiver(answers)
        async with receiver.open() as url, shop(path, firm=texting(url)) as it:
            await scenario(it, receiver)

    asyncio.run(main())


def test_a_message_is_handed_over_at_once_signed_and_the_same_one_never_again(tmp_path):
    async def scenario(it, receiver):
        posted = [it.diary.post(RECORD, it.firm, message()) for _ in range(5)]
        assert set(await asyncio.gather(*posted)) <= {Posted.SENT, Posted.KEPT}
        assert await it.diary.post(RECORD, it.firm, message()) is Posted.SENT
        assert await it.diary.post(RECORD, it.firm, message(2, MessageEvent.EMAIL)) is Posted.SENT
        await it.deliver()
        (sms, id_, headers, body), (mail, _, _, other) = receiver.seen
        assert (sms, id_, mail) == ("/sms", "id-1", "/mail")
        sent_s = int(headers["webhook-timestamp"])
        assert headers["webhook-signature"] == signature(
            SECRETS["HOOK_SECRET"], "id-1", sent_s, body
        )
        told = json.loads(body)
        assert (told["id"], told["type"], told["data"]) == ("id-1", "message.sms", message().data)
        assert json.loads(other)["type"] == "message.email"
        assert [row["state"] for row in await it.outbox()] == ["delivered"] * 2

    run(scenario, tmp_path)


@pytest.mark.parametrize("failure", [500, 429, "drop", "refuse"])
def test_what_cannot_be_handed_over_is_tried_again_under_the_same_id(tmp_path, failure):
    async def scenario(it, receiver):
        assert await it.diary.post(RECORD, it.firm, message()) is Posted.KEPT
        assert len(receiver.seen) == 2  # while the caller waits
        assert await it.diary.post(RECORD, it.firm, message()) is Posted.KEPT
        await it.deliver()
        assert len(receiver.seen) == 2  # it is not due yet
        receiver.answers = lambda path: 200
        it.clock.pass_(seconds=3)
        await it.deliver()
        assert await it.diary.post(RECORD, it.firm, message()) is Posted.SENT
        assert {key for _, key, _, _ in receiver.seen} == {"id-1"} and len(receiver.seen) == 3
        (row,) = await it.outbox()
        assert (row["state"], row["reference"], row["target"]) == ("delivered", "", "sms")

    run(scenario, tmp_path, answers=lambda path: failure)


def test_a_message_that_fails_holds_up_no_other(tmp_path):
    async def scenario(it, receiver):
        for n in (1, 2):
            assert await it.diary.post(RECORD, it.firm, message(n)) is Posted.KEPT
        receiver.answer = lambda path, key, body: 500 if key == "id-1" else 200
        it.clock.pass_(seconds=3)
        await it.deliver()
        assert [row["state"] for row in await it.outbox()] == ["waiting", "delivered"]

    run(scenario, tmp_path, answers=lambda path: 500)


def test_what_is_not_taken_or_nobody_sends_any_more_is_given_up(tmp_path):
    async def scenario(it, receiver):
        assert await it.diary.post(RECORD, it.firm, message()) is Posted.REFUSED
        assert await it.diary.post(RECORD, it.firm, message()) is Posted.REFUSED
        assert len(receiver.seen) == 1
        assert await it.diary.post(RECORD, company(), message(2)) is Posted.REFUSED
        assert [(row["state"], row["trouble"]) for row in await it.outbox()] == [
            ("given_up", "it answered 422: it does not take that"),
            ("given_up", "the company sends no sms any more"),
        ]

    run(scenario, tmp_path, answers=lambda path: 422)


def test_it_is_tried_for_as_long_as_the_settings_say(tmp_path):
    async def scenario(it, receiver):
        it.book.give_up = timedelta(hours=2)
        assert await it.diary.post(RECORD, it.firm, message()) is Posted.KEPT
        for hours, state in ((1.9, "waiting"), (0.2, "given_up")):
            it.clock.pass_(hours=hours)
            await it.deliver()
            assert (await it.outbox())[0]["state"] == state

    run(scenario, tmp_path, answers=lambda path: 500)


def test_a_process_that_stops_between_writing_and_sending_loses_no_message(tmp_path):
    class Dying(Sender):
        async def send(self, parcel, firm):
            if self.after:
                await super().send(parcel, firm)
            raise asyncio.CancelledError

    async def scenario(it, receiver):
        dying = it.diary._sender = Dying(it.clock, SECRETS)
        for n, dying.after in ((1, False), (2, True)):
            with pytest.raises(asyncio.CancelledError):
                await it.diary.post(RECORD, it.firm, message(n))
        await dying.close()
        it.diary._sender = it.sender
        await it.deliver()
        assert len(receiver.seen) == 1  # whoever died with them still has them
        it.clock.now += LEASE
        await it.deliver()
        assert receiver.times == {("/sms", "id-1"): 1, ("/sms", "id-2"): 2}
        assert [row["state"] for row in await it.outbox()] == ["delivered"] * 2

    run(scenario, tmp_path)
