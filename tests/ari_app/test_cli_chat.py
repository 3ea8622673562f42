"""``voiceagent chat``: piped, as JSON, and in a terminal of 80 columns."""

import json
import os
import pty
import re
import select
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from ari_app.simulate.scenario_file import COMPANIES

BOOKING = "I need a leaking tap in Truro\nyes\nTuesday\nmorning\n/keys 1\nyes\n"


def chat(*options, typed="", env=None):
    return subprocess.run(
        [sys.executable, "-m", "ari_app", "chat", *options],
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"VOICEAGENT_DATA_DIR": "/nonexistent"} | (env or {}),
    )


@pytest.mark.parametrize("model", ["rules", "simulated"])
def test_a_booking_is_typed_through_a_pipe(model):
    done = chat("--model", model, "--json", typed=BOOKING)
    assert (done.returncode, done.stderr) == (0, "")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    said = " ".join(event["text"] for event in events if event["event"] == "agent")
    assert "costs 75 pounds" in said
    reference = next(event["reference"] for event in events if event["event"] == "booked")
    assert ", ".join(reference) in said
    states = [event for event in events if event["event"] == "state"]
    assert states[0] == {"event": "state", "step": "understand", "slots": {}, "asks": "service"}
    assert states[-1]["slots"]["day"] in ("tuesday",) or states[-1]["slots"]["day"][:2] == "20"
    assert events[-1] == {"event": "ended", "outcome": "hangup", "target": ""}


def test_people_read_it_in_eighty_columns():
    done = chat("--model", "rules", typed="a boiler\n/why\n/keys x\n/silence\n/nonsense\n/hangup\n")
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert " agent: Hello, you are through to Harbour Home Services." in done.stdout
    for words in ("step qualify", "service = boiler_service", "asks for area", "/keys needs keys",
                  "Are you still there?", "/hangup: ends the call", "you hung up"):  # fmt: skip
        assert words in " ".join(done.stdout.split())


def test_the_end_of_the_input_hangs_up():
    done = chat("--model", "rules", typed="")
    assert done.returncode == 0
    assert done.stdout.rstrip().endswith("you hung up")


def test_a_file_need_not_be_imported(tmp_path):
    company = (COMPANIES / "harbour.yaml").read_text()
    (tmp_path / "mine.yaml").write_text(company.replace("Harbour Home", "My Own"))
    done = chat("--file", str(tmp_path / "mine.yaml"), "--model", "rules", typed="/person\n")
    assert "My Own Services" in done.stdout
    assert "the caller goes to the queue of people" in done.stdout


def test_a_number_is_written_as_people_write_it():
    done = chat("--did", "01632 960001", "--model", "rules")
    assert done.returncode == 0 and "Harbour Home Services" in done.stdout


@pytest.mark.parametrize(
    ("options", "code", "line"),
    [
        (["--company", "nobody"], 1, "no company is called nobody; there are "),
        (["--did", "5"], 1, "no company has the number 5"),
        (["--file", "/nonexistent.yaml"], 1, "/nonexistent.yaml"),
        (["--caller", "x"], 2, "--caller is a number"),
        (["--company", "harbour", "--did", "5"], 2, "only one of"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(options, code, line):
    done = chat(*options)
    assert done.returncode == code
    assert line in done.stderr
    assert "Traceback" not in done.stderr


def test_real_bookings_go_into_the_agents_database(tmp_path):
    env = {"VOICEAGENT_DATA_DIR": str(tmp_path)}
    done = chat("--model", "rules", "--real", "--json", typed=BOOKING, env=env)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    reference = next(event["reference"] for event in events if event["event"] == "booked")
    listed = subprocess.run(
        [sys.executable, "-m", "ari_app", "bookings", "list", "--json"],
        capture_output=True,
        text=True,
        env=os.environ | env,
    )
    if listed.returncode:
        listed = subprocess.run(
            [sys.executable, "-m", "ari_app", "bookings", "--json"],
            capture_output=True,
            text=True,
            env=os.environ | env,
        )
    assert reference in listed.stdout


def test_nothing_is_held_for_a_caller_who_is_gone(tmp_path):
    env = {"VOICEAGENT_DATA_DIR": str(tmp_path)}
    company = (COMPANIES / "harbour.yaml").read_text() + "calendar:\n  capacity: 1\n"
    (tmp_path / "mine.yaml").write_text(company)
    deciding = "a leaking tap\nTruro\nyes\nTuesday\nmorning\nyes\n"
    done = chat(
        "--model", "rules", "--real", "--file", str(tmp_path / "mine.yaml"),
        typed=deciding, env=env,
    )  # fmt: skip
    assert "Is that right?" in re.sub(r"\s+", " ", done.stdout)
    with closing(sqlite3.connect(tmp_path / "voiceagent.db")) as db:
        assert db.execute("SELECT * FROM holds").fetchall() == []


def test_in_a_terminal_it_prompts_and_ctrl_d_ends_it():
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "ari_app", "chat", "--model", "rules"]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        shown = until(ours, "you: ")
        os.write(ours, b"a boiler\n")
        shown = until(ours, "you: ")
        assert "Which town is it in" in re.sub(r"\s+", " ", shown)
        os.write(ours, b"\x04")
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def until(terminal, words, patience_s=30.0):
    """Return what the terminal shows up to some words."""
    shown, deadline = "", time.monotonic() + patience_s
    while words not in shown:
        ready, _, _ = select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, shown
        shown += os.read(terminal, 65536).decode()
    return shown
