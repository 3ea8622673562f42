"""Delays between attempts."""

import itertools

from ari_app.backoff import Backoff


def test_delays_double_up_to_the_most_and_begin_anew():
    delays = Backoff(lambda: 0.0)
    assert [delays.next_s() for _ in range(7)] == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    delays.reset()
    assert delays.next_s() == 0.1


def test_chance_shortens_a_delay_by_up_to_half():
    assert [Backoff(lambda c=c: c).next_s() for c in (0.0, 1.0)] == [0.1, 0.05]


def test_a_long_night_does_not_break_it():
    delays = Backoff(lambda: 0.0)
    assert max(itertools.islice(iter(delays.next_s, None), 3000)) == 2.0
