"""``python -m tests.audiosocket_agent.stt.measure``: how well the offline ear hears, in figures.

Every phrase of the sample company's questions is said by nine synthetic callers the ear was not
fitted on, over good and bad lines; and sentences, other answers, babble and knocks are offered to
the same questions. Takes some minutes of one core; nothing here runs as a test.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from importlib.resources import as_file, files
from typing import NamedTuple

import numpy as np

from audiosocket_agent.company import load_company
from audiosocket_agent.seams import Expectation
from audiosocket_agent.stt.decoder import Decoder
from audiosocket_agent.stt.grammar import normalise
from audiosocket_agent.stt.offline import open_engine
from audiosocket_agent.understanding import choices, expectation
from audiosocket_agent.workflow import YES_NO_SLOTS, Slot
from tests.audiosocket_agent.stt.callers import frames, knock, mu_law, spoken

VOICES = (
    "en-gb", "en-gb+f3", "en-us+m3", "en-gb-x-rp", "en-us+f2", "en-gb-scotland", "en-gb+m7",
    "en-gb-x-gbclan+f4", "en-us",
)  # fmt: skip
SPEEDS = (140, 160, 180)
TUESDAY = date(2026, 1, 6)  # a day whose tomorrow is a working day
SENTENCES = (
    "what time do you open", "how much does it cost", "i'm not sure", "is anybody there",
    "my husband called you yesterday", "do you take credit cards", "how long will it take",
    "it's number forty two high street", "the kitchen window is broken", "my car won't start",
    "i want to order a pizza", "are you a robot", "i spoke to your colleague", "let me find a pen",
    "i need to check my diary", "could you send an email", "it makes a funny noise", "sorry what",
    "hmm let me see", "never mind", "eighteen", "red", "okay", "good evening", "stop it",
)  # fmt: skip


class Question(NamedTuple):
    """What is asked, and which phrase means what."""

    name: str
    expectation: Expectation
    value: dict[str, str]


def questions() -> list[Question]:
    """Return the questions of a call with the sample company."""
    with as_file(files("audiosocket_agent") / "companies" / "harbour.yaml") as path:
        company = load_company(path)
    found = []
    for slot in (Slot.SERVICE, Slot.AREA, Slot.DAY, Slot.PART, next(iter(YES_NO_SLOTS))):
        ways = choices(slot, company, TUESDAY)
        value = {phrase: name for name, phrases in ways.items() for phrase in phrases}
        asked = expectation(slot, company, TUESDAY)
        for phrase in asked.phrases:
            value.setdefault(phrase, "person")
        found.append(Question(slot.value, asked, value))
    return found


def over_the_line(pcm: bytes, noise: float, seed: int) -> bytes:
    """Add line noise, as a part of the speech's level, and code the sum once more."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float64)
    level = float(np.sqrt((samples[2400:-3200] ** 2).mean()))
    return mu_law(samples + np.random.default_rng(seed).normal(size=samples.size) * level * noise)


def babble(seed: int) -> bytes:
    """Return six people talking at once."""
    rng = random.Random(seed)
    voices = [
        np.frombuffer(spoken(rng.choice(SENTENCES), rng.choice(VOICES)), "<i2").astype(np.float64)
        for _ in range(6)
    ]
    samples = sum(np.resize(np.roll(voice, rng.randrange(4000)), 12_000) for voice in voices)
    return mu_law(np.asarray(samples) / 3)


def answers(decoder: Decoder, asked: list[Question]) -> None:
    """Print how often each phrase is heard as its meaning, and who is misheard."""
    by_voice: defaultdict[str, Counter[bool]] = defaultdict(Counter)
    for question in asked:
        phrases = normalise(question.expectation.phrases)
        print(f"\n{question.name}: right / misheard / refused of {len(VOICES) * 6}")
        for phrase, value in question.value.items():
            outcome: Counter[str] = Counter()
            for voice, speed, noise in itertools.product(VOICES, SPEEDS, (0.0, 0.1)):
                pcm = over_the_line(spoken(phrase, voice, speed), noise, speed)
                heard, _ = decoder.recognise(pcm, phrases)
                meant = question.value.get(heard)
                outcome["right" if meant == value else "misheard" if heard else "refused"] += 1
                by_voice[voice][meant == value] += 1
            print(f"  {phrase:28} {outcome['right']:3} {outcome['misheard']:3} "
                  f"{outcome['refused']:3}   {value}")  # fmt: skip
    print("\nright by voice")
    for voice, counts in by_voice.items():
        print(f"  {voice:20} {counts[True] / counts.total():.1%}")


def noises(asked: list[Question]) -> Iterator[tuple[str, Question, bytes]]:
    """Yield what is no answer: its kind, the question it is offered to, and its sound."""
    rng = random.Random(1)
    for voice, sentence in itertools.product(VOICES, SENTENCES):
        yield "other sentences", rng.choice(asked), spoken(sentence, voice, rng.choice(SPEEDS))
    for question, other in itertools.permutations(asked, 2):
        for phrase in other.value:
            if other.value[phrase] != "person" and phrase not in question.value:
                yield "answers to other questions", question, spoken(phrase, rng.choice(VOICES))
    for question, seed in itertools.product(asked, range(20)):
        yield "babble", question, babble(seed)
        yield "knocks", question, knock(seed, rng.choice((80, 200, 500)))


def refusals(decoder: Decoder, asked: list[Question]) -> None:
    """Print how often something that is no answer is taken for one."""
    taken: defaultdict[str, Counter[bool]] = defaultdict(Counter)
    for kind, question, pcm in noises(asked):
        heard, _ = decoder.recognise(pcm, normalise(question.expectation.phrases))
        taken[kind][bool(heard)] += 1
    print("\ntaken for an answer")
    for kind, counts in taken.items():
        print(f"  {kind:28} {counts[True]:3} of {counts.total()}")


async def delays(asked: list[Question]) -> None:
    """Print how long the words take after the end of speech, for one call and for ten."""
    ear = await open_engine(workers=2)
    question = asked[0]
    pcm = spoken(question.expectation.phrases[0])

    async def answer() -> float:
        session = await ear.session("measured")
        session.expect(question.expectation)
        for frame in frames(pcm):
            session.feed(frame)
            session.speech_started()
        start = time.perf_counter()
        session.finalize()
        await anext(aiter(session.transcripts()))
        await session.close()
        return (time.perf_counter() - start) * 1000

    await asyncio.gather(*(answer() for _ in range(4)))  # each worker builds the grammar once
    print(f"\nms from finalize to the words, an utterance of {len(pcm) / 16:.0f} ms")
    alone = sorted([await answer() for _ in range(20)])
    print(f"  one call    p50 {alone[10]:.0f}  max {alone[-1]:.0f}")
    ten = sorted(await asyncio.gather(*(answer() for _ in range(10))))
    print(f"  ten at once p50 {ten[5]:.0f}  max {ten[-1]:.0f}")
    await ear.close()


def main() -> None:
    """Measure what the arguments name; without any, everything."""
    asked, wanted = questions(), sys.argv[1:] or ["answers", "refusals", "delays"]
    if "answers" in wanted:
        answers(Decoder(), asked)
    if "refusals" in wanted:
        refusals(Decoder(), asked)
    if "delays" in wanted:
        asyncio.run(delays(asked))


if __name__ == "__main__":
    main()
