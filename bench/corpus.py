"""What callers of the sample company say: the utterances, and where people pause in them. Data.

``|400|`` is a pause: milliseconds of real quiet between two stretches of voice. Pauses lie where
people make them: between groups of figures, after "my postcode is" and "it's um", after "and",
"because" and "in the". In a hard one the words before the pause could be the whole answer, so that
nobody could know that more is to come; they are few, and reported separately.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PAUSE = re.compile(r"\s*\|(\d+)\|\s*")
SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS = 220, 900


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something to say.

    Attributes:
        text: The words, with the pauses.
        kind: Of answer it is, for the report: one of `KINDS`.
        use: What it is good for: the question it answers, or a way to speak out of turn.
        hard: Whether the words before one of its pauses could be all of it.
    """

    text: str
    kind: str
    use: str
    hard: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """The words between the pauses."""
        return tuple(_PAUSE.split(self.text)[::2])

    @property
    def pauses_ms(self) -> tuple[int, ...]:
        """The pauses between the parts."""
        return tuple(int(pause) for pause in _PAUSE.split(self.text)[1::2])

    @property
    def words(self) -> tuple[str, ...]:
        """All of the words."""
        return tuple(" ".join(self.parts).split())


KINDS = (
    "one word", "short answer", "sentence", "number", "postcode", "date", "question",
    "interruption", "backchannel",
)  # fmt: skip

_ANSWERS = {
    ("service", "short answer"): (
        "a leaking tap",
        "boiler service please",
        "it's um |450| a dripping tap",
        "it's about the |380| boiler",
    ),
    ("service", "one word"): ("boiler",),
    ("service", "sentence"): (
        "my tap is leaking",
        "hello I've got a blocked drain at the back of the house",
        "I need somebody to look at |420| a blocked sink",
        "the kitchen tap drips all night and |500| I think it's a leaking tap",
        "well we have just moved in and |650| we'd like a boiler service",
        "I was wondering if you could |350| come and do a boiler service",
        "it's my mother's house and |800| my drain is blocked",
        "I'm ringing because |480| a tap is leaking",
    ),
    ("area", "one word"): ("Truro", "Falmouth", "Redruth"),
    ("area", "short answer"): (
        "it's in |400| Falmouth",
        "Falmouth I think",
        "in the um |550| in Truro",
    ),
    ("area", "sentence"): (
        "I live in |360| Redruth",
        "we are just outside |440| Truro",
        "it's not for me it's for my daughter in |700| Falmouth",
    ),
    ("area", "postcode"): (
        "T R one |350| four B T",
        "my postcode is |600| T R one |300| one A A",
        "it's T R eleven |420| two A B",
        "T R fifteen three P Q",
        "the postcode is um |750| T R sixteen |280| four H J",
        "T R |260| two |320| five X Y",
        "yes it's |500| T R three |240| six D Z",
        "my postcode is T R one two E F",
    ),
    ("wanted", "one word"): ("yes", "definitely", "sure"),
    ("wanted", "short answer"): ("yes please", "that's fine", "go ahead"),
    ("wanted", "sentence"): (
        "yes that sounds good to me",
        "okay let's |320| book it",
        "it's a bit more than I thought but |620| yes please",
    ),
    ("day", "one word"): ("Tuesday", "Wednesday", "Friday", "Monday"),
    ("day", "date"): (
        "on Thursday please",
        "could you come on |430| Monday",
        "um |560| Wednesday would be good",
        "any time on |300| Friday",
        "the best day is |680| Thursday",
        "next Tuesday",
        "I'm away until the weekend so |850| Monday",
    ),
    ("part", "one word"): ("morning", "afternoon"),
    ("part", "short answer"): (
        "in the morning please",
        "in the |400| afternoon",
        "early in the |340| morning",
    ),
    ("part", "sentence"): (
        "the afternoon is better because |520| of my work",
        "I would like the |460| morning if I may",
    ),
    ("callback", "one word"): ("no",),
    ("callback", "short answer"): ("no please don't", "no not that one"),
    ("phone", "number"): (
        "oh seven seven oh oh |420| nine oh oh |380| one two three",
        "it's |500| oh seven seven oh oh |300| nine oh oh |340| four five six",
        "oh one six three two |600| nine six oh |260| one two two",
        "my number is |700| oh seven seven oh oh |450| nine double oh |400| seven eight nine",
        "oh seven seven |320| oh oh nine |360| oh oh two |300| three four",
        "oh seven seven oh oh nine oh oh three two one",
        "oh one six three two |880| nine six oh |420| one five five",
    ),
    ("agreed", "one word"): ("yes", "correct", "perfect"),
    ("agreed", "short answer"): ("that's right", "yes that's right"),
    ("aside", "question"): (
        "how much is it",
        "how much does it cost to |410| have that done",
        "do you come out on Saturdays",
        "who am I speaking to",
        "how long does it |330| usually take",
        "do I need to be |470| at home for it",
        "is there an extra charge for |540| parking",
        "are you a real |280| company",
        "when could somebody come",
        "can you hear me",
    ),
    ("aside", "sentence"): (
        "my neighbour gave me |390| your number",
        "I was talking to my wife and |720| she told me to ring you",
        "it has been like that since the |510| storm last week",
        "the last people who came were |440| not very good",
        "I'm not very good with these machines",
        "I'm standing in the |370| bathroom at the moment",
    ),
    ("interruption", "interruption"): (
        "stop",
        "no wait",
        "sorry",
        "excuse me",
        "sorry can I just ask you something about the house",
        "can I stop you there I only want to know what it is going to be",
        "actually before you go on |400| I have another question for you",
        "that is not what I meant to say at all",
    ),
    ("backchannel", "backchannel"): ("mm-hm", "uh-huh", "okay", "yeah", "right", "I see"),
}  # fmt: skip

_HARD = (
    Utterance("it's a leaking tap |450| in the bathroom upstairs", "sentence", "service", True),
    Utterance("Tuesday |500| or Wednesday", "date", "day", True),
    Utterance("yes |600| but not too early please", "sentence", "wanted", True),
)

CORPUS = (
    *(
        Utterance(text, kind, use)
        for (use, kind), texts in _ANSWERS.items()
        for text in texts
    ),
    *_HARD,
)  # fmt: skip
"""Every utterance."""


def of_use(use: str, *, hard: bool = False) -> tuple[Utterance, ...]:
    """Return the utterances good for something, in a fixed order."""
    return tuple(u for u in CORPUS if u.use == use and u.hard is hard)
