"""The voice of Cartesia against a vendor on a real socket, well-behaved and not."""

import asyncio
import logging
import socket

import pytest
import uvloop

from audiosocket_agent.errors import (
    DeadlineMissed,
    KeyRefused,
    ModelNotFound,
    NotConfigured,
    PaymentRequired,
    ProviderError,
    RateLimited,
    RequestRefused,
    SessionExpired,
    StreamBroken,
    Unreachable,
    VendorDown,
    WireViolation,
)
from audiosocket_agent.seams import SpokenWord
from audiosocket_agent.tts import cartesia
from tests.audiosocket_agent.tts.cartesia_server import (
    Cartesia,
    audio,
    chunk,
    done,
    error,
    speak,
    times,
)

KEY = "sk_car_very_secret"
PATIENT = {"first_byte_ms": 20_000, "stall_ms": 20_000, "connect_ms": 20_000}


class Talk:
    """A vendor, a client of it and the client's session."""

    def __init__(self, heard=None, *, refuse=None, session=True, **options):
        self.server = Cartesia(heard, refuse)
        self.options = {"api_key": KEY, **PATIENT, **options}
        self.wants_session = session

    async def __aenter__(self):
        await self.server.__aenter__()
        options = cartesia.Options(**({"url": self.server.url} | self.options))
        self.voice = await cartesia.open_engine(options)
        if self.wants_session:
            self.session = await self.voice.session("call-1")
        return self

    async def __aexit__(self, *exc):
        await self.voice.close()
        await self.server.__aexit__(*exc)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    @property
    def texts(self):
        return [f.get("transcript", "cancel") for f in self.server.frames]


async def collect(speech, into=None):
    """Return the audio and the words of a reply."""
    pcm, words = into if into is not None else ([], [])
    async for piece in speech.pieces():
        if isinstance(piece, bytes):
            assert len(piece) % 2 == 0
            pcm.append(piece)
        else:
            words += piece
    return b"".join(pcm), words


async def say(session, *texts):
    speech = session.begin()
    for text in texts:
        speech.say(text)
    speech.finish()
    return await collect(speech)


async def fail(session, kind, *texts):
    """Say something that fails; returns the error and the audio before it."""
    speech = session.begin()
    for text in texts or ("Ms Smith. ",):
        speech.say(text)
    speech.finish()
    heard = ([], [])
    with pytest.raises(ProviderError) as caught:
        await collect(speech, heard)
    assert type(caught.value) is kind
    assert KEY not in repr(caught.value)
    assert "Smith" not in str(caught.value)
    return caught.value, b"".join(heard[0])


def run(main):
    return uvloop.run(main())


def test_a_reply_spoken_token_by_token():
    async def main():
        async with Talk() as talk:
            pcm, words = await say(talk.session, "Good ", "morning", ".", " Bye.")
            assert len(pcm) == 400 * 16
            assert words == [
                SpokenWord("Good", 0, 100),
                SpokenWord("morning", 100, 200),
                SpokenWord(".", 200, 300),
                SpokenWord("Bye.", 300, 400),
            ]
            assert talk.texts == ["Good ", "morning", ".", " Bye.", ""]
            assert len({frame["context_id"] for frame in talk.server.frames}) == 1
            path, headers = talk.server.handshakes[0]
            assert path == "/tts/websocket"
            assert headers["Authorization"] == f"Bearer {KEY}"
            assert headers["Cartesia-Version"] == "2026-03-01"
            assert "Sec-WebSocket-Extensions" not in headers

    run(main)


def test_audio_comes_while_text_still_goes_in():
    async def main():
        async with Talk() as talk:
            speech = talk.session.begin()
            pieces = speech.pieces()
            speech.say("Good ")
            assert (await anext(pieces))[0].text == "Good"
            assert await anext(pieces) == audio(100)
            speech.say("morning.")
            assert (await anext(pieces))[0].text == "morning."
            await pieces.aclose()

    run(main)


