"""The FastAGI gate against a client that speaks as Asterisk does."""

import asyncio

import pytest

from agi import gate
from agi.fastagi import FastAgiServer

ENV = (
    "agi_network: yes\nagi_network_script: {path}\nagi_channel: PJSIP/a-1\nagi_uniqueid: 1.1\n"
    "agi_callerid: {caller}\nagi_calleridname: {name}\nagi_extension: 441632960001\n"
    "agi_arg_1: {arg}\n\n"
)
CALL = "40325ec2-5efd-4bd3-805f-53576e581d13"


def talk(ask, path="setup", arg="", caller="01632960123", name="Caller", results=None, raw=None):
    """Hold one AGI conversation; return the commands the gate sent before it closed."""

    async def main():
        server = FastAgiServer(ask)
        port = await server.start("127.0.0.1", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw if raw is not None else
                     ENV.format(path=path, arg=arg, caller=caller, name=name).encode())  # fmt: skip
        if raw is not None:
            writer.write_eof()
        commands = []
        replies = iter(results or [])
        async with asyncio.timeout(10):
            while line := await reader.readline():
                commands.append(line.decode().rstrip("\n"))
                writer.write(next(replies, b"200 result=1\n"))
        writer.close()
        await server.close()
        return commands

    return asyncio.run(main())


async def welcome(request):
    return {"ok": True, "media": "127.0.0.1:9099"}


def test_setup_sets_the_variables():
    seen = []

    async def ask(request):
        seen.append(request)
        return await welcome(request)

    commands = talk(ask)
    assert commands == [
        f'SET VARIABLE VA_UUID "{seen[0]["uuid"]}"',
        f'SET VARIABLE VA_CALL "{seen[0]["uuid"]}"',
        'SET VARIABLE VA_MEDIA "127.0.0.1:9099"',
        'SET VARIABLE VA_OK "1"',
    ]
    assert seen[0]["caller"] == "01632960123"


def test_outcome_is_passed_on():
    async def ask(request):
        assert request == {"op": "outcome", "uuid": CALL}
        return {"ok": True, "next": "queue"}

    assert talk(ask, path="outcome", arg=CALL) == ['SET VARIABLE VA_NEXT "queue"']


async def refuse(request):
    return {"ok": False, "error": "full"}


async def down(request):
    raise ConnectionRefusedError


async def hang(request):
    await asyncio.sleep(3600)


async def nonsense(request):
    raise gate.GateError("no JSON")


@pytest.mark.parametrize("ask", [refuse, down, hang, nonsense])
def test_a_refusing_dead_slow_or_mad_agent_sets_nothing(ask):
    assert talk(ask) == []


def test_hostile_callers_change_nothing_but_their_own_name():
    seen = []

    async def ask(request):
        seen.append(request)
        return await welcome(request)

    commands = talk(ask, caller='"${SHELL(touch /tmp/x)}",1', name='x", "y ${EVAL(z)}')
    assert len(commands) == 4 and seen[0]["caller"] == ""


def test_a_hangup_in_the_stream_is_not_taken_for_a_result():
    results = [b"HANGUP\n200 result=1\n", b"200 result=1\n", b"200 result=1\n"]
    assert len(talk(welcome, results=results)) == 4


def test_a_dead_channel_ends_the_conversation():
    assert len(talk(welcome, results=[b"511 Command Not Permitted on a dead channel\n"])) == 1


@pytest.mark.parametrize(
    "raw",
    [b"", b"\n", b"agi_x: " + b"a" * 20_000, b"agi_a: 1\n" * 70, b"\xff\xfe\n\n",
     b"agi_network_script: other\n\n", b"agi_network_script: outcome\nagi_arg_1: nope\n\n"],
)  # fmt: skip
def test_broken_questions_are_closed_without_an_answer(raw):
    assert talk(welcome, raw=raw) == []
