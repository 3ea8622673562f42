"""Nova's wire from literal changes of the voice: what is said, in which order, not before when."""

import json

from audiosocket_agent.simulators.deepgram_nova import NovaWire
from audiosocket_agent.simulators.deepgram_query import NovaQuery
from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.hearing import Hearing
from audiosocket_agent.simulators.script import Segment
from audiosocket_agent.simulators.stretches import Change, Edge

CODE = Segment(("my", "post", "code", "is"), 800.0)
ONE = Segment(("M", "one"), 400.0)
QUERY = NovaQuery("nova-3", interim_results=True, endpointing_ms=400)
SPOKEN = [(0, Edge.VOICE, 0.0), (810, Edge.QUIET, 800.0), (1000, Edge.END, 800.0)]


class Call:
    """A wire driven in real time, one step every 10 ms."""

    def __init__(self, query=QUERY, segments=(CODE, ONE), delays=None):
        self.hearing = Hearing(segments)
        self.wire = NovaWire(query, delays or Delays(), self.hearing, "id", "2026-11-21")
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


def brief(said):
    """Return the results as (when, transcript, is_final, speech_final, from_finalize)."""
    return [
        (
            when,
            message["channel"]["alternatives"][0]["transcript"],
            message["is_final"],
            message["speech_final"],
            message["from_finalize"],
        )
        for when, message in said
        if message["type"] == "Results"
    ]


def test_a_pause_as_long_as_endpointing_ends_the_utterance_and_the_final_takes_its_time():
    assert brief(Call().run(1500, SPOKEN)) == [(1350, "my post code is", True, True, False)]


def test_a_shorter_pause_does_not_and_its_stretches_are_one_utterance():
    more = [(1100, Edge.VOICE, 1100.0), (1510, Edge.QUIET, 1500.0), (1700, Edge.END, 1500.0)]
    assert brief(Call().run(2500, SPOKEN + more)) == [
        (1100, "my post code is", False, False, False),
        (2050, "my post code is M one", True, True, False),
    ]


def test_interims_come_once_a_second_with_the_words_so_far_if_they_are_wanted():
    long = Segment(tuple("a b c d e f g h".split()), 4000.0)
    call = Call(segments=[long])
    assert brief(call.run(3100, [(0, Edge.VOICE, 0.0)])) == [
        (1000, "a b", False, False, False),
        (2000, "a b c d", False, False, False),
        (3000, "a b c d e f", False, False, False),
    ]
    assert Call(NovaQuery("nova-3"), [long]).run(3100, [(0, Edge.VOICE, 0.0)]) == []


def test_finalize_brings_what_was_heard_and_the_rest_comes_later():
    said = Call().run(2000, SPOKEN, [(450, '{"type":"Finalize"}')])
    assert brief(said) == [
        (600, "my post", True, False, True),
        (1350, "code is", True, True, False),
    ]
    assert [(m["start"], m["duration"]) for _, m in said] == [(0.0, 0.45), (0.45, 0.75)]


def test_finalize_in_the_quiet_ends_the_utterance_for_good():
    said = Call().run(2000, SPOKEN, [(950, '{"type":"Finalize","channel":0}')])
    assert brief(said) == [(1100, "my post code is", True, True, True)]


def test_finalize_with_nothing_said_brings_an_empty_final_or_none_at_all():
    call = Call()
    assert call.run(0, (), [(0, '{"type":"Finalize"}')]) == []
    assert brief(call.run(500, (), [(100, '{"type":"Finalize"}')])) == [(250, "", True, True, True)]


def test_a_scripted_noise_brings_nothing_by_itself_and_an_empty_final_when_asked():
    noise = Segment((), 800.0)
    assert brief(Call(segments=[noise]).run(2000, SPOKEN)) == []
    asked = Call(segments=[noise]).run(2000, SPOKEN, [(950, '{"type":"Finalize"}')])
    assert brief(asked) == [(1100, "", True, True, True)]


def test_silence_is_finalised_too():
    assert brief(Call().run(5100)) == [(5000, "", True, False, False)]


def test_silence_before_an_utterance_does_not_tear_it_apart():
    call = Call()
    later = [(when + 4600, edge, at + 4600) for when, edge, at in SPOKEN]
    assert brief(call.run(6500, later)) == [(5950, "my post code is", True, True, False)]


def test_a_long_utterance_is_finalised_piece_by_piece():
    long = Segment(tuple("a b c d e f".split()), 6000.0)
    changes = [(0, Edge.VOICE, 0.0), (6010, Edge.QUIET, 6000.0)]
    said = brief(Call(NovaQuery("nova-3", endpointing_ms=400), [long]).run(7000, changes))
    assert said == [
        (5000, "a b c d e", True, False, False),
        (6550, "f", True, True, False),
    ]


def test_without_endpointing_only_the_client_ends_an_utterance():
    said = Call(NovaQuery("nova-3", endpointing_ms=None)).run(
        4000, SPOKEN, [(3000, '{"type":"Finalize"}')]
    )
    assert brief(said) == [(3150, "my post code is", True, True, True)]


