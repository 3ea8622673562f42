"""The pipe's messages survive the trip, and what is no message is refused."""

import json

import pytest

from audiosocket_agent.stt.sphinx.wire import (
    MAX_PCM_BYTES,
    PREFIX,
    Reply,
    Request,
    WireError,
    decode_reply,
    decode_request,
    encode_reply,
    encode_request,
    lengths,
)


def split(message):
    json_bytes, pcm_bytes = lengths(message[: PREFIX.size])
    head = message[PREFIX.size : PREFIX.size + json_bytes]
    pcm = message[PREFIX.size + json_bytes :]
    assert len(pcm) == pcm_bytes
    return head, pcm


def test_a_request_on_the_wire():
    request = Request(7, ("yes",), b"\1\2")
    message = encode_request(request)
    head = b'{"number":7,"phrases":["yes"]}'
    assert message == b"\0\0\0\x1e\0\0\0\2" + head + b"\1\2"
    assert decode_request(*split(message)) == request


def test_a_reply_on_the_wire():
    reply = Reply(7, "yes please", 0.75)
    head, pcm = split(encode_reply(reply))
    assert json.loads(head) == {"number": 7, "text": "yes please", "confidence": 0.75}
    assert pcm == b""
    assert decode_reply(head) == reply


@pytest.mark.parametrize("prefix", [PREFIX.pack(1 << 20, 0), PREFIX.pack(2, MAX_PCM_BYTES + 1)])
def test_lengths_beyond_any_message_are_refused(prefix):
    with pytest.raises(WireError):
        lengths(prefix)


@pytest.mark.parametrize("head", [b"", b"{", b"[]", b"null", b"{}", b'{"number":"x"}', b"\xff"])
def test_other_json_is_refused(head):
    with pytest.raises(WireError):
        decode_reply(head)
    with pytest.raises(WireError):
        decode_request(head, b"")
