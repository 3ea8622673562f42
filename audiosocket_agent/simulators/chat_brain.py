"""The simulated language model: drives the eight steps of a booking call with tool calls. Pure.

It knows nothing but what a real model is shown: the messages and the tools. Where the call stands
it reads from the JSON object in the last system message, and in the message before it that begins
with `DATA` where the caller's own words are (``step``, ``known``, ``needed``, ``ask``;
``asks`` for the detail that is asked for, ``books`` where a yes makes the booking, ``unsure`` for
details that were hard to hear; ``recorded`` where the newest words were written down before it was
asked, ``tell`` where something is to be told now), what may be said from the tool's schema: each
value in an ``enum``, with the ways to say it in the ``description`` ("What is needed. tap: leaking
tap, dripping tap; drain: blocked drain"); else by its ``format``: a date, a time, a name.

The caller's words become one call of ``record_details``, unless all they hold is written down
already: then it tells and asks at once. The result of a tool becomes the facts and the question it
holds. It never invents a fact. Who names a person, a place or a secret of the tools' lists is given
to the tool for it. Prices and free times that are asked for are looked up (`chat_lookups`); what is
no booking of this call, and a company's own tools, see `chat_errands` and `chat_declared`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from audiosocket_agent.simulators import chat_declared as declared
from audiosocket_agent.simulators import chat_errands as errands
from audiosocket_agent.simulators import chat_lookups as lookups
from audiosocket_agent.simulators import chat_words as words_in
from audiosocket_agent.simulators.chat_errands import (
    ANYTHING_ELSE,
    CANCEL,
    CHANGE,
    GIVE_UP,
    MESSAGE,
    MOVES,
    WISHES,
    Turns,
)
from audiosocket_agent.simulators.chat_words import Words, ways_of, words_of
from audiosocket_agent.workflow.said_times import says_time

RECORD, BOOK, TRANSFER, END = "record_details", "create_booking", "transfer_to_person", "end_call"
SECRET = "collect_secret"

ARGUMENTS = Mapping[str, object]
Call = tuple[str, ARGUMENTS]

GOODBYE = "Thank you for calling. Goodbye."
TO_PERSON = "I'll put you through to a person now. Please hold."
SORRY = "I'm sorry about that. I'll put you through to a person now. Please hold."
MISHEARD = "Sorry, I didn't catch that."
BOOKING = "One moment, I'm booking that for you."
AGAIN = "I'm sorry. Please say it once more."
CHANGE_WHAT = "No problem. What would you like to change?"
HOW_TO_HELP = "How can I help you?"

DATA = "Data of the call"  # begins a message that is no speech
MOST_WORDS_OF_A_PLACE = 3  # "accounts department please"; in more it may be about something else
LEAST_SPELLED = 4  # letters and figures of a code that puts another one right
MOST_OBJECTS_TRIED = 50  # a "{" in a long prompt is seldom the one that is meant


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model answers.

    Attributes:
        text: To be said; "" when it only calls tools.
        tool_calls: Tools to call after the text: name and arguments.
    """

    text: str = ""
    tool_calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Stands:
    """Where the call stands, as far as the messages tell."""

    step: str = ""
    known: Mapping[str, object] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    ask: str = ""
    recorded: Mapping[str, object] = field(default_factory=dict)
    tell: tuple[str, ...] = ()
    asks: str = ""
    books: bool = False
    unsure: tuple[str, ...] = ()


def answer(messages: Sequence[Mapping[str, object]], tools: Sequence[object]) -> Answer:
    """Answer a conversation.

    Args:
        messages: As in a chat completion request, oldest first; anything odd in them is skipped.
        tools: As in the request; a tool that is not offered is never called.
    """
    offered = _offered(tools)
    stands = _stands(messages)
    results = _newest_results(messages)
    turns = _turns(messages)
    if results:
        found = _after_tools(results, stands, turns)
    else:
        text = _newest_text(messages)
        found = (
            _with_message(turns, offered)
            or _to_person(text, stands, offered)
            or _on_errand(turns, tools, stands, offered, _today(messages))
            or _looking_up(text, stands, offered)
            or _to_caller(text, stands, offered, turns)
        )
    calls = tuple(call for call in found.tool_calls if call[0] in offered)
    return Answer(found.text or ("" if calls else stands.ask or HOW_TO_HELP), calls)


