"""Recordings and messages on the real Asterisk: what the caller hears, and what is in the files."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from audiosocket_agent.company_fields import DAYS
from audiosocket_agent.sounds import sound_name
from tests.calls.control_roads import until
from tests.calls.people import company, did_of, furnished, shut_today
from tests.calls.recorded import (
    RECORDINGS,
    finished,
    heard_by,
    read_wav,
    share_found,
    tone,
    tone_s,
)
from tests.calls.ring import line, record_of
from tests.phone import Caller, Desk, Manner, Party

pytestmark = pytest.mark.pbx

PATIENCE_S = 60
CALLER_HZ, PERSON_HZ = 700, 1000
CONSENT = "To help us train new colleagues, we keep the sound of every conversation."
LOST = "The sound of this sentence is deleted by somebody who tidies up."
LONG = " ".join(["We keep what is said here for a while, and then throw it away."] * 5)
SAY = "Nobody works today. Please try again tomorrow morning, from nine o'clock."
ON = {"on": True}
SHUT = shut_today() | {"closed": {"to": "message"}}
DAY_AFTER_NEXT = DAYS[(datetime.now(UTC).weekday() + 2) % 7]
COMPANIES = [
    company("rec_consent", 601, {}, recording=ON | {"consent": CONSENT}),
    company("rec_long", 602, {}, recording=ON | {"consent": LONG}),
    company("rec_lost", 603, {}, recording=ON | {"consent": LOST}),
    company("rec_back", 604, {"ring_s": 5}, recording=ON, queue="desk"),
    company("rec_off", 605, {}),
    company("rec_box", 606, {}, **SHUT | {"closed": {"to": "voicemail"}}, mailbox="100@default"),
    company("rec_own", 607, {}, **SHUT | {"closed": {"to": "voicemail"}}),
    company("rec_say", 608, {}, **SHUT | {"closed": {"to": "message", "say": SAY}}),
    company("rec_usual", 609, {}, hours={DAY_AFTER_NEXT: ["09:00-17:00"]}),
    company("rec_holiday", 611, {}, **SHUT, hours={day: ["00:00-24:00"] for day in DAYS}),
    company("rec_days", 610, {}, recording=ON | {"keep_days": 3}),
]
_numbers = count(7700906000)


@pytest.fixture(scope="module")
def _furnished(_shared_sandbox, tmp_path_factory):
    with furnished(_shared_sandbox, tmp_path_factory.mktemp("companies"), COMPANIES) as it:
        yield it


def sound_file(sandbox, text):
    return sandbox.root / "var/spool/asterisk/voiceagent" / f"{sound_name(text)}.wav"


def recording_of(sandbox, record):
    return sandbox.root / RECORDINGS / f"{record['call_id']}.wav"


def dial(it, key):
    return it.call(did_of(key, COMPANIES), Caller(f"0{next(_numbers)}"))


async def connected(live):
    """Wait until the agent has the call; returns the loop's time."""
    async with asyncio.timeout(PATIENCE_S):
        while not ((record := await live.record()) and record["connected_at"]):
            await asyncio.sleep(0.02)
    return asyncio.get_running_loop().time()


async def to_the_person(it):
    """Hear the consent line, then the greeting, speak, and go on to a person."""
    call, live = await dial(it, "rec_consent")
    at = await connected(live)
    greeted_at = await call.agent_sounds(PATIENCE_S, after=at + 0.05)
    await call.agent_quiet(0.5, PATIENCE_S, after=greeted_at + 0.5)
    await call.say(tone(CALLER_HZ, 1.5))
    await call.send_digits("0")
    await call.person_reached(PATIENCE_S)
    await call.say(tone(CALLER_HZ, 0.5))
    await call.hangup()
    record = await record_of(live, hung_up_by="caller")
    consent = read_wav(sound_file(it.sandbox, CONSENT))
    # What the caller heard: the line, and after it the greeting.
    assert share_found(consent, heard_by(call, until=at)) > 0.8
    assert share_found(consent, heard_by(call, at)) < 0.2
    greeting = heard_by(call, greeted_at, greeted_at + 3)
    # What is in the file: all but the line.
    path = recording_of(it.sandbox, record)
    assert record["recording"] == f"/{RECORDINGS}/{path.name}"
    sound = await finished(path)
    assert share_found(consent, sound) < 0.2
    assert share_found(greeting, sound[: 5 * 8000]) > 0.8
    assert tone_s(sound, CALLER_HZ) > 1
    assert tone_s(sound, PERSON_HZ) > 0.4
    can_be_read_and_deleted_by_the_group(path)


