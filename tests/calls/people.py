"""A sandbox with people in it: desk phones, queues of theirs, and companies that use them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
import wave
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from ari_app.ami import Ami, AmiLogin
from ari_app.company_store import remove_company
from ari_app.settings import SHIPPED_COMPANIES
from ari_app.store import open_store
from installer.sandbox import Sandbox
from tests.calls.ring import line as phone_line
from tests.pbx import plain_env
from tests.phone import Call, Caller, Desk, Manner, heard
from tests.phone.answering import is_new_call
from tests.phone.endpoint import Address
from tests.phone.live import RecordedCall
from tests.phone.message import Message, uri_of

PROGRAM = Path(sys.executable).parent / "voiceagent"
PATIENCE_S = 60.0
SAMPLE = yaml.safe_load((SHIPPED_COMPANIES / "harbour.yaml").read_text())
SHUT = {"timezone": "UTC", "closed": {"to": "agent"}}

BELLS = 10
MUTES = 6


def _bell(name: str, music: str) -> str:
    return f"""
[{name}]
strategy = ringall
timeout = 60
retry = 1
joinempty = yes
musicclass = {music}
member => PJSIP/100,0,{name.capitalize()},Custom:{name}
"""


# Beside the sandbox's own, so that callers of different tests do not wait for each other. The bells
# ring one telephone, but each thinks it free whatever the others do. In the mute ones nothing is
# played, so that the agent's last word is the last that is heard.
QUEUES = """
[side]
strategy = ringall
timeout = 60
retry = 1
ringinuse = no
joinempty = yes
musicclass = default
member => PJSIP/101,0,Desk 101
""" + "".join(
    [_bell(f"bell{n}", "default") for n in range(1, BELLS + 1)]
    + [_bell(f"mute{n}", "mute") for n in range(1, MUTES + 1)]
)
MUSIC = """
[mute]
mode = files
directory = /var/lib/asterisk/mute-moh
"""

TONE = np.asarray(8000 * np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000), dtype=np.int16)
"""What callers and people send in these tests once they are connected, so that they are told from
music and from the agent."""

_numbers = count(7700901000)


def company(key: str, did: int, people: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the sample company under another name and number, with these people."""
    given = {"key": key, "dids": [f"44163296{did:04}"], "people": dict(people)}
    return {**SAMPLE, **given, **changes}


def did_of(key: str, companies: Iterable[Mapping[str, Any]]) -> str:
    """Return the number of a company."""
    return next(str(it["dids"][0]) for it in companies if it["key"] == key)


@contextmanager
def furnished(
    sandbox: Sandbox,
    folder: Path,
    companies: list[dict[str, Any]],
    profile: str = "offline",
    **env: str,
) -> Iterator[Sandbox]:
    """Give the sandbox these companies and the queues above; the companies go at the end."""
    sandbox.up(env={**plain_env(), **env}, profile=profile)
    _append(sandbox.root / "etc/asterisk/musiconhold.conf", MUSIC)
    _append(sandbox.root / "etc/asterisk/queues.conf", QUEUES)
    silence = sandbox.root / "var/lib/asterisk/mute-moh/silence.wav"
    silence.parent.mkdir(exist_ok=True)
    with wave.open(str(silence), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(160_000))
    asyncio.run(_reload(sandbox))
    paths = [folder / f"{it['key']}.yaml" for it in companies]
    for path, it in zip(paths, companies, strict=True):
        path.write_text(yaml.safe_dump(it))
    here = {**plain_env(), "VOICEAGENT_DATA_DIR": str(sandbox.agent.data_dir)}
    command = [PROGRAM, "companies", "import", *paths]
    subprocess.run(command, env=here, check=True, stdout=subprocess.DEVNULL)
    try:
        _await_dids(sandbox, {str(it["dids"][0]) for it in companies})
        yield sandbox
    finally:
        asyncio.run(_remove(sandbox, [it["key"] for it in companies]))


async def _remove(sandbox: Sandbox, keys: list[str]) -> None:
    store = await open_store(sandbox.agent.data_dir / "voiceagent.db")
    try:
        for key in keys:
            await remove_company(store, key)
    finally:
        await store.close()


