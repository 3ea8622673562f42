"""Taking a caller's answer: what words, keys and silence mean at the open question. Pure.

Theory of operation. An answer fills the slot that was asked for, and the walk goes on from there.
What is no answer is a miss: the question is put again in other words, a person is offered, and at
last the step is left by the way its rule names. Three things stand between words and a slot:

    a person is offered     only "no" and an answer to the question itself keep the caller here
    the ear was not sure    the value is said back; "yes", or the value again, makes it count
    an earlier answer       who is asked for the time may name another day with it; who hears all
                            of it read back may put one detail right: "no, Wednesday"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from audiosocket_agent import person, price_questions, wording
from audiosocket_agent.conversation_state import (
    Facts,
    Heard,
    Keyed,
    Offer,
    Phase,
    Reply,
    Seek,
    Silent,
    State,
    Why,
)
from audiosocket_agent.filling import filled
from audiosocket_agent.free_questions import can_tell, free_wish
from audiosocket_agent.offered import nth_choice, taken, taken_beside
from audiosocket_agent.offers import is_full, offers
from audiosocket_agent.price_questions import MOST_ASIDES
from audiosocket_agent.putting_right import (
    ask_again,
    denies,
    put_right,
    read_again,
    wrong_detail,
)
from audiosocket_agent.roles import (
    INSTEAD,
    agreement,
    books,
    comes_before,
    gate,
    gated_step,
    visit_slot,
    volunteered,
    when_slots,
    without_later_gates,
)
from audiosocket_agent.understanding import (
    NO,
    YES,
    digits_so_far,
    offer_answer,
    offer_answer_of_keys,
    plain_words,
    value_in,
    value_of_keys,
)
from audiosocket_agent.walk import (
    ask,
    doubted,
    ended,
    offer_free,
    proceed,
    question,
    what_is_free,
)
from audiosocket_agent.wishes import wish_in
from audiosocket_agent.workflow import Confirm, Kind, Outcome, Slot, Step
from audiosocket_agent.workflow.said_times import says_time

MOST_PUT_RIGHT = 4  # times, before a person does it


def answered(
    state: State, event: Heard | Keyed | Silent, wish: Seek | None, facts: Facts
) -> tuple[State, Reply]:
    """Take what the caller did at the open question.

    Args:
        state: Where the conversation stands.
        event: It.
        wish: The wish for a person in it (`wish_of`), None if there is none.
        facts: Facts.
    """
    offered = state.offer is Offer.OPEN
    match event:
        case Heard():
            return _heard(state, event, wish, facts)
        case Keyed(keys) if offered:
            answer = offer_answer_of_keys(keys, facts.company.person_key)
            value = None if answer else _keyed_value(state, keys, facts)
            return _offer_answered(state, facts, value, answer, None)
        case Keyed(keys) if doubted(state) and wish is None:
            return _doubt_keyed(state, keys, facts)
        case Keyed(keys):
            return _keyed(state, keys, facts, wish)
        case Silent() if offered:
            return person.wish(state, Seek(Why.SILENT), facts)
        case Silent():
            return _missed(state, facts, wording.still_there, Why.SILENT)


def _heard(state: State, heard: Heard, wish: Seek | None, facts: Facts) -> tuple[State, Reply]:
    """Take the caller's words; those the ear is not sure of fill nothing unasked."""
    workflow = facts.company.workflow
    sure = heard.confidence >= workflow.unsure_below
    value = _spoken_value(state, heard.text, facts)
    chosen = None if doubted(state) else taken(heard.text, state, facts)
    if chosen is not None and sure:
        slots = {**state.slots, **chosen}
        return proceed(replace(state, slots=slots, asked=None, misses=0), facts, ())
    if chosen is not None and state.asked is not None:
        value = chosen.get(state.asked, value)
    known = _with_extras(state, heard.text, facts) if sure else state
    if sure and wish is None and (wanted := free_wish(heard.text, known, facts)):
        known = replace(known, free=wanted)
    if state.offer is Offer.OPEN:
        said = None if state.asked in workflow.yes_no else value
        if said is not None and not sure:
            return _unsure(replace(state, offer=Offer.DECLINED), said, facts)
        answer = offer_answer(heard.text)
        if said is None and answer is None and wish is None:
            on = replace(state, offer=Offer.DECLINED)
            if aside := _aside(on, replace(known, offer=on.offer), heard.text, facts):
                return aside
        return _offer_answered(known, facts, said, answer, wish)
    if doubted(state):
        return _doubt_answered(known, heard.text, value, wish, facts, sure=sure)
    if value is not None and not sure:
        return _unsure(state, value, facts)
    if wish is None and sure and (corrected := _corrected(state, heard.text, facts)) is not None:
        return corrected
    beside = taken_beside(heard.text, state, facts) if sure and wish is None else None
    if value is None and beside is not None:
        return _answered(replace(known, slots={**known.slots, **beside}), facts, "yes", None)
    if value is None and wish is None and _moved(state, known):
        return proceed(replace(known, asked=None, misses=0), facts, ())
    if value is None and wish is None and (aside := _aside(state, known, heard.text, facts)):
        return aside
    return _answered(known, facts, value, wish)


