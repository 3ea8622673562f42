"""Where a call goes before anybody speaks. Pure; the time comes as an argument.

Asked in this order; the first that holds decides:

| # | question                                   | goes to                  | reason          |
|---|--------------------------------------------|--------------------------|-----------------|
| 1 | caller on our block list                   | blocked                  | blocked_caller  |
| 2 | number of no company, unknown_did is queue | queue                    | unknown_did     |
|   | ... is message                             | closed                   | unknown_did     |
|   | ... is reject                              | blocked                  | unknown_did     |
|   | ... is company:KEY                         | that company, from 3 on  | (as there)      |
|   | ... but there is no such company           | queue                    | unknown_did     |
| 3 | caller on the company's block list         | blocked                  | blocked_caller  |
| 4 | a holiday, or outside the opening hours:   |                          |                 |
|   | closed.to is message                       | closed                   | holiday, closed |
|   | ... is voicemail                           | voicemail                | holiday, closed |
|   | ... is queue                               | queue                    | holiday, closed |
|   | ... is agent                               | on to 5                  | (as there)      |
| 5 | the company's agent is off                 | queue                    | ai_off          |
| 6 | as many calls with the agent as may be     | queue                    | full            |
| 7 | as many of this company's                  | queue                    | company_full    |
| 8 | nothing of these                           | agent                    | agent           |

A withheld number is on no list. Hours, days and holidays are those of the company's time zone.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol
from zoneinfo import ZoneInfo

from ari_app.numbers import e164
from audiosocket_agent.company import Company
from audiosocket_agent.company_calls import ClosedTo, is_open
from audiosocket_agent.company_voice import Voices


class RouteKind(Enum):
    """Where a call goes; the value is what the dialplan branches on."""

    AGENT = "agent"
    QUEUE = "queue"
    VOICEMAIL = "voicemail"
    CLOSED = "closed"  # a message, then the end
    BLOCKED = "blocked"  # refused without an answer


@dataclass(frozen=True, slots=True)
class Incoming:
    """A call that asks for its way.

    Attributes:
        did: The dialled number as Asterisk has it.
        caller: The caller's number as the trunk sent it; hostile, "" if withheld.
    """

    did: str
    caller: str


@dataclass(frozen=True, slots=True)
class Load:
    """The calls with the agent now.

    Attributes:
        total: All of them.
        by_company: Those of each company, by key; a company without is left out.
    """

    total: int = 0
    by_company: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every company.

    Attributes:
        region: Country whose way of writing numbers is understood, ISO 3166.
        unknown_did: queue, message, reject or company:KEY.
        blocked: Digits of callers who are turned away.
        max_calls: Most calls with the agent at once.
    """

    region: str = "GB"
    unknown_did: str = "queue"
    blocked: frozenset[str] = frozenset()
    max_calls: int = 50


@dataclass(frozen=True, slots=True)
class Route:
    """Where a call goes.

    Attributes:
        kind: The way.
        reason: Why, one word for the record.
        did: Digits of the dialled number; "" if it has none.
        company: Whose call it is; None if nobody's.
        say: With a closed message: what is said; "": the recorded sentence.
    """

    kind: RouteKind
    reason: str
    did: str
    company: Company | None = None
    say: str = ""


class Companies(Protocol):
    """Looks companies up."""

    def by_did(self, did: str) -> Company | None:
        """Return the company of a dialled number, however it is written."""

    def by_key(self, key: str) -> Company | None:
        """Return a company."""


class RoutingSettings(Protocol):
    """What is read of the settings; see `ari_app.pbx_settings`."""

    @property
    def region(self) -> str:
        """Country whose way of writing numbers is understood."""

    @property
    def unknown_did(self) -> str:
        """What a number that belongs to no company reaches."""

    @property
    def blocked(self) -> str:
        """Callers who are turned away, separated by commas."""

    @property
    def max_calls(self) -> int:
        """Most calls with the agent at once."""