def _turns(messages: Sequence[Mapping[str, object]]) -> Turns:
    """Return who said what, oldest first."""
    return [
        (str(m.get("role")), _text(m))
        for m in messages
        if m.get("role") in ("user", "assistant") and _text(m) and not _is_data(m)
    ]


def _today(messages: Sequence[Mapping[str, object]]) -> date | None:
    """Return the day of the call, as the newest system message tells it."""
    for message in reversed(messages):
        if message.get("role") == "system":
            found = re.search(r"Today is \w+ (\d\d? \w+ \d{4})", _text(message))
            return datetime.strptime(found[1], "%d %B %Y").date() if found else None
    return None


def _with_message(turns: Turns, offered: Mapping[str, object]) -> Answer | None:
    """Take a message; what a caller says for it is not looked at for anything else."""
    if MESSAGE not in offered or not turns or turns[-1][0] != "user":
        return None
    found = errands.leaving(turns)
    return found if found is None else _answered(found, MESSAGE)


def _on_errand(
    turns: Turns,
    tools: Sequence[object],
    stands: Stands,
    offered: Mapping[str, object],
    today: date | None,
) -> Answer | None:
    """Do what is no booking of this call: cancel or move one, use a tool of the company's own."""
    if not turns or turns[-1][0] != "user":
        return None
    services = _services(stands, offered)
    if CANCEL in offered and (found := errands.cancelling(turns, services)) is not None:
        return _answered(found, CANCEL)
    if CHANGE in offered and (found := errands.moving(turns, today, services)) is not None:
        return _answered(found, CHANGE)
    own = declared.using(turns, _declared(tools), today)
    return None if own is None else _answered(own[1], own[0])


def _services(stands: Stands, offered: Mapping[str, object]) -> list[str] | None:
    """Return the ways to say what the company does; None where a yes books what is wanted now."""
    if stands.books:
        return None
    service = _mapping(_mapping(_mapping(offered.get(RECORD)).get("properties")).get("service"))
    values = [v for v in _list(service.get("enum")) if isinstance(v, str)]
    ways = ways_of(values, str(service.get("description", "")))
    return [way for said in ways.values() for way in said]


def _answered(found: str | Mapping[str, object], tool: str) -> Answer:
    if found == GIVE_UP:
        return Answer(GIVE_UP, ((TRANSFER, {"reason": "out_of_scope"}),))
    return Answer(found) if isinstance(found, str) else Answer("", ((tool, found),))


def _declared(tools: Sequence[object]) -> list[declared.Declared]:
    functions = [_mapping(_mapping(tool).get("function")) for tool in tools]
    return [
        declared.Declared(
            str(f.get("name")), str(f.get("description", "")), _mapping(f.get("parameters"))
        )
        for f in functions
        if f.get("name") not in declared.OURS
    ]


def _looking_up(text: str | None, stands: Stands, offered: Mapping[str, object]) -> Answer | None:
    """Look up a price or a free time for who asks; None if nobody does."""
    if text is None or stands.tell:
        return None  # what is told now has it
    said = words_of(text)
    if lookups.bargains(said) or lookups.asks_price(said):
        if lookups.PRICE not in offered:
            return Answer(f"{lookups.NO_PRICES} {stands.ask}".strip())
        asked = lookups.price_of(said, offered[lookups.PRICE], stands.known)
        if asked is None:
            return Answer(f"{lookups.ONLY_LISTED} {stands.ask}".strip())
        other = any(stands.known.get(s, value) != value for s, value in asked.items())
        if stands.asks == "wanted" and other:
            return None  # the price of another job, at the question whether: that one is meant
        wanted = stands.asks in asked and not stands.known.get(stands.asks)
        noted = ((RECORD, asked),) if wanted and RECORD in offered else ()
        return Answer("", (*noted, (lookups.PRICE, asked)))
    if lookups.AVAILABLE in offered and lookups.asks_free(said) and not stands.recorded:
        return Answer("", ((lookups.AVAILABLE, lookups.day_of(said, text)),))
    return None


