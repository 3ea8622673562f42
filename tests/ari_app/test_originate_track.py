"""What became of a placed call, told from events and records as Asterisk 22 really sent them."""

import itertools

import pytest

from ari_app.originate_order import Ids
from ari_app.originate_track import Track

IDS = Ids("va-1f", "")
RINGING = {"Event": "Newstate", "Uniqueid": "va-1f-1", "ChannelState": "5"}
UP = {"Event": "Newstate", "Uniqueid": "va-1f-1", "ChannelState": "6"}
SUCCESS = {"Event": "OriginateResponse", "ActionID": "va-1f", "Response": "Success", "Reason": "4"}
GONE = {"Event": "Hangup", "Uniqueid": "va-1f-1", "Cause": "16", "Cause-txt": "Normal Clearing"}


def failure(reason):
    return {"Event": "OriginateResponse", "ActionID": "va-1f", "Response": "Failure",
            "Reason": reason}  # fmt: skip


def hangup(cause, half="1", text=""):
    return {"Event": "Hangup", "Uniqueid": f"va-1f-{half}", "Cause": cause, "Cause-txt": text}


def dial_end(status):
    return {"Event": "DialEnd", "DestUniqueid": "va-1f-1", "DialStatus": status}


def row(**changes):
    return {
        "call_id": "c1", "connected_at": "t1", "ended_at": "t2", "end_reason": "completed",
        "next": "hangup", "handed_to": None, "answered_by": None, "hung_up_at": "t2",
        "hung_up_by": "agent", "cause": 16, "route": "agent", **changes,
    }  # fmt: skip


def turn(index, **changes):
    return {
        "index": index, "speaker": "agent", "text": "Hello there", "heard": "Hello there",
        "done": True, "interrupted": False, "at_ms": 0, "latency_ms": None, **changes,
    }  # fmt: skip


def track(*events):
    followed = Track(IDS)
    told = list(itertools.chain.from_iterable(followed.event(event) for event in events))
    return followed, [progress["event"] for progress in told]


@pytest.mark.parametrize(
    "events, result",
    [
        # Busy(): reason 5, the half that walked the dialplan carries the cause.
        ([failure("5"), dial_end("BUSY"), hangup("17", "2"), hangup("0")], "busy"),
        # Hangup(17): reason 0.
        ([hangup("17", "2"), dial_end("BUSY"), failure("0"), hangup("17")], "busy"),
        ([failure("0"), hangup("17")], "busy"),
        # Rang until the time-out.
        ([RINGING, failure("3"), hangup("19")], "unanswered"),
        ([hangup("19", "2"), dial_end("NOANSWER"), failure("0"), hangup("19")], "unanswered"),
        ([failure("0"), hangup("18")], "unanswered"),
        # Rejected: DialStatus is NOANSWER here too, only the cause tells.
        ([hangup("21", "2"), failure("0"), dial_end("NOANSWER"), hangup("21")], "refused"),
        ([dial_end("CONGESTION"), failure("8"), hangup("34", "2"), hangup("0")], "refused"),
        # No such device, or nobody registered: there never is a channel.
        ([failure("0")], "refused"),
        ([failure("")], "refused"),
        ([{"Event": "OriginateResponse", "ActionID": "va-1f"}], "refused"),
        ([failure("0"), {"Event": "Hangup", "Uniqueid": "va-1f-1", "Cause": "seventeen"}],
         "refused"),
    ],
)  # fmt: skip
def test_a_call_nobody_took(events, result):
    followed, told = track(*events)
    assert followed.over and not followed.answered
    assert followed.ending()["result"] == result
    assert "answered" not in told


def test_a_rejection_is_told_in_asterisks_words():
    followed, _ = track(failure("0"), hangup("21", text="Call Rejected"))
    assert followed.ending()["why"] == "refused: Call Rejected"
    assert followed.ending()["cause"] == 21


def test_progress_is_told_once():
    dial_state = {"Event": "DialState", "DestUniqueid": "va-1f-1", "DialStatus": "RINGING"}
    _, told = track(RINGING, dial_state, RINGING, UP, SUCCESS, UP)
    assert told == ["ringing", "answered"]


