"""Conversations of callers who are with people."""

import uuid

from audiosocket_agent.away import MEMORY_S, MOST, Away, AwayCalls
from audiosocket_agent.conversation_state import State
from audiosocket_agent.journal import Spent


def away(turn=3):
    return Away(None, State(), (), turn, Spent(), 0.0)


def test_a_conversation_is_taken_once():
    calls = AwayCalls()
    calls.put(uuid.UUID(int=1), away(), 0)
    assert calls.take(uuid.UUID(int=1), 1).next_turn == 3
    assert calls.take(uuid.UUID(int=1), 1) is None


def test_it_is_forgotten_in_time():
    calls = AwayCalls()
    calls.put(uuid.UUID(int=1), away(), 0)
    calls.put(uuid.UUID(int=2), away(), 10)
    calls.expire(MEMORY_S + 1)
    assert calls.take(uuid.UUID(int=1), 1) is None
    assert calls.take(uuid.UUID(int=2), MEMORY_S + 11) is None


def test_a_later_hand_over_of_the_same_call_counts():
    calls = AwayCalls()
    for turn in (3, 7):
        calls.put(uuid.UUID(int=1), away(turn), 0)
    assert calls.take(uuid.UUID(int=1), 1).next_turn == 7


def test_the_oldest_makes_room():
    calls = AwayCalls()
    for n in range(MOST + 1):
        calls.put(uuid.UUID(int=n), away(), 0)
    assert calls.take(uuid.UUID(int=0), 1) is None and calls.take(uuid.UUID(int=1), 1)
