"""setup.agi as Asterisk starts it: a process on pipes, with a media process's link behind it."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import agi
from audiosocket_agent.errors import RegistrationError
from audiosocket_agent.link import LinkServer

SCRIPT = Path(agi.__file__).parent / "setup.agi"
ENV = (
    "agi_request: setup.agi\nagi_channel: PJSIP/a-1\nagi_uniqueid: 1.1\nagi_callerid: {caller}\n"
    "agi_calleridname: {name}\nagi_extension: 441632960001\n\n"
)
CALL = "40325ec2-5efd-4bd3-805f-53576e581d13"


def run_script(tmp_path, *words, caller="01632960123", name="Caller", register=None, serve=True):
    """Run the script; return (exit code, commands, stderr, registrations)."""
    path = tmp_path / "media.sock"
    registered = []

    def remember(request):
        registered.append(request)
        if register:
            raise RegistrationError(register)
        return "127.0.0.1:9099", {"VA_MOST_RETURNS": "1"}

    async def main():
        link = LinkServer(remember, lambda call_id: ("queue", {"VA_QUEUE": "sales"}), dict, print)
        if serve:
            await link.start(path, 0o600)
        process = await asyncio.create_subprocess_exec(
            sys.executable, SCRIPT, *words,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "VOICEAGENT_MEDIA_SOCKET": str(path),
                 "PYTHONPATH": str(SCRIPT.parent.parent)},
        )  # fmt: skip
        environment = ENV.format(caller=caller, name=name).encode("utf-8", "surrogateescape")
        async with asyncio.timeout(20):
            out, err = await process.communicate(environment + b"200 result=1\n" * 9)
        await link.close()
        return process.returncode, out.decode().splitlines(), err.decode(), registered

    return asyncio.run(main())


def test_setup(tmp_path):
    code, commands, err, (request,) = run_script(tmp_path, "setup")
    assert (code, err) == (0, "")
    assert commands == [
        f'SET VARIABLE VA_UUID "{request.uuid}"',
        f'SET VARIABLE VA_CALL "{request.uuid}"',
        'SET VARIABLE VA_MEDIA "127.0.0.1:9099"',
        'SET VARIABLE VA_MOST_RETURNS "1"',
        'SET VARIABLE VA_OK "1"',
    ]


def test_outcome(tmp_path):
    code, commands, _, _ = run_script(tmp_path, "outcome", CALL)
    assert (code, commands) == (
        0,
        ['SET VARIABLE VA_QUEUE "sales"', 'SET VARIABLE VA_NEXT "queue"'],
    )


def test_a_caller_comes_back(tmp_path):
    code, _, _, (request,) = run_script(tmp_path, "setup", CALL, "no_answer")
    assert (code, request.call, request.back) == (0, CALL, "no_answer") and request.uuid != CALL


def test_agent_down_or_full_sets_nothing_and_says_so_without_the_caller(tmp_path):
    code, commands, err, _ = run_script(tmp_path, "setup", serve=False)
    assert (code, commands) == (1, []) and "does not answer" in err
    code, commands, err, _ = run_script(tmp_path, "setup", register="full")
    assert (code, commands) == (1, []) and "full" in err
    assert "01632960123" not in err


def test_hostile_caller(tmp_path):
    code, commands, err, (request,) = run_script(
        tmp_path, "setup", caller='"; ${SHELL(id)}', name="\udcff\udcfe${SHELL(id)}"
    )
    assert code == 0 and len(commands) == 5 and request.caller == ""
    assert "SHELL" not in err
