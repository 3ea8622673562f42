"""The shapes of claims that only facts can bear out: that it is booked, free, safe... Pure.

A claim is known by the word that completes it ("reserved", "pay", "weekend") and by the shape of
what came before it in the sentence. Nothing is looked for after that word, so nothing waits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from audiosocket_agent.guard_words import DAYS, Kind

_HEDGE = (
    r"\b(?:if|once|when|before|until|after|unless|whether|till|shall|can|could|would|should|may|"
    r"might|let's|let|to|get|will|\w+'ll|want|like|need|not|no|nothing|never|\w+n't|cannot|yet|be|"
    r"usually|normally|often|already been|who)\b"
)
NO = r"\b(?:not|never|no|cannot|\w+n't|without|unable|nor|afraid)\b"
ASKED = r"^(?:and |so |or |but )?(?:is|are|am|was|were|have|has|had|do|does|did|which|what|how)\b"
_ARRIVING = r"\b(?:he|she|they|we|it|engineer|plumber|man|van|technician|mechanic|somebody|someone)"
_HERE = r"(?:i'm|i am|this is|it's|you're (?:talking|speaking) (?:to|with))"


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape of words.

    Attributes:
        kind: What is wrong with it.
        before: What must come before the last word, in the same clause, up to it.
        unless: What anywhere before makes it no claim.
        asks: Whether a question may say it.
    """

    kind: Kind
    before: re.Pattern[str]
    unless: re.Pattern[str] | None = None
    asks: bool = True


BY_LAST: dict[str, list[Shape]] = {}


def declare(
    table: dict[str, list[Shape]], kind: Kind, last: str, before: str, unless: str | None = None,
    *, asks: bool = True,
) -> None:  # fmt: skip
    """Put a shape into a table, under every word that completes it.

    Args:
        table: Shapes by their last word.
        kind: What is wrong with it.
        last: The words that complete it.
        before: What must come before.
        unless: What anywhere before makes it no claim.
        asks: Whether a question may say it.
    """
    shape = re.compile(rf"(?:{before})$")
    claim = Shape(kind, shape, re.compile(unless) if unless else None, asks)
    for word in last.split():
        table.setdefault(word, []).append(claim)


_claim = partial(declare, BY_LAST)


def _booked() -> None:
    """While there is no booking, nothing is said to be done, in whatever words."""
    perfect = r"(?:^|\b(?:i've|we've|i have|we have|has been|have been|is|are|'s|was|were|been|"
    perfect += r"\w+'s|\w+'re|got|went ahead and|i|we|just|now|all)\b.*)"
    theirs = r"(?:^|\b(?:said|say|think|know|that) )you(?:'ve| have| had)? (?:just |already )?$"
    active = rf"{_HEDGE}|{theirs}"
    _claim(
        Kind.BOOKED,
        "booked arranged reserved scheduled secured pencilled penciled organised organized "
        "confirmed registered allocated assigned rebooked rescheduled finalised finalized "
        "diarised sorted locked",
        perfect,
        active,
    )
    _claim(Kind.BOOKED, "set", r"(?:all|appointment is|booking is|visit is|is all|now) ", active)
    _claim(Kind.BOOKED, "done", r"^|\b(?:it's|that's|consider (?:it|that)|all|is now) ", active)
    _claim(
        Kind.BOOKED,
        "diary calendar book books schedule list",
        r"\b(?:i've|we've|i have|we have|you're|you are|it's|that's|gone|put)\b.* "
        r"(?:in|into|on|onto) (?:the|our|my) ",
        rf"{_HEDGE}|\b(?:free|available|space|gap|room|slot|left|prices?|costs?|which|one)\b",
    )
    yours = r"\b(?:you're|you are|that's you|that puts you)"
    _claim(Kind.BOOKED, "for", rf"{yours} (?:all )?(?:in|down) ", _HEDGE)
    _claim(
        Kind.BOOKED,
        "appointment booking visit slot",
        r"\b(?:you|you've|you'll) (?:now )?(?:have|got|have got) (?:an|a|your|the) "
        r"|\b(?:made|created|placed|put in|entered) (?:that|the|your|a|this) ",
        _HEDGE,
    )
    _claim(Kind.BOOKED, "seat spot chair place slot", r"\b(?:saved|kept|held|blocked) (?:you|off) "
           r"(?:a|the|your) ", _HEDGE)  # fmt: skip
    _claim(Kind.BOOKED, "down", r"\b(?:got|have|put|has) you (?:all )?", _HEDGE)
    there = r"\b(?:your (?:\S+ ){1,2}is|you're|that's|it's) (?:now )?in the "
    _claim(Kind.BOOKED, "system", there, _HEDGE)
    _claim(Kind.BOOKED, "soon", r"(?:^|[^o] |\band |\bwe'll )(?:see|seeing) you ",
           r"\b(?:hope|if|once|when)\b")  # fmt: skip
    _claim(Kind.BOOKED, "yours", r"\b(?:is|all|now|slot's) (?:now )?", _HEDGE)
    _claim(Kind.BOOKED, "through", r"\b(?:booking|appointment|that|it)(?: has|'s)? (?:all )?"
           r"(?:gone|went|come) ", _HEDGE)  # fmt: skip
    _claim(Kind.BOOKED, "place", r"\b(?:everything|all|booking)(?: is|'s)? (?:now )?in ",
           _HEDGE)  # fmt: skip
    _claim(Kind.BOOKED, "care", r"\b(?:is|are|that's|it's|been|all) (?:all )?taken ", _HEDGE)
    _claim(
        Kind.BOOKED,
        " ".join((*DAYS, "then")),
        r"\b(?:see|seeing|expect|expecting) you (?:\S+ ){0,4}?(?:on |next |this )?",
        r"\b(?:can|could|may|might|if|once|when)\b",
    )


