"""A plan in a few lines, for the moment before the question. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from installer.model import Change, Kind, Plan, Role
from installer.system import UNIT, is_setting


def summary(plan: Plan) -> Iterator[str]:
    """Yield what a plan comes to, a line each; nothing for one that changes nothing."""
    owned = (*plan.base.owned, *plan.manifest.owned)
    parents = {one.path for one in owned if one.role is Role.PARENT}
    theirs = [one for one in plan.changes if one.path in parents]
    ours = [one for one in plan.changes if one.path not in parents]
    if theirs:
        names = ", ".join(one.path.name for one in theirs)
        yield f"files of the PBX: {names}, in which only our marked lines change"
    counted = _counted(ours)
    if counted:
        yield f"files of our own: {counted}"
    if plan.commands and not plan.changes:
        yield "no file changes; what runs is told again what is installed"
    yield from _service(plan)


def _counted(changes: Iterable[Change]) -> str:
    """Count the files that are new, changed and gone."""
    counts = {"new": 0, "changed": 0, "removed": 0}
    for one in changes:
        node = one.new or one.old
        if node is not None and node.kind is not Kind.FOLDER:
            counts["new" if one.old is None else "removed" if one.new is None else "changed"] += 1
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


def _service(plan: Plan) -> Iterator[str]:
    before, after = plan.base.at(UNIT) is not None, plan.manifest.at(UNIT) is not None
    touched = any(one.path == UNIT or is_setting(one.path) for one in plan.changes)
    if after and not before:
        now = "now, and " if plan.commands else ""  # nothing is started in a tree that is at rest
        yield f"the service voiceagent is new: it starts {now}with the machine"
    elif before and not after:
        yield "the service voiceagent is stopped and taken away; calls in progress go to people"
    elif after and touched:
        yield "the service voiceagent is started afresh; calls in progress go to people"
    elif after and any(UNIT.name in one for one in plan.commands):
        yield "the service voiceagent, which does not run, is started"
