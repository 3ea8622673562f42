"""The controller's view of the calls that are on, event by event."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_app.call_ledger import MOST_LOOKS, NOW, CallLedger, LiveCall
from ari_app.routing import RouteKind

CALL = uuid.UUID(int=7)


def ledger(**changes):
    it = CallLedger()
    it.begin(LiveCall(CALL, "harbour", "1.1", True, **changes))
    return it


def tell(it, name, **fields):
    return it.event({"Event": name, "Uniqueid": "1.1", **fields})


@pytest.mark.parametrize(
    ("before", "next_", "by"),
    [
        ([], "", "pbx"),
        ([], "hangup", "agent"),
        ([], "queue", "pbx"),
        ([("HangupRequest", {})], "", "caller"),
        ([("HangupRequest", {})], "hangup", "caller"),  # during the goodbye
        ([("AgentConnect", {})], "queue", "person"),
        ([("AgentConnect", {}), ("HangupRequest", {})], "queue", "caller"),
        ([("DialEnd", {"DialStatus": "ANSWER"})], "extension", "person"),
        ([("DialEnd", {"DialStatus": "NOANSWER"})], "outside", "pbx"),
    ],
)
def test_who_ended_a_call(before, next_, by):
    it = ledger(next=next_)
    for name, fields in before:
        tell(it, name, **fields)
    note = tell(it, "Hangup", Cause="16")
    assert note.over and note.values == {"hung_up_at": NOW, "hung_up_by": by, "cause": 16}


def test_a_call_ends_once():
    it = ledger()
    assert tell(it, "Hangup", Cause="16") is not None
    assert tell(it, "Hangup", Cause="16") is None
    assert it.live() == []


@pytest.mark.parametrize("cause", ["", "0", "x", "-1", "9" * 30, "\u0663", "128"])
def test_a_cause_that_makes_no_sense_is_left_out(cause):
    assert "cause" not in tell(ledger(), "Hangup", Cause=cause).values


def test_the_way_through_a_queue():
    it = ledger()
    it.agent_takes(CALL, "part")
    it.leaves(it.of_part("part").call_id, "queue")
    assert it.load().total == 0
    assert tell(it, "QueueCallerJoin", Queue="sales").values == {
        "handed_to": "queue sales", "queued_at": NOW,
    }  # fmt: skip
    assert tell(it, "AgentConnect", MemberName="Ann").values == {
        "answered_at": NOW, "answered_by": "Ann",
    }  # fmt: skip


def test_a_caller_who_comes_back_counts_again():
    it = ledger(next="queue")
    it.leaves(CALL, "queue")
    it.agent_takes(CALL, "second")
    assert it.load().by_company == {"harbour": 1}
    assert tell(it, "Hangup", Cause="16").values["hung_up_by"] == "pbx"


@pytest.mark.parametrize(("kind", "calls"), [(RouteKind.AGENT, 1), (RouteKind.QUEUE, 0)])
def test_only_the_agents_calls_are_load(kind, calls):
    it = CallLedger()
    it.begin(LiveCall(CALL, "harbour", "1.1", False))
    it.routed("1.1", kind)
    assert it.load().total == calls


def test_calls_asterisk_does_not_have_are_over():
    it = ledger()
    it.begin(LiveCall(uuid.UUID(int=8), "harbour", "2.2", True))
    before = it.live()
    it.begin(LiveCall(uuid.UUID(int=9), "harbour", "4.4", True))  # while Asterisk was asked
    (note,) = it.reconcile(before, frozenset({"2.2", "3.3"}))
    assert note.call_id == CALL and note.values["hung_up_by"] == "unknown"
    assert [call.uniqueid for call in it.live()] == ["2.2", "4.4"]
    assert it.reconcile(before, frozenset({"2.2"})) == []


def test_a_dial_only_counts_once_the_call_was_handed_over():
    for following in ("", "queue"):
        dialled = {"DialStatus": "ANSWER", "DestChannel": "PJSIP/100-01"}
        assert tell(ledger(next=following), "DialEnd", **dialled) is None
    note = tell(ledger(next="extension"), "DialEnd", DialStatus="ANSWER", DestChannel="PJSIP/1-01")
    assert note.values["answered_by"] == "PJSIP/1"


def test_the_way_through_a_place_and_on_to_a_queue():
    it = ledger()
    it.leaves(CALL, "extension")
    dialled = tell(it, "DialBegin", DialString="102@phones/n")
    assert dialled.values == {"handed_to": "extension 102"}
    tell(it, "QueueCallerJoin", Queue="sales")  # nobody was at the place
    assert tell(it, "DialBegin", DialString="100") is None
    assert tell(it, "DialEnd", DialStatus="ANSWER", DestChannel="PJSIP/100-01") is None


NAMES = st.sampled_from(["Event", "Uniqueid", "Cause", "Reason", "Queue"])
VALUES = st.text() | st.sampled_from(["Hangup", "1.1", "QueueCallerJoin"])


@given(st.dictionaries(NAMES, VALUES))
def test_no_event_is_too_odd(event):
    ledger().event(event)


def test_a_call_the_media_process_does_not_hold_is_no_load():
    it = ledger()
    for _ in range(MOST_LOOKS - 1):
        assert it.held([]) == []
    it.held([str(CALL)])  # it was only slow
    for _ in range(MOST_LOOKS - 1):
        assert it.held([]) == [] and it.load().total == 1
    assert [call.call_id for call in it.held([])] == [CALL] and it.load().total == 0
    assert it.held([]) == []


def test_a_caller_who_is_queued_is_not_with_the_agent_whoever_sent_them():
    it = ledger()
    tell(it, "QueueCallerJoin", Queue="sales")
    assert it.load().total == 0


def test_a_channel_that_comes_in_again_ends_the_call_it_was():
    it = ledger()
    again = LiveCall(uuid.UUID(int=8), "harbour", "1.1", True)
    note = it.begin(again)
    assert note.call_id == CALL and note.over
    assert it.live() == [again] and it.begin(again) is None


def test_an_admin_is_named():
    it = ledger(requested=True, admin=True)
    assert tell(it, "Hangup", Cause="16").values["hung_up_by"] == "admin"
