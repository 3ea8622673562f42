"""What the language model may do to a conversation: its tools, and what each comes to. Pure.

The model talks; this file keeps the facts. A tool call changes the same state by the same workflow
as the rule-driven dialogue: values are checked against the company's lists and its calendar, prices
and read-backs are the code's own sentences, and a booking is only made after the caller had a turn
to object to the read-back. What the model wrote as arguments is data: anything else in it is
refused, by name. A tool that takes more than this state is returned to be run (`Worked.run`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from audiosocket_agent import lookups, wording
from audiosocket_agent.company_tools import running
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
from audiosocket_agent.errors import ToolError
from audiosocket_agent.filling import filled, was_booked
from audiosocket_agent.person import wish
from audiosocket_agent.roles import details, gate, is_last, told_before
from audiosocket_agent.seams import ToolCall
from audiosocket_agent.tool_schemas import (
    AVAILABLE,
    BOOK,
    END,
    PRICE,
    REASONS,
    RECORD,
    SECRET,
    TRANSFER,
    tools,
)
from audiosocket_agent.tools import RunningTool, built_in, messages
from audiosocket_agent.understanding import choices, phone_number, plain_words, value_in
from audiosocket_agent.walk import ended, told
from audiosocket_agent.workflow import Confirm, Does, Kind, Outcome, Slot, Step

__all__ = [
    "AVAILABLE", "BOOK", "END", "PRICE", "RECORD", "SECRET", "TRANSFER", "Worked", "booked",
    "filled", "tools", "work",
]  # fmt: skip

ALWAYS = frozenset((RECORD, TRANSFER, END))  # in every step: nobody is held in one
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
        run: A tool that needs the world, to be run beside the talk; its result is the answer.
    """

    state: State
    answer: Mapping[str, object]
    next: Reply | None = None
    book: BookingRequest | None = None
    leads: Reply | None = None
    insists: bool = False
    run: RunningTool | None = None

    @property
    def facts(self) -> list[str]:
        """The sentences of the answer that the caller has to hear."""
        facts = self.answer.get("facts", ())
        return [str(fact) for fact in facts] if isinstance(facts, list) else []


def work(
    call: ToolCall,
    state: State,
    begun_in: Step,
    said: str,
    facts: Facts,
    *,
    confidence: float = 1.0,
    reference: str = "",
) -> Worked:
    """Do what a tool call asks, as far as it may.

    Args:
        call: The model's call.
        state: The conversation now.
        begun_in: The step when the caller's turn ended: what was asked or read out before it.
        said: The caller's words of this turn.
        facts: Facts.
        confidence: How sure the ear was of them.
        reference: Of the call's booking, "" while there is none.
    """
    if why := _not_here(call.name, state, facts):
        return Worked(state, {"error": why})
    sure = confidence >= facts.company.workflow.unsure_below
    if call.name == RECORD:
        return _record(call.arguments, state, begun_in, facts, sure=sure)
    if call.name == BOOK:
        return _book(state, begun_in, facts, sure=sure)
    if call.name == TRANSFER:
        state, reply = wish(state, _wished(call.arguments, facts), facts)
        return Worked(state, {"transferred": True}, leads=reply)
    if call.name == END:
        return _end(state, said, facts)
    if call.name == SECRET and facts.company.secrets:
        return _collect(call.arguments, state, facts)
    if call.name == AVAILABLE:
        return Worked(*lookups.availability(_object(call.arguments) or {}, state, facts))
    if call.name == PRICE:
        return Worked(state, lookups.price(_object(call.arguments) or {}, facts))
    return _run(call, state, facts, reference)


def _not_here(name: str, state: State, facts: Facts) -> str:
    """Return why a tool is not for the step the call is in; "" if it is."""
    rule = facts.company.workflow.steps[state.step]
    if not rule.tools or name in ALWAYS or name in rule.tools:
        return ""
    return f"{name[:40]} is not for this step of the call; its aim: {rule.goal}"


def _run(call: ToolCall, state: State, facts: Facts, reference: str) -> Worked:
    """Return a tool that needs the world, to be run."""
    try:
        if call.name in built_in.NAMES:
            return Worked(state, {}, run=built_in.running(call.name, call.arguments, facts))
        if messages.channel_of(call.name, facts.company) is not None:
            run = messages.running(call.name, call.arguments, state, facts, reference)
            return Worked(state, {}, run=run)
        if call.name in facts.company.tools:
            declared = facts.company.tools[call.name]
            return Worked(state, {}, run=running(call.name, declared, call.arguments))
    except ToolError as error:
        return Worked(state, {"error": str(error)})
    return Worked(state, {"error": f"there is no tool called {call.name[:40]!r}"})


