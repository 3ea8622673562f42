"""The AudioSocket and gate side of Asterisk over real sockets, for tests that need no PBX."""

import asyncio
import json
import struct
import uuid
from contextlib import asynccontextmanager, suppress
from pathlib import Path, PurePosixPath

import audiosocket_agent
from audiosocket_agent.call import CallConfig
from audiosocket_agent.company import load_companies
from audiosocket_agent.control import NoControl
from audiosocket_agent.conversation_state import Booked, BookingFailed
from audiosocket_agent.dialogue import Mind
from audiosocket_agent.endpointing import EndpointConfig
from audiosocket_agent.errors import BookingError
from audiosocket_agent.media import MediaConfig, MediaProcess, ProcessEngines
from audiosocket_agent.person_desk import PersonDesk
from audiosocket_agent.phrases import Phrases
from audiosocket_agent.sounds import Sounds
from audiosocket_agent.speech_judge import SpeechJudge
from audiosocket_agent.turns import TurnConfig
from audiosocket_agent.vad import VadConfig
from tests.engines import ScriptedEar, ToneVoice, speech

SHIPPED = Path(audiosocket_agent.__file__).parent / "companies"
DID = "441632960001"
SILENCE = bytes(320)


class Notes:
    """A journal and a diary in memory."""

    def __init__(self, booking_fails=False):
        self.events, self.turns, self.ends, self.booked, self.costs = [], {}, {}, [], {}
        self.callbacks, self.released = [], []
        self.booking_fails = booking_fails
        self._changed = asyncio.Event()

    async def until(self, condition):
        """Wait until something noted makes the condition true; return its value."""
        while not (value := condition()):
            self._changed.clear()
            await self._changed.wait()
        return value

    def registered(self, info, company, recording):
        self.events.append(("registered", info.record_id))
        self._changed.set()

    def returned(self, record_id):
        self.events.append(("returned", record_id))
        self.ends.pop(record_id, None)
        self._changed.set()

    def wanted(self, record_id, why):
        self.events.append(("wanted", record_id, why))
        self._changed.set()

    async def note(self, record_id, company, request):
        if self.booking_fails:
            raise BookingError("the notebook is lost")
        self.callbacks.append((record_id, request))
        self._changed.set()

    def connected(self, call_id):
        self.events.append(("connected", call_id))
        self._changed.set()

    def turn(self, call_id, turn):
        self.turns[call_id, turn.index] = turn
        self._changed.set()

    def spent(self, call_id, spent):
        self.costs[call_id] = spent

    def ended(self, call_id, reason, outcome):
        self.events.append(("ended", call_id))
        self.ends[call_id] = (reason, outcome)
        self._changed.set()

    async def book(self, call_id, company, request):
        if self.booking_fails:
            return BookingFailed()
        self.booked.append((call_id, request))
        self._changed.set()
        return Booked("123456")

    async def agenda(self, company, record_id=None):
        return None

    async def hold(self, record_id, company, request):
        return True

    async def release(self, record_id):
        self.released.append(record_id)


class Pbx:
    """One media process and the PBX that calls it."""

    def __init__(self, media, notes, link_path, stop):
        self.media, self.notes, self._link_path, self.stop = media, notes, link_path, stop
        self.legs = []

    async def ask(self, message):
        reader, writer = await asyncio.open_unix_connection(self._link_path)
        writer.write(message if isinstance(message, bytes) else json.dumps(message).encode())
        writer.write(b"\n")
        line = await reader.readline()
        writer.close()
        return json.loads(line)

    async def register(self, call_id=None, did=DID, caller="01632960123", call="", back=""):
        call_id = call_id or uuid.uuid4()
        reply = await self.ask(
            {
                "op": "register",
                "uuid": str(call_id),
                "call": str(call or call_id),
                "back": back,
                "did": did,
                "caller": caller,
                "channel": "PJSIP/a-1",
                "uniqueid": "1.1",
            }
        )
        return call_id, reply  # fmt: skip

    async def outcome(self, call_id):
        return await self.ask({"op": "outcome", "uuid": str(call_id)})

    async def connect(self):
        host, _, port = self.media._address.rpartition(":")
        self.legs.append(Leg(*await asyncio.open_connection(host, int(port))))
        return self.legs[-1]

    async def call(self, **registration):
        """Register and connect a call, as the dialplan does."""
        call_id, reply = await self.register(**registration)
        assert reply["ok"], reply
        leg = await self.connect()
        leg.call_id = call_id
        leg.send(0x01, call_id.bytes)
        return leg

    async def ended(self, call_id):
        return await self.notes.until(lambda: self.notes.ends.get(call_id))