def rules_of(settings: RoutingSettings) -> Rules:
    """Return the rules the settings make; what is no number in the block list is left out."""
    numbers = (e164(written, settings.region) for written in settings.blocked.split(","))
    return Rules(
        settings.region,
        settings.unknown_did,
        frozenset(digits for digits in numbers if digits is not None),
        settings.max_calls,
    )


def decide(call: Incoming, companies: Companies, load: Load, rules: Rules, now: datetime) -> Route:
    """Choose where a call goes; the table above.

    Args:
        call: The call.
        companies: All companies.
        load: The calls with the agent, without this one.
        rules: What holds for every company.
        now: The time, with a zone.
    """
    caller = e164(call.caller, rules.region)
    company = companies.by_did(call.did)
    did = e164(call.did, rules.region) or ""
    if caller is not None and caller in rules.blocked:
        return Route(RouteKind.BLOCKED, "blocked_caller", did, company)
    if company is None:
        way, _, key = rules.unknown_did.partition(":")
        company = companies.by_key(key) if key else None
        if company is None:
            return Route(_UNKNOWN_DID.get(way, RouteKind.QUEUE), "unknown_did", did)
    kind, reason = _of_company(company, caller, load, rules, now)
    say = (company.closed.say or "") if kind is RouteKind.CLOSED else ""
    return Route(kind, reason, did, company, say)


_UNKNOWN_DID = {"message": RouteKind.CLOSED, "reject": RouteKind.BLOCKED}
_CLOSED_TO = {
    ClosedTo.MESSAGE: RouteKind.CLOSED,
    ClosedTo.VOICEMAIL: RouteKind.VOICEMAIL,
    ClosedTo.QUEUE: RouteKind.QUEUE,
}


def _of_company(
    company: Company, caller: str | None, load: Load, rules: Rules, now: datetime
) -> tuple[RouteKind, str]:
    if caller is not None and caller in company.blocked:
        return RouteKind.BLOCKED, "blocked_caller"
    there = now.astimezone(ZoneInfo(company.timezone))
    to = company.closed.to
    if to in _CLOSED_TO and not is_open(
        company.hours, company.holidays, there.date(), there.time()
    ):
        return _CLOSED_TO[to], "holiday" if there.date() in company.holidays else "closed"
    if not company.ai:
        return RouteKind.QUEUE, "ai_off"
    if load.total >= rules.max_calls:
        return RouteKind.QUEUE, "full"
    most = company.max_calls
    if most is not None and load.by_company.get(company.key, 0) >= most:
        return RouteKind.QUEUE, "company_full"
    return RouteKind.AGENT, "agent"


# Tells where Asterisk finds the sound of a text in a company's voice, without ending; "": nowhere.
Sound = Callable[[str, Voices], str]


def unmade(_text: str, _voices: Voices) -> str:
    """Know of no sound."""
    return ""


def variables(route: Route, call_id: uuid.UUID, sound: Sound = unmade) -> dict[str, str]:
    """Return what the dialplan is told of a route; what is left out is the installer's default.

    How often a caller comes back to the agent, and whether the call is recorded, is not among it:
    the gate tells that when the agent takes the call, and no other call may end up with it.

    Args:
        route: The way.
        call_id: The call.
        sound: Tells where it is that a text is said.
    """
    told = {
        "VA_ROUTE": route.kind.value,
        "VA_CALL": str(call_id),
        "VA_DID": route.did,
    }
    company = route.company
    if company is not None:
        if route.did not in company.dids:  # given to it by `unknown_did`: the agent looks it up
            told["VA_DID"] = company.dids[0]
        told |= {
            "VA_SOUND": sound(route.say, company.voice) if route.say else "",
            "VA_QUEUE": company.queue or "",
            "VA_RING_S": str(company.people.ring_s or ""),
            "VA_MAILBOX": company.mailbox or "",
        }
    return {name: value for name, value in told.items() if value}