def _to_person(text: str | None, stands: Stands, offered: Mapping[str, object]) -> Answer | None:
    """Give a caller to a person who asks for one, is angry, or wants what is not done here."""
    if text is None:
        return None
    said = words_of(text)
    place = _place(said, offered.get(TRANSFER))
    if place or words_in.says(said, words_in.PERSON):
        wish = {"reason": "asked"} | ({"place": place} if place else {})
        return Answer(TO_PERSON, ((TRANSFER, wish),))
    if TRANSFER not in offered:
        return None
    if words_in.says(said, words_in.ANGRY):
        return Answer(SORRY, ((TRANSFER, {"reason": "angry"}),))
    elsewhere = [*words_in.OUT_OF_SCOPE]
    elsewhere += () if CANCEL in offered else WISHES
    elsewhere += () if CHANGE in offered else MOVES
    errand = errands.wishes_in(text, _services(stands, offered))
    if words_in.says(said, elsewhere) or errand - offered.keys():
        return Answer(TO_PERSON, ((TRANSFER, {"reason": "out_of_scope"}),))
    return None


def _to_caller(
    text: str | None, stands: Stands, offered: Mapping[str, object], turns: Turns
) -> Answer:
    said = None if text is None else words_of(text)
    onward = " ".join([*stands.tell, stands.ask or HOW_TO_HELP])
    if said is None or text is None or words_in.only_says(said, words_in.HELLO):
        return Answer(onward)
    if secret := _secret(said, offered.get(SECRET)):
        return Answer("", ((SECRET, {"name": secret}),))
    if words_in.says(said, words_in.GOODBYE) and END in offered and not stands.needed:
        return Answer(GOODBYE, ((END, {}),))
    asked = next((text for role, text in reversed(turns) if role == "assistant"), "")
    if asked.endswith(ANYTHING_ELSE) and "service" not in stands.known and END in offered:
        if words_in.yes_or_no(said) == "no" or words_in.only_says(said, words_in.THANKS):
            return Answer(GOODBYE, ((END, {}),))
    return _to_details(said, text, stands, offered)


def _to_details(said: Words, text: str, stands: Stands, offered: Mapping[str, object]) -> Answer:
    onward = " ".join([*stands.tell, stands.ask or HOW_TO_HELP])
    details = _details(said, text, stands, offered.get(RECORD))
    news = {s: v for s, v in details.items() if str(stands.known.get(s)) != v}
    written = _formats(offered.get(RECORD))  # what was recorded of the words is written otherwise
    if stands.recorded and all(s in stands.recorded and s in written for s in news):
        return Answer(onward)
    if stands.books:
        yes = words_in.yes_or_no(said) == "yes"
        details = {s: v for s, v in news.items() if not (yes and s in written)}
    if details:
        return Answer("", ((RECORD, details),))
    # Nobody can have agreed to what is yet to be told.
    agreed = "" if stands.tell else words_in.yes_or_no(said)
    if stands.asks in stands.unsure and agreed == "no":
        return Answer(AGAIN)
    if stands.books and agreed:
        return Answer(BOOKING, ((BOOK, {}),)) if agreed == "yes" else Answer(CHANGE_WHAT)
    if _is_farewell(said, stands, agreed):
        return Answer(GOODBYE, ((END, {}),))
    return Answer(onward if stands.tell else f"{MISHEARD} {onward}")


