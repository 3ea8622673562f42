"""The controller's socket and its client, over real Unix sockets, with clients that misbehave."""

import asyncio
import json
import stat
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ari_app import control_client, control_server
from ari_app.control_server import ControlServer, Refused


class Operations:
    """Operations to ask for, and what became of them."""

    def __init__(self):
        self.cancelled = asyncio.Event()
        self.hold = asyncio.Event()

    async def echo(self, request):
        return {"said": request["say"]}

    async def refuse(self, request):
        raise Refused("full", "no room, try later")

    async def fail(self, request):
        raise RuntimeError(request["secret"])

    async def wait(self, request):
        try:
            await self.hold.wait()
        finally:
            self.cancelled.set()
        return {}

    async def count(self, request):
        try:
            for number in range(int(request["to"])):
                yield {"number": number, "done": True}
            if request.get("hold"):
                await self.hold.wait()
        finally:
            self.cancelled.set()

    async def count_and_refuse(self, request):
        yield {"number": 0}
        raise Refused("lost")


def operations_of(ops):
    return {
        "echo": ops.echo, "refuse": ops.refuse, "fail": ops.fail, "wait": ops.wait,
        "count": ops.count, "count_and_refuse": ops.count_and_refuse,
    }  # fmt: skip


@asynccontextmanager
async def serving(tmp_path):
    ops = Operations()
    server = ControlServer(operations_of(ops))
    path = tmp_path / "control.sock"
    await server.start(path)
    try:
        yield path, ops
    finally:
        async with asyncio.timeout(20):
            await server.close()


def run(tmp_path, scenario):
    async def main():
        async with asyncio.timeout(60), serving(tmp_path) as (path, ops):
            return await scenario(path, ops)

    return asyncio.run(main())


async def raw(path, data, *, then_eof=False):
    """Send bytes as they are and return every line that comes back."""
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        with suppress(OSError):
            writer.write(data)
            await writer.drain()
        if then_eof:
            writer.write_eof()
        async with asyncio.timeout(20):
            replies = await reader.read()
    except ConnectionResetError:
        replies = b""
    finally:
        writer.close()
    return [json.loads(line) for line in replies.splitlines()]


def test_a_question_is_answered(tmp_path):
    async def scenario(path, ops):
        return await control_client.ask(path, {"op": "echo", "say": "grüezi"}, 20)

    assert run(tmp_path, scenario) == {"said": "grüezi"}


def test_an_answer_may_be_longer_than_a_question(tmp_path):
    async def tell(request):
        return {"text": "ü" * 50_000}

    async def main():
        server = ControlServer({"tell": tell})
        await server.start(tmp_path / "control.sock")
        try:
            return await control_client.ask(tmp_path / "control.sock", {"op": "tell"}, 20)
        finally:
            await server.close()

    assert len(asyncio.run(main())["text"]) == 50_000


def test_a_stream_comes_line_by_line_and_ends(tmp_path):
    async def scenario(path, ops):
        question = {"op": "count", "to": 3}
        return [answer["number"] async for answer in control_client.stream(path, question, 20)]

    assert run(tmp_path, scenario) == [0, 1, 2]


def test_a_refusal_carries_its_word_and_its_message(tmp_path):
    async def scenario(path, ops):
        with pytest.raises(control_client.ControlRefused) as refused:
            await control_client.ask(path, {"op": "refuse"}, 20)
        return refused.value

    refused = run(tmp_path, scenario)
    assert (refused.word, str(refused)) == ("full", "no room, try later")


def test_a_stream_may_be_refused_in_its_middle(tmp_path):
    async def scenario(path, ops):
        seen = []
        with pytest.raises(control_client.ControlRefused) as refused:
            async for answer in control_client.stream(path, {"op": "count_and_refuse"}, 20):
                seen.append(answer)
        return seen, refused.value.word

    assert run(tmp_path, scenario) == ([{"number": 0}], "lost")


@pytest.mark.parametrize(
    "question, word",
    [
        (b"\n", "bad_request"),
        (b"hello\n", "bad_request"),
        (b"[]\n", "bad_request"),
        (b"null\n", "bad_request"),
        (b'"op"\n', "bad_request"),
        (b'{"op": ["echo"]}\n', "bad_request"),
        (b'{"op": {}}\n', "bad_request"),
        (b'{"say": "hello"}\n', "bad_request"),
        (b"\xff\xfe\n", "bad_request"),
        (b"[" * 8000 + b"\n", "bad_request"),
        (b'{"op": "echo"}\n', "bad_request"),
        (b'{"op": "count", "to": "many"}\n', "bad_request"),
        (b'{"op": "count"}\n', "bad_request"),
        (b'{"op": "format_disk"}\n', "unknown_op"),
        (b'{"op": null}\n', "unknown_op"),
        (b'{"op": "echo", "say": "' + b"a" * 20_000 + b'"}\n', "too_long"),
        (b"a" * 20_000, "too_long"),
    ],
)
def test_nonsense_is_refused_by_one_word(tmp_path, question, word):
    replies = run(tmp_path, lambda path, ops: raw(path, question))
    assert replies == [{"ok": False, "error": word, "message": ""}]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.binary(max_size=300))
