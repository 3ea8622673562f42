"""What becomes of a reply, without a socket or a clock."""

import json
from itertools import count

import pytest

from audiosocket_agent.errors import (
    ContextExpired,
    DeadlineMissed,
    RateLimited,
    SessionExpired,
    StreamBroken,
)
from audiosocket_agent.seams import SpokenWord
from audiosocket_agent.tts.cartesia import Options
from audiosocket_agent.tts.cartesia_wire.frames import Chunk, Done, Failed, Timestamps
from audiosocket_agent.tts.cartesia_wire.reply import Reply
from audiosocket_agent.tts.cartesia_wire.request import Frames

GONE = ContextExpired("cartesia", "gone")
SECOND = b"\0\0" * 8000


def reply():
    numbers = count(1)
    return Reply(Frames(Options()), lambda: f"c{next(numbers)}", 0.6, 0.7)


def brief(frames):
    """Return context, text and whether more follows, or "cancel", of each frame."""
    found = [json.loads(frame) for frame in frames]
    return [
        (f["context_id"], "cancel") if f.get("cancel") else
        (f["context_id"], f["transcript"], f["continue"])
        for f in found
    ]  # fmt: skip


def words(context_id, *names, start=0, each=500):
    return Timestamps(
        context_id,
        tuple(
            SpokenWord(name, start + n * each, start + (n + 1) * each)
            for n, name in enumerate(names)
        ),
    )


def test_text_goes_out_as_it_comes():
    r = reply()
    sent = r.say("Good ", 1) + r.say(" ", 1) + r.say("morn", 1) + r.say("ing.", 1) + r.finish(1)
    assert brief(sent) == [
        ("c1", "Good ", True),
        ("c1", " ", True),
        ("c1", "morn", True),
        ("c1", "ing.", True),
        ("c1", "", False),
    ]
    assert r.finish(2) == r.say("x", 2) == []
    assert not r.done
    assert r.take(Chunk("c1", SECOND), 2) == ([SECOND], [])
    r.take(Done("c1"), 2)
    assert r.done
    assert r.take(words("c1", "late"), 3) == r.take(Chunk("c1", SECOND), 3) == ([], [])


def test_blank_text_waits_for_words():
    r = reply()
    assert r.say("\n ", 1) == []
    assert r.due_at() is None
    assert brief(r.say("Hi", 2)) == [("c1", "\n Hi", True)]
    assert r.due_at() == 2.6


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_reply_without_words_is_done_at_once(text):
    r = reply()
    assert r.say(text, 1) + r.finish(1) == []
    assert r.done


def test_odd_bytes_are_carried_over():
    r = reply()
    r.say("Hi", 1)
    found = [r.take(Chunk("c1", data), 1)[0] for data in (b"\1", b"\2\3", b"\4\5\6", b"")]
    assert found == [[], [b"\1\2"], [b"\3\4\5\6"], []]


def test_stale_frames_are_dropped():
    r = reply()
    r.say("Hi", 1)
    for event in (Chunk("c0", b"\1\2"), Done("c0"), Failed("c0", GONE), words("c0", "x")):
        assert r.take(event, 1) == ([], [])
    assert not r.done


def test_cancelling():
    r = reply()
    r.say("Hi", 1)
    assert brief(r.cancel()) == [("c1", "cancel")]
    assert r.done
    assert r.cancel() == r.say("x", 1) == r.finish(1) == []
    assert r.take(Chunk("c1", b"\1\2"), 1) == ([], [])
    assert reply().cancel() == []


def test_no_audio_in_time():
    r = reply()
    r.say("Hi", 10)
    r.say(" there", 10.5)
    assert r.due_at() == 10.6
    with pytest.raises(DeadlineMissed, match="600 ms"):
        r.overdue()


def test_a_stall_counts_once_the_listener_runs_dry():
    r = reply()
    r.say("one two three four", 10)
    r.finish(10)
    r.take(Chunk("c1", SECOND), 10.2)
    assert r.due_at() == pytest.approx(11.2)  # the second of audio lasts longer than 0.7 s
    r.take(Chunk("c1", b"\0\0" * 80), 11.1)
    assert r.due_at() == pytest.approx(11.8)
    with pytest.raises(DeadlineMissed, match="700 ms"):
        r.overdue()


def test_a_pause_of_the_model_is_no_stall():
    r = reply()
    r.say("one two three four five six", 10)
    r.take(words("c1", *"one two three four five six".split()), 10.1)
    r.take(Chunk("c1", SECOND * 3), 10.2)
    assert r.due_at() is None


def test_words_clearly_missing_are_waited_for():
    r = reply()
    r.say("one two three four five six", 10)
    r.take(words("c1", "one", "two"), 10.1)
    r.take(Chunk("c1", SECOND), 10.2)
    assert r.due_at() == pytest.approx(11.2)


