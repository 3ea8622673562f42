"""Digits that only their receiver may see, keyed on a real telephone line: nobody else does."""

import asyncio
import json
import re
import socket
import sqlite3
import subprocess
import urllib.request
from contextlib import asynccontextmanager, closing
from itertools import count

import pytest
from aiohttp import web

from audiosocket_agent.sounds import sound_name
from tests.calls.control_roads import until
from tests.calls.people import company, did_of, furnished, manager
from tests.calls.recorded import RECORDINGS, finished, tone, tone_s
from tests.calls.ring import line, record_of
from tests.pbx import plain_env
from tests.phone import Caller
from tests.phone.voice import speak
from tests.roads import Road

pytestmark = pytest.mark.pbx

PATIENCE_S = 60
TOKEN = "a-bearer-token"
# Each with its check digit, and none like another.
SHOUTED, CORRECTED, UNMUTED, PLAIN = (
    "4929615083744", "5374068219959", "6218403957063", "3841795260839",
)  # fmt: skip
CARDS = (SHOUTED, CORRECTED, UNMUTED, PLAIN)
# What a caller sends before, during and after the digits: three tones are told apart anywhere.
BEFORE_HZ, DURING_HZ, AFTER_HZ = 700, 900, 1300
CONSENT = "We keep the sound of this."
WORDS = ["I would like to give you my card number", "", "", "", "", ""]
_numbers = count(7700907000)


class Receiver:
    """Takes the digits, at a port of its own."""

    def __init__(self):
        self.taken = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/card"

    @asynccontextmanager
    async def listening(self):
        app = web.Application()
        app.router.add_post("/card", self._take)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.SockSite(runner, self._socket).start()
        try:
            yield
        finally:
            await runner.cleanup()

    async def _take(self, request):
        self.taken.append((request.headers.get("Authorization"), await request.json()))
        return web.json_response({})


class Stage:
    """A sandbox with simulated vendors, a receiver, and a road to AMI.

    Attributes:
        companies: Those with a secret.
        muted: What AMI told of muted recordings: by channel, each state.
        ami_gone: Set when there is no AMI any more.
    """

    def __init__(self, sandbox, it, ami, receiver, companies):
        self.sandbox, self.line, self.ami, self.receiver = sandbox, it, ami, receiver
        self.companies = companies
        self.muted = []
        self.ami_gone = asyncio.Event()

    def told(self, event):
        if event.get("Event") == "MixMonitorMute":
            self.muted.append((event["Channel"], event["State"]))

    async def call(self, key):
        number = f"0{next(_numbers)}"
        call, live = await self.line.call(did_of(key, self.companies), Caller(number))
        await call.agent_quiet(0.8, PATIENCE_S, after=await call.agent_sounds(PATIENCE_S) + 1)
        return call, live

    async def asked_for_digits(self, call, live, nth=1):
        """Say what is in the script, and wait until the digits are asked for the nth time."""
        if nth == 1:
            await call.say(speak("I would like to give you my card number"))
        async with asyncio.timeout(PATIENCE_S):
            while True:
                turns = await live.turns()
                if sum("key in your card number" in turn["text"] for turn in turns) >= nth:
                    return
                await asyncio.sleep(0.05)

    async def received(self, live, digits):
        """Wait until the receiver has the digits; returns the call's record."""
        record = await live.record()
        body = {"call_id": record["call_id"], "name": "card", "digits": digits}
        await until(lambda: (f"Bearer {TOKEN}", body) in self.receiver.taken, PATIENCE_S)
        return record


def companies(url):
    card = {"name": "your card number", "least": 12, "most": 16, "luhn": True,
            "url": url, "token": "CARD_TOKEN"}  # fmt: skip
    secrets = {"secrets": {"card": card}, "no_input_s": 60}  # some wait for others
    return [
        company("rec_secret", 621, {}, recording={"on": True}, **secrets),
        company("rec_mute", 622, {}, recording={"on": True, "consent": CONSENT}, **secrets),
        company("rec_plain", 623, {}, **secrets),
    ]


@pytest.fixture
def played(_shared_sandbox, tmp_path):
    """Play every story; returns the sandbox, whose vendors are simulated, and the receiver."""
    sandbox = _shared_sandbox
    script = tmp_path / "script.jsonl"
    script.write_text(json.dumps({"segments": [[words, 800] for words in WORDS]}) + "\n")

    receiver = Receiver()
    ours = companies(receiver.url)

    async def staged():
        async with receiver.listening(), Road(sandbox.ports().ami) as ami:
            env = plain_env() | {
                "VOICEAGENT_SIM_TRANSCRIPTS": str(script),
                "VOICEAGENT_AMI_PORT": str(ami.port),
                "VOICEAGENT_TTS": "offline",
                "CARD_TOKEN": TOKEN,
            }
            await asyncio.to_thread(sandbox.stop_agent)
            await asyncio.to_thread(sandbox.up, env=env, profile="simulated")
            async with line(sandbox) as it:
                stage = Stage(sandbox, it, ami, receiver, ours)
                async with manager(sandbox, stage.told):
                    return await asyncio.gather(
                        with_ami(stage), *(story(stage) for story in WITHOUT_AMI),
                        return_exceptions=True,
                    )  # fmt: skip

    try:
        with furnished(sandbox, tmp_path, ours):
            if failed := [it for it in asyncio.run(staged()) if it is not None]:
                raise ExceptionGroup("stories", failed)
        yield sandbox, receiver
    finally:
        sandbox.stop_agent()