def test_audio_of_nobody_is_not_heard():
    async def heard(line, frame):
        await line.send(chunk("", b"xx"), {"type": "chunk", "data": "AAAA"}, chunk("c9", b"xx"))
        await speak(line, frame)

    async def main():
        async with Talk(heard) as talk:
            speech = talk.session.begin()  # has no context yet
            assert len((await say(talk.session, "Hi."))[0]) == 1600
            speech.finish()
            assert await collect(speech) == (b"", [])

    run(main)


def test_sample_pairs_split_between_chunks():
    async def heard(line, frame):
        if not frame["continue"]:
            name, pcm = frame["context_id"], audio(100)
            for at in range(0, len(pcm), 333):
                await line.send(chunk(name, pcm[at : at + 333]))
            await line.send(done(name))

    async def main():
        async with Talk(heard) as talk:
            assert await say(talk.session, "Hi.") == (audio(100), [])

    run(main)


def test_two_replies_at_once_and_one_after_the_other_on_one_socket():
    async def main():
        async with Talk() as talk:
            first, second = await asyncio.gather(
                say(talk.session, "one two three"), say(talk.session, "four five")
            )
            assert [w.text for w in first[1]] == ["one", "two", "three"]
            assert [w.text for w in second[1]] == ["four", "five"]
            await say(talk.session, "six")
            assert len(talk.server.handshakes) == 1
            assert len({frame["context_id"] for frame in talk.server.frames}) == 3

    run(main)


def test_a_cancelled_reply_tells_the_vendor_and_nothing_more_is_heard():
    async def main():
        go_on = asyncio.Event()

        async def heard(line, frame):
            name = frame["context_id"]
            if frame.get("cancel"):
                # As documented: what was being spoken when the cancel came is spoken to its end.
                await line.send(chunk(name, audio(100)), done(name))
                go_on.set()
            elif frame["transcript"] == "long":
                await line.send(chunk(name, audio(100)))
            else:
                await speak(line, frame)

        async with Talk(heard) as talk:
            speech = talk.session.begin()
            speech.say("long")
            pieces = speech.pieces()
            await anext(pieces)
            speech.cancel()
            speech.cancel()
            assert [piece async for piece in pieces] == []
            await go_on.wait()
            assert len((await say(talk.session, "next"))[0]) == 1600
            assert talk.server.frames[1] == {
                "context_id": talk.server.frames[0]["context_id"],
                "cancel": True,
            }

    run(main)


def test_a_listener_who_leaves_cancels_the_reply():
    async def main():
        async def heard(line, frame):
            if not frame.get("cancel"):
                await line.send(chunk(frame["context_id"], audio(100)))
            else:
                cancelled.set()

        cancelled = asyncio.Event()
        async with Talk(heard) as talk:
            speech = talk.session.begin()
            speech.say("long")
            task = asyncio.create_task(collect(speech))
            await talk.server.lines[0].arrived.wait()
            await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await cancelled.wait()

    run(main)


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (400, RequestRefused, "VOICEAGENT_CARTESIA_MODEL"),
        (401, KeyRefused, "CARTESIA_API_KEY"),
        (402, PaymentRequired, "CARTESIA_API_KEY"),
        (404, ModelNotFound, "VOICEAGENT_CARTESIA_URL"),
        (429, RateLimited, "429"),
        (503, VendorDown, "503"),
    ],
)
def test_refused_connections(status, kind, says):
    async def main():
        async with Talk(refuse=status, session=False) as talk:
            for opening in (talk.voice.session("call-1"), talk.voice.check()):
                with pytest.raises(kind, match=says) as caught:
                    await opening
                assert KEY not in repr(caught.value)
                assert caught.value.status == status

    run(main)


def test_nobody_listens():
    async def main():
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        async with Talk(session=False, url=f"ws://127.0.0.1:{port}") as talk:
            with pytest.raises(Unreachable, match="VOICEAGENT_CARTESIA_URL"):
                await talk.voice.session("call-1")

    run(main)


