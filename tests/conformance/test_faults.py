"""Bad manners are the vendor's too: whatever a fault lets through is validated like the rest.

What is broken on purpose is told apart by name: the one line that is not JSON, and the events that
`order` puts where they may not be. Nothing else may be unfaithful.
"""

import asyncio
import contextlib
import functools
import json
from urllib.parse import urlencode

import aiohttp
import pytest
import uvloop
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from audiosocket_agent.simulators.faults import CONCERNS, FaultKind, Vendor
from tests.conformance import cartesia_wire, chat_wire, deepgram_wire
from tests.conformance.stage import KEY, quiet, scripted, send_audio, speech, stage
from tests.conformance.strict import Unfaithful
from tests.conformance.test_cartesia import NEW, OLD, speak
from tests.conformance.test_chat import ASKED, MODEL, TOOL
from tests.conformance.test_deepgram import FIRST, FLUX, NOVA

REFUSALS = ("401", "402", "403", "404", "429", "503")
ALL = tuple(kind.value for kind in FaultKind)
LEAVE_S, SLOW_LEAVE_S = 6.0, 9.0  # when a client stops waiting for more; nova closes after 10 s


async def client(url, headers, work, leave_s):
    """Be a client that sends, and leaves after a while whatever comes."""
    with contextlib.suppress(ConnectionClosed, InvalidHandshake, OSError, TimeoutError):
        async with asyncio.timeout(leave_s):
            async with connect(url, additional_headers=headers, compression=None) as socket:
                working = asyncio.create_task(work(socket))
                try:
                    async for _ in socket:
                        pass
                finally:
                    working.cancel()
                    await asyncio.gather(working, return_exceptions=True)


async def listen(tap, path, query, leave_s):
    url = f"{tap.ws}{path}?{urlencode(query, doseq=True)}"

    async def work(socket):
        await send_audio(socket.send, speech(FIRST) + quiet(1500))

    headers = {"Authorization": f"Token {KEY}"}
    await client(url, headers, work, leave_s)


async def speak_to(tap, version, leave_s):
    async def work(socket):
        for text in ("Thanks for calling. ", "How can I help you?"):
            await socket.send(json.dumps(speak("one", text, version)))
            await asyncio.sleep(0.3)
        await socket.send(json.dumps(speak("one", "", version, **{"continue": False})))

    headers = {"Authorization": f"Bearer {KEY}", "Cartesia-Version": version}
    await client(f"{tap.ws}/tts/websocket", headers, work, leave_s)


async def chat(tap, vendor, leave_s):
    path = next(path for path, name in chat_wire.PATHS.items() if name == vendor)
    body = {"model": MODEL[vendor], "messages": ASKED, "tools": [TOOL], "stream": True}
    headers = {"Authorization": f"Bearer {KEY}"}
    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
        async with asyncio.timeout(leave_s), aiohttp.ClientSession() as http:
            url = f"{tap.http}{path}/chat/completions"
            async with http.post(url, json=body, headers=headers) as answer:
                await answer.read()


WIRES = {
    "nova": ("deepgram", lambda tap, leave_s: listen(tap, "/v1/listen", NOVA, leave_s)),
    "flux": ("deepgram", lambda tap, leave_s: listen(tap, "/v2/listen", FLUX, leave_s)),
    "groq": ("groq", lambda tap, leave_s: chat(tap, "groq", leave_s)),
    "openai": ("groq", lambda tap, leave_s: chat(tap, "openai", leave_s)),
    OLD: ("cartesia", lambda tap, leave_s: speak_to(tap, OLD, leave_s)),
    NEW: ("cartesia", lambda tap, leave_s: speak_to(tap, NEW, leave_s)),
}