def _aside(state: State, known: State, text: str, facts: Facts) -> tuple[State, Reply] | None:
    """Reply to words that do not answer the question and still are of use; None if they are not.

    Args:
        state: Before the words.
        known: With what they tell besides.
        text: The words.
        facts: The company's.
    """
    if not state.asked or state.asides >= MOST_ASIDES:
        return None
    step = (state.step,)
    told = price_questions.answer(text, state, facts)
    if told:
        state = replace(state, asides=state.asides + 1)
        return ask(state, facts, (*told, *question(state, facts)), step)
    known = replace(known, asides=state.asides + 1)
    if known.free is not None and known.free is not state.free:
        return _told_free(known, facts)
    if known.slots.keys() > state.slots.keys():
        return ask(known, facts, (wording.THANK_YOU, *question(known, facts)), step)
    return None


def _told_free(state: State, facts: Facts) -> tuple[State, Reply]:
    """Say what is free to who asks, as soon as it is known for what; the question stays open."""
    step = (state.step,)
    if state.asked in when_slots(facts.company.workflow):
        return offer_free(state, facts, (), step)
    if not can_tell(state, facts) or is_full(state, facts):
        return ask(state, facts, (wording.FREE_SOON, *question(state, facts)), step)
    sorry, found = what_is_free(state, facts)
    state = replace(state, offered=tuple(option for _, option in found))
    told = (*sorry, wording.could_do([name for name, _ in found]))
    return ask(state, facts, (*told, *question(state, facts)), step)


def _moved(before: State, after: State) -> bool:
    """Whether words that are no answer have put an earlier one right: another day, for a time."""
    return any(after.slots[slot] != value for slot, value in before.slots.items())


def _corrected(state: State, text: str, facts: Facts) -> tuple[State, Reply] | None:
    """Take what the caller puts right of what was told; None if it is nothing of that."""
    if (instead := _instead_of_no(state, text, facts)) is not None:
        state, reply = filled(replace(state, put_right=state.put_right + 1), instead, facts)
        return None if reply is None else (state, reply)
    if state.asked is not None and agreement(facts.company.workflow, state.asked):
        known: Mapping[Slot, str] = state.slots
        right = put_right(state, known, text, facts)
        wrong = None if right else wrong_detail(state, text, facts)
    elif state.read_back and _spoken_value(state, text, facts) is None:
        known, wrong = state.read_back, None  # all of it is being gone through again
        right = put_right(state, known, text, facts, denied=True)
    else:
        return None
    if not right and wrong is None:
        return None
    if state.put_right >= MOST_PUT_RIGHT:
        return person.wish(state, Seek(Why.MISSES), facts)
    state = replace(state, put_right=state.put_right + 1, read_back={})
    if wrong is not None:
        return ask_again(state, wrong, facts)
    return read_again(state, known, right, facts)


