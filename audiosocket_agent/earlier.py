"""Cancelling and moving a booking of an earlier call, where the rules hold the talk. Pure.

Theory of operation. Who wants it is asked, one after the other, for what is not yet known:

    what is wanted   to move it or to cancel it, of who only says that there is one
    the reference    said or keyed
    the number       the one the caller rings from, or the one it was booked with
    for a move:      the booking is looked up and told; then the day, and the part of it or the time

Then the same tools are run that a language model calls (`tools.built_in`), by way of the same
`errands.Errand`: the first time one comes to the question whether it shall be done, and only a
"yes" to that, heard to its end, has it done. What came of it is `Looked`. Reference and number must
both fit; where they do not, both are asked for once more, and then a person takes over. No path
loops: answers that make no sense count as misses, as everywhere, and times that are taken are
counted. Instead of one that is taken others are offered, where there is a calendar (`moving`).
"""

from __future__ import annotations

from dataclasses import replace

from audiosocket_agent import moving, person, wording
from audiosocket_agent.answering import failed, most_misses
from audiosocket_agent.caller_words import words_of
from audiosocket_agent.conversation_state import (
    Asks,
    Earlier,
    Facts,
    Heard,
    Keyed,
    Looked,
    Offer,
    Reply,
    Seek,
    Silent,
    State,
    Why,
)
from audiosocket_agent.errand_words import TO_WHEN, errand_chosen
from audiosocket_agent.offered import ways
from audiosocket_agent.price_questions import MOST_ASIDES
from audiosocket_agent.roles import INSTEAD, comes_before, visit_slot, when_slots
from audiosocket_agent.seams import Expectation, Expects
from audiosocket_agent.spelled import figures, is_number_word
from audiosocket_agent.tools import RunningTool, built_in
from audiosocket_agent.understanding import (
    MOST_DIGITS,
    NO,
    PERSON,
    YES,
    KeyRule,
    expectation,
    key_rule,
    phone_number,
    plain_words,
    spoken_phone,
    value_in,
    value_of_keys,
    yes_or_no,
)
from audiosocket_agent.walk import proceed
from audiosocket_agent.wishes import TOOLS, errand_in, is_about_earlier
from audiosocket_agent.workflow import Does, Kind, Of, Slot, Step
from audiosocket_agent.workflow.templates import places

LEAST_REFERENCE = 4  # digits
MOST_REFERENCE = 12
MOST_NOT_FOUND = 2  # the diary tells a call nothing more after a third
MOST_TAKEN = 3  # times that were wanted and taken
_DIGITS_PAUSE_MS = 4000
_LACKS = ("don't have", "don't know", "haven't got", "have not got", "do not have", "do not know",
          "lost", "can't find", "cannot find", "no idea", "not sure")  # fmt: skip
_ERRAND_WAYS = ("move it", "change it", "move", "cancel it", "cancel")
_LEAVES = ("never mind", "forget it", "leave it", "leave it as it is", "forget about it")


def wanted(
    state: State, event: Heard | Keyed | Silent, wish: Seek | None, facts: Facts
) -> str | None:
    """Return the tool for what a caller wants of an earlier booking; None if it is nothing of that.

    It is "" where the words are of such a booking and no more: then it is asked for. Words that
    answer the open question are an answer; but the service and the place in "cancel my boiler
    service in Truro" are those of the booking. Where a new booking is about to be made, "cancel
    the booking" may mean that one: a person sorts it out.
    """
    if not isinstance(event, Heard) or (wish is not None and wish.why is not Why.OUT_OF_SCOPE):
        return None
    tool = errand_in(event.text, facts.company)
    if not tool and not is_about_earlier(event.text, facts.company):
        return None
    if wish is None and _means_this_call(state, tool, facts):
        return None
    workflow = facts.company.workflow
    rule = workflow.steps[state.step]
    if rule.does is Does.BOOK or state.step in INSTEAD or state.offer is Offer.OPEN:
        return None
    asked = state.asked
    names_it = asked is not None and workflow.slots[asked].of in (Of.SERVICES, Of.AREAS)
    if asked and not names_it and value_in(asked, event.text, facts.company, facts.today):
        return None
    needed = {tool} if tool else set(TOOLS.values())
    return tool if not rule.tools or needed <= set(rule.tools) else None


def _means_this_call(state: State, tool: str, facts: Facts) -> bool:
    """Whether words that name no booking may mean the one of this call: made, or its time told."""
    workflow = facts.company.workflow
    made = any(
        rule.does is Does.BOOK and comes_before(workflow, step, state.step)
        for step, rule in workflow.steps.items()
    )
    timed = any(slot in state.slots for slot in when_slots(workflow))
    return made or (timed and tool != built_in.CANCEL)


