"""What the messages of /v1/listen make of an utterance, in every order they may come."""

import json

import pytest

from audiosocket_agent.errors import (
    DeadlineMissed,
    SessionExpired,
    StreamBroken,
    VendorDown,
    WireViolation,
)
from audiosocket_agent.seams import Hearing
from audiosocket_agent.stt.deepgram_wire.nova import NovaTurns

PARTIAL, FINAL = Hearing.PARTIAL, Hearing.FINAL


def results(text, start, end, *, words=None, confidence=0.9, **flags):
    """Return a Results message; words are (word, end) pairs, spread evenly by default."""
    if words is None:
        spoken = text.split()
        step = (end - start) / max(1, len(spoken))
        words = [(w, start + step * (i + 1)) for i, w in enumerate(spoken)]
    return json.dumps(
        {
            "type": "Results",
            "channel_index": [0, 1],
            "start": start,
            "duration": end - start,
            **flags,
            "channel": {
                "alternatives": [
                    {
                        "transcript": text,
                        "confidence": confidence,
                        "words": [
                            {"word": w, "start": e - 0.1, "end": e, "confidence": confidence}
                            for w, e in words
                        ],
                    }
                ]
            },
            "metadata": {"request_id": "r", "model_uuid": "m", "model_info": {}},
        }
    )


def utterance_end(last_word_end):
    return json.dumps({"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": last_word_end})


class Session:
    """Drives the turns with a clock that is the audio's."""

    def __init__(self):
        self.turns = NovaTurns("deepgram", final_s=0.5, stall_s=3.0)
        self.out = []

    def got(self, now, *messages):
        """Feed messages; return what came of them as (text, hearing)."""
        out = []
        for message in messages:
            out += self.turns.message(message, now)
        return [(t.text, t.hearing) for t in out]

    def finalize(self, position):
        out, ask = self.turns.finalize(position, position)
        return [(t.text, t.hearing) for t in out], ask

    def due(self, now):
        return [(t.text, t.hearing) for t in self.turns.due(now)]


def test_partials_hold_all_segments_and_the_interim_and_the_final_ends_them():
    s = Session()
    assert s.got(1, results("my post", 0, 1)) == [("my post", PARTIAL)]
    assert s.got(2, results("My postcode is", 0, 2, is_final=True)) == [("My postcode is", PARTIAL)]
    assert s.got(3, results("M1", 2, 3)) == [("My postcode is M1", PARTIAL)]
    assert s.finalize(3.5) == ([], True)
    assert s.got(3.6, results("M1 4BT.", 2, 3.5, is_final=True, from_finalize=True)) == [
        ("My postcode is M1 4BT.", FINAL)
    ]


def test_the_confidence_is_the_mean_of_the_words():
    s = Session()
    s.turns.message(results("one", 0, 1, confidence=1.0, is_final=True), 1)
    s.turns.finalize(2, 2)
    last = s.turns.message(
        results("two three four", 1, 2, confidence=0.6, is_final=True, from_finalize=True), 2
    )
    assert last[0].confidence == pytest.approx(0.7)


def test_the_same_words_again_are_not_repeated():
    s = Session()
    assert s.got(1, results("yes", 0, 1)) == [("yes", PARTIAL)]
    assert s.got(2, results("yes", 0, 2)) == []


def test_speech_final_is_a_final_of_its_own_and_its_utterance_end_is_not():
    s = Session()
    assert s.got(1, results("yes please", 0, 1, is_final=True, speech_final=True)) == [
        ("yes please", FINAL)
    ]
    assert s.got(2, utterance_end(0.9)) == []


def test_a_late_utterance_end_does_not_end_the_next_utterance():
    s = Session()
    s.got(1, results("yes", 0, 1, is_final=True, speech_final=True))
    s.got(2, results("but", 1, 2, is_final=True))
    assert s.got(2.1, utterance_end(0.9)) == []
    assert s.got(3.1, utterance_end(1.9)) == [("but", FINAL)]


def test_utterance_end_ends_what_noise_kept_open():
    s = Session()
    s.got(1, results("a leaking tap", 0, 1, is_final=True))
    assert s.got(2, utterance_end(0.9)) == [("a leaking tap", FINAL)]


def test_empty_finals_are_no_turns():
    s = Session()
    assert s.got(1, results("", 0, 1, is_final=True, speech_final=True)) == []
    assert s.got(2, utterance_end(-1)) == []


def test_an_empty_speech_final_ends_the_segments_before_it():
    s = Session()
    s.got(1, results("tomorrow", 0, 1, is_final=True))
    assert s.got(2, results("", 1, 2, is_final=True, speech_final=True)) == [("tomorrow", FINAL)]


