"""Models in a row: which one answers, and that the caller hears one answer."""

import asyncio
import logging
from contextlib import aclosing

import pytest
import uvloop

from audiosocket_agent.chains.breaker import Breaker
from audiosocket_agent.chains.model import ModelChain
from audiosocket_agent.errors import (
    DeadlineMissed,
    KeyRefused,
    ProviderError,
    StreamBroken,
    VendorDown,
)
from audiosocket_agent.llm import groq, ollama
from audiosocket_agent.seams import ChatRequest, Message, ModelTraits, Role, ToolCall, Usage
from tests.audiosocket_agent.llm.chat_server import (
    DONE,
    HANG,
    RESET,
    STOP,
    ChatServer,
    error,
    words,
)

ASK = ChatRequest((Message(Role.USER, "secret question"),))
CALL = ToolCall("c1", "book", "{}")


class Scripted:
    """Yields its script; an error in it is raised."""

    def __init__(self, *script, context=1000):
        self.script = script
        self.traits = ModelTraits(context)
        self.asked = []
        self.left = self.warmed = self.closed = 0
        self.broken = None

    async def stream(self, request):
        self.asked.append(request.messages)
        try:
            for step in self.script:
                if isinstance(step, Exception):
                    raise step
                yield step
        except GeneratorExit:
            self.left += 1
            raise

    async def warm(self):
        self.warmed += 1

    async def check(self):
        if self.broken:
            raise self.broken

    async def close(self):
        self.closed += 1


def chain(*engines, breakers=None):
    named = [(f"m{n}", engine) for n, engine in enumerate(engines, 1)]
    breakers = breakers or {name: Breaker() for name, _ in named}
    return ModelChain(named, breakers, lambda: 100.0)


async def ask(model):
    return [piece async for piece in model.stream(ASK)]


DOWN = VendorDown("m1", "down")


def test_the_first_that_works_answers(caplog):
    async def main():
        first, second = Scripted(DOWN), Scripted("Hello.", CALL, Usage(1, 2))
        third = Scripted("never")
        assert await ask(chain(first, second, third)) == ["Hello.", CALL, Usage(1, 2)]
        assert second.asked == [ASK.messages]
        assert third.asked == []

    with caplog.at_level(logging.WARNING):
        uvloop.run(main())
    assert [record.getMessage() for record in caplog.records] == ["m1: down; going on with m2"]


def test_the_next_carries_on_where_one_broke_off(caplog):
    async def main():
        broken = StreamBroken("m1", "broke off")
        first, second = Scripted("Good", " mor", broken), Scripted("ning", " to you.")
        assert await ask(chain(first, second)) == ["Good", " mor", " ning", " to you."]
        *asked, partial, note = second.asked[0]
        assert tuple(asked) == ASK.messages
        assert partial == Message(Role.ASSISTANT, "Good mor")
        assert note.role is Role.SYSTEM

    with caplog.at_level(logging.DEBUG):
        uvloop.run(main())
    assert "Good" not in caplog.text


def test_a_model_that_begins_again_is_not_heard_twice():
    again = Scripted("Good", " morning", " to you.", CALL)
    pieces = uvloop.run(ask(chain(Scripted("Good", " mor", DOWN), again)))
    assert pieces == ["Good", " mor", "ning", " to you.", CALL]


def test_three_in_one_answer():
    third = Scripted("three.")
    pieces = uvloop.run(ask(chain(Scripted("one ", DOWN), Scripted("two ", DOWN), third)))
    assert pieces == ["one ", "two ", "three."]
    assert third.asked[0][-2] == Message(Role.ASSISTANT, "one two ")


def test_tool_calls_are_never_made_twice():
    second = Scripted(CALL)
    assert uvloop.run(ask(chain(Scripted("One moment.", CALL, DOWN), second))) == [
        "One moment.",
        CALL,
    ]
    assert second.asked == []


def test_the_last_error_is_raised():
    last = DeadlineMissed("m2", "late")
    with pytest.raises(DeadlineMissed):
        uvloop.run(ask(chain(Scripted(DOWN), Scripted("words", last))))


