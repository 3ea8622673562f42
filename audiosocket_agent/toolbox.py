"""What the language model may do to a conversation: its tools, and what each comes to. Pure.

The model talks; this file keeps the facts. A tool call changes the same state by the same table as
the rule-driven dialogue: values are checked against the company's lists, prices and read-backs are
the code's own sentences, and a booking is only made after the caller had a turn to object to the
read-back. What the model wrote as arguments is data: anything else in it is refused, by name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from audiosocket_agent import wording
from audiosocket_agent.conversation import (
    BookingRequest,
    Facts,
    Phase,
    Reply,
    Seek,
    State,
    Why,
    booking_request,
    key_in,
    proceed,
)
from audiosocket_agent.person import wish
from audiosocket_agent.seams import Tool, ToolCall
from audiosocket_agent.understanding import choices, phone_number, plain_words, value_in
from audiosocket_agent.walk import ended
from audiosocket_agent.workflow import Outcome, Slot, Step

RECORD, BOOK, TRANSFER, END = "record_details", "book", "transfer_to_person", "end_call"
SECRET = "collect_secret"

_ASKED_FOR = {
    Slot.SERVICE: "What the caller needs.",
    Slot.AREA: "The town it is in, or the town its postcode belongs to.",
    Slot.WANTED: "Whether the caller wants to book at the price quoted.",
    Slot.DAY: "The day that suits.",
    Slot.PART: "The part of the day.",
    Slot.CALLBACK: "Whether the number the caller rings from is the one to reach them on.",
    Slot.PHONE: "Another number to reach the caller on, digits.",
}
_REASONS = {
    Why.ASKED: "the caller asked for a person",
    Why.ANGRY: "the caller is upset",
    Why.OUT_OF_SCOPE: "the caller wants something that is not listed here",
    Why.MISSES: "you do not understand the caller",
    Why.MODEL: "anything else",
}
_FAREWELLS = {"bye", "goodbye", "nothing", "no", "thanks", "thank", "cheers"}


@dataclass(frozen=True, slots=True)
class Worked:
    """What a tool call came to.

    Attributes:
        state: The conversation after it.
        answer: What the model is told.
        next: The question now open, with what to listen for; None when none is.
        book: A booking to make; its result makes the answer (`booked`).
        leads: Where the model's part ends: what happens next, and what to say if the model said
            nothing.
        insists: Whether that is said whatever the model said.
    """

    state: State
    answer: Mapping[str, object]
    next: Reply | None = None
    book: BookingRequest | None = None
    leads: Reply | None = None
    insists: bool = False

    @property
    def facts(self) -> list[str]:
        """The sentences of the answer that the caller has to hear."""
        facts = self.answer.get("facts", ())
        return [str(fact) for fact in facts] if isinstance(facts, list) else []


def tools(facts: Facts) -> tuple[Tool, ...]:
    """Return the tools, the same all through a call, so that a vendor can cache the prompt."""
    properties = {slot.value: _schema(slot, facts) for slot in _ASKED_FOR}
    nothing: dict[str, object] = {"type": "object", "properties": {}}
    return (
        Tool(
            RECORD,
            "Write down what the caller has said, or changed. Returns the facts to tell the caller "
            "and the next question.",
            {"type": "object", "properties": properties},
        ),
        Tool(BOOK, "Make the booking, once the caller has said yes to the read-back.", nothing),
        Tool(
            TRANSFER,
            "Put the caller through to a person: asked for, or you cannot help. The system looks "
            "who is there, and goes on from there by itself.",
            {"type": "object", "properties": _transfer(facts)},
        ),
        Tool(END, "End the call, after saying goodbye.", nothing),
        *_secrets(facts),
    )


def work(call: ToolCall, state: State, begun_in: Step, said: str, facts: Facts) -> Worked:
    """Do what a tool call asks, as far as it may.

    Args:
        call: The model's call.
        state: The conversation now.
        begun_in: The step when the caller's turn ended: what was asked or read out before it.
        said: The caller's words of this turn.
        facts: Facts.
    """
    if call.name == RECORD:
        return _record(call.arguments, state, begun_in, facts)
    if call.name == BOOK:
        return _book(state, begun_in, facts)
    if call.name == TRANSFER:
        state, reply = wish(state, _wished(call.arguments, facts), facts)
        return Worked(state, {"transferred": True}, leads=reply)
    if call.name == END:
        return _end(state, said)
    if call.name == SECRET and facts.company.secrets:
        return _collect(call.arguments, state, facts)
    return Worked(state, {"error": f"there is no tool called {call.name[:40]!r}"})


def booked(state: State, reference: str) -> Worked:
    """Return what the model is told of a booking that was made; only the goodbye is left."""
    closing = replace(state, step=Step.CLOSE, phase=Phase.ASKING, asked=None)
    return Worked(
        closing,
        {
            "booked": True,
            "reference": reference,
            "step": Step.CLOSE.value,
            "facts": [wording.booked(reference)],
            "ask": "",
        },
    )


def _transfer(facts: Facts) -> dict[str, object]:
    """Return what the tool for a person takes: why, and where to if there is a choice."""
    reasons = "; ".join(f"{why.value}: {said}" for why, said in _REASONS.items())
    taken: dict[str, object] = {
        "reason": {
            "type": "string",
            "enum": [why.value for why in _REASONS],
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
    ways = choices(slot, facts.company, facts.today)
    if not ways:
        return {"type": "string", "description": _ASKED_FOR[slot]}
    outward = {a.key: a.outward for a in facts.company.areas} if slot is Slot.AREA else {}
    said = "; ".join(
        f"{value}: {', '.join((*phrases, *outward.get(value, ())))}"
        for value, phrases in ways.items()
    )
    return {"type": "string", "enum": list(ways), "description": f"{_ASKED_FOR[slot]} {said}"}


def _record(arguments: str, state: State, begun_in: Step, facts: Facts) -> Worked:
    given = _object(arguments)
    if given is None:
        return Worked(state, {"error": "the arguments are not a JSON object"})
    recorded: dict[Slot, str] = {}
    refused: dict[str, str] = {}
    for name, value in given.items():
        slot = next((s for s in _ASKED_FOR if s.value == name), None)
        if slot is None:
            refused[str(name)[:40]] = "there is no such detail"
        elif slot is Slot.WANTED and begun_in is not Step.QUOTE:
            refused[name] = "tell the price first, then ask"
        elif (checked := _checked(slot, value, facts)) is None:
            refused[name] = "not one of the possible values"
        else:
            recorded[slot] = checked
    if state.step is Step.CLOSE and (Slot.AGREED in state.slots or not recorded):
        booked_already = dict.fromkeys(given, "all is done; changes are for a person to make")
        told = {"step": Step.CLOSE.value, "facts": [], "ask": ""}
        return Worked(state, {"recorded": {}, "refused": booked_already, **told})
    state, reply = filled(state, recorded, facts)
    answer: dict[str, object] = {"recorded": {s.value: v for s, v in recorded.items()}}
    if refused:
        answer["refused"] = refused
    if reply is None:
        declined = {"step": Step.CLOSE.value, "facts": [wording.DECLINED], "ask": ""}
        return Worked(state, {**answer, **declined})
    following = {"step": state.step.value, "facts": list(reply.say[:-1]), "ask": reply.say[-1]}
    return Worked(state, {**answer, **following}, next=reply)


def _checked(slot: Slot, value: object, facts: Facts) -> str | None:
    """Return a value if it is one the slot may have, by key or in words."""
    text = str(value)[:200]
    if slot is Slot.PHONE:
        return phone_number(text)
    if text in choices(slot, facts.company, facts.today):
        return text
    return value_in(slot, text, facts.company, facts.today)


def filled(state: State, new: Mapping[Slot, str], facts: Facts) -> tuple[State, Reply | None]:
    """Fill slots and walk on to the next question.

    Args:
        state: The conversation now; at its end it begins anew.
        new: What the caller gave, checked.
        facts: Facts.

    Returns:
        The conversation after it, and what is to be said: the facts that came of it and, last, the
        next question; None instead when the caller wants no booking.
    """
    slots: dict[Slot, str] = {**state.slots, **new}
    changed = {slot for slot in new if state.slots.get(slot) != new[slot]}
    step = state.step
    if Slot.PHONE in new:
        slots[Slot.CALLBACK] = "yes"
    elif new.get(Slot.CALLBACK) == "no":
        slots.pop(Slot.PHONE, None)
    if step is Step.CLOSE and Slot.WANTED not in new:
        slots.pop(Slot.WANTED, None)  # who comes back with something else may want that
    if slots.get(Slot.WANTED) == "no":
        return replace(state, slots=slots, step=Step.CLOSE, asked=None), None
    if changed & {Slot.SERVICE, Slot.AREA} or step is Step.CLOSE:
        # Another job or place has another price: it is quoted, and agreed to, again.
        slots.pop(Slot.WANTED, None)
        step = Step.UNDERSTAND
    elif changed and step is Step.BOOK:
        step = Step.COLLECT  # read back again
    if step is Step.GREET:
        step = Step.UNDERSTAND
    before = replace(state, slots=slots, step=step, misses=0 if changed else state.misses)
    return proceed(before, facts, ())


def _book(state: State, begun_in: Step, facts: Facts) -> Worked:
    if state.step is not Step.BOOK or begun_in is not Step.BOOK:
        state, reply = proceed(state, facts, ())
        missing = {"booked": False, "why": "details are missing, or were not read back and agreed"}
        if state.step is Step.BOOK:
            missing["why"] = "read the details back and get a yes first"
            facts_told = [wording.read_back(facts.company, state.slots, facts.today)]
        else:
            facts_told = list(reply.say[:-1])
        answer = {**missing, "step": state.step.value, "facts": facts_told, "ask": reply.say[-1]}
        return Worked(state, answer, next=reply)
    agreed = replace(state, slots={**state.slots, Slot.AGREED: "yes"}, asked=None)
    request = booking_request(agreed, facts)
    return Worked(replace(agreed, phase=Phase.BOOKING), {}, book=request)


def _end(state: State, said: str) -> Worked:
    over = state.step is Step.CLOSE or _FAREWELLS & set(plain_words(said).split())
    if not over and not state.farewells:
        asked = replace(state, farewells=1)
        why = "the caller has not said goodbye: ask whether there is anything else"
        return Worked(asked, {"ended": False, "why": why})
    last, reply = ended(state, Outcome.HANGUP, (wording.GOODBYE,))
    return Worked(last, {"ended": True}, leads=reply)


def _wished(arguments: str, facts: Facts) -> Seek:
    """Return the wish in a call of the tool; what is not in its lists is left out."""
    given = _object(arguments) or {}
    place, reason = str(given.get("place", "")), str(given.get("reason", ""))
    why = next((why for why in _REASONS if why.value == reason), Why.MODEL)
    return Seek(why, place if place in facts.company.people.places else "")


def _collect(arguments: str, state: State, facts: Facts) -> Worked:
    name = str((_object(arguments) or {}).get("name", ""))
    if name not in facts.company.secrets:
        return Worked(state, {"error": "there is nothing of that name to be keyed"})
    state, reply = key_in(state, name, facts)
    return Worked(state, {"collecting": name}, leads=reply, insists=True)


def _object(text: str) -> dict[str, object] | None:
    """Read a JSON object; None if it is none. Models send "" and "null" for no arguments."""
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None
    if value is None:
        return {}
    return value if isinstance(value, dict) else None
