"""A message that a caller left: kept, and whoever wants to hear of it is told until they answer."""

import asyncio
import json
import uuid
from pathlib import PurePosixPath

import pytest

from ari_app.records import StoreCallbacks
from ari_app.store import callbacks
from audiosocket_agent.control import NoControl
from audiosocket_agent.conversation_state import CallbackRequest, Facts, Why
from audiosocket_agent.person_desk import PersonDesk
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.signing import signature
from audiosocket_agent.sounds import Sounds
from audiosocket_agent.tools import built_in
from audiosocket_agent.tools.company_http import CompanyHttp
from audiosocket_agent.tools.of_call import Tools
from tests.ari_app.diary.shop import MONDAY, SECRETS, Receiver, company, shop
from tests.engines import ToneVoice

CALL = uuid.UUID(int=7)
CALLER = "07700900876"
INFO = CallInfo(CALL, "441632960001", CALLER, "PJSIP/a-1", "1.1", CALL)
TEXT = "the gate is locked, the code is four two"


def run(scenario, path, answers=lambda path: 200, calendar=None, **hooks):
    async def main():
        receiver = Receiver(answers)
        async with receiver.open() as url:
            listed = [{"url": f"{url}/{name}", "secret": "HOOK_SECRET"} | more
                      for name, more in hooks.items()]  # fmt: skip
            async with shop(path, firm=company(calendar, webhooks=listed)) as it:
                kept = StoreCallbacks(it.store, it.clock)
                sounds = Sounds(path, PurePosixPath("/"), ToneVoice())
                it.people = PersonDesk(NoControl(), kept, sounds)
                tools = Tools(CompanyHttp({}), it.diary)
                facts = Facts(it.firm, CALLER, MONDAY)
                it.runner = tools.of_call(CALL, facts, lambda wish: it.note(wish))
                it.note = lambda wish: it.people.note(INFO, it.firm, wish)
                it.take = lambda text=TEXT: it.runner.run(
                    built_in.running("take_message", json.dumps({"message": text}), facts)
                )
                await scenario(it, receiver)
                await it.people.close()
                await tools.close()

    asyncio.run(main())


def is_private(caplog):
    ours = [it for it in caplog.records if it.name.startswith(("ari_app", "audiosocket_agent"))]
    told = "\n".join(it.getMessage() for it in ours)
    assert CALLER not in told and "gate" not in told


def test_whoever_wants_messages_hears_what_a_person_needs_signed_and_once(tmp_path, caplog):
    async def scenario(it, receiver):
        await it.take()
        await it.take()  # the model says the same again
        await it.note(CallbackRequest(CALLER, Why.MODEL, TEXT, message=True))  # after a restart
        await it.deliver()
        assert sorted(path for path, *_ in receiver.seen) == ["/all", "/messages"]
        (row,) = await it.rows(callbacks)
        for _, key, headers, body in receiver.seen:
            told = json.loads(body)
            sent_s = int(headers["webhook-timestamp"])
            assert headers["webhook-signature"] == signature(
                SECRETS["HOOK_SECRET"], key, sent_s, body
            )
            assert told == {
                "id": key,
                "type": "message.taken",
                "timestamp": row["created_at"],
                "data": {
                    "message": {"call_id": str(CALL), "company": "harbour", "phone": CALLER,
                                "text": TEXT, "taken_at": row["created_at"]},
                },
            }  # fmt: skip
        await it.take("call me after six")  # another one
        await it.deliver()
        assert len(receiver.seen) == 4 and len({key for _, key, *_ in receiver.seen}) == 2

    with caplog.at_level("DEBUG"):
        run(scenario, tmp_path, all={}, messages={"events": ["message.taken"]},
            bookings={"events": ["booking.created", "booking.cancelled"]})  # fmt: skip
    is_private(caplog)


@pytest.mark.parametrize("failure", [500, "refuse"])
def test_it_is_told_again_until_somebody_answers_under_the_same_id(tmp_path, failure, caplog):
    async def scenario(it, receiver):
        await it.take()
        await it.deliver()
        assert len(receiver.seen) == 1
        (row,) = await it.outbox()
        assert (row["state"], row["reference"], row["tries"]) == ("waiting", "", 1)
        receiver.answers = lambda path: 200
        it.clock.pass_(seconds=3)
        await it.deliver()
        assert [key for _, key, *_ in receiver.seen] == [row["event_id"]] * 2
        assert [row["state"] for row in await it.outbox()] == ["delivered"]

    run(scenario, tmp_path, lambda path: failure, hook={})
    assert "message.taken was not delivered at try 1" in caplog.text
    is_private(caplog)


def test_a_wish_without_a_message_is_nobody_s_but_the_list_s(tmp_path):
    async def scenario(it, receiver):
        await it.note(CallbackRequest(CALLER, Why.ASKED, "boiler service"))
        assert await it.outbox() == [] and len(await it.rows(callbacks)) == 1

    run(scenario, tmp_path, hook={})


def test_a_message_waits_for_no_booking_and_keeps_none_waiting(tmp_path):
    async def scenario(it, receiver):
        receiver.answers = lambda path: 500
        await it.take("first")
        await it.deliver()
        receiver.answers = lambda path: 200
        await it.take("second")
        await it.deliver()
        texts = [json.loads(body)["data"]["message"]["text"] for *_, body in receiver.seen]
        assert texts == ["first", "second"]

    run(scenario, tmp_path, hook={})


def test_what_cannot_be_told_is_not_kept_half(tmp_path):
    async def scenario(it, receiver):
        async with it.store.transaction() as db:
            await db.exec_driver_sql("ALTER TABLE outbox RENAME TO hidden")
        with pytest.raises(built_in.ToolError, match="could not be written down"):
            await it.take()
        assert await it.rows(callbacks) == []

    run(scenario, tmp_path, hook={})
