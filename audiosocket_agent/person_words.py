"""Who asks for a person: "can I speak to someone?", "put me through to the office". Pure.

The language model finds such a wish by itself; this is for calls that are held by the rules, where
a caller who is not understood would be asked the same question again.
"""

from __future__ import annotations

import re

_SOMEONE = r"(?:someone|somebody|anyone|anybody|a person|a human|people)(?: else| real| there)?"
_STAFF = (
    r"(?:(?:person|human(?: being)?|man|woman|lady|gentleman|agent|advis[eo]r|operator|rep"
    r"|representative|receptionist|manager|supervisor|boss|owner|colleague|call handler)s?"
    r"|people|staff|team|office|reception|customer (?:services?|care|support)|front desk"
    r"|switchboard)"
)
# Whose name alone asks for them; "for the office please" and "a lady please" do not.
_DESK = (
    r"(?:agent|advis[eo]r|operator|representative|receptionist|reception|manager|supervisor"
    r"|customer (?:services?|care|support)|front desk|switchboard)"
)
# "a real person", "one of your advisers", "the manager", "your office", "customer services"
_ONE_OF_THEM = (
    r"(?:(?:an?|the|your|any|some|one of (?:your|the)) )?(?:\w+ of (?:your |the )?)?"
    rf"(?:real |actual |live |living |proper |human |duty |another )*{_STAFF}"
)
_WHOM = rf"(?:{_SOMEONE}|{_ONE_OF_THEM})\b"
_SPEAK = r"(?:speak|talk|chat|have a (?:word|chat))(?:ing)?"
_SPEAK_TO = (
    r"(?:speak|speaking|talk|talking|chat|chatting|have a word|have a chat) (?:to|with)"
    r"(?: (?:him|her|them))?"
)
_CONNECT = (
    r"(?:put me (?:through|on|over)|pass me (?:on|over|through)|get me|connect me|transfer me"
    r"|switch me|hand me over) (?:back )?(?:to |with )?"
)
_ROBOT = r"(?:robot|bot|chatbot|ai)s?\b"
_MACHINE = rf"(?:an? |the |this |your )?(?:\w+ )?(?:{_ROBOT}|(?:machine|computer|recording)s?\b)"
_ASKS = re.compile(
    "|".join(
        rf"\b(?:{way})"
        for way in (
            rf"{_SPEAK_TO} {_WHOM}",
            # "get me somebody to fix it" is no wish to be put through
            rf"{_CONNECT}{_WHOM}(?! (?:to|who|that|out|round|here)\b)",
            r"put me through (?:please|now)|put me through$",
            rf"{_SOMEONE} (?:that |who )?(?:i|we) (?:can|could|may|might) {_SPEAK}",
            rf"(?:is|are) there {_SOMEONE} (?:available|about|around|free) to {_SPEAK}",
            rf"{_DESK} please$",
        )
    )
)
# One word is enough, but not of "a cut for one person", "an hour per person", "in person".
_ANY_OF_THEM = re.compile(
    r"(?<!\bone )(?<!\b1 )(?<!\bper )(?<!\beach )(?<!\bin )(?<!\bold )(?<!\bolder )"
    r"\b(?:person|operator|human(?! hair))\b"
)
_REFUSES = (
    r"(?:don't|do not|didn't|did not|not|rather not|stop|hate|instead of|rather than|sick of"
    r"|fed up (?:with|of)|without|no more)"
)
_NO_MACHINE = re.compile(
    rf"\b{_REFUSES} (?:\w+ ){{0,3}}?{_SPEAK_TO} {_MACHINE}"
    rf"|\b{_REFUSES} (?:want |need |like )?(?:an? |the |this |your )?{_ROBOT}"
)
# Up to four words before it: "I don't really want to speak to someone", but "no, I want to".
_NOT = re.compile(
    r"\b(?:don't|do not|doesn't|does not|not|no need|needn't|without|instead of|rather than|never)"
    r"(?: (?!i\b|we\b)[\w']+){0,4} $"
)


def wants_person(words: str) -> bool:
    """Whether the caller asks for a person.

    Args:
        words: In lower case, with spaces between them and nothing else but apostrophes.
    """
    if _NO_MACHINE.search(words):
        return True
    found = [*_ASKS.finditer(words), *_ANY_OF_THEM.finditer(words)]
    return any(_NOT.search(words[: match.start()]) is None for match in found)
