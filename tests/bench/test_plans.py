from collections import Counter

from bench.corpus import CORPUS, Utterance
from bench.plans import Item, Mode, plans, short_plans
from bench.voices import NOISES


def _items(turns: int = 300) -> list[Item]:
    return [item for plan in plans(turns) for item in plan.items]


def test_there_are_as_many_turns_as_wanted_and_calls_of_a_sensible_length() -> None:
    found = plans(300)
    assert sum(plan.turns for plan in found) >= 300
    assert all(7 <= plan.turns <= 16 for plan in found)
    assert len({plan.voice for plan in found}) >= 6 and len({plan.behind for plan in found}) >= 3


def test_every_run_is_the_same() -> None:
    assert plans(100) == plans(100)
    assert plans(100, seed=5) != plans(100)


def test_the_whole_corpus_and_every_noise_come_up() -> None:
    used = {item.what for item in _items()}
    assert set(CORPUS) <= used
    assert set(NOISES) <= used


def test_few_turns_are_hard() -> None:
    spoken = [item.what for item in _items() if isinstance(item.what, Utterance)]
    hard = sum(utterance.hard for utterance in spoken)
    assert 1 <= hard <= 0.03 * len(spoken)


def test_interruptions_come_at_all_offsets_from_nought_to_three_seconds() -> None:
    offsets = [item.offset_s for item in _items() if item.mode is Mode.BARGE]
    assert len(offsets) >= 50
    assert min(offsets) < 0.3 and max(offsets) > 2.5 and all(0 <= at <= 3 for at in offsets)


def test_a_backchannel_is_said_only_where_it_is_no_answer() -> None:
    modes = Counter((item.kind, item.mode) for item in _items())
    assert modes[("backchannel", Mode.ALARM)] >= 10
    assert modes[("backchannel", Mode.ANSWER)] == modes[("backchannel", Mode.BARGE)] == 0


def test_after_a_meaningless_sound_the_caller_lets_the_agent_finish() -> None:
    for plan in plans(300):
        for before, after in zip(plan.items, plan.items[1:], strict=False):
            assert before.mode is not Mode.ALARM or after.mode is Mode.ANSWER


def test_short_calls_have_the_turns_asked_for() -> None:
    found = short_plans(50, 6)
    assert [plan.turns for plan in found] == [6] * 50
