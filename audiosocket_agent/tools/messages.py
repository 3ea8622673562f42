"""Sending the caller a text or an email: what, to whom, and after which question. Pure.

The model picks a template and nothing else. The text is the company's, filled here; a text message
goes to the caller's own number or the one the caller gave, an email to the address the caller
spelt, and what the caller gave is said back and agreed to first.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from audiosocket_agent import wording
from audiosocket_agent.company import Company
from audiosocket_agent.company_messages import Channel, MessageEvent, places_of
from audiosocket_agent.company_tools import arguments_in
from audiosocket_agent.conversation_state import Facts, State
from audiosocket_agent.errors import ToolError
from audiosocket_agent.roles import visit_slot
from audiosocket_agent.seams import Tool
from audiosocket_agent.tools import RunningTool
from audiosocket_agent.understanding import phone_number
from audiosocket_agent.workflow import Kind

SMS, EMAIL = "send_sms", "send_email"
_EVENTS = {SMS: MessageEvent.SMS, EMAIL: MessageEvent.EMAIL}
NAMES = tuple(_EVENTS)
MOST_SENT = 4  # in one call, tries that failed included
SENT = {SMS: "The text message is on its way.", EMAIL: "The email is on its way."}
KEPT = {
    SMS: "I could not send the text message just now. It will be sent as soon as it can be.",
    EMAIL: "I could not send the email just now. It will be sent as soon as it can be.",
}
NOT_SENT = "I'm sorry, I could not send that just now."
_WHAT = {
    SMS: "Send the caller a text message, if the caller wants one",
    EMAIL: "Send the caller an email, if the caller wants one",
}


class Posted(Enum):
    """What became of a message."""

    SENT = "sent"
    KEPT = "kept"  # not sent yet: it is tried again, whoever hangs up
    REFUSED = "refused"  # for good


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that is to be sent.

    Attributes:
        event_id: The same however often it is tried, and whoever asks for it again in the call.
        event: What it is.
        data: What its webhook is told of it, as JSON.
    """

    event_id: str
    event: MessageEvent
    data: Mapping[str, object] = field(repr=False)


def channel_of(name: str, company: Company) -> Channel | None:
    """Return a company's way to send by one of the tools; None if it has none."""
    return company.messages.channel(_EVENTS[name]) if name in _EVENTS else None


def tools(company: Company) -> tuple[Tool, ...]:
    """Return the tools as a model is shown them: those the company can send by."""
    return tuple(
        Tool(name, f"{_WHAT[name]}. The system knows where to.", _schema(channel))
        for name in NAMES
        if (channel := channel_of(name, company)) is not None
    )


def _schema(channel: Channel) -> dict[str, object]:
    said = " ".join(f"{key}: {template.text}" for key, template in channel.templates.items())
    which = {"type": "string", "enum": list(channel.templates), "description": f"Which. {said}"}
    return {
        "type": "object",
        "properties": {"template": which},
        "required": ["template"],
        "additionalProperties": False,
    }


def running(name: str, arguments: str, state: State, facts: Facts, reference: str) -> RunningTool:
    """Return a message as it is to be sent.

    Args:
        name: One of `NAMES`.
        arguments: JSON text, as the model wrote it.
        state: Where the conversation stands.
        facts: Facts.
        reference: Of the call's booking, "" while there is none.

    Raises:
        ToolError: If it cannot be sent: no such template, something in it is not known yet, or it
            is not known where to.
    """
    channel = channel_of(name, facts.company)
    if channel is None:
        raise ToolError("the company does not send these")
    key = str(arguments_in(_schema(channel), arguments)["template"])
    template = channel.templates[key]
    known = _known(state, facts, reference)
    for place in places_of(f"{template.subject or ''}{template.text}"):
        if place not in known:
            raise ToolError(f"it cannot be sent yet: the {place} is not known")
    to, ask = _mailbox(state, facts) if name == EMAIL else _telephone(state, facts)
    sent = {"template": key, "to": to, "text": template.text.format_map(known)}
    if template.subject is not None:
        sent["subject"] = template.subject.format_map(known)
    return RunningTool(name, sent, failed=NOT_SENT, ask=ask)


def _known(state: State, facts: Facts, reference: str) -> dict[str, str]:
    """Return what the places may be filled with: the company's facts, and what was checked."""
    company, slots = facts.company, state.slots
    service, area = wording.service_of(company, slots), wording.area_of(company, slots)
    price = None if service is None else service.price_pounds
    known = {
        "company": company.name,
        "reference": reference,
        "service": "" if service is None else service.name,
        "area": "" if area is None else area.name,
        "price": "" if price is None else wording.pounds(price),
    }
    for place, kind in (("day", Kind.DATE), ("part", Kind.PART), ("time", Kind.TIME)):
        slot = visit_slot(company.workflow, kind)
        if slot is not None and slot in slots:
            known[place] = wording.said(slot, slots[slot], company, facts.today)
    return {place: value for place, value in known.items() if value}


def _telephone(state: State, facts: Facts) -> tuple[str, str]:
    """Return the number a text goes to, and the question before it: none for the caller's own."""
    own = phone_number(facts.caller)
    slot = visit_slot(facts.company.workflow, Kind.PHONE)
    given = state.slots.get(slot) if slot is not None else None
    number = given or own
    if number is None:
        raise ToolError("no telephone number is known; ask the caller for it")
    ask = f"Shall I text it to {wording.spaced(number)}?" if number != own else ""
    return number, ask


def _mailbox(state: State, facts: Facts) -> tuple[str, str]:
    """Return the address an email goes to, and the question before it."""
    slots = facts.company.workflow.slots
    slot = next((s for s in slots if slots[s].kind is Kind.EMAIL and s in state.slots), None)
    if slot is None:
        raise ToolError("no email address is known; only one the caller has spelt can be used")
    spoken = wording.said(slot, state.slots[slot], facts.company, facts.today)
    return state.slots[slot], f"Shall I send it to {spoken}?"


def outgoing(tool: RunningTool, company: Company, record_id: uuid.UUID) -> Outgoing:
    """Return a message as it is to be sent.

    Args:
        tool: Made by `running`.
        company: Its company.
        record_id: The call's record.
    """
    about = f"{record_id} {tool.name} {tool.arguments['template']} {tool.arguments['to']}"
    data = {"company": company.key, "call_id": str(record_id), **tool.arguments}
    event_id = str(uuid.uuid5(uuid.NAMESPACE_URL, about))
    return Outgoing(event_id, _EVENTS[tool.name], data)
