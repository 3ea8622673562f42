"""When a provider is asked, and when it is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiosocket_agent.chains.breaker import Breaker, BreakerConfig
from audiosocket_agent.errors import (
    DeadlineMissed,
    KeyRefused,
    ModelNotFound,
    NotConfigured,
    PaymentRequired,
    RateLimited,
    RequestTooLarge,
    StreamBroken,
    ToolUseFailed,
    Unreachable,
    VendorDown,
)

CONFIG = BreakerConfig(
    failures=2,
    window_s=30,
    cooldown_s=5,
    cooldown_factor=2,
    longest_cooldown_s=40,
    lasting_cooldown_s=20,
)
DOWN = VendorDown("v", "down")


def opened(at_s=0.0):
    breaker = Breaker(CONFIG)
    breaker.failed(at_s, DOWN)
    breaker.failed(at_s, DOWN)
    assert breaker.is_open
    return breaker


def test_one_failure_is_forgiven_two_in_a_row_are_not():
    breaker = Breaker(CONFIG)
    breaker.failed(0, DOWN)
    assert breaker.allows(0)
    breaker.failed(1, StreamBroken("v", "broken"))
    assert not breaker.allows(1)
    assert "broken" in breaker.reason


def test_a_success_between_two_failures_keeps_it_closed():
    breaker = Breaker(CONFIG)
    breaker.failed(0, DOWN)
    breaker.succeeded(1)
    breaker.failed(2, DOWN)
    assert breaker.allows(2)


def test_failures_far_apart_keep_it_closed():
    breaker = Breaker(CONFIG)
    breaker.failed(0, DOWN)
    breaker.failed(31, DOWN)
    assert breaker.allows(31)


@pytest.mark.parametrize("kind", [NotConfigured, KeyRefused, PaymentRequired, ModelNotFound])
def test_what_time_does_not_heal_opens_it_at_once_and_for_longer(kind):
    breaker = Breaker(CONFIG)
    breaker.failed(0, kind("v", "wrong"))
    assert not breaker.allows(19.9)
    assert breaker.allows(20)


@pytest.mark.parametrize("kind", [RequestTooLarge, ToolUseFailed])
def test_what_concerns_one_request_does_not_count(kind):
    breaker = Breaker(CONFIG)
    for _ in range(5):
        breaker.failed(0, kind("v", "too much"))
    assert breaker.allows(0)


def test_a_rate_limit_is_waited_for_as_long_as_the_vendor_asks():
    breaker = Breaker(CONFIG)
    breaker.failed(0, RateLimited("v", "slow down", retry_after_s=12))
    assert not breaker.allows(11.9)
    assert breaker.allows(12)


def test_a_vendor_cannot_ask_for_more_than_the_cap():
    breaker = Breaker(CONFIG)
    breaker.failed(0, RateLimited("v", "slow down", retry_after_s=86400))
    assert breaker.allows(40)


def test_a_rate_limit_without_a_time_counts_as_any_failure():
    breaker = Breaker(CONFIG)
    breaker.failed(0, RateLimited("v", "slow down"))
    assert breaker.allows(0)


def test_one_trial_a_cooldown():
    breaker = opened()
    assert not breaker.allows(4.9)
    assert breaker.allows(5)
    assert not breaker.allows(5)
    assert not breaker.allows(9.9)
    assert breaker.allows(10)  # the first trial never reported


def test_a_trial_that_succeeds_closes_it():
    breaker = opened()
    assert breaker.allows(5)
    breaker.succeeded(6)
    assert breaker.allows(6) and breaker.allows(6)
    assert breaker.reason == ""


def test_each_failed_trial_doubles_the_cooldown_up_to_the_cap():
    breaker = opened()
    now, waits = 0.0, []
    for _ in range(5):
        started = now
        while not breaker.allows(now):
            now += 0.5
        waits.append(now - started)
        breaker.failed(now, Unreachable("v", "no"))
    assert waits == [5, 10, 20, 40, 40]


def test_calls_that_began_before_it_opened_change_nothing():
    breaker = opened()
    for _ in range(50):
        breaker.failed(0.1, DeadlineMissed("v", "late"))
    breaker.succeeded(0.2)
    assert not breaker.allows(4.9)
    assert breaker.allows(5)


def test_a_refused_key_lengthens_a_short_cooldown():
    breaker = opened()
    breaker.failed(1, KeyRefused("v", "no"))
    assert not breaker.allows(20.9)
    assert breaker.allows(21)


errors = st.sampled_from(
    [
        DOWN,
        KeyRefused("v", "no"),
        RateLimited("v", "no", retry_after_s=7),
        RateLimited("v", "no", retry_after_s=1e9),
        DeadlineMissed("v", "no"),
    ]
)
steps = st.lists(
    st.tuples(st.floats(0, 50), st.one_of(st.just("ask"), st.just("ok"), errors)), max_size=60
)


@given(steps)
def test_an_open_breaker_lets_one_trial_through_a_cooldown_and_never_stays_shut(history):
    breaker, now, last_trial = Breaker(CONFIG), 0.0, None
    for pause_s, what in history:
        now += pause_s
        was_open = breaker.is_open
        if what == "ask":
            if breaker.allows(now) and was_open:
                assert last_trial is None or now - last_trial >= CONFIG.cooldown_s
                last_trial = now
        elif what == "ok":
            breaker.succeeded(now)
        else:
            breaker.failed(now, what)
        if not breaker.is_open:
            last_trial = None
    assert breaker.allows(now + CONFIG.longest_cooldown_s)
