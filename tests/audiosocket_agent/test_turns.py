"""The turn policy in whole talks of milliseconds: rows of what a caller does, and any sequence."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiosocket_agent.seams import Expectation, Expects, Hearing, Transcript
from audiosocket_agent.turns import Act, TurnConfig, TurnPolicy
from audiosocket_agent.understanding import KeyRule
from tests.audiosocket_agent.talk import BLIND, FLUX, NOVA, Say, Talk

YES_NO = Expectation(Expects.YES_NO, ("yes", "no"))
POSTCODE = Expectation(Expects.POSTCODE, ("truro",))
EARS = [NOVA, FLUX, BLIND]
OPEN_EARS = [NOVA, FLUX]
ids = {id(NOVA): "nova", id(FLUX): "flux", id(BLIND): "blind"}


def name(value):
    return ids.get(id(value))


def quiet(ear, *deeds, **more):
    """A talk in which the caller speaks first."""
    return Talk(ear, list(deeds), greets=False, **more).run()


# --- the end of a turn -------------------------------------------------------------------------


@pytest.mark.parametrize(("ear", "by"), [(NOVA, 280), (FLUX, 260), (BLIND, 660)], ids=name)
def test_a_one_word_answer_is_taken_quickly(ear, by):
    talk = quiet(ear, Say(500, 300, "yes"), expectation=YES_NO)
    ended = 500 + 300
    assert talk.said == ["yes"]
    assert 180 <= talk.committed[0][0] - ended <= by


@pytest.mark.parametrize("ear", OPEN_EARS, ids=name)
@pytest.mark.parametrize("pause", [220, 400, 600, 900])
@pytest.mark.parametrize(
    ("first", "then", "expectation"),
    [
        ("my postcode is", "TR1 1AA", Expectation()),
        ("it's um", "a leaking tap", Expectation()),
        ("T R one", "one A A", POSTCODE),
        ("oh one six three two", "nine six oh one two three", Expectation(Expects.DIGITS)),
        ("I've got a leak in the", "kitchen", Expectation()),
    ],
)
def test_a_pause_in_something_unfinished_is_waited_for(ear, pause, first, then, expectation):
    talk = quiet(ear, Say(400, 700, first), Say(pause, 800, then), expectation=expectation)
    assert talk.said == [f"{first} {then}"]
    assert Act.NO_INPUT not in [act for ms, act in talk.log if ms < talk.committed[0][0]]


@pytest.mark.parametrize("ear", OPEN_EARS, ids=name)
def test_what_stays_unfinished_is_answered_all_the_same(ear):
    talk = quiet(ear, Say(0, 600, "my postcode is"))
    assert talk.said == ["my postcode is"]
    assert 1000 <= talk.committed[0][0] - 600 <= 1200


@pytest.mark.parametrize("ear", EARS, ids=name)
def test_an_ear_that_never_answers_does_not_hold_the_caller_for_ever(ear):
    talk = quiet(ear, Say(0, 900, "hello"), deaf=True)
    assert len(talk.at(Act.COMMIT)) == 1


@pytest.mark.parametrize("ear", EARS, ids=name)
def test_a_voice_without_end_is_taken_as_it_is(ear):
    talk = quiet(ear, Say(0, 17_000, "and then and then"))
    assert talk.at(Act.FINALIZE)[0] <= 15_100
    assert talk.at(Act.COMMIT)[0] <= 15_400


def test_an_answer_is_begun_before_the_turn_is_over_and_thrown_away_if_it_goes_on():
    talk = quiet(FLUX, Say(0, 800, "I have a leaking tap"), Say(180, 500, "in the kitchen"))
    assert talk.said == ["I have a leaking tap in the kitchen"]
    assert len(talk.at(Act.SPECULATE)) == 2 and len(talk.at(Act.DISCARD)) == 1
    assert talk.at(Act.SPECULATE)[0] - 800 <= 140


def test_nothing_is_begun_early_when_that_costs_too_much():
    policy = TurnPolicy(TurnConfig())
    policy.listens_with(FLUX, may_speculate=False)
    policy.voice(0, speaking=True, voiced=True, left_ms=None)
    policy.voice(100, speaking=True, voiced=False, left_ms=None)
    eager = Transcript("I have a leaking tap", 1.0, Hearing.EAGER)
    assert policy.heard(eager, 120, left_ms=None) == []


def test_a_final_with_other_words_discards_what_was_begun():
    policy = TurnPolicy(TurnConfig())
    policy.listens_with(FLUX, may_speculate=True)
    policy.voice(0, speaking=True, voiced=True, left_ms=None)
    eager = Transcript("I need a plumber", 1.0, Hearing.EAGER)
    assert policy.heard(eager, 120, left_ms=None) == [Act.SPECULATE]
    acts = policy.heard(Transcript("I need a number"), 150, left_ms=None)
    assert acts == [Act.DISCARD, Act.SPECULATE] and policy.draft == "I need a number"


def test_who_pauses_in_whole_sentences_is_waited_for_longer_the_next_time():
    say = [Say(400, 900, "I have a small problem"), Say(300, 700, "it is in the kitchen")]
    again = [Say(6000, 900, "I live near the station"), Say(340, 700, "you know the one")]
    patient = quiet(NOVA, *say, *again)
    hasty = quiet(NOVA, *again)
    assert len(hasty.said) == 2  # its first sentence was answered in the pause
    assert patient.said[-1] == "I live near the station you know the one"


@pytest.mark.parametrize("ear", OPEN_EARS, ids=name)
def test_noise_that_comes_and_goes_does_not_hold_the_turn_for_ever(ear):
    knocks = [Say(800, 200) for _ in range(40)]
    talk = quiet(ear, Say(0, 600, "my postcode is"), *knocks)
    assert talk.said[0] == "my postcode is" and talk.committed[0][0] <= 6500


def test_knocks_do_not_put_the_question_off():
    talk = quiet(NOVA, *[Say(3000, 200) for _ in range(5)])
    assert talk.said == [] and talk.at(Act.NO_INPUT)[0] <= 7000


def test_who_stopped_us_and_said_nothing_is_asked():
    policy = over_our_voice()
    partial = Transcript("what", 1.0, Hearing.PARTIAL)
    assert Act.INTERRUPT in policy.heard(partial, 420, left_ms=5000)
    acts = policy.heard(Transcript(""), 560, left_ms=None)
    acts += [act for ms in range(580, 1500, 20) for act in policy.tick(ms, left_ms=None)]
    assert Act.COMMIT in acts and policy.take_turn() == ""


def test_a_voice_that_waits_goes_on_when_it_may_no_longer_be_interrupted():
    policy = over_our_voice()
    assert policy.tick(420, left_ms=None) == [Act.RESUME]
    assert Act.RESUME not in policy.tick(440, left_ms=None)


def test_an_ear_is_told_when_a_turn_is_taken_in_the_middle_of_a_voice():
    talk = quiet(NOVA, Say(0, 15_240, "and then and then"))
    acts = [act for _, act in talk.log]
    first = acts.index(Act.COMMIT)
    heard = acts[: first + 1].count(Act.SPEECH_STARTED)
    assert heard == acts[:first].count(Act.FINALIZE) + acts[:first].count(Act.FORGET)


def test_a_knock_is_no_answer_and_silence_counts_on():
    talk = quiet(NOVA, Say(1000, 120))
    assert talk.said == []
    assert len(talk.at(Act.NO_INPUT)) >= 1


# --- over our voice ----------------------------------------------------------------------------


@pytest.mark.parametrize("ear", OPEN_EARS, ids=name)
@pytest.mark.parametrize("offset", [0, 20, 300, 900, 1600])
def test_an_interruption_silences_us_at_once_and_for_good(ear, offset):
    talk = Talk(ear, [Say(offset, 700, "sorry can you say that again")]).run()
    onset = offset
    assert talk.at(Act.PAUSE)[0] - onset <= 80 + 20
    assert talk.replies[0] == "cut" and not talk.at(Act.RESUME)
    assert talk.said == ["sorry can you say that again"]


@pytest.mark.parametrize("ear", OPEN_EARS, ids=name)
@pytest.mark.parametrize("word", ["stop", "no", "wait"])
def test_one_short_word_is_an_interruption_too(ear, word):
    talk = Talk(ear, [Say(500, 320, word)]).run()
    assert talk.replies[0] == "cut" and talk.said == [word]


@pytest.mark.parametrize("ear", OPEN_EARS, ids=name)
@pytest.mark.parametrize("word", ["mm-hm", "okay", "right", "yeah"])
def test_a_nod_only_makes_us_pause(ear, word):
    talk = Talk(ear, [Say(500, 400, word)]).run()
    ended = 500 + 400
    assert talk.replies == ["whole"] * len(talk.replies) and talk.said == []
    (resumed,) = talk.at(Act.RESUME)
    assert resumed - ended <= 300


def over_our_voice(ear=FLUX):
    """A policy with 400 ms of a voice over ours, and 20 ms of quiet after it."""
    policy = TurnPolicy(TurnConfig())
    policy.listens_with(ear, may_speculate=True)
    for ms in range(0, 400, 20):
        policy.voice(ms, speaking=True, voiced=True, left_ms=5000)
        policy.judged(ms, 0.9, echo=False, left_ms=5000)
    policy.voice(400, speaking=True, voiced=False, left_ms=5000)
    return policy


def until(policy, since, to):
    """Let time pass; returns what was asked for, by time."""
    return {ms: acts for ms in range(since, to, 20) if (acts := policy.tick(ms, left_ms=5000))}


@pytest.mark.parametrize("beginning", ["I", "yes", "oh", "got"])
def test_the_beginning_of_a_nod_is_not_judged_before_its_end(beginning):
    policy = over_our_voice()
    assert policy.heard(Transcript(beginning, 1.0, Hearing.PARTIAL), 420, left_ms=5000) == []
    assert until(policy, 440, 520) == {}  # neither stopped nor resumed on half a word
    more = Transcript(f"{beginning} want to stop you", 1.0, Hearing.EAGER)
    assert Act.INTERRUPT in policy.heard(more, 520, left_ms=5000)


def test_an_um_holds_our_voice_for_what_it_announces():
    policy = over_our_voice()
    policy.heard(Transcript("Um.", 1.0, Hearing.EAGER), 520, left_ms=5000)
    assert [acts for acts in until(policy, 540, 1260).values() if Act.RESUME in acts] == []
    assert any(Act.RESUME in acts for acts in until(policy, 1260, 1400).values())


def test_an_ear_is_not_left_waiting_for_the_end_of_a_noise():
    talk = Talk(NOVA, [Say(500, 240)]).run()
    acts = [act for _, act in talk.log]
    assert acts.count(Act.SPEECH_STARTED) == acts.count(Act.FORGET) + acts.count(Act.FINALIZE)


@pytest.mark.parametrize("ear", EARS, ids=name)
@pytest.mark.parametrize("ms", [100, 240, 300])
def test_a_cough_only_makes_us_pause(ear, ms):
    talk = Talk(ear, [Say(500, ms)]).run()
    assert talk.replies[0] == "whole" and talk.said == []
    (resumed,) = talk.at(Act.RESUME)
    assert resumed - (500 + ms) <= 100


def test_a_noise_that_goes_on_does_not_silence_us_and_a_voice_in_it_does():
    noise = Talk(NOVA, [Say(300, 1500)], reply_ms=3000).run()
    assert noise.replies[0] == "whole"
    assert noise.at(Act.RESUME)[0] - noise.at(Act.PAUSE)[0] <= 340
    both = Talk(NOVA, [Say(300, 800), Say(0, 900, "can I stop you there")], reply_ms=4000).run()
    assert both.replies[0] == "cut"


def test_our_echo_only_makes_us_pause_and_its_words_are_nobodys():
    talk = Talk(NOVA, [Say(300, 200, "which town", echo=True)]).run()
    assert talk.replies[0] == "whole" and talk.said == []
    policy = talk.policy
    policy.voice(90_000, speaking=True, voiced=True, left_ms=500)
    policy.judged(90_020, None, echo=True, left_ms=500)
    late = Transcript("which town is it in")
    assert Act.INTERRUPT not in policy.heard(late, 90_300, left_ms=300)


def test_a_yes_over_the_end_of_its_question_is_an_answer():
    early = Talk(NOVA, [Say(100, 300, "yes")], expectation=YES_NO, reply_ms=4000).run()
    late = Talk(NOVA, [Say(3000, 300, "yes")], expectation=YES_NO, reply_ms=4000).run()
    assert early.said == [] and late.said == ["yes"]


def test_who_goes_on_while_we_think_is_answered_once_all_together():
    talk = Talk(
        NOVA,
        [Say(300, 900, "I have a leaking tap"), Say(320, 800, "in the kitchen of my flat")],
        greets=False,
        think_ms=500,
    ).run()
    assert talk.said == ["I have a leaking tap", "in the kitchen of my flat"]
    assert talk.replies[0] == "cut" and talk.replies[1] == "whole"


def test_words_that_come_after_our_voice_went_on_still_stop_it():
    policy = TurnPolicy(TurnConfig())
    policy.listens_with(NOVA, may_speculate=True)
    for ms in range(0, 300, 20):
        policy.voice(ms, speaking=True, voiced=True, left_ms=5000)
        policy.judged(ms, 0.9, echo=False, left_ms=5000)
    acts = [policy.tick(ms, left_ms=5000) for ms in range(300, 900, 20)]
    assert [Act.RESUME] in acts
    assert Act.INTERRUPT in policy.heard(Transcript("hold on"), 920, left_ms=4000)


# --- keys --------------------------------------------------------------------------------------


def pressing(rule, *keys):
    """Press keys given as (ms, digit); returns when a run was complete and what it was."""
    policy = TurnPolicy(TurnConfig())
    policy.asks(Expectation(Expects.DIGITS), rule)
    found = []
    for ms in range(0, 12_000, 20):
        acts = [a for at, digit in keys if at == ms for a in policy.key(digit, ms, left_ms=None)]
        if Act.KEYS in [*acts, *policy.tick(ms, left_ms=None)]:
            found.append((ms, policy.take_keys()))
    return found


def test_keys_are_complete_by_count_hash_or_pause():
    assert pressing(KeyRule(most=1), (100, "2")) == [(100, "2")]
    long = KeyRule(most=15, pause_ms=4000)
    assert pressing(long, (0, "0"), (200, "7"), (400, "#")) == [(400, "07")]
    assert pressing(long, (0, "0"), (200, "7")) == [(4200, "07")]
    assert pressing(long, (0, "#")) == []


def test_a_key_interrupts_and_discards():
    policy = TurnPolicy(TurnConfig())
    assert policy.key("1", 0, left_ms=700) == [Act.INTERRUPT, Act.KEYS]
    policy = TurnPolicy(TurnConfig())
    policy.listens_with(FLUX, may_speculate=True)
    policy.voice(0, speaking=True, voiced=True, left_ms=None)
    policy.heard(Transcript("I need a plumber", 1.0, Hearing.EAGER), 120, left_ms=None)
    assert policy.key("1", 140, left_ms=None) == [Act.DISCARD, Act.FORGET, Act.KEYS]


def test_what_was_being_said_before_a_key_is_nothing_to_the_ear():
    policy = TurnPolicy(TurnConfig())
    policy.listens_with(NOVA, may_speculate=True)
    policy.voice(0, speaking=True, voiced=True, left_ms=None)
    assert policy.key("1", 20, left_ms=None) == [Act.FORGET, Act.KEYS]
    assert policy.take_keys() == "1" and not policy.caller_speaks


# --- any sequence ------------------------------------------------------------------------------

WORDS = ["yes", "mm-hm", "okay", "stop", "I have a leaking tap", "my postcode is", "TR1 1AA",
         "oh one six three two", "and", "in the kitchen", "no", ""]  # fmt: skip
deed = st.builds(
    Say,
    after=st.integers(0, 150).map(lambda n: n * 20),
    ms=st.integers(1, 80).map(lambda n: n * 20),
    words=st.sampled_from(WORDS),
)
talks = st.builds(
    Talk,
    ear=st.sampled_from(EARS),
    deeds=st.lists(deed, max_size=8),
    expectation=st.sampled_from([Expectation(), YES_NO, POSTCODE]),
    reply_ms=st.sampled_from([200, 1000, 4000]),
    think_ms=st.sampled_from([0, 200, 600]),
    greets=st.booleans(),
    deaf=st.sampled_from([False, False, False, True]),
)


@settings(max_examples=400, deadline=None)
@given(talks)
def test_no_sequence_deadlocks_double_speaks_or_speaks_a_discarded_reply(talk):
    talk.run()  # asserts on the way that no two replies and no wrong draft are ever given
    assert not talk.paused, "our voice waits for ever"
    assert not talk.policy.caller_speaks or talk.ours is not None, "a turn is never answered"
    assert talk.draft is None or talk.ours is None
    # Silence at the end is noticed: something of ours follows, again and again.
    assert any(act in (Act.NO_INPUT, Act.COMMIT) for _, act in talk.log)


@settings(max_examples=300, deadline=None)
@given(talks.filter(lambda talk: not talk.deaf and talk.ear is NOVA))
def test_no_word_that_says_something_is_lost(talk):
    talk.run()
    said = [d.words for d in talk.deeds if d.ms >= 100 and d.words in ("stop", "TR1 1AA",
            "I have a leaking tap", "in the kitchen", "no")]  # fmt: skip
    taken = " ".join(talk.said)
    for words in set(said):
        assert taken.count(words) >= said.count(words), (taken, said)


@settings(max_examples=200, deadline=None)
@given(talks)
def test_our_voice_never_waits_long_after_the_sound_ended(talk):
    talk.run()
    since = None
    sounds = []
    at = 0
    for d in talk.deeds:
        sounds.append((at + d.after, at + d.after + d.ms))
        at += d.after + d.ms
    for ms, act in talk.log:
        if act is Act.PAUSE:
            since = ms
        elif act in (Act.RESUME, Act.INTERRUPT) and since is not None:
            quiet_from = max((end for start, end in sounds if start < ms), default=since)
            assert ms - max(quiet_from, since) <= 320
            since = None


def test_the_ear_is_told_of_every_voice_before_it_is_asked():
    for ear in EARS:
        talk = Talk(ear, [Say(100, 500, "hello"), Say(300, 600, "is that you")], greets=False)
        acts = [a for _, a in talk.run().log if a in (Act.SPEECH_STARTED, Act.FINALIZE)]
        assert acts[0] is Act.SPEECH_STARTED and Act.FINALIZE in acts
        told = 0
        for act in acts:
            told += 1 if act is Act.SPEECH_STARTED else -1
            assert told in (0, 1)
