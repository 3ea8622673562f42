"""The agent as Asterisk meets it: its processes, its ports, its unit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from installer.doctor.findings import (
    Finding,
    NotLookedAtError,
    Verdict,
    green,
    red,
    unseen,
    yellow,
)
from installer.doctor.last_words import last_error
from installer.doctor.probes import gate_answers, refuses_stranger
from installer.doctor.processes import Listener, listeners, parents
from installer.doctor.programs import said
from installer.doctor.scene import Scene
from installer.doctor.topology import Half, Topology

UNIT = "voiceagent.service"
_SYSTEMD = Path("/run/systemd/system")
_SHOWN = ("LoadState", "ActiveState", "Result", "NRestarts", "WatchdogUSec", "UnitFileState")
_ASK_S = 1.5  # twice that is within what a check may take
_MANY_RESTARTS = 3
_LOG_LINES = 200


async def running(scene: Scene) -> list[Finding]:
    """Ask the agent how it is."""
    scene.need_own_agent()
    told = await scene.health()
    settings = scene.settings
    where = f"{settings.http_host}:{settings.http_port}"
    if told is None:
        start = "systemctl start voiceagent; its words: journalctl -u voiceagent"
        if await _is_expected(scene):
            return [red(f"it does not answer at {where}: every call goes to people", start)]
        return [yellow(f"no agent runs here (nothing at {where})", "voiceagent run starts one")]
    if told["ok"] is not True:
        advice = "journalctl -u voiceagent says what ails it"
        return [red("it says that it is not well: every call goes to people", advice)]
    down = [name.upper() for name in ("ami", "ari") if told.get(name) is False]
    if down:
        advice = "see the checks of AMI and ARI; it tries again by itself"
        return [yellow(f"it takes calls, but has no link to {' and '.join(down)}", advice)]
    dids = told.get("dids")
    count = len(dids) if isinstance(dids, list) else 0
    if not count:
        return [
            yellow("it takes calls, but no company has a number", "voiceagent companies import")
        ]
    return [green(f"it takes calls for {count} number{'s' if count > 1 else ''}")]


async def audiosocket(scene: Scene) -> list[Finding]:
    """Connect as Asterisk does, with a UUID of no call."""
    settings = scene.settings
    host, port = settings.audiosocket_host, settings.audiosocket_port
    if scene.topology.half is Half.PBX:
        host = scene.topology.agent
    else:
        await scene.need_agent()
    return await _tried(
        f"{host}:{port}",
        _advice(scene, "VOICEAGENT_AUDIOSOCKET_PORT"),
        lambda: refuses_stranger(host, port, scene.probe_s),
        "speaks AudioSocket and sends strangers away",
    )


async def gate(scene: Scene) -> list[Finding]:
    """Ask the FastAGI gate how a call ended that never was."""
    settings = scene.settings
    host, port = settings.agi_host, settings.agi_port
    if scene.topology.half is Half.PBX:
        host, port = scene.topology.gate, scene.topology.agi_port
    else:
        await scene.need_agent()

    async def asked() -> bool:
        return await gate_answers(host, port, scene.probe_s) == "VA_NEXT"

    return await _tried(
        f"{host}:{port}",
        _advice(scene, "VOICEAGENT_AGI_PORT"),
        asked,
        "answers the dialplan's question",
    )


async def ports(scene: Scene) -> list[Finding]:
    """See who listens on our ports, and for whom."""
    scene.need_own_agent()
    settings = scene.settings
    wanted = {
        "AudioSocket": settings.audiosocket_port,
        "AGI": settings.agi_port,
        "HTTP": settings.http_port,
    }
    ours = set(scene.agent_pids().values())
    findings = []
    for name, port in wanted.items():
        for one in await asyncio.to_thread(listeners, port):
            findings += _judged(name, port, one, ours, scene.topology)
    if findings:
        return findings
    numbers = ", ".join(f"{name} {port}" for name, port in wanted.items())
    return [green(f"{numbers}: {'held by the agent' if ours else 'free'}")]


async def service(scene: Scene) -> list[Finding]:
    """Ask systemd about the unit."""
    scene.need_own_agent()
    if scene.root != Path("/") or not _has_systemd():
        return [unseen("this is no machine that systemd runs")]
    shown = await said("systemctl", "show", UNIT, f"--property={','.join(_SHOWN)}", limit_s=_ASK_S)
    found = judged_unit(shown)
    if all(one.verdict is Verdict.GREEN for one in found):
        return found
    log = ""
    with suppress(TimeoutError):  # a long journal on a slow disk
        lines = f"--lines={_LOG_LINES}"
        log = await said(
            "journalctl", "-u", UNIT, lines, "--output=cat", "--no-pager", limit_s=_ASK_S
        )
    return judged_unit(shown, log)


def judged_unit(said: str, log: str = "") -> list[Finding]:
    """Judge what ``systemctl show`` says of the unit.

    Args:
        said: What it says.
        log: The end of the unit's journal, whose last error is told where the unit failed.
    """
    rows = dict(line.partition("=")[::2] for line in said.splitlines())
    if "LoadState" not in rows:
        return [unseen("systemd does not tell", "run this as root")]
    complaint = f'; its last error: "{error}"' if (error := last_error(log)) else ""
    if rows.get("LoadState") != "loaded":
        return [unseen(f"there is no {UNIT}", "voiceagent-install writes one")]
    findings = []
    if rows.get("ActiveState") != "active":
        seen = f"{UNIT} is {rows.get('ActiveState')} (last result: {rows.get('Result')})"
        if rows.get("Result") == "success":  # it was told to stop
            complaint = ""
        advice = "systemctl restart voiceagent; journalctl -u voiceagent"
        findings.append(red(seen + complaint, f"mend that, then {advice}" if complaint else advice))
    restarts = int(rows.get("NRestarts", "0") or 0)
    if restarts >= _MANY_RESTARTS:
        seen = f"systemd has restarted it {restarts} times"
        findings.append(yellow(seen + complaint, "journalctl -u voiceagent says why it ended"))
    if rows.get("WatchdogUSec") in ("0", "infinity"):
        seen = "it has no watchdog, so one that hangs stays"
        findings.append(yellow(seen, "run voiceagent-install, which writes the unit anew"))
    if rows.get("UnitFileState") not in ("enabled", "enabled-runtime"):
        seen = "it is not started with the machine"
        findings.append(yellow(seen, "systemctl enable voiceagent"))
    return findings or [green(f"{UNIT} is active, {restarts} restarts")]


def _has_systemd() -> bool:
    return _SYSTEMD.exists()


async def _is_expected(scene: Scene) -> bool:
    """Say whether an agent should run here: the service has settings, or the PBX our bundle."""
    if scene.settings_file is not None:
        return True
    try:
        return bool((await scene.pbx()).manifest.owned)
    except NotLookedAtError:
        return False


async def _tried(
    where: str, advice: str, attempt: Callable[[], Awaitable[bool]], well: str
) -> list[Finding]:
    people = "every call goes to people"
    try:
        if await attempt():
            return [green(f"{where} {well}")]
    except TimeoutError:
        return [red(f"{where} does not answer; {people}", advice)]
    except OSError as error:
        why = error.strerror or "no such address"
        return [red(f"{where} cannot be reached ({why}); {people}", advice)]
    return [red(f"what listens at {where} does not answer as the agent does; {people}", advice)]


def _advice(scene: Scene, setting: str) -> str:
    if scene.topology.half is Half.PBX:
        host = scene.topology.agent
        return f"on {host}: sudo voiceagent doctor; its firewall has to let this host in"
    return f"see {setting}, who holds that port, and journalctl -u voiceagent"


def _judged(
    name: str, port: int, one: Listener, ours: set[int], topology: Topology
) -> list[Finding]:
    # Where nobody may know whose the socket is, what it says to the other checks has to do.
    if one.pid and one.pid not in ours and not ours.intersection(parents(one.pid)):
        seen = f"{name}'s port {port} is in use by another program: {one.program} (pid {one.pid})"
        return [red(seen, f"stop that, or set VOICEAGENT_{name.upper()}_PORT and install again")]
    if one.open:
        seen = f"{name} listens for other machines, too, on port {port}, without authentication"
        advice = f"set VOICEAGENT_{name.upper()}_HOST=127.0.0.1"
        if topology.half is Half.AGENT and name != "HTTP":
            advice = f"let the firewall allow {topology.pbx or 'the PBX'} and nobody else"
        return [yellow(seen, advice)]
    return []
