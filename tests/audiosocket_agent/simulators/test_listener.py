"""What the script does not say is recognised, by a real recogniser from real speech."""

import asyncio
import json

import numpy as np
import pytest
import uvloop

from audiosocket_agent.simulators.listener import Listener
from tests.audiosocket_agent.simulators.clients import FLUX, NOVA, dial, send, simulators, until
from tests.audiosocket_agent.simulators.voices import quiet
from tests.audiosocket_agent.stt.callers import spoken


def line(text):
    """Return speech as a line delivers it."""
    return np.concatenate([quiet(200), np.frombuffer(spoken(text), "<i2"), quiet(600)])


def ended(message):
    if message["type"] == "Results":
        return message["is_final"] and message["channel"]["alternatives"][0]["transcript"]
    return message.get("event") == "EndOfTurn"


@pytest.mark.parametrize("path", [NOVA, FLUX], ids=["nova", "flux"])
def test_answers_and_key_terms_are_heard(path, tmp_path):
    async def main():
        nowhere = tmp_path / "none.jsonl"  # the same as no script
        async with (
            simulators(transcripts=nowhere) as port,
            dial(port, f"{path}&keyterm=leaking+tap") as ws,
        ):
            for text in ("leaking tap", "yes please"):
                sending = asyncio.create_task(send(ws, line(text)))
                message = await until(ws, ended)
                await sending
                heard = message.get("transcript")
                if heard is None:
                    heard = message["channel"]["alternatives"][0]["transcript"]
                assert heard.lower().strip(".") == text

    uvloop.run(main())


def test_finalize_before_the_stretch_is_over_brings_what_was_said(tmp_path):
    async def main():
        async with simulators() as port, dial(port, NOVA) as ws:
            speech = line("yes please")
            await send(ws, speech[: len(speech) - 6400])
            await ws.send('{"type":"Finalize"}')
            message = await until(ws, ended)
            assert message["from_finalize"] is True
            assert message["channel"]["alternatives"][0]["transcript"] == "yes please"

    uvloop.run(main())


def test_past_the_scripts_end_speech_is_recognised(tmp_path):
    async def main():
        script = tmp_path / "script.jsonl"
        script.write_text(json.dumps({"segments": [["something else", 600]]}))
        async with simulators(transcripts=script) as port, dial(port, NOVA) as ws:
            heard = []
            for _ in range(2):
                sending = asyncio.create_task(send(ws, line("tomorrow")))
                heard.append((await until(ws, ended))["channel"]["alternatives"][0]["transcript"])
                await sending
            assert heard == ["something else", "tomorrow"]

    uvloop.run(main())


def test_a_closed_listener_hears_nothing():
    async def main():
        listener = Listener()
        await listener.close()
        assert await listener.words(b"\0" * 16000, ()) == ()

    uvloop.run(main())
