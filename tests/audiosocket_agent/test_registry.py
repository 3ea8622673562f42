"""Who may come in: each UUID once, in time, and only while there is room."""

import uuid

import pytest

from audiosocket_agent.errors import AdmissionError, RegistrationError
from audiosocket_agent.registry import CallInfo, Registry
from audiosocket_agent.workflow import Outcome


def call(n=1):
    call_id = uuid.UUID(int=n)
    return CallInfo(call_id, "441632960001", "", "PJSIP/a-1", "1.1", call_id)


def refused(registry, call_id, now_s):
    with pytest.raises(AdmissionError) as caught:
        registry.admit(call_id, now_s)
    return caught.value.reason


def test_a_registered_call_comes_in_once():
    registry = Registry(capacity=2)
    registry.register(call(), 0)
    assert registry.admit(call().call_id, 1) == call()
    assert refused(registry, call().call_id, 2) == "used"
    registry.finish(call().call_id, Outcome.HANGUP, 3)
    assert refused(registry, call().call_id, 4) == "used"


def test_strangers_and_latecomers_stay_out():
    registry = Registry(capacity=2, admission_s=10)
    assert refused(registry, uuid.UUID(int=9), 0) == "unknown"
    registry.register(call(), 0)
    assert refused(registry, call().call_id, 10.1) == "expired"


def test_a_full_house_refuses_until_a_call_ends():
    registry = Registry(capacity=1)
    registry.register(call(1), 0)
    with pytest.raises(RegistrationError) as caught:
        registry.register(call(2), 0)
    assert caught.value.reason == "full"
    registry.admit(call(1).call_id, 0)
    registry.finish(call(1).call_id, None, 1)
    registry.register(call(2), 1)


def test_a_uuid_is_registered_once_ever():
    registry = Registry(capacity=9)
    registry.register(call(), 0)
    registry.admit(call().call_id, 0)
    registry.finish(call().call_id, Outcome.HANGUP, 0)
    with pytest.raises(RegistrationError) as caught:
        registry.register(call(), 1)
    assert caught.value.reason == "repeated"


def test_outcomes_are_kept_for_the_question_and_then_forgotten():
    registry = Registry(capacity=9, memory_s=120)
    registry.register(call(), 0)
    assert registry.outcome(call().call_id) is None
    registry.finish(call().call_id, Outcome.QUEUE, 5)
    registry.finish(call().call_id, None, 6)  # the connection's end comes after the planned one
    assert registry.outcome(call().call_id) is Outcome.QUEUE
    assert registry.expire(125.9) == []
    assert registry.expire(126.1) == []
    with pytest.raises(KeyError):
        registry.outcome(call().call_id)


def test_calls_that_never_connect_are_told_apart():
    registry = Registry(capacity=9, admission_s=10)
    registry.register(call(1), 0)
    registry.register(call(2), 0)
    registry.admit(call(2).call_id, 1)
    assert registry.live() == [call(1).call_id, call(2).call_id]
    assert registry.expire(11) == [call(1)]
    assert registry.load == 1


def test_a_call_that_hears_something_first_has_longer_to_connect():
    registry = Registry(capacity=1)
    registry.register(call(), 0, later_s=30)
    assert registry.admit(call().call_id, 35) == call()
