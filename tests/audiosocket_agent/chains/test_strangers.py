"""Engines that break their contract, or only wait: the chain goes on as after any failure."""

import asyncio

import pytest

from audiosocket_agent.chains.breaker import Breaker
from audiosocket_agent.chains.ear import EarChain
from audiosocket_agent.chains.model import TURN_S, ModelChain
from audiosocket_agent.chains.voice import VoiceChain
from audiosocket_agent.errors import ProviderError
from audiosocket_agent.seams import ChatRequest
from tests.engines import ScriptedEar, ScriptedModel, ToneVoice

ASK = ChatRequest(())
SECRET = "k3y-in-the-text"


class Broken:
    """Raises what no engine should, wherever it is asked."""

    traits = ToneVoice().traits
    voice_id = "broken"

    async def session(self, call_id, vocabulary=()):
        raise ValueError(SECRET)

    async def stream(self, request):
        raise ValueError(SECRET)
        yield

    async def close(self):
        pass


def chained(chain, *engines):
    named = [(str(position), engine) for position, engine in enumerate(engines)]
    breakers = {name: Breaker() for name, _ in named}
    return chain(named, breakers, asyncio.get_running_loop().time)


def run(scenario):
    async def main():
        async with asyncio.timeout(20):
            return await scenario()

    return asyncio.run(main())


async def answer(model):
    return "".join([piece async for piece in model.stream(ASK)])


def test_the_next_model_answers_and_alone_it_is_a_providers_failure():
    async def scenario():
        assert await answer(chained(ModelChain, Broken(), ScriptedModel(["Hello."]))) == "Hello."
        with pytest.raises(ProviderError, match="ValueError") as caught:
            await answer(chained(ModelChain, Broken()))
        assert SECRET not in str(caught.value)

    run(scenario)


def test_the_next_ear_and_the_next_voice_take_the_call():
    async def scenario():
        ear = await chained(EarChain, Broken(), ScriptedEar("truro")).session("call")
        ear.finalize()
        assert (await anext(ear.transcripts())).text == "truro"
        await ear.close()
        voice = await chained(VoiceChain, Broken(), ToneVoice()).session("call")
        speech = voice.begin()
        speech.say("hello")
        speech.finish()
        assert [piece async for piece in speech.pieces()]
        await voice.close()

    run(scenario)


def test_models_that_only_wait_share_one_turns_time():
    async def scenario():
        silent = [ScriptedModel([asyncio.Event()]) for _ in range(3)]
        loop = asyncio.get_running_loop()
        began = loop.time()
        with pytest.raises(ProviderError, match="share"):
            await answer(chained(ModelChain, *silent))
        assert [model.cancelled for model in silent] == [1, 1, 1]
        assert loop.time() - began >= TURN_S * 0.9

    run(scenario)


def test_a_model_that_has_begun_may_take_its_own_time():
    async def scenario():
        later = asyncio.Event()
        asyncio.get_running_loop().call_later(TURN_S + 0.3, later.set)
        slow = ScriptedModel(["Well, ", later, "yes."])
        assert await answer(chained(ModelChain, slow, ScriptedModel(["No."]))) == "Well, yes."

    run(scenario)
