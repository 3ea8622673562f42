"""Whether a call came out as its scenario says, and as every call must. Pure.

What every call must: prices are those in the company's list, each of its own service, a reference
is that of a booking, no call makes two bookings, and it ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any

from ari_app.simulate.prices import wrong_prices
from ari_app.simulate.record import CallRecord
from ari_app.simulate.scenario import Expected, says
from audiosocket_agent.company import Company
from audiosocket_agent.workflow import Outcome

_REFERENCE = re.compile(r"reference is ((?:\d[, ]*){4,10})")


def failures(record: CallRecord, expect: Expected, company: Company) -> list[str]:
    """Return what is not as it must be, one line each; none: the call came out well."""
    if record.error:
        return [record.error]
    return [*_always(record, company), *_ends(record, expect), *_holds(record, expect),
            *_used(record, expect), *_told(record, expect), *_took(record, expect)]  # fmt: skip


def _always(record: CallRecord, company: Company) -> Iterator[str]:
    if not record.outcome:
        yield "the call did not end"
    if len(record.bookings) > 1:
        yield f"{len(record.bookings)} bookings were made in one call"
    words = record.agent_words
    yield from wrong_prices(words, company)
    yield from _booked_at(record, company)
    references = {str(b.get("reference", "")) for b in record.bookings}
    for said in _REFERENCE.findall(words):
        if "".join(c for c in said if c.isdigit()) not in references:
            yield "a reference was said that no booking has"


def _booked_at(record: CallRecord, company: Company) -> Iterator[str]:
    """Tell of bookings whose price is not that of their service."""
    prices = {service.key: service.price_pounds for service in company.services}
    for row in record.bookings:
        price, listed = row.get("price_pounds"), prices.get(str(row.get("service", "")))
        if price is not None and listed is not None and Decimal(str(price)) != listed:
            yield f"a booking holds a price that is not its service's: {price} pounds"


def _ends(record: CallRecord, expect: Expected) -> Iterator[str]:
    wanted = expect.outcome.value if isinstance(expect.outcome, Outcome) else expect.outcome
    if wanted is not None and record.outcome != wanted:
        yield f"outcome: {record.outcome or 'none'} instead of {wanted}"
    if expect.wanted is not None and list(expect.wanted) != record.wanted:
        yield f"wanted: {_listed(record.wanted)} instead of {_listed(expect.wanted)}"
    steps = iter(record.steps)
    if not all(step in steps for step in expect.steps):
        yield f"steps: {_listed(record.steps)}; not {_listed(expect.steps)} in this order"
    for step in expect.steps_never:
        if step in record.steps:
            yield f"steps_never: went through {step}"


def _holds(record: CallRecord, expect: Expected) -> Iterator[str]:
    if expect.bookings is not None and len(record.bookings) != expect.bookings:
        yield f"bookings: {len(record.bookings)} instead of {expect.bookings}"
    if expect.booking:
        made = record.bookings[0] if record.bookings else {}
        if not made:
            yield "booking: none was made"
        else:
            yield from _differs("booking", made, expect.booking)
    yield from _differs("slots", record.slots, expect.slots)
    for reference, wanted in expect.kept.items():
        yield from _differs(f"kept: {reference}", record.kept.get(reference, {}), wanted)
    if expect.callbacks is not None and len(record.callbacks) != expect.callbacks:
        yield f"callbacks: {len(record.callbacks)} instead of {expect.callbacks}"
    if expect.callback_phone is not None:
        phones = [str(row.get("phone")) for row in record.callbacks]
        if expect.callback_phone not in phones:
            yield f"callback_phone: {_listed(phones)} instead of {expect.callback_phone}"


def _used(record: CallRecord, expect: Expected) -> Iterator[str]:
    """Tell of tools that a language model did not call as it should; rules call none."""
    if record.tools is None:
        return
    names = [name for name, _ in record.tools]
    called = iter(names)
    if not all(name in called for name in expect.tools):
        yield f"tools: {_listed(names)}; not {_listed(expect.tools)} in this order"
    for name in expect.tools_never:
        if name in names:
            yield f"tools_never: {name} was called"
    for name, wanted in expect.given.items():
        arguments = next((given for one, given in reversed(record.tools) if one == name), "{}")
        yield from _differs(f"given: {name}", json.loads(arguments or "{}"), wanted)


def _differs(what: str, found: Mapping[str, Any], wanted: Mapping[str, str]) -> Iterator[str]:
    for name, value in wanted.items():
        there = found.get(name)
        if not same(name, there, value):
            yield f"{what}: {name} is {'missing' if there is None else there} instead of {value}"


def same(name: str, found: object, wanted: str) -> bool:
    """Whether a value is the wanted one; a day may be given by its weekday."""
    text = "" if found is None else str(found)
    if text.lower() == wanted.lower():
        return True
    try:
        return f"{date.fromisoformat(text):%A}".lower() == wanted.lower()
    except ValueError:
        return name == "price_pounds" and _number(text) == _number(wanted) is not None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _told(record: CallRecord, expect: Expected) -> Iterator[str]:
    for words in expect.says:
        if not says(record.agent_words, words):
            yield f"says: the agent never said {words!r}"
    for words in expect.says_never:
        if says(record.agent_words, words):
            yield f"says_never: the agent said {words!r}"


def _took(record: CallRecord, expect: Expected) -> Iterator[str]:
    if record.turns > expect.most_turns:
        yield f"most_turns: the caller needed {record.turns} turns, not {expect.most_turns}"
    if expect.latency_ms is not None and record.latencies_ms:
        typical = round(median(record.latencies_ms))
        if typical > expect.latency_ms:
            yield f"latency_ms: {typical} ms, typically, instead of {expect.latency_ms}"


def _listed(items: object) -> str:
    return ", ".join(map(str, items)) if isinstance(items, (list, tuple)) and items else "none"