@pytest.mark.parametrize(
    ("answer", "kind"), [(None, Unreachable), (b"", Unreachable), (b"SSH-2.0\r\n", WireViolation)]
)
def test_something_else_listens(answer, kind):
    """None hangs, no bytes is a connection cut off."""

    async def main():
        async def serve(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            if answer is None:
                await reader.read()
            else:
                writer.write(answer)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        limit_ms = 200 if answer is None else 20_000
        async with Talk(session=False, url=url, connect_ms=limit_ms) as talk:
            with pytest.raises(ProviderError) as caught:
                await talk.voice.session("call-1")
            assert type(caught.value) is kind
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0)

    run(main)


def test_without_a_key_nothing_is_opened():
    async def main():
        async with Talk(session=False, api_key="") as talk:
            with pytest.raises(NotConfigured, match="CARTESIA_API_KEY"):
                await talk.voice.session("call-1")
            assert talk.server.handshakes == []

    run(main)


def answering(*frames):
    """Return a vendor that answers the first text with frames; "reset", "hang" or a close code."""

    async def heard(line, frame):
        if len(line.frames) > 1:
            return
        for step in frames:
            if step == "reset":
                line.reset()
            elif isinstance(step, int):
                await line.connection.close(step)
            elif callable(step):
                await line.send(step(frame["context_id"]))
            else:
                await line.send(step)

    return heard


def spoken(ms):
    return lambda name: chunk(name, audio(ms))


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ([lambda name: error(name, 429, "concurrency_limited")], RateLimited),
        ([lambda name: error(name, 400, "model_not_found")], ModelNotFound),
        ([error(None, 401)], KeyRefused),
        ([error(None, 500)], VendorDown),
        (["not json"], WireViolation),
        ([lambda name: {"type": "chunk", "context_id": name, "data": "!"}], WireViolation),
        ([done], StreamBroken),
        ([1011], VendorDown),
    ],
)
def test_failures_before_any_audio(steps, kind):
    async def main():
        async with Talk(answering(*steps)) as talk:
            if kind is VendorDown and steps == [1011]:
                # The connection is opened once more, as it may only have been an idle one.
                await fail(talk.session, kind)
                assert len(talk.server.handshakes) == 2
            else:
                await fail(talk.session, kind)

    run(main)


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        ("reset", StreamBroken),
        (1001, SessionExpired),
        (1011, VendorDown),
        ("{", WireViolation),
        (lambda name: error(name, 500), VendorDown),
    ],
)
def test_failures_in_the_middle_leave_the_audio_before(step, kind):
    async def main():
        async with Talk(answering(spoken(50), step)) as talk:
            _, pcm = await fail(talk.session, kind, "Ms Smith has a very long story to tell.")
            assert pcm == audio(50)

    run(main)


def test_after_a_failure_the_session_speaks_on():
    async def heard(line, frame):
        if frame.get("transcript") == "break":
            await line.send("not json")
        elif not frame.get("cancel"):
            await speak(line, frame)

    async def main():
        async with Talk(heard) as talk:
            await fail(talk.session, WireViolation, "break")
            assert len((await say(talk.session, "Hello."))[0]) == 1600
            assert len(talk.server.handshakes) == 2

    run(main)


def test_no_audio_in_time():
    async def main():
        async with Talk(answering(), first_byte_ms=150) as talk:
            failure, _ = await fail(talk.session, DeadlineMissed)
            assert "150 ms" in str(failure)
            while "cancel" not in talk.texts:
                await asyncio.sleep(0.01)

    run(main)


def test_the_vendors_buffering_is_allowed_for():
    async def main():
        async with Talk(answering(), first_byte_ms=50, max_buffer_delay_ms=150) as talk:
            failure, _ = await fail(talk.session, DeadlineMissed)
            assert "200 ms" in str(failure)

    run(main)


def test_a_stall_in_the_middle():
    async def main():
        async with Talk(answering(spoken(20)), stall_ms=150) as talk:
            failure, pcm = await fail(talk.session, DeadlineMissed)
            assert "150 ms" in str(failure)
            assert pcm == audio(20)

    run(main)