def _free() -> None:
    """Nothing is free, cheaper, included or extra but what the company says is."""
    price = Kind.PRICE
    gifts = (
        "first|hour|consultation|quote|estimate|advice|parts?|delivery|collection|wash|check|test|"
        "trim|callout|inspection"
    )
    _claim(price, "free", rf"\b(?:{gifts})(?: \S+){{0,2}} (?:is|are|comes?|be) ",
           rf"{NO}|\b(?:day|slot|time|morning|afternoon)\b")  # fmt: skip
    _claim(price, "us", r"\b(?:\w+'s|is|are) (?:all )?on ")
    _claim(price, "house", r"\bon the ")
    _claim(price, "pay", r"\b(?:nothing|zero|nought) (?:at all )?to |\b(?:won't|not|never) ",
           r"\belse\b|\bmore\b|\bcannot\b")  # fmt: skip
    _claim(
        price,
        "anything thing penny bean cent nothing zero nought zilch",
        r"\b(?:pay|pays|paying|owe|owes|costs?|charge|charges|charged|charging)(?: us| you)? "
        r"(?:absolutely |a |not a )?(?:single )?|\b(?:it's|price is|for) (?:a )?(?:big )?",
        r"\belse\b|\bfor anything\b|\bfor a$",
    )
    _claim(price, "if unless when until", r"\b(?:(?:only|don't|won't|not) (?:have to )?pay|"
           r"pay only|nothing to pay) (?:us |anything )?")  # fmt: skip
    _claim(price, "for", r"\b(?:not|never|\w+n't) (?:have to |need to )?(?:pay|charge|be charged|"
           r"charging) (?:you )?")  # fmt: skip
    _claim(price, "charged", r"\b(?:won't|not|never|aren't|isn't) (?:be |get |being )?")
    _claim(price, "payment paying", r"\bwithout (?:any )?")
    _claim(price, "expense", r"\bat our (?:own )?")
    _claim(price, "fee fees charge charges surcharge cost deposit", r"\b(?:no|without|any|zero) "
           r"(?:\S+ ){0,3}", r"\b(?:know|whether|if|tell|say|quote|about)\b")  # fmt: skip
    _claim(price, "back", r"\bset you ")
    _claim(price, "gift bonus freebie treat", r"\b(?:a|as a|our|my) (?:little |small )?")
    _claim(price, "off", r"\b(?:half|thirds?|quarters?|fifth|tenth|bit|little|something|some|"
           r"pounds?|quid|money|fiver|tenner) ", r"\b(?:turn|switch|take time)\b")  # fmt: skip
    part = r"\b(?:half|thirds?|quarter|fraction) (?:of|as) "
    usual = r"(?:the |that |our )?(?:usual |normal |full |regular )?"
    other = r"\b(?:tap|other|lower|reduced|usual|old|last year's) "
    _claim(price, "price cost much rate fee charge", rf"{part}{usual}|{other}",
           r"\b(?:tell|list|about)\b")  # fmt: skip
    _claim(price, "cheaper less", r"\b(?:it's|is|be|do it|get it|make it|comes? out|works? out|"
           r"pays?|paying|costs?|price) (?:a bit |a little |much |even )?", NO)  # fmt: skip
    _claim(price, "included extra inclusive", r"\b(?:parts|materials?|labour|vat|tax|charge|fee|"
           r"everything|travel|delivery|that|this|it|all|visit)(?:'s| is| are)? (?:all |not )?",
           r"\b(?:know|whether|if|tell|say|anything|something)\b")  # fmt: skip
    _claim(price, "vat", r"", r"\b(?:know|whether|if|tell|say|about|number)\b")
    _claim(price, "in", r"\b(?:throw|chuck)(?: \S+){0,4} ")
    _claim(price, "returned back", r"\bmoney(?: will be| is|'s| gets)? (?:all )?", NO)


