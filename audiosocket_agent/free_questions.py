"""Who asks when there is time: "when are you free?", "have you got anything on Thursday?". Pure.

What is free depends on what is wanted and where, so it is told where the day is asked; before that
the wish is kept (`State.free`). Where the open question is for the day or the time, other words ask
for the same: "any day", "as soon as possible".
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

from audiosocket_agent.caller_words import words_of
from audiosocket_agent.conversation_state import Facts, FreeWish, State
from audiosocket_agent.roles import (
    INSTEAD,
    area_slot,
    gate,
    service_slot,
    visit_slot,
    when_slots,
)
from audiosocket_agent.understanding import value_in
from audiosocket_agent.workflow import Kind

_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_WHO = r"(?:the )?[a-z]+"  # you, somebody, Maya, the boss
_FREE = r"(?:free(?! of)|available)"
_THING = (
    r"(?:times?|days?|dates?|slots?|appointments?|openings?|availability|spaces?|gaps?|visits?)"
)
# What of a time may follow, so that "have you got anything" asks for one.
_SOME_TIME = (
    rf"(?:\w+ ){{0,2}}?(?:(?:{_DAYS})s?|\d+(?:st|nd|rd|th)|today|tomorrow|tonight|sooner|earlier"
    r"|later|free|available|left|coming up|weekends?|mornings?|afternoons?|evenings?"
    r"|(?:this|next) (?:week|month))\b"
)
_HAVE = (
    r"(?:(?:do|would|will|might|could) (?:you|we|they) (?:still )?have(?: got)?"
    r"|have (?:you|we|they)(?: still)?(?: got)?|(?:is|are) there|you got|^got)"
)
_EARLIEST = r"(?:next|first|earliest|soonest)"
_ASKS = re.compile(
    "|".join((
        rf"\bwhen (?:are|is|would|will|might) {_WHO} (?:be )?(?:next )?{_FREE}",
        rf"\bwhen (?:you're|you are|you would be|you might be) (?:next )?{_FREE}",
        r"\bwhen (?:can|could|would|will) (?:you|somebody|someone|anybody|anyone|they)\b"
        r"(?! (?:call|ring|phone|tell|put|transfer|let|be back))",
        r"\bwhen (?:can|could) (?:i|we) (?:come|be seen|get|have|bring|drop|book)\b",
        rf"\bwhen (?:do|have) (?:you|they) (?:have|got) (?:\w+ ){{0,3}}?{_THING}\b",
        rf"\b(?:what|which) (?:\w+ ){{0,2}}?{_THING} (?:{_HAVE}|(?:can|could) (?:you|i|we)"
        rf"|(?:are|is) (?:you |still )?{_FREE}|(?:are|is) left|(?:you|they) (?:have|can|could))\b",
        r"\bwhat(?:'s| is| about)? (?:\w+ )?availability\b",
        rf"\bwhat (?:have you got|do you have) {_SOME_TIME}",
        rf"\b(?:what|when)(?:'s| is| would be) (?:your|the) (?:very )?{_EARLIEST}"
        rf" (?:(?:\w+ )?(?:{_THING}|{_FREE})|you|i|we|that you)\b",
        rf"\bwhen(?:'s| is) (?:the )?{_EARLIEST}\b",
        rf"\b{_HAVE} (?:any|a|an|some)(?: \w+){{0,2}}? {_THING}\b",
        rf"\b{_HAVE} anything(?: else)? {_SOME_TIME}",
        rf"\bany(?:thing| (?:\w+ )?(?:{_THING}|chance|room)) {_SOME_TIME}",
        r"\bany(?: \w+)? (?:availability|openings|slots|appointments|spaces)\b",
        rf"\b(?:are|will|would) (?:you|they) (?:be )?{_FREE}\b",
        rf"\bis (?:anybody|anyone|somebody|someone|(?:the )?(?:{_DAYS}|weekend)|today|tomorrow"
        rf"|(?:this|next|that) (?:{_DAYS}|week|morning|afternoon|day)) {_FREE}",
        r"\b(?:can|could) you (?:fit|squeeze) (?:me|us|it) in\b",
        rf"\b(?:can|could) you (?:do|come|make) (?:any\b|{_SOME_TIME})",
    ))
)  # fmt: skip
# What asks for any time only where one is asked for.
_ANY_TIME = re.compile(
    r"\b(?:whenever|any ?time|any ?day|any date|as soon as (?:possible|you can)|a s a p|asap"
    rf"|{_EARLIEST}(?: \w+)? (?:available|free|possible|slot|appointment|time|day|one|you)"
    r"|soonest|earliest|don't mind|what (?:have you got|do you have|can you do|could you do|else)"
    rf"|{_HAVE} anything|anything else)\b"
)
# What takes none of the times that were just offered.
_NEITHER = re.compile(
    r"^no(?: thanks| thank you)?$|\bneither\b|\bnone of (?:them|those|these)\b|\bother than\b"
    r"|^no (?:another|a different) (?:day|time)\b|\b(?:they|those|these) don't (?:suit|work)\b"
    r"|\bcan't (?:do|make) (?:either|any of|those|these|them)\b"
)
_OTHERS = re.compile(r"\b(?:else|other|others|another|different|later|more)\b")
# What such words are about then: a booking that there is, or the hours.
_NONE = re.compile(r"\b(?:(?:my|our|existing) (?:booking|appointment|visit)|open|close|shut)\b")
_WEEK = re.compile(r"\b(?P<which>this|next) week(?P<end>end)?\b|\b(?:at|on|over) the weekend\b")
_HALVES = ("morning", "afternoon", "evening")


def free_wish(text: str, state: State, facts: Facts) -> FreeWish | None:
    """Return which free times the words ask for; None if they do not, or there is nothing to tell.

    Args:
        text: The caller's words.
        state: Where the conversation stands.
        facts: Facts; without a calendar nobody can tell.
    """
    workflow = facts.company.workflow
    when = when_slots(workflow)
    known = all(slot in state.slots for slot in when)
    if facts.agenda is None or not when or known or state.step in INSTEAD:
        return None
    words = " ".join(words_of(text))
    neither = bool(state.offered) and _NEITHER.search(words) is not None
    timed = state.asked in when and (neither or _ANY_TIME.search(words) is not None)
    if _NONE.search(words) or not (timed or _ASKS.search(words)):
        return None
    part = visit_slot(workflow, Kind.PART)
    named = None if part is None else value_in(part, text, facts.company, facts.today)
    halves = [half for half in _HALVES if half in words] if part is None else []
    wish = FreeWish(part=named or (halves[0] if len(halves) == 1 else ""))
    wish = replace(wish, others=neither or _OTHERS.search(words) is not None)
    week = _WEEK.search(words)
    return wish if week is None else _in_week(wish, week, facts.today)


def can_tell(state: State, facts: Facts) -> bool:
    """Whether free times can be told before the day is asked: what is wanted is only to be agreed.

    Where more is open, what is free may yet depend on it.
    """
    workflow, asked = facts.company.workflow, state.asked
    needed = (service_slot(workflow), area_slot(workflow))
    known = all(slot is None or slot in state.slots for slot in needed)
    return known and asked is not None and asked is gate(workflow, state.step)


def _in_week(wish: FreeWish, said: re.Match[str], today: date) -> FreeWish:
    """Return the wish for a week or its end; once it is over it is the one that comes."""
    monday = today - timedelta(days=today.weekday())
    if said["which"] == "next":
        monday += timedelta(weeks=1)
    saturday, sunday = monday + timedelta(days=5), monday + timedelta(days=6)
    if said["which"] is None or said["end"]:
        ahead = timedelta(weeks=1 if sunday == today else 0)
        return replace(wish, first=saturday + ahead, last=sunday + ahead)
    if said["which"] == "this" and today >= saturday:
        sunday += timedelta(weeks=1)
    return replace(wish, first=monday, last=sunday, week=f"{said['which']} week")
