"""The dialplan: is ours in the running Asterisk, is it what we wrote, does anything lead there?"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import PurePosixPath

from asterisk_conf.render import CONTEXTS, FOLDER
from installer.config_files import ours, read_config_file
from installer.doctor import console_text
from installer.doctor.findings import Finding, NotLookedAtError, green, red, yellow
from installer.doctor.scene import Pbx, Scene
from installer.verify import verify

_ENTRY = "voiceagent-in"
_RELOAD = "asterisk -rx: dialplan reload"
_INSTALL = "run voiceagent-install"
_PLACES = "voiceagent-place"
_INTO = "Set(VA_INTO="
_TRANSFERS = (
    ("extension", "--extensions-context", "extension"),
    ("outside number", "--outside-context", "outside"),
)
# Where a telephone or a trunk names the context its calls begin in.
_CHANNEL_FILES = ("pjsip.conf", "sip.conf", "iax.conf", "chan_dahdi.conf")


async def loaded(scene: Scene) -> list[Finding]:
    """Compare the running contexts with our file."""
    answers = await asyncio.gather(*(scene.ask(f"dialplan show {name}") for name in CONTEXTS))
    running = {one.name: one for text in answers for one in console_text.contexts_of(text)}
    missing = [name for name in CONTEXTS if name not in running]
    if missing:
        names = ", ".join(missing)
        return [red(f"the running dialplan lacks {names}", f"{_RELOAD}; else {_INSTALL}")]
    try:
        written = await _written(await scene.pbx())
    except NotLookedAtError as error:
        return [green(f"all {len(CONTEXTS)} contexts are loaded; our file: {error}")]
    other = [name for name, steps in written.items() if running[name].steps != steps]
    if other:
        names = ", ".join(other)
        return [yellow(f"what runs in {names} is not what our file says", _RELOAD)]
    return [green(f"all {len(CONTEXTS)} contexts are loaded, step for step as in our file")]


async def reached(scene: Scene) -> list[Finding]:
    """See whether any context or channel leads to ours."""
    leading: list[str] = []
    whole = False
    # A large PBX's whole dialplan can take longer to tell than there is time; its files do not.
    with suppress(TimeoutError):
        async with asyncio.timeout(scene.patience_s / 2):
            contexts = console_text.contexts_of(await scene.ask("dialplan show"))
        leading += console_text.leading_to(contexts, _ENTRY, CONTEXTS)
        whole = True
    try:
        pbx = await scene.pbx()
        # A long dialplan is not told whole, so its file is looked at, too.
        leading += await asyncio.to_thread(_files_leading, pbx)
    except NotLookedAtError:
        pass  # the dialplan alone can be enough
    leading = list(dict.fromkeys(leading))
    if leading:
        shown = ", ".join(leading[:5]) + (f" and {len(leading) - 5} more" if leading[5:] else "")
        return [green(f"{shown} lead{'' if leading[1:] else 's'} to {_ENTRY}")]
    if not whole:
        raise NotLookedAtError("Asterisk takes too long to tell its dialplan; see --patience")
    return [
        yellow(
            f"nothing leads to {_ENTRY}, so no call reaches the agent",
            f"send your trunk there: exten => NUMBER,1,Goto({_ENTRY},${{EXTEN}},1); on FreePBX "
            f"a Custom Destination {_ENTRY},s,1",
        )
    ]


async def transfer_contexts(scene: Scene) -> list[Finding]:
    """See whether the contexts into which callers are put through exist."""
    ours = console_text.contexts_of(await scene.ask(f"dialplan show {_PLACES}"))
    if not ours:
        raise NotLookedAtError(f"the running dialplan lacks {_PLACES}")
    findings = []
    set_ = [
        (what, flag, named)
        for what, flag, start in _TRANSFERS
        for step in ours[0].steps.get(start, ())
        if (named := step.removeprefix(_INTO).removesuffix(")")) and step.startswith(_INTO)
    ]
    for what, flag, named in set_:
        there = console_text.contexts_of(await scene.ask(f"dialplan show {named}"))
        if not any(one.name == named for one in there):
            seen = f"there is no context {named}, so callers are put through to no {what}"
            advice = f"voiceagent-install {flag} NAME, with one of asterisk -rx: dialplan show"
            findings.append(red(seen, advice))
    if not set_:
        return [green("none is set: callers are put through to queues only")]
    names = ", ".join(f"{named} ({what}s)" for what, _, named in set_)
    return findings or [green(f"{names}: there")]


async def files(scene: Scene) -> list[Finding]:
    """Look for files of ours that are gone or were edited by hand, and parents that lost us."""
    pbx = await scene.pbx()
    checks = await asyncio.to_thread(verify, pbx.tree, pbx.facts, pbx.manifest, None)
    findings = []
    for one in checks:
        if not one.ok and one.name == "installed":
            findings.append(red(one.detail, _INSTALL))
        elif not one.ok and one.name == "files":
            advice = "voiceagent-install shows the difference before it puts anything back"
            findings.append(yellow(one.detail, advice))
        elif not one.ok:
            findings.append(red(one.detail, _INSTALL))
    return findings or [green(next(one.detail for one in checks if one.name == "files"))]


async def _written(pbx: Pbx) -> dict[str, dict[str, list[str]]]:
    path = pbx.facts.config / FOLDER / "extensions.conf"
    content = await asyncio.to_thread(pbx.tree.read, PurePosixPath(path))
    if content is None:
        raise NotLookedAtError(f"{path} is not there")
    steps = console_text.written_steps(content.decode("utf-8", "replace"))
    return {name: steps[name] for name in CONTEXTS if name in steps}


def _files_leading(pbx: Pbx) -> list[str]:
    dialplan = read_config_file(pbx.tree, pbx.facts.config, "extensions.conf")
    found = [
        section.name
        for section in dialplan.sections
        if section.name not in CONTEXTS
        and not section.template
        and any(console_text.leads_to(one.value, _ENTRY) for one in section.settings)
    ]
    for name in _CHANNEL_FILES:
        for section in read_config_file(pbx.tree, pbx.facts.config, name).sections:
            if section.template or ours(section.where):
                continue
            if any(one.name == "context" and one.value == _ENTRY for one in section.settings):
                found.append(f"{name}'s [{section.name}]")
    return found
