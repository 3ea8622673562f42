"""Digits that only their receiver may see: taken in a whole call, with a real receiver."""

import asyncio
import logging
import uuid
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from audiosocket_agent.company_calls import Recording, Secret
from audiosocket_agent.control import ControlError, NoControl
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.seams import ToolCall
from audiosocket_agent.secret_desk import SecretDesk
from tests.audiosocket_agent.test_media import _company
from tests.audiosocket_agent.test_media_model import run
from tests.engines import ScriptedEar
from tests.fake_asterisk import SILENCE

CARD = "4539578763621486"  # passes Luhn's check
NUMBER = "73519"


@asynccontextmanager
async def receiver(status=204):
    """Whoever may see the digits; gives its address and what came."""
    came = []

    async def take(request):
        came.append((request.headers.get("Authorization"), await request.json()))
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/digits", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/digits", came
    finally:
        await runner.cleanup()


class Control(NoControl):
    """Mutes the recording, or fails to."""

    def __init__(self, works=True):
        self.works, self.muted = works, []

    async def mute_recording(self, call, *, muted):
        if not self.works:
            raise ControlError("no answer")
        self.muted.append(muted)


_ASK = ToolCall("call-1", "collect_secret", '{"name": "customer"}')
ASKS = [[_ASK], ["Thank you. What can I do?"]]


def take(tmp_path, keys, *more, control=None, status=204, recording=False, luhn=False, times=1):
    """Hold a call whose model asks for a number `times`; returns what came and all it left."""

    async def scenario(it):
        async with receiver(status) as (url, came):
            secret = Secret(name="your customer number", url=url, token="VA_TEST_TOKEN", luhn=luhn)
            it.media._companies = _company(
                secrets={"customer": secret}, recording=Recording(on=recording)
            )
            leg = await it.call()
            await leg.until(voiced=True)
            assert await leg.answer()  # what makes the model ask

            def answered():
                asked = [text for text in said(it) if "key in your customer number" in text]
                return len(asked) >= times and (times > 1 or said(it)[-1] not in asked)

            for key in keys:
                leg.send(0x03, key.encode())
            await it.notes.until(answered)
            texts = said(it)
            leg.close()
            await it.ended(leg.call_id)
            return came, leg, texts, it

    ear = ScriptedEar("My customer number.", free=True)
    return run(scenario, tmp_path, *ASKS, *more, ear=ear, control=control or Control())


def said(it):
    return [turn.text for turn in it.notes.turns.values()]


def test_only_the_receiver_sees_them(tmp_path, caplog, monkeypatch):
    monkeypatch.setenv("VA_TEST_TOKEN", "tok-en")
    caplog.set_level(logging.DEBUG)
    came, leg, texts, it = take(tmp_path, NUMBER + "#")
    call_id = str(leg.call_id)
    assert came == [
        ("Bearer tok-en", {"call_id": call_id, "name": "customer", "digits": NUMBER}),
    ]
    everywhere = [*texts, caplog.text, *(repr(request) for request in it.model.requests)]
    everywhere += [repr(note) for note in it.notes.events]
    assert not any(NUMBER in place for place in everywhere)
    assert "Thank you" in texts[-1]  # the model knows that it was taken, and goes on


def test_the_recording_is_muted_meanwhile(tmp_path):
    control = Control()
    came, _, _, _ = take(tmp_path, NUMBER + "#", control=control, recording=True)
    assert control.muted == [True, False] and len(came) == 1


def test_what_cannot_be_kept_out_of_the_recording_is_not_taken(tmp_path):
    more = [[_ASK], ["Never mind."]]
    came, _, texts, _ = take(
        tmp_path, NUMBER + "#", *more, control=Control(works=False), recording=True, times=2
    )
    assert came == []
    assert not any(NUMBER in text for text in texts)


@pytest.mark.parametrize(
    ("keys", "luhn", "taken"),
    [(CARD, True, CARD), ("12*" + NUMBER + "#", False, NUMBER)],
)
def test_the_last_digit_that_fits_ends_it_and_a_star_begins_anew(tmp_path, keys, luhn, taken):
    ((_, body),), _, _, _ = take(tmp_path, keys, luhn=luhn)
    assert body["digits"] == taken


@pytest.mark.parametrize(("keys", "luhn"), [("12#", False), (CARD[:-1] + "7", True)])
def test_digits_that_cannot_be_right_are_asked_for_again(tmp_path, keys, luhn):
    came, _, _, _ = take(tmp_path, keys, luhn=luhn, times=2)
    assert came == []


def test_a_receiver_that_refuses_is_no_secret(tmp_path, caplog):
    came, _, _, _ = take(tmp_path, NUMBER + "#", status=500, times=2)
    assert len(came) == 1
    assert "answered 500" in caplog.text and NUMBER not in caplog.text


@pytest.mark.parametrize("works", [True, False])
def test_keys_that_come_too_late_are_still_no_part_of_the_talk(works):
    """Digits too many, or keyed although the recording cannot be muted."""

    async def main():
        async with receiver() as (url, came):
            done = asyncio.Event()
            secret = Secret(name="your customer number", url=url, most=5)
            (company,) = _company(secrets={"it": secret}, recording=Recording(on=True)).values()
            info = CallInfo(uuid.uuid4(), "", "", "PJSIP/a-1", "1.1", uuid.uuid4())
            desk = SecretDesk(info, company, Control(works), lambda name, ok: done.set(), {})
            assert not desk.key("1")
            desk.begin("it")
            await asyncio.sleep(0)
            for key in NUMBER if works else "":
                assert desk.key(key)
            await done.wait()
            assert not desk.busy and desk.key("4") and desk.key("#")
            assert [body["digits"] for _, body in came] == ([NUMBER] if works else [])
            await desk.close()

    asyncio.run(main())


def test_the_callers_voice_goes_nowhere_meanwhile(tmp_path):
    heard = []

    class Listening(ScriptedEar):
        async def session(self, call_id, vocabulary=()):
            session = await super().session(call_id, vocabulary)
            feed = session.feed

            def listen(pcm):
                heard.append(pcm)
                feed(pcm)

            session.feed = listen
            return session

    spoken = b"\x11\x22" * 160

    async def scenario(it):
        async with receiver() as (url, came):
            secret = Secret(name="your customer number", url=url)
            it.media._companies = _company(secrets={"customer": secret})
            leg = await it.call()
            await leg.until(voiced=True)
            assert await leg.answer()
            await leg.until(voiced=False, frames=15)
            heard.clear()
            for _ in range(30):
                leg.send(0x10, spoken)
                await leg.read()
            for key in NUMBER + "#":
                leg.send(0x03, key.encode())
            await leg.until(voiced=True)
            while not came:
                await asyncio.sleep(0.01)
            leg.close()
            return len(heard)

    frames = run(scenario, tmp_path, *ASKS, ear=Listening("My customer number.", free=True))
    assert frames > 20 and spoken not in heard and SILENCE in heard
