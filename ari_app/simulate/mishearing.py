"""Word errors as recognisers make them: another word, a word lost, one too many. Pure.

A rate of 15 is 15 wrong words in a hundred: three in five are another word, one in five is lost,
one in five comes on top. Which other word is told by a table of what recognisers really confuse on
the telephone, else it is a small word that ends like it.
"""

from __future__ import annotations

from ari_app.simulate.wordings import Luck

SUBSTITUTED, DELETED = 0.6, 0.8  # of the errors; the rest is inserted

_LIKE: dict[str, tuple[str, ...]] = {
    "tap": ("top", "tab", "cap"), "leaking": ("leaving", "licking", "leak in"),
    "dripping": ("tripping", "dropping"), "drain": ("train", "rain", "brain"),
    "blocked": ("blocks", "black", "locked"), "boiler": ("broiler", "oiler"),
    "service": ("surface", "services"), "truro": ("true row", "churro"),
    "falmouth": ("foul mouth", "farm mouth"), "redruth": ("red roof", "red ruth"),
    "monday": ("mundane", "sunday"), "tuesday": ("choose day", "thursday"),
    "wednesday": ("when's day", "wendy"), "thursday": ("thirsty", "tuesday"),
    "friday": ("fry day", "fried"), "tomorrow": ("to borrow", "tomorrow's"),
    "morning": ("warning", "mourning"), "afternoon": ("after new", "after noon"),
    "yes": ("yet", "guess"), "yeah": ("year", "here"), "no": ("know", "now"),
    "please": ("police", "peas"), "person": ("purse and", "persons"),
    "number": ("lumber", "numbers"), "right": ("write", "bright"),
    "need": ("knead", "meet"), "a": ("the", "er"), "the": ("a", "their"), "in": ("and", "it"),
    "it's": ("its", "is"), "i": ("eye", "hi"), "would": ("wood", "could"),
    "good": ("could", "book"), "on": ("and", "own"), "brakes": ("breaks", "brake"),
    "mot": ("empty", "emoty"), "haircut": ("hair cat", "air cut"), "two": ("to", "too"),
    "four": ("for", "door"), "eight": ("ate", "late"), "nine": ("mine", "line"),
    "five": ("fife", "hive"), "six": ("sicks", "fix"), "one": ("won", "run"),
}  # fmt: skip
_SMALL = ("um", "and", "the", "so", "er", "it")


def misheard(text: str, word_errors: int, luck: Luck) -> str:
    """Return what a recogniser makes of words.

    Args:
        text: The words.
        word_errors: Wrong ones in a hundred.
        luck: Chooses which.
    """
    if not word_errors:
        return text
    heard: list[str] = []
    for word in text.split():
        if luck.random() * 100 >= word_errors:
            heard.append(word)
            continue
        kind = luck.random()
        if kind < SUBSTITUTED:
            heard.append(_like(word, luck))
        elif kind >= DELETED:
            heard += [word, luck.choice(_SMALL)]
    return " ".join(heard)


def _like(word: str, luck: Luck) -> str:
    bare = word.lower().strip(".,!?")
    if bare in _LIKE:
        return luck.choice(_LIKE[bare])
    return bare[1:] if len(bare) > 4 else luck.choice(_SMALL)
