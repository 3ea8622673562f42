"""Runs the checks, all at once, each with a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from installer.doctor.findings import Finding, NotLookedAtError, unseen
from installer.doctor.registry import Check
from installer.doctor.scene import Scene


async def examine(scene: Scene, checks: Sequence[Check]) -> list[Finding]:
    """Look at everything; the findings come in the checks' order."""
    try:
        found = await asyncio.gather(*(_look(scene, check) for check in checks))
    finally:
        await scene.close()
    return [finding for findings in found for finding in findings]


async def _look(scene: Scene, check: Check) -> list[Finding]:
    try:
        async with asyncio.timeout(scene.patience_s):
            found = list(await check.run(scene))
    except NotLookedAtError as error:
        found = [unseen(str(error))]
    except TimeoutError:
        late = f"it took longer than {scene.patience_s:g} s"
        found = [unseen(late, f"try again with --patience {scene.patience_s * 4:.0f}")]
    except Exception as error:  # a fault in one check must not hide what the others found
        # Without the text: a foreign exception's may hold anything, keys included.
        found = [unseen(f"the check itself fails ({type(error).__name__})", "please report this")]
    return [_finished(one, check) for one in found]


def _finished(finding: Finding, check: Check) -> Finding:
    return replace(
        finding,
        id=check.id,
        check=_printable(finding.check or check.title),
        what=_printable(finding.what),
        what_to_do=_printable(finding.what_to_do),
    )


def _printable(text: str) -> str:
    """Return a text without what would steer a terminal: some of it comes from elsewhere."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