def test_a_finalize_answered_by_nothing_gives_the_text_so_far():
    s = Session()
    s.got(1, results("tomorrow", 0, 1, is_final=True))
    s.finalize(1.4)
    assert s.got(1.5, results("", 1, 1.4, is_final=True, from_finalize=True)) == [
        ("tomorrow", FINAL)
    ]


def test_a_speech_final_just_before_the_finalize_leaves_it_an_empty_final():
    s = Session()
    s.turns.speech_started(0.2)
    assert s.got(1.4, results("yes", 0, 1.4, is_final=True, speech_final=True)) == [("yes", FINAL)]
    assert s.finalize(1.5) == ([], True)
    assert s.got(1.6, results("", 1.4, 1.48, is_final=True, from_finalize=True)) == [("", FINAL)]


def test_no_answer_after_a_speech_final_is_an_empty_final_and_no_failure():
    s = Session()
    s.turns.speech_started(0.2)
    s.got(1.4, results("yes", 0, 1.4, is_final=True, speech_final=True))
    s.finalize(1.5)
    assert s.due(1.9) == []
    assert s.due(2.0) == [("", FINAL)]


def test_a_speech_final_just_after_the_finalize_is_its_answer_and_the_other_is_stale():
    s = Session()
    s.turns.speech_started(0.2)
    assert s.finalize(1.5) == ([], True)
    assert s.got(1.55, results("yes", 0, 1.4, is_final=True, speech_final=True)) == [("yes", FINAL)]
    assert s.got(1.6, results("yes", 0, 1.5, is_final=True, from_finalize=True)) == []
    assert s.got(3, results("next", 1.5, 3)) == [("next", PARTIAL)]


def test_a_speech_final_of_long_before_is_not_the_answer():
    s = Session()
    s.turns.speech_started(0.2)
    s.finalize(3.0)
    first = results("my number is", 0, 1.5, is_final=True, speech_final=True)
    assert s.got(3.05, first) == [("my number is", PARTIAL)]
    assert s.got(3.1, results("01632", 1.5, 3, is_final=True, from_finalize=True)) == [
        ("my number is 01632", FINAL)
    ]


def test_an_answer_that_reports_slightly_less_audio_still_is_the_answer():
    s = Session()
    s.finalize(1.5)
    assert s.got(1.6, results("yes", 0, 1.4, is_final=True, from_finalize=True)) == [("yes", FINAL)]


def test_a_finalize_with_nothing_new_needs_no_answer():
    s = Session()
    assert s.finalize(0.0) == ([("", FINAL)], False)
    s.finalize(1.0)
    assert s.finalize(1.0) == ([], True)  # behind the first one


def test_a_second_finalize_without_new_audio_follows_the_first_at_once():
    s = Session()
    s.finalize(1.5)
    s.got(1.6, results("yes", 0, 1.5, is_final=True, from_finalize=True))
    assert s.finalize(1.5) == ([("", FINAL)], False)


def test_patience_ends_with_the_words_when_they_are_in():
    s = Session()
    s.turns.speech_started(0.2)
    s.got(2, results("a blocked drain", 0, 1.6, is_final=True))
    s.finalize(2.0)
    assert s.turns.due_at_s == 2.5
    assert s.due(2.5) == [("a blocked drain", FINAL)]
    assert s.turns.due_at_s is None


def test_patience_ends_with_an_interim_that_covers_the_speech():
    s = Session()
    s.turns.speech_started(0.2)
    s.got(2, results("a blocked drain", 0, 1.9))
    s.finalize(2.0)
    assert s.due(2.5) == [("a blocked drain", FINAL)]


def test_what_comes_too_late_is_not_told_twice():
    s = Session()
    s.turns.speech_started(0.2)
    s.got(2, results("a blocked drain", 0, 1.9))
    s.finalize(2.0)
    s.due(2.5)
    late = results("A blocked drain.", 0, 2.0, is_final=True, from_finalize=True)
    assert s.got(2.6, late) == []
    lost = results(
        "A blocked drain. Yes",
        0,
        4.0,
        words=[("A", 0.5), ("blocked", 1.0), ("drain.", 1.6), ("Yes", 3.5)],
    )
    assert s.got(4.0, lost) == [("Yes", PARTIAL)]


def test_a_caller_nobody_has_heard_is_for_the_next_ear():
    s = Session()
    s.turns.speech_started(0.2)
    s.finalize(2.0)
    with pytest.raises(DeadlineMissed, match="VOICEAGENT_DEEPGRAM_FINAL_MS") as caught:
        s.due(2.5)
    assert caught.value.retryable


