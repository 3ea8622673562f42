"""Whole calls on the real Asterisk: spoken, keyed, ten at once, and the demo itself."""

import asyncio
import json
import subprocess
import sys
import wave

import pytest

from tests.calls.ring import book, line, record_of
from tests.pbx import plain_env
from tests.phone.heard import first_sound_at

pytestmark = pytest.mark.pbx


def test_the_demo_books_by_voice_and_leaves_recording_and_report(sandbox, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.demo", "--dir", sandbox.directory, "--out", tmp_path],
        env=plain_env(), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["booking"]["service"] == "leaking_tap"
    assert report["call"]["end_reason"] == "completed"
    said = " ".join(t["text"] for t in report["turns"] if t["speaker"] == "agent")
    for words in ("Hello", "Do you need", "Which town", "costs 75 pounds", "Which day", "Goodbye"):
        assert words in said
    with wave.open(str(tmp_path / "call.wav")) as recording:
        assert recording.getnchannels() == 2
        assert recording.getnframes() / recording.getframerate() > 20


def test_ten_calls_at_once_are_greeted_and_booked_each_once(sandbox):
    async def main():
        async with line(sandbox) as it:
            pairs = await asyncio.gather(*(it.call() for _ in range(10)))
            bookings = await asyncio.gather(*(book(*pair) for pair in pairs))
            greeted = [first_sound_at(c.sound(), c.answered_at) is not None for c, _ in pairs]
            records = [await record_of(live, end_reason="completed") for _, live in pairs]
            return bookings, greeted, records

    bookings, greeted, records = asyncio.run(main())
    assert all(greeted)
    assert len({b["reference"] for b in bookings}) == len({b["call_id"] for b in bookings}) == 10
    assert len({r["call_id"] for r in records}) == 10


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_both_laws_carry_keys_and_voice(sandbox, codec):
    async def main():
        async with line(sandbox) as it:
            call = await it.phone.call(it.did, codecs=(codec,))
            await call.answered()
            await call.agent_sounds()
            await call.send_digits("1")
            await asyncio.sleep(1.0)
            await call.hangup()
            return call.sound()

    assert asyncio.run(main()) is not None


def test_a_company_of_ones_own_answers_its_own_number(make_sandbox, tmp_path):
    sample = (
        'key: mill\nname: Mill Roofing\ndids: ["441632960077"]\n'
        "greeting: Hello, this is the automatic assistant of Mill Roofing in the old town.\n"
        "no_input_s: 1\n"
        "services:\n  - {key: roof, name: roof check, price_pounds: 40, phrases: [roof check]}\n"
        "areas:\n  - {key: truro, name: Truro, phrases: [truro]}\n"
    )
    (tmp_path / "companies").mkdir()
    (tmp_path / "companies" / "mill.yaml").write_text(sample)
    sandbox = make_sandbox("own")
    sandbox.up(env={**plain_env(), "VOICEAGENT_COMPANIES": str(tmp_path / "companies")})

    async def main():
        async with line(sandbox) as it:
            call, live = await it.call("441632960077")
            await call.agent_sounds()
            record = await record_of(live, company="mill")
            question = await live.next_question()
            await call.hangup()
            return record, question.text

    record, greeting = asyncio.run(main())
    assert record["did"] == "441632960077" and "Mill Roofing" in greeting


def test_no_log_of_a_whole_run_tells_who_called_or_what_was_said(sandbox):
    async def main():
        async with line(sandbox) as it:
            call, live = await it.call()
            await book(call, live)
            return (await live.record())["caller"]

    caller = asyncio.run(main())
    log = (sandbox.logs / "agent.log").read_text()
    assert "call connected" in log
    for secret in (caller, caller[1:], "leaking", "871122", "Tuesday"):
        assert secret not in log
