"""The tools as a language model is shown them, the same all through a call. Pure.

A vendor caches what does not change, so a step that allows fewer tools refuses their calls instead
of hiding them.
"""

from __future__ import annotations

from audiosocket_agent.conversation_state import Facts, Why
from audiosocket_agent.roles import details, service_slot
from audiosocket_agent.seams import Tool
from audiosocket_agent.tools import built_in, messages
from audiosocket_agent.understanding import choices
from audiosocket_agent.workflow import Kind, Of, Slot

RECORD, BOOK, TRANSFER, END = "record_details", "create_booking", "transfer_to_person", "end_call"
SECRET, AVAILABLE, PRICE = "collect_secret", "check_availability", "find_price"

REASONS = {
    Why.ASKED: "the caller asked for a person",
    Why.ANGRY: "the caller is upset",
    Why.OUT_OF_SCOPE: "the caller wants something that is not listed here",
    Why.MISSES: "you do not understand the caller",
    Why.MODEL: "anything else",
}
_WRITTEN = {
    Kind.DATE: "Written YYYY-MM-DD, or in the caller's words.",
    Kind.TIME: "Written HH:MM, or in the caller's words.",
}


def tools(facts: Facts) -> tuple[Tool, ...]:
    """Return the tools, the same all through a call, so that a vendor can cache the prompt."""
    properties = {str(slot): _schema(slot, facts) for slot in details(facts.company.workflow)}
    nothing: dict[str, object] = {"type": "object", "properties": {}}
    return (
        Tool(
            RECORD,
            "Write down what the caller has said, or changed. Returns the facts to tell the caller "
            "and the next question.",
            {"type": "object", "properties": properties},
        ),
        *_availability(facts),
        *_price(facts),
        Tool(BOOK, "Make the booking, once the caller has said yes to the read-back.", nothing),
        *built_in.tools(),
        *messages.tools(facts.company),
        Tool(
            TRANSFER,
            "Put the caller through to a person: asked for, or you cannot help. The system looks "
            "who is there, and goes on from there by itself.",
            {"type": "object", "properties": _transfer(facts)},
        ),
        Tool(END, "End the call, after saying goodbye.", nothing),
        *_secrets(facts),
        *(
            Tool(name, declared.description, declared.input)
            for name, declared in facts.company.tools.items()
        ),
    )


def _availability(facts: Facts) -> tuple[Tool, ...]:
    if facts.company.calendar is None:
        return ()
    day = {"type": "string", "description": f"The day. {_WRITTEN[Kind.DATE]}"}
    return (
        Tool(
            AVAILABLE,
            "Look which times are free. Returns the facts to tell the caller.",
            {"type": "object", "properties": {"day": day}},
        ),
    )


def _price(facts: Facts) -> tuple[Tool, ...]:
    slot = service_slot(facts.company.workflow)
    if slot is None or all(s.price_pounds is None for s in facts.company.services):
        return ()
    return (
        Tool(
            PRICE,
            "Look up what a service costs. Returns the facts to tell the caller.",
            {"type": "object", "properties": {str(slot): _schema(slot, facts)},
             "required": [str(slot)]},
        ),
    )  # fmt: skip


def _transfer(facts: Facts) -> dict[str, object]:
    """Return what the tool for a person takes: why, and where to if there is a choice."""
    reasons = "; ".join(f"{why.value}: {said}" for why, said in REASONS.items())
    taken: dict[str, object] = {
        "reason": {
            "type": "string",
            "enum": [why.value for why in REASONS],
            "description": f"Why. {reasons}",
        }
    }
    places = facts.company.people.places
    if places:
        said = "; ".join(f"{key}: {', '.join(p.phrases)}" for key, p in places.items())
        taken["place"] = {
            "type": "string",
            "enum": list(places),
            "description": f"Where to, if the caller named it; left out for anybody. {said}",
        }
    return taken


def _secrets(facts: Facts) -> tuple[Tool, ...]:
    secrets = facts.company.secrets
    if not secrets:
        return ()
    said = "; ".join(f"{key}: {secret.name}" for key, secret in secrets.items())
    name = {"type": "string", "enum": list(secrets), "description": f"Which. {said}"}
    return (
        Tool(
            SECRET,
            "Let the caller key in digits that you must not see; never ask for them in words. The "
            "system asks for the keys, and goes on from there by itself.",
            {"type": "object", "properties": {"name": name}, "required": ["name"]},
        ),
    )


def _schema(slot: Slot, facts: Facts) -> dict[str, object]:
    rule = facts.company.workflow.slots[slot]
    if rule.kind is Kind.YES_NO:
        return {"type": "string", "enum": ["yes", "no"], "description": rule.meaning}
    ways = {} if rule.kind is Kind.DATE else choices(slot, facts.company, facts.today)
    if not ways:
        written = _WRITTEN.get(rule.kind, "")
        return {
            "type": "string",
            "format": rule.kind.value,
            "description": f"{rule.meaning} {written}".strip(),
        }
    outward = {a.key: a.outward for a in facts.company.areas} if rule.of is Of.AREAS else {}
    said = "; ".join(
        f"{value}: {', '.join((*phrases, *outward.get(value, ())))}"
        for value, phrases in ways.items()
    )
    return {"type": "string", "enum": list(ways), "description": f"{rule.meaning} {said}"}