def concerns(wire, kind):
    vendor = Vendor(WIRES[wire][0].replace("openai", "groq"))
    return vendor in CONCERNS.get(FaultKind(kind), Vendor)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Have every fault on every wire, all at the same time; gives the exchange of each."""
    script = scripted(tmp_path_factory.mktemp("faults") / "script", FIRST)

    async def one(wire, kind):
        vendor, talk = WIRES[wire]
        async with stage(f"{vendor}:{kind}", script) as tap:
            await talk(tap, SLOW_LEAVE_S if kind == "slow" else LEAVE_S)
            return tap.exchange

    async def every():
        pairs = [(wire, kind) for wire in WIRES for kind in ALL if concerns(wire, kind)]
        return dict(zip(pairs, await asyncio.gather(*(one(*p) for p in pairs)), strict=True))

    return uvloop.run(every())


def frames_of(exchange, validate):
    """Validate what is JSON; returns it, the complaints, and how much was no JSON at all."""
    found, complaints, broken = [], [], 0
    for frame in exchange.received:
        try:
            json.loads(frame)
        except ValueError:
            broken += 1
            continue
        try:
            found.append(validate(frame))
        except Unfaithful as complaint:
            complaints.append((str(complaint), frame))
    return found, complaints, broken


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind != "expire"])
@pytest.mark.parametrize("wire", ["nova", "flux"])
def test_deepgram_s_bad_manners(recorded, wire, kind):
    exchange = recorded[wire, kind]
    deepgram_wire.asked(exchange)
    if kind in REFUSALS:
        assert exchange.status == int(kind) and deepgram_wire.refused(exchange)
        return
    validate = functools.partial(deepgram_wire.seen, exchange.path)
    found, complaints, broken = frames_of(exchange, validate)
    assert broken == (kind == "malformed")
    assert bool(found) == (kind not in ("refuse", "hang"))
    assert exchange.status == (0 if kind == "refuse" else 101)
    assert (exchange.close_code == 1011) == (kind in ("error", "idle"))
    if kind == "error" and wire == "flux":
        assert found[-1].type == "Error"
    if kind == "order" and wire == "nova":  # a result that is over and not final, once
        ((complaint, frame),) = complaints
        assert complaint == "speech_final without is_final"
        mended = frame.replace('"speech_final":true', '"speech_final":false')
        deepgram_wire.received(exchange.path, mended)
        return
    assert not complaints
    if kind == "order":  # the end of a turn that never began
        events = [(m.event, m.turn_index) for m in found if m.type == "TurnInfo"]
        assert ("EndOfTurn", 1) in events[: events.index(("StartOfTurn", 0))]


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind not in ("idle", "expire")])
@pytest.mark.parametrize("vendor", ["groq", "openai"])
def test_the_chat_s_bad_manners(recorded, vendor, kind):
    exchange = recorded[vendor, kind]
    if kind in ("refuse", "hang"):
        chat_wire.asked(exchange)
        assert exchange.status == 0
        return
    exchange.answer, broken = without_broken_lines(exchange.answer)
    assert broken == (kind == "malformed")
    found = chat_wire.all_of(exchange, "plain client", broken=kind in ("drop", "stall"))
    assert found and exchange.status == (int(kind) if kind in REFUSALS else 200)
    if kind == "order":
        reasons = [choice.finish_reason for chunk in found for choice in chunk.choices]
        assert reasons.index("stop") < len(reasons) - 2


def without_broken_lines(answer):
    """Take out the data line that is not JSON; returns the rest, and how many there were."""
    kept, broken = [], 0
    for event in answer.split(b"\n\n"):
        if event.startswith(b"data: {"):
            try:
                json.loads(event.removeprefix(b"data: "))
            except ValueError:
                broken += 1
                continue
        kept.append(event)
    return b"\n\n".join(kept), broken


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("version", [OLD, NEW])
def test_cartesia_s_bad_manners(recorded, version, kind):
    exchange = recorded[version, kind]
    cartesia_wire.asked(exchange)
    if kind in REFUSALS and kind != "404":
        assert exchange.status == int(kind)
        cartesia_wire.refused(exchange)
        return
    validate = functools.partial(cartesia_wire.seen, version)
    found, complaints, broken = frames_of(exchange, validate)
    assert not complaints and broken == (kind == "malformed")
    assert bool(found) == (kind not in ("refuse", "hang"))
    errors = [message for message in found if message.type == "error"]
    assert bool(errors) == (kind in ("404", "error", "expire"))
    if kind == "404":
        assert errors[0].error_code == "model_not_found"
    if kind == "order":
        assert len({m.context_id for m in found}) == 2