def _is_farewell(said: Words, stands: Stands, agreed: str) -> bool:
    if words_in.says(said, words_in.GOODBYE) or words_in.only_says(said, words_in.THANKS):
        return True
    return agreed == "no" and (stands.step in ("confirm", "close") or not stands.needed)


def _after_tools(
    named: Sequence[tuple[str, Mapping[str, object]]], stands: Stands, turns: Turns
) -> Answer:
    """Speak what the tools returned; the newest question counts.

    Args:
        named: The tools and what they returned, oldest first.
        stands: Where the call stands.
        turns: The talk; the newest turn is the caller's.
    """
    results = [result for _, result in named]
    if (said := _after_errand(named, stands, turns)) is not None:
        return said
    facts = [fact for result in results for fact in _texts(result.get("facts"))]
    ask = next((str(r["ask"]) for r in reversed(results) if r.get("ask")), "")
    recorded = [r["recorded"] for r in results if isinstance(r.get("recorded"), dict)]
    declined = any(isinstance(r, dict) and r.get("wanted") == "no" for r in recorded)
    booked = any(result.get("booked") is True for result in results)
    step = str(results[-1].get("step", ""))
    if step == "close" or declined or (booked and not ask):
        return Answer(" ".join([*facts, GOODBYE]), ((END, {}),))
    if any(result.get("ended") is False for result in results):
        return Answer(ANYTHING_ELSE)
    refused = any(result.get("refused") or result.get("error") for result in results)
    if refused and not facts and not any(recorded):
        facts = [MISHEARD]
    return Answer(" ".join([*facts, ask or ("" if facts and not refused else stands.ask)]).strip())


def _after_errand(
    named: Sequence[tuple[str, Mapping[str, object]]], stands: Stands, turns: Turns
) -> Answer | None:
    """Speak what a look-up or an errand returned; None for the other tools."""
    name, result = named[-1]
    facts, error = " ".join(_texts(result.get("facts"))), str(result.get("error", ""))
    if name in (lookups.PRICE, lookups.AVAILABLE):
        said = words_of(next((text for role, text in reversed(turns) if role == "user"), ""))
        facts = facts or (lookups.ONLY_LISTED if name == lookups.PRICE else lookups.NOT_THAT_DAY)
        fixed = lookups.FIXED if name == lookups.PRICE and lookups.bargains(said) else ""
        ask = next((str(r["ask"]) for _, r in reversed(named) if r.get("ask")), stands.ask)
        quoted = [fact for _, r in named[:-1] for fact in _texts(r.get("facts"))]
        return Answer(" ".join(filter(None, (*(quoted or (facts,)), fixed, ask or HOW_TO_HELP))))
    if name in (CANCEL, CHANGE, MESSAGE):
        if not error:
            return Answer(f"{facts} {ANYTHING_ELSE}".strip())
        said_of = errands.after_failure(name, error)
        return Answer(said_of) if said_of else _answered(GIVE_UP, name)
    if name not in declared.OURS and ("result" in result or error and name):
        told = declared.FAILED if error else facts or declared.told(_mapping(result.get("result")))
        return Answer(f"{told} {ANYTHING_ELSE}")
    return None


