"""Placing calls through the real AMI adapter, to a manager interface that can misbehave."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest

from ari_app import originate_watch
from ari_app.ami import Ami, AmiLogin
from ari_app.control_server import Refused
from ari_app.originate import Originator, StoreRecords
from ari_app.store import calls, open_store, turns
from audiosocket_agent.errors import ProviderError
from tests.ari_app.fake_ami import fake_ami

COMPANIES = {"harbour": ("441632960001", "441632960002"), "mill": ("441632960003",)}
TO = {"op": "originate", "to": "PJSIP/100", "company": "harbour"}
DID = {
    "op": "originate",
    "did": "441632960001",
    "caller_uuid": "01234567-0123-0123-0123-0123456789ab",
    "caller_media": "127.0.0.1:4000",
}


class Desk:
    """An Originator with its Asterisk, and the streams that were begun."""

    def __init__(self, fake, ami, store, originator, stop):
        self.fake, self.ami, self.store, self.originator = fake, ami, store, originator
        self.stop = stop

    async def placed(self, request, count=1):
        """Order a call; returns its stream and the action Asterisk was sent."""
        stream = self.originator.originate(request)
        begun = asyncio.create_task(anext(stream))
        action = await self.fake.until("Originate", count)
        self.fake.answer(action)
        assert await begun == {"event": "placed", "placed": action["ActionID"]}
        return stream, action

    def event(self, name, **fields):
        lines = [f"Event: {name}", *(f"{key}: {value}" for key, value in fields.items())]
        self.fake.say(("\r\n".join(lines) + "\r\n\r\n").encode())

    def hangup(self, action, cause):
        self.event("Hangup", Uniqueid=action["ChannelId"], Cause=cause)

    def answered(self, action):
        self.event("OriginateResponse", ActionID=action["ActionID"], Response="Success", Reason=4)

    async def until(self, condition):
        async with asyncio.timeout(30):
            while not condition():
                await asyncio.sleep(0.01)


@asynccontextmanager
async def desk(tmp_path, most=2, render=None):
    async def nothing(text):
        raise AssertionError("no message is to be made")

    stop = asyncio.Event()
    async with fake_ami() as fake:
        store = await open_store(tmp_path / "voiceagent.db")
        # Events only come once the link is up, and then the originator is there.
        ami = Ami(AmiLogin("127.0.0.1", fake.port, "u", "s"), lambda e: originator.on_event(e))
        originator = Originator(
            ami, StoreRecords(store), lambda: COMPANIES, most, render or nothing
        )
        running = asyncio.create_task(ami.run(stop))
        made = Desk(fake, ami, store, originator, stop)
        try:
            await made.until(lambda: ami.up)
            yield made
        finally:
            stop.set()
            await originator.close()
            await running
            await store.close()


def run(tmp_path, scenario, **options):
    async def main():
        async with asyncio.timeout(90), desk(tmp_path, **options) as made:
            return await scenario(made)

    return asyncio.run(main())


async def rest(stream):
    return [progress async for progress in stream]


async def refusal(stream):
    with pytest.raises(Refused) as refused:
        await anext(stream)
    return refused.value.word, refused.value.message


async def record(made, call_id, **changes):
    row = {
        "call_id": call_id, "company": "harbour", "did": "441632960001", "caller": "",
        "channel": "PJSIP/100-1", "uniqueid": "va-1-2", "registered_at": "2026-01-01T00:00:00",
        "connected_at": "2026-01-01T00:00:01", **changes,
    }  # fmt: skip
    await made.store.upsert(calls, row)


def test_a_busy_telephone(tmp_path):
    async def scenario(made):
        stream, action = await made.placed(TO)
        made.event("OriginateResponse", ActionID=action["ActionID"], Response="Failure", Reason=5)
        made.hangup(action, 17)
        return await rest(stream), made.originator.placed

    told, left = run(tmp_path, scenario)
    assert [p["event"] for p in told] == ["ended"]
    assert (told[0]["result"], told[0]["cause"], left) == ("busy", 17, 0)


def test_turns_come_from_the_record(tmp_path):
    async def scenario(made):
        stream, action = await made.placed(DID)
        made.event("Newstate", Uniqueid=action["ChannelId"], ChannelState=5)
        made.answered(action)
        await record(made, "c1", uniqueid=action["OtherChannelId"])
        told = []
        async for progress in stream:
            told.append(progress)
            match progress["event"]:
                case "call":
                    await made.store.upsert(turns, {
                        "call_id": "c1", "index": 0, "speaker": "agent", "step": "greet",
                        "asks": "", "text": "Hello", "heard": "Hello", "done": True,
                        "interrupted": False, "at_ms": 0,
                        "marks_ms": {"speech_end": 100, "first_frame": 450},
                    })  # fmt: skip
                case "turn":
                    end = {"ended_at": "t", "end_reason": "completed", "next": "hangup"}
                    await record(made, "c1", uniqueid=action["OtherChannelId"], **end)
                    made.hangup(action, 16)
        return told

    told = run(tmp_path, scenario)
    events = [p["event"] for p in told]
    assert sorted(events[:3]) == ["answered", "call", "ringing"]
    assert events[3:] == ["turn", "ended"]
    assert told[-1]["result"] == "completed"
    assert told[-1]["latencies_ms"] == [350]


def test_closing_the_stream_hangs_up(tmp_path):
    async def scenario(made):
        stream, action = await made.placed(TO)
        made.answered(action)
        assert (await anext(stream))["event"] == "answered"
        await stream.aclose()
        hangup = await made.fake.until("Hangup")
        made.fake.answer(hangup)
        return hangup["Channel"] == action["ChannelId"], made.originator.placed

    assert run(tmp_path, scenario) == (True, 0)


def test_never_more_than_so_many_at_once(tmp_path):
    async def scenario(made):
        first, action = await made.placed(TO)
        await made.placed(TO, 2)
        refused = await refusal(made.originator.originate(TO))
        assert made.originator.placed == 2
        made.event("OriginateResponse", ActionID=action["ActionID"], Response="Failure", Reason=0)
        await rest(first)
        await made.placed(TO, 3)
        return refused

    word, message = run(tmp_path, scenario)
    assert word == "too_many"
    assert "VOICEAGENT_ORIGINATE_CALLS" in message


def test_twenty_orders_at_once_place_two(tmp_path):
    async def scenario(made):
        streams = [made.originator.originate(TO) for _ in range(20)]
        begun = [asyncio.create_task(anext(stream)) for stream in streams]
        for count in (1, 2):
            made.fake.answer(await made.fake.until("Originate", count))
        outcomes = await asyncio.gather(*begun, return_exceptions=True)
        return [getattr(o, "word", "placed") for o in outcomes]

    words = run(tmp_path, scenario)
    assert sorted(words) == ["placed"] * 2 + ["too_many"] * 18


@pytest.mark.parametrize(
    "request_, why",
    [
        ({**TO, "to": "PJSIP/1\r\nAction: Logoff"}, "not a device"),
        ({"op": "originate"}, "exactly one"),
        ({**TO, "company": ""}, "harbour, mill"),
        ({**TO, "company": "nobody"}, "harbour, mill"),
        ({**TO, "company": "", "from_did": "441632960099"}, "no company has this number"),
        ({**TO, "ring_s": "soon"}, "ring_s"),
    ],
)
def test_an_order_that_makes_no_sense_reaches_nobody(tmp_path, request_, why):
    async def scenario(made):
        refused = await refusal(made.originator.originate(request_))
        return refused, [a["Action"] for a in made.fake.seen], made.originator.placed

    (word, message), seen, placed = run(tmp_path, scenario)
    assert (word, placed) == ("bad_request", 0)
    assert why in message and "Originate" not in seen


def test_the_company_may_be_named_by_its_number(tmp_path):
    async def scenario(made):
        request = {"op": "originate", "to": "PJSIP/100", "from_did": "+441632960003"}
        stream = made.originator.originate(request)
        begun = asyncio.create_task(anext(stream))
        action = await made.fake.until("Originate")
        made.fake.answer(action, "Response: Error", "Message: Extension does not exist.")
        with pytest.raises(Refused) as refused:
            await begun
        return refused.value, made.originator.placed

    refused, placed = run(tmp_path, scenario)
    assert (refused.word, placed) == ("not_placed", 0)
    assert "Extension does not exist." in refused.message


def test_an_order_nobody_confirms_is_taken_back(tmp_path, monkeypatch):
    monkeypatch.setattr("ari_app.originate.ORDER_DEADLINE_S", 0.2)

    async def scenario(made):
        begun = asyncio.create_task(anext(made.originator.originate(TO)))
        action = await made.fake.until("Originate")
        with pytest.raises(Refused) as refused:
            await begun
        hangup = await made.fake.until("Hangup")
        made.fake.answer(hangup)
        return refused.value.word, hangup["Channel"] == action["ChannelId"]

    assert run(tmp_path, scenario) == ("not_placed", True)


def test_without_a_link_nothing_is_placed(tmp_path):
    async def main():
        store = await open_store(tmp_path / "voiceagent.db")
        ami = Ami(AmiLogin("127.0.0.1", 1, "u", "s"), lambda event: None)
        originator = Originator(ami, StoreRecords(store), lambda: COMPANIES, 1, None)
        refused = await refusal(originator.originate(TO))
        await originator.close()
        await store.close()
        return refused, originator.placed

    (word, message), placed = asyncio.run(main())
    assert (word, placed) == ("not_placed", 0)
    assert "no link" in message


def test_a_call_outlives_its_link_and_ends_by_its_record(tmp_path):
    async def scenario(made):
        stream, action = await made.placed(DID)
        made.answered(action)
        assert (await anext(stream))["event"] == "answered"
        await record(made, "c1", uniqueid=action["OtherChannelId"])
        assert (await anext(stream))["event"] == "call"
        made.stop.set()  # the link goes down, and for good
        told = [await anext(stream)]
        end = {"ended_at": "t", "end_reason": "caller_hung_up", "hung_up_at": "t"}
        await record(made, "c1", uniqueid=action["OtherChannelId"], **end)
        return told + await rest(stream)

    told = run(tmp_path, scenario)
    assert told[0]["event"] == "blind"
    assert told[-1]["event"] == "ended" and told[-1]["result"] == "completed"


def test_an_end_that_was_missed_is_found_when_the_link_is_back(tmp_path, monkeypatch):
    monkeypatch.setattr(originate_watch, "SETTLE_S", 0.5)

    async def scenario(made):
        stream, action = await made.placed(DID)
        made.answered(action)
        assert (await anext(stream))["event"] == "answered"
        made.fake.hang_up()
        following = asyncio.create_task(rest(stream))
        status = await made.fake.until("Status")
        assert status["Channel"] == action["ChannelId"]
        made.fake.answer(status, "Response: Error", "Message: No such channel")
        return await following

    told = run(tmp_path, scenario)
    events = [p["event"] for p in told]
    assert events in (["blind", "sighted", "ended"], ["ended"])  # a link may be back in no time
    assert told[-1]["result"] == "failed"  # answered, and the agent never had it


def test_a_silent_asterisk_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(originate_watch, "RING_MARGIN_S", -0.5)

    async def scenario(made):
        stream, action = await made.placed({**TO, "ring_s": 1})
        told = await rest(stream)
        hangup = await made.fake.until("Hangup")
        made.fake.answer(hangup)
        return told, hangup["Channel"] == action["ChannelId"]

    told, hung_up = run(tmp_path, scenario)
    assert told[-1]["result"] == "failed" and "never said" in told[-1]["why"]
    assert hung_up


def test_a_call_nobody_waits_for_counts_until_it_ends(tmp_path):
    async def scenario(made):
        stream, action = await made.placed({**TO, "wait": False})
        assert await rest(stream) == []
        assert made.originator.placed == 1
        made.event("OriginateResponse", ActionID=action["ActionID"], Response="Failure", Reason=5)
        await made.until(lambda: made.originator.placed == 0)
        return [a["Action"] for a in made.fake.seen if a["Action"] == "Hangup"]

    assert run(tmp_path, scenario) == []


def test_a_controller_that_stops_leaves_calls_alone(tmp_path):
    async def scenario(made):
        unattended, _ = await made.placed({**TO, "wait": False})
        await rest(unattended)
        attended, _ = await made.placed(TO, 2)
        await made.originator.close()
        await attended.aclose()
        await made.originator.close()
        return [a["Action"] for a in made.fake.seen if a["Action"] == "Hangup"]

    assert run(tmp_path, scenario) == []


def test_keys_reach_the_callers_half(tmp_path):
    async def scenario(made):
        _stream, action = await made.placed(DID)
        pressing = asyncio.create_task(
            made.originator.press({"placed": action["ActionID"], "keys": "2#"})
        )
        keys = []
        for count in (1, 2):
            key = await made.fake.until("PlayDTMF", count)
            made.fake.answer(key)
            keys.append((key["Digit"], key["Channel"] == action["ChannelId"]))
        await pressing
        return keys

    assert run(tmp_path, scenario) == [("2", True), ("#", True)]


@pytest.mark.parametrize(
    "placed, keys, word",
    [
        ("va-0", "1", "unknown"),
        (["va-0"], "1", "unknown"),
        ("", "12\r\nAction: Logoff", "bad_request"),
        ("", "", "bad_request"),
        ("", "1" * 33, "bad_request"),
    ],
)
def test_keys_that_cannot_be_pressed(tmp_path, placed, keys, word):
    async def scenario(made):
        with pytest.raises(Refused) as refused:
            await made.originator.press({"placed": placed, "keys": keys})
        return refused.value.word

    assert run(tmp_path, scenario) == word


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied"), ProviderError("offline", "no espeak-ng")]
)
def test_a_message_that_cannot_be_made_is_told(tmp_path, error):
    async def render(text):
        raise error

    async def scenario(made):
        request = {**TO, "machine": "message", "message": "please call us back"}
        return await refusal(made.originator.originate(request)), made.originator.placed

    (word, message), placed = run(tmp_path, scenario, render=render)
    assert (word, placed) == ("not_placed", 0)
    assert "cannot be made" in message and "please call" not in message


def test_a_message_is_made_and_named(tmp_path):
    async def render(text):
        assert text == "please call us back"
        return "/sounds/say-1"

    async def scenario(made):
        request = {**TO, "machine": "message", "message": "please call us back"}
        _, action = await made.placed(request)
        return action

    action = run(tmp_path, scenario, render=render)
    assert action["Context"] == "voiceagent-out"


def test_odd_events_harm_nobody(tmp_path):
    async def scenario(made):
        stream, action = await made.placed(TO)
        made.fake.say(b"Event: Hangup\r\nUniqueid: \xff\xfe\r\nCause: \x00\r\n\r\n")
        made.event("Hangup")
        made.event("OriginateResponse", ActionID=action["ActionID"])
        with suppress(StopAsyncIteration):
            return await rest(stream)

    assert run(tmp_path, scenario)[-1]["result"] == "refused"