def can_be_read_and_deleted_by_the_group(path):
    folder, file = path.parent.stat(), path.stat()
    assert folder.st_mode & 0o7777 == 0o2770  # nobody else gets in, whatever a file allows
    assert file.st_gid == folder.st_gid
    # Somebody who is nothing but a member of the group; the folders above are the test's own.
    handle = os.open(path.parent, os.O_RDONLY)
    here = f"/proc/self/fd/{handle}/{path.name}"
    try:
        for command in (["cat", here], ["rm", here]):
            subprocess.run(
                command, user=65534, group=folder.st_gid, extra_groups=[], pass_fds=[handle],
                check=True, stdout=subprocess.DEVNULL,
            )  # fmt: skip
    finally:
        os.close(handle)
    assert not path.exists()


async def hang_up_before_the_greeting(it):
    call, live = await dial(it, "rec_consent")
    await call.agent_sounds(PATIENCE_S)
    await asyncio.sleep(0.5)
    await call.hangup()
    record = await record_of(live, hung_up_by="caller")
    assert record["connected_at"] is None
    assert not recording_of(it.sandbox, record).exists()


async def hear_a_long_line(it):
    """The line takes longer than a call has to connect without one."""
    call, live = await dial(it, "rec_long")
    heard_at = await call.agent_sounds(PATIENCE_S)
    at = await connected(live)
    assert at - heard_at > 10
    await call.agent_sounds(PATIENCE_S, after=at + 0.05)
    await asyncio.sleep(1)
    await call.hangup()
    record = await record_of(live, end_reason="caller_hung_up")
    assert len(await finished(recording_of(it.sandbox, record))) > 4000


async def go_unrecorded(it):
    """Somebody deleted the sound; the call goes on, and the next one is recorded again."""
    path = sound_file(it.sandbox, LOST)
    await until(path.exists, PATIENCE_S)
    path.unlink()
    call, live = await dial(it, "rec_lost")
    await call.agent_sounds(PATIENCE_S, after=await connected(live))
    await asyncio.sleep(0.5)
    await call.hangup()
    record = await record_of(live, end_reason="caller_hung_up")
    assert record["recording"] is None
    assert not recording_of(it.sandbox, record).exists()
    log = (it.sandbox.logs / "agent.log").read_text()
    (why,) = [one for one in log.splitlines() if record["call_id"] in one and "WARNING" in one]
    assert "not recorded" in why and "consent" in why
    await until(path.exists, PATIENCE_S)


async def come_back(it):
    """Nobody answers at two telephones that ring; the caller is back, in the same recording."""
    places = it.sandbox.endpoints()["desks"]
    desks = [Desk(one["port"], Manner.RING) for one in places if one["extension"] in ("100", "101")]
    async with desks[0], desks[1]:
        call, live = await dial(it, "rec_back")
        greeted_at = await call.agent_sounds(PATIENCE_S)
        await asyncio.sleep(2)
        await call.send_digits("0")
        record = await returned(live)
        back_at = await call.agent_sounds(PATIENCE_S, after=asyncio.get_running_loop().time())
        await asyncio.sleep(2.5)
        hung_up_at = asyncio.get_running_loop().time()
        await call.hangup()
    assert back_at - greeted_at > 5
    sound = await finished(recording_of(it.sandbox, record))
    assert len(sound) / 8000 > hung_up_at - greeted_at - 1
    assert share_found(heard_by(call, greeted_at, greeted_at + 1.6), sound[: 4 * 8000]) > 0.7
    assert share_found(heard_by(call, back_at, back_at + 2.4), sound[-4 * 8000 :]) > 0.7


async def returned(live):
    async with asyncio.timeout(PATIENCE_S):
        while not ((record := await live.record()) and record["returns"]):
            await asyncio.sleep(0.05)
    return record


async def stay_out(it):
    call, live = await dial(it, "rec_off")
    await call.agent_sounds(PATIENCE_S)
    await asyncio.sleep(1)
    await call.hangup()
    record = await record_of(live, end_reason="caller_hung_up")
    assert record["recording"] is None
    assert not recording_of(it.sandbox, record).exists()


# ---- Closed, and messages


async def leave_a_message_in_the_box(it):
    folder = it.sandbox.root / "var/spool/asterisk/voicemail/default/100"
    before = set(folder.rglob("msg*.wav"))
    call, live = await dial(it, "rec_box")
    # After the prompt, which takes its time, a file grows.
    await until(
        lambda: any(one.stat().st_size > 100 for one in set(folder.rglob("*.wav")) - before),
        PATIENCE_S,
    )
    await call.say(tone(CALLER_HZ, 4))
    await call.hangup()
    await until(lambda: set((folder / "INBOX").glob("msg*.wav")) - before, PATIENCE_S)
    (path,) = set((folder / "INBOX").glob("msg*.wav")) - before
    assert tone_s(await finished(path), CALLER_HZ) > 2
    assert (await record_of(live, hung_up_by="caller"))["route"] == "voicemail"


