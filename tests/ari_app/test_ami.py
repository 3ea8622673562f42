"""AMI: against the real Asterisk over roads that go bad, and byte by byte against a fake one."""

import asyncio
import logging
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_app.ami import Ami, AmiDown, AmiError, AmiLogin, AmiRefused, AmiTimeout
from ari_app.ami_wire import read_message
from tests.ari_app.fake_ami import fake_ami
from tests.phone import Caller, Phone
from tests.roads import Road

PATIENCE_S = 20


async def until(true):
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(ami, up=True):
    stop = asyncio.Event()
    task = asyncio.create_task(ami.run(stop))
    try:
        if up:
            await until(lambda: ami.up)
        yield ami
    finally:
        stop.set()
        async with asyncio.timeout(PATIENCE_S):
            await task
    assert not ami.up


def login(port, user="voiceagent", secret="s3cret"):
    return AmiLogin("127.0.0.1", port, user, secret)


@asynccontextmanager
async def real(asterisk, on_up=None):
    """The sandbox's AMI over a road; gives the link, the road and the events."""
    events = []
    async with Road(asterisk.ports().ami) as road:
        async with running(
            Ami(login(road.port, *asterisk.agent_ami_login()), events.append, on_up)
        ) as ami:
            yield ami, road, events


@asynccontextmanager
async def fake(on_event=None, on_up=None):
    events = []
    async with fake_ami() as pbx:
        async with running(Ami(login(pbx.port), on_event or events.append, on_up)) as ami:
            yield ami, pbx, events


def run(story):
    asyncio.run(story())


# ---- the real Asterisk ----


@pytest.mark.pbx
def test_actions_lists_events_and_refusals_of_the_real_asterisk(asterisk):
    async def story():
        async with real(asterisk) as (ami, _, events):
            assert (await ami.action("Ping", {}))["Ping"] == "Pong"
            with pytest.raises(AmiRefused, match="Permission denied"):
                await ami.listing("CoreShowChannels", {})
            with pytest.raises(AmiRefused) as refused:
                await ami.set_variables("PJSIP/nobody-1", {"VA_NEXT": "queue"})
            assert refused.value.message == "No such channel"
            placed = {"Channel": "Local/1@standin/n", "Application": "Wait", "Data": "5"}
            placed["ActionID"] = "ours-1"
            await ami.action("Originate", placed, variables={"VA_CALL": "a-b", "VA_BACK": ""})

            def of(name):
                return [event for event in events if event.get("Event") == name]

            await until(lambda: of("OriginateResponse"))
            response = of("OriginateResponse")[0]
            assert (response["ActionID"], response["Response"]) == ("ours-1", "Success")
            with pytest.raises(TypeError):
                response["Response"] = "changed"
            await ami.set_variables(response["Channel"], {"VA_TARGET": "100", "VA_NEXT": "queue"})
            asked = {"Channel": response["Uniqueid"], "Variables": "VA_CALL,VA_TARGET,VA_NEXT"}
            (status,) = await ami.listing("Status", asked)
            assert status["Variable"].split("\n") == [
                "VA_CALL=a-b", "VA_TARGET=100", "VA_NEXT=queue",
            ]  # fmt: skip
            await ami.action("Hangup", {"Channel": response["Channel"], "Cause": "16"})
            await until(lambda: len(of("Hangup")) == 2)  # both halves of a Local channel
            assert {event["Cause"] for event in of("Hangup")} <= {"0", "16"}
            assert not of("VarSet") and not of("Newexten")  # not asked for, whatever the user may

    run(story)


@pytest.mark.pbx
def test_a_frozen_link_is_found_dropped_and_made_anew(asterisk):
    ups = []

    async def up():
        ups.append(ami_of[0].up)

    ami_of = []

    async def story():
        async with Road(asterisk.ports().ami) as road:
            ami = Ami(login(road.port, *asterisk.agent_ami_login()), lambda event: None, up)
            ami_of.append(ami)
            async with running(ami):
                road.freeze()
                with pytest.raises(AmiDown):  # long before its own deadline
                    await ami.action("Ping", {}, 60)
                assert not ami.up
                with pytest.raises(AmiDown):
                    await ami.action("Ping", {})
                road.thaw()
                await until(lambda: ami.up and len(ups) == 2)
                assert ups == [True, True]
                assert (await ami.action("Ping", {}))["Ping"] == "Pong"

    run(story)


@pytest.mark.pbx
def test_what_is_under_way_when_the_link_is_cut_fails_at_once(asterisk):
    async def story():
        async with real(asterisk) as (ami, road, _):
            road.slow(0.5)
            asked = [asyncio.create_task(ami.action("Ping", {}, 60)) for _ in range(20)]
            await asyncio.sleep(0.1)
            assert not any(task.done() for task in asked)
            road.cut()
            async with asyncio.timeout(5):
                told = await asyncio.gather(*asked, return_exceptions=True)
            assert {type(error) for error in told} == {AmiDown}
            road.slow(0)
            await until(lambda: ami.up)

    run(story)