def begun(state: State, tool: str, event: Heard, facts: Facts) -> tuple[State, Reply]:
    """Begin, with the reference if it was told already; `tool` is what `wanted` returned."""
    told, *_ = TO_WHEN.split(" ".join(words_of(event.text)), maxsplit=1)  # a time is no reference
    earlier = Earlier(tool, reference=reference_in(told))
    return _on(replace(state, earlier=earlier), facts, ())


def again(state: State, facts: Facts, say: tuple[str, ...]) -> tuple[State, Reply]:
    """Ask what is open once more, after something else was said."""
    return _on(state, facts, say)


def answered(
    state: State, event: Heard | Keyed | Silent, wish: Seek | None, facts: Facts
) -> tuple[State, Reply]:
    """Take what the caller did.

    Args:
        state: With something wanted of an earlier booking.
        event: What the caller did.
        wish: The wish for a person in it, None if there is none.
        facts: Facts.
    """
    earlier = _of(state)
    text = event.text if isinstance(event, Heard) else ""
    if wish is not None and not errand_in(text, facts.company):
        return person.wish(state, wish, facts)
    if isinstance(event, Silent):
        return _missed(state, facts, wording.still_there(earlier.misses + 1), Why.SILENT)
    if plain_words(text) in _LEAVES:
        return proceed(replace(state, earlier=None), facts, (wording.LEFT_AS_IT_IS,))
    sure = not isinstance(event, Heard) or event.confidence >= facts.company.workflow.unsure_below
    if earlier.asks is Asks.ERRAND:
        return _errand_told(state, event, facts, sure=sure)
    if earlier.asks is Asks.REFERENCE and any(f" {p} " in f" {plain_words(text)} " for p in _LACKS):
        return person.wish(state, Seek(Why.OUT_OF_SCOPE), facts)
    if earlier.asks is Asks.AGREED:
        return _decided(state, event, facts, sure=sure)
    told = _with_answer(state, event, facts)
    if (
        told is None
        and state.asides < MOST_ASIDES
        and (free := moving.told_free(state, text, facts))
    ):
        return _offered(replace(free, state=replace(free.state, asides=state.asides + 1)), facts)
    if told is None:
        return _missed(state, facts, wording.misheard(earlier.misses + 1), Why.MISSES)
    return _on(replace(state, earlier=replace(told, misses=0, offered=())), facts, ())


def _errand_told(
    state: State, event: Heard | Keyed, facts: Facts, *, sure: bool
) -> tuple[State, Reply]:
    """Take the answer to whether it is to be moved or cancelled; anything else is for a person."""
    earlier = _of(state)
    if isinstance(event, Keyed):
        tool = {"1": built_in.CHANGE, "2": built_in.CANCEL}.get(event.keys, "")
    else:
        tool = TOOLS.get(errand_chosen(event.text), "")
    if tool:
        return _on(replace(state, earlier=replace(earlier, tool=tool, misses=0)), facts, ())
    if isinstance(event, Keyed) or not sure or not event.text or plain_words(event.text) in YES:
        return _missed(state, facts, wording.misheard(earlier.misses + 1), Why.MISSES)
    return person.wish(state, Seek(Why.OUT_OF_SCOPE), facts)


def looked(state: State, found: Looked, facts: Facts) -> tuple[State, Reply]:
    """Take what came of a tool: a question to the caller, an end, or why it cannot be done."""
    earlier = _of(state)
    if found.question:
        listen, keys = _listening(Asks.AGREED, facts)
        reply = Reply((found.question,), state.step, (state.step,), listen=listen, keys=keys)
        return state, reply
    if found.error == built_in.NOT_FOUND:
        misses = earlier.not_found + 1
        if misses >= MOST_NOT_FOUND:
            return person.wish(state, Seek(Why.OUT_OF_SCOPE), facts)
        anew = replace(earlier, reference="", phone="", not_found=misses, asks=Asks.REFERENCE)
        return _on(replace(state, earlier=anew), facts, (wording.NO_SUCH_BOOKING,))
    if found.error == built_in.TAKEN:
        taken = earlier.taken + 1
        if taken >= MOST_TAKEN:
            return person.wish(state, Seek(Why.FULL), facts)
        others = moving.other_times(replace(state, earlier=replace(earlier, taken=taken)), facts)
        if others is None:
            return person.wish(state, Seek(Why.FULL), facts)
        return _offered(others, facts)
    if found.error == built_in.OVER:
        return _done(state, facts, (wording.CANCELLED_ALREADY,))
    if found.error:
        return person.wish(state, Seek(Why.BOOKING), facts)
    if earlier.tool == built_in.CHANGE and not earlier.found:
        known = replace(earlier, found=True, service=found.service, area=found.area)
        return _on(replace(state, earlier=known), facts, found.facts)
    return _done(state, facts, found.facts)


