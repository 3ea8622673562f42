"""Both Deepgram ears in a chain, against the simulated vendor: every fault ends in a transcript."""

import asyncio
import json

import pytest
import uvloop

from audiosocket_agent.chains import ear as chain_ear
from audiosocket_agent.chains.breaker import Breaker
from audiosocket_agent.chains.ear import EarChain
from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.faults import Faults, parse_faults
from audiosocket_agent.simulators.server import Simulators
from audiosocket_agent.stt import deepgram, deepgram_flux
from tests.audiosocket_agent.chains.ears import Ear
from tests.audiosocket_agent.stt.callers import frames, spoken

ENGINES = {"deepgram": deepgram, "deepgram_flux": deepgram_flux}
SCRIPT = json.dumps({"segments": [["leaking tap", 600]]})


async def say(ear, text):
    """Have a caller speak at the pace of speech, as the call does it."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for number, frame in enumerate(frames(spoken(text))):
        ear.feed(frame)
        if number == 20:
            ear.speech_started()
        await asyncio.sleep(max(0.0, begun + number * 0.02 - loop.time()))
    ear.finalize()


def heard(tmp_path, name, fault, *, final_ms, connect_ms):
    """Return the words of one utterance through a chain of a cloud ear and a spare one."""
    (tmp_path / "script.jsonl").write_text(SCRIPT)

    async def main():
        faults = Faults(parse_faults(fault))
        vendors = Simulators(Delays(), faults, tmp_path / "script.jsonl")
        url = f"ws://127.0.0.1:{await vendors.start()}"
        module = ENGINES[name]
        given = {"api_key": "k", "url": url, "final_ms": final_ms, "connect_ms": connect_ms}
        cloud = await module.open_engine(module.Options.model_validate(given))
        breakers = {name: Breaker(), "spare": Breaker()}
        now = asyncio.get_running_loop().time
        chain = EarChain([(name, cloud), ("spare", Ear("spare"))], breakers, now)
        ear = await chain.session("call", ["boiler"])
        speaking = asyncio.create_task(say(ear, "leaking tap"))
        async with asyncio.timeout(20):
            async for transcript in ear.transcripts():
                if transcript.final:
                    break
        await speaking
        await ear.close()
        await chain.close()
        await vendors.close()
        return transcript.text

    return uvloop.run(main())


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("fault", ["", "deepgram:drop:1", "deepgram:idle"])
def test_the_cloud_hears_the_caller_even_after_one_broken_connection(
    tmp_path, monkeypatch, name, fault
):
    monkeypatch.setattr(chain_ear, "SWITCH_S", 5.0)  # a loaded machine is slower than the world
    text = heard(tmp_path, name, fault, final_ms=5000, connect_ms=5000)
    assert text.strip(".").lower() == "leaking tap"


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("fault", ["refuse", "429", "hang", "stall", "drop", "malformed"])
def test_every_fault_ends_with_the_spare_ear(tmp_path, name, fault):
    text = heard(tmp_path, name, f"deepgram:{fault}", final_ms=300, connect_ms=1000)
    assert text.startswith("spare heard ")
    assert int(text.split()[-1]) > 16000 * 0.6  # the whole utterance
