"""Audio on its way out: in order, in chunks, bounded."""

from hypothesis import given
from hypothesis import strategies as st

from audiosocket_agent.stt.deepgram_wire.outgoing import MOST_WAITING_BYTES, Outgoing


def drained(outgoing):
    out = []
    while (item := outgoing.take()) is not None:
        out.append(item)
    return out


@given(st.lists(st.binary(max_size=2000), max_size=20), st.integers(1, 1280))
def test_all_audio_goes_out_in_order_and_never_an_empty_message(pieces, chunk_bytes):
    outgoing = Outgoing(chunk_bytes)
    for piece in pieces:
        outgoing.feed(piece)
    whole = b"".join(pieces)
    assert outgoing.position_s == len(whole) / 16000
    outgoing.flush()
    outgoing.flush()
    out = drained(outgoing)
    assert b"".join(out) == whole
    assert all(len(chunk) == chunk_bytes for chunk in out[:-1]) and b"" not in out
    assert outgoing.position_s == len(whole) / 16000


def test_a_message_follows_the_audio_fed_before_it():
    outgoing = Outgoing(640)
    outgoing.feed(bytes(700))
    outgoing.control("end")
    outgoing.feed(bytes(640))
    assert drained(outgoing) == [bytes(640), bytes(60), "end", bytes(640)]


def test_an_unfinished_chunk_waits():
    outgoing = Outgoing(640)
    outgoing.feed(bytes(639))
    assert outgoing.empty and outgoing.take() is None


def test_when_full_the_oldest_audio_goes_and_messages_stay():
    outgoing = Outgoing(640)
    outgoing.control("first")
    for n in range(MOST_WAITING_BYTES // 640 + 3):
        outgoing.feed(bytes([n % 256]) * 640)
    assert outgoing.lost_bytes == 3 * 640
    out = drained(outgoing)
    assert out[0] == "first"
    assert out[1] == b"\3" * 640
    assert sum(len(c) for c in out[1:]) == MOST_WAITING_BYTES
