"""ARI: against the real Asterisk over roads that go bad, and a fake one that is busy or silent."""

import asyncio
import json
import logging
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from ari_app.ari import Ari, AriDown, AriLogin, AriRefused, AriTimeout
from tests.roads import Road

PATIENCE_S = 20
APP = "adapter-test"  # not the one of an agent that may be running


async def until(true):
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(ari, up=True):
    stop = asyncio.Event()
    task = asyncio.create_task(ari.run(stop))
    try:
        if up:
            await until(lambda: ari.up)
        yield ari
    finally:
        stop.set()
        async with asyncio.timeout(PATIENCE_S):
            await task
    assert not ari.up


async def nothing(event):
    pass


@asynccontextmanager
async def real(asterisk, on_event=None, on_up=None):
    """The sandbox's ARI over a road; gives the link, the road and the events."""
    events = []

    async def keep(event):
        events.append(event)

    async with Road(asterisk.ports().ari) as road:
        login = AriLogin(f"http://127.0.0.1:{road.port}/ari", *asterisk.agent_ari_login())
        async with running(Ari(login, APP, on_event or keep, on_up)) as ari:
            yield ari, road, events


def run(story):
    asyncio.run(story())


async def place(ari):
    """Put a channel into our application; returns its id."""
    asked = {"endpoint": "Local/1@standin/n", "app": APP}
    return (await ari.post("channels", asked, body={"variables": {"VA_CALL": "a-b"}}))["id"]


@pytest.mark.pbx
def test_requests_events_and_refusals_of_the_real_asterisk(asterisk):
    async def story():
        async with real(asterisk) as (ari, _, events):
            assert (await ari.get("/asterisk/ping"))["ping"] == "pong"
            assert (await ari.get(f"applications/{APP}"))["name"] == APP
            channel = await place(ari)
            await until(lambda: any(e["type"] == "StasisStart" for e in events))
            asked = {"variable": "VA_CALL"}
            assert await ari.get(f"channels/{channel}/variable", asked) == {"value": "a-b"}
            assert await ari.delete(f"channels/{channel}") is None
            await until(lambda: any(e["type"] == "ChannelDestroyed" for e in events))
            with pytest.raises(AriRefused) as refused:
                await ari.post(f"channels/{channel}/continue")
            assert (refused.value.status, refused.value.message) == (404, "Channel not found")

    run(story)


