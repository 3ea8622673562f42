"""Flux's wire from literal changes of the voice: what is said, in which order, not before when."""

import json

import pytest

from audiosocket_agent.simulators.deepgram_flux import FluxWire
from audiosocket_agent.simulators.deepgram_query import FluxQuery
from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.hearing import Hearing
from audiosocket_agent.simulators.script import Segment
from audiosocket_agent.simulators.stretches import Change, Edge

CODE = Segment(("my", "post", "code", "is"), 800.0)
ONE = Segment(("M", "one"), 400.0)
QUERY = FluxQuery("flux-general-en", eager_eot_threshold=0.5)
SPOKEN = [(0, Edge.VOICE, 0.0), (810, Edge.QUIET, 800.0), (1000, Edge.END, 800.0)]


class Call:
    """A wire driven in real time, one step every 10 ms."""

    def __init__(self, query=QUERY, segments=(CODE, ONE), delays=None):
        self.hearing = Hearing(segments)
        self.wire = FluxWire(query, delays or Delays(), self.hearing, "id")
        self.now = 0
        self.said = []

    def run(self, until, changes=(), texts=()):
        """Let time pass; changes and texts are (when, ...)."""
        changes, texts = list(changes), list(texts)
        while self.now <= until:
            while changes and changes[0][0] <= self.now:
                _, edge, at = changes.pop(0)
                self.hearing.note(Change(edge, at))
                self.say(self.wire.changed(Change(edge, at)))
            while texts and texts[0][0] <= self.now:
                self.say(self.wire.text(texts.pop(0)[1], self.now, self.now))
            self.say(self.wire.advance(self.now, self.now))
            self.now += 10
        return self.said

    def say(self, messages):
        self.said += [(self.now, message) for message in messages]


def brief(said, updates=False):
    """Return turn messages as (when, event, turn, transcript)."""
    return [
        (when, message["event"], message["turn_index"], message["transcript"])
        for when, message in said
        if updates or message["event"] != "Update"
    ]


def test_a_turn_begins_with_its_first_word_and_ends_after_its_voice():
    assert brief(Call().run(1500, SPOKEN)) == [
        (300, "StartOfTurn", 0, "My"),
        (920, "EagerEndOfTurn", 0, "My post code is."),
        (1060, "EndOfTurn", 0, "My post code is."),
    ]


def test_updates_lag_and_stop_between_the_announced_and_the_real_end():
    said = Call().run(1400, SPOKEN)
    assert [row for row in brief(said, updates=True) if row[1] == "Update"] == [
        (250, "Update", 0, ""),
        (550, "Update", 0, "My post"),
        (800, "Update", 0, "My post code"),
        (1310, "Update", 1, ""),
    ]


def test_without_a_threshold_nothing_is_announced():
    said = Call(FluxQuery("flux-general-en")).run(1500, SPOKEN)
    assert [row[1] for row in brief(said)] == ["StartOfTurn", "EndOfTurn"]


def test_a_voice_that_comes_back_resumes_the_turn():
    more = [(1020, Edge.VOICE, 1000.0), (1420, Edge.QUIET, 1400.0), (1620, Edge.END, 1400.0)]
    assert brief(Call().run(2000, SPOKEN + more)) == [
        (300, "StartOfTurn", 0, "My"),
        (920, "EagerEndOfTurn", 0, "My post code is."),
        (1020, "TurnResumed", 0, "My post code is"),
        (1520, "EagerEndOfTurn", 0, "My post code is M one."),
        (1660, "EndOfTurn", 0, "My post code is M one."),
    ]


def test_the_next_turn_has_the_next_number_and_only_its_own_words():
    more = [(1320, Edge.VOICE, 1300.0), (1720, Edge.QUIET, 1700.0), (1920, Edge.END, 1700.0)]
    said = brief(Call().run(2500, SPOKEN + more))
    assert said[-3:] == [
        (1600, "StartOfTurn", 1, "M"),
        (1820, "EagerEndOfTurn", 1, "M one."),
        (1960, "EndOfTurn", 1, "M one."),
    ]


def test_noise_without_words_is_no_turn():
    call = Call(segments=[])
    call.run(1100, SPOKEN)
    call.hearing.resolve(0, [])
    assert brief(call.run(3000)) == []


def test_a_scripted_noise_is_no_turn_and_the_next_stretch_has_the_next_words():
    call = Call(segments=[Segment((), 800.0), ONE])
    more = [(2000, Edge.VOICE, 2000.0), (2410, Edge.QUIET, 2400.0), (2600, Edge.END, 2400.0)]
    assert brief(call.run(3000, SPOKEN + more)) == [
        (2300, "StartOfTurn", 0, "M"),
        (2520, "EagerEndOfTurn", 0, "M one."),
        (2660, "EndOfTurn", 0, "M one."),
    ]


def test_recognised_words_come_late_but_in_order():
    call = Call(segments=[])
    assert brief(call.run(1490, SPOKEN)) == []
    call.hearing.resolve(0, ["yes", "please"])
    assert brief(call.run(1600)) == [
        (1500, "StartOfTurn", 0, "Yes please"),
        (1500, "EagerEndOfTurn", 0, "Yes please."),
        (1500, "EndOfTurn", 0, "Yes please."),
    ]