def test_no_bytes_bring_it_down(tmp_path, data):
    async def scenario(path, ops):
        for reply in await raw(path, data + b"\n", then_eof=True):
            assert reply["ok"] is False
        return await control_client.ask(path, {"op": "echo", "say": "still there"}, 20)

    assert run(tmp_path, scenario) == {"said": "still there"}


def test_what_failed_unforeseen_is_logged_without_its_text(tmp_path, caplog):
    async def scenario(path, ops):
        with pytest.raises(control_client.ControlRefused) as refused:
            await control_client.ask(path, {"op": "fail", "secret": "07700900123"}, 20)
        return refused.value.word

    assert run(tmp_path, scenario) == "failed"
    assert "RuntimeError" in caplog.text
    assert "07700900123" not in caplog.text


def test_a_slow_operation_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(control_server, "ANSWER_DEADLINE_S", 0.05)

    async def scenario(path, ops):
        with pytest.raises(control_client.ControlRefused) as refused:
            await control_client.ask(path, {"op": "wait"}, 20)
        assert ops.cancelled.is_set()
        return refused.value.word

    assert run(tmp_path, scenario) == "late"


def test_an_operation_nobody_waits_for_is_cancelled(tmp_path):
    async def scenario(path, ops):
        with pytest.raises(control_client.ControlLate):
            await control_client.ask(path, {"op": "wait"}, 0.1)
        async with asyncio.timeout(20):
            await ops.cancelled.wait()

    run(tmp_path, scenario)


def test_a_stream_nobody_listens_to_is_cancelled(tmp_path):
    async def scenario(path, ops):
        answers = control_client.stream(path, {"op": "count", "to": 1, "hold": True}, 20)
        assert (await anext(answers))["number"] == 0
        assert not ops.cancelled.is_set()
        await answers.aclose()
        async with asyncio.timeout(20):
            await ops.cancelled.wait()

    run(tmp_path, scenario)


def test_a_client_that_does_not_read_is_dropped(tmp_path, monkeypatch):
    monkeypatch.setattr(control_server, "WRITE_DEADLINE_S", 0.1)

    async def scenario(path, ops):
        _reader, writer = await asyncio.open_unix_connection(path, limit=1024)
        writer.write(b'{"op": "count", "to": 10000000}\n')
        async with asyncio.timeout(40):
            await ops.cancelled.wait()
        writer.close()

    run(tmp_path, scenario)


def test_a_silent_client_is_dropped(tmp_path, monkeypatch):
    monkeypatch.setattr(control_server, "QUESTION_DEADLINE_S", 0.05)
    assert run(tmp_path, lambda path, ops: raw(path, b'{"op": "ec')) == []


def test_only_so_many_may_ask_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(control_server, "MOST_PEERS", 2)

    async def scenario(path, ops):
        held = [control_client.stream(path, {"op": "count", "to": 1, "hold": 1}, 20) for _ in "ab"]
        for answers in held:
            await anext(answers)
        with pytest.raises(control_client.ControlRefused) as refused:
            await control_client.ask(path, {"op": "echo", "say": "me too"}, 20)
        for answers in held:
            await answers.aclose()
        return refused.value.word

    assert run(tmp_path, scenario) == "busy"


def test_words_after_the_question_are_not_a_second_question(tmp_path):
    question = b'{"op": "echo", "say": 1}\n'
    replies = run(tmp_path, lambda path, ops: raw(path, question * 50))
    assert replies == [{"ok": True, "said": 1}]


def test_the_socket_is_its_owners_and_replaces_a_dead_one(tmp_path):
    async def scenario():
        path = tmp_path / "control.sock"
        for mode in (0o600, 0o660):
            server = ControlServer(operations_of(Operations()))
            await server.start(path, mode)
            assert stat.S_IMODE(path.stat().st_mode) == mode
            assert await control_client.ask(path, {"op": "echo", "say": 1}, 20) == {"said": 1}
            await server.close()
            await server.close()

    asyncio.run(scenario())


def test_no_controller_is_told_from_a_refusal(tmp_path):
    async def scenario():
        path = tmp_path / "control.sock"
        with pytest.raises(control_client.ControlGone, match="No such file"):
            await control_client.ask(path, {"op": "echo"}, 20)
        with pytest.raises(control_client.ControlGone, match="No such file"):
            await anext(control_client.stream(path, {"op": "echo"}, 20))

    asyncio.run(scenario())


def test_a_controller_that_goes_away_is_no_end_of_a_stream(tmp_path):
    async def scenario():
        server = ControlServer(operations_of(Operations()))
        path = tmp_path / "control.sock"
        await server.start(path)
        answers = control_client.stream(path, {"op": "count", "to": 1, "hold": True}, 20)
        await anext(answers)
        await server.close()
        with pytest.raises(control_client.ControlGone, match="hung up"):
            await anext(answers)

    asyncio.run(scenario())


def test_a_stream_that_does_not_even_begin_is_given_up_sooner(tmp_path):
    async def scenario(path, ops):
        request = {"op": "count", "to": 0, "hold": True}
        with pytest.raises(control_client.ControlLate, match="silent for 0.2 s"):
            async for _ in control_client.stream(path, request, 3600, 0.2):
                pass

    run(tmp_path, scenario)
