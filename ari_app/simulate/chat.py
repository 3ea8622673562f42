"""A typed call with the real workflow: what is typed is said, and the agent's words come back.

What starts with a slash is a command (`COMMANDS`). Everything that is said goes through the same
`Talker`, tools and diary as in a call.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from ari_app.simulate.chat_screen import Screen
from ari_app.simulate.minds import overheard
from ari_app.simulate.typed_call import TypedCall
from audiosocket_agent.conversation import Booked, BookingFailed, Reply, State
from audiosocket_agent.conversation_state import Noted, NotNoted, Sought
from audiosocket_agent.dialogue import Mind
from audiosocket_agent.errors import AgentError
from audiosocket_agent.seams import ToolCall
from audiosocket_agent.workflow import Outcome

ENDED, FAILED = 0, 7
MOST_LETTERS = 2000  # of one line: nobody says more in one breath
COMMANDS = {
    "/keys": "/keys 123# presses keys; a hash ends a run of them",
    "/silence": "says nothing until asked again",
    "/person": "asks for a person",
    "/why": "tells where the talk stands and what it waits for",
    "/hangup": "ends the call; so does Ctrl-D",
    "/help": "tells this",
}
_ENDS = {
    Outcome.HANGUP: "the agent hung up",
    Outcome.QUEUE: "the caller goes to the queue of people",
    Outcome.SORRY: "the caller hears an apology and goes to people",
    Outcome.VOICEMAIL: "the caller goes to the voicemail",
    Outcome.EXTENSION: "the caller goes to extension",
    Outcome.OUTSIDE: "the caller is put through to",
}

ReadLine = Callable[[], Awaitable[str]]  # "" at the end; else with its line end


class ShownLog(logging.Handler):
    """Shows what would be in the agent's log: a model that fails, a tool that is late.

    Args:
        screen: Where.
    """

    def __init__(self, screen: Screen) -> None:
        super().__init__(logging.WARNING)
        self._screen = screen

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler.emit`."""
        self._screen.note("log", f"log: {record.getMessage()}", message=record.getMessage())


@dataclass(slots=True)
class Behind:
    """Shows what happens behind the words.

    Attributes:
        screen: Where.
        reply: The newest, for who asks why.
        shown: What was shown last, which is not shown twice.
        known: The slots as they were shown last.
    """

    screen: Screen
    reply: Reply | None = None
    shown: str = ""
    known: dict[str, str] = field(default_factory=dict)

    def mind(self, mind: Mind) -> Mind:
        """Return the same mind, overheard."""
        return overheard(mind, self.tool)

    def tool(self, call: ToolCall) -> None:
        """Show a tool call."""
        text = f"tool {call.name} {call.arguments}"
        self.screen.note("tool", text, name=call.name, arguments=call.arguments)

    def asked(self, reply: Reply) -> None:
        """Remember what is asked."""
        self.reply = reply

    def work(self, result: object) -> None:
        """Show what came of work at a desk."""
        match result:
            case Booked(reference):
                self.screen.note("booked", f"booked under {reference}", reference=reference)
            case BookingFailed():
                self.screen.note("booking_failed", "the booking could not be made")
            case Sought(outlook, open=is_open):
                there = "nobody can tell" if outlook is None else f"{outlook.free} free"
                text = f"looked for a person: {'open' if is_open else 'closed'}, {there}"
                self.screen.note("sought", text, open=is_open)
            case Noted():
                self.screen.note("noted", "a wish to be called back is on record")
            case NotNoted():
                self.screen.note("not_noted", "the wish to be called back could not be kept")

    def state(self, state: State) -> None:
        """Show where the talk stands, if that is new."""
        slots = {slot.value: value for slot, value in state.slots.items()}
        new = slots.items() - self.known.items()
        gone = self.known.keys() - slots.keys()
        told = [f"{slot} = {value}" for slot, value in slots.items() if (slot, value) in new]
        told += [f"{slot} is open again" for slot in sorted(gone)]
        asks = state.asked.value if state.asked else ""
        text = " · ".join((f"step {state.step}", *told, *([f"asks {asks}"] if asks else [])))
        if text != self.shown or new:
            self.shown, self.known = text, slots
            self.screen.note("state", text, step=state.step.value, slots=slots, asks=asks)


async def chat(call: TypedCall, read: ReadLine, screen: Screen, behind: Behind) -> int:
    """Hold a typed call.

    Args:
        call: It.
        read: Reads a line.
        screen: Shows it.
        behind: Shows what happens behind it.

    Returns:
        The exit code.
    """
    try:
        await call.begin()
        while call.outcome is None:
            screen.agent_done()
            behind.state(call.state)
            line = await read()
            if not line or not await _obey(call, line.strip()[:MOST_LETTERS], screen, behind):
                screen.note("ended", "you hung up", outcome="caller_hung_up")
                return ENDED
    except AgentError as error:
        screen.note("failed", f"the agent broke down: {error}", why=str(error))
        return FAILED
    screen.agent_done()
    behind.state(call.state)
    what = f"{_ENDS[call.outcome]} {call.target}".strip()
    screen.note("ended", f"{what}.", outcome=call.outcome.value, target=call.target)
    return ENDED


async def _obey(call: TypedCall, line: str, screen: Screen, behind: Behind) -> bool:
    """Do what a line says; False if it ends the call."""
    if not line:
        return True
    screen.caller(line)
    word, _, rest = line.partition(" ")
    match word.lower():
        case "/keys" if rest and set(rest) <= set("0123456789*#"):
            await call.press(rest)
        case "/keys":
            screen.note("help", "/keys needs keys: 0-9, * and #, as in /keys 2#")
        case "/silence":
            await call.keep_silent()
        case "/person":
            await call.say("I want to speak to a person")
        case "/why":
            screen.note("why", why(call.state, behind.reply))
        case "/hangup":
            return False
        case command if command.startswith("/"):
            screen.note("help", "; ".join(f"{c}: {what}" for c, what in COMMANDS.items()))
        case _:
            await call.say(line)
    return True


def why(state: State, reply: Reply | None) -> str:
    """Tell where the talk stands and what it waits for."""
    parts = [f"step {state.step}, {state.phase.value}"]
    if state.asked is not None:
        parts.append(f"asks for {state.asked}, the {_nth(state.attempt + 1)} way of asking")
        parts.append(f"{state.misses} answers in a row were not understood")
    parts.append(f"the offer of a person is {state.offer.value}")
    if state.seek is not None:
        parts.append(f"a person was wanted last: {state.seek.why.value}")
    if reply is not None and reply.listen.phrases:
        parts.append(f"listens for: {', '.join(reply.listen.phrases[:12])}")
    return "; ".join(parts)


def _nth(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")