def nowhere(sandbox, digits):
    """Assert that digits are in no file of the agent's, and were not sent to any vendor."""
    # By another process: whoever closes a database's file drops the locks that SQLite holds on it
    # in the same process, which from then on may look at a copy that nobody writes to.
    places = [sandbox.agent.data_dir, *sandbox.logs.glob("*.log")]
    search = ["grep", "--recursive", "--text", "--files-with-matches", "--fixed-strings", digits]
    found = subprocess.run([*search, *places], capture_output=True, text=True)
    assert (found.returncode, found.stdout, found.stderr) == (1, "", "")
    with closing(sqlite3.connect(sandbox.agent.data_dir / "voiceagent.db")) as db:
        # All that a caller said in one: each key may be a turn of its own.
        talks = "SELECT group_concat(text, ' ') FROM turns WHERE speaker = ? GROUP BY call_id"
        for (text,) in db.execute(talks, ("caller",)):
            assert not shares(text, digits), "in the transcript"
    url = f"http://127.0.0.1:{sandbox.ports().vendors}/frames"
    with urllib.request.urlopen(url, timeout=5) as response:
        frames = response.read().decode()
    assert "collect_secret" in frames
    assert digits not in frames
    assert not any(shares(text, digits) for text in strings(json.loads(frames)))


def strings(value):
    """Return every text of a JSON value, requests in requests included."""
    if isinstance(value, str):
        if value.startswith(("{", "[")):
            try:
                return strings(json.loads(value))
            except ValueError:
                pass
        return [value]
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in values for text in strings(one)]


def shares(text, digits, most=4):
    """Say whether a text has more than so many of the digits in a row, however it spaces them."""
    found = "".join(re.findall(r"\d", text))
    pieces = (digits[at : at + most + 1] for at in range(len(digits) - most))
    return any(piece in found for piece in pieces)


async def shout_while_keying(it):
    """What is said is kept from the recording while digits are keyed, and only then."""
    call, live = await it.call("rec_secret")
    await call.say(tone(BEFORE_HZ, 0.6))
    await call.agent_quiet(1.0, PATIENCE_S, after=asyncio.get_running_loop().time())
    await it.asked_for_digits(call, live)
    channel = (await live.record())["channel"]
    await until(lambda: (channel, "1") in it.muted, PATIENCE_S)
    call.noise(tone(DURING_HZ))
    await asyncio.sleep(1)
    await call.send_digits(SHOUTED[:6])
    await asyncio.sleep(1)
    call.noise(tone(0))
    await asyncio.sleep(0.3)
    await call.send_digits(SHOUTED[6:] + "#")
    record = await it.received(live, SHOUTED)
    await until(lambda: (channel, "0") in it.muted, PATIENCE_S)
    await call.say(tone(AFTER_HZ, 1))
    await call.hangup()
    sound = await finished(it.sandbox.root / RECORDINGS / f"{record['call_id']}.wav")
    assert tone_s(sound, BEFORE_HZ) > 0.3 and tone_s(sound, AFTER_HZ) > 0.4
    assert tone_s(sound, DURING_HZ) == 0


async def correct_a_slip(it):
    """The call was to be recorded, but is not: its line is gone. Digits are taken all the same."""
    path = it.sandbox.root / "var/spool/asterisk/voiceagent" / f"{sound_name(CONSENT)}.wav"
    await until(path.exists, PATIENCE_S)
    path.unlink()
    call, live = await it.call("rec_mute")
    await it.asked_for_digits(call, live)
    await call.send_digits(CORRECTED[:5] + "*" + CORRECTED[:-1] + "7#")  # a wrong check digit
    await it.asked_for_digits(call, live, 2)
    await call.send_digits(CORRECTED + "#")
    record = await it.received(live, CORRECTED)
    await call.hangup()
    assert record["recording"] is None


async def key_what_cannot_be_kept_out(it):
    """AMI is gone, so the recording cannot be muted: the digits are refused, and a person comes."""
    call, live = await it.call("rec_secret")
    await it.ami_gone.wait()
    await it.asked_for_digits(call, live)
    await call.send_digits(UNMUTED + "#")
    await call.person_reached(PATIENCE_S)
    await call.hangup()
    await record_of(live, next="queue", wanted="misses")


async def key_without_a_recording(it):
    """Where nothing is recorded nothing has to be muted."""
    call, live = await it.call("rec_plain")
    await it.ami_gone.wait()
    await it.asked_for_digits(call, live)
    await call.send_digits(PLAIN + "#")
    await it.received(live, PLAIN)
    await call.hangup()


async def with_ami(it):
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(shout_while_keying(it))
            group.create_task(correct_a_slip(it))
    finally:
        await it.ami.refuse()
        it.ami_gone.set()


WITHOUT_AMI = (key_what_cannot_be_kept_out, key_without_a_recording)


def test_digits_reach_their_receiver_and_nothing_else(played):
    sandbox, receiver = played
    keyed = sorted(body["digits"] for _, body in receiver.taken)
    assert keyed == sorted({*CARDS} - {UNMUTED})
    for digits in CARDS:
        nowhere(sandbox, digits)
