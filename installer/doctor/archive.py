"""The support archive: what somebody far away needs to help, and nothing that is not theirs to see.

Everything in it has gone through one `Redactor`; sources that are mostly about people (queues,
calls, endpoints) are reduced to figures instead.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import platform
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from importlib import metadata
from pathlib import Path, PurePosixPath

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError

from ari_app import store
from ari_app.settings import Settings, all_settings
from asterisk_conf.render import CONTEXTS, FOLDER
from installer.config_files import read_config_file
from installer.doctor.check_agent import UNIT
from installer.doctor.findings import Finding, NotLookedAtError
from installer.doctor.programs import said
from installer.doctor.redaction import Redactor, is_ours
from installer.doctor.scene import Pbx, Scene

_QUESTIONS = (
    "core show version",
    "core show settings",
    "module show",
    *(f"dialplan show {name}" for name in CONTEXTS),
    "manager show user voiceagent",
    "manager show settings",
    "http show status",
    "ari show status",
    "core show channels count",
    "logger show channels",
)
_LAST_CALLS = 50
_LOG_LINES = 2000
_LOG_BYTES = 1 << 20
_PATIENCE_S = 3.0
_SECRET_SETTINGS = ("secret", "password", "md5_cred")
_SECRET_FILES = ("manager.conf", "ari.conf", "pjsip.conf", "sip.conf", "iax.conf")
_FIGURES = (
    "call_id", "registered_at", "connected_at", "ended_at", "end_reason", "next", "drafts",
    "drafts_discarded", "tokens", "tokens_discarded", "route", "held", "direction", "wanted",
    "returns", "queued_at", "answered_at", "hung_up_at", "hung_up_by", "cause",
)  # fmt: skip
_README = """Support archive of the AI voice agent, made by `voiceagent doctor --bundle`.

Taken out: keys, secrets and passwords (settings say only whether they are set), telephone numbers,
SIP and mail addresses, everything callers said, typed or booked, their recordings, people's names
in queues and endpoints. Calls are named by ids that mean nothing outside this machine.
Look it through before you send it.
"""


async def write_archive(
    path: Path,
    root: Path,
    settings: Settings | None,
    settings_file: Path | None,
    findings: Sequence[Finding],
    log: Path | None = None,
) -> None:
    """Write the archive, readable by its owner only.

    Args:
        path: Where; what is there is replaced.
        root: The PBX's tree.
        settings: The agent's settings; None where they are wrong.
        settings_file: Where they were read from besides the environment.
        findings: What the doctor saw.
        log: The agent's log; the one the settings name, or the journal, when omitted.

    Raises:
        OSError: If it cannot be written.
    """
    scene = Scene(root, settings, settings_file=settings_file)
    try:
        members = await _members(scene, settings, findings, log)
    finally:
        await scene.close()
    await asyncio.to_thread(_pack, path, members)


async def _members(
    scene: Scene, settings: Settings | None, findings: Sequence[Finding], log: Path | None
) -> dict[str, bytes]:
    pbx: Pbx | None = None
    with suppress(NotLookedAtError, TimeoutError):
        async with asyncio.timeout(scene.patience_s):
            pbx = await scene.pbx()
    clean = await asyncio.to_thread(lambda: Redactor(_secrets(scene.environ, settings, pbx)))
    rows = [{**asdict(one), "verdict": one.verdict.value} for one in findings]
    texts = {
        "README.txt": _README,
        "doctor.json": _json(clean, rows),
        "versions.json": _json(clean, await asyncio.to_thread(_versions)),
        "settings.json": _json(clean, [asdict(row) for row in all_settings()]),
        "endpoints.json": _json(clean, await _endpoints(scene)),
    }
    answers = await asyncio.gather(*(_answer(scene, one) for one in _QUESTIONS))
    for question, answer in zip(_QUESTIONS, answers, strict=True):
        texts[f"asterisk/{question.replace(' ', '-')}.txt"] = clean.text(answer)
    if pbx is not None:
        for name, text in await asyncio.to_thread(lambda: list(_config_files(pbx))):
            texts[f"config/{name}"] = clean.text(text)
    if settings is not None:
        texts["calls.json"] = _json(clean, await asyncio.to_thread(_calls, settings.database))
        texts["disk.json"] = _json(clean, await asyncio.to_thread(_disk, settings))
    if log is None and settings is not None and settings.log_file:
        log = Path(settings.log_file)
    texts["agent.log"] = clean.text(await _log(log))
    texts["unit.txt"] = clean.text(await _said("systemctl", "show", UNIT, "--no-pager"))
    return {name: text.encode() for name, text in texts.items()}


def _pack(path: Path, members: Mapping[str, bytes]) -> None:
    now = int(time.time())
    # A name nobody can have laid a link under, readable by its owner only.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".support-")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
            for name, content in members.items():
                # Nothing of this machine's users: owners stay 0 and without names.
                entry = tarfile.TarInfo(f"voiceagent-support/{name}")
                entry.size, entry.mtime, entry.mode = len(content), now, 0o600
                archive.addfile(entry, io.BytesIO(content))
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _json(clean: Redactor, content: object) -> str:
    """Return JSON of which every text has been redacted by itself, so that it stays JSON."""
    return json.dumps(_redacted(clean, content), indent=1)


def _redacted(clean: Redactor, content: object) -> object:
    if isinstance(content, str):
        return clean.text(content)
    if isinstance(content, dict):
        return {str(name): _redacted(clean, value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_redacted(clean, one) for one in content]
    return content


def _secrets(
    environ: Mapping[str, str], settings: Settings | None, pbx: Pbx | None
) -> Iterator[str]:
    """Yield every value that we know to be secret."""
    for name, value in environ.items():
        if name.endswith(("_KEY", "_SECRET", "_PASSWORD", "_TOKEN")):
            yield value
    if settings is not None:
        for name in type(settings).model_fields:
            if isinstance(value := getattr(settings, name), SecretStr):
                yield value.get_secret_value()
    if pbx is not None:
        for file in _SECRET_FILES:
            for section in read_config_file(pbx.tree, pbx.facts.config, file).sections:
                for one in section.settings:
                    if one.name.lower() in _SECRET_SETTINGS:
                        yield one.value


def _versions() -> dict[str, object]:
    packages = {one.metadata["Name"]: one.version for one in metadata.distributions()}
    release: dict[str, str] = {}
    with suppress(OSError):
        release = platform.freedesktop_os_release()
    return {
        "python": platform.python_version(),
        "system": release.get("PRETTY_NAME", ""),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "packages": dict(sorted(packages.items(), key=lambda one: str(one[0]).lower())),
    }


async def _endpoints(scene: Scene) -> dict[str, int]:
    """Count PJSIP's endpoints by their state; their names are often numbers or people."""
    answer = await _answer(scene, "pjsip show endpoints")
    rows = [line.split() for line in answer.splitlines() if line.startswith(" Endpoint:  ")]
    states = Counter(" ".join(row[2:-3]) for row in rows if row[1:2] != ["<Endpoint/CID"])
    known = ("Not in use", "In use", "Unavailable", "Busy", "Ringing", "Invalid", "On Hold")
    return {state: states[state] for state in known if states[state]}


