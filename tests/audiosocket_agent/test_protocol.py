"""The wire, both ways, with literal bytes; the same bytes whole, split and one at a time."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiosocket_agent.errors import LocalProtocolError, RemoteProtocolError
from audiosocket_agent.protocol import (
    HANGUP_MESSAGE,
    SAMPLE_RATES_HZ,
    Audio,
    Decoder,
    Dtmf,
    Hangup,
    Hello,
    Kind,
    PeerError,
    Unknown,
    encode,
    encode_audio,
)

CALL = uuid.UUID("40325ec2-5efd-4bd3-805f-53576e581d13")

CASES = [
    (b"\x01\x00\x10" + CALL.bytes, Hello(CALL)),
    (b"\x10\x00\x04\x01\x00\xff\x7f", Audio(b"\x01\x00\xff\x7f", 8000)),
    (b"\x12\x00\x02\x01\x02", Audio(b"\x01\x02", 16000)),
    (b"\x18\x00\x02\x01\x02", Audio(b"\x01\x02", 192000)),
    (b"\x03\x00\x01#", Dtmf("#")),
    (b"\x00\x00\x00", Hangup()),
    (b"\xff\x00\x01\x02", PeerError(b"\x02")),
    (b"\x42\x00\x03abc", Unknown(0x42, 3)),
    (b"\x03\x00\x01X", Unknown(0x03, 1)),
    (b"\x03\x00\x02##", Unknown(0x03, 2)),
    (b"\x03\x00\x00", Unknown(0x03, 0)),
]


@pytest.mark.parametrize(("wire", "message"), CASES)
def test_decodes(wire, message):
    assert Decoder().feed(wire) == [message]


@pytest.mark.parametrize(("wire", "message"), CASES)
def test_decodes_one_byte_at_a_time(wire, message):
    decoder = Decoder()
    got = [m for i in range(len(wire)) for m in decoder.feed(wire[i : i + 1])]
    assert got == [message]


def test_every_audio_kind_has_the_rate_of_its_name():
    assert {kind: rate // 1000 for kind, rate in SAMPLE_RATES_HZ.items()} == {
        0x10: 8, 0x11: 12, 0x12: 16, 0x13: 24, 0x14: 32, 0x15: 44, 0x16: 48, 0x17: 96, 0x18: 192,
    }  # fmt: skip


@given(st.lists(st.sampled_from(CASES), max_size=8), st.data())
def test_any_split_gives_the_same_messages(cases, data):
    wire = b"".join(w for w, _ in cases)
    decoder, got, at = Decoder(), [], 0
    while at < len(wire):
        step = data.draw(st.integers(1, len(wire) - at))
        got += decoder.feed(wire[at : at + step])
        at += step
    assert got == [m for _, m in cases]


@given(st.binary(max_size=2000))
def test_garbage_is_decoded_or_refused_with_the_documented_error(data):
    decoder = Decoder()
    try:
        decoder.feed(data)
    except RemoteProtocolError:
        with pytest.raises(RemoteProtocolError):
            decoder.feed(b"")


def test_largest_payload():
    pcm = b"\x01\x00" * 32767
    assert Decoder().feed(b"\x10\xff\xff" + pcm + b"\x00") == [Audio(pcm, 8000)]


def test_odd_audio_loses_its_last_byte_and_empty_audio_is_nothing():
    assert Decoder().feed(b"\x10\x00\x03\x01\x00\x05\x10\x00\x00\x10\x00\x01\x00") == [
        Audio(b"\x01\x00", 8000)
    ]


@pytest.mark.parametrize("payload", [b"", b"\x00" * 15, b"\x00" * 17])
def test_a_uuid_of_another_length_is_refused(payload):
    with pytest.raises(RemoteProtocolError, match="16 bytes"):
        Decoder().feed(b"\x01" + len(payload).to_bytes(2, "big") + payload)


def test_encodes():
    assert HANGUP_MESSAGE == b"\x00\x00\x00"
    assert encode_audio(b"\x01\x02" * 160)[:3] == b"\x10\x01\x40"
    assert encode(Kind.UUID, CALL.bytes) == CASES[0][0]


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (Kind.SLIN8, b""),
        (Kind.SLIN8, b"\x00"),
        (Kind.SLIN16, bytes(65536)),
        (Kind.UUID, b"short"),
        (Kind.DTMF, b"x"),
    ],
)
def test_refuses_to_send_what_breaks_a_call(kind, payload):
    with pytest.raises(LocalProtocolError):
        encode(kind, payload)
