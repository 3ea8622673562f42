"""The turn policy: rows of (time, what happened) against what it asks for."""

from audiosocket_agent.turns import Act, TurnConfig, TurnPolicy
from audiosocket_agent.understanding import KeyRule
from audiosocket_agent.vad import VadEvent

START, END = VadEvent.SPEECH_START, VadEvent.SPEECH_END


def policy():
    return TurnPolicy(TurnConfig(endpoint_ms=500, longest_utterance_ms=4000), vad_hangover_ms=160)


def test_speech_then_silence_finalizes_once_at_the_endpoint():
    turns = policy()
    assert turns.voice(START, 1000, playing=False) == [Act.SPEECH_STARTED]
    assert turns.voice(None, 1500, playing=False) == []
    assert turns.voice(END, 2160, playing=False) == []
    assert turns.last_voice_ms == 2000
    assert turns.tick(2499) == []
    assert turns.tick(2500) == [Act.FINALIZE]
    assert turns.tick(9000) == []


def test_a_pause_to_think_is_not_the_end():
    turns = policy()
    turns.voice(START, 0, playing=False)
    turns.voice(END, 660, playing=False)
    assert turns.voice(START, 900, playing=False) == []  # the same utterance goes on
    assert turns.tick(1400) == []
    turns.voice(END, 1660, playing=False)
    assert turns.tick(2000) == [Act.FINALIZE]


def test_speaking_over_us_interrupts():
    assert policy().voice(START, 50, playing=True) == [Act.SPEECH_STARTED, Act.INTERRUPT]


def test_endless_noise_is_finalized_as_it_is():
    turns = policy()
    turns.voice(START, 0, playing=False)
    assert turns.tick(4000) == []
    assert turns.tick(4001) == [Act.FINALIZE]
    assert turns.voice(END, 9000, playing=False) == []


def test_silence_counts_only_after_our_question():
    turns = policy()
    assert turns.tick(60_000) == []
    turns.listen(1000, 6000, KeyRule())
    assert turns.tick(6999) == []
    assert turns.tick(7000) == [Act.NO_INPUT]
    assert turns.tick(20_000) == []


def test_any_input_stops_the_wait_for_it():
    turns = policy()
    turns.listen(0, 6000, KeyRule(most=3))
    turns.voice(START, 5000, playing=False)
    turns.voice(END, 5500, playing=False)
    assert turns.tick(6100) == [Act.FINALIZE]
    turns.listen(0, 6000, KeyRule(most=3))
    turns.key("1", 5000, playing=False)
    assert Act.NO_INPUT not in turns.tick(6500)


def test_a_caller_who_speaks_as_we_finish_is_not_silent():
    turns = policy()
    turns.voice(START, 0, playing=False)
    turns.listen(100, 6000, KeyRule())
    assert Act.NO_INPUT not in turns.tick(3900)


def test_keys_end_by_hash_by_count_or_by_pause():
    turns = policy()
    turns.listen(0, 60_000, KeyRule(most=3, pause_ms=2000))
    assert turns.key("8", 0, playing=False) == []
    assert turns.key("#", 100, playing=False) == [Act.KEYS]
    assert turns.take_keys() == "8"
    for digit, acts in (("1", []), ("2", []), ("3", [Act.KEYS])):
        assert turns.key(digit, 200, playing=False) == acts
    assert turns.take_keys() == "123"
    turns.key("7", 1000, playing=False)
    assert turns.tick(2999) == []
    assert turns.tick(3000) == [Act.KEYS]
    assert turns.take_keys() == "7"


def test_a_key_interrupts_and_a_lone_hash_is_nothing():
    turns = policy()
    turns.expect_keys(KeyRule(most=3))
    assert turns.key("1", 0, playing=True) == [Act.INTERRUPT]
    assert turns.take_keys() == "1"
    assert turns.key("#", 0, playing=False) == []
    assert turns.key("#", 0, playing=True) == []


def test_a_hash_from_habit_neither_interrupts_nor_ends_the_wait():
    turns = policy()
    turns.listen(0, 6000, KeyRule())
    turns.key("#", 100, playing=True)
    assert turns.tick(6000) == [Act.NO_INPUT]