async def _answer(scene: Scene, question: str) -> str:
    try:
        async with asyncio.timeout(scene.patience_s):
            return await scene.ask(question)
    except NotLookedAtError as error:
        return f"not looked at: {error}\n"
    except TimeoutError:
        return "not looked at: it took too long\n"


def _config_files(pbx: Pbx) -> Iterator[tuple[str, str]]:
    folder = PurePosixPath(pbx.facts.config / FOLDER)
    for name in pbx.tree.names(folder):
        content = pbx.tree.read(folder / name)
        if content is not None and name.endswith(".conf"):
            yield name, content.decode("utf-8", "replace")


def _calls(path: Path) -> list[dict[str, object]]:
    """Return the last calls' figures: when, how long, how they ended, how quick we were."""
    columns = [store.calls.c[name] for name in _FIGURES]
    query = sa.select(*columns).order_by(store.calls.c.registered_at.desc()).limit(_LAST_CALLS)
    marks = sa.select(store.turns.c.speaker, store.turns.c.at_ms, store.turns.c.marks_ms)
    found: list[dict[str, object]] = []
    with suppress(OSError, DBAPIError), store.reading(path) as db:
        for row in db.execute(query).mappings():
            turns = db.execute(
                marks.where(store.turns.c.call_id == row["call_id"]).order_by(store.turns.c.index)
            ).mappings()
            found.append({**row, "turns": [dict(turn) for turn in turns]})
    return found


def _disk(settings: Settings) -> dict[str, dict[str, int]]:
    found = {}
    for folder in (settings.data_dir, settings.sounds_dir, settings.recordings_dir):
        with suppress(OSError):
            room = os.statvfs(folder)
            found[str(folder)] = {
                "free_bytes": room.f_bavail * room.f_frsize,
                "free_files": room.f_favail,
            }
    return found


async def _log(path: Path | None) -> str:
    """Return our own lines of the end of the agent's log."""
    text = "" if path is None else await asyncio.to_thread(_tail, path)
    if not text:
        lines = f"--lines={_LOG_LINES}"
        text = await _said("journalctl", "-u", UNIT, lines, "--output=cat", "--no-pager")
    kept = [line for line in text.splitlines() if is_ours(line)]
    return "\n".join(kept[-_LOG_LINES:]) + "\n"


def _tail(path: Path) -> str:
    with suppress(OSError), path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LOG_BYTES))
        return file.read().decode("utf-8", "replace")
    return ""


async def _said(*command: str) -> str:
    """Return what a program says, within a deadline; nothing if there is no such program."""
    with suppress(TimeoutError):
        return await said(*command, limit_s=_PATIENCE_S)
    return ""
