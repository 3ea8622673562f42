"""The shapes of advice that is a person's to give: danger, health, law, money, cards. Pure.

An instruction is known by what it is done to: "put", "push" or "open" is harmless until it comes to
a gas valve. Only a sentence that tells the caller to do it is one; what our own people do, what is
asked, and what is warned of is not.
"""

from __future__ import annotations

from functools import partial

from audiosocket_agent.guard_shapes import NO, Shape, declare
from audiosocket_agent.guard_words import Kind

ADVICE: dict[str, list[Shape]] = {}
_claim = partial(declare, ADVICE)

# What is done by us is no advice: "our plumber will check the valve".
_OURS = (
    r"\b(?:we|we'll|we'd|he|she|they|they'll|he'll|engineers?|plumbers?|mechanics?|stylists?|"
    r"somebody|someone|i|i'll|him|her|them|to have|shall)\b"
)
_NOT_ADVICE = rf"{NO}|{_OURS}"
_HANDS = (
    "poke|stick|put|push|pull|open|undo|unscrew|loosen|tighten|remove|take|bridge|wedge|tape|drill|"
    "light|ignite|add|top|pour|lift|drain|bleed|disconnect|wire|touch|reset|turn|switch|tap|hit|"
    "hold|use|try|jam|cut|strip|shut|isolate|reach|get|lean|fill|clean|spray|connect|press|hang|"
    "move|fix|replace|change|swap|check"
)
_DO = rf"(?:^|\b(?:just|can|could|should|to|you|simply|then|and|or|please|by)\b ?)(?:{_HANDS})\b.*"


def _danger() -> None:
    """Gas, electricity, fire, chemicals, and cars that are not safe."""
    safety = Kind.SAFETY
    _claim(safety, "gas electricity power mains electrics", r"\b(?:turn|switch|shut|isolate|"
           r"turning|switching|shutting) (?:off |on )?(?:the |your )?", _NOT_ADVICE)  # fmt: skip
    _claim(safety, "leak", r"\bgas ", r"\b(?:if|smell|suspect)\b")
    _claim(safety, "monoxide", r"\bcarbon ", r"\bif\b")
    _claim(safety, "relight", r"")
    _claim(safety, "to", r"\b(?:it's|is|perfectly|quite|be) safe ", NO)
    _claim(safety, "radiators radiator", r"\bbleed (?:the |your |all )?", NO)
    _claim(safety, "box board wires wire wiring", r"\b(?:touch|open|check|reset|strip|cut) (?:the |"
           r"your |any )?(?:fuse |consumer |bare )?", NO)  # fmt: skip
    _claim(safety, "off", r"\btake (?:the |its |your )?(?:\S+ )?(?:cover|panel|casing|lid|cap) ",
           NO)  # fmt: skip
    _claim(safety, "window windows", r"\bopen (?:a|the|your|all the) ", r"\bif\b")
    _claim(
        safety,
        "gas valve pilot flue burner thermostat thermocouple fuse fuses socket sockets wire wires "
        "wiring screwdriver cap jack bleach acid ammonia caustic battery batteries petrol fluid "
        "airbag blade blades disposal ladder terminals",
        _DO,
        _NOT_ADVICE,
    )
    _claim(safety, "lighter match matches candle flame", r"\b(?:with|use|light|strike|hold) "
           r"(?:a|the|your|an open)? ?(?:naked |open )?", NO, asks=False)  # fmt: skip
    _claim(safety, "bypass bypassing hotwire", r"^|\b(?:can|could|just|to|you|by|try) ", NO)
    _claim(safety, "bleach vinegar ammonia acid chemicals", r"\b(?:mix|mixing|mixed|combine)\b.*",
           NO)  # fmt: skip
    _claim(safety, "under underneath beneath", r"\b(?:crawl|crawling|climb|slide|lie|lying|get) ",
           _NOT_ADVICE)  # fmt: skip
    _claim(safety, "driving", r"\b(?:keep|carry on|continue|go on|fine) ", NO)
    _claim(safety, "drive", r"\b(?:safe|fine|okay|ok|all right|alright) (?:for you )?to ", NO)
    _claim(safety, "hot running", r"\b(?:while|when) (?:the engine|it|it's)(?: is|'s)? (?:still )?",
           rf"{NO}|\b(?:is|does|was) (?:it|the)\b")  # fmt: skip