def _instead_of_no(state: State, text: str, facts: Facts) -> dict[Slot, str] | None:
    """Return what a "no" to another question brings with it; None if it is only a "no".

    Another number for the one that was offered, or another job or place than the price was for.
    """
    workflow, asked = facts.company.workflow, state.asked
    if asked is None or asked not in workflow.yes_no or agreement(workflow, asked):
        return None
    if state.step in INSTEAD or state.put_right >= MOST_PUT_RIGHT:
        return None
    offered = workflow.slots[asked].offers
    if offered is not None:
        number = value_in(offered, text, facts.company, facts.today)
        known = state.slots.get(offered)
        return None if number is None or number == known else {offered: number}
    if asked is not gate(workflow, state.step) or not denies(text):
        return None
    return put_right(state, state.slots, text, facts) or None


def wish_of(event: Heard | Keyed | Silent, facts: Facts) -> Seek | None:
    """Return the wish for a person in what the caller did; the key for it must stand alone."""
    if isinstance(event, Heard):
        return wish_in(event.text, facts.company)
    if isinstance(event, Keyed) and event.keys and event.keys == facts.company.person_key:
        return Seek(Why.ASKED)
    return None


def _spoken_value(state: State, text: str, facts: Facts) -> str | None:
    if state.asked is None or not text:
        return None
    value = value_in(state.asked, text, facts.company, facts.today)
    return value if value is not None else nth_choice(text, state.asked, facts)


def _with_extras(state: State, text: str, facts: Facts) -> State:
    """Fill what the caller said besides the answer: "a leaking tap, in Truro, on Tuesday".

    Who is asked for the time, or for a part of the day, may name another day with it; who is asked
    for the day may say "Friday at eleven".
    """
    workflow = facts.company.workflow
    when = when_slots(workflow)
    asked = None if state.asked is None else workflow.slots[state.asked].kind
    if asked is Kind.NAME and _spoken_value(state, text, facts) is not None:
        return state  # all of it is the name, whatever else has that name
    timed = (visit_slot(workflow, Kind.TIME),) if asked is Kind.DATE and says_time(text) else ()
    also = (*volunteered(workflow), *(slot for slot in timed if slot is not None))
    extras = {
        slot: value
        for slot in also
        if slot is not state.asked
        if slot not in state.slots or (state.asked in when and slot in when)
        if (value := value_in(slot, text, facts.company, facts.today)) is not None
    }
    return replace(state, slots={**state.slots, **extras}) if extras else state


def _keyed_value(state: State, keys: str, facts: Facts) -> str | None:
    if state.asked is None:
        return None
    if _takes_goes(state, facts):
        keys = digits_so_far(state.keyed, keys)
    free = offers(state.asked, state, facts)
    return value_of_keys(state.asked, keys, facts.company, facts.today, free)


def _takes_goes(state: State, facts: Facts) -> bool:
    """Whether a number is asked for, which may be keyed in several goes."""
    asked = state.asked
    return asked is not None and facts.company.workflow.slots[asked].kind is Kind.PHONE


def _keyed(state: State, keys: str, facts: Facts, wish: Seek | None) -> tuple[State, Reply]:
    """Take keys; a number may be keyed in several goes, and each but the last counts as a miss."""
    value = _keyed_value(state, keys, facts)
    if not _takes_goes(state, facts) or value is not None or wish is not None:
        return _answered(state, facts, value, wish)
    begun = replace(state, keyed=digits_so_far(state.keyed, keys))
    after, reply = _answered(begun, facts, None, None)
    if begun.keyed and after.attempt > state.attempt:  # asked again, no person offered
        reply = replace(reply, say=(wording.number_so_far(begun.keyed),))
    return after, reply


