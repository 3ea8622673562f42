"""The scripted caller's manners, frame by frame, without any clock."""

import itertools

import numpy as np
import pytest
import yaml

from audiosocket_agent.caller_script import (
    AFTER_SCRIPT_S,
    EXPECT_DEADLINE_S,
    GREETING_ONLY,
    QUIET_S,
    TURN_DEADLINE_S,
    Caller,
    Expect,
    HangUp,
    Press,
    Say,
    ScriptError,
    Wait,
    read_script,
)

FRAME_S = 0.02
SILENCE = bytes(320)
VOICE = (8000 * np.sin(np.arange(160) * 0.7)).astype("<i2").tobytes()


class Line:
    """A caller on a line where time passes frame by frame."""

    def __init__(self, *steps, endless=False):
        self.now_s = 100.0
        self.endless = endless  # what the caller says never comes to an end
        self.caller = Caller(steps, self.now_s)

    def passes(self, seconds, pcm=SILENCE):
        """Let time pass; returns what the caller did, and when within it."""
        acts = []
        for number in range(round(seconds / FRAME_S)):
            self.now_s += FRAME_S
            self.caller.hear(pcm, self.now_s)
            if act := self.caller.act(self.now_s):
                acts.append((act, round((number + 1) * FRAME_S, 2)))
                if not self.endless:
                    self.caller.done(self.now_s)
        return acts

    def speaks(self, seconds):
        return self.passes(seconds, VOICE)


def test_a_script_is_read():
    text = """
    - say: a leaking tap
    - press: "2#"
    - press: 1
    - wait: 1.5
    - expect: Which town
    - hangup: true
    - hangup: now
    """
    assert read_script(yaml.safe_load(text)) == (
        Say("a leaking tap"), Press("2#"), Press("1"), Wait(1.5), Expect("Which town"), HangUp(),
        HangUp(at_once=True),
    )  # fmt: skip


@pytest.mark.parametrize(
    "content, where",
    [
        (None, "list of steps"),
        ([], "list of steps"),
        ({"say": "hello"}, "list of steps"),
        ("say: hello", "list of steps"),
        ([{"say": "a"}] * 201, "at most 200"),
        (["say"], "step 1"),
        ([{"say": "a"}, {}], "step 2"),
        ([{"say": "a", "press": "1"}], "step 1"),
        ([{"shout": "a"}], "step 1"),
        ([{1: "a"}], "step 1"),
        ([{"say": ""}], "step 1"),
        ([{"say": "?!"}], "step 1"),
        ([{"say": 5}], "step 1"),
        ([{"say": "a" * 501}], "step 1"),
        ([{"expect": ["a"]}], "step 1"),
        ([{"press": ""}], "step 1"),
        ([{"press": "12x"}], "step 1"),
        ([{"press": 1.5}], "step 1"),
        ([{"press": "1" * 33}], "step 1"),
        ([{"wait": "long"}], "step 1"),
        ([{"wait": True}], "step 1"),
        ([{"wait": 0}], "step 1"),
        ([{"wait": 301}], "step 1"),
        ([{"wait": float("nan")}], "step 1"),
        ([{"hangup": False}], "step 1"),
    ],
)
def test_a_script_that_makes_no_sense_is_refused(content, where):
    with pytest.raises(ScriptError, match=where):
        read_script(content)


def test_the_caller_waits_until_the_agent_has_spoken_and_is_quiet():
    line = Line(Say("a leaking tap"))
    assert line.passes(3) == []
    assert line.speaks(2) == []
    [(act, at_s)] = line.passes(2)
    assert act == Say("a leaking tap")
    assert QUIET_S <= at_s <= QUIET_S + 0.1


def test_a_pause_for_breath_is_no_turn():
    line = Line(Say("a leaking tap"))
    assert line.speaks(1) + line.passes(0.5) + line.speaks(1) + line.passes(0.5) == []
    assert len(line.passes(0.5)) == 1


def test_each_turn_of_the_caller_needs_one_of_the_agent():
    line = Line(Say("one"), Press("2"), HangUp())
    line.speaks(1)
    assert [act for act, _ in line.passes(5)] == [Say("one")]
    line.speaks(1)
    assert [act for act, _ in line.passes(5)] == [Press("2")]
    line.speaks(1)
    assert [act for act, _ in line.passes(5)] == [HangUp()]


