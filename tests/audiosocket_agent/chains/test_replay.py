"""What a fresh ear is given: no more and no less than the utterance in progress."""

from hypothesis import given
from hypothesis import strategies as st

from audiosocket_agent.chains.replay import MOST_BYTES, PRE_ROLL_BYTES, Mark, Replay
from audiosocket_agent.seams import Expectation, Expects

STARTED, FINALIZED = Mark.STARTED, Mark.FINALIZED
YES_NO = Expectation(Expects.YES_NO, ("yes", "no"))
CHOICE = Expectation(Expects.CHOICE, ("drain", "tap"))


def frame(number):
    return bytes([number % 256]) * 320


def fed(replay, *numbers):
    for number in numbers:
        replay.feed(frame(number))


def audio(replay):
    return b"".join(step for step in replay.steps() if isinstance(step, bytes))


def marks(replay):
    return [step for step in replay.steps() if not isinstance(step, bytes)]


def test_before_speech_the_last_300_ms_are_kept():
    replay = Replay()
    fed(replay, *range(40))
    assert list(replay.steps()) == [b"".join(frame(n) for n in range(25, 40))]


def test_an_utterance_comes_back_in_order_from_300_ms_before_its_start():
    replay = Replay()
    replay.expect(YES_NO)
    fed(replay, *range(40))
    replay.speech_started()
    fed(replay, *range(40, 100))
    replay.finalize()
    fed(replay, 100)
    assert list(replay.steps()) == [
        YES_NO,
        b"".join(frame(n) for n in range(25, 40)),
        STARTED,
        b"".join(frame(n) for n in range(40, 100)),
        FINALIZED,
        frame(100),
    ]


def test_a_final_takes_its_utterance_off():
    replay = Replay()
    replay.speech_started()
    fed(replay, *range(30))
    replay.finalize()
    fed(replay, 50)
    replay.final()
    assert list(replay.steps()) == [frame(50)]


def test_each_final_answers_the_first_finalize():
    replay = Replay()
    for number in (1, 2):
        replay.speech_started()
        fed(replay, number)
        replay.finalize()
    replay.final()
    assert list(replay.steps()) == [STARTED, frame(2), FINALIZED]
    replay.final()
    assert list(replay.steps()) == []


def test_a_final_that_nobody_asked_for_ends_what_was_said_so_far():
    replay = Replay()
    replay.speech_started()
    fed(replay, *range(30))
    replay.final()
    fed(replay, 99)
    # The VAD has not heard the voice stop: the fresh ear must know of it.
    assert marks(replay) == [STARTED]
    assert audio(replay) == b"".join(frame(n) for n in range(15, 30)) + frame(99)


def test_speech_after_a_final_that_nobody_asked_for_begins_another_utterance():
    replay = Replay()
    replay.speech_started()
    fed(replay, *range(30))
    replay.final()  # and no finalize follows: the ear has ended the turn
    fed(replay, *range(100, 200))  # our answer is playing
    replay.speech_started()
    fed(replay, 200)
    assert marks(replay) == [STARTED]
    assert audio(replay) == b"".join(frame(n) for n in range(185, 201))


def test_a_discarded_utterance_leaves_only_a_pre_roll():
    replay = Replay()
    replay.speech_started()
    fed(replay, *range(30))
    replay.discard()
    assert list(replay.steps()) == [b"".join(frame(n) for n in range(15, 30))]


def test_a_discard_leaves_what_is_still_owed():
    replay = Replay()
    replay.speech_started()
    fed(replay, 1)
    replay.finalize()
    replay.speech_started()
    fed(replay, 2)
    replay.discard()
    assert list(replay.steps()) == [STARTED, frame(1), FINALIZED, frame(2)]


def test_the_expectation_that_held_comes_first_and_the_next_at_its_place():
    replay = Replay()
    replay.expect(YES_NO)
    replay.speech_started()
    fed(replay, 1)
    replay.finalize()
    replay.expect(CHOICE)
    assert list(replay.steps()) == [YES_NO, STARTED, frame(1), FINALIZED, CHOICE]
    replay.final()
    assert list(replay.steps()) == [CHOICE]


def test_a_long_utterance_keeps_its_end_and_its_marks():
    replay = Replay()
    replay.speech_started()
    fed(replay, *range(2000))
    replay.finalize()
    assert len(audio(replay)) == MOST_BYTES
    assert audio(replay).endswith(frame(1999))
    assert marks(replay) == [STARTED, FINALIZED]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("feed"), st.binary(min_size=1, max_size=9000)),
        st.tuples(st.sampled_from(["start", "finalize", "final", "discard"]), st.just(b"")),
    ),
    max_size=60,
)


@given(steps)
def test_what_is_kept_is_bounded_and_owes_what_is_owed(history):
    replay, owed, whole = Replay(), 0, b""
    for what, pcm in history:
        if what == "feed":
            replay.feed(pcm)
            whole += pcm
        elif what == "start":
            replay.speech_started()
        elif what == "finalize":
            replay.finalize()
            owed += 1
        elif what == "final":
            replay.final()
            owed = max(0, owed - 1)
        else:
            replay.discard()
        kept = audio(replay)
        assert len(kept) <= MOST_BYTES and whole.endswith(kept)
        assert marks(replay).count(FINALIZED) == owed
        assert not replay._idle or len(kept) <= PRE_ROLL_BYTES
