"""Calls that enter the Stasis application leave it for where they belong, or are left alone."""

import asyncio
import uuid

import pytest
import yaml

from ari_app.ari import AriDown, AriRefused
from ari_app.numbers import e164
from ari_app.routing import Load, Rules
from ari_app.settings import SHIPPED_COMPANIES
from ari_app.switchboard import ROUTED, Switchboard
from audiosocket_agent.company import Company

SAMPLE = yaml.safe_load((SHIPPED_COMPANIES / "harbour.yaml").read_text())


class FakeAri:
    """Channels in the application, and what is asked about them."""

    def __init__(self, delay_s=0.0):
        self.delay_s = delay_s
        self.channels = {}  # id -> description
        self.set = {}  # id -> variables
        self.continued = []
        self.subscribed = []
        self.filter = []
        self.refuses = {}  # part of a path -> error
        self.posting = 0
        self.most_posting = 0

    async def get(self, path, params=None, deadline_s=1.0):
        self._check(path)
        if path == "applications/voiceagent":
            return {"name": "voiceagent", "channel_ids": list(self.channels)}
        channel, _, rest = path.removeprefix("channels/").partition("/")
        if channel not in self.channels:
            raise AriRefused(404, "Channel not found")
        if rest == "variable":
            if params["variable"] not in self.set.get(channel, {}):
                raise AriRefused(404, "Provided variable was not found")
            return {"value": self.set[channel][params["variable"]]}
        return self.channels[channel]

    async def put(self, path, body, deadline_s=1.0):
        assert path == "applications/voiceagent/eventFilter"
        self.filter = [kind["type"] for kind in body["allowed"]]

    async def post(self, path, params=None, deadline_s=1.0):
        self.posting += 1
        self.most_posting = max(self.most_posting, self.posting)
        try:
            await asyncio.sleep(self.delay_s)
        finally:
            self.posting -= 1
        self._check(path)
        if path == "applications/voiceagent/subscription":
            self.subscribed.append(params["eventSource"])
            return
        _, channel, verb = path.split("/")
        if verb == "variable":
            self.set.setdefault(channel, {})[params["variable"]] = params["value"]
        else:
            assert verb == "continue" and params == ROUTED
            assert "VA_ROUTE" in self.set[channel]  # everything is set before it goes
            self.continued.append(channel)
            self.channels.pop(channel, None)

    def _check(self, path):
        for part, error in self.refuses.items():
            if part in path:
                raise error


class Notes:
    """Records, and the count they imply."""

    def __init__(self):
        self.rows, self.ends, self.before = [], [], {}

    def load(self):
        with_agent = [row["company"] for row in self.rows if row["route"] == "agent"]
        return Load(len(with_agent), {key: with_agent.count(key) for key in with_agent})

    def routed(self, call_id, company, did, caller, channel, uniqueid, route):
        self.rows.append(
            {"call_id": call_id, "company": company, "did": did, "caller": caller,
             "channel": channel, "uniqueid": uniqueid, "route": route}
        )  # fmt: skip

    def hangs_up(self, uniqueid):
        self.ends.append((uniqueid, "request"))

    def gone(self, uniqueid, cause):
        self.ends.append((uniqueid, cause))

    async def known(self, uniqueid):
        return self.before.get(uniqueid)


class OneCompany:
    def __init__(self, **changes):
        self.company = Company.model_validate({**SAMPLE, **changes})

    def by_did(self, did):
        return self.company if e164(did, "GB") in self.company.dids else None

    def by_key(self, key):
        return self.company if key == self.company.key else None


class Scene:
    """A switchboard with what it talks to."""

    def __init__(self, delay_s=0.0, rules=None, **company):
        self.ari = FakeAri(delay_s)
        self.notes = Notes()
        self.board = Switchboard(self.ari, OneCompany(**company), self.notes, rules or Rules())

    def arrive(self, uniqueid="1.1", did="01632960001", **changes):
        channel = {"id": uniqueid, "name": f"PJSIP/trunk-{uniqueid}", "state": "Ring",
                   "caller": {"name": "Bob", "number": "01632960123"}, **changes}  # fmt: skip
        channel["dialplan"] = {"app_name": "Stasis", "app_data": f"voiceagent,{did}"}
        self.ari.channels[uniqueid] = channel
        return {"type": "StasisStart", "application": "voiceagent", "args": [did],
                "channel": channel}  # fmt: skip


def test_a_call_gets_its_variables_and_goes_on():
    async def main():
        it = Scene(delay_s=0.01, queue="sales", people={"ring_s": 20})
        await it.board.event(it.arrive())
        assert it.ari.continued == ["1.1"]
        (row,) = it.notes.rows
        assert row == {
            "call_id": row["call_id"], "company": "harbour", "did": "441632960001",
            "caller": "01632960123", "channel": "PJSIP/trunk-1.1", "uniqueid": "1.1",
            "route": "agent",
        }  # fmt: skip
        assert it.ari.set["1.1"] == {
            "VA_ROUTE": "agent", "VA_CALL": str(row["call_id"]), "VA_DID": "441632960001",
            "VA_QUEUE": "sales", "VA_RING_S": "20",
        }  # fmt: skip
        assert it.ari.most_posting == 6  # all at the same time: they cost one round trip

    asyncio.run(main())