@pytest.mark.pbx
def test_a_slow_link_is_used_and_a_deadline_kept(asterisk):
    async def story():
        async with real(asterisk) as (ami, road, _):
            road.slow(0.2)
            assert (await ami.action("Ping", {}, 10))["Ping"] == "Pong"
            with pytest.raises(AmiTimeout):
                await ami.action("Ping", {}, 0.1)
            with pytest.raises(AmiTimeout):
                await ami.set_variables("x", {"A": "1", "B": "2"}, 0.1)
            await asyncio.sleep(2.5)  # more than two heartbeats
            assert ami.up and road.carried == 1

    run(story)


@pytest.mark.pbx
def test_a_wrong_secret_is_told_once_and_tried_seldom(asterisk, caplog):
    async def story():
        async with Road(asterisk.ports().ami) as road:
            wrong = login(road.port, "voiceagent", "wr0ng-s3cret")
            async with running(Ami(wrong, lambda event: None), up=False) as ami:
                await until(lambda: caplog.records)
                await asyncio.sleep(2)
                assert not ami.up and road.carried == 1
                with pytest.raises(AmiDown):
                    await ami.action("Ping", {})

    caplog.set_level(logging.INFO)
    run(story)
    (line,) = [r for r in caplog.records if r.name.startswith("ari_app")]
    assert line.levelno == logging.ERROR
    assert "VOICEAGENT_AMI_SECRET" in line.message and "manager.conf" in line.message
    assert "wr0ng" not in caplog.text


@pytest.mark.pbx
def test_the_link_comes_back_when_asterisk_does(asterisk):
    async def story():
        ups = []

        async def up():
            ups.append(1)

        ami = Ami(login(asterisk.ports().ami, *asterisk.agent_ami_login()), lambda event: None, up)
        async with running(ami):
            await asyncio.to_thread(asterisk.stop_pbx)
            await until(lambda: not ami.up)
            await asyncio.to_thread(asterisk.up, with_agent=False)
            await until(lambda: ami.up and len(ups) == 2)
            assert await ami.listing("QueueStatus", {"Queue": "reception"})

    run(story)


@pytest.mark.pbx
@pytest.mark.parametrize(
    "name",
    ["Zo\u00eb \U0001f600", "x Injected: yes %0d%0aInjected: yes", "n" * 300, 'a"b\\', "\x01\x7f"],
)
def test_a_hostile_caller_name_is_one_field_of_an_event(asterisk, name):
    async def story():
        async with (
            real(asterisk) as (ami, _, events),
            Phone("127.0.0.1", asterisk.ports().sip) as phone,
        ):
            call = await phone.call("441632960001", Caller("07700900123", name))
            await until(lambda: any("07700900123" in e.get("CallerIDNum", "") for e in events))
            await call.hangup()
            await until(lambda: any(e["Event"] == "Hangup" for e in events))
            assert not any("Injected" in event for event in events)
            assert ami.up

    run(story)


@pytest.mark.pbx
def test_twenty_hand_overs_at_once_are_confirmed_each_within_its_deadline(asterisk):
    async def story():
        async with real(asterisk) as (ami, _, events):

            def of(name):
                return [event for event in events if event.get("Event") == name]

            placed = {"Channel": "Local/1@standin/n", "Application": "Wait", "Data": "30"}
            for _ in range(20):
                await ami.action("Originate", placed)
            await until(lambda: len(of("OriginateResponse")) == 20)
            channels = [event["Channel"] for event in of("OriginateResponse")]
            told = {"VA_TARGET": "100", "VA_SUMMARY": "wants a plumber", "VA_NEXT": "queue"}
            await asyncio.gather(*(ami.set_variables(c, told, 10) for c in channels))
            listed = await ami.listing("Status", {"Variables": "VA_NEXT,VA_SUMMARY"}, 10)
            values = [event["Variable"] for event in listed if event["Channel"] in channels]
            assert values == ["VA_NEXT=queue\nVA_SUMMARY=wants a plumber"] * 20
            for channel in channels:
                await ami.action("Hangup", {"Channel": channel})

    run(story)


# ---- what is refused before the wire ----

BAD = ["a\r\nAction: Logoff", "a\nb", "a\rb", "a\0b", "\ud800", "x" * 1001]


