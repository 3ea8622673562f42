"""Running the tools of one call, and of all calls of the process.

A tool with effects is run once for the same arguments in one call: a model that asks again, or an
answer that was begun anew, gets the first one's result. What is under way when its caller hangs up
goes on to its end: it belongs to the process, not to the call.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping

from audiosocket_agent.conversation_state import (
    Booked,
    CallbackRequest,
    Facts,
    Noted,
    NotNoted,
    Trouble,
    Why,
)
from audiosocket_agent.diary import Booking, Diary, Status
from audiosocket_agent.errors import ToolError
from audiosocket_agent.tools import RunningTool, built_in, messages
from audiosocket_agent.tools.asking import same_call_key
from audiosocket_agent.tools.company_http import CompanyHttp

log = logging.getLogger(__name__)

FRESH_S = 20.0  # what was looked up is good for as long: the next answer may need it again
MOST_RUNS = 60  # of tools in one call
CLOSE_S = 5.0

Note = Callable[[CallbackRequest], Awaitable[Noted | NotNoted]]
_Run = asyncio.Task[Mapping[str, object]]


class Tools:
    """The tools of the process's calls.

    Args:
        http: Asks companies' interfaces.
        diary: Keeps bookings and messages; None: bookings can be neither changed nor cancelled, and
            nothing is sent.
    """

    def __init__(self, http: CompanyHttp, diary: Diary | None = None) -> None:
        self._http = http
        self._diary = diary
        self._under_way: set[_Run] = set()

    def of_call(self, record_id: uuid.UUID, facts: Facts, note: Note) -> CallTools:
        """Return what runs the tools of a call.

        Args:
            record_id: The call's record.
            facts: The company and what is known of the caller.
            note: Keeps a message for the company.
        """
        return CallTools(self._http, self._diary, record_id, facts, note, self._under_way)

    async def close(self) -> None:
        """Wait for what is under way, for a while, and close the connections."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=CLOSE_S)
        for run in self._under_way:
            run.cancel()
        await self._http.close()


