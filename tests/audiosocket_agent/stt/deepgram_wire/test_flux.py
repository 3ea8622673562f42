"""What the messages of /v2/listen make of an utterance, in every order they may come."""

import json

import pytest

from audiosocket_agent.errors import DeadlineMissed, SessionExpired, VendorDown, WireViolation
from audiosocket_agent.seams import Hearing
from audiosocket_agent.stt.deepgram_wire.flux import FluxTurns

PARTIAL, EAGER, RESUMED, FINAL = Hearing.PARTIAL, Hearing.EAGER, Hearing.RESUMED, Hearing.FINAL


def info(event, text, end, *, turn=0, start=0.0, timed=True, confidence=0.9):
    """Return a TurnInfo whose words are spread evenly over its window."""
    words = text.split()
    step = (end - start) / max(1, len(words))
    message = {
        "type": "TurnInfo",
        "request_id": "r",
        "sequence_id": 1,
        "event": event,
        "turn_index": turn,
        "audio_window_start": start,
        "audio_window_end": end,
        "transcript": text,
        "words": [
            {"word": w, "confidence": confidence}
            | ({"start": start + step * i, "end": start + step * (i + 1)} if timed else {})
            for i, w in enumerate(words)
        ],
        "end_of_turn_confidence": 0.5,
    }
    if event == "EndOfTurn":
        message["trigger"] = "model"
    return json.dumps(message)


class Session:
    def __init__(self):
        self.turns = FluxTurns("deepgram_flux", final_s=0.5, stall_s=3.0)

    def got(self, now, *messages):
        out = []
        for message in messages:
            out += self.turns.message(message, now)
        return [(t.text, t.hearing) for t in out]

    def finalize(self, position):
        out, ask = self.turns.finalize(position, position)
        return [(t.text, t.hearing) for t in out], ask

    def due(self, now):
        return [(t.text, t.hearing) for t in self.turns.due(now)]


def test_a_turn_with_everything_in_it():
    s = Session()
    assert s.got(0.2, info("Update", "", 0.2)) == []
    assert s.got(
        1,
        info("StartOfTurn", "my", 0.5),
        info("Update", "my post", 0.8),
        info("Update", "my post", 1.0),
        info("EagerEndOfTurn", "My postcode", 1.2),
        info("TurnResumed", "My postcode", 1.3),
        info("Update", "My postcode is", 1.6),
        info("EagerEndOfTurn", "My postcode is M1.", 2.0),
        info("EndOfTurn", "My postcode is M1.", 2.2),
    ) == [
        ("my", PARTIAL),
        ("my post", PARTIAL),
        ("My postcode", EAGER),
        ("My postcode", RESUMED),
        ("My postcode is", PARTIAL),
        ("My postcode is M1.", EAGER),
        ("My postcode is M1.", FINAL),
    ]
    assert s.got(3, info("StartOfTurn", "yes", 3, turn=1, start=2.2)) == [("yes", PARTIAL)]


def test_the_confidence_is_the_mean_of_the_words():
    s = Session()
    (out,) = s.turns.message(info("StartOfTurn", "a b", 1, confidence=0.7), 1)
    assert out.confidence == pytest.approx(0.7)


def test_a_finalize_forces_the_end_and_gets_one_final():
    s = Session()
    s.turns.speech_started(0.1)
    s.got(1, info("StartOfTurn", "a leak", 1))
    assert s.finalize(1.4) == ([], True)
    assert s.got(1.5, info("EndOfTurn", "A leak.", 1.4)) == [("A leak.", FINAL)]
    assert s.due(9) == []


def test_a_finalize_after_the_vendors_own_end_is_an_empty_final_at_once():
    s = Session()
    s.turns.speech_started(0.1)
    s.got(1, info("StartOfTurn", "a leak", 1), info("EndOfTurn", "A leak.", 1.2))
    assert s.finalize(1.3) == ([("", FINAL)], False)


def test_the_vendors_own_end_just_after_the_finalize_is_its_answer():
    s = Session()
    s.turns.speech_started(0.1)
    s.got(1, info("StartOfTurn", "a leak", 1))
    s.finalize(1.2)
    assert s.got(1.25, info("EndOfTurn", "A leak.", 1.15)) == [("A leak.", FINAL)]
    assert s.got(1.3, info("EndOfTurn", "", 1.2, turn=1)) == []
    assert s.got(2, info("StartOfTurn", "yes", 2, turn=2, start=1.3)) == [("yes", PARTIAL)]


def test_speech_the_vendor_has_not_heard_yet_is_asked_for():
    s = Session()
    s.turns.speech_started(0.1)
    assert s.finalize(0.5) == ([], True)
    out = s.got(0.7, info("StartOfTurn", "yes", 0.6), info("EndOfTurn", "Yes.", 0.6))
    assert out == [("yes", PARTIAL), ("Yes.", FINAL)]
    assert s.finalize(0.8) == ([("", FINAL)], False)


def test_an_empty_end_of_long_before_is_not_the_answer():
    s = Session()
    s.turns.speech_started(0.1)
    s.finalize(3.0)
    assert s.got(3.1, info("EndOfTurn", "", 1.0)) == []
    out = s.got(3.2, info("StartOfTurn", "yes", 2.9, turn=1, start=1.0))
    assert out == [("yes", PARTIAL)]
    assert s.got(3.2, info("EndOfTurn", "Yes.", 3.0, turn=1, start=1.0)) == [("Yes.", FINAL)]