@pytest.mark.parametrize("bad", BAD)
def test_what_must_not_reach_asterisk_is_refused_before_the_wire(bad):
    async def story():
        async with fake() as (ami, pbx, _):
            before = len(pbx.seen)
            for name, fields in [
                ("Setvar", {"Channel": "c", "Variable": "v", "Value": bad}),
                ("Setvar", {bad: "value"}),
                (bad, {}),
            ]:
                with pytest.raises(ValueError):
                    await ami.action(name, fields)
                with pytest.raises(ValueError):
                    await ami.listing(name, fields)
            with pytest.raises(ValueError) as refused:
                await ami.set_variables("c", {"v": bad})
            assert bad not in str(refused.value)
            with pytest.raises(ValueError):
                await ami.action("Originate", {}, variables={"v": bad})
            await pbx.until("Ping")
            assert {a["Action"] for a in pbx.seen[before:]} <= {"Ping"}

    run(story)


@pytest.mark.parametrize("name", ["", "a b", "a:b", "caf\u00e9"])
def test_a_header_has_a_proper_name(name):
    async def story():
        with pytest.raises(ValueError, match="header"):
            await Ami(login(9), print).action("Setvar", {name: "x"})

    run(story)


@pytest.mark.parametrize("variables", [{"a": "1,b=2"}, {"a,b": "1"}, {"a=b": "1"}, {"a": 'x"'}])
def test_a_variable_asterisk_would_take_apart_is_refused(variables):
    async def story():
        with pytest.raises(ValueError, match="apart"):
            await Ami(login(9), print).action("Originate", {}, variables=variables)

    run(story)


# ---- byte by byte ----


def test_an_event_may_come_in_any_pieces_with_any_bytes():
    sent = (
        b"Event: Newchannel\r\nCallerIDName: Zo\xc3\xab \xff\xfe\x01\nX: \rY\r\n"
        b"Empty: \r\nUniqueid: 1.2\r\n\r\n"
        b"no colon at all\r\n\r\n"
        b"Neither: event\r\n\r\n"
        b"Event: Hangup\r\n\r\n"
    )

    async def story():
        async with fake() as (_, pbx, events):
            for n in range(len(sent)):
                pbx.say(sent[n : n + 1])
                await asyncio.sleep(0)
            await until(lambda: len(events) == 2)
            odd, bare = events
            assert odd["CallerIDName"] == "Zo\u00eb \ufffd\ufffd\ufffd\ufffdX: \ufffdY"
            assert (odd["Empty"], odd["Uniqueid"]) == ("", "1.2")
            assert dict(bare) == {"Event": "Hangup"} and bare.get("Uniqueid") is None

    run(story)


def test_a_repeated_header_does_not_replace_the_first():
    assert read_message(b"Event: Hangup\r\nUniqueid: 1\r\nUniqueid: 2") == {
        "Event": "Hangup", "Uniqueid": "1\n2",
    }  # fmt: skip


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_a_message_of_texts_or_none(data, real_start):
    fields = read_message(b"Event: X\r\n" + data if real_start else data)
    if fields is not None:
        assert all(isinstance(v, str) and "\r" not in v and "\0" not in v for v in fields.values())


def test_a_handler_that_fails_is_logged_and_the_link_lives(caplog):
    taken = []

    def fails(event):
        taken.append(event)
        raise KeyError(event["CallerIDNum"])

    async def story():
        async with fake(on_event=fails) as (ami, pbx, _):
            pbx.say(b"Event: Hangup\r\nCallerIDNum: 07700900123\r\n\r\n" * 2)
            await until(lambda: len(taken) == 2)
            await ami.action("Ping", {})
            assert ami.up

    run(story)
    assert "KeyError at test_ami.py" in caplog.text
    assert "07700900123" not in caplog.text


def test_a_reconciliation_that_fails_is_logged_and_the_link_lives(caplog):
    async def fails():
        raise KeyError("07700900123")

    async def story():
        async with fake(on_up=fails) as (ami, _, _events):
            await until(lambda: "KeyError" in caplog.text)
            await ami.action("Ping", {})

    run(story)
    assert "07700900123" not in caplog.text


def test_a_reconciliation_under_way_is_cancelled_with_its_link():
    begun, over = [], []

    async def slow():
        begun.append(1)
        try:
            await asyncio.sleep(3600)
        finally:
            over.append(1)

    async def story():
        async with fake(on_up=slow) as (_, pbx, _events):
            await until(lambda: begun)
            pbx.hang_up()
            await until(lambda: len(begun) == 2)
            assert len(over) == 1

    run(story)
    assert len(over) == 2


def test_nothing_is_ever_sent_again():
    async def story():
        async with fake() as (ami, pbx, _):
            asked = asyncio.create_task(ami.action("Originate", {"Channel": "Local/1@x"}, 60))
            placed = await pbx.until("Originate")
            assert placed["Async"] == "true"
            pbx.hang_up()
            with pytest.raises(AmiDown):
                await asked
            await pbx.until("Login", 2)
            await pbx.until("Ping", 1)
            pbx.say(b"Event: FullyBooted\r\n\r\n")
            await ami.action("Ping", {})
            assert [a["Action"] for a in pbx.seen].count("Originate") == 1

    run(story)