@pytest.mark.pbx
def test_the_password_never_stands_in_a_url(asterisk, caplog):
    seen = []

    async def story():
        async def listen(reader, writer):
            seen.append(await reader.readuntil(b"\r\n\r\n"))
            writer.close()

        server = await asyncio.start_server(listen, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        login = AriLogin(f"http://127.0.0.1:{port}", "voiceagent", "p4ssw0rd")
        assert "p4ssw0rd" not in repr(login)
        async with running(Ari(login, APP, nothing), up=False):
            await until(lambda: seen)
        server.close()

    run(story)
    head, *headers = seen[0].decode().split("\r\n")
    assert head.startswith("GET /ari/events?") and "p4ssw0rd" not in seen[0].decode()
    assert "Authorization: Basic dm9pY2VhZ2VudDpwNHNzdzByZA==" in headers
    assert "p4ssw0rd" not in caplog.text


@pytest.mark.pbx
def test_a_frozen_link_is_found_dropped_and_made_anew(asterisk):
    ups = []

    async def up():
        ups.append(1)

    async def story():
        async with real(asterisk, on_up=up) as (ari, road, events):
            road.freeze()
            with pytest.raises(AriDown):  # long before its own deadline
                await ari.get("asterisk/ping", {}, 60)
            await until(lambda: not ari.up)
            with pytest.raises(AriDown):
                await ari.get("asterisk/ping")
            road.thaw()
            await until(lambda: ari.up and len(ups) == 2)
            await ari.delete(f"channels/{await place(ari)}")
            await until(lambda: any(e["type"] == "StasisStart" for e in events))

    run(story)


@pytest.mark.pbx
def test_a_link_that_is_cut_comes_back_and_is_told(asterisk):
    ups = []

    async def up():
        ups.append(1)

    async def story():
        async with real(asterisk, on_up=up) as (ari, road, _):
            road.slow(0.4)
            asked = [asyncio.create_task(ari.get("asterisk/ping", {}, 60)) for _ in range(20)]
            await asyncio.sleep(0.1)
            road.cut()
            async with asyncio.timeout(5):
                told = await asyncio.gather(*asked, return_exceptions=True)
            assert {type(error) for error in told} == {AriDown}
            road.slow(0)
            await until(lambda: len(ups) == 2 and ari.up)

    run(story)


@pytest.mark.pbx
def test_a_slow_link_is_used_and_a_deadline_kept(asterisk):
    async def story():
        async with real(asterisk) as (ari, road, _):
            road.slow(0.2)
            assert (await ari.get("asterisk/ping", {}, 10))["ping"] == "pong"
            with pytest.raises(AriTimeout):
                await ari.get("asterisk/ping", {}, 0.1)
            await asyncio.sleep(3)  # heartbeats of both connections
            assert ari.up

    run(story)


@pytest.mark.pbx
def test_a_wrong_password_is_told_once_and_tried_seldom(asterisk, caplog):
    async def story():
        async with Road(asterisk.ports().ari) as road:
            wrong = AriLogin(f"http://127.0.0.1:{road.port}", "voiceagent", "wr0ng")
            async with running(Ari(wrong, APP, nothing), up=False) as ari:
                await until(lambda: caplog.records)
                await asyncio.sleep(2)
                assert not ari.up and road.carried == 1

    caplog.set_level(logging.INFO)
    run(story)
    (line,) = [r for r in caplog.records if r.name.startswith("ari_app")]
    assert line.levelno == logging.ERROR
    assert "VOICEAGENT_ARI_PASSWORD" in line.message and "ari.conf" in line.message
    assert "wr0ng" not in caplog.text


@pytest.mark.pbx
def test_the_application_is_registered_again_when_asterisk_is_back(asterisk):
    async def story():
        events = []

        async def keep(event):
            events.append(event)

        url = f"http://127.0.0.1:{asterisk.ports().ari}"
        async with running(Ari(AriLogin(url, *asterisk.agent_ari_login()), APP, keep)) as ari:
            await asyncio.to_thread(asterisk.stop_pbx)
            await until(lambda: not ari.up)
            await asyncio.to_thread(asterisk.up, with_agent=False)
            await until(lambda: ari.up)
            await ari.delete(f"channels/{await place(ari)}")
            await until(lambda: any(e["type"] == "StasisStart" for e in events))

    run(story)


@pytest.mark.pbx
def test_an_application_taken_over_by_another_program_is_told_of_and_taken_back(asterisk, caplog):
    async def story():
        async with real(asterisk) as (ari, _, events):
            async with real(asterisk) as (other, _, _events):
                await until(lambda: "another program" in caplog.text)
                assert other.up and not ari.up
            await until(lambda: ari.up)
            await ari.delete(f"channels/{await place(ari)}")
            await until(lambda: any(e["type"] == "StasisStart" for e in events))

    run(story)


@pytest.mark.parametrize(
    "path",
    ["", "/", "a//b", "../x", "channels/../x", "a?b", "a#b", "a b", "a%2fb", "a\r\nb", "a\n"],
)
def test_a_path_that_is_none_is_refused(path):
    async def story():
        with pytest.raises(ValueError, match="path"):
            await Ari(AriLogin("http://127.0.0.1:9", "u", "p"), APP, nothing).get(path)

    run(story)


@pytest.mark.parametrize("bad", ["a\r\nb", "a\nb", "a\0"])
def test_values_with_line_breaks_are_refused(bad):
    async def story():
        ari = Ari(AriLogin("http://127.0.0.1:9", "u", "p"), APP, nothing)
        for params, body in [
            ({"a": bad}, None),
            ({}, {"variables": {"a": [bad]}}),
            ({bad: ""}, {}),
        ]:
            with pytest.raises(ValueError) as refused:
                await ari.post("channels", params, body=body)
            assert bad not in str(refused.value)

    run(story)


# ---- a fake Asterisk, for what the real one cannot be made to do ----


class FakeAri:
    """Answers pings and takes one WebSocket at a time.

    Attributes:
        sockets: The WebSockets that came, oldest first.
        ping: Whether requests are answered.
        registered: Whether there is such an application.
    """

    def __init__(self):
        self.sockets = []
        self.ping = True
        self.registered = True
        self.body = b'{"ping": "pong"}'

    async def events(self, request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        async for _ in socket:
            pass
        return socket

    async def answer(self, request):
        if not self.ping:
            await asyncio.sleep(3600)
        return web.Response(body=self.body, content_type="application/json")

    async def application(self, request):
        if not self.registered:
            raise web.HTTPNotFound
        return await self.answer(request)

    async def other(self, request):
        return web.Response(
            body=b"<html>", content_type="text/html", status=int(request.query["s"])
        )


@asynccontextmanager
async def fake(on_event, on_up=None):
    pbx = FakeAri()
    app = web.Application()
    app.router.add_get("/ari/events", pbx.events)
    app.router.add_get("/ari/asterisk/ping", pbx.answer)
    app.router.add_get(f"/ari/applications/{APP}", pbx.application)
    app.router.add_get("/ari/other", pbx.other)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        login = AriLogin(f"http://127.0.0.1:{runner.addresses[0][1]}", "u", "p")
        async with running(Ari(login, APP, on_event, on_up)) as ari:
            yield ari, pbx
    finally:
        await runner.cleanup()


def test_a_slow_handler_holds_up_no_other_event():
    begun, over = [], []

    async def slow(event):
        begun.append(event["n"])
        try:
            await asyncio.sleep(3600 if event["n"] == 0 else 0)
        finally:
            over.append(event["n"])

    async def story():
        async with fake(slow) as (ari, pbx):
            for n in range(50):
                await pbx.sockets[0].send_str(json.dumps({"type": "StasisStart", "n": n}))
            await until(lambda: len(over) == 49)
            assert begun == list(range(50)) and ari.up

    run(story)
    assert over[-1] == 0  # it was cancelled, not left behind


def test_more_events_than_can_be_handled_are_not_read():
    begun = []

    async def stuck(event):
        begun.append(event["n"])
        await asyncio.sleep(3600)

    async def story():
        async with fake(stuck) as (_, pbx):
            for n in range(600):
                await pbx.sockets[0].send_str(json.dumps({"type": "X", "n": n}))
            await until(lambda: len(begun) == 500)
            await asyncio.sleep(0.2)
            assert len(begun) == 500

    run(story)


def test_what_is_no_event_and_a_handler_that_fails_cost_nothing(caplog):
    taken = []

    async def fails(event):
        taken.append(event)
        raise KeyError("07700900123")

    async def story():
        async with fake(fails) as (ari, pbx):
            for text in ["", "{", "[]", "null", '{"type": 1}', '{"other": "x"}', '"type"']:
                await pbx.sockets[0].send_str(text)
            await pbx.sockets[0].send_bytes(b"\xff")
            await pbx.sockets[0].send_str('{"type": "StasisStart"}')
            await until(lambda: "KeyError" in caplog.text)
            assert len(taken) == 1 and ari.up and len(pbx.sockets) == 1

    run(story)
    assert "07700900123" not in caplog.text


def test_an_asterisk_that_answers_no_ping_is_left(caplog):
    async def story():
        async with fake(nothing) as (ari, pbx):
            pbx.ping = False
            await until(lambda: not ari.up)
            pbx.ping = True
            await until(lambda: ari.up)
            assert len(pbx.sockets) == 2

    run(story)
    assert "lost" in caplog.text


def test_an_asterisk_that_forgot_the_application_is_told_of_it_again(caplog):
    async def story():
        async with fake(nothing) as (ari, pbx):
            pbx.registered = False
            await until(lambda: len(pbx.sockets) > 1)
            pbx.registered = True
            await until(lambda: ari.up)

    run(story)
    assert f"lost the Stasis application {APP}" in caplog.text


def test_a_reconciliation_under_way_is_cancelled_with_its_link():
    begun, over = [], []

    async def slow():
        begun.append(1)
        try:
            await asyncio.sleep(3600)
        finally:
            over.append(1)

    async def story():
        async with fake(nothing, slow) as (_, pbx):
            await until(lambda: begun)
            await pbx.sockets[0].close()
            await until(lambda: len(begun) == 2)
            assert len(over) == 1

    run(story)
    assert len(over) == 2


@pytest.mark.parametrize(("status", "expected"), [(302, 302), (404, 404), (500, 500), (200, 502)])
def test_an_answer_that_makes_no_sense_is_a_refusal(status, expected):
    async def story():
        async with fake(nothing) as (ari, _):
            with pytest.raises(AriRefused) as refused:
                await ari.get("other", {"s": str(status)})
            assert refused.value.status == expected

    run(story)


def test_nobody_there_is_told_once_not_at_every_attempt(caplog):
    async def story():
        async with Road(9) as road:
            await road.refuse()
            login = AriLogin(f"http://127.0.0.1:{road.port}", "u", "p")
            async with running(Ari(login, APP, nothing), up=False) as ari:
                await asyncio.sleep(1.5)
                with pytest.raises(AriDown):
                    await ari.get("asterisk/ping")

    run(story)
    (line,) = [r for r in caplog.records if r.name.startswith("ari_app")]
    assert (
        "Connection refused; is Asterisk running?" in line.message
        and "VOICEAGENT_ARI_URL" in line.message
    )
