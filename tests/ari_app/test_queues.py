"""What is told about a queue: counted from literal events, and asked of the real Asterisk."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_app.ami import Ami, AmiDown, AmiLogin
from ari_app.queues import Queues, outlook_of
from audiosocket_agent.control import Outlook

STAND_IN = "Local/1@standin/n"
PARAMS = {"Event": "QueueParams", "Queue": "people", "Calls": "2"}


def member(**fields):
    told = {"Event": "QueueMember", "Queue": "people", "Status": "1", "Paused": "0", "InCall": "0"}
    return {**told, **fields}


def entry(wait):
    return {"Event": "QueueEntry", "Queue": "people", "Wait": wait}


def test_everything_about_a_queue_is_counted():
    events = [PARAMS, member(), member(Status="2"), member(Paused="1"), entry("31"), entry("7")]
    assert outlook_of(events, "people") == Outlook(True, 2, 1, 2, 31)


@pytest.mark.parametrize(
    ("fields", "members", "free"),
    [
        ({"Status": "0"}, 1, 1),  # unknown: app_queue rings it
        ({"Status": "1"}, 1, 1),
        ({"Status": "2"}, 1, 0),
        ({"Status": "3"}, 1, 0),
        ({"Status": "4"}, 0, 0),
        ({"Status": "5"}, 0, 0),
        ({"Status": "6"}, 1, 0),
        ({"Status": "8"}, 1, 0),
        ({"InCall": "1"}, 1, 0),
        ({"Paused": "1"}, 0, 0),
        ({"Status": "one"}, 0, 0),
        ({"Status": "1" * 40}, 0, 0),
        ({"Status": "\u0661"}, 0, 0),
        ({"Queue": "others"}, 0, 0),
    ],
)
def test_a_member_counts_by_its_state(fields, members, free):
    outlook = outlook_of([PARAMS, member(**fields)], "people")
    assert (outlook.members, outlook.free) == (members, free)


@pytest.mark.parametrize("missing", ["Status", "Paused"])
def test_a_member_with_a_field_missing_is_nobody(missing):
    told = member()
    del told[missing]
    assert outlook_of([PARAMS, told], "people").members == 0


def test_a_queue_nobody_describes_does_not_exist():
    assert not outlook_of([], "people").exists
    assert not outlook_of([{**PARAMS, "Queue": "others"}], "people").exists
    assert outlook_of([PARAMS], "PEOPLE").exists


def test_callers_are_counted_even_if_the_queue_does_not_say_how_many():
    assert outlook_of([{**PARAMS, "Calls": "many"}, entry("x"), entry("-5")], "people") == Outlook(
        True, 0, 0, 2, 0
    )


NAMES = st.sampled_from(["Event", "Queue", "Calls", "Status", "Paused", "InCall", "Wait", "x"])
VALUES = st.one_of(
    st.sampled_from(["QueueParams", "QueueMember", "QueueEntry", "people", "0", "1", "5"]),
    st.text(max_size=12),
)


@given(st.lists(st.dictionaries(NAMES, VALUES), max_size=8))
def test_nothing_asterisk_says_breaks_the_count(events):
    outlook = outlook_of(events, "people")
    assert 0 <= outlook.free <= outlook.members <= len(events)
    assert 0 <= outlook.waiting and 0 <= outlook.longest_wait_s < 10**9


async def with_ami(login, story):
    stop = asyncio.Event()
    ami = Ami(login, lambda event: None)
    running = asyncio.create_task(ami.run(stop))
    try:
        async with asyncio.timeout(20):
            while not ami.up:
                await asyncio.sleep(0.02)
            return await story(ami)
    finally:
        stop.set()
        await running


@pytest.mark.pbx
def test_the_real_queue_is_looked_at_with_the_least_rights(asterisk):
    port = asterisk.ports().ami
    admin = AmiLogin("127.0.0.1", port, *asterisk.ami_login())

    async def look(ami):
        queues = Queues(ami)
        assert await queues.outlook("") == Outlook(exists=False)
        assert await queues.outlook("nobody-knows-it") == Outlook(exists=False)
        free = await queues.outlook("reception")
        assert free.exists and free.members >= free.free > 0 and free.waiting == 0
        with pytest.raises(ValueError, match="CR, LF"):
            await queues.outlook("reception\r\nAction: Logoff")

        async def pause(above):
            fields = {"Queue": "reception", "Interface": STAND_IN}
            await above.action("QueuePause", {**fields, "Paused": "1"})
            try:
                return await queues.outlook("RECEPTION")
            finally:
                await above.action("QueuePause", {**fields, "Paused": "0"})

        less = await with_ami(admin, pause)
        assert (less.members, less.free) == (free.members - 1, free.free - 1)

    asyncio.run(with_ami(AmiLogin("127.0.0.1", port, *asterisk.agent_ami_login()), look))


def test_without_a_link_there_is_no_outlook():
    async def main():
        with pytest.raises(AmiDown):
            await Queues(Ami(AmiLogin("127.0.0.1", 9, "u", "s"), lambda event: None)).outlook("q")

    asyncio.run(main())