async def leave_a_message_of_our_own(it):
    call, live = await dial(it, "rec_own")
    record = await record_of(live, route="voicemail")
    path = it.sandbox.root / RECORDINGS / f"{record['call_id']}-message.wav"
    await until(lambda: path.exists(), PATIENCE_S)
    await call.say(tone(CALLER_HZ, 3))
    ended = await call.ended(PATIENCE_S)  # 5 s of quiet, "thank you"
    assert (ended.by, ended.q850) == (Party.THEM, 16)
    assert tone_s(await finished(path), CALLER_HZ) > 2
    assert (await record_of(live, hung_up_by="pbx"))["cause"] == 16


def hear(key, told):
    """Hear a sentence, and then the end."""

    async def story(it):
        call, live = await dial(it, key)
        ended = await call.ended(PATIENCE_S)
        assert (ended.by, ended.q850) == (Party.THEM, 16)
        sentence = read_wav(told(it.sandbox))
        assert share_found(sentence, heard_by(call)) > 0.8
        assert abs(len(sentence) - len(heard_by(call))) < 8000
        record = await record_of(live, hung_up_by="pbx")
        assert (record["route"], record["cause"]) == ("closed", 16)

    return story


def usual(sandbox):
    """Return the file of the sentence that says that it is closed."""
    (path,) = sandbox.root.glob("usr/share/asterisk/sounds/**/voiceagent/closed.wav")
    return path


STORIES = {
    "recorded_from_the_consent_to_the_very_end": to_the_person,
    "hangs_up_before_the_greeting": hang_up_before_the_greeting,
    "consent_takes_long": hear_a_long_line,
    "consent_is_lost": go_unrecorded,
    "comes_back": come_back,
    "not_recorded": stay_out,
    "message_in_the_box": leave_a_message_in_the_box,
    "message_of_our_own": leave_a_message_of_our_own,
    "closed_with_a_sentence": hear("rec_say", lambda sandbox: sound_file(sandbox, SAY)),
    "closed_by_the_hours": hear("rec_usual", usual),
    "closed_for_a_holiday": hear("rec_holiday", usual),
}


@pytest.fixture(scope="module")
def told(_furnished):
    """Play all stories side by side; returns what went wrong with each, None for nothing."""
    # The companies came while the agent ran: what Asterisk plays of theirs is made all the same.
    wanted = [sound_file(_furnished, text) for text in (CONSENT, LONG, SAY)]

    async def main():
        await until(lambda: all(path.exists() for path in wanted), PATIENCE_S)
        async with line(_furnished) as it:
            todo = (story(it) for story in STORIES.values())
            return await asyncio.gather(*todo, return_exceptions=True)

    return dict(zip(STORIES, asyncio.run(main()), strict=True))


@pytest.mark.parametrize("story", STORIES)
def test_what_is_heard_and_what_is_kept(told, story):
    if told[story] is not None:
        raise told[story]


# ---- Old recordings


def test_a_recording_is_deleted_when_its_days_are_over(_furnished, sandbox):
    folder = sandbox.root / RECORDINGS
    ages = {uuid.uuid4(): days for days in (10, 4, 2, 0)}  # three days are kept
    for call_id in ages:
        (folder / f"{call_id}.wav").write_bytes(b"RIFF")
    with closing(sqlite3.connect(sandbox.agent.data_dir / "voiceagent.db", timeout=10)) as db, db:
        for call_id, days in ages.items():
            at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
            db.execute(
                "INSERT INTO calls (call_id, company, did, caller, channel, uniqueid,"
                " registered_at, ended_at, hung_up_at, end_reason, recording)"
                " VALUES (?, 'rec_days', '', '', '', '', ?, ?, ?, 'completed', ?)",
                (str(call_id), at, at, at, f"/{RECORDINGS}/{call_id}.wav"),
            )
    os.kill(sandbox.agent.pids()["controller"], signal.SIGKILL)  # the next one looks at once
    kept = {f"{call_id}.wav" for call_id, days in ages.items() if days < 3}
    gone = {f"{call_id}.wav" for call_id in ages} - kept
    asyncio.run(until(lambda: not any((folder / name).exists() for name in gone), PATIENCE_S))
    assert all((folder / name).exists() for name in kept)

    def on_record():
        with closing(sqlite3.connect(sandbox.agent.data_dir / "voiceagent.db", timeout=10)) as db:
            rows = db.execute("SELECT recording FROM calls WHERE company = 'rec_days'")
            return {row[0] for row in rows if row[0]}

    asyncio.run(until(lambda: on_record() == {f"/{RECORDINGS}/{name}" for name in kept}))