def test_a_threshold_of_one_leaves_the_end_to_the_time_out():
    query = FluxQuery("flux-general-en", eot_threshold=1.0, eot_timeout_ms=1000)
    said = Call(query).run(2500, SPOKEN)
    assert brief(said)[-1] == (1800, "EndOfTurn", 0, "My post code is.")
    assert [m["trigger"] for _, m in said if m["event"] == "EndOfTurn"] == ["timeout"]


def test_the_client_can_force_the_end():
    said = Call().run(700, [(0, Edge.VOICE, 0.0)], [(450, '{"type":"ForceEndTurn"}')])
    assert brief(said)[:2] == [(300, "StartOfTurn", 0, "My"), (450, "EndOfTurn", 0, "My post.")]
    assert [m["trigger"] for _, m in said if m["event"] == "EndOfTurn"] == ["manual"]
    assert brief(Call().run(500, (), [(100, '{"type":"ForceEndTurn"}')])) == []


def test_messages_have_the_fields_of_the_vendors_models_and_no_others():
    call = Call(FluxQuery("flux-general-en"))
    assert call.wire.opened() == [{"type": "Connected", "request_id": "id", "sequence_id": 0}]
    said = [message for _, message in call.run(1200, SPOKEN)]
    assert [message["sequence_id"] for message in said] == list(range(1, len(said) + 1))
    assert said[1] == {
        "type": "TurnInfo",
        "request_id": "id",
        "sequence_id": 2,
        "event": "StartOfTurn",
        "turn_index": 0,
        "audio_window_start": 0.0,
        "audio_window_end": 0.3,
        "transcript": "My",
        "words": [{"word": "My", "confidence": 0.9902, "start": 0.0, "end": 0.2}],
        "end_of_turn_confidence": 0.08,
    }
    assert [m["event"] for m in said if "trigger" in m] == ["EndOfTurn"]
    assert said[-1]["trigger"] == "model"


def test_hints_are_shown_on_the_multilingual_model():
    call = Call(FluxQuery("flux-general-multi", language_hints=("en", "es")))
    assert call.run(250)[0][1]["languages_hinted"] == ["en", "es"]


@pytest.mark.parametrize(
    "data", ['{"type":"KeepAlive"}', '{"type":"Finalize"}', '{"type":"X"}', "{", "[]"]
)
def test_what_this_wire_does_not_know_is_fatal(data):
    wire = Call().wire
    (error,) = wire.text(data, 0, 0)
    assert (error["type"], error["code"]) == ("Error", "UNPARSABLE_CLIENT_MESSAGE")
    assert set(error) == {"type", "sequence_id", "code", "description"}
    assert wire.farewell == (1011, "UNPARSABLE_CLIENT_MESSAGE")
    assert wire.advance(5000, 5000) == []


def test_close_stream_ends_it():
    wire = Call().wire
    assert wire.text('{"type":"CloseStream"}', 0, 0) == []
    assert wire.farewell == (1000, "")


def test_configure_changes_what_holds_from_now_on():
    call = Call(FluxQuery("flux-general-en"))
    frame = {
        "type": "Configure",
        "thresholds": {"eager_eot_threshold": 0.4, "eot_timeout_ms": 3000},
        "keyterms": ["tap"],
        "numerals": True,
    }
    assert call.wire.text(json.dumps(frame), 0, 0) == [
        {
            "type": "ConfigureSuccess",
            "request_id": "id",
            "thresholds": {"eager_eot_threshold": 0.4, "eot_timeout_ms": 3000},
            "keyterms": ["tap"],
            "numerals": True,
            "sequence_id": 0,
        }
    ]
    assert "EagerEndOfTurn" in [m["event"] for _, m in call.run(1500, SPOKEN)]
    assert call.wire.keyterms == ("tap",)
    call.wire.text('{"type":"Configure","keyterms":[]}', 0, 0)
    assert call.wire.keyterms == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"thresholds": {"eot_threshold": 2}},
        {"thresholds": {"eot_treshold": 0.7}},
        {"thresholds": {"eot_threshold": "0.7"}},
        {"thresholds": []},
        {"keyterm": ["a"]},
        {"keyterms": "a"},
        {"keyterms": ["a"] * 501},
        {"language_hints": ["en"]},
        {"numerals": 1},
    ],
)
def test_a_wrong_configure_fails_and_changes_nothing(fields):
    wire = Call().wire
    (failure,) = wire.text(json.dumps({"type": "Configure", **fields}), 0, 0)
    assert failure["type"] == "ConfigureFailure"
    assert set(failure) == {"type", "request_id", "sequence_id", "code", "description"}
    assert (wire.keyterms, wire.farewell) == ((), None)


def test_it_says_when_the_next_moment_is():
    call = Call()
    call.run(0, [(0, Edge.VOICE, 0.0)])
    assert call.wire.clock_due_ms(0) == 250  # an update
    call.run(900, SPOKEN[1:])
    assert call.wire.clock_due_ms(900) == 920  # the announcement of the end
    call.run(920)
    assert call.wire.clock_due_ms(920) == 1060  # the end
    assert call.wire.wall_due_ms() is None


def test_out_of_order_is_the_end_of_a_turn_that_did_not_begin_and_a_falling_number():
    said = Call().run(400, SPOKEN)
    start = next(message for _, message in said if message["event"] == "StartOfTurn")
    wrong, right = Call().wire.disordered(start)
    assert (wrong["event"], wrong["turn_index"], wrong["trigger"]) == ("EndOfTurn", 1, "model")
    assert right == start