def reference_in(text: str) -> str:
    """Return the digits of a reference in the words; "" if there is none."""
    digits = figures([word for word in words_of(text) if is_number_word(word)])
    return digits if LEAST_REFERENCE <= len(digits) <= MOST_REFERENCE and digits.isdigit() else ""


def _of(state: State) -> Earlier:
    assert state.earlier is not None  # else nobody asks here
    return state.earlier


def _on(state: State, facts: Facts, say: tuple[str, ...]) -> tuple[State, Reply]:
    """Ask for what is not known yet; where all is, have it done."""
    earlier = _of(state)
    asks = _next(earlier, facts)
    state = replace(state, earlier=replace(earlier, asks=asks))
    if asks is Asks.LOOKED or asks is Asks.AGREED:
        return state, Reply(say, state.step, (state.step,), run=_tool(_of(state), facts))
    listen, keys = _listening(asks, facts)
    asked = (*say, _question(_of(state), facts))
    return state, Reply(asked, state.step, (state.step,), listen=listen, keys=keys)


def _offered(offering: moving.Offering, facts: Facts) -> tuple[State, Reply]:
    """Ask for another time by saying which are free; as usual where nobody knows."""
    if not offering.names:
        return _on(offering.state, facts, (wording.NOT_FREE,))
    state, reply = _on(offering.state, facts, ())
    names = map(plain_words, offering.names)
    said = (*reply.listen.phrases, *names, *ways(len(offering.names)))
    listen = replace(reply.listen, phrases=tuple(dict.fromkeys(said)))
    return state, replace(reply, say=(*offering.say, wording.WHICH), listen=listen)


def _next(earlier: Earlier, facts: Facts) -> Asks | Slot:
    if not earlier.tool:
        return Asks.ERRAND
    if not earlier.reference:
        return Asks.REFERENCE
    if not earlier.phone:
        known = phone_number(facts.caller) is not None
        return Asks.OWN_NUMBER if known and earlier.asks is not Asks.PHONE else Asks.PHONE
    if earlier.tool == built_in.CANCEL:
        return Asks.AGREED
    if not earlier.found:
        return Asks.LOOKED
    missing = (slot for slot in when_slots(facts.company.workflow) if slot not in earlier.when)
    return next(missing, Asks.AGREED)


def _tool(earlier: Earlier, facts: Facts) -> RunningTool:
    """Return the tool as it is run; that it is agreed to, the runner sees to."""
    which: dict[str, object] = {"reference": earlier.reference, "phone": earlier.phone}
    if earlier.asks is Asks.LOOKED:
        return RunningTool(built_in.FIND, which, effects=False)
    if earlier.tool == built_in.CANCEL:
        return RunningTool(built_in.CANCEL, which)
    kinds = {"day": Kind.DATE, "part": Kind.PART, "time": Kind.TIME}
    slots = {name: visit_slot(facts.company.workflow, kind) for name, kind in kinds.items()}
    when = {n: earlier.when[s] for n, s in slots.items() if s is not None and s in earlier.when}
    return RunningTool(built_in.CHANGE, {**which, **when}, keeps=True)


def _question(earlier: Earlier, facts: Facts) -> str:
    tries = earlier.misses
    match earlier.asks:
        case Asks.ERRAND:
            return wording.WHICH_ERRAND[min(tries, 1)]
        case Asks.REFERENCE:
            return wording.WHICH_REFERENCE[min(tries, 1)]
        case Asks.OWN_NUMBER:
            asked = wording.booked_with(phone_number(facts.caller) or "")
            return f"{asked} {wording.YES_NO_KEYS}" if tries else asked
        case Asks.PHONE:
            return wording.BOOKED_WITH_WHICH[min(tries, 1)]
        case Slot() as slot:
            rule = facts.company.workflow.slots[slot]
            if all({"options"}.issuperset(places(ask)) for ask in rule.ask):
                return wording.question(slot, facts.company, {}, facts.today, tries)
            return wording.WHEN[rule.kind]  # a question that names what is not known here
        case _:
            return ""  # the tool asks


