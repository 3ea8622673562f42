"""``python -m installer.doctor.checklist``: prints docs/production-checklist.md.

The page is made from the doctor's own list of checks and its table of releases, so that it cannot
say anything else than the doctor does; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from installer.doctor.builds import DEFECTS, Spans
from installer.doctor.registry import CHECKS


@dataclass(frozen=True, slots=True)
class Drill:
    """Something to try before callers do.

    Attributes:
        title: What is tried.
        command: What to type; one line.
        where: On the PBX, or in a checkout of the source.
        passes: How to know that it went well.
    """

    title: str
    command: str
    where: str
    passes: str


_PBX, _CHECKOUT = "on the PBX", "in a checkout, with a PBX of its own"

DRILLS: tuple[Drill, ...] = (
    Drill(
        "A test call",
        "sudo voiceagent call --did NUMBER",
        _PBX,
        "Exit code 0: the call went in by the dialplan, the agent answered and was heard.",
    ),
    Drill(
        "A telephone of yours",
        "sudo voiceagent call --to PJSIP/100 --from-did NUMBER",
        _PBX,
        "It rings, the agent speaks, and hears you.",
    ),
    Drill(
        "Where the time went",
        "sudo voiceagent calls show last",
        _PBX,
        "Each turn's times, from the caller's last sound to the agent's first.",
    ),
    Drill(
        "Barge-in under stress",
        ".venv/bin/python -m bench calls --only barge_in",
        _CHECKOUT,
        "The table says how long the agent goes on speaking after a caller interrupts it.",
    ),
    Drill(
        "Ten callers at once",
        ".venv/bin/python -m bench calls --only burst",
        _CHECKOUT,
        "All ten hear the greeting; the table says when.",
    ),
    Drill(
        "Latency",
        ".venv/bin/python -m bench turns",
        _CHECKOUT,
        "The table of every turn; exit code 0: no call was lost.",
    ),
    Drill(
        "No caller is lost",
        ".venv/bin/python -m bench lost",
        _CHECKOUT,
        "Calls while AMI and ARI are cut or frozen and the controller is killed or stopped; before "
        "that Asterisk is killed. The table has no caller who reached neither the agent nor "
        "people, and no channel is left.",
    ),
    Drill(
        "A vendor that hangs",
        "VOICEAGENT_SIM_FAULT=cartesia:hang .venv/bin/voiceagent sandbox up --profile simulated && "
        ".venv/bin/voiceagent call --did 441632960001 --sandbox",
        "in a checkout, without a sandbox that is up: `.venv/bin/voiceagent sandbox down`",
        "The vendor of the voice takes no connection; the agent's greeting is shown all the same, "
        "and the exit code is 0. `.sandbox/logs/agent.log` says that the next voice takes over.",
    ),
    Drill(
        "The agent away",
        "sudo systemctl stop voiceagent; sleep 60; sudo systemctl start voiceagent",
        _PBX,
        "Whoever rings in that minute is with people at once; afterwards `sudo voiceagent doctor` "
        "is as before.",
    ),
)


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join([*_head(), *_checks(), *_releases(), *_drills()]) + "\n"


def _head() -> Iterator[str]:
    yield "# Before callers come"
    yield ""
    yield "<!-- Made by python -m installer.doctor.checklist; changes made here are lost. -->"
    yield ""
    yield "One command looks at everything, in less than five seconds on a machine at rest:"
    yield ""
    yield "```sh"
    yield "sudo voiceagent doctor"
    yield "```"
    yield ""
    yield "Green is well. Yellow takes calls, but something should be better. Red keeps calls from"
    yield "the agent, or leaves a door open. Grey was not looked at, and says why: nothing is green"
    yield "that nobody saw. The exit code is 1 if anything is red. `--json` prints the same for"
    yield "programs, `--only ID` runs one check, `--patience 20` gives a slow machine time, and"
    yield "`--bundle FILE` packs an archive for support, without secrets or callers' data."
    yield ""


def _checks() -> Iterator[str]:
    yield "## Checks"
    yield ""
    for check in CHECKS:
        yield f"### {check.id}"
        yield ""
        yield f"{check.looks_at} `sudo voiceagent doctor --only {check.id}`"
        yield ""


def _releases() -> Iterator[str]:
    yield "## AudioSocket, release by release"
    yield ""
    yield "What [asterisk-version](#asterisk-version) knows. A fault that callers do not notice,"
    yield "because of what the agent does, is green."
    yield ""
    yield "| fault | releases | what the agent does | left of it |"
    yield "|---|---|---|---|"
    for one in DEFECTS:
        yield f"| {one.symptom} | {_spans(one.spans)} | {one.ours} | {one.verdict.value} |"
    yield ""


def _drills() -> Iterator[str]:
    yield "## Drills"
    yield ""
    yield "What no look can tell. NUMBER is one of yours: `sudo voiceagent companies list`."
    yield ""
    for one in DRILLS:
        yield f"### {one.title}"
        yield ""
        yield "```sh"
        yield one.command
        yield "```"
        yield ""
        yield f"{one.where[0].upper()}{one.where[1:]}. {one.passes}"
        yield ""


def _spans(spans: Spans) -> str:
    said = []
    for line, (first, good) in spans.items():
        begins = "" if first == f"{line}.0" else f"{first} "
        if good is None:
            said.append(f"{begins}and later {line}" if begins else f"all {line}")
        else:
            said.append(f"{begins}to before {good}" if begins else f"{line} before {good}")
    return ", ".join(said)


if __name__ == "__main__":
    print(page(), end="")