def test_a_call_tells_its_end_also_once_it_has_left():
    async def main():
        it = Scene()
        event = it.arrive()
        await it.board.event(event)
        assert it.ari.subscribed == ["channel:1.1"]
        for kind, more in (("ChannelHangupRequest", {}), ("ChannelDestroyed", {"cause": 16})):
            await it.board.event({**event, "type": kind, **more})
        await it.board.event({**event, "type": "ChannelDestroyed", "cause": "x"})
        assert it.notes.ends == [("1.1", "request"), ("1.1", "16"), ("1.1", "")]
        await it.board.sweep()
        assert {"StasisStart", "ChannelDestroyed"} <= set(it.ari.filter)

    asyncio.run(main())


def test_a_call_whose_controller_died_before_it_was_sent_on_keeps_its_record():
    async def main():
        it = Scene()
        it.arrive()
        it.notes.before["1.1"] = uuid.UUID(int=7)
        await it.board.sweep()
        assert [row["call_id"] for row in it.notes.rows] == [uuid.UUID(int=7)]

    asyncio.run(main())


@pytest.mark.parametrize("swept", [False, True])
def test_a_number_that_was_withheld_is_neither_noted_nor_blocked(swept):
    async def main():
        it = Scene(blocked=["+441632960123"])
        event = it.arrive()
        event["args"].append("prohib_passed_screen")
        event["channel"]["dialplan"]["app_data"] += ",prohib_passed_screen"
        await (it.board.sweep() if swept else it.board.event(event))
        (row,) = it.notes.rows
        assert (row["caller"], row["route"]) == ("", "agent")

    asyncio.run(main())


def test_many_calls_at_once_see_each_other_in_the_limits():
    async def main():
        it = Scene(delay_s=0.01, rules=Rules(max_calls=7), max_calls=5)
        events = [it.arrive(f"1.{n}") for n in range(20)]
        await asyncio.gather(*(it.board.event(event) for event in events))
        assert len(it.ari.continued) == 20
        assert [row["route"] for row in it.notes.rows].count("agent") == 5
        assert len({row["call_id"] for row in it.notes.rows}) == 20

    asyncio.run(main())


@pytest.mark.parametrize(
    "name", ["Snoop/1.1-0001", "Local/441632960001@voiceagent-in-01;1", "UnicastRTP/127.0.0.1:1"]
)
def test_channels_that_are_no_callers_are_left_alone(name):
    async def main():
        it = Scene()
        await it.board.event(it.arrive(name=name))
        await it.board.sweep()
        assert not it.notes.rows and not it.ari.set and not it.ari.continued

    asyncio.run(main())


def test_a_test_calls_second_half_is_a_caller():
    async def main():
        it = Scene()
        await it.board.event(it.arrive(name="Local/441632960001@voiceagent-in-01;2"))
        assert it.ari.continued == ["1.1"]

    asyncio.run(main())


@pytest.mark.parametrize(
    ("changes", "route", "caller"),
    [
        ({"caller": {}}, "agent", ""),
        ({"caller": None}, "agent", ""),
        ({"caller": {"number": None, "name": None}}, "agent", ""),
        ({"caller": {"number": ["0"]}}, "agent", ""),
        ({"caller": {"number": "anonymous"}}, "agent", ""),
        ({"caller": {"number": "${SHELL(reboot)}\r\nX: y"}}, "agent", ""),
        ({"caller": {"number": "9" * 10_000}}, "agent", ""),
        ({"name": "PJSIP/\x00\u202e;drop"}, "agent", "01632960123"),
        ({"name": 7}, "agent", "01632960123"),
        ({"did": "junk"}, "queue", "01632960123"),
        ({"did": ""}, "queue", "01632960123"),
        ({"did": None}, "queue", "01632960123"),
    ],
)
def test_odd_and_missing_fields_do_not_hold_up_a_call(changes, route, caller):
    async def main():
        it = Scene()
        await it.board.event(it.arrive(**changes))
        assert it.ari.continued == ["1.1"]
        (row,) = it.notes.rows
        assert (row["route"], row["caller"]) == (route, caller)
        assert row["channel"] in ("", "PJSIP/trunk-1.1")

    asyncio.run(main())


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"type": "StasisStart"},
        {"type": "StasisStart", "application": "voiceagent"},
        {"type": "StasisStart", "application": "voiceagent", "channel": "x"},
        {"type": "StasisStart", "application": "voiceagent", "channel": {}},
        {"type": "StasisStart", "application": "voiceagent", "channel": {"id": 7}},
        {"type": "StasisStart", "application": "another", "args": ["1"], "channel": {"id": "1.1"}},
        {"type": "StasisEnd", "application": "voiceagent", "channel": {"id": "1.1"}},
        {"type": 7, "application": "voiceagent", "channel": {"id": "1.1"}},
        {"type": "ChannelVarset", "application": "voiceagent", "channel": {"id": "1.1"}},
    ],
)
def test_events_that_are_no_arrival_of_ours_do_nothing(event):
    async def main():
        it = Scene()
        await it.board.event(event)
        assert not it.notes.rows and not it.ari.set

    asyncio.run(main())


