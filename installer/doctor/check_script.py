"""setup.agi: can Asterisk's user run it, and does it answer?"""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress
from pathlib import Path, PurePosixPath

from asterisk_conf.render import FOLDER, SCRIPT
from installer.doctor.access import READ, RUN, Mode, refusal
from installer.doctor.findings import Finding, NotLookedAtError, green, red, yellow
from installer.doctor.processes import Identity, asterisk_of, identity_of
from installer.doctor.scene import Pbx, Scene

_ENVIRONMENT = b"agi_request: setup.agi\nagi_channel: doctor\nagi_type: doctor\n\n"
_ANSWERS = b"200 result=1\n" * 32
_SILENCE = b"does not answer"
_INSTALL = "run voiceagent-install, which puts modes and owners right"


async def runs(scene: Scene) -> list[Finding]:
    """Run the script as Asterisk's user, with the question how a call ended that never was."""
    pbx = await scene.pbx()
    in_use = await _is_in_use(scene, pbx)
    bad = red if in_use else yellow
    spare = "" if in_use else " (spare: the dialplan asks the FastAGI gate)"
    link = pbx.facts.agi_bin / SCRIPT
    script = pbx.tree.locate(link)
    if pbx.tree.node(script) is None:
        return [bad(f"{link} is not there{spare}", "run voiceagent-install")]
    user = await asyncio.to_thread(_asterisks, scene.root, pbx)
    interpreter = await asyncio.to_thread(_interpreter, pbx, script)
    for path, wanted in ((script, READ | RUN), (interpreter, RUN)):
        why = await asyncio.to_thread(_refusal, pbx, path, wanted, user)
        if why:
            return [bad(f"Asterisk's user cannot run {link}: {why}{spare}", _INSTALL)]
    if not scene.is_root:
        return [green(f"modes let Asterisk's user run it; run this as root to try it{spare}")]
    return await _run(scene, link, user, spare, in_use)


async def _run(
    scene: Scene, link: PurePosixPath, user: Identity, spare: str, in_use: bool
) -> list[Finding]:
    # Through Asterisk's own process, if it runs: that may have mounts which we do not see.
    pid = await asyncio.to_thread(asterisk_of, scene.root)
    root = f"/proc/{pid}/root" if pid else str(scene.root)
    groups = ",".join(f"+{gid}" for gid in user.gids)
    process = await asyncio.create_subprocess_exec(
        "chroot",
        f"--userspec=+{user.uid}:+{user.gid}",
        f"--groups={groups}",
        root,
        str(link),
        "outcome",
        str(uuid.uuid4()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
    )
    try:
        said, complaint = await process.communicate(_ENVIRONMENT + _ANSWERS)
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    who = f"as Asterisk's user (number {user.uid})"
    bad = red if in_use else yellow
    if complaint.startswith(b"voiceagent: ") or said.startswith(b"SET VARIABLE "):
        if _SILENCE not in complaint:  # the agent knows no such call, and says so
            return [green(f"runs {who} and reaches the agent{spare}")]
        if await scene.health() is None:
            return [green(f"runs {who}; no agent runs to be asked{spare}")]
        if not pid and scene.root != Path("/"):
            # The agent's folder is mounted into such a tree while Asterisk runs there.
            return [green(f"runs {who}; only a running Asterisk shows whether it is heard{spare}")]
        seen = f"runs {who}, but gets no answer from the agent's media socket{spare}"
        return [bad(seen, "set VOICEAGENT_LINK_GROUP to Asterisk's group and restart the agent")]
    return [bad(f"fails {who} (exit code {process.returncode}){spare}", _INSTALL)]


async def _is_in_use(scene: Scene, pbx: Pbx) -> bool:
    """Say whether the dialplan starts the script: the running one, else that of our file."""
    try:
        dialplan = await scene.ask("dialplan show voiceagent-ai")
    except NotLookedAtError:
        path = pbx.facts.config / FOLDER / "extensions.conf"
        dialplan = (await asyncio.to_thread(pbx.tree.read, path) or b"").decode("utf-8", "replace")
    return "AGI(agi://" not in dialplan


def _asterisks(root: Path, pbx: Pbx) -> Identity:
    """Return whom Asterisk runs as: its process, else what its files say."""
    pid = asterisk_of(root)
    running = identity_of(pid) if pid else None
    gid = pbx.facts.config_group
    return running or Identity(pbx.facts.user, gid, (gid,))


def _interpreter(pbx: Pbx, script: PurePosixPath) -> PurePosixPath:
    first = (pbx.tree.read(script) or b"").partition(b"\n")[0].decode("utf-8", "replace")
    words = first.removeprefix("#!").split()
    named = words[0] if first.startswith("#!") and words else "/usr/bin/python3"
    return pbx.tree.locate(PurePosixPath(named))


def _refusal(pbx: Pbx, path: PurePosixPath, wanted: int, user: Identity) -> str:
    return refusal(path, wanted, user.uid, user.gids, modes_above(pbx, path))


def modes_above(pbx: Pbx, path: PurePosixPath) -> dict[PurePosixPath, Mode]:
    """Return the modes of a path free of links and of the folders above, as far as there are."""
    modes = {}
    for step in (path, *path.parents):
        with suppress(OSError):
            status = pbx.tree.host(step).lstat()
            modes[step] = Mode(status.st_mode & 0o7777, status.st_uid, status.st_gid)
    return modes