def test_words_long_before_the_end_do_not_stand_for_all_of_it():
    s = Session()
    s.turns.speech_started(0.2)
    s.got(1, results("my number is", 0, 1.0, is_final=True))
    s.finalize(3.0)
    with pytest.raises(DeadlineMissed):
        s.due(3.5)


def test_silence_without_an_answer_is_an_empty_final():
    s = Session()
    s.finalize(2.0)
    assert s.due(2.5) == [("", FINAL)]


def test_noise_that_was_reported_as_nothing_is_an_empty_final():
    s = Session()
    s.turns.speech_started(0.2)
    s.got(1.9, results("", 0, 1.9))
    s.finalize(2.0)
    assert s.due(2.5) == [("", FINAL)]


def test_a_vendor_that_says_nothing_while_the_caller_speaks_has_stalled():
    s = Session()
    s.turns.speech_started(1.0)
    s.turns.fed(3.9)
    assert s.due(3.9) == []
    s.got(3.9, results("", 0, 3.8))
    s.turns.fed(6.8)
    assert s.due(6.8) == []
    s.turns.fed(6.9)
    with pytest.raises(DeadlineMissed, match="VOICEAGENT_DEEPGRAM_STALL_MS"):
        s.due(6.9)


def test_a_silent_line_is_no_stall():
    s = Session()
    s.turns.speech_started(1.0)
    s.turns.fed(2.0)
    assert s.due(100.0) == []


def test_what_is_discarded_is_not_told():
    s = Session()
    s.turns.speech_started(0.5)
    s.got(1, results("mm", 0, 1))
    s.turns.discard(1.2)
    both = results("mm hello", 0, 2.5, words=[("mm", 0.9), ("hello", 2.2)], is_final=True)
    assert s.got(1.3, results("mm", 0, 1.2, is_final=True)) == []
    assert s.got(2.5, both) == [("hello", PARTIAL)]


def test_a_discard_does_not_touch_the_utterance_before_it():
    s = Session()
    s.turns.speech_started(0.2)
    s.finalize(1.5)
    s.turns.discard(1.8)
    assert s.got(1.9, results("yes", 0, 1.5, is_final=True, from_finalize=True)) == [("yes", FINAL)]
    assert s.got(2.0, results("mm", 1.5, 1.8, is_final=True)) == []


def test_two_utterances_have_their_finals_in_order():
    s = Session()
    s.finalize(1.0)
    s.finalize(2.0)
    out = s.got(
        2.1,
        results("one", 0, 1, is_final=True, from_finalize=True),
        results("two", 1, 2, is_final=True, from_finalize=True),
    )
    assert out == [("one", FINAL), ("two", FINAL)]


def test_a_stale_answer_does_not_answer_the_next_finalize():
    s = Session()
    s.finalize(1.5)
    s.got(1.55, results("yes", 0, 1.4, is_final=True, speech_final=True))
    s.finalize(1.6)
    assert s.got(1.65, results("", 1.4, 1.5, is_final=True, from_finalize=True)) == []
    assert s.got(1.7, results("", 1.5, 1.6, is_final=True, from_finalize=True)) == [("", FINAL)]


def test_speech_final_on_an_interim_counts_as_final():
    s = Session()
    assert s.got(1, results("yes", 0, 1, is_final=False, speech_final=True)) == [("yes", FINAL)]


def test_what_we_do_not_know_is_passed_over():
    s = Session()
    started = '{"type":"SpeechStarted","channel":[0,1],"timestamp":9.54}'
    assert s.got(1, started, '{"type":"Novelty","x":1}') == []


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        ("{not json", WireViolation),
        (b"\0\1", WireViolation),
        ("[]", WireViolation),
        ("{}", WireViolation),
        ('{"type":"Results"}', WireViolation),
        (results("x", 0, 1).replace('"confidence": 0.9', '"confidence": "high"'), WireViolation),
        (results("x", 0, 1).replace('"start": 0', '"start": null'), WireViolation),
        ('{"type":"Results","channel":{"alternatives":[]}}', WireViolation),
        ('{"type":"UtteranceEnd"}', WireViolation),
        ('{"type":"Error","variant":"SchemaError","message":"secret words"}', WireViolation),
        ('{"type":"Error","variant":"Internal","description":"secret words"}', VendorDown),
        ('{"type":"Error","variant":"NET-0001"}', SessionExpired),
    ],
)
def test_what_breaks_the_protocol_is_a_typed_error_without_payload(frame, kind):
    with pytest.raises(kind) as caught:
        Session().turns.message(frame, 1)
    assert "secret" not in str(caught.value)
    assert not isinstance(caught.value, StreamBroken) or kind is SessionExpired