def _arriving() -> None:
    """Nobody is on the way but whom a tool has told about."""
    time = Kind.TIME
    _claim(
        time,
        "way",
        r"\bon (?:his|her|their|its|the|our) ",
        rf"{NO}|\b(?:nobody|none)\b|\b(?:by|if|when)\b",
    )
    _claim(time, "heading headed driving", rf"{_ARRIVING}(?: is|'s|'re| are) (?:already |now )?",
           NO)  # fmt: skip
    _claim(time, "dispatched sent despatched", r"\b(?:\w+'ve|\w+'s|has|have|is|been)\b.*",
           rf"{_HEDGE}|\b(?:you|text|message|email|nobody)\b")  # fmt: skip
    _claim(time, "left", rf"{_ARRIVING}(?:'s| has| have|'ve) (?:just |already )?", NO)
    _claim(time, "away", r"\b(?:minutes?|hour|miles?) ")
    _claim(time, "corner", r"\b(?:van|he|she|they|\w+'s|\w+'re|is|are)\b.*round the ")
    _claim(
        time,
        "soon shortly within first immediately straight asap moment",
        rf"{_ARRIVING}(?:'ll| will| should| is going to|'s going to)\b.*\b(?:there|with you|here|"
        r"come|arrive|at your|round|out)\b.* ?",
        rf"{NO}|\b(?:a person|colleague|line)\b|\bas $",
    )


def _promised() -> None:
    """What a visit comes to is not known before it."""
    promise = Kind.PROMISE
    ours = r"\b(?:he|she|they|we|it|you|\w+)(?:'ll| will)\b.*"
    _claim(promise, "definitely certainly surely", rf"{_ARRIVING}(?:'ll| will) ", NO)
    _claim(promise, "exactly perfectly", ours, rf"{NO}|\b(?:i|i'll|tell|check|ask)\b")
    _claim(promise, "new", r"\bgood as ", NO)
    _claim(promise, "happens what", r"\b(?:whatever|matter) ", NO)
    sure = r"\b(?:i'm|i am|we're) (?:\S+ )?(?:sure|certain|confident) (?:that )?(?:\S+ )?"
    _claim(promise, "it'll he'll they'll you'll will", sure, rf"{NO}|\bsome(?:one|body)\b")
    trouble = r"\bwon't (?:have|get|be|see) (?:any |more )*"
    _claim(promise, "trouble problem problems issues", trouble)
    _claim(promise, "asked", r"\bno questions ")
    _claim(promise, "redo again", r"\b(?:we|they|he|she|engineer|plumber|mechanic|stylist)"
           r"(?:'ll| will)\b.*\b(?:back|do|fix|repair|mend|redo|cut|colour)\b.*", NO)  # fmt: skip
    _claim(promise, "fail fails", r"\b(?:never|won't|not) (?:\S+ )?", r"\b(?:can|could)\b")
    _claim(promise, "safe right", r"\b(?:you'll|you will|it'll|it will) be (?:all |perfectly |"
           r"quite |just |totally )?", r"\b(?:if|day|time|morning|afternoon|when)\b")  # fmt: skip
    _claim(promise, "hurt harm", r"\b(?:won't|doesn't|can't|wouldn't) ")