def test_open_breakers_are_passed_over():
    breakers = {"m1": Breaker(), "m2": Breaker()}
    model = chain(Scripted(KeyRefused("m1", "no")), Scripted("Hi."), breakers=breakers)
    assert uvloop.run(ask(model)) == ["Hi."]
    assert breakers["m1"].is_open
    assert uvloop.run(ask(model)) == ["Hi."]
    assert len(model._engines[0][1].asked) == 1


def test_all_breakers_open():
    breakers = {"m1": Breaker()}
    breakers["m1"].failed(100, KeyRefused("m1", "no"))
    with pytest.raises(VendorDown, match="every"):
        uvloop.run(ask(chain(Scripted("Hi."), breakers=breakers)))


def test_failures_in_the_middle_add_up_although_words_came_before():
    breakers = {"m1": Breaker(), "m2": Breaker()}
    model = chain(Scripted("Hi ", DOWN), Scripted("there."), breakers=breakers)
    for _ in range(2):
        uvloop.run(ask(model))
    assert breakers["m1"].is_open


def test_leaving_early_leaves_the_model():
    async def main():
        first = Scripted("one", "two")
        async with aclosing(chain(first).stream(ASK)) as pieces:
            async for _ in pieces:
                break
        assert first.left == 1

    uvloop.run(main())


def test_warm_check_traits_and_close():
    async def main():
        first, second = Scripted(context=10), Scripted(context=5)
        model = chain(first, second)
        await model.warm()
        assert first.warmed == second.warmed == 1
        assert model.traits == ModelTraits(5)
        first.broken = DOWN
        await model.check()
        second.broken = StreamBroken("m2", "x")
        with pytest.raises(VendorDown):
            await model.check()
        await model.close()
        assert first.closed == second.closed == 1

    uvloop.run(main())


@pytest.mark.parametrize(
    "bad",
    [
        [error(401, "invalid_api_key")],
        [error(503, None)],
        [error(429, "rate_limit_exceeded", "Retry-After: 70")],
        [RESET],
        [HANG],
        [words("Good "), RESET],
        [words("Good "), HANG],
        [words("Good "), b"data: {rubbish}\n\n"],
    ],
)
def test_on_real_sockets_the_answer_is_heard_once(bad):
    async def main():
        good = [words("Good "), words("morning."), STOP, DONE]
        rest = [words("morning."), STOP, DONE]
        partly = len(bad) > 1
        script = bad[0] if isinstance(bad[0], bytes) and not partly else bad
        async with ChatServer(script) as one, ChatServer(rest if partly else good) as two:
            patience = {"first_token_ms": 20_000, "stall_ms": 20_000, "connect_ms": 20_000}
            # Short only for what is meant to run out, however slow this machine is today.
            haste = {"stall_ms": 300} if partly else {"first_token_ms": 300}
            limits = patience | haste if HANG in bad else patience
            first = await groq.open_engine(groq.Options(api_key="k", url=one.url, **limits))
            second = await ollama.open_engine(ollama.Options(url=two.url, **patience))
            engines = [("groq", first), ("ollama", second)]
            breakers = {name: Breaker() for name, _ in engines}
            model = ModelChain(engines, breakers, asyncio.get_running_loop().time)
            answers = await asyncio.gather(ask(model), ask(model))
            assert ["".join(answer) for answer in answers] == ["Good morning."] * 2
            if partly and bad[-1] is HANG:
                await one.gone.wait()  # the vendor need not go on for nobody
            await model.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    uvloop.run(main())


def test_nothing_works_on_real_sockets():
    async def main():
        async with ChatServer(error(503, None)) as one:
            first = await groq.open_engine(groq.Options(api_key="k", url=one.url))
            model = ModelChain([("groq", first)], {"groq": Breaker()}, lambda: 0.0)
            with pytest.raises(ProviderError):
                await ask(model)
            await model.close()

    uvloop.run(main())
