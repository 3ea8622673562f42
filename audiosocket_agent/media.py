"""A media process: its server, its link, its engines, and the calls it holds."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from audiosocket_agent import briefing, wording
from audiosocket_agent.away import Away, AwayCalls
from audiosocket_agent.call import Call, CallConfig, Ear, End, Engines
from audiosocket_agent.chains.voice import voice_of
from audiosocket_agent.company import Company, did_digits
from audiosocket_agent.company_voice import OWN, Voices, key_of
from audiosocket_agent.conversation import Facts
from audiosocket_agent.desk import BookingDesk
from audiosocket_agent.dialogue import Mind
from audiosocket_agent.diary import Diary
from audiosocket_agent.early import EarlyEar, EarlyVoice
from audiosocket_agent.errors import ProviderError, RegistrationError
from audiosocket_agent.journal import EndReason, Journal
from audiosocket_agent.link import LinkServer, Register
from audiosocket_agent.minutes import Minutes
from audiosocket_agent.pacer import Pacer
from audiosocket_agent.person_desk import PersonDesk, setup_variables
from audiosocket_agent.phrases import Phrases
from audiosocket_agent.protocol import Hello
from audiosocket_agent.registry import CallInfo, Registry
from audiosocket_agent.seams import EarTraits, TextToSpeech
from audiosocket_agent.server import AudioSocketServer, Connection
from audiosocket_agent.speech_judge import SpeechJudge
from audiosocket_agent.tools.company_http import CompanyHttp
from audiosocket_agent.tools.of_call import Tools
from audiosocket_agent.workflow import Outcome

log = logging.getLogger(__name__)

SWEEP_S = 1.0
LONGEST_CONSENT_S = 60.0  # 400 letters, spoken slowly
GREETINGS_FIRST = 20  # made before calls are taken; with more companies the rest comes after
CLOSE_LINES_S = 5.0  # vendors that do not say goodbye in time are left


@dataclass(frozen=True, slots=True)
class MediaConfig:
    """What a media process needs to know.

    Attributes:
        host: Address AudioSocket listens on.
        port: Its port; 0 takes a free one.
        link_path: Where the Unix socket goes.
        link_mode: Its permissions.
        link_gid: Its group; -1 leaves it.
        capacity: Most calls at once.
        call: Thresholds of every call.
        recordings: Where Asterisk records calls, as it sees it.
    """

    host: str
    port: int
    link_path: Path
    link_mode: int
    link_gid: int
    capacity: int
    call: CallConfig
    recordings: PurePosixPath


@dataclass(frozen=True, slots=True)
class ProcessEngines:
    """What a process's calls hear, think and speak with.

    Attributes:
        ear: Opens the ear of a call.
        mind: What thinks.
        voice: Opens the voice of a call.
        phrases: The sentences that are kept ready.
        judge: Tells a voice from a noise.
    """

    ear: CallEars
    mind: Mind
    voice: TextToSpeech
    phrases: Phrases
    judge: SpeechJudge


class CallEars(Protocol):
    """A speech-to-text engine whose sessions tell what kind of ear listens now."""

    @property
    def traits(self) -> EarTraits:
        """Of the ear that is used first."""

    async def session(self, call_id: str, vocabulary: Sequence[str] = ()) -> Ear:
        """See `SpeechToText.session`."""


@dataclass(slots=True)
class _Line:
    """What a registered call has been given before its audio is there."""

    facts: Facts
    ear: EarlyEar
    voice: EarlyVoice
    warming: asyncio.Task[None] | None
    before: Away | None

    async def close(self) -> None:
        if self.warming is not None:
            self.warming.cancel()
        await asyncio.gather(self.ear.close(), self.voice.close(), return_exceptions=True)


class MediaProcess:
    """Takes registrations over the link and calls over AudioSocket.

    Args:
        config: Addresses and limits.
        companies: Companies by DID digits.
        engines: What its calls hear, think and speak with.
        journal: Where notes of calls go.
        diary: Keeps the bookings.
        people: Looks for people.
        find: Gives a moment to find out whose number one is that nobody knows.
    """

    def __init__(
        self,
        config: MediaConfig,
        companies: Mapping[str, Company],
        engines: ProcessEngines,
        journal: Journal,
        diary: Diary,
        people: PersonDesk,
        find: Callable[[str], Awaitable[object]] | None = None,
    ) -> None:
        self._config = config
        self._companies = companies
        self._engines = engines
        self._lines: dict[uuid.UUID, _Line] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._journal = journal
        self._desk = BookingDesk(diary)
        self._people = people
        self._tools = Tools(CompanyHttp(), diary)
        self._away = AwayCalls()
        self._registry = Registry(config.capacity)
        self._server = AudioSocketServer(self._admit)
        self._link = LinkServer(self._register, self._outcome, self._status, self._hang_up, find)
        self._pacer = Pacer(asyncio.get_running_loop())
        self._calls: dict[uuid.UUID, asyncio.Task[None]] = {}
        self._legs: dict[uuid.UUID, CallLeg] = {}  # by record
        self._preparing: asyncio.Task[None] | None = None
        self._making: asyncio.Task[None] | None = None
        self._address = ""

    @property
    def load(self) -> int:
        """Calls announced or on now."""
        return self._registry.load

    async def serve(self, stop: Awaitable[Any], on_ready: Callable[[], None]) -> None:
        """Serve until `stop` completes, then end every call towards people."""
        await self._prepare_greetings(islice(self._each_company(), GREETINGS_FIRST))
        port = await self._server.start(self._config.host, self._config.port)
        self._address = f"{self._config.host}:{port}"
        await self._link.start(
            self._config.link_path, self._config.link_mode, self._config.link_gid
        )
        log.info("media process ready on %s", self._address)
        on_ready()
        sweeping = asyncio.create_task(self._sweep())
        self._begin_preparing()
        try:
            await stop
        finally:
            sweeping.cancel()
            await self._stop_preparing()
            await self._close()

    def use_companies(self, companies: Mapping[str, Company]) -> None:
        """Take other companies, by DID digits, for the calls that come from now on."""
        self._companies = companies
        if self._preparing is not None and self._making is not None:
            self._making.cancel()
            self._preparing.cancel()
            self._begin_preparing()

    def _begin_preparing(self) -> None:
        self._making = asyncio.create_task(self._make_sounds())
        self._preparing = asyncio.create_task(self._prepare_rest())

    async def _stop_preparing(self) -> None:
        under_way = [task for task in (self._making, self._preparing) if task is not None]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    def _make_again(self) -> None:
        """Make sounds that could not be made before: a voice comes back, a folder is mended."""
        if self._making is not None and self._making.done():
            self._making = asyncio.create_task(self._make_sounds())

    def _each_company(self) -> Iterable[Company]:
        return {company.key: company for company in self._companies.values()}.values()

    async def _make_sounds(self) -> None:
        """Make what Asterisk plays of each company's own."""
        for company in self._each_company():
            texts = [text for text in (company.recording.consent, company.closed.say) if text]
            if not await self._people.sounds.prepare(texts, company.voice):
                return

    async def _prepare_rest(self) -> None:
        """Prepare what nobody hears first, the sentences that most calls need before the others."""
        await self._prepare(wording.STOCK)
        await self._prepare_greetings(self._each_company())
        for company in self._each_company():
            if self._engines.phrases.is_full:
                return
            today = datetime.now(ZoneInfo(company.timezone)).date()
            own = [*wording.STOCK, *wording.company_stock(company, today)]
            await self._prepare(own, company.voice)
            await asyncio.sleep(0)  # where all is ready already, nothing else waits

    async def _prepare_greetings(self, companies: Iterable[Company]) -> None:
        """Prepare what callers hear first, each voice's in one go."""
        question = wording.HOW_CAN_I_HELP
        by_voice: dict[str, tuple[Voices, list[str]]] = {key_of(OWN): (OWN, [question])}
        for it in companies:
            texts = by_voice.setdefault(key_of(it.voice), (it.voice, [question]))[1]
            texts.append(it.greeting)
        for voices, texts in by_voice.values():
            await self._prepare(texts, voices)

    async def _prepare(self, texts: Iterable[str], voices: Voices = OWN) -> None:
        try:
            await self._engines.phrases.prepare(texts, voices)
        except ProviderError as error:
            # Calls can still be taken: what is not ready is spoken by the voice when it is needed.
            log.error("stock phrases are not ready: %s", error)

    async def _close(self) -> None:
        # The link stays up while calls end, so that the gate can still ask for their outcome.
        for task in self._calls.values():
            task.cancel()
        if self._calls:
            await asyncio.wait(self._calls.values())
        await self._server.close()
        await self._tools.close()
        await self._desk.close()
        await self._people.close()
        for call_id in list(self._lines):
            self._close_line(call_id)
        if self._closing:
            await asyncio.wait(self._closing, timeout=CLOSE_LINES_S)
        await asyncio.sleep(0)  # lets the last 0x00 leave before the pacer and link go
        self._pacer.close()
        await self._link.close()

    # --- the link's questions --------------------------------------------------------------------

    def _register(self, request: Register) -> tuple[str, Mapping[str, str]]:
        company = self._companies.get(did_digits(request.did))
        if company is None:
            raise RegistrationError("unknown_did")
        info = CallInfo(
            call_id=uuid.UUID(request.uuid),
            did=request.did,
            caller=request.caller,
            channel=request.channel,
            uniqueid=request.uniqueid,
            record_id=uuid.UUID(request.call or request.uuid),
            back=request.back,
        )
        before = self._away.take(info.record_id, self._now_s()) if info.back else None
        if info.back and before is None:
            raise RegistrationError("forgotten")
        variables = setup_variables(company, info, self._people.sounds, self._config.recordings)
        later_s = LONGEST_CONSENT_S if "VA_CONSENT" in variables else 0.0
        self._registry.register(info, self._now_s(), later_s)
        self._lines[info.call_id] = self._open_line(info, company, before)
        if info.back:
            self._journal.returned(info.record_id)
        else:
            self._journal.registered(info, company.key, variables.get("VA_RECORD", ""))
            if company.recording.on and "VA_RECORD" not in variables:
                self._make_again()
        return self._address, variables

    def _open_line(self, info: CallInfo, company: Company, before: Away | None) -> _Line:
        """Begin to connect a call's engines: the phone still rings, so nobody waits for it."""
        today = datetime.now(ZoneInfo(company.timezone)).date()
        facts = Facts(company, info.caller, today) if before is None else before.facts
        call_id, engines = str(info.call_id), self._engines
        ear = asyncio.create_task(engines.ear.session(call_id, briefing.vocabulary(facts)))
        speaker = voice_of(engines.voice, facts.company.voice)
        voice = asyncio.create_task(speaker.session(call_id))
        model = engines.mind.model
        return _Line(
            facts,
            EarlyEar(ear, engines.ear.traits),
            EarlyVoice(voice),
            None if model is None else asyncio.create_task(model.warm()),
            before,
        )

    def _close_line(self, call_id: uuid.UUID) -> None:
        line = self._lines.pop(call_id, None)
        if line is not None:
            task = asyncio.create_task(line.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def _outcome(self, call_id_text: str) -> tuple[str, Mapping[str, str]]:
        call_id = uuid.UUID(call_id_text)
        outcome = self._registry.outcome(call_id)
        if outcome is None:
            # The caller is still there, so this was no hangup: Asterisk left the audio early.
            outcome = Outcome.SORRY
            self._registry.finish(call_id, outcome, self._now_s())
            record_id = self._registry.info(call_id).record_id
            self._journal.ended(record_id, EndReason.CONNECTION_LOST, outcome)
        return outcome.value, self._registry.variables(call_id)

    def _hang_up(self, record_id: str) -> None:
        self._legs[uuid.UUID(record_id)].gone()

    def _status(self) -> dict[str, Any]:
        calls = [str(call_id) for call_id in self._registry.live()]
        return {"load": self._registry.load, "capacity": self._config.capacity, "calls": calls}

    # --- calls -----------------------------------------------------------------------------------

    def _admit(self, hello: Hello, connection: Connection) -> CallLeg:
        info = self._registry.admit(hello.call_id, self._now_s())
        leg = CallLeg()
        self._calls[info.call_id] = asyncio.create_task(
            self._hold(info, self._lines[info.call_id], connection, leg)
        )
        return leg

    async def _hold(
        self, info: CallInfo, line: _Line, connection: Connection, leg: CallLeg
    ) -> None:
        """Hold one call and see to it that it ends exactly once, whatever happens."""
        extra = {"call_id": str(info.call_id)}
        log.info("call connected", extra=extra)
        self._journal.connected(info.record_id)
        self._legs[info.record_id] = leg
        ended = End(EndReason.ENGINE_FAILED, Outcome.SORRY)
        engines = self._engines
        stock = engines.phrases.stock(line.facts.company.voice)
        try:
            leg.call = Call(
                info,
                line.facts,
                Engines(line.ear, engines.mind, line.voice, stock, engines.judge),
                self._config.call,
                self._pacer,
                connection,
                Minutes(info.record_id, self._journal, line.before),
                self._desk,
                self._people,
                line.before,
                self._tools,
            )
            ended = await leg.run()
        except asyncio.CancelledError:
            ended = End(EndReason.AGENT_STOPPED, Outcome.SORRY)
        except Exception:
            log.exception("call failed", extra=extra)
        finally:
            del self._calls[info.call_id], self._legs[info.record_id]
            self._desk.release(info.record_id)
            self._registry.finish(info.call_id, ended.outcome, self._now_s(), ended.variables)
            self._journal.ended(info.record_id, ended.reason, ended.outcome)
            log.info("call ended: %s", ended.reason.value, extra=extra)
            try:
                await self._leave(info, leg, ended)
            finally:
                connection.hang_up()
                self._close_line(info.call_id)

    async def _leave(self, info: CallInfo, leg: CallLeg, ended: End) -> None:
        """See a caller off who goes on to somebody."""
        if leg.call is None or ended.outcome in (None, Outcome.HANGUP, Outcome.SORRY):
            return
        self._away.put(info.record_id, leg.call.away(), self._now_s())
        # Should it arrive late, with the caller back here, it must not count for the later part.
        decided = {"VA_FOR": str(info.call_id), "VA_NEXT": ended.outcome.value}
        await self._people.leave(info, {**ended.variables, **decided})

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            for info in self._registry.expire(self._now_s()):
                self._journal.ended(info.record_id, EndReason.NEVER_CONNECTED, None)
                self._close_line(info.call_id)
            self._away.expire(self._now_s())

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()


class CallLeg:
    """The connection's side of a call, there before the call itself is set up.

    Audio that arrives in the milliseconds before the ear is open is dropped; a hangup is kept.
    """

    def __init__(self) -> None:
        self.call: Call | None = None
        self._gone = False

    async def run(self) -> End:
        """Run the call, unless the caller is gone already."""
        assert self.call is not None
        if self._gone:
            self.gone()
        return await self.call.run()

    def audio(self, pcm: bytes) -> None:
        """The caller's audio."""
        if self.call is not None:
            self.call.audio(pcm)

    def key(self, digit: str) -> None:
        """A key was pressed."""
        if self.call is not None:
            self.call.key(digit)

    def gone(self) -> None:
        """Asterisk closed the connection."""
        self._gone = True
        if self.call is not None:
            self.call.end(EndReason.CALLER_HUNG_UP, None)