def test_utterance_end_counts_from_the_last_word_and_comes_once():
    query = NovaQuery("nova-3", interim_results=True, endpointing_ms=400, utterance_end_ms=1000)
    said = Call(query).run(4000, SPOKEN)
    assert [(when, m["type"]) for when, m in said] == [(1350, "Results"), (1800, "UtteranceEnd")]
    assert said[1][1] == {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": 0.8}


def test_speech_started_when_asked_for():
    query = NovaQuery("nova-3", vad_events=True)
    first = Call(query).run(50, [(30, Edge.VOICE, 10.0)])[0]
    assert first == (30, {"type": "SpeechStarted", "channel": [0, 1], "timestamp": 0.01})


def test_close_stream_brings_the_rest_then_metadata_then_the_end():
    call = Call()
    assert call.run(500, [(0, Edge.VOICE, 0.0)]) == []
    said = call.run(1000, (), [(510, '{"type":"CloseStream"}')])
    assert [m["type"] for _, m in said] == ["Results", "Metadata"]
    assert brief(said) == [(660, "my post", True, True, False)]
    assert said[1][1] == {
        "type": "Metadata",
        "transaction_key": "deprecated",
        "request_id": "id",
        "sha256": "0" * 64,
        "created": "2026-11-21",
        "duration": 0.51,
        "channels": 1,
    }
    assert call.wire.farewell == (1000, "")


def test_a_result_has_the_fields_of_the_vendors_model_and_no_others():
    _, message = Call(NovaQuery("nova-3", endpointing_ms=400, formatted=True)).run(1500, SPOKEN)[0]
    assert message == {
        "type": "Results",
        "channel_index": [0, 1],
        "start": 0.0,
        "duration": 1.2,
        "is_final": True,
        "speech_final": True,
        "from_finalize": False,
        "channel": {
            "alternatives": [
                {
                    "transcript": "My post code is.",
                    "confidence": 0.9875,
                    "words": [
                        word("my", 0.0, 0.2, "My"),
                        word("post", 0.2, 0.4, "post"),
                        word("code", 0.4, 0.6, "code"),
                        word("is", 0.6, 0.8, "is."),
                    ],
                }
            ]
        },
        "metadata": {
            "request_id": "id",
            "model_uuid": message["metadata"]["model_uuid"],
            "model_info": {
                "name": "general-nova-3",
                "version": "2025-04-17.21547",
                "arch": "nova-3",
            },
        },
    }


def word(text, start, end, punctuated):
    return {
        "word": text,
        "start": start,
        "end": end,
        "confidence": 0.9875,
        "punctuated_word": punctuated,
    }


def test_an_unscripted_utterance_waits_for_its_words():
    call = Call(segments=[])
    assert call.run(1500, SPOKEN) == []
    call.hearing.resolve(0, ["yes", "please"])
    assert brief(call.run(1600)) == [(1510, "yes please", True, True, False)]


def test_what_is_not_understood_is_an_empty_final():
    call = Call(segments=[])
    call.run(1500, SPOKEN)
    call.hearing.resolve(0, [])
    assert brief(call.run(1600)) == [(1510, "", True, True, False)]


def test_configure_is_answered_once_each():
    def answer(query, **frame):
        return Call(query).wire.text(json.dumps({"type": "Configure", **frame}), 0, 0)

    done = {"type": "ConfigureSuccess", "request_id": "id"}
    assert answer(QUERY, keyterms=["SW1A"]) == [{**done, "keyterms": ["SW1A"]}]
    assert answer(QUERY, keyterms=[]) == [{**done, "keyterms": []}]
    assert answer(QUERY, features={"numerals": True}) == [done]
    for query, terms, code in (
        (NovaQuery("nova-2"), ["a"], "CONFIGURE_KEYTERMS_NOT_SUPPORTED"),
        (QUERY, ["a"] * 501, "CONFIGURE_KEYTERM_LIMIT_EXCEEDED"),
    ):
        (failure,) = answer(query, keyterms=terms)
        assert (failure["type"], failure["code"]) == ("ConfigureFailure", code)
        assert set(failure) == {"type", "request_id", "code", "description"}


def test_what_is_no_message_is_answered_with_itself():
    for data in (
        "{",
        "5",
        '{"type":"Speak"}',
        '{"type":"Finalize","channel":1}',
        '{"type":"Configure","keyterms":"tap"}',
        '{"type":"Configure","features":{"numerals":1}}',
    ):
        (error,) = Call().wire.text(data, 0, 0)
        assert (error["type"], error["variant"], error["message"]) == ("Error", "SchemaError", data)
    assert Call().wire.text('{"type":"KeepAlive"}', 0, 0) == []


def test_it_says_when_the_next_moment_is():
    call = Call()
    call.run(0, [(0, Edge.VOICE, 0.0)])
    assert (call.wire.clock_due_ms(0), call.wire.wall_due_ms()) == (200, None)  # the first word
    call.run(900, SPOKEN[1:])
    assert (call.wire.clock_due_ms(900), call.wire.wall_due_ms()) == (1000, None)  # an interim
    call.run(1200)
    assert (call.wire.clock_due_ms(1200), call.wire.wall_due_ms()) == (None, 1350)  # the final


def test_a_final_that_waits_for_its_words_is_at_no_moment():
    call = Call(segments=[])
    call.run(1500, SPOKEN)
    assert (call.wire.clock_due_ms(1500), call.wire.wall_due_ms()) == (None, None)
    call.hearing.resolve(0, ["yes"])
    assert call.wire.wall_due_ms() == 1350


def test_finalize_hands_an_unscripted_voice_over_at_once():
    call = Call(segments=[])
    call.run(500, [(0, Edge.VOICE, 0.0)], [(400, '{"type":"Finalize"}')])
    (stretch,) = call.hearing.hand_over()
    assert (stretch.start_ms, stretch.voice_end_ms) == (0.0, 400)
    call.hearing.resolve(0, ["yes"])
    assert brief(call.run(600)) == [(550, "yes", True, False, True)]


def test_out_of_order_is_an_end_of_speech_that_is_not_final():
    _, message = Call().run(1500, SPOKEN)[0]
    wrong, right = Call().wire.disordered(message)
    assert (wrong["is_final"], wrong["speech_final"]) == (False, True)
    assert right == message