def test_the_caller_says_one_thing_at_a_time():
    line = Line(Say("one"), Say("two"), endless=True)
    line.speaks(1)
    assert [act for act, _ in line.passes(2)] == [Say("one")]
    assert line.speaks(1) + line.passes(5) == []
    assert not line.caller.finished


def test_the_greeting_alone_is_heard_to_its_end():
    line = Line(*GREETING_ONLY)
    assert line.passes(2) + line.speaks(2) == []
    line.caller.told(0, "Hello, this is Harbour")
    assert line.speaks(2) == []
    assert [act for act, _ in line.passes(1)] == [HangUp()]
    assert line.caller.finished and line.caller.unmet is None


def test_a_person_in_place_of_the_agent_is_no_greeting():
    line = Line(*GREETING_ONLY)
    assert line.speaks(3) + line.passes(EXPECT_DEADLINE_S) == []
    assert "did not speak" in line.caller.unmet.why


def test_the_caller_may_hang_up_in_the_middle_of_a_word():
    line = Line(Wait(0.5), HangUp(at_once=True))
    assert [act for act, _ in line.speaks(1)] == [HangUp(at_once=True)]


def test_waiting_counts_from_the_step_before():
    line = Line(Wait(1.5), Wait(0.5), HangUp())
    line.speaks(1)
    [(act, at_s)] = line.passes(3)
    assert act == HangUp()
    assert at_s == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(
    "said", ["Which TOWN is it in?", "so... which   town", "“Which town?”", "In which town, please"]
)
def test_words_are_expected_whatever_their_case_and_marks(said):
    line = Line(Expect("which town"))
    line.caller.told(0, said)
    line.passes(0.1)
    assert line.caller.finished


@pytest.mark.parametrize("said", ["which towns", "town which", "sandwich town"])
def test_other_words_are_not_the_expected_ones(said):
    line = Line(Expect("which town"))
    line.caller.told(0, said)
    line.passes(EXPECT_DEADLINE_S + 1)
    assert line.caller.unmet.step == 1
    assert "town" not in line.caller.unmet.why


def test_what_was_said_before_the_callers_turn_counts_no_more():
    line = Line(Say("a leaking tap"), Expect("hello"))
    line.caller.told(0, "Hello, this is Harbour")
    line.speaks(1)
    assert len(line.passes(1)) == 1
    line.caller.told(0, "Hello, this is Harbour")  # the same turn, told again at its end
    line.passes(EXPECT_DEADLINE_S + 1)
    assert line.caller.unmet is not None


@pytest.mark.parametrize("talks, why", [(False, "said nothing"), (True, "did not stop")])
def test_a_turn_that_never_comes(talks, why):
    line = Line(HangUp())
    babble = itertools.cycle([VOICE] * 15 + [SILENCE] * 10)  # half a second at a time
    for _ in range(round((TURN_DEADLINE_S + 1) / FRAME_S)):
        assert line.passes(FRAME_S, next(babble) if talks else SILENCE) == []
    assert why in line.caller.unmet.why


def test_after_the_script_the_agent_is_to_hang_up():
    line = Line(Wait(0.1))
    assert line.passes(AFTER_SCRIPT_S - 1) == []
    assert line.passes(2)[0][0] == HangUp()
    assert line.caller.unmet is None


def test_steps_that_are_left_when_the_call_ends_are_unmet():
    line = Line(Wait(0.1), Say("two"), HangUp())
    line.passes(1)
    line.caller.ended()
    assert (line.caller.unmet.step, line.caller.unmet.why) == (2, "the call ended before it")


def test_a_finished_script_is_met():
    line = Line(Wait(0.1))
    line.passes(1)
    line.caller.ended()
    assert line.caller.unmet is None


def test_keys_that_cannot_be_pressed_end_the_script():
    line = Line(Wait(0.1), Press("1"), Say("two"))
    line.speaks(1)
    assert len(line.passes(1)) == 1
    line.caller.give_up("no")
    assert (line.caller.unmet.step, line.caller.unmet.why) == (2, "no")
    line.speaks(1)
    assert line.passes(5) == []
