"""What an account that may not look is told: neither untruths nor a trace, but sudo."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ari_app.store import open_store

NOBODY = 65534
# The same user, who owns this Python, without the right to all that is not his.
_STRANGER = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
REFUSED = "permission denied; use sudo"

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="takes root, and setpriv"
)


@pytest.fixture
def place():
    """Return a folder with an agent's folders in it, which are somebody else's."""
    folder = Path(tempfile.mkdtemp())  # pytest's own is for its user only
    folder.chmod(0o755)
    try:
        for name in ("data", "run"):
            (folder / name).mkdir(mode=0o700)

        async def make() -> None:
            await (await open_store(folder / "data" / "voiceagent.db")).close()

        asyncio.run(make())
        for one in (folder / "data", folder / "run", *(folder / "data").iterdir()):
            os.chown(one, NOBODY, NOBODY)
            one.chmod(0o700)
        yield folder
    finally:
        shutil.rmtree(folder)


def as_a_stranger(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VOICEAGENT_")}
    ours = {"VOICEAGENT_DATA_DIR": str(place / "data"), "VOICEAGENT_RUN_DIR": str(place / "run")}
    return subprocess.run(
        [*_STRANGER, sys.executable, "-m", "ari_app", *words],
        capture_output=True,
        text=True,
        timeout=60,
        env={**kept, **ours},
    )


@pytest.mark.parametrize(
    "words",
    [
        ("calls", "list"),
        ("calls", "show"),
        ("bookings",),
        ("callbacks", "list"),
        ("companies", "list"),
        ("companies", "remove", "harbour"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("is_file_shut", [False, True])
def test_records_that_are_not_ones_own(place, words, is_file_shut):
    if is_file_shut:
        (place / "data").chmod(0o755)
    done = as_a_stranger(place, *words)
    assert done.returncode == 1 and done.stdout == ""
    assert REFUSED in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_a_controller_that_is_not_ones_own(place):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place / "run" / "control.sock"))
        (place / "run").chmod(0o711)
        (place / "run" / "control.sock").chmod(0o600)
        os.chown(place / "run" / "control.sock", NOBODY, NOBODY)
        server.listen()
        done = as_a_stranger(place, "call", "--to", "PJSIP/100", "--company", "harbour")
    assert done.returncode == 1 and REFUSED in done.stderr, done.stderr


def test_the_doctor_says_to_be_run_as_root(place):
    (place / "etc" / "voiceagent").mkdir(parents=True)
    settings = place / "etc" / "voiceagent" / "voiceagent.env"
    settings.write_text("VOICEAGENT_QUEUE=reception\n")
    settings.chmod(0o640)
    (place / "etc" / "asterisk").mkdir(mode=0o750)
    for one in (settings, place / "etc" / "asterisk"):
        os.chown(one, NOBODY, NOBODY)
    done = as_a_stranger(place, "doctor", "--json", "--root", str(place), "--patience", "60")
    rows = {row["id"]: row for row in json.loads(done.stdout)["findings"]}
    for check in ("settings", "asterisk-running", "queue", "database", "vendors", "agent-running"):
        row = rows[check]
        assert row["verdict"] == "grey", row
        assert "run this as root" in row["what"] + row["what_to_do"], row
    assert "install Asterisk" not in done.stdout and "there is no" not in rows["database"]["what"]
