"""Server-sent events from literal bytes, whole and one byte at a time."""

import pytest

from audiosocket_agent.llm.chat_wire.sse import MOST_BYTES, Event, EventDecoder, EventTooLong

STREAMS = [
    (b"data: a\n\n", [Event("", "a")]),
    (b"data:a\n\n", [Event("", "a")]),
    (b"data:  a\n\n", [Event("", " a")]),
    (b"data: a\r\n\r\ndata: b\r\n\r\n", [Event("", "a"), Event("", "b")]),
    (b"data: a\r\rdata: b\r\r", [Event("", "a"), Event("", "b")]),
    (b": keep-alive\n\ndata: a\n: in between\n\n", [Event("", "a")]),
    (b"data: one\ndata: two\n\n", [Event("", "one\ntwo")]),
    (b"event: error\ndata: {}\n\ndata: b\n\n", [Event("error", "{}"), Event("", "b")]),
    (b"event: error\n\ndata: b\n\n", [Event("", "b")]),
    (b"id: 7\nretry: 10\nnonsense\ndata: a\n\n", [Event("", "a")]),
    ("data: caf\u00e9 \u00a33\n\n".encode(), [Event("", "caf\u00e9 \u00a33")]),
    (b"\xef\xbb\xbfdata: a\n\n", [Event("", "a")]),
    (b"error: {\"code\":500}\n\n", [Event("error", '{"code":500}')]),
    (b"data: \xff\n\n", [Event("", "\ufffd")]),
    (b"data\n\n", [Event("", "")]),
    (b"\n\n\n", []),
]  # fmt: skip


@pytest.mark.parametrize(("stream", "events"), STREAMS)
def test_bytes_become_events_however_they_are_split(stream, events):
    for size in (len(stream), 1, 2, 3, 5):
        decoder = EventDecoder()
        found = []
        for at in range(0, len(stream), size):
            found += decoder.feed(stream[at : at + size])
        assert found == events, f"in pieces of {size}"
        assert decoder.finish() == []


@pytest.mark.parametrize("tail", [b"data: [DONE]", b"data: [DONE]\n", b"data: [DONE]\r\n"])
def test_the_end_of_the_stream_ends_the_last_event(tail):
    decoder = EventDecoder()
    assert decoder.feed(tail) == []
    assert decoder.finish() == [Event("", "[DONE]")]
    assert decoder.finish() == []


@pytest.mark.parametrize("piece", [b"x" * 4096, b"data: " + b"x" * 4096 + b"\n"])
def test_an_event_without_end_is_an_error_not_memory(piece):
    decoder = EventDecoder()
    with pytest.raises(EventTooLong):
        for _ in range(MOST_BYTES // 4096 + 2):
            decoder.feed(piece)
