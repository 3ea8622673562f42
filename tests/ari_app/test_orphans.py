"""Calls that only one side still has."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from ari_app.call_ledger import LiveCall
from ari_app.orphans import Found, Orphans

CALL = LiveCall(uuid.UUID(int=7), "harbour", "1.1", True)
HELD = [str(CALL.call_id)]
TALKING = {"Uniqueid": "1.1", "Context": "voiceagent-ai", "Application": "AudioSocket"}
NOTHING = Found()


def test_a_call_both_sides_have_is_left_alone():
    orphans = Orphans()
    for _ in range(3):
        assert orphans.look([CALL], HELD, [TALKING]) == NOTHING


def test_a_call_without_a_channel_is_ended_at_the_second_look():
    orphans = Orphans()
    assert orphans.look([], HELD, []) == NOTHING
    assert orphans.look([], HELD, []) == Found(hang_up=tuple(HELD))


def test_a_caller_who_hears_nobody_is_taken_to_people_at_the_second_look():
    orphans = Orphans()
    assert orphans.look([CALL], [], [TALKING]) == NOTHING
    assert orphans.look([CALL], [], [TALKING]) == Found(to_people=("1.1",))


def test_a_moment_between_two_events_is_no_orphan():
    orphans = Orphans()
    assert orphans.look([CALL], [], [TALKING]) == NOTHING
    assert orphans.look([CALL], HELD, [TALKING]) == NOTHING
    assert orphans.look([CALL], [], [TALKING]) == NOTHING


def test_callers_with_people_are_not_ours_to_move():
    orphans = Orphans()
    queued = TALKING | {"Context": "voiceagent-human", "Application": "Queue"}
    stranger = TALKING | {"Uniqueid": "9.9"}
    for _ in range(3):
        assert orphans.look([CALL], [], [queued, stranger]) == NOTHING


@given(st.lists(st.dictionaries(st.sampled_from(["Uniqueid", "Context"]), st.text())))
def test_no_channel_is_too_odd(channels):
    Orphans().look([CALL], HELD, channels)