def _details(said: Words, text: str, stands: Stands, schema: object) -> dict[str, str]:
    """Return what the words give of the details the tool takes."""
    found: dict[str, str] = {}
    properties = _mapping(_mapping(schema).get("properties"))
    named = _mapping(properties.get(stands.asks)).get("format") == "name"
    wishing = named and words_in.says(said, words_in.WISHING)
    for slot, described in properties.items():
        if wishing and slot == stands.asks:
            continue  # "I'd like a haircut" is no name
        if named and slot != stands.asks and not wishing and not {"for", "with"} & set(said):
            continue  # it is all of it a name, whatever else has that name
        if value := _detail(said, text, slot, stands, _mapping(described)):
            found[slot] = value
    agreed = words_in.yes_or_no(said)
    if stands.tell:
        return found  # what there is to say yes to was not told yet
    asked = stands.asks
    if asked in stands.unsure and asked not in found:
        return {asked: str(stands.known.get(asked, ""))} if agreed == "yes" else {}
    asked = _yes_no_asked(properties, stands)
    if asked == "wanted":
        # Who says another job or place with his no has not refused the price of that.
        if agreed == "no" and any(s in stands.known and stands.known[s] != v
                                  for s, v in found.items()):  # fmt: skip
            return found
        # Who names a day at the price wants the job; a real model takes that for a yes.
        if agreed or {"day", "part", "time"} & found.keys():
            found[asked] = agreed or "yes"
    elif asked and agreed and "phone" not in found:
        found[asked] = agreed
    return found


def _detail(
    said: Words, text: str, slot: str, stands: Stands, described: Mapping[str, object]
) -> str:
    """Return what the words give of one detail, or ""."""
    if described.get("enum") == ["yes", "no"]:
        return ""
    kind = str(described.get("format", "phone" if slot == "phone" else ""))
    if kind == "phone":
        return words_in.phone_number(said)
    if kind in ("date", "time"):
        if kind == "date" and not words_in.says(said, words_in.DAYS):
            return ""
        if kind == "time" and not says_time(text) and (stands.asks != slot or stands.recorded):
            return ""
        return _without_courtesy(text)
    if kind == "code" and stands.books and len(words_in.spelled(said)) >= LEAST_SPELLED:
        return words_in.spelled(said)
    if kind:
        return _free_words(said, text, slot, stands)
    return _choice(said, slot, described)


def _free_words(said: Words, text: str, slot: str, stands: Stands) -> str:
    """Return words that answer a question whose answers nobody can list."""
    empty = words_in.only_says(said, (*words_in.YES, *words_in.NO, *words_in.THANKS))
    return "" if empty or stands.asks != slot or stands.recorded else _without_courtesy(text)


def _formats(schema: object) -> set[str]:
    """Return the details whose values are no list."""
    properties = _mapping(_mapping(schema).get("properties"))
    return {slot for slot, described in properties.items() if "format" in _mapping(described)}


def _without_courtesy(text: str) -> str:
    return re.sub(r"(?i)^(?:no|yes|yeah|well|um|er|sorry)\b[,. ]*", "", text.strip())


def _yes_no_asked(properties: Mapping[str, object], stands: Stands) -> str:
    """Return the detail that a yes or a no answers now, or ""."""
    if stands.recorded and stands.asks not in ("", "wanted"):
        return ""  # then another question was open when the caller spoke
    if stands.asks:
        enum = _mapping(properties.get(stands.asks)).get("enum")
        return stands.asks if enum == ["yes", "no"] and stands.asks in stands.needed else ""
    if stands.step == "quote" and "wanted" in properties and "wanted" in stands.needed:
        return "wanted"
    return "callback" if "callback" in properties and _asks_callback(stands) else ""


def _place(said: Words, schema: object) -> str:
    """Return the place the words ask to be put through to, or ""."""
    place = _mapping(_mapping(_mapping(schema).get("properties")).get("place"))
    named = _choice(said, "place", place)
    asked = words_in.says(said, (*words_in.PERSON, *words_in.THROUGH))
    return named if asked or len(said) <= MOST_WORDS_OF_A_PLACE else ""


def _secret(said: Words, schema: object) -> str:
    """Return what the words name of that which is keyed unseen, or ""."""
    name = _mapping(_mapping(_mapping(schema).get("properties")).get("name"))
    values = [v for v in _list(name.get("enum")) if isinstance(v, str)]
    ways = ways_of(values, str(name.get("description", "")))
    mine = {
        v: [way.strip().removeprefix("your ") for way in said_as] for v, said_as in ways.items()
    }
    return words_in.value(said, mine)