def _listening(asks: Asks | Slot, facts: Facts) -> tuple[Expectation, KeyRule]:
    """Return what the caller may say and key next."""
    if isinstance(asks, Slot):
        company, today = facts.company, facts.today
        free = None if facts.agenda is None else ()
        return expectation(asks, company, today, free), key_rule(asks, company, today)
    if asks is Asks.ERRAND:
        return Expectation(Expects.CHOICE, (*_ERRAND_WAYS, *PERSON)), KeyRule()
    if asks in (Asks.OWN_NUMBER, Asks.AGREED):
        return Expectation(Expects.YES_NO, (*YES, *NO, *PERSON)), KeyRule()
    return Expectation(Expects.DIGITS, PERSON), KeyRule(MOST_DIGITS, _DIGITS_PAUSE_MS)


def _with_answer(state: State, event: Heard | Keyed, facts: Facts) -> Earlier | None:
    """Return what is known with the answer to the open question; None if it is no answer."""
    earlier = _of(state)
    text, keys = (event.text, "") if isinstance(event, Heard) else ("", event.keys)
    match earlier.asks:
        case Asks.REFERENCE:
            keyed = keys if LEAST_REFERENCE <= len(keys) <= MOST_REFERENCE else ""
            reference = reference_in(text) or (keyed if keyed.isdigit() else "")
            return replace(earlier, reference=reference) if reference else None
        case Asks.OWN_NUMBER | Asks.PHONE:
            number = phone_number(keys) if keys else spoken_phone(text)
            if number is not None:
                return replace(earlier, phone=number)
            if earlier.asks is Asks.PHONE:
                return None
            said = _yes_or_no(event)
            if said == "yes":
                return replace(earlier, phone=phone_number(facts.caller) or "")
            return replace(earlier, asks=Asks.PHONE) if said == "no" else None
        case _:
            if text and (chosen := moving.chosen(state, text, facts)):
                return replace(earlier, when={**earlier.when, **chosen})
            when = _when_in(event, facts, earlier.asks)
            asked = earlier.asks in when
            return replace(earlier, when={**earlier.when, **when}) if asked else None


def _when_in(event: Heard | Keyed, facts: Facts, asked: Asks | Slot) -> dict[Slot, str]:
    """Return the day, part and time in an answer; keys are for the one that was asked for."""
    company, today = facts.company, facts.today
    found: dict[Slot, str] = {}
    for slot in when_slots(company.workflow):
        if isinstance(event, Heard):
            value = value_in(slot, event.text, company, today)
        else:
            keyed = slot is asked
            value = value_of_keys(slot, event.keys, company, today) if keyed else None
        if value is not None:
            found[slot] = value
    return found


def _decided(
    state: State, event: Heard | Keyed, facts: Facts, *, sure: bool
) -> tuple[State, Reply]:
    """Take the answer to whether it shall be done; another time for a move is asked about anew."""
    earlier, said = _of(state), _yes_or_no(event)
    if earlier.tool == built_in.CHANGE and isinstance(event, Heard):
        other = _when_in(event, facts, Asks.AGREED)
        if any(earlier.when.get(slot) != value for slot, value in other.items()):
            moved = replace(earlier, when={**earlier.when, **other}, misses=0)
            return _on(replace(state, earlier=moved), facts, ())
    if said == "no":
        return _done(state, facts, (wording.LEFT_AS_IT_IS,))
    if said != "yes" or not sure:
        return _missed(state, facts, wording.misheard(earlier.misses + 1), Why.MISSES)
    state, reply = _on(state, facts, ())
    return state, replace(reply, agreed=True)


def _yes_or_no(event: Heard | Keyed) -> str | None:
    if isinstance(event, Keyed):
        return {"1": "yes", "2": "no"}.get(event.keys)
    return yes_or_no(event.text)


def _missed(state: State, facts: Facts, sorry: str, why: Why) -> tuple[State, Reply]:
    earlier = _of(state)
    missed = replace(earlier, misses=earlier.misses + 1)
    if missed.misses >= most_misses(state, facts):
        return failed(replace(state, earlier=None), Seek(why), facts)
    return _on(replace(state, earlier=missed), facts, (sorry,))


def _done(state: State, facts: Facts, say: tuple[str, ...]) -> tuple[State, Reply]:
    """It is done, or wanted no more: all that is left is the goodbye."""
    closing = replace(state, step=Step.CLOSE, asked=None, earlier=None)
    return proceed(closing, facts, say)