def _await_dids(sandbox: Sandbox, wanted: set[str]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    url = f"http://127.0.0.1:{sandbox.ports().http}/health"
    while True:
        with urllib.request.urlopen(url, timeout=5) as response:
            if wanted <= set(json.load(response)["dids"]):
                break
        assert time.monotonic() < deadline, "the companies do not arrive"
        time.sleep(0.1)
    time.sleep(2)  # the media process follows the database by itself


def _append(path: Path, text: str) -> None:
    there = path.read_text()
    if text not in there:
        path.write_text(there + text)


async def _reload(sandbox: Sandbox) -> None:
    async with manager(sandbox, lambda event: None) as ami:
        await ami.action("Reload", {"Module": "res_musiconhold.so"}, 5.0)
        await ami.action("QueueReload", {}, 5.0)


@asynccontextmanager
async def manager(sandbox: Sandbox, on_event: Any) -> AsyncIterator[Ami]:
    """Log in to AMI as the sandbox's administrator."""
    stop = asyncio.Event()
    ami = Ami(AmiLogin("127.0.0.1", sandbox.ports().ami, *sandbox.ami_login()), on_event)
    running = asyncio.create_task(ami.run(stop))
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not ami.up:
                await asyncio.sleep(0.02)
        yield ami
    finally:
        stop.set()
        await running


@dataclass
class Guest:
    """One caller, and what is on record of the call."""

    number: str
    call: Call
    live: RecordedCall

    async def presses(self, key: str = "0") -> float:
        """Press a key; returns when it had been pressed."""
        await self.call.send_digits(key)
        return asyncio.get_running_loop().time()

    async def row(self, **expected: Any) -> dict[str, Any]:
        """Wait until the record says what is expected."""
        record: dict[str, Any] | None = None
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while asyncio.get_running_loop().time() < deadline:
            record = await self.live.record()
            if record and all(record[name] == value for name, value in expected.items()):
                return record
            await asyncio.sleep(0.1)
        raise AssertionError(f"expected {expected} in {record}")

    async def told(self, words: str) -> dict[str, Any]:
        """Wait until the agent says something with these words in it; returns the turn."""
        turns: list[dict[str, Any]] = []
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while asyncio.get_running_loop().time() < deadline:
            turns = await self.live.turns()
            for turn in turns:
                if turn["speaker"] == "agent" and words in turn["text"]:
                    await self.call.agent_sounds(PATIENCE_S, asyncio.get_running_loop().time())
                    return turn
            await asyncio.sleep(0.05)
        raise AssertionError(f"{words!r} is not in {[turn['text'] for turn in turns]}")

    async def asked(self, slot: str) -> None:
        """Wait until this is asked, the latest of all questions."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while asyncio.get_running_loop().time() < deadline:
            asking = [turn["asks"] for turn in await self.live.turns() if turn["asks"]]
            if asking and asking[-1] == slot:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{slot} is not asked; the questions were {asking}")

    def said(self, turns: Iterable[Mapping[str, Any]]) -> str:
        """Return the agent's part of a record."""
        return " | ".join(str(turn["text"]) for turn in turns if turn["speaker"] == "agent")


class Telephone(Desk):
    """A desk phone that does with each caller what was told; nobody answers the others."""

    def __init__(self, port: int) -> None:
        super().__init__(port, Manner.RING)
        self.manners: dict[str, tuple[Manner, float]] = {}

    def strange(self, message: Message, addr: Address) -> None:
        """See `Desk.strange`."""
        if is_new_call(message):
            number = uri_of(message.get("from")).partition(":")[2].partition("@")[0]
            self.manner, self.after_s = self.manners.get(number, (Manner.RING, 0.0))
        super().strange(message, addr)


@dataclass
class House:
    """The people, the caller's line and the manager interface.

    Attributes:
        desks: Desk phones by extension.
        events: AMI events so far, with the time they came.
    """

    sandbox: Sandbox
    companies: list[dict[str, Any]]
    line: Any
    ami: Ami
    desks: dict[str, Telephone]
    events: list[tuple[float, Mapping[str, str]]]
    _rung: Mapping[tuple[str, str], asyncio.Queue[Call]] = field(
        default_factory=lambda: defaultdict(asyncio.Queue)
    )

    async def guest(self, key: str) -> Guest:
        """Call a company; returns when the agent is in the middle of its greeting."""
        number = f"0{next(_numbers)}"
        call, live = await self.line.call(did_of(key, self.companies), Caller(number))
        await call.agent_sounds(PATIENCE_S)
        await asyncio.sleep(0.5)
        return Guest(number, call, live)

    def treats(
        self, guest: Guest, manner: Manner, after_s: float = 0.2, at: str | None = None
    ) -> None:
        """Decide what a desk phone does with this caller; None: every one."""
        for extension, desk in self.desks.items():
            if at in (None, extension):
                desk.manners[guest.number] = manner, after_s

    async def rung(self, extension: str, guest: Guest, within_s: float = PATIENCE_S) -> Call:
        """Wait until a desk phone rings for this caller."""
        async with asyncio.timeout(within_s):
            return await self._rung[extension, guest.number].get()

    async def variable(self, guest: Guest, name: str) -> str:
        """Return a variable of the caller's channel."""
        record = await guest.row()
        fields = {"Channel": record["channel"], "Variable": name}
        return str((await self.ami.action("Getvar", fields))["Value"])

    async def hand_out(self, extension: str, desk: Desk) -> None:
        """Sort a desk phone's calls by who calls."""
        while True:
            call = await desk.rung(3600)
            await self._rung[extension, call.dialog.line.caller.number].put(call)


@asynccontextmanager
async def house(sandbox: Sandbox, companies: list[dict[str, Any]]) -> AsyncIterator[House]:
    """All four desk phones at their places, ringing unanswered until told otherwise."""
    events: list[tuple[float, Mapping[str, str]]] = []
    loop = asyncio.get_running_loop()
    places: Any = sandbox.endpoints()["desks"]
    desks = {str(it["extension"]): Telephone(it["port"]) for it in places}
    async with (
        manager(sandbox, lambda event: events.append((loop.time(), dict(event)))) as ami,
        phone_line(sandbox) as line,
        desks["100"], desks["101"], desks["102"], desks["103"],
    ):  # fmt: skip
        it = House(sandbox, companies, line, ami, desks, events)
        sorting = [asyncio.create_task(it.hand_out(*item)) for item in desks.items()]
        try:
            yield it
        finally:
            for task in sorting:
                task.cancel()
            await asyncio.gather(*sorting, return_exceptions=True)


def side_by_side(
    sandbox: Sandbox, companies: list[dict[str, Any]], *stories: Callable[[House], Awaitable[Any]]
) -> list[Any]:
    """Play stories in one house; returns what came of each, exceptions included."""

    async def main() -> list[Any]:
        async with house(sandbox, companies) as it:
            return await asyncio.gather(*(story(it) for story in stories), return_exceptions=True)

    return asyncio.run(main())


def shut_today() -> dict[str, Any]:
    """Return fields of a company that is closed, but for its agent."""
    return {**SHUT, "holidays": [datetime.now(UTC).date().isoformat()]}


def hears_music(call: Call, since: float, until: float) -> None:
    """Assert that somebody hears something between two moments, and that it is no tone."""
    sound = call.sound().after(since)
    keep = sound.at < until
    voiced, tone = sound.voiced()[keep], sound.tone[keep]
    assert len(voiced) > 20 and voiced.mean() > 0.5, f"silence: {voiced.mean():.2f} of it sound"
    assert (tone >= heard.TONE_SHARE).mean() < 0.2, "a tone, no music"


def whisper_s(person: Call) -> float:
    """Return how long somebody heard a voice before the first tone."""
    sound = person.sound()
    spans = heard.tone_spans(sound)
    end = spans[0].start if spans else float("inf")
    voice = heard.segments(heard.speech(sound))
    return sum(min(it.end, end) - it.start for it in voice if it.start < end)


async def talk(guest: Guest, person: Call) -> tuple[float, float]:
    """Both send a tone until both have heard the other's; returns when each of them began to."""
    await person.answered(PATIENCE_S)
    guest.call.noise(TONE)
    person.noise(TONE)
    at = await asyncio.gather(
        guest.call.person_reached(PATIENCE_S), person.person_reached(PATIENCE_S)
    )
    return at[0], at[1]
