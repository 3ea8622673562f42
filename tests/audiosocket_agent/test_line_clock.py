"""The caller's time: frames make it, whenever they come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiosocket_agent.line_clock import (
    HELD_BACK_IN_VOICE_MS,
    HELD_BACK_MS,
    STOOD_STILL_MS,
    LineClock,
)


def clock_at(*frames):
    clock = LineClock()
    for ms in frames:
        clock.frame(ms)
    return clock


def test_it_runs_with_the_frames():
    clock = clock_at(20, 40, 60)
    assert clock.now_ms(60) == 60 and clock.now_ms(75) == 75


def run(clock, from_ms, to_ms):
    """Let the process run, and no frame come."""
    for ms in range(from_ms, to_ms + 1, 20):
        clock.tick(ms)


def test_frames_held_back_are_no_silence_and_a_burst_makes_up_for_them():
    clock = clock_at(20, 40)
    run(clock, 40, 240)
    assert clock.now_ms(240) == 60  # nothing came for 200 ms
    for _ in range(10):
        clock.frame(240)
    assert clock.now_ms(240) == 240


def test_a_phone_that_sends_no_silence_does_not_stop_the_clock():
    clock = clock_at(20)
    run(clock, 20, 320)
    assert clock.now_ms(20 + HELD_BACK_MS) == 320
    run(clock, 320, 1000)
    clock.frame(1000)
    assert clock.now_ms(1000) == 1000


def test_frames_that_stay_away_in_the_middle_of_a_voice_are_waited_for_longer():
    clock = LineClock()
    clock.frame(20, voiced=True)
    run(clock, 20, 1000)
    assert clock.now_ms(1000) == 40
    run(clock, 1000, 1020)
    assert clock.now_ms(20 + HELD_BACK_IN_VOICE_MS) == 1020


@pytest.mark.parametrize("first", ["frame", "tick"])
def test_a_process_that_stood_still_heard_no_silence(first):
    clock = clock_at(20, 40)
    clock.tick(40)
    getattr(clock, first)(900)  # whichever the loop comes to first after 860 ms
    assert clock.now_ms(900) == 60
    for _ in range(42 if first == "frame" else 43):
        clock.frame(900)
    assert clock.now_ms(900) == 900


def test_a_process_that_stood_still_while_no_frames_came_counts_only_what_it_waited():
    clock = clock_at(20)
    run(clock, 20, 420)
    clock.tick(2420)
    assert clock.now_ms(2420) == 420 + STOOD_STILL_MS


def test_a_moment_is_found_on_the_wall():
    clock = clock_at(30, 50, 70)  # the first frame came 10 ms late: it is 60 where the wall says 70
    assert clock.now_ms(70) == 60
    assert clock.wall_ms(40, 70) == 50


@given(st.lists(st.tuples(st.integers(0, 700), st.sampled_from(["frame", "tick", "neither"]))))
def test_it_never_goes_back_nor_ahead_of_what_came(steps):
    clock, wall, before, frames = LineClock(), 0, 0.0, 0
    for ms, event in steps:
        wall += ms
        if event != "neither":
            getattr(clock, event)(wall)
        frames += event == "frame"
        now = clock.now_ms(wall)
        assert before <= now <= wall + frames * 20
        before = now