def _myself() -> None:
    """It is the automatic assistant and nobody else."""
    roles = (
        "person human man woman lady bloke guy plumber plumbers engineer engineers manager owner"
    )
    roles += " boss director receptionist secretary member mechanic dentist stylist doctor"
    real = r"(?: just| really| actually)? (?:a|an|the|one of the|one of our)(?: \S+){0,2} "
    _claim(Kind.SELF, roles, rf"\b{_HERE}{real}", r"\b(?:not|\w+n't|automat\w+|assistant)\b")
    _claim(Kind.SELF, "machine robot bot computer recording ai program automated",
           r"\b(?:i'm|i am) (?:not|no|hardly) (?:an? |some )?|\bno ")  # fmt: skip
    _claim(Kind.SELF, "a an", r"\bi(?:'ve| have) been ")
    _claim(Kind.SELF, "here", r"\bi(?:'ve| have)? (?:worked?|been working) ")
    _claim(Kind.SELF, "own", r"\bi ")
    _claim(Kind.SELF, "real human", rf"\b{_HERE}(?: \S+){{0,3}} ", rf"{NO}|\b(?:a|an|the) $")
    done = r"\bi(?:'ve| have) (?:\S+ )?"
    _claim(Kind.SELF, "driven fixed repaired mended cut worked trained", done, NO)
    _claim(Kind.SELF, "myself", r"\bi (?:\S+ ){1,5}", rf"{NO}|\b(?:can|could|will|only|just)\b")
    _claim(Kind.SELF, "coffee tea lunch breakfast sandwich desk workshop van holiday",
           r"\b(?:i'm|i am|i've|i was|i have|i had|my)\b(?: \S+){0,6} ", NO)  # fmt: skip
    _claim(Kind.SELF, "wife husband kids children mother mum dad", r"\bmy ")
    _claim(Kind.SELF, "orders", r"\bmy ")
    _claim(Kind.SELF, "above", r"\b(?:text|message|words) ")
    _claim(Kind.SELF, "by", r"\b(?:ai|assistant|model|i was|i am|i'm)\b.*(?:made|built|trained|"
           r"created|developed) ")  # fmt: skip


_TRADES = (
    "kitchen kitchens bathroom bathrooms roofing roof roofs electrical electrics rewiring solar "
    "painting decorating plastering tiling carpentry gardening landscaping locksmith fencing "
    "flooring carpets extensions scaffolding demolition glazing conveyancing removals catering "
    "certificates heating aircon conditioning haircuts manicures massages tyres bodywork welding "
    "implants whitening vaccinations"
)


def _offered() -> None:
    """Only what is in the company's own words is offered."""
    _claim(
        Kind.SCOPE,
        _TRADES,
        r"\b(?:we|we'd|they|engineers?) (?:can |also |even |now |do )*(?:do|offer|provide|install|"
        r"fit|sell|supply|handle|repair|replace|fix)(?: \S+){0,4} ",
        rf"{NO}|\b(?:in|only) $|\bin (?:the|your|a) $|(?<!do )(?<!fit )\byour $",
    )


def _done() -> None:
    """What is done with things, where no word of the company's does it."""
    _claim(
        Kind.SCOPE,
        "install sell supply deliver collect lend loan",
        r"\b(?:we|we'd|we'll|they|they'll)(?: can| could| also| even| will| do)* ",
        NO,
    )


def _vouched() -> None:
    """What the company is, and how it is paid, stands in its own words or is not said."""
    _claim(
        Kind.PROMISE,
        "insured certified accredited qualified licensed vetted registered",
        r"\b(?:we're|we are|they're|engineers? (?:is|are)|plumbers? (?:is|are))\b.*",
        NO,
    )
    _claim(Kind.PROMISE, "card cash cheque", r"\b(?:pay|pays|paid|accept|take) (?:by |in |with )?",
           NO)  # fmt: skip


for _declared in (_vouched, _booked, _free, _arriving, _promised, _myself, _offered, _done):
    _declared()
