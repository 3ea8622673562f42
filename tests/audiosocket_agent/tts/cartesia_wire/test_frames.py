"""Frames of the vendor, literally."""

import json

import pytest

from audiosocket_agent.errors import RateLimited, WireViolation
from audiosocket_agent.seams import SpokenWord
from audiosocket_agent.tts.cartesia_wire.frames import Chunk, Done, Failed, Timestamps, read
from tests.audiosocket_agent.tts.cartesia_server import done, error, flush_done


def test_audio():
    frame = (
        '{"type":"chunk","context_id":"turn-17","data":"AAEC","done":false,"status_code":206,'
        '"step_time":12.3,"flush_id":1}'
    )
    assert read(frame) == Chunk("turn-17", b"\x00\x01\x02")


def test_word_times_in_milliseconds():
    frame = (
        '{"type":"timestamps","context_id":"c","done":false,"status_code":206,'
        '"word_timestamps":{"words":["Thanks","for"],"start":[0.0,0.31],"end":[0.28,0.4]}}'
    )
    words = (SpokenWord("Thanks", 0, 280), SpokenWord("for", 310, 400))
    assert read(frame) == Timestamps("c", words)


def test_the_end():
    assert read(json.dumps(done("c"))) == Done("c")


def test_errors():
    found = read(json.dumps(error("c", 429)))
    assert isinstance(found, Failed)
    assert found.context_id == "c"
    assert isinstance(found.error, RateLimited)
    assert read(json.dumps(error(None, 429))).context_id == ""


@pytest.mark.parametrize("frame", [flush_done("c"), {"type": "phoneme_timestamps"}, {}])
def test_frames_of_no_use(frame):
    assert read(json.dumps(frame)) is None


@pytest.mark.parametrize(
    "frame",
    [
        "not json",
        b"\xff\xfe",
        "[]",
        '{"type":"chunk","context_id":"c","data":"!!"}',
        '{"type":"chunk","context_id":"c","data":7}',
        '{"type":"timestamps","context_id":"c"}',
        '{"type":"timestamps","word_timestamps":{"words":["a"],"start":[],"end":[1]}}',
        '{"type":"timestamps","word_timestamps":{"words":["a"],"start":["x"],"end":[1]}}',
    ],
)
def test_frames_that_break_the_protocol(frame):
    with pytest.raises(WireViolation):
        read(frame)
