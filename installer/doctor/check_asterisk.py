"""Asterisk itself: is it there, which is it, does it have what calls need?"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from asterisk_conf.modules import NEEDED
from asterisk_conf.version import AsteriskVersion
from installer.doctor import builds, console_text
from installer.doctor.findings import (
    Finding,
    NotLookedAtError,
    Verdict,
    green,
    red,
    unseen,
    yellow,
)
from installer.doctor.scene import Scene

_CODECS = {"ulaw": "G.711 mu-law", "alaw": "G.711 A-law", "g722": "G.722"}
_TICKS_PER_S = 50
_TICKS_OFF = 5  # what a busy machine may be off by


async def running(scene: Scene) -> list[Finding]:
    """Say whether Asterisk runs."""
    answer = None
    if scene.console.command:
        answer = await scene.console.ask("core show version")
    if answer is not None:
        return [green(f"{console_text.version_line(answer)} answers")]
    try:
        await scene.pbx()
    except NotLookedAtError as error:
        said_already = scene.is_elsewhere or scene.is_hidden
        advice = "" if said_already else "install Asterisk 18 to 23 here, or name its tree: --root"
        return [unseen(str(error), advice)]
    if not scene.is_root:
        return [unseen("its control socket is root's and Asterisk's", "run this as root")]
    return [red("Asterisk is installed and does not answer", "systemctl start asterisk")]


async def version(scene: Scene) -> list[Finding]:
    """Name the faults of AudioSocket in this build, and what is done about each."""
    found = await _version(scene)
    if isinstance(found, Finding):
        return [found]
    rows = builds.defects_of(found)
    findings = [
        Finding(
            "",
            one.verdict,
            f"{one.symptom}: {one.ours}",
            ""
            if one.verdict is Verdict.GREEN
            else builds.upgrade_for((one,), found) or "nothing: no release is better",
        )
        for one in rows
    ]
    return [green(f"{found}: {len(rows)} known faults of AudioSocket, see below"), *findings]


async def security(scene: Scene) -> list[Finding]:
    """Name the security fixes this build lacks."""
    found = await _version(scene)
    if isinstance(found, Finding):
        return [found]
    findings = []
    if rows := builds.advisories_of(found):
        said = "; ".join(f"{one.name} ({one.what})" for one in rows)
        findings.append(yellow(f"{found} lacks {said}", builds.upgrade_for(rows, found)))
    if builds.no_more_fixes(found, datetime.now(UTC).date()):
        gone = f"Asterisk {found.major} gets no security fixes any more"
        findings.append(yellow(gone, "move to Asterisk 22"))
    return findings or [green(f"{found} has all fixes known to touch the agent's ways in")]


async def modules(scene: Scene) -> list[Finding]:
    """Compare the modules that run with those the dialplan stands on."""
    there = console_text.running_modules(await scene.ask("module show"))
    routed = await _is_routed(scene)
    lacking = [
        one
        for one in NEEDED
        # Only builds of res_agi with speech stand on res_speech; it loads where it is there.
        if one.name not in there
        and one.name != "res_speech"
        and (routed or not one.routing)
        and not await _runs(scene, one.name)  # the long answer may have left it out
    ]
    findings = []
    vital = [one for one in lacking if one.essential or one.routing]
    if vital:
        names = ", ".join(f"{one.name} ({one.why})" for one in vital)
        load = " and ".join(f"module load {one.name}.so" for one in vital)
        findings.append(red(f"not running: {names}", f"asterisk -rx: {load}; see modules.conf"))
    if poorer := [one for one in lacking if one not in vital]:
        names = ", ".join(f"{one.name} ({one.why})" for one in poorer)
        findings.append(yellow(f"not running: {names}", "load them if you want that"))
    return findings or [green(f"all {len(NEEDED)} the dialplan stands on run")]


async def codecs(scene: Scene) -> list[Finding]:
    """See whether each telephone codec can become the agent's audio."""
    questions = [f"core show translation paths {name}" for name in _CODECS]
    answers = await asyncio.gather(*(scene.ask(one) for one in questions))
    lacking = [
        name
        for name, answer in zip(_CODECS, answers, strict=True)
        if not console_text.translates_to_slin(answer)
    ]
    if not lacking:
        return [green(f"{', '.join(_CODECS.values())} become the agent's audio")]
    names = ", ".join(_CODECS[name] for name in lacking)
    load = " and ".join(f"module load codec_{name}.so" for name in lacking)
    finding = red if {"ulaw", "alaw"} <= set(lacking) else yellow
    return [finding(f"callers with {names} are not understood", f"asterisk -rx: {load}")]


async def timing(scene: Scene) -> list[Finding]:
    """Test Asterisk's clock for music and queues."""
    # On its own connection: the test holds up a console for a second.
    timer = console_text.timer_of(await scene.ask("timing test"))
    if timer is None:
        return [
            yellow(
                "Asterisk has no timing source", "asterisk -rx: module load res_timing_timerfd.so"
            )
        ]
    name, took_ms, ticks = timer
    due = took_ms * _TICKS_PER_S / 1000
    if abs(ticks - due) > _TICKS_OFF:
        seen = f"{name} gave {ticks} ticks in {took_ms} ms, {due:.0f} were due"
        return [
            yellow(seen, "look for what keeps the machine busy: music and announcements stutter")
        ]
    return [green(f"{name}: {ticks} ticks in {took_ms} ms")]


async def digits_logged(scene: Scene) -> list[Finding]:
    """See whether Asterisk writes the digits that callers press into its log."""
    if not (files := console_text.logs_digits(await scene.ask("logger show channels"))):
        return [green("no log file gets the digits that callers press")]
    return [
        yellow(
            f"the digits that callers press, secret ones too, are written to {', '.join(files)}",
            "take dtmf out of that line of logger.conf, then asterisk -rx: logger reload",
        )
    ]


async def _runs(scene: Scene, module: str) -> bool:
    return module in console_text.running_modules(await scene.ask(f"module show like {module}"))


async def _is_routed(scene: Scene) -> bool:
    """Say whether the dialplan asks ARI where calls go; yes where nobody knows."""
    answer = await scene.ask("dialplan show voiceagent-in")
    return "Stasis(" in answer or "There is no existence" in answer


async def _version(scene: Scene) -> AsteriskVersion | Finding:
    """Return the version that runs, or what to say instead."""
    answer = await scene.ask("core show version")
    found = AsteriskVersion.parse(answer)
    if found is None:
        return yellow(
            f"{console_text.version_line(answer)} is no release, so nothing is known of it",
            "take a release of Asterisk 22",
        )
    if builds.is_known(found):
        return found
    if found.major > builds.NEWEST:
        return yellow(f"{found} is newer than all that is known here", "place a test call")
    return red(f"{found} is too old", f"move to Asterisk {builds.OLDEST} or later, best 22")