def test_an_arrival_without_arguments_is_an_unknown_number():
    async def main():
        it = Scene()
        for n, args in enumerate(([], None, [7], {"0": "x"})):
            await it.board.event(it.arrive(f"1.{n}") | {"args": args})
        assert len(it.ari.continued) == 4
        assert {row["route"] for row in it.notes.rows} == {"queue"}

    asyncio.run(main())


@pytest.mark.parametrize("part", ["variable", "continue"])
@pytest.mark.parametrize("error", [AriDown("gone"), AriRefused(409, "Channel not in Stasis")])
def test_what_asterisk_refuses_is_left_to_the_dialplan(part, error, caplog):
    async def main():
        it = Scene()
        event = it.arrive()
        it.ari.refuses = {part: error}
        await it.board.event(event)
        assert it.ari.continued == []
        assert "left to the dialplan: " + type(error).__name__ in caplog.text
        assert "01632960123" not in caplog.text

    asyncio.run(main())


def test_a_silent_asterisk_is_given_a_second_and_no_more(caplog):
    async def main():
        it = Scene(delay_s=3600)
        async with asyncio.timeout(60):
            await it.board.event(it.arrive())
        assert it.ari.continued == [] and "TimeoutError" in caplog.text
        assert it.ari.posting == 0  # nothing goes on behind our back

    asyncio.run(main())


def test_after_a_reconnect_the_waiting_calls_are_routed_once_each():
    async def main():
        it = Scene(delay_s=0.01)
        events = [it.arrive(f"1.{n}") for n in range(30)]
        # One is being routed just now; the others' arrival nobody told.
        await asyncio.gather(it.board.event(events[0]), it.board.sweep())
        assert sorted(it.ari.continued) == sorted(event["channel"]["id"] for event in events)
        assert {row["did"] for row in it.notes.rows} == {"441632960001"}
        assert len(it.notes.rows) == 30
        await it.board.sweep()
        assert len(it.notes.rows) == 30

    asyncio.run(main())


def test_a_call_that_is_routed_again_keeps_its_record():
    async def main():
        it = Scene()
        event = it.arrive()
        it.ari.refuses = {"continue": AriDown("gone")}
        await it.board.event(event)
        it.ari.refuses = {}
        await it.board.sweep()
        assert it.ari.continued == ["1.1"]
        assert len({row["call_id"] for row in it.notes.rows}) == 1

        # The controller that began it is gone; the channel remembers.
        first = uuid.UUID(int=7)
        it.arrive("1.2")
        it.ari.set["1.2"] = {"VA_CALL": str(first)}
        await it.board.sweep()
        assert it.notes.rows[-1]["call_id"] == first
        it.arrive("1.3")
        it.ari.set["1.3"] = {"VA_CALL": "junk"}
        await it.board.sweep()
        assert "1.3" in it.ari.continued

    asyncio.run(main())


def test_a_channel_that_comes_in_a_second_time_is_another_call():
    async def main():
        it = Scene()
        for _ in range(2):
            event = it.arrive()
            await it.board.event(event)
            await it.board.event({**event, "type": "StasisEnd"})
        assert len({row["call_id"] for row in it.notes.rows}) == 2

    asyncio.run(main())


def test_waiting_channels_that_vanish_or_have_moved_on_are_skipped():
    async def main():
        it = Scene()
        it.arrive("1.1")["channel"]["dialplan"]["app_name"] = "AudioSocket"
        del it.arrive("1.2")["channel"]["dialplan"]
        it.arrive("1.3")
        it.ari.refuses = {"channels/1.3": AriRefused(404, "Channel not found")}
        it.arrive("1.4")
        await it.board.sweep()
        assert it.ari.continued == ["1.4"] and len(it.notes.rows) == 1

    asyncio.run(main())


@pytest.mark.parametrize(
    "answer", [None, [], {}, {"channel_ids": None}, {"channel_ids": [7, None]}]
)
def test_an_odd_list_of_channels_is_an_empty_one(answer):
    async def main():
        it = Scene()

        async def get(path, params=None, deadline_s=1.0):
            return answer if path.startswith("applications") else None

        it.ari.get = get
        await it.board.sweep()
        assert not it.notes.rows

    asyncio.run(main())
