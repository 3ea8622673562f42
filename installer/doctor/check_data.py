"""What the agent keeps and shares: its database, the folders it has with Asterisk, its queues."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import suppress
from pathlib import Path, PurePosixPath

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ari_app import store
from ari_app.queues import outlook_of
from installer.doctor import console_text
from installer.doctor.access import READ, RUN, WRITE, refusal
from installer.doctor.check_script import modes_above
from installer.doctor.findings import Finding, NotLookedAtError, green, red, unseen, yellow
from installer.doctor.processes import Identity, asterisk_of, identity_of
from installer.doctor.scene import Pbx, Scene

_LOG = "journalctl -u voiceagent"


async def database(scene: Scene) -> list[Finding]:
    """Open the database and compare its tables with those this version writes."""
    scene.need_own_agent()
    return await asyncio.to_thread(_database, scene.settings.database)


async def shared_folders(scene: Scene) -> list[Finding]:
    """See whether Asterisk and the agent can both write where they leave each other files."""
    scene.need_own_agent()
    pbx = await scene.pbx()
    settings = scene.settings
    pids = scene.agent_pids()
    agent = identity_of(pids["supervisor"]) if "supervisor" in pids else None
    pid = await asyncio.to_thread(asterisk_of, scene.root)
    gid = pbx.facts.config_group
    asterisk = (identity_of(pid) if pid else None) or Identity(pbx.facts.user, gid, (gid,))
    findings = []
    for name, path in (("sounds", settings.pbx_sounds), ("recordings", settings.pbx_recordings)):
        for who, user in (("Asterisk's user", asterisk), ("the agent", agent)):
            if user is None:
                continue
            if why := await asyncio.to_thread(_keeps_out, pbx, path, user):
                lost = (
                    "callers hear no sentences of their own"
                    if name == "sounds"
                    else ("calls are not recorded, messages are lost")
                )
                seen = f"{who} cannot use the folder of {name} ({why}); {lost}"
                advice = "run voiceagent-install; see SupplementaryGroups of the unit"
                findings.append(yellow(seen, advice))
    both = "Asterisk and the agent" if agent else "Asterisk; the agent, which does not run,"
    return findings or [green(f"{both} can write both")]


async def queues(scene: Scene) -> list[Finding]:
    """See whether each queue that callers are sent to exists and has members."""
    settings = scene.settings
    await scene.need_asterisk()
    # Where there is no agent, nobody but the installer was told.
    told = "" if "VOICEAGENT_QUEUE" in scene.environ else scene.topology.queue
    main = told or settings.queue
    wanted = {main: ["callers whose company names no queue"]}
    with suppress(OSError, DBAPIError, ValueError):
        for company, queue in await asyncio.to_thread(_company_queues, settings.database):
            wanted.setdefault(queue, []).append(f"company {company}")
    return [await _queue(scene, queue, users, queue == main) for queue, users in wanted.items()]


async def _queue(scene: Scene, queue: str, users: list[str], is_main: bool) -> Finding:
    check = f"queue {queue}"
    who = ", ".join(users[:3]) + (f" and {len(users) - 3} more" if users[3:] else "")
    try:
        exists, members, free = await _seen(scene, queue)
    except NotLookedAtError as error:
        return unseen(str(error), check=check)
    if not exists:
        seen = f"there is no such queue, so nobody answers {who}"
        other = "voiceagent-install --queue NAME"
        if not is_main:
            other = f"mend queue: in the file of {who}, then systemctl restart voiceagent"
        advice = f"add it to queues.conf (FreePBX: Applications, Queues), or {other}"
        return red(seen, advice, check)
    if not members:
        seen = f"no member is signed in and reachable for {who}"
        return yellow(seen, f"asterisk -rx: queue show {queue}; sign people in", check)
    ready = "" if free is None else f", {free} free"
    return green(f"{members} member{'s' if members > 1 else ''}{ready}", check)


async def _seen(scene: Scene, queue: str) -> tuple[bool, int, int | None]:
    """Return whether a queue exists, its members, and how many are free where that is known."""
    with suppress(NotLookedAtError):
        seen = await scene.ami()
        if not seen.trouble:
            outlook = outlook_of(seen.queues, queue)
            return outlook.exists, outlook.members, outlook.free
    members = console_text.queue_members(await scene.ask(f"queue show {queue}"), queue)
    return members is not None, members or 0, None


def _company_queues(path: Path) -> list[tuple[str, str]]:
    """Return the companies that name a queue of their own, and which."""
    table = store.companies
    query = sa.select(table.c.key, table.c.document).where(table.c.document.is_not(None))
    with store.reading(path) as db:
        rows = [(row.key, json.loads(row.document)) for row in db.execute(query)]
    return [(key, str(fields["queue"])) for key, fields in rows if fields.get("queue")]


def _database(path: Path) -> list[Finding]:
    try:
        with store.reading(path) as db:
            there = sa.inspect(db)
            tables = set(there.get_table_names())
            lacking = [
                table.name
                for table in store.metadata.sorted_tables
                if table.name not in tables
                or {one.name for one in table.columns}
                - {one["name"] for one in there.get_columns(table.name)}
            ]
    except FileNotFoundError:
        return [unseen(f"there is no {path} yet; the agent makes it at its first start")]
    except PermissionError:
        return [unseen(f"{path} is the agent's", "run this as root")]
    except DBAPIError as error:
        if not os.access(path, os.R_OK):
            return [unseen(f"{path} is the agent's", "run this as root")]
        seen = f"{path} cannot be read ({error.orig}): the agent does not start"
        return [red(seen, "restore it from a copy, or move it away to begin anew")]
    if lacking:
        seen = f"{path} is of an older version ({', '.join(lacking)})"
        return [yellow(seen, f"restart the agent, which brings it up to date; {_LOG}")]
    return [green(f"{path} opens and has all tables")]


def _keeps_out(pbx: Pbx, path: PurePosixPath, user: Identity) -> str:
    there = pbx.tree.locate(path)
    return refusal(there, READ | WRITE | RUN, user.uid, user.gids, modes_above(pbx, there))