@pytest.mark.parametrize("how", ["reset", 1000, 1001])
def test_an_idle_connection_that_was_closed_is_opened_again(how):
    async def main():
        async with Talk() as talk:
            line = talk.server.lines[0]
            if how == "reset":
                line.reset()
            else:
                await line.connection.close(how)
            await talk.server.left.wait()
            pcm, _ = await say(talk.session, "Hello ", "there.")
            assert len(pcm) == 3200
            assert len(talk.server.handshakes) == 2

    run(main)


def test_a_connection_that_cannot_be_opened_again():
    async def main():
        async with Talk() as talk:
            talk.server.refuse = 401
            await talk.server.lines[0].connection.close()
            await fail(talk.session, KeyRefused)

    run(main)


def test_an_expired_context_is_replaced_without_losing_or_repeating_a_word():
    async def heard(line, frame):
        first = line.frames[0]
        if frame is not first and frame["context_id"] == first["context_id"]:
            await line.send(error(first["context_id"], 400, "context_expired"))
        else:
            await speak(line, frame)

    async def main():
        async with Talk(heard) as talk:
            speech = talk.session.begin()
            pieces = speech.pieces()
            speech.say("Good morning. ")
            for _ in range(4):
                await anext(pieces)
            for text in ("late ", "word ", "again."):
                speech.say(text)
            speech.finish()
            words = [w async for piece in pieces if isinstance(piece, tuple) for w in piece]
            assert [w.text for w in words] == ["late", "word", "again."]
            assert words[0].start_ms == 200

    run(main)


def test_fifty_sessions_at_once():
    async def main():
        async with Talk() as talk:
            sessions = await asyncio.gather(*[talk.voice.session(f"c{n}") for n in range(50)])
            spoken = await asyncio.gather(*[say(one, "Good ", "morning.") for one in sessions])
            assert [len(pcm) for pcm, _ in spoken] == [3200] * 50
            await asyncio.gather(*[one.close() for one in sessions])

    run(main)


def test_closing_in_the_middle_of_a_reply():
    async def main():
        async with Talk(answering(spoken(20))) as talk:
            speech = talk.session.begin()
            speech.say("Hello.")
            pieces = speech.pieces()
            await anext(pieces)
            await talk.session.close()
            await talk.session.close()
            assert [piece async for piece in pieces] == []
            await talk.server.left.wait()
            await fail(talk.session, ProviderError)

    run(main)


def test_check():
    async def main():
        async with Talk(session=False) as talk:
            await talk.voice.check()
            assert talk.texts == ["Hello.", ""]
        async with Talk(answering(lambda n: error(n, 400, "model_not_found"))) as talk:
            with pytest.raises(ModelNotFound, match="VOICEAGENT_CARTESIA_MODEL"):
                await talk.voice.check()

    run(main)


def test_the_voice_id_names_all_that_changes_the_sound():
    async def main():
        ids = set()
        for options in ({}, {"model": "m"}, {"voice": "v"}, {"speed": 1.1}, {"language": "de"}):
            voice = await cartesia.open_engine(cartesia.Options(**options))
            ids.add(voice.voice_id)
        assert len(ids) == 5
        assert voice.traits.rate_hz == 8000

    run(main)


def test_the_key_and_the_words_are_in_no_log(caplog):
    async def main():
        async with Talk(answering(spoken(20), "reset")) as talk:
            await fail(talk.session, StreamBroken, "Ms Smith has a very long story to tell.")

    with caplog.at_level(logging.DEBUG):
        run(main)
    assert caplog.records
    for secret in (KEY, "Smith", "story"):
        assert secret not in caplog.text


def test_word_times_of_a_vendor_that_sends_them_after_the_audio():
    async def heard(line, frame):
        if not frame["continue"]:
            name = frame["context_id"]
            await line.send(chunk(name, audio(100)), times(name, ["Hi."], [0], [0.1]), done(name))

    async def main():
        async with Talk(heard) as talk:
            assert await say(talk.session, "Hi.") == (audio(100), [SpokenWord("Hi.", 0, 100)])

    run(main)