def test_a_missing_last_frame_is_forgiven_when_all_words_were_heard():
    r = reply()
    r.say("one two", 10)
    r.finish(10)
    r.take(words("c1", "one", "two"), 10.1)
    r.take(Chunk("c1", SECOND), 10.2)
    r.overdue()
    assert r.done


def test_text_too_late_for_its_context_opens_another_on_the_same_clock():
    r = reply()
    r.say("One moment. ", 10)
    r.take(words("c1", "One", "moment."), 10.1)
    r.take(Chunk("c1", SECOND), 10.2)
    assert brief(r.say("Here ", 10.9)) == [("c1", "Here ", True)]
    r.take(words("c1", "Here", start=1000), 11)
    r.take(Chunk("c1", SECOND), 11)
    assert brief(r.say(" \n", 13) + r.say("it is.", 13)) == [("c2", " \nit is.", True)]
    assert r.take(words("c2", "it", "is."), 13.1)[0] == [
        (SpokenWord("it", 2000, 2500), SpokenWord("is.", 2500, 3000))
    ]
    assert brief(r.finish(13.2)) == [("c2", "", False)]


def test_a_reply_that_ends_after_its_context_needs_nothing_more():
    r = reply()
    r.say("One moment.", 10)
    r.take(Chunk("c1", SECOND), 10.2)
    assert r.finish(12) == []
    assert r.done


def test_a_context_that_the_vendor_ends_while_nothing_is_owed():
    r = reply()
    r.say("One moment. ", 10)
    r.take(Chunk("c1", SECOND), 10.2)
    assert r.take(Done("c1"), 10.5) == ([], [])
    assert not r.done
    assert brief(r.say("Here.", 10.6)) == [("c2", "Here.", True)]


def test_a_context_that_is_gone_is_replaced_once():
    r = reply()
    r.say("One two ", 10)
    r.take(words("c1", "One", "two"), 10.1)
    r.take(Chunk("c1", SECOND), 10.2)
    r.say("three ", 10.5)
    r.say("four.", 10.5)
    pieces, frames = r.take(Failed("c1", GONE), 10.6)
    assert pieces == []
    assert brief(frames) == [("c2", "three four.", True)]
    assert brief(r.finish(10.7)) == [("c2", "", False)]
    assert r.take(Failed("c1", GONE), 10.7) == ([], [])
    with pytest.raises(ContextExpired):
        r.take(Failed("c2", GONE), 10.8)


def test_words_announced_but_not_heard_are_said_again():
    r = reply()
    r.say("One two three", 10)
    r.take(words("c1", "One", "two", "three", each=400), 10.1)
    r.take(Chunk("c1", SECOND), 10.2)  # two words and a half
    r.finish(10.3)
    assert brief(r.take(Failed("c1", GONE), 10.6)[1]) == [("c2", "three", True), ("c2", "", False)]


def test_a_context_that_is_gone_when_all_was_heard():
    r = reply()
    r.say("One two", 10)
    r.take(words("c1", "One", "two"), 10.1)
    r.take(Chunk("c1", SECOND), 10.2)
    r.finish(10.3)
    assert r.take(Failed("c1", GONE), 10.6) == ([], [])
    assert r.done


def test_other_failures_are_the_callers():
    r = reply()
    r.say("One", 10)
    with pytest.raises(RateLimited):
        r.take(Failed("c1", RateLimited("cartesia", "x")), 10.1)


def test_a_reply_without_audio_is_a_failure():
    r = reply()
    r.say("One", 10)
    r.finish(10)
    with pytest.raises(StreamBroken):
        r.take(Done("c1"), 10.1)


IDLE = SessionExpired("cartesia", "closed")


def test_a_connection_lost_before_any_audio_costs_nothing_but_time():
    r = reply()
    r.say("One two", 10)
    r.finish(10)
    assert brief(r.lost(IDLE, 10.1)) == [("c2", "One two", True), ("c2", "", False)]
    assert r.due_at() == 10.6
    with pytest.raises(SessionExpired):
        r.lost(IDLE, 10.2)


def test_a_connection_lost_in_the_middle_is_the_callers():
    r = reply()
    r.say("One two three four", 10)
    r.take(Chunk("c1", SECOND), 10.2)
    r.finish(10.3)
    with pytest.raises(SessionExpired):
        r.lost(IDLE, 10.4)


def test_a_connection_lost_between_texts_is_nobodys_business():
    r = reply()
    assert r.lost(IDLE, 9) == []
    r.say("One two ", 10)
    r.take(words("c1", "One", "two"), 10.1)
    r.take(Chunk("c1", SECOND), 10.2)
    assert r.lost(IDLE, 10.4) == []
    assert brief(r.say("three", 10.5)) == [("c2", "three", True)]