def _answered(
    state: State, facts: Facts, value: str | None, wish: Seek | None
) -> tuple[State, Reply]:
    """Take an answer; None: there is none."""
    workflow, asked = facts.company.workflow, state.asked
    if wish is not None and value is None:
        return _wished(state, wish, facts)
    if asked is None or value is None:
        return _missed(state, facts, wording.misheard, Why.MISSES)
    slots: dict[Slot, str] = {**state.slots, asked: value}
    unsure = tuple(slot for slot in state.unsure if slot is not asked)
    filled = replace(state, slots=slots, unsure=unsure, asked=None, misses=0, read_back={})
    number = workflow.slots[asked].offers
    if value == "no" and number is not None:
        without: dict[Slot, str] = {s: v for s, v in slots.items() if s is not number}
        return proceed(replace(filled, slots=without), facts, ())
    if state.step in INSTEAD:
        return person.answered(filled, asked, value, facts)
    if value == "no" and asked is gate(workflow, state.step):
        return _refused(filled, facts)
    return proceed(filled, facts, ())


def _unsure(state: State, value: str, facts: Facts) -> tuple[State, Reply]:
    """Say a value back that the ear was not sure of; a yes or a no is asked for again."""
    assert state.asked is not None  # it is a value of that
    rule = facts.company.workflow.slots[state.asked]
    if rule.confirm is Confirm.NEVER:
        return _answered(state, facts, value, None)
    if rule.kind is Kind.YES_NO:
        return _missed(state, facts, lambda _: wording.YES_OR_NO, Why.MISSES)
    unsure = tuple(dict.fromkeys((*state.unsure, state.asked)))
    doubting = replace(state, slots={**state.slots, state.asked: value}, unsure=unsure)
    return ask(doubting, facts, question(doubting, facts), (state.step,))


def _doubt_answered(
    state: State, text: str, value: str | None, wish: Seek | None, facts: Facts, *, sure: bool
) -> tuple[State, Reply]:
    """Take what the caller says to "Did you say Truro?": yes, no, or what it is instead."""
    assert state.asked is not None  # it is what is doubted
    words = plain_words(text)
    plain = words in YES or words in NO
    said = "yes" if words in YES else offer_answer(text) if wish is None else None
    if sure and value is not None and not plain:  # said again, or put right in the same breath
        return _answered(state, facts, value, None)
    if sure and said == "yes":
        return _answered(state, facts, state.slots[state.asked], None)
    again = _without_doubt(state)
    if wish is not None:
        return _wished(again, wish, facts)
    missed, reply = _missed(again, facts, wording.misheard, Why.MISSES)
    open_still = missed.phase is Phase.ASKING and missed.offer is not Offer.OPEN
    if value is None or plain or not open_still or missed.asked is not state.asked:
        return missed, reply
    return _unsure(missed, value, facts)


def _doubt_keyed(state: State, keys: str, facts: Facts) -> tuple[State, Reply]:
    """Take keys pressed to "Did you say Truro?": 1 is yes, 2 is no, others are an answer."""
    assert state.asked is not None  # it is what is doubted
    if keys == "1":
        return _answered(state, facts, state.slots[state.asked], None)
    again = _without_doubt(state)
    if keys == "2":
        return _missed(again, facts, wording.misheard, Why.MISSES)
    return _keyed(again, keys, facts, None)


def _without_doubt(state: State) -> State:
    """Return the state without the value that is doubted."""
    slots = {slot: value for slot, value in state.slots.items() if slot is not state.asked}
    return replace(state, slots=slots, unsure=tuple(s for s in state.unsure if s in slots))


def _wished(state: State, wish: Seek, facts: Facts) -> tuple[State, Reply]:
    """Take a wish for a person; one who was just told what to expect may insist."""
    if state.step not in INSTEAD or wish.place:
        return person.wish(state, wish, facts)
    if state.may_wait:
        return ended(state, Outcome.QUEUE, (wording.HOLD,))
    return _missed(state, facts, wording.still_nobody, Why.MISSES)