class Leg:
    """One AudioSocket connection, seen from Asterisk."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.frames, self.hung_up = [], False

    def send(self, kind, payload=b""):
        self.writer.write(struct.pack(">BH", kind, len(payload)) + payload)

    async def read(self):
        """Return the next frame; None when the agent said goodbye or closed."""
        try:
            kind, length = struct.unpack(">BH", await self.reader.readexactly(3))
            payload = await self.reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        if kind == 0x00:
            self.hung_up = True
            return None
        assert (kind, length) == (0x10, 320)
        self.frames.append(payload)
        return payload

    async def until(self, voiced, frames=1):
        """Read until so many frames in a row are (not) voiced; False if the call ended before."""
        run = 0
        while run < frames:
            frame = await self.read()
            if frame is None:
                return False
            run = run + 1 if (frame != SILENCE) is voiced else 0
            self.send(0x10, SILENCE)
        return True

    async def talk(self, ms):
        """Send so much voice, frame by frame as the agent's frames come."""
        voice = speech(ms)
        for at in range(0, len(voice), 320):
            self.send(0x10, voice[at : at + 320])
            await self.read()

    async def answer(self):
        """Let the agent finish, speak, and wait until it speaks again (False: it hung up)."""
        await self.until(voiced=False, frames=15)  # longer than the breath between two sentences
        await self.talk(400)
        return await self.until(voiced=True)

    async def drain(self):
        """Read to the end of the call, silent."""
        while await self.read() is not None:
            self.send(0x10, SILENCE)

    def close(self):
        self.writer.close()

    def reset(self):
        """End with RST, as Asterisk does when it has not read all we sent."""
        self.writer.get_extra_info("socket").setsockopt(1, 13, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


TURNS = TurnConfig(EndpointConfig(blind_ms=300))


@asynccontextmanager
async def pbx(tmp_path, ear=None, voice=None, notes=None, capacity=10, companies=None, mind=None,
              turns=None, speculation_tokens=20_000, judge=None, timeout_s=60,
              control=None, phrases=None):  # fmt: skip
    """A running media process with scripted engines."""
    voice = voice or ToneVoice()
    engines = ProcessEngines(
        ear or ScriptedEar(),
        mind or Mind(),
        voice,
        phrases or Phrases([("tone", voice)], tmp_path / "speech"),
        judge or SpeechJudge(ready=1),
    )
    notes = notes or Notes()
    link_path = tmp_path / "m.sock"
    config = MediaConfig(
        host="127.0.0.1", port=0, link_path=link_path, link_mode=0o600, link_gid=-1,
        capacity=capacity, call=CallConfig(VadConfig(), turns or TURNS, speculation_tokens),
        recordings=PurePosixPath("/recordings"),
    )  # fmt: skip
    sounds = Sounds(tmp_path, PurePosixPath("/sounds"), voice)
    people = PersonDesk(control or NoControl(), notes, sounds)
    companies = companies or load_companies(SHIPPED)
    media = MediaProcess(config, companies, engines, notes, notes, people)
    stop, ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(media.serve(stop.wait(), ready.set))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    it = Pbx(media, notes, link_path, stop)
    try:
        async with asyncio.timeout(timeout_s):
            yield it
    finally:
        stop.set()
        for leg in it.legs:
            leg.close()
        with suppress(asyncio.CancelledError):
            await serving