def test_an_answer_that_is_late_is_nobodys():
    async def story():
        async with fake() as (ami, pbx, events):
            with pytest.raises(AmiTimeout):
                await ami.action("Hangup", {"Channel": "x"}, 0.05)
            pbx.answer(await pbx.until("Hangup"), "Response: Error", "Message: late")
            assert (await ami.action("Ping", {}))["Response"] == "Success"
            assert ami.up and not events

    run(story)


def test_variables_are_set_in_order_and_the_last_only_after_the_others():
    async def story():
        async with fake() as (ami, pbx, _):
            setting = asyncio.create_task(ami.set_variables("c", {"A": "1", "VA_NEXT": "q"}, 60))
            first = await pbx.until("Setvar")
            assert first["Variable"] == "A"
            await ami.action("Ping", {})
            assert [a["Action"] for a in pbx.seen].count("Setvar") == 1
            pbx.answer(first)
            last = await pbx.until("Setvar", 2)
            assert (last["Variable"], last["Value"]) == ("VA_NEXT", "q")
            pbx.answer(last, "Response: Error", "Message: No such channel")
            with pytest.raises(AmiRefused):
                await setting

    run(story)


def test_a_list_ends_where_asterisk_says_and_events_between_go_their_way():
    async def story():
        async with fake() as (ami, pbx, events):
            asked = asyncio.create_task(ami.listing("Status", {}, 60))
            action = await pbx.until("Status")
            pbx.answer(action, "Response: Success", "EventList: start", "Message: will follow")
            pbx.answer(action, "Event: AgentComplete")
            pbx.say(b"Event: Hangup\r\nUniqueid: 9\r\n\r\n")
            pbx.answer(action, "Event: Status", "Uniqueid: 1.1")
            pbx.answer(action, "Event: StatusComplete", "EventList: Complete")
            assert [e["Event"] for e in await asked] == ["AgentComplete", "Status"]
            assert [e["Event"] for e in events] == ["Hangup"]

    run(story)


def test_a_list_nobody_may_see_is_refused_and_one_that_never_ends_times_out():
    async def story():
        async with fake() as (ami, pbx, _):
            asked = asyncio.create_task(ami.listing("CoreShowChannels", {}, 60))
            action = await pbx.until("CoreShowChannels")
            pbx.answer(action, "Response: Error", "Message: Permission denied")
            with pytest.raises(AmiRefused, match="Permission denied"):
                await asked
            asked = asyncio.create_task(ami.listing("Status", {}, 0.3))
            pbx.answer(await pbx.until("Status"), "Response: Success", "EventList: start")
            with pytest.raises(AmiTimeout):
                await asked

    run(story)


def test_an_asterisk_that_answers_no_ping_is_left(caplog):
    async def story():
        async with fake() as (ami, pbx, _):
            pbx.mute = True
            with pytest.raises(AmiDown):
                await ami.action("Hangup", {"Channel": "x"}, 60)
            pbx.mute = False
            await until(lambda: ami.up)

    run(story)
    assert "no answer to a ping" in caplog.text


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH_9\r\n", b"HTTP", b"A" * 500])
def test_what_is_not_ami_is_told(greeting, caplog):
    async def story():
        async with fake_ami() as pbx:
            pbx.greeting = greeting
            async with running(Ami(login(pbx.port), print), up=False):
                await until(lambda: "not AMI" in caplog.text)
                assert not pbx.seen

    run(story)


def test_a_message_without_end_costs_the_link_not_the_memory(caplog):
    async def story():
        async with fake() as (ami, pbx, _):
            for _ in range(6):
                pbx.say(b"Event: X\r\nY: " + b"z" * 65536)
            await until(lambda: "without end" in caplog.text)
            await until(lambda: ami.up)

    run(story)


def test_nobody_there_is_told_once_not_at_every_attempt(caplog):
    async def story():
        async with Road(9) as road:
            await road.refuse()
            async with running(Ami(login(road.port), print, chance=lambda: 1.0), up=False) as ami:
                await asyncio.sleep(1.5)
                with pytest.raises(AmiError):
                    await ami.action("Ping", {})

    run(story)
    (line,) = [r for r in caplog.records if r.name.startswith("ari_app")]
    assert (
        "Connection refused; is Asterisk running?" in line.message
        and "VOICEAGENT_AMI_PORT" in line.message
    )


def test_the_secret_is_not_shown():
    assert "s3cret" not in repr(login(1))