def _health() -> None:
    """What ails somebody, and what to take or put on for it."""
    scope = Kind.SCOPE
    advice = r"\b(?:take|taking|have|got|need|apply|put|try|use|is|it's|sounds like|looks like)\b.*"
    _claim(scope, "tablet tablets pill pills dose infection compress ointment concussion fracture "
           "sprain virus", advice, NO)  # fmt: skip
    _claim(
        scope,
        "eczema psoriasis dermatitis ringworm alopecia thyroid anaemia asthma diabetes migraine "
        "arthritis fungal hormonal antihistamine antihistamines hydrocortisone cortisone steroid "
        "steroids penicillin insulin antiseptic",
        r"",
        NO,
    )
    _claim(scope, "down", r"\blie ", NO)
    _claim(scope, "test", r"\b(?:skip|without|forget|miss|don't need|no need for) (?:the |a |"
           r"your )?(?:patch |skin |allergy )")  # fmt: skip
    _claim(scope, "on", r"\bleave (?:it|the \S+|your \S+) ", _NOT_ADVICE)


def _law_and_money() -> None:
    """Who must pay whom, and what to do with money."""
    scope = Kind.SCOPE
    theirs = r"\b(?:you|your|you'd|you'll|you're|landlord|council|tenant|claim|they)\b.*"
    _claim(scope, "law", r"\b(?:by|under|against|the|tenancy|consumer|housing) ", NO)
    _claim(scope, "legally illegal unlawful", r"", NO)
    _claim(scope, "obliged liable responsible negligent entitled", rf"{theirs}|\b(?:he's|she's) ",
           NO)  # fmt: skip
    owing = r"\b(?:landlord|neighbour|council|tenant|manufacturer|seller|insurer)s? "
    _claim(scope, "to", rf"{owing}(?:has|have|is|are|ought|needs?)(?: \S+)? ", rf"{NO}|\bif\b")
    _claim(scope, "must should pays", owing, rf"{NO}|\bif\b")
    _claim(scope, "fine fines", r"\b(?:get|pay|face|risk) (?:a |an )?(?:\S+ )?", NO)
    _claim(scope, "insured insurance insurer insurers", theirs, NO)
    _claim(scope, "police court judge ombudsman tribunal", r"", NO)
    _claim(scope, "right rights", r"\b(?:have|got|within|exercise) (?:the|a|your|every) "
           r"(?:legal )?", NO)  # fmt: skip
    _claim(scope, "savings fund funds isa stocks dividends inheritance loan", r"", NO)
    _claim(scope, "party", r"\b(?:that|this|the|which|political|green) ", NO)


def _others() -> None:
    """What others of the trade are like, or do."""
    trade = r"\b(?:garages?|salons?|plumbers?|shops?|firms?|barbers?|hairdressers?|one|lot|others?)"
    _claim(Kind.SCOPE, "road street corner town", rf"{trade} (?:down|up|across|over|in|round) "
           r"(?:the )?")  # fmt: skip
    _claim(Kind.SCOPE, "garages salons plumbers firms barbers hairdressers companies",
           r"\b(?:other|most|those|some|many) ", NO)  # fmt: skip


def _cards() -> None:
    """Numbers of cards and accounts are nobody's on this line."""
    scope = Kind.SCOPE
    _claim(scope, "card", r"\b(?:give|tell|read|need|send|take)(?: me| us)? your "
           r"(?:\S+ )?", NO, asks=False)  # fmt: skip
    _claim(scope, "details", r"\b(?:card|bank|payment|account) ", NO, asks=False)
    _claim(scope, "number digits", r"\b(?:card|long|account) |\b(?:three|four|3|4|last) (?:\S+ )?",
           rf"{NO}|\b(?:phone|telephone|calling|reference|ending|ends)\b|(?<!card)(?<!long)"
           r"(?<!account) $", asks=False)  # fmt: skip
    _claim(scope, "back", r"\b(?:digits|number|code)\b.* on the ", NO, asks=False)
    _claim(scope, "date", r"\bexpiry ", NO, asks=False)
    _claim(scope, "code", r"\bsecurity ", NO, asks=False)
    _claim(scope, "pin cvv cvc", r"", NO, asks=False)


for _declared in (_danger, _health, _law_and_money, _others, _cards):
    _declared()
