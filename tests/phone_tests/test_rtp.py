import pytest

from tests.phone.rtp import (
    KeyPress,
    MalformedPacket,
    Outgoing,
    Packet,
    Utterance,
    event_payloads,
    parse,
)

_SILENCE = b"\xff" * 160


def _stream(sequence: int = 0, timestamp: int = 0) -> Outgoing:
    return Outgoing(0, _SILENCE, 7, 101, sequence, timestamp)


def test_a_packet_is_twelve_bytes_of_header_and_the_payload() -> None:
    packet = Packet(101, 0xFFFF, 0x01020304, 0x05060708, b"xy", marker=True)
    assert packet.encode() == bytes.fromhex("80e5ffff0102030405060708") + b"xy"
    assert parse(packet.encode()) == packet


def test_sources_extension_and_padding_are_skipped() -> None:
    head = bytes.fromhex("b1000001000000a000000007") + b"CSRC" + bytes.fromhex("beef0001") + b"EXTN"
    assert parse(head + b"voice\0\0\x03") == Packet(0, 1, 160, 7, b"voice")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80" * 11,
        b"\x00" * 12,
        b"\x8f" + b"\0" * 20,
        b"\x90" + b"\0" * 12,
        b"\xa0" + b"\xff" * 15,
    ],
)
def test_what_is_no_rtp_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedPacket):
        parse(data)


def test_silence_is_sent_when_nobody_speaks_and_numbers_wrap() -> None:
    stream = _stream(sequence=0xFFFF, timestamp=0xFFFFFFFF - 79)
    first, second = stream.step(0.0)[0], stream.step(0.02)[0]
    assert (first.sequence, second.sequence) == (0xFFFF, 0)
    assert (first.timestamp, second.timestamp) == (0xFFFFFFB0, 80)
    assert first.payload == second.payload == _SILENCE
    assert not first.marker


def test_a_background_goes_on_behind_speech_and_is_heard_around_it() -> None:
    stream = _stream()
    behind = iter([b"1", b"2", b"3", b"4"])
    stream.background = behind.__next__
    sent = [stream.step(0.0)[0].payload]
    stream.say(Utterance([b"a", b"b"]))
    sent += [stream.step(n * 0.02)[0].payload for n in (1, 2, 3)]
    assert sent == [b"1", b"a", b"b", b"4"]


def test_speech_is_marked_once_and_knows_when_it_went_out() -> None:
    stream, changes = _stream(), []
    one = Utterance([b"a", b"b", b"c"], on_change=lambda: changes.append("one"))
    two = Utterance([b"d"], on_change=lambda: changes.append("two"))
    stream.say(one)
    stream.say(two)
    packets = [stream.step(at / 50)[0] for at in range(5)]
    assert [p.payload for p in packets] == [b"a", b"b", b"c", b"d", _SILENCE]
    assert [p.marker for p in packets] == [True, False, False, False, False]
    assert (one.started_at, one.ended_at, two.started_at, two.ended_at) == (0.0, 0.04, 0.06, 0.06)
    assert changes == ["one", "one", "two"]


def test_a_key_carries_its_start_grows_and_ends_three_times() -> None:
    stream, changes = _stream(timestamp=1000), []
    stream.press(KeyPress(event_payloads("#", 60), on_change=lambda: changes.append("up")))
    sent = [stream.step(0.0) for _ in range(4)]
    assert [len(packets) for packets in sent] == [1, 1, 3, 1]
    key = [packet for packets in sent[:3] for packet in packets]
    assert {p.timestamp for p in key} == {1000}
    assert [p.marker for p in key] == [True, False, False, False, False]
    assert [p.payload.hex() for p in key] == ["0b0a00a0", "0b0a0140"] + ["0b8a01e0"] * 3
    assert [p.sequence for packets in sent for p in packets] == list(range(6))
    assert sent[3][0].timestamp == 1000 + 3 * 160  # the clock ran on under the key
    assert changes == ["up"]


def test_a_key_waits_for_the_speech_before_it() -> None:
    stream = _stream()
    stream.say(Utterance([b"a"]))
    stream.press(KeyPress(event_payloads("1", 40)))
    assert [stream.step(0.0)[0].payload_type for _ in range(4)] == [0, 101, 101, 0]


def test_hushing_drops_what_is_queued_in_mid_word() -> None:
    stream = _stream()
    utterance = Utterance([b"a", b"b"])
    stream.say(utterance)
    stream.step(0.0)
    stream.hush()
    assert stream.step(0.02)[0].payload == _SILENCE
    assert utterance.ended_at is None


@pytest.mark.parametrize("digit", ["", "x", "12"])
def test_only_keys_can_be_pressed(digit: str) -> None:
    with pytest.raises(ValueError, match="no such key"):
        event_payloads(digit, 100)


def test_keys_need_a_peer_that_takes_them() -> None:
    stream = Outgoing(0, _SILENCE, 7, None)
    with pytest.raises(ValueError, match="no telephone events"):
        stream.press(KeyPress(event_payloads("1", 100)))
