import math
from collections import Counter

import pytest

from bench.corpus import CORPUS, KINDS, LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS, Utterance, of_use


def test_there_is_enough_of_everything_and_nothing_twice() -> None:
    kinds = Counter(u.kind for u in CORPUS)
    assert len(CORPUS) >= 60
    assert set(kinds) == set(KINDS)
    assert kinds["postcode"] >= 6 and kinds["number"] >= 6 and kinds["one word"] >= 10
    assert len({(u.text, u.use) for u in CORPUS}) == len(CORPUS)


def test_pauses_are_thinking_pauses_and_lie_in_numbers_postcodes_and_sentences() -> None:
    pauses = [pause for u in CORPUS for pause in u.pauses_ms]
    assert all(SHORTEST_PAUSE_MS <= pause <= LONGEST_PAUSE_MS for pause in pauses)
    assert max(pauses) >= 850 and min(pauses) <= 300 and len(pauses) >= 50
    paused = Counter(u.kind for u in CORPUS if u.pauses_ms)
    assert min(paused["number"], paused["postcode"], paused["sentence"]) >= 5


def test_few_are_hard_and_those_are_dealt_apart() -> None:
    hard = [u for u in CORPUS if u.hard]
    assert 1 <= len(hard) <= math.ceil(0.03 * len(CORPUS))
    assert not any(u.hard for use in ("service", "day", "wanted") for u in of_use(use))
    assert of_use("day", hard=True) == (next(u for u in hard if u.use == "day"),)


def test_an_utterance_is_taken_apart_at_its_pauses() -> None:
    utterance = Utterance("my postcode is |600| T R one |300| one A A", "postcode", "area")
    assert utterance.parts == ("my postcode is", "T R one", "one A A")
    assert utterance.pauses_ms == (600, 300)
    assert utterance.words == tuple("my postcode is T R one one A A".split())


@pytest.mark.parametrize("use", ["service", "area", "wanted", "day", "part", "callback", "phone"])
def test_every_question_has_several_answers(use: str) -> None:
    assert len(of_use(use)) >= 3