def test_noise_that_the_vendor_reported_as_nothing_is_an_empty_final():
    s = Session()
    s.turns.speech_started(0.1)
    s.got(1.2, info("Update", "", 1.2))
    assert s.finalize(1.4) == ([], True)
    assert s.due(1.8) == []
    assert s.due(1.9) == [("", FINAL)]


def test_a_caller_nobody_has_heard_is_for_the_next_ear():
    s = Session()
    s.turns.speech_started(0.1)
    s.got(1.2, info("StartOfTurn", "my number", 1.2))
    s.finalize(3.0)
    with pytest.raises(DeadlineMissed, match="VOICEAGENT_DEEPGRAM_FLUX_FINAL_MS"):
        s.due(3.5)


def test_patience_ends_with_the_words_and_they_are_not_told_twice():
    s = Session()
    s.turns.speech_started(0.1)
    s.got(1.9, info("StartOfTurn", "a leak", 1.9))
    s.finalize(2.0)
    assert s.due(2.5) == [("a leak", FINAL)]
    assert s.got(2.6, info("Update", "A leak", 2.0)) == []
    assert s.got(4, info("Update", "A leak yes please", 4.0)) == [("yes please", PARTIAL)]
    assert s.got(5, info("EndOfTurn", "A leak", 2.0)) == []


def test_what_is_discarded_is_neither_told_nor_announced():
    s = Session()
    s.turns.speech_started(0.1)
    s.got(0.9, info("StartOfTurn", "mm", 0.9))
    s.turns.discard(1.0)
    assert s.finalize(1.0) == ([("", FINAL)], False)
    s = Session()
    s.got(0.9, info("StartOfTurn", "mm", 0.9))
    s.turns.discard(1.0)
    assert (
        s.got(
            1.2,
            info("Update", "mm", 0.95),
            info("EagerEndOfTurn", "mm", 0.95),
            info("TurnResumed", "mm", 0.95),
            info("EndOfTurn", "mm", 0.95),
        )
        == []
    )


def test_a_discard_waits_for_the_utterance_before_it():
    s = Session()
    s.turns.speech_started(0.1)
    s.got(1.4, info("StartOfTurn", "yes", 1.4))
    s.finalize(1.5)
    s.turns.discard(2.0)
    assert s.got(1.6, info("EndOfTurn", "Yes.", 1.5)) == [("Yes.", FINAL)]
    assert s.got(2.1, info("StartOfTurn", "mm", 1.9, turn=1, start=1.5)) == []


def test_words_without_times_are_told_whole():
    s = Session()
    assert s.got(1, info("StartOfTurn", "yes", 1, timed=False)) == [("yes", PARTIAL)]


def test_a_vendor_that_goes_silent_in_a_turn_has_stalled():
    s = Session()
    s.got(1, info("StartOfTurn", "my", 1.0))
    s.turns.fed(3.9)
    assert s.due(3.9) == []
    s.turns.fed(4.1)
    with pytest.raises(DeadlineMissed, match="VOICEAGENT_DEEPGRAM_FLUX_STALL_MS"):
        s.due(4.1)


def test_a_vendor_that_is_silent_between_turns_is_well():
    s = Session()
    s.got(1, info("StartOfTurn", "my", 1.0), info("EndOfTurn", "my", 1.2))
    s.turns.fed(60)
    assert s.due(60) == []


def test_events_nobody_knows_yet_are_updates_of_the_words():
    s = Session()
    assert s.got(1, info("NewEvent", "yes", 1), '{"type":"Warning","code":"X"}') == [
        ("yes", PARTIAL)
    ]


@pytest.mark.parametrize(
    ("frames", "kind"),
    [
        ([info("EndOfTurn", "yes", 1)], WireViolation),
        ([info("TurnResumed", "yes", 1)], WireViolation),
        ([info("StartOfTurn", "a", 1), info("StartOfTurn", "b", 2, turn=1)], WireViolation),
        ([info("StartOfTurn", "a", 1, turn=2), info("Update", "a", 2, turn=1)], WireViolation),
        (["{broken"], WireViolation),
        (['{"type":"TurnInfo"}'], WireViolation),
        ([info("Update", "a", 1).replace('"transcript": "a"', '"transcript": 1')], WireViolation),
        (['{"type":"Error","code":"UNPARSABLE_CLIENT_MESSAGE"}'], WireViolation),
        (['{"type":"Error","code":"INTERNAL_SERVER_ERROR","description":"secret"}'], VendorDown),
        (['{"type":"Error","code":"NET_0001"}'], SessionExpired),
    ],
)
def test_what_breaks_the_protocol_is_a_typed_error(frames, kind):
    s = Session()
    with pytest.raises(kind) as caught:
        s.got(1, *frames)
    assert "secret" not in str(caught.value)


def test_a_finalize_left_unanswered_takes_no_words_of_what_follows():
    s = Session()
    s.turns.speech_started(0.1)  # a cough: the vendor hears no word in it, and ends no turn
    assert s.finalize(0.4) == ([], True)
    s.got(0.7, info("Update", "", 0.7))
    assert s.got(0.9, info("StartOfTurn", "I", 0.9, start=0.7)) == [("I", PARTIAL)]
    assert s.due(1.0) == [("", FINAL)]
    assert s.got(1.3, info("Update", "I would like", 1.3, start=0.7)) == [("I would like", PARTIAL)]
    assert s.got(1.6, info("EndOfTurn", "I would like", 1.6, start=0.7)) == [
        ("I would like", FINAL)
    ]
