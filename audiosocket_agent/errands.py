"""Running a tool for the model in the middle of an answer: when it may, and with what is said.

A tool that only reads is run at once, even for an answer that may never be given. One with effects
waits for the commit, and where the caller has to agree to it first, the question is the code's own
sentence: it must have been heard to its end, and the caller's very next words must be a yes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from audiosocket_agent import wording
from audiosocket_agent.errors import ToolError
from audiosocket_agent.guard_call import agrees
from audiosocket_agent.journal import Speaker
from audiosocket_agent.scene import Late, Scene
from audiosocket_agent.seams import Message, Role, ToolCall
from audiosocket_agent.speech import Line
from audiosocket_agent.tools import RunningTool
from audiosocket_agent.understanding import plain_words

LETTERS_A_SECOND = 16  # of speech, about
COMFORT_EVERY_S = 4.0  # after the first sentence of comfort, which the company's setting times
FAILED = "I'm sorry, I could not look that up just now."
NOT_DONE = "I'm sorry, I could not do that just now."

Told = Mapping[str, object]


class Errand:
    """One tool call that needs the world.

    Args:
        scene: The call.
        call: The model's call.
        tool: What it comes to.
        committed: Set once the answer is surely given.

    Attributes:
        question: What the caller is asked instead, "" if nothing.
        told: What the model is told; what the caller has to hear of it stands under ``facts``.
        untold: Sentences for the case that the model does not come to tell.
    """

    def __init__(
        self, scene: Scene, call: ToolCall, tool: RunningTool, committed: asyncio.Event
    ) -> None:
        self.question = ""
        self.told: Told = {}
        self.untold: list[str] = []
        self._scene = scene
        self._call = call
        self._tool = tool
        self._committed = committed

    async def run(
        self, said: str, history: Sequence[tuple[Speaker, str]], spoken: str
    ) -> AsyncGenerator[Line, None]:
        """Run it, with a sentence now and then while it takes.

        Args:
            said: The caller's words.
            history: The turns before them.
            spoken: What the answer says before the tool.

        Yields:
            Sentences to be spoken meanwhile.
        """
        runner, tool = self._scene.tools, self._tool
        try:
            if runner is None:
                raise ToolError("it cannot be used here")
            question = await runner.question(tool)
            if question and not agreed_to(question, said, history):
                if tool.keeps:
                    await self._committed.wait()  # nothing is kept on a guess
                    await runner.keep(tool)
                self.question = question
                return
            if tool.effects:
                await self._committed.wait()  # its owner commits or closes this draft
            work = asyncio.ensure_future(runner.run(tool))
            try:
                company = self._scene.facts.company
                lines = comfort(work, company.comfort_after_s, spoken, tool.comfort)
                async with aclosing(lines):
                    async for line in lines:
                        yield line
            finally:
                self._leave(work)
            answer = work.result()
        except ToolError as error:
            self.told = {"error": str(error)}
            self.untold = [tool.failed or (NOT_DONE if tool.effects else FAILED)]
            return
        self.told, self.untold = told_of(answer)

    def _leave(self, work: asyncio.Future[Told]) -> None:
        """See to a tool that is still under way while the answer ends: the caller interrupts."""
        if work.done():
            return
        if self._tool.cancels or not self._committed.is_set():
            work.cancel()
        else:
            self._scene.late.append(Late(self._call, self._tool, work))
        work.add_done_callback(_seen)


def _seen(work: asyncio.Future[Told]) -> None:
    if not work.cancelled():
        work.exception()


def told_of(answer: Told) -> tuple[Told, list[str]]:
    """Return what a model is told of a tool's answer, and what the caller has to hear of it."""
    facts = answer.get("facts", ())
    sentences = [str(fact) for fact in facts] if isinstance(facts, list) else []
    result = {name: value for name, value in answer.items() if name != "facts"}
    return ({"result": result, "facts": sentences} if sentences else {"result": result}), sentences


def told_late(late: Late) -> tuple[Message, Message]:
    """Return what a model is told of a tool that came to its end after its answer was cut short."""
    try:
        told, _ = told_of(late.work.result())
    except (ToolError, asyncio.CancelledError) as error:
        told = {"error": str(error) or "it was stopped"}
    return (
        Message(Role.ASSISTANT, tool_calls=(late.call,)),
        Message(Role.TOOL, in_json(told), tool_call_id=late.call.id),
    )


def in_json(told: Told) -> str:
    """Return what a tool told as the model is shown it: data, whatever its texts say."""
    return json.dumps(told, separators=(",", ":"))


def agreed_to(question: str, said: str, history: Sequence[tuple[Speaker, str]]) -> bool:
    """Whether a question was heard to its end just now, and the answer is a yes."""
    turns = [text for who, text in reversed(history) if who is Speaker.AGENT]
    heard = plain_words(turns[0]) if turns else ""
    if not heard.endswith(plain_words(question)):
        return False
    return agrees(said)


async def comfort(
    work: asyncio.Future[Any], after_s: float, spoken: str, first: str = ""
) -> AsyncGenerator[Line, None]:
    """Wait for a tool, with a sentence now and then; work goes on if this is closed.

    Args:
        work: What is waited for.
        after_s: Silence before the first sentence.
        spoken: What is still being heard while it begins: nobody is comforted meanwhile.
        first: The first sentence; "" for the usual one.
    """
    wait_s = after_s + len(spoken) / LETTERS_A_SECOND
    for sentence in (first or wording.COMFORT[0], *wording.COMFORT[1:]):
        await asyncio.wait((work,), timeout=wait_s)
        if work.done():
            return
        yield Line(sentence)
        wait_s = COMFORT_EVERY_S
    await asyncio.wait((work,))
