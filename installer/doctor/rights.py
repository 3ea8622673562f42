"""What our user of the manager interface may do, and what it should. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from installer.doctor.findings import Verdict

READ = ("call", "agent", "user")
"""What the agent has to be told of."""
WRITE = ("call", "originate")
"""What it has to be able to do."""
_HARMLESS_READ = frozenset(("dtmf", "dialplan", "reporting", "cdr"))
_HARMLESS_WRITE = frozenset(("reporting",))
_RUNS_PROGRAMS = ("system", "command", "config")  # each is as good as a shell as Asterisk's user
_LOST = {
    ("read", "call"): "no record knows how a call was hung up, and placed calls go unseen",
    ("read", "agent"): "who took a caller from the queue is not seen",
    ("read", "user"): "the dialplan's own reports are not seen",
    ("write", "call"): "hand-overs wait for the dialplan's own question",
    ("write", "originate"): "no calls can be placed",
}
# What AMI lets a user with one write right do and no other user, as ListCommands shows it.
_SHOWN_BY = {
    "call": "Redirect",
    "originate": "Originate",
    "system": "ModuleLoad",
    "command": "Command",
    "config": "UpdateConfig",
    "agent": "QueueAdd",
    "user": "UserEvent",
    "reporting": "CoreShowChannels",
}


@dataclass(frozen=True, slots=True)
class Rights:
    """What a user may see and do.

    Attributes:
        read: Classes of events; None where nobody said.
        write: Classes of actions.
    """

    read: frozenset[str] | None
    write: frozenset[str]


def rights_shown(answer: str) -> Rights | None:
    """Read ``manager show user NAME``; None if there is no such user."""
    rows = dict(
        (name.strip(), value.strip())
        for name, colon, value in (line.partition(":") for line in answer.splitlines())
        if colon
    )
    if "read perm" not in rows or "write perm" not in rows:
        return None
    return Rights(_classes(rows["read perm"]), _classes(rows["write perm"]))


def rights_listed(actions: Collection[str]) -> Rights:
    """Tell rights from the actions that AMI's ListCommands names; what may be seen stays open."""
    write = {right for right, action in _SHOWN_BY.items() if action in actions}
    # CoreShowChannels comes with system, too, and UserEvent and QueueAdd with no other.
    if "system" in write:
        write.discard("reporting")
    return Rights(None, frozenset(write))


def judge(rights: Rights) -> list[tuple[Verdict, str, str]]:
    """Compare rights with what the agent needs.

    Returns:
        A verdict, what was seen and what to do, for each thing that is wrong; none if all is well.
    """
    found = []
    if dangerous := [one for one in _RUNS_PROGRAMS if one in rights.write]:
        found.append(
            (
                Verdict.RED,
                f"it may write {', '.join(dangerous)}: whoever has its secret runs programs as "
                "Asterisk's user",
                f"leave it write = {','.join(WRITE)}, then manager reload",
            )
        )
    for kind, has, needs, harmless in (
        ("read", rights.read, READ, _HARMLESS_READ),
        ("write", rights.write, WRITE, _HARMLESS_WRITE),
    ):
        if has is None:
            continue
        found += [_missing(kind, one, needs) for one in needs if one not in has]
        more = sorted(has - set(needs) - harmless - set(_RUNS_PROGRAMS if kind == "write" else ()))
        if more:
            seen = f"it may {kind} {', '.join(more)}, which the agent has no use for"
            advice = f"leave it {kind} = {','.join(needs)}, then manager reload"
            found.append((Verdict.YELLOW, seen, advice))
    return found


def _missing(kind: str, right: str, needs: Sequence[str]) -> tuple[Verdict, str, str]:
    return (
        Verdict.YELLOW,
        f"it may not {kind} {right}: {_LOST[kind, right]}",
        f"give it {kind} = {','.join(needs)}, then manager reload",
    )


def _classes(text: str) -> frozenset[str]:
    words = {one.strip() for one in text.split(",")}
    return frozenset(words - {"", "<none>"})
