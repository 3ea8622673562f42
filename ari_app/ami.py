"""Asterisk's manager interface (AMI), typed: a link that is either known to work or dropped.

Theory of operation. `Ami.run` holds one link at a time: connect, log in, tell the owner (`on_up`),
then a Ping every second. A Ping without an answer within a second means that Asterisk is frozen or
the connection half open: it is dropped and made anew. Every action ends within its own deadline,
and at once when its link is dropped. None is ever sent again: after `AmiDown` or `AmiTimeout`
nobody knows whether Asterisk did it, so the owner looks (that is what `on_up` is for) and decides.

AmiError
 +-- AmiDown      no link, or it went down before the answer
 +-- AmiRefused   Asterisk said no
 +-- AmiTimeout   no answer within the deadline
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from ari_app.ami_wire import AmiWire, Fields, Lines, checked
from ari_app.backoff import Backoff
from ari_app.links import LinkLostError, cancelled, fault_of, guarded, keep_linked, reason_of

log = logging.getLogger(__name__)

_CONNECT_S = 2.0
_LOGIN_S = 2.0
_BEAT_S = 1.0
_BEAT_DEADLINE_S = 1.0
_REFUSED_HOLD_S = 5.0  # a wrong secret stays wrong until someone corrects it
_EVENTS = "call,agent,user"  # whatever else the user may read would only be thrown away
_LIST_ITEMS = 20_000  # a list that is longer is no list: 20,000 callers wait in no queue
_MESSAGE_CHARS = 200


class AmiError(Exception):
    """Asterisk did not do what was asked, or nobody knows whether it did."""


class AmiDown(AmiError):
    """There is no link, or it went down before the answer came."""


class AmiTimeout(AmiError):
    """No answer came within the deadline."""


class AmiRefused(AmiError):
    """Asterisk said no.

    Attributes:
        message: Why, in its words.
    """

    def __init__(self, action: str, message: str) -> None:
        super().__init__(f"Asterisk refused {action}: {message}")
        self.message = message


@dataclass(frozen=True, slots=True)
class AmiLogin:
    """Where AMI is, and who we are there.

    Attributes:
        host: Its address.
        port: Its TCP port.
        user: Our section of manager.conf.
        secret: Its secret.
    """

    host: str
    port: int
    user: str
    secret: str = field(repr=False)


@dataclass(slots=True)
class _Pending:
    """An action without its answer yet; `items` is None where a single answer is due."""

    name: str
    answer: asyncio.Future[list[Fields]]
    items: list[Fields] | None

    def done(self, answer: list[Fields]) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)

    def failed(self, error: AmiError) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class _Link:
    """One connection, and what it owes answers to."""

    def __init__(self, on_event: Callable[[Fields], None]) -> None:
        self.wire = AmiWire(self._take)
        self.wire.lost.add_done_callback(self._fail_pending)
        self._on_event = on_event
        self._pending: dict[str, _Pending] = {}
        self._token = secrets.token_hex(6)  # ids of ours that no other manager session uses
        self._count = itertools.count(1)

    async def ask(self, lines: Lines, deadline_s: float, *, listed: bool) -> list[Fields]:
        """Send an action, and return its answer or the events of its list."""
        loop = asyncio.get_running_loop()
        given = next((value for name, value in lines if name.lower() == "actionid"), None)
        action_id = given or f"va-{self._token}-{next(self._count)}"
        if action_id in self._pending:
            raise ValueError("two AMI actions at once with the same ActionID")
        if given is None:
            lines = [*lines, ("ActionID", action_id)]
        name = lines[0][1]
        pending = _Pending(name, loop.create_future(), [] if listed else None)
        self._pending[action_id] = pending
        try:
            self.wire.send_action(lines)
            if self.wire.lost.done():
                pending.failed(AmiDown(f"AMI went down before {name}"))
            with suppress(TimeoutError):
                async with asyncio.timeout(deadline_s):
                    return await pending.answer
            if pending.answer.done() and not pending.answer.cancelled():
                return pending.answer.result()  # it came in the same moment as the deadline
            raise AmiTimeout(f"no answer from AMI to {name} within {deadline_s:g} s")
        finally:
            del self._pending[action_id]
            if pending.answer.done() and not pending.answer.cancelled():
                pending.answer.exception()  # who waited may have been cancelled: then nobody looks

    def _fail_pending(self, _lost: asyncio.Future[str]) -> None:
        for pending in list(self._pending.values()):
            pending.failed(AmiDown(f"AMI went down during {pending.name}"))

    def _take(self, fields: Fields) -> None:
        pending = self._pending.get(fields.get("ActionID", ""))
        if "Event" not in fields:
            if pending is not None:
                self._answered(pending, fields)
        elif pending is not None and pending.items is not None:
            self._listed(pending, pending.items, fields)
        else:  # OriginateResponse and its like carry an action's id too, and are events
            try:
                self._on_event(fields)
            except Exception as error:  # the link must outlive a handler's fault
                log.error("an AMI event could not be handled: %s", fault_of(error))

    def _answered(self, pending: _Pending, fields: Fields) -> None:
        if fields.get("Response") not in ("Success", "Goodbye", "Follows"):
            said = fields.get("Message", "no reason given")[:_MESSAGE_CHARS]
            pending.failed(AmiRefused(pending.name, said))
        elif pending.items is None:
            pending.done([fields])
        elif fields.get("EventList", "").lower() != "start":
            pending.done([])

    def _listed(self, pending: _Pending, items: list[Fields], fields: Fields) -> None:
        if fields.get("EventList", "").lower() in ("complete", "cancelled"):
            pending.done(items)
        elif len(items) < _LIST_ITEMS:
            items.append(fields)
        else:
            pending.failed(AmiError(f"the list of {pending.name} has no end"))


class Ami:
    """The manager interface.

    Args:
        login: Where it is, and who we are there.
        on_event: Called with each event of the classes call, agent and user: a read-only mapping
            of the names Asterisk uses to text that may be anything; any of them may be absent. It
            runs on the loop and must not block; what it raises is logged.
        on_up: Called after each login, when `up` is already true, to compare what is believed with
            what Asterisk says. Cancelled when the link goes down meanwhile.
        chance: Numbers from 0 to 1, for delays.
    """

    def __init__(
        self,
        login: AmiLogin,
        on_event: Callable[[Mapping[str, str]], None],
        on_up: Callable[[], Awaitable[None]] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._login = login
        self._on_event = on_event
        self._on_up = on_up
        self._delays = Backoff(chance)
        self._link: _Link | None = None

    @property
    def up(self) -> bool:
        """Whether there is a link that is logged in and answered its last Ping."""
        return self._link is not None and not self._link.wire.lost.done()

    async def run(self, stop: asyncio.Event) -> None:
        """Hold the link until told to stop."""
        await keep_linked(stop, self._hold_once, self._delays)

    async def action(
        self,
        name: str,
        fields: Mapping[str, str],
        deadline_s: float = 1.0,
        *,
        variables: Mapping[str, str] | None = None,
    ) -> Mapping[str, str]:
        """Do one thing; returns Asterisk's answer.

        An Originate is always made asynchronous: Asterisk answers nothing else, our Ping included,
        on a connection that waits for a telephone.

        Args:
            name: The action.
            fields: Its headers; an `ActionID` of one's own comes back in its events.
            deadline_s: When to give up.
            variables: Sent as one `Variable` header each, for Originate.

        Raises:
            ValueError: If something cannot be sent: CR, LF, NUL, too long, or a variable that
                Asterisk would take apart. Nothing was sent.
            AmiDown: If there is no link, or it goes down.
            AmiRefused: If Asterisk says no.
            AmiTimeout: If it does not answer in time.
        """
        lines = _lines(name, fields, variables or {})
        return (await self._linked().ask(lines, deadline_s, listed=False))[0]

    async def listing(
        self, name: str, fields: Mapping[str, str], deadline_s: float = 2.0
    ) -> list[Mapping[str, str]]:
        """Ask for a list (Status, QueueStatus, QueueSummary); returns its events in order.

        Raises:
            ValueError: As for `action`, and so the errors below.
            AmiDown: If there is no link, or it goes down.
            AmiRefused: If Asterisk says no.
            AmiTimeout: If the list is not complete in time.
        """
        return await self._linked().ask(_lines(name, fields, {}), deadline_s, listed=True)

    async def set_variables(
        self, channel: str, variables: Mapping[str, str], deadline_s: float = 0.3
    ) -> None:
        """Set channel variables in the order given, the last one only after all others are set.

        So the variable the dialplan decides by belongs last: it is there only if all are.

        Args:
            channel: Name or Uniqueid.
            variables: Names to values.
            deadline_s: For all of them together.

        Raises:
            ValueError: As for `action`, and so the errors below.
            AmiDown: If there is no link, or it goes down.
            AmiRefused: If one is refused: the channel is gone.
            AmiTimeout: If not all are confirmed in time; the last may be set all the same.
        """
        asked = [
            _lines("Setvar", {"Channel": channel, "Variable": name, "Value": value}, {})
            for name, value in variables.items()
        ]
        link = self._linked()
        try:
            async with asyncio.timeout(deadline_s):
                # All but the last at once: with twenty callers leaving together, a round trip for
                # each variable would take longer than they can wait.
                await _all(link.ask(lines, deadline_s, listed=False) for lines in asked[:-1])
                await _all(link.ask(lines, deadline_s, listed=False) for lines in asked[-1:])
        except TimeoutError:
            raise AmiTimeout(f"variables not set within {deadline_s:g} s") from None

    def _linked(self) -> _Link:
        if self._link is None or self._link.wire.lost.done():
            raise AmiDown(f"there is no link to AMI at {self._where}")
        return self._link

    @property
    def _where(self) -> str:
        return f"{self._login.host}:{self._login.port}"

    async def _hold_once(self) -> None:
        link = _Link(self._on_event)
        try:
            await self._connect(link)
            await self._log_in(link)
            self._link = link
            log.info("AMI link up at %s", self._where)
            await self._hold(link)
        finally:
            self._link = None
            link.wire.drop("told to stop")

    async def _connect(self, link: _Link) -> None:
        fix = "is Asterisk running? see VOICEAGENT_AMI_HOST and VOICEAGENT_AMI_PORT"
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_CONNECT_S):
                await loop.create_connection(lambda: link.wire, self._login.host, self._login.port)
                await asyncio.wait(
                    {link.wire.greeted, link.wire.lost}, return_when=asyncio.FIRST_COMPLETED
                )
        except TimeoutError:
            raise LinkLostError(f"AMI at {self._where} does not answer; {fix}") from None
        except OSError as error:
            why = reason_of(error)
            raise LinkLostError(f"AMI at {self._where} cannot be reached: {why}; {fix}") from None
        if link.wire.lost.done():
            raise LinkLostError(f"no AMI at {self._where}: {link.wire.lost.result()}; {fix}")

    async def _log_in(self, link: _Link) -> None:
        login = self._login
        said = {"Username": login.user, "Secret": login.secret, "Events": _EVENTS}
        try:
            await link.ask(_lines("Login", said, {}), _LOGIN_S, listed=False)
        except (AmiRefused, ValueError):
            raise LinkLostError(
                f"AMI at {self._where} refuses user {login.user}: check VOICEAGENT_AMI_USER and "
                "VOICEAGENT_AMI_SECRET against Asterisk's manager.conf",
                _REFUSED_HOLD_S,
            ) from None
        except AmiError:
            raise LinkLostError(f"AMI at {self._where} does not answer a login") from None

    async def _hold(self, link: _Link) -> None:
        if self._on_up is None:
            await self._beat(link)
            return
        reconciling = asyncio.create_task(guarded("reconciling with AMI", self._on_up()))
        try:
            await self._beat(link)
        finally:
            await cancelled(reconciling)

    async def _beat(self, link: _Link) -> None:
        """Ping until there is no answer, which is told by an exception."""
        while True:
            await asyncio.wait({link.wire.lost}, timeout=_BEAT_S)
            if link.wire.lost.done():
                why = link.wire.lost.result()
                raise LinkLostError(f"AMI link to {self._where} lost: {why}")
            try:
                await link.ask([("Action", "Ping")], _BEAT_DEADLINE_S, listed=False)
            except AmiTimeout:
                link.wire.drop(f"no answer to a ping within {_BEAT_DEADLINE_S:g} s")
            except AmiDown:
                pass  # told at the top
            except AmiRefused:
                pass  # an answer is an answer
            else:
                self._delays.reset()


async def _all(asked: Iterable[Awaitable[object]]) -> None:
    """Wait for all answers, begun in order; raises the first refusal."""
    for answer in await asyncio.gather(*asked, return_exceptions=True):
        if isinstance(answer, BaseException):
            raise answer


def _lines(name: str, fields: Mapping[str, str], variables: Mapping[str, str]) -> Lines:
    """Return an action as its headers, the action first."""
    lines = [("Action", name), *fields.items()]
    if name.lower() == "originate":
        lines = [line for line in lines if line[0].lower() != "async"] + [("Async", "true")]
    for variable, value in variables.items():
        # Asterisk takes the header apart at commas, with quotes and backslashes of its own.
        if any(c in variable for c in '=,"\\') or any(c in value for c in ',"\\'):
            raise ValueError(f"{variable}: Asterisk would take the value apart")
        lines.append(("Variable", f"{variable}={value}"))
    return checked(lines)