def _asks_callback(stands: Stands) -> bool:
    """Whether the open question is if the caller's own number will do."""
    earlier = {"service", "area", "wanted", "day", "part"}
    return (
        stands.step == "collect"
        and not stands.recorded  # then another question was open when the caller spoke
        and "callback" in stands.needed
        and earlier.isdisjoint(stands.needed)
    )


def _choice(said: Words, slot: str, described: Mapping[str, object]) -> str:
    if slot == "area" and (outward := words_in.outward_code(said)):
        values = [v for v in _list(described.get("enum")) if isinstance(v, str)]
        ways = ways_of(values, str(described.get("description", "")))
        named = [v for v, said_as in ways.items() if (outward,) in map(words_of, said_as)]
        if named:
            return named[0]
    return words_in.choice(said, described)


def _stands(messages: Sequence[Mapping[str, object]]) -> Stands:
    data = next((m for m in reversed(messages) if _is_data(m)), {})
    for message in reversed(messages):
        if message.get("role") == "system":
            return _read_stands(_text(message), _text(data))
    return Stands()


def _is_data(message: Mapping[str, object]) -> bool:
    return message.get("role") == "user" and _text(message).startswith(DATA)


def _read_stands(text: str, data: str) -> Stands:
    found = _object_in(text, "step")
    if not found:
        return Stands()
    own = _object_in(data, "")
    return Stands(
        str(found["step"]),
        {**_mapping(found.get("known")), **_mapping(own.get("known"))},
        tuple(_texts(found.get("needed"))),
        str(own.get("ask") or found.get("ask") or ""),
        {**_mapping(found.get("recorded")), **_mapping(own.get("recorded"))},
        tuple(_texts(own.get("tell") or found.get("tell"))),
        str(found.get("asks") or ""),
        found.get("books") is True or found["step"] == "book",
        tuple(_texts(found.get("unsure"))),
    )


def _object_in(text: str, name: str) -> Mapping[str, object]:
    """Return the first JSON object of a text that has a field of a name, "" for any; else none."""
    decoder = json.JSONDecoder()
    starts = [m.start() for m in re.finditer(r"\{", text)][:MOST_OBJECTS_TRIED]
    for start in starts:
        try:
            found, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and (not name or name in found):
            return found
    return {}


def _newest_text(messages: Sequence[Mapping[str, object]]) -> str | None:
    """Return the newest message if it is the caller's, else None."""
    newest = next((m for m in reversed(messages) if m.get("role") != "system"), {})
    return _text(newest) if newest.get("role") == "user" else None


def _newest_results(
    messages: Sequence[Mapping[str, object]],
) -> list[tuple[str, Mapping[str, object]]]:
    """Return the tools called at the end of the conversation and their results, oldest first."""
    calls = [_mapping(c) for m in messages for c in _list(m.get("tool_calls"))]
    names = {str(c.get("id")): str(_mapping(c.get("function")).get("name", "")) for c in calls}
    results: list[tuple[str, Mapping[str, object]]] = []
    for message in reversed(messages):
        if message.get("role") == "tool":
            name = names.get(str(message.get("tool_call_id")), "")
            try:
                results.append((name, _mapping(json.loads(_text(message)))))
            except (ValueError, RecursionError):
                results.append((name, {"error": "unreadable"}))
        elif message.get("role") != "system":
            break
    return results[::-1]


def _offered(tools: Sequence[object]) -> dict[str, object]:
    """Return the parameters of each tool by its name."""
    functions = [_mapping(_mapping(tool).get("function")) for tool in tools]
    return {str(f.get("name")): f.get("parameters") for f in functions}


def _text(message: Mapping[str, object]) -> str:
    """Return a message's text, which may come in parts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    return " ".join(str(_mapping(part).get("text", "")) for part in _list(content))


def _texts(value: object) -> list[str]:
    return [item for item in _list(value) if isinstance(item, str) and item]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