def test_events_of_other_calls_change_nothing():
    others = [
        {**RINGING, "Uniqueid": "va-2e-1"},
        {**SUCCESS, "ActionID": "va-2e"},
        {**failure("5"), "ActionID": "va-2e"},
        {**GONE, "Uniqueid": "va-2e-1"},
        {"Event": "DialEnd", "DestUniqueid": "va-2e-1", "DialStatus": "BUSY"},
        {"Event": "UserEvent", "UserEvent": "VoiceAgentMachine", "Uniqueid": "va-2e-1"},
        {"Event": "Newstate"},
        {},
    ]
    followed, told = track(*others)
    assert told == [] and not followed.over and not followed.answered


def test_a_call_the_agent_ended_is_completed():
    followed, _ = track(UP, GONE)
    assert followed.over and not followed.recorded
    told = followed.record(row(), [turn(0), turn(1, speaker="caller"), turn(2, latency_ms=420)])
    assert [p["event"] for p in told] == ["call", "turn", "turn", "turn"]
    assert followed.recorded
    assert followed.ending() == {
        "event": "ended", "result": "completed", "why": "the agent said goodbye", "by": "agent",
        "call_id": "c1", "cause": 16, "latencies_ms": [420],
    }  # fmt: skip


def test_a_turn_is_told_when_it_begins_and_when_it_is_over():
    followed, _ = track(UP)
    begun = turn(0, done=False, heard="")
    told = [
        [(p["event"], p.get("done")) for p in followed.record(row(ended_at=None), turns)]
        for turns in ([begun], [begun], [turn(0)], [turn(0)])
    ]
    assert told == [[("call", None), ("turn", False)], [], [("turn", True)], []]


def test_handing_over_to_a_queue_is_told_when_the_caller_is_in_it():
    followed, _ = track(UP)
    handed = row(end_reason="handed_over", next="queue", hung_up_at=None)
    assert [p["event"] for p in followed.record(handed, [])] == ["call"]
    assert followed.record({**handed, "handed_to": "queue sales"}, []) == [
        {"event": "handed_over", "to": "queue sales"}
    ]
    assert followed.record({**handed, "handed_to": "queue sales", "answered_by": "Mo"}, []) == [
        {"event": "person", "by": "Mo"}
    ]
    assert not followed.record_says_over()
    followed.record({**handed, "hung_up_at": "t3"}, [])
    assert followed.record_says_over()


def test_handing_over_to_another_place_is_told_as_planned():
    followed, _ = track(UP)
    handed = row(end_reason="handed_over", next="extension", hung_up_at=None)
    assert followed.record(handed, [])[1:] == [{"event": "handed_over", "to": "extension"}]


@pytest.mark.parametrize(
    "changes",
    [{"end_reason": r} for r in ("engine_failed", "connection_lost", "agent_died")]
    + [{"end_reason": None, "ended_at": None}, {"end_reason": "routed", "connected_at": None}],
)
def test_a_call_the_agent_lost_has_failed(changes):
    followed, _ = track(UP, GONE)
    followed.record(row(**changes), [])
    assert followed.ending()["result"] == "failed"


def test_a_call_that_people_took_as_routed_is_no_failure():
    followed, _ = track(UP, GONE)
    followed.record(row(end_reason="routed", connected_at=None, route="queue"), [])
    assert followed.ending()["result"] == "completed"


def test_a_call_the_agent_never_saw_has_failed():
    followed, _ = track(UP, GONE)
    assert followed.ending()["result"] == "failed"


def test_an_answering_machine():
    machine = {"Event": "UserEvent", "UserEvent": "VoiceAgentMachine", "Uniqueid": "va-1f-1"}
    followed, told = track(UP, machine, machine, GONE)
    assert told == ["answered", "machine"]
    assert followed.ending()["result"] == "machine"


def test_without_ami_the_record_tells():
    followed = Track(IDS)
    told = followed.record(row(ended_at=None, end_reason=None, next=None), [turn(0)])
    assert [p["event"] for p in told] == ["call", "answered", "turn"]
    assert not followed.record_says_over()
    followed.record(row(), [turn(0)])
    assert followed.record_says_over()


def test_what_nobody_can_tell_is_a_failure():
    followed, _ = track(UP)
    assert not followed.is_lost
    followed.lost("it was not seen")
    assert followed.over and followed.is_lost
    assert (followed.ending()["result"], followed.ending()["why"]) == ("failed", "it was not seen")
