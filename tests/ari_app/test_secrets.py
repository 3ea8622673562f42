"""Nothing a faulty run writes holds a key; no log line holds who called or what was said.

The real media process, at its most talkative, calls over AudioSocket, vendors that misbehave. All
that it wrote is read as bytes: its output, every file of its folders, and what the commands print.
"""

import asyncio
import json
import os
import signal
import socket
import sys
import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import uvloop

from audiosocket_agent.simulators.delays import Delays
from audiosocket_agent.simulators.faults import Faults, parse_faults
from audiosocket_agent.simulators.server import Simulators
from tests.audiosocket_agent.handset import Handset
from tests.fake_asterisk import DID, Leg
from tests.pbx import plain_env

KEYS = {
    "DEEPGRAM_API_KEY": "zq-deepgram-5ecret",
    "GROQ_API_KEY": "zq-groq-5ecret",
    "CARTESIA_API_KEY": "zq-cartesia-5ecret",
}
MARK = b"5ecret"
CALLER, WORDS = "07700900876", "my zebra is called quokka"
PERSONAL = [CALLER.encode(), CALLER[1:].encode(), b"zebra", b"quokka"]
UTTERANCES = 2
AT_ONCE = 4
START_S = 150

# One process each: a key that is refused once is not tried again for a while.
FAULTS = [
    "",
    "groq:401,cartesia:401", "groq:429,cartesia:429", "groq:402,cartesia:404",
    "groq:drop,cartesia:drop", "groq:malformed,cartesia:malformed",
    "groq:error,cartesia:error", "groq:stall,cartesia:stall", "groq:order,cartesia:expire",
    "groq:404,cartesia:refuse",
    "deepgram:401", "deepgram:404", "deepgram:429", "deepgram:drop", "deepgram:malformed",
    "deepgram:error", "deepgram:order",
]  # fmt: skip
NO_KEYS = "no keys"
# Where the ear is well it must be the one that hears, however busy the machine is.
PATIENT_EAR = {
    "VOICEAGENT_DEEPGRAM_CONNECT_MS": "10000",
    "VOICEAGENT_DEEPGRAM_FINAL_MS": "2500",
    "VOICEAGENT_DEEPGRAM_STALL_MS": "20000",
}
_ports = iter(range(23100, 23900))  # the kernel gives none of these to a client on its way out


