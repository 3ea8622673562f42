"""The support archive: secrets and numbers planted in every source are in no member of it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import uvloop

from ari_app import store
from asterisk_conf import BundleParams
from installer.api import Installation
from tests.installer.trees import build
from tests.pbx import plain_env

SECRETS = {
    "DEEPGRAM_API_KEY": "dg-planted-5ecret-1",
    "GROQ_API_KEY": "gq-planted-5ecret-2",
    "VOICEAGENT_AMI_SECRET": "ami-planted-5ecret-3-with-more-than-32",
    "VOICEAGENT_ARI_PASSWORD": "ari-planted-5ecret-4-with-more-than-32",
}
NUMBERS = ("01632960171", "1632960172", "1632 960173", "1632960174", "1632960175")
WORDS = ("my-spoken-words", "Planted Person", "planted-guest")
CALL = "6b29fc40-ca47-4067-b31d-000000662da1"


async def filled(path: Path) -> None:
    db = await store.open_store(path)
    async with db.transaction() as write:
        await write.execute(
            store.calls.insert().values(
                call_id=CALL,
                company="harbour",
                did="+441632960175",
                caller="+441632960172",
                channel="PJSIP/planted-guest-00000001",
                uniqueid="1.1",
                registered_at="2026-11-21T10:00:00.000+00:00",
                end_reason="booked",
                recording="/var/spool/01632960171.wav",
            )
        )
        await write.execute(
            store.turns.insert().values(
                call_id=CALL,
                index=0,
                speaker="caller",
                step="phone",
                asks="phone",
                text="my-spoken-words are 01632960171",
                heard="my-spoken-words",
                done=True,
                interrupted=False,
                at_ms=1200,
                marks_ms={"first_audio": 310},
            )
        )
    await db.close()


def log_lines() -> str:
    head = "2026-11-21 10:00:00,000 INFO media"
    return (
        f"{head} audiosocket_agent.call: [{CALL}] ended\n"
        f"{head} ari_app.ami: refused +44 1632 960173 with dg-planted-5ecret-1\n"
        f"{head} aiosqlite: executing my-spoken-words 01632960171\n"
        "Traceback: Planted Person, 01632960174\n"
    )


@pytest.fixture(scope="module")
def archived(tmp_path_factory) -> dict[str, bytes]:
    """Return the members of an archive of a place where everything holds something planted."""
    tmp_path = tmp_path_factory.mktemp("archive")
    tree = tmp_path / "pbx"
    build("debian22", tree)
    installation = Installation(tree)
    params = BundleParams(
        queue="reception",
        ami_secret=SECRETS["VOICEAGENT_AMI_SECRET"],
        ari_password=SECRETS["VOICEAGENT_ARI_PASSWORD"],
    )
    installation.apply(installation.plan_install(params))
    dialplan = tree / "etc/asterisk/voiceagent.d/extensions.conf"
    text = dialplan.read_text()
    dialplan.write_text(f"{text}; ring +44 1632 960173\nexten => 1632960174,1,NoOp()\n")
    pjsip = tree / "etc/asterisk/pjsip.conf"
    pjsip.write_text("[ann]\ntype=auth\npassword=pjsip-planted-5ecret-5\n")
    uvloop.run(filled(tmp_path / "voiceagent.db"))
    log = tmp_path / "agent.log"
    log.write_text(log_lines())
    settings = tmp_path / "voiceagent.env"
    settings.write_text("VOICEAGENT_BLOCKED=+441632960172\nOPENAI_API_KEY=oa-planted-5ecret-6\n")
    target = tmp_path / "support.tar.gz"
    done = subprocess.run(
        [sys.executable, "-m", "ari_app", "doctor", "--json", "--root", str(tree)]
        + ["--only", "settings", "--only", "installed-files", "--patience", "60"]
        + ["--settings-file", str(settings), "--bundle", str(target)],
        capture_output=True,
        text=True,
        timeout=120,
        env={
            **plain_env(),
            **SECRETS,
            "VOICEAGENT_DATA_DIR": str(tmp_path),
            "VOICEAGENT_LOG_FILE": str(log),
            "VOICEAGENT_LLM": "rules",
            "VOICEAGENT_STT": "offline",
        },
    )
    assert done.stderr == "" and done.returncode == 0, done.stdout
    assert target.stat().st_mode & 0o777 == 0o600
    with tarfile.open(fileobj=io.BytesIO(target.read_bytes())) as archive:
        members = {}
        for one in archive.getmembers():
            file = archive.extractfile(one)
            assert file is not None and (one.uid, one.uname) == (0, "")
            members[one.name.partition("/")[2]] = file.read()
    return members


def test_nothing_planted_is_in_any_member(archived):
    for name, content in archived.items():
        text = content.decode()
        assert "5ecret" not in text, name
        for planted in (*NUMBERS, *WORDS):
            assert planted not in text, (name, planted)
        assert "960171" not in text.replace(" ", "") and "960173" not in text.replace(" ", ""), name


def test_what_support_needs_is_there(archived):
    assert {
        "README.txt", "doctor.json", "versions.json", "settings.json", "calls.json", "disk.json",
        "agent.log", "unit.txt", "config/extensions.conf", "config/manager.conf",
        "config/ari.conf", "asterisk/core-show-version.txt", "asterisk/module-show.txt",
    } <= set(archived)  # fmt: skip
    rows = {row["variable"]: row for row in json.loads(archived["settings.json"])}
    assert rows["VOICEAGENT_AMI_SECRET"]["source"] == "environment"
    assert rows["VOICEAGENT_LLM"]["value"] == "rules"
    (finding,) = (
        row for row in json.loads(archived["doctor.json"]) if row["id"] == "installed-files"
    )
    assert finding["verdict"] == "yellow" and "edited by hand" in finding["what"]
    assert b"[voiceagent-in]" in archived["config/extensions.conf"]
    assert b"deny = 0.0.0.0/0.0.0.0" in archived["config/manager.conf"]
    assert "asterisk-voiceagent" in json.loads(archived["versions.json"])["packages"]


def test_calls_are_figures_under_their_id(archived):
    (call,) = json.loads(archived["calls.json"])
    assert call["call_id"] == CALL and call["end_reason"] == "booked"
    assert call["turns"] == [{"speaker": "caller", "at_ms": 1200, "marks_ms": {"first_audio": 310}}]
    assert not {"caller", "did", "channel", "recording", "company"} & set(call)


def test_the_log_names_calls_by_their_id_only(archived):
    lines = archived["agent.log"].decode().splitlines()
    assert len(lines) == 2 and f"[{CALL}] ended" in lines[0]
    assert "refused [number] with [hidden]" in lines[1]


def test_an_archive_that_cannot_be_written_is_one_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "ari_app", "doctor", "--only", "packages"]
        + ["--bundle", str(tmp_path / "no/such/support.tar.gz")],
        capture_output=True,
        text=True,
        timeout=120,
        env=plain_env(),
    )
    assert done.returncode == 1 and "No such file or directory" in done.stderr
    assert "Traceback" not in done.stderr