class CallTools:
    """A `ToolRunner`; made by `Tools.of_call`."""

    def __init__(
        self,
        http: CompanyHttp,
        diary: Diary | None,
        record_id: uuid.UUID,
        facts: Facts,
        note: Note,
        under_way: set[_Run],
    ) -> None:
        self._http = http
        self._diary = diary
        self._record_id = record_id
        self._facts = facts
        self._note = note
        self._under_way = under_way
        self._runs: dict[str, tuple[float, _Run]] = {}
        self._count = 0
        self._sent = 0  # messages

    async def question(self, tool: RunningTool) -> str:
        """See `ToolRunner.question`."""
        company = self._facts.company
        if tool.name == built_in.CANCEL:
            return built_in.cancel_question(company, await self._booking(tool))
        if tool.name == built_in.CHANGE:
            booking = await self._booking(tool)
            return built_in.change_question(company, booking, built_in.changed(booking, tool))
        return tool.ask

    async def keep(self, tool: RunningTool) -> None:
        """See `ToolRunner.keep`."""
        if tool.name != built_in.CHANGE:
            return
        booking = await self._booking(tool)
        wanted, company = built_in.changed(booking, tool), self._facts.company
        assert self._diary is not None  # it has that booking
        if not await self._diary.hold(self._record_id, company, wanted, booking.reference):
            raise ToolError(built_in.TAKEN)

    async def run(self, tool: RunningTool) -> Mapping[str, object]:
        """See `ToolRunner.run`."""
        now_s = asyncio.get_running_loop().time()
        key = same_call_key(tool.name, _same(tool), str(self._record_id))
        began_s, run = self._runs.get(key, (now_s, None))
        if run is None or self._is_stale(tool, run, now_s - began_s):
            if tool.name in messages.NAMES:
                self._sent += 1
                if self._sent > messages.MOST_SENT:
                    raise ToolError("too much was sent in this call already")
            self._count += 1
            if self._count > MOST_RUNS:
                raise ToolError("too many tools were called in this call already")
            run = asyncio.create_task(self._begun(tool))
            self._runs[key] = (now_s, run)
            self._under_way.add(run)
            run.add_done_callback(self._ended)
        try:
            return await asyncio.shield(run)
        except asyncio.CancelledError:
            if tool.cancels and not run.done():
                run.cancel()
                del self._runs[key]
            raise

    def _is_stale(self, tool: RunningTool, run: _Run, age_s: float) -> bool:
        """Whether a tool that was run before is run again."""
        if not run.done():
            return False
        failed = run.cancelled() or run.exception() is not None
        if not tool.effects:
            return failed or age_s > FRESH_S
        declared = self._facts.company.tools.get(tool.name)
        return failed and (declared is None or declared.repeatable)

    def _ended(self, run: _Run) -> None:
        self._under_way.discard(run)
        if not run.cancelled():
            run.exception()  # seen, even where nobody waits for it any more

    async def _begun(self, tool: RunningTool) -> Mapping[str, object]:
        try:
            if tool.name == built_in.FIND:
                return built_in.found(self._facts.company, await self._booking(tool))
            if tool.name == built_in.CANCEL:
                return await self._cancelled(tool)
            if tool.name == built_in.CHANGE:
                return await self._changed(tool)
            if tool.name == built_in.MESSAGE:
                return await self._message(tool)
            if tool.name in messages.NAMES:
                return await self._handed_over(tool)
            declared = self._facts.company.tools.get(tool.name)
            if declared is None:
                raise ToolError(f"there is no tool called {tool.name[:40]!r}")
            return await self._http.run(tool.name, declared, tool.arguments, self._known)
        except ToolError:
            raise
        except Exception:
            # The talk goes on without it; the log has what a developer needs.
            extra = {"call_id": str(self._record_id)}
            log.exception("the tool %s fails by our own fault", tool.name, extra=extra)
            raise ToolError("it does not work at the moment") from None

    @property
    def _known(self) -> dict[str, str]:
        return {
            "caller_number": self._facts.caller,
            "call_id": str(self._record_id),
            "company": self._facts.company.key,
        }

    async def _booking(self, tool: RunningTool) -> Booking:
        if self._diary is None:
            raise ToolError("bookings cannot be changed here; transfer the caller to a person")
        reference, phone = built_in.which(tool)
        company = self._facts.company
        booking = await self._diary.find(company, reference, phone, self._record_id)
        if booking is None:
            raise ToolError(built_in.NOT_FOUND)
        if booking.status not in (Status.BOOKED, Status.PENDING):
            raise ToolError(built_in.OVER)
        return booking

    async def _cancelled(self, tool: RunningTool) -> Mapping[str, object]:
        await self._booking(tool)
        assert self._diary is not None
        reference, phone = built_in.which(tool)
        if not await self._diary.cancel(self._record_id, self._facts.company, reference, phone):
            raise ToolError("it could not be cancelled; transfer the caller to a person")
        return built_in.facts_told(built_in.CANCELLED, cancelled=True)

    async def _changed(self, tool: RunningTool) -> Mapping[str, object]:
        wanted = built_in.changed(await self._booking(tool), tool)
        assert self._diary is not None
        reference, phone = built_in.which(tool)
        company = self._facts.company
        made = await self._diary.change(self._record_id, company, reference, phone, wanted)
        if not isinstance(made, Booked) and made.why is Trouble.TAKEN:
            raise ToolError(built_in.TAKEN)
        if not isinstance(made, Booked):
            why = made.why.value
            raise ToolError(f"it could not be moved ({why}); transfer the caller to a person")
        return built_in.facts_told(built_in.moved(wanted, confirmed=made.confirmed), changed=True)

    async def _handed_over(self, tool: RunningTool) -> Mapping[str, object]:
        """Have a message sent; what cannot be sent at once is kept, and tried again."""
        if self._diary is None:
            raise ToolError("nothing can be sent here")
        company = self._facts.company
        message = messages.outgoing(tool, company, self._record_id)
        match await self._diary.post(self._record_id, company, message):
            case messages.Posted.SENT:
                return built_in.facts_told(messages.SENT[tool.name], sent=True)
            case messages.Posted.KEPT:
                return built_in.facts_told(messages.KEPT[tool.name], sent=False, kept=True)
        raise ToolError("it was not sent: the company's system does not take it")

    async def _message(self, tool: RunningTool) -> Mapping[str, object]:
        phone, about = str(tool.arguments["phone"]), built_in.message(tool)
        noted = await self._note(CallbackRequest(phone, Why.MODEL, about, message=True))
        if not isinstance(noted, Noted):
            raise ToolError("it could not be written down; transfer the caller to a person")
        return built_in.facts_told(built_in.MESSAGE_TAKEN, taken=True)


def _same(tool: RunningTool) -> Mapping[str, object]:
    """Return what makes two calls of a tool the same: of a message, what and to whom."""
    if tool.name in messages.NAMES:
        return {name: tool.arguments[name] for name in ("template", "to")}
    return tool.arguments