def booked(state: State, reference: str, facts: Facts, *, confirmed: bool = True) -> Worked:
    """Return what the model is told of a booking that was made; only the goodbye is left."""
    company = facts.company
    say = wording.booked(reference, company, state.slots, facts.today, confirmed=confirmed)
    closing = replace(state, step=Step.CLOSE, phase=Phase.ASKING, asked=None)
    return Worked(
        closing,
        {
            "booked": True,
            "reference": reference,
            "step": Step.CLOSE.value,
            "facts": list(say),
            "ask": "",
        },
    )


def _record(arguments: str, state: State, begun_in: Step, facts: Facts, *, sure: bool) -> Worked:
    given = _object(arguments)
    if given is None:
        return Worked(state, {"error": "the arguments are not a JSON object"})
    recorded, refused = _sorted(given, begun_in, facts, sure=sure)
    workflow = facts.company.workflow
    if is_last(workflow, state.step) and (was_booked(workflow, state.slots) or not recorded):
        booked_already = dict.fromkeys(given, "all is done; changes are for a person to make")
        told_then = {"step": state.step.value, "facts": [], "ask": ""}
        return Worked(state, {"recorded": {}, "refused": booked_already, **told_then})
    unsure = () if sure else tuple(s for s in recorded if _is_doubtful(s, facts))
    state, reply = filled(state, recorded, facts, unsure)
    answer: dict[str, object] = {"recorded": {s.value: v for s, v in recorded.items()}}
    if refused:
        answer["refused"] = refused
    if reply is None:
        declined = {"step": state.step.value, "facts": [wording.DECLINED], "ask": ""}
        return Worked(state, {**answer, **declined})
    return _told(state, answer, reply)


def _told(state: State, answer: Mapping[str, object], reply: Reply) -> Worked:
    """Return what the model is told of where the conversation went."""
    if state.phase is not Phase.ASKING:  # the model's part is over: a person, a goodbye
        return Worked(state, answer, leads=reply, insists=True)
    following = {"step": state.step.value, "facts": list(reply.say[:-1]), "ask": reply.say[-1]}
    return Worked(state, {**answer, **following}, next=reply)


def _sorted(
    given: Mapping[str, object], begun_in: Step, facts: Facts, *, sure: bool
) -> tuple[dict[Slot, str], dict[str, str]]:
    """Return the details that can be written down, and why the others cannot."""
    workflow = facts.company.workflow
    known = {str(slot): slot for slot in details(workflow)}
    recorded: dict[Slot, str] = {}
    refused: dict[str, str] = {}
    for name, value in given.items():
        slot = known.get(name)
        if slot is None:
            refused[str(name)[:40]] = "there is no such detail"
        elif (first := told_before(workflow, slot)) is not None and begun_in is not first:
            refused[name] = "tell the price first, then ask"
        elif workflow.slots[slot].kind is Kind.YES_NO and not sure:
            refused[name] = "the caller was hard to hear: ask whether that was a yes or a no"
        elif (checked := _checked(slot, value, facts)) is None:
            refused[name] = "not one of the possible values"
        else:
            recorded[slot] = checked
    return recorded, refused


def _is_doubtful(slot: Slot, facts: Facts) -> bool:
    return facts.company.workflow.slots[slot].confirm is not Confirm.NEVER


def _checked(slot: Slot, value: object, facts: Facts) -> str | None:
    """Return a value if it is one the slot may have, by key or in words."""
    text = str(value)[:400]
    if facts.company.workflow.slots[slot].kind is Kind.PHONE:
        return phone_number(text)
    if text in choices(slot, facts.company, facts.today):
        return text
    return value_in(slot, text, facts.company, facts.today)


def _book(state: State, begun_in: Step, facts: Facts, *, sure: bool) -> Worked:
    workflow = facts.company.workflow
    here = workflow.steps[state.step].does is Does.BOOK
    if not here or begun_in is not state.step or state.unsure or not sure:
        state, reply = proceed(state, facts, ())
        if state.phase is not Phase.ASKING:
            return Worked(state, {"booked": False}, leads=reply, insists=True)
        missing = {"booked": False, "why": "details are missing, or were not read back and agreed"}
        facts_told = list(reply.say[:-1])
        if state.unsure:
            missing["why"] = "the caller was hard to hear: ask first whether it was rightly heard"
        elif workflow.steps[state.step].does is Does.BOOK:
            missing["why"] = "read the details back and get a yes first"
            facts_told = list(told(state, facts))
        answer = {**missing, "step": state.step.value, "facts": facts_told, "ask": reply.say[-1]}
        return Worked(state, answer, next=reply)
    asked = gate(workflow, state.step)
    slots = {**state.slots, asked: "yes"} if asked is not None else state.slots
    agreed = replace(state, slots=slots, asked=None)
    request = booking_request(agreed, facts)
    return Worked(replace(agreed, phase=Phase.BOOKING), {}, book=request)


def _end(state: State, said: str, facts: Facts) -> Worked:
    last_step = is_last(facts.company.workflow, state.step)
    over = last_step or _FAREWELLS & set(plain_words(said).split())
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
    why = next((why for why in REASONS if why.value == reason), Why.MODEL)
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
