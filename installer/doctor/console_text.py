"""What Asterisk's command line says, read. Pure.

The formats are those of Asterisk 18 to 23; what is not understood is told apart from what is wrong.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

_MODULE = re.compile(r"^(\S+?)(?:\.so)?\s+.*\s\d+\s+(Running|Not Running)\s+\S+\s*$")
_TICKS = re.compile(r"It has been (\d+) milliseconds, and we got (\d+) timer ticks")
_TIMER = re.compile(r"Using the '([^']+)' timing module")
_CONTEXT = re.compile(r"^\[ Context '([^']+)' created by '([^']*)' \]")
_EXTENSION = re.compile(r"^  '([^']*)' =>\s+(?:hint: )?")
_STEP = re.compile(r"^\s+(?:'[^']*' =>\s+)?(?:\[\S+\]\s+)?\d+\. (.*?)\s+\[[^\]]*\]$")
_INCLUDE = re.compile(r"^\s+Include =>\s+'([^']+)'")
# Where a step goes on in another context: Goto(ctx,ext,1), GotoIf(..?ctx,ext,1:..), Local/ext@ctx.
_LEADS = r"(?:[(?:,]{name},|@{name}(?![\w-]))"


@dataclass(frozen=True, slots=True)
class Context:
    """One context of the running dialplan.

    Attributes:
        name: Its name.
        steps: What each priority of each extension does, by extension, in order.
        includes: Contexts it includes.
    """

    name: str
    steps: dict[str, list[str]]
    includes: tuple[str, ...]


def version_line(answer: str) -> str:
    """Return what ``core show version`` says without who built it.

    On a machine without a network card Asterisk's command line complains of that first.
    """
    lines = answer.splitlines()
    found = next((one for one in lines if one.startswith("Asterisk ")), answer.strip())
    return found.partition(" built by")[0].strip()


def running_modules(answer: str) -> frozenset[str]:
    """Return the modules that ``module show`` lists as running, without ``.so``."""
    found = (_MODULE.match(line) for line in answer.splitlines())
    return frozenset(row[1] for row in found if row and row[2] == "Running")


def is_unknown_command(answer: str) -> bool:
    """Say whether Asterisk does not know the command at all, as without the module it is in."""
    return "No such command" in answer


def timer_of(answer: str) -> tuple[str, int, int] | None:
    """Return the timing module, milliseconds and ticks of ``timing test``; None if it has none."""
    timer, ticks = _TIMER.search(answer), _TICKS.search(answer)
    if timer is None or ticks is None:
        return None
    return timer[1], int(ticks[1]), int(ticks[2])


def translates_to_slin(answer: str) -> bool:
    """Say whether ``core show translation paths CODEC`` leads to 8 kHz signed linear."""
    row = re.search(r"To slin:8000\s*:\s*(.+)$", answer, re.MULTILINE)
    return row is not None and "No Translation Path" not in row[1]


def logs_digits(answer: str) -> tuple[str, ...]:
    """Return the files into which ``logger show channels`` says that dialled digits go."""
    rows = (line.split() for line in answer.splitlines())
    return tuple(row[0] for row in rows if len(row) > 3 and row[1] == "File" and "DTMF" in row[3:])


def contexts_of(answer: str) -> tuple[Context, ...]:
    """Read ``dialplan show``."""
    found: list[Context] = []
    extension = ""
    for line in answer.splitlines():
        if begun := _CONTEXT.match(line):
            found.append(Context(begun[1], {}, ()))
        elif not found:
            continue
        elif included := _INCLUDE.match(line):
            last = found[-1]
            found[-1] = Context(last.name, last.steps, (*last.includes, included[1]))
        else:
            if named := _EXTENSION.match(line):
                extension = named[1]
            if step := _STEP.match(line):
                found[-1].steps.setdefault(extension, []).append(step[1])
    return tuple(found)


def leads_to(step: str, name: str) -> bool:
    """Say whether a step of a dialplan, or the value of an include, names a context to go to."""
    leads = re.search(_LEADS.format(name=re.escape(name)), step)
    return leads is not None or step.strip() == name


def leading_to(contexts: Sequence[Context], name: str, ours: Sequence[str]) -> tuple[str, ...]:
    """Return the contexts, other than ours, that lead to one by a step or an include."""
    return tuple(
        one.name
        for one in contexts
        if one.name not in ours
        and (
            name in one.includes
            or any(leads_to(step, name) for steps in one.steps.values() for step in steps)
        )
    )


def written_steps(text: str) -> dict[str, dict[str, list[str]]]:
    """Read a dialplan file of ours as ``dialplan show`` would tell it: context, extension, steps.

    Only what our own templates use is understood: ``exten =>`` with priority 1, and ``same => n``.
    """
    contexts: dict[str, dict[str, list[str]]] = {}
    steps: dict[str, list[str]] = {}
    row: list[str] = []
    for line in text.splitlines():
        if header := re.match(r"\[([^\]]+)\]", line):
            steps = contexts.setdefault(header[1], {})
        elif first := re.match(r"exten => ([^,]+),1,(.*)$", line):
            row = steps.setdefault(first[1], [])
            row.append(first[2].strip())
        elif following := re.match(r"\s*same => n(?:\([^)]*\))?,(.*)$", line):
            row.append(following[1].strip())
    return contexts


def address_after(answer: str, label: str) -> str:
    """Return the address on the line that a label begins, such as ``TCP Bindaddress``; "" if none.

    "Disabled" and the like are no addresses.
    """
    row = re.search(rf"{re.escape(label)}:?\s+(\S+:\d+)\s*$", answer, re.MULTILINE)
    return row[1] if row else ""


def is_loopback(address: str) -> bool:
    """Say whether ``host:port`` or a host is this machine's own address only."""
    host = address.rpartition(":")[0] if address.count(":") == 1 or "]" in address else address
    host = host.strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def ari_users(answer: str) -> dict[str, bool]:
    """Return ARI's users, each with whether it may only read."""
    rows = (line.split() for line in answer.splitlines())
    return {row[-1]: row[0] == "Yes" for row in rows if len(row) > 1 and row[0] in ("Yes", "No")}


def queue_members(answer: str, queue: str) -> int | None:
    """Count the members in ``queue show NAME``; None if there is no such queue."""
    if f"No such queue: {queue}" in answer or not answer.strip():
        return None
    inside, count = False, 0
    for line in answer.splitlines():
        if line.strip() == "Members:":
            inside = True
        elif line.strip() in ("No Callers", "Callers:", "No Members"):
            inside = False
        elif inside and line.strip():
            count += 1
    return count
