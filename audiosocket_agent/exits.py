"""What the dialplan and the person who answers are told when a caller leaves the agent. Pure.

The dialplan evaluates what it is given, so every value is reduced to characters that mean nothing
to it: all of it is either the company's own or the caller's, and a caller is hostile.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from audiosocket_agent import wording
from audiosocket_agent.company import Company
from audiosocket_agent.conversation_state import Facts, State, Why
from audiosocket_agent.roles import visit_slot
from audiosocket_agent.understanding import day_name
from audiosocket_agent.workflow import Kind, Slot
from audiosocket_agent.workflow.templates import sum_up

MOST_CHARS = 200
_VALUE = re.compile(r"[A-Za-z0-9_./@+*#:-]{0,200}")
_UNSAFE = re.compile(r'[^ -~]|[${}"\\,;|]')
WHISPER_WORDS = 14  # of the job, at most: with the company and the reason about five seconds

_REASONS = {
    Why.ASKED: "The caller asked for a person.",
    Why.MODEL: "The caller wants a person.",
    Why.MISSES: "The caller was not understood.",
    Why.SILENT: "The caller was not heard.",
    Why.ANGRY: "The caller is upset.",
    Why.OUT_OF_SCOPE: "It is something the assistant does not do.",
    Why.BOOKING: "The booking could not be made.",
    Why.PROVIDER: "The assistant failed.",
    Why.LONG: "The call took too long.",
    Why.FULL: "Nothing that suits is free.",
}


def variables(
    target: str,
    company: Company,
    *,
    whisper: str = "",
    summary: str = "",
) -> dict[str, str]:
    """Return the channel variables with which a call leaves the agent.

    Args:
        target: With an extension or an outside number: it; else "".
        company: Whose call it is.
        whisper: Sound that the person who answers hears first; "" for none.
        summary: What the call is about, one line.
    """
    people = company.people
    place = next((p for p in people.places.values() if target in (p.extension, p.outside)), None)
    ring_s = place.ring_s if place is not None and target else people.ring_s
    plain = {
        "VA_TARGET": target,
        "VA_QUEUE": company.queue or "",
        "VA_RING_S": "" if ring_s is None else str(ring_s),
        "VA_MAILBOX": company.mailbox or "",
        "VA_MOST_RETURNS": str(people.returns),
        "VA_WHISPER": whisper if people.whisper else "",
    }
    safe = {name: value if _VALUE.fullmatch(value) else "" for name, value in plain.items()}
    return safe | {"VA_SUMMARY": one_line(summary)}


def one_line(text: str) -> str:
    """Return a text without what the dialplan would make something of, and not too long."""
    return " ".join(_UNSAFE.sub(" ", text).split())[:MOST_CHARS].rstrip()


def about(slots: Mapping[Slot, str], facts: Facts) -> str:
    """Return what is known of the job: "leaking tap repair in Truro on Tuesday morning", or ""."""
    company, today = facts.company, facts.today
    known = wording.values(company, slots, today)
    for slot, value in slots.items():
        if company.workflow.slots[slot].kind is Kind.DATE:
            known[str(slot)] = day_name(date.fromisoformat(value), today)
    return sum_up(company.workflow.summary, known)


def summary(state: State, facts: Facts) -> str:
    """Return one line for the screen of the person who answers, safe in a channel variable."""
    said = [_REASONS[state.seek.why]] if state.seek else []
    day = visit_slot(facts.company.workflow, Kind.DATE)
    if day is not None and day in state.slots:
        said.append(f"Day: {date.fromisoformat(state.slots[day]):%d %B %Y}.")
    job = about(state.slots, facts)
    if job:
        said.insert(0, f"{job[:1].upper()}{job[1:]}.")
    if Slot.PHONE in state.slots:
        said.append(f"Number: {state.slots[Slot.PHONE]}.")
    return one_line(" ".join([f"{facts.company.name}:", *said]))


def whisper_text(state: State, facts: Facts) -> str:
    """Return what the person who answers hears first: whose call it is, why, and about what."""
    said = [f"Call for {facts.company.name}."]
    if state.seek is not None:
        said.append(_REASONS[state.seek.why])
    job = " ".join(about(state.slots, facts).split()[:WHISPER_WORDS])
    if job:
        said.append(f"{job[:1].upper()}{job[1:]}.")
    return " ".join(said)