def _refused(state: State, facts: Facts) -> tuple[State, Reply]:
    """Handle a "no" to the question that ends a step: it leads back once, or another way."""
    workflow = facts.company.workflow
    back = workflow.steps[state.step].if_no
    assert back is not None  # else there is no such question
    if comes_before(workflow, back, state.step):
        if state.restarts:
            return person.wish(state, Seek(Why.MISSES), facts)
        again = _asked_from(back, state, facts)
        slots = without_later_gates(workflow, state.slots, back, again)
        kept: dict[Slot, str] = {s: v for s, v in slots.items() if s not in again}
        kept.pop(gate(workflow, state.step) or Slot.AGREED, None)
        state = replace(state, step=back, slots=kept, restarts=1, read_back=state.slots)
        return proceed(state, facts, (wording.START_OVER,))
    given_up = books(workflow, state.step) and not books(workflow, back)
    say = (wording.DECLINED,) if given_up else ()
    return proceed(state, facts, say)


def _asked_from(back: Step, state: State, facts: Facts) -> set[Slot]:
    """Return what is gone through again: all that was asked from a step on, but for the gates."""
    workflow = facts.company.workflow
    order = list(workflow.steps)
    steps = order[order.index(back) : order.index(state.step) + 1]
    asked = {slot for step in steps for slot in workflow.steps[step].needs}
    return {slot for slot in asked if gated_step(workflow, slot) is None}


def _missed(
    state: State, facts: Facts, sorry: Callable[[int], str], why: Why
) -> tuple[State, Reply]:
    apology = sorry(state.attempt + 1)
    if state.asked is None:
        return proceed(state, facts, (apology,))  # nothing was asked yet: ask
    missed = replace(state, misses=state.misses + 1)
    if missed.misses >= most_misses(state, facts):
        return failed(missed, Seek(why), facts)
    if is_offered(state, missed.misses, facts):
        missed = replace(missed, offer=Offer.OPEN)
    else:
        missed = replace(missed, attempt=state.attempt + 1)
    return ask(missed, facts, (apology, *question(missed, facts)), (state.step,))


def is_offered(state: State, misses: int, facts: Facts) -> bool:
    """Whether a person is offered after so many answers in a row that made no sense.

    Not in place of one, nor where nobody was found before.
    """
    open_to_it = state.offer is Offer.UNMADE and state.step not in INSTEAD and not state.refused
    return open_to_it and misses >= facts.company.misses_before_offer


def most_misses(state: State, facts: Facts) -> int:
    """Return how many answers in a row may make no sense in this step."""
    retries = facts.company.workflow.steps[state.step].retries
    return facts.company.max_misses if retries is None else retries


def failed(state: State, seek: Seek, facts: Facts) -> tuple[State, Reply]:
    """Leave a step that got nowhere by the way its rule names."""
    if state.step in INSTEAD:
        return person.given_up(state)
    return person.failed(state, seek, facts)


def _offer_answered(
    state: State, facts: Facts, value: str | None, answer: str | None, wish: Seek | None
) -> tuple[State, Reply]:
    """Take what the caller says to the offer of a person.

    Args:
        state: The offer is open.
        facts: Facts.
        value: What was said, as an answer to the question before the offer.
        answer: What was said, as an answer to the offer: ``yes`` or ``no``.
        wish: What was said, as a wish for a person.
    """
    if value is not None:
        return _answered(state, facts, value, None)
    if answer != "no":
        why = Why.ASKED if answer else Why.MISSES
        return person.wish(state, wish or Seek(why), facts)
    attempt = max(state.attempt + 1, wording.EASIEST)
    declined = replace(state, offer=Offer.DECLINED, misses=0, repeats=0, attempt=attempt)
    say = (wording.OFFER_DECLINED, *question(declined, facts))
    return ask(declined, facts, say, (state.step,))