@dataclass
class Run:
    """What one process left behind.

    Attributes:
        log: Its stdout and stderr.
        files: Every file of its folders.
        commands: What ``settings``, ``doctor`` and ``calls`` printed.
    """

    log: bytes
    files: dict[str, bytes]
    commands: dict[str, bytes]

    def everything(self):
        return [self.log, *self.files.values(), *self.commands.values()]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run for every set of faults."""

    async def main():
        room = asyncio.Semaphore(AT_ONCE)

        async def one(faults):
            async with room:
                return faults, await faulty_run(tmp_path_factory.mktemp("r"), faults)

        async with asyncio.TaskGroup() as tasks:  # one that fails ends the others' processes
            running = [tasks.create_task(one(faults)) for faults in [*FAULTS, NO_KEYS]]
        return dict(task.result() for task in running)

    return uvloop.run(main())


async def faulty_run(folder, faults):
    """Hold a call through a media process and collect what was written."""
    script = folder / "script.jsonl"
    script.write_text(json.dumps({"segments": [[WORDS, 700]] * UTTERANCES}) + "\n")
    parsed = () if faults == NO_KEYS else parse_faults(faults)
    vendors = Simulators(Delays(), in_force := Faults(), script)
    try:
        environ = settings(folder, await vendors.start(), {} if faults == NO_KEYS else KEYS)
        if "deepgram" not in faults:
            environ |= PATIENT_EAR
        async with media_process(folder, environ) as (log, ready):
            await ready
            in_force.replace(parsed)
            await one_call(folder)
        names = ["doctor"] if set("0134") & set(faults) or faults == NO_KEYS else []
        if not faults:
            names = ["doctor", "doctor --json", "settings", "settings --json"]
        commands = {name: await printed(environ, *name.split()) for name in names}
    finally:
        await vendors.close()
    folders = [folder / "data", folder / "run"]
    files = {
        str(path): path.read_bytes()
        for root in folders
        for path in root.rglob("*")
        if path.is_file()
    }
    return Run(log.read_bytes(), files, commands)


def settings(folder, vendors_port, keys):
    port = next(port for port in _ports if _is_free(port))
    return {
        **plain_env(),
        **keys,
        "VOICEAGENT_STT": "deepgram,offline",
        "VOICEAGENT_LLM": "groq,rules",
        "VOICEAGENT_TTS": "cartesia,offline",
        "VOICEAGENT_DEEPGRAM_URL": f"ws://127.0.0.1:{vendors_port}",
        "VOICEAGENT_GROQ_URL": f"http://127.0.0.1:{vendors_port}/openai/v1",
        "VOICEAGENT_CARTESIA_URL": f"ws://127.0.0.1:{vendors_port}",
        "VOICEAGENT_AUDIOSOCKET_PORT": str(port),
        "VOICEAGENT_RUN_DIR": str(folder / "run"),
        "VOICEAGENT_DATA_DIR": str(folder / "data"),
        "VOICEAGENT_LOG_LEVEL": "DEBUG",
        "PYTHONASYNCIODEBUG": "",
    }


def _is_free(port):
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


@asynccontextmanager
async def media_process(folder, environ):
    """Run the media role; gives its log and a future for its readiness."""
    log = folder / "log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ari_app", "run", "--role", "media",
            env=environ, stdout=output, stderr=output, cwd=folder,
        )  # fmt: skip
    try:
        async with asyncio.timeout(START_S):
            yield log, _ready(log, process)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            assert await process.wait() == 0


async def _ready(log, process):
    while b"media process ready" not in log.read_bytes():
        assert process.returncode is None, log.read_text()
        await asyncio.sleep(0.05)


async def one_call(folder):
    """Call, say both sentences when it is our turn, and hang up."""
    call_id = uuid.uuid4()
    reader, writer = await asyncio.open_unix_connection(folder / "run" / "media.sock")
    request = {
        "op": "register", "uuid": str(call_id), "did": DID, "caller": CALLER,
        "channel": "PJSIP/a-1", "uniqueid": "1.1",
    }  # fmt: skip
    writer.write(json.dumps(request).encode() + b"\n")
    reply = json.loads(await reader.readline())
    writer.close()
    assert reply["ok"], reply
    host, _, port = reply["media"].rpartition(":")
    leg = Leg(*await asyncio.open_connection(host, int(port)))
    leg.send(0x01, call_id.bytes)
    async with Handset(leg) as phone:
        await phone.answered()
        for _ in range(UTTERANCES):
            await phone.say(700)
            assert await phone.answered(), "the agent hung up"


async def printed(environ, *arguments):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ari_app", *arguments,
        env={**environ, "COLUMNS": "400"},  # a row is a line
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(START_S):
        output, _ = await process.communicate()
    return output


@pytest.mark.parametrize("faults", [*FAULTS, NO_KEYS])
def test_no_key_is_written_anywhere(runs, faults):
    run = runs[faults]
    assert run.files and all(run.commands.values())
    for written in run.everything():
        assert MARK not in written


@pytest.mark.parametrize("faults", [*FAULTS, NO_KEYS])
def test_no_log_line_tells_who_called_or_what_was_said(runs, faults):
    for secret in PERSONAL:
        assert secret not in runs[faults].log.lower()


@pytest.mark.parametrize("faults", [faults for faults in FAULTS if "deepgram" not in faults])
def test_what_is_looked_for_would_be_found(runs, faults):
    run = runs[faults]
    kept = b"".join(content for path, content in run.files.items() if "voiceagent.db" in path)
    for personal in (CALLER.encode(), b"zebra", b"quokka"):
        assert personal in kept  # the record has them, as it should
    assert b"call connected" in run.log


def test_the_commands_speak_of_the_keys_without_telling_them(runs):
    printed = runs[""].commands
    assert b"DEEPGRAM_API_KEY=(set)" in printed["settings"]
    assert b"DEEPGRAM_API_KEY is not set" in runs[NO_KEYS].commands["doctor"]


@pytest.mark.parametrize(
    ("faults", "variables"),
    [
        (NO_KEYS, ["DEEPGRAM_API_KEY", "CARTESIA_API_KEY"]),
        ("deepgram:401", ["DEEPGRAM_API_KEY"]),
        ("deepgram:404", ["VOICEAGENT_DEEPGRAM_MODEL"]),
        ("groq:401,cartesia:401", ["GROQ_API_KEY", "CARTESIA_API_KEY"]),
        ("groq:402,cartesia:404", ["GROQ_API_KEY", "VOICEAGENT_CARTESIA_MODEL"]),
        ("groq:404,cartesia:refuse", ["VOICEAGENT_GROQ_MODEL", "VOICEAGENT_CARTESIA_URL"]),
    ],
)
def test_the_first_call_names_the_setting_in_one_line(runs, faults, variables):
    lines = [
        line
        for line in runs[faults].log.decode().splitlines()
        if " WARNING " in line or " ERROR " in line
    ]
    for variable in variables:
        assert any(variable in line for line in lines), lines
    assert "Traceback" not in runs[faults].log.decode()


def test_the_database_and_the_folders_are_for_their_owner_only(runs):
    for path in runs[""].files:
        assert os.stat(path).st_mode & 0o077 == 0, path
