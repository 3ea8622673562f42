"""What leaves, and when: driven tick by tick with invented time."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from audiosocket_agent.playout import FRAME_S, MAX_LEAD_S, SILENCE, Playout
from audiosocket_agent.written import Written

FRAME = b"\x01\x00" * 160


class Line:
    """Ticks a playout as the pacer would and keeps what left, and when."""

    def __init__(self):
        self.playout = Playout()
        self.now_s = 100.0
        self.due_s = 100.0
        self.sent = []

    def tick(self, late_s=0.0):
        self.now_s = max(self.now_s, self.due_s + late_s)
        tick = self.playout.tick(self.now_s, self.due_s)
        self.sent.append((self.now_s, tick))
        self.due_s = tick.next_due_s
        return tick

    def say(self, frames, text="some words here"):
        reply = self.playout.begin_reply()
        passage = self.playout.begin_passage(reply, Written.whole(text))
        self.push(passage, FRAME * frames)
        passage.complete = True
        self.playout.finish_reply(reply)
        return passage

    def push(self, passage, pcm):
        assert self.playout.push(passage, pcm)
        self.due_s = self.playout.urgent_due_s(self.now_s, self.due_s)


def test_silence_from_the_first_frame_on_absolute_deadlines():
    line = Line()
    for _ in range(500):
        line.tick(late_s=0.003)
    assert {t.pcm for _, t in line.sent} == {SILENCE}
    # Every tick came 3 ms late, and none shifted the next.
    assert abs(line.due_s - (100.0 + 500 * FRAME_S)) < 0.5 * FRAME_S


def test_speech_follows_and_reports_when_the_last_of_it_left():
    line = Line()
    line.tick()
    line.say(3)
    ticks = [line.tick() for _ in range(5)]
    assert [t.voiced for t in ticks] == [True, True, True, False, False]
    assert [t.drained for t in ticks] == [False, False, True, False, False]


def test_the_first_frame_of_a_reply_leaves_at_once():
    line = Line()
    line.tick()
    line.now_s += 0.004
    line.say(10)
    at_s = line.now_s
    line.tick()
    assert line.sent[-1][0] == at_s and line.sent[-1][1].voiced
    line.tick()
    assert abs(line.sent[-1][0] - at_s - FRAME_S) < 1e-9


def test_many_early_starts_never_run_more_than_two_frames_ahead():
    line = Line()
    line.tick()
    for _ in range(50):
        line.now_s += 0.001
        line.say(2)
        line.tick()
        assert line.playout.lead_s(line.now_s) <= MAX_LEAD_S + 1e-9
        line.tick()
        assert line.playout.lead_s(line.now_s) <= MAX_LEAD_S + 1e-9


def test_silence_gives_the_lead_back_without_a_gap():
    line = Line()
    line.tick()
    line.now_s += 0.001
    line.say(2)
    for _ in range(200):
        line.tick()
    gaps = [b - a for (a, _), (b, _) in itertools.pairwise(line.sent[1:])]
    assert max(gaps) <= 0.0206
    assert abs(line.playout.lead_s(line.now_s) - FRAME_S) < 0.001


def test_after_a_long_stall_nothing_is_sent_in_a_burst():
    line = Line()
    for _ in range(10):
        line.tick()
    line.now_s += 3.0
    line.tick()
    assert line.due_s > line.now_s
    assert line.playout.lead_s(line.now_s) <= MAX_LEAD_S


def test_clear_stops_at_once_and_tells_what_was_heard():
    line = Line()
    line.tick()
    line.say(100, "one two three four five six seven eight nine ten")
    for _ in range(45):
        line.tick()
    (passage,) = line.playout.clear()
    assert passage.heard_text() == "one two three four"
    assert line.tick().pcm == SILENCE


def test_late_audio_of_a_dropped_reply_drops_itself():
    line = Line()
    passage = line.say(1)
    line.playout.clear()
    assert not line.playout.push(passage, FRAME)
    new = line.playout.begin_passage(line.playout.begin_reply(), Written.whole("new"))
    assert not line.playout.push(passage, FRAME)
    assert line.playout.push(new, FRAME)


def test_a_pause_between_sentences_is_not_the_end_of_the_reply():
    line = Line()
    line.tick()
    reply = line.playout.begin_reply()
    first = line.playout.begin_passage(reply, Written.whole("first"))
    line.push(first, FRAME)
    first.complete = True
    assert not line.tick().drained
    second = line.playout.begin_passage(reply, Written.whole("second"))
    line.push(second, FRAME)
    second.complete = True
    line.playout.finish_reply(reply)
    assert line.tick().drained


def test_a_voice_that_stalls_mid_frame_is_not_cut_into_pieces():
    line = Line()
    line.tick()
    reply = line.playout.begin_reply()
    passage = line.playout.begin_passage(reply, Written.whole("word"))
    line.push(passage, FRAME[:100])
    assert line.tick().pcm == SILENCE
    line.push(passage, FRAME[100:])
    assert line.tick().pcm == FRAME


@given(
    chunks=st.lists(st.integers(1, 900), max_size=12),
    stop_after=st.integers(0, 30),
)
def test_every_frame_is_whole_and_no_byte_is_lost_or_doubled(chunks, stop_after):
    line = Line()
    reply = line.playout.begin_reply()
    passage = line.playout.begin_passage(reply, Written.whole("text"))
    sent_in = b""
    for i, samples in enumerate(chunks):
        pcm = bytes([i + 1, 0]) * samples
        sent_in += pcm
        line.push(passage, pcm)
    passage.complete = True
    out = b""
    for _ in range(stop_after):
        tick = line.tick()
        assert len(tick.pcm) == 320
        if tick.voiced:
            out += tick.pcm
    assert sent_in.startswith(out.rstrip(b"\x00")) or out[: len(sent_in)] == sent_in
    assert passage.sent_bytes == min(len(sent_in), len(out))
