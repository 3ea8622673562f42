"""What each release of Asterisk does wrong with AudioSocket, and what we make of it. Pure.

Two tables, kept by hand. A row holds for some releases of some lines: on each line from its first
bad release (included) to the first good one (excluded), where ``None`` means that no release of
that line is good. A line that a row does not name never had the fault.

There are three generations of the code. The first (all of 18, 20 before 20.14, 21 before 21.9, 22
before 22.4) reads byte by byte and knows no clean end. The second ends cleanly and forwards digits.
The third (20.17, 22.7 and 23.1; never 21) waits for the rest of a header.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from asterisk_conf.version import AsteriskVersion
from installer.doctor.findings import Verdict

OLDEST, NEWEST = 18, 23
"""The lines these tables know."""

_NO_MORE_FIXES = {18: date(2025, 10, 20), 20: date(2027, 10, 19), 21: date(2026, 10, 18)}
Spans = Mapping[int, tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class Defect:
    """One fault of AudioSocket.

    Attributes:
        slug: Its stable name, for the documentation to link to.
        symptom: What it looks like, for an admin.
        ours: What the agent or its dialplan does about it.
        verdict: What is left of it for callers, ours counted in.
        spans: The releases that have it, by line.
    """

    slug: str
    symptom: str
    ours: str
    verdict: Verdict
    spans: Spans


@dataclass(frozen=True, slots=True)
class Advisory:
    """One security fix that touches how the agent uses Asterisk.

    Attributes:
        name: Its number, or what it is called.
        what: What it allows.
        spans: The releases without the fix, by line.
    """

    name: str
    what: str
    spans: Spans


_FIRST_GENERATION: Spans = {
    18: ("18.0", None),
    20: ("20.0", "20.14"),
    21: ("21.0", "21.9"),
    22: ("22.0", "22.4"),
}
_NEVER_MENDED: Spans = {line: (f"{line}.0", None) for line in (18, 20, 21, 22, 23)}

DEFECTS: tuple[Defect, ...] = (
    Defect(
        "busy-loop",
        "each call takes a whole processor core (GH #234)",
        "nothing can be done from outside",
        Verdict.YELLOW,
        {18: ("18.0", "18.20"), 20: ("20.0", "20.5")},
    ),
    Defect(
        "spins-when-closed",
        "when the agent's end closes without saying so, the caller hears silence and Asterisk "
        "spins until the caller hangs up",
        "the agent says so before it closes; only one that is killed during a call cannot",
        Verdict.YELLOW,
        _FIRST_GENERATION,
    ),
    Defect(
        "clean-end-fails",
        "AudioSocket() fails even when the agent ends it properly, which would hang up",
        "the dialplan wraps it in TryExec and goes on",
        Verdict.GREEN,
        _FIRST_GENERATION,
    ),
    Defect(
        "no-digits",
        "digits the caller presses do not reach the agent",
        "callers have to say them",
        Verdict.YELLOW,
        _FIRST_GENERATION,
    ),
    Defect(
        "ends-after-two-seconds",
        "a call ends after 2 s in which neither end sends audio",
        "the agent sends 50 frames a second from first to last, silence included",
        Verdict.GREEN,
        {
            20: ("20.14", None),
            21: ("21.9", None),
            22: ("22.4", None),
            23: ("23.0", None),
        },
    ),
    Defect(
        "split-payload",
        'audio split over TCP segments ends the call ("Failed to read data")',
        "each frame is 320 bytes in one write, without Nagle's delay",
        Verdict.GREEN,
        {
            18: ("18.0", None),
            20: ("20.0", "20.15"),
            21: ("21.0", "21.10"),
            22: ("22.0", "22.5"),
        },
    ),
    Defect(
        "split-header",
        "a message header split over TCP segments garbles all that follows",
        "header and audio leave in one write",
        Verdict.GREEN,
        {
            20: ("20.14", "20.17"),
            21: ("21.9", None),
            22: ("22.4", "22.7"),
            23: ("23.0", "23.1"),
        },
    ),
    Defect(
        "overwritten-header",
        "the second half of a split header overwrites the first (PR #1824)",
        "header and audio leave in one write",
        Verdict.GREEN,
        {20: ("20.17", "20.19"), 22: ("22.7", "22.9"), 23: ("23.1", "23.3")},
    ),
    Defect(
        "waits-for-header",
        "an AudioSocket channel whose server is silent can freeze, and ARI with it "
        "(GH #2089 and #2078, open)",
        "the dialplan uses the application, not the channel, and the agent is never silent",
        Verdict.GREEN,
        {20: ("20.17", None), 22: ("22.7", None), 23: ("23.1", None)},
    ),
    Defect(
        "double-close",
        "a refused connection closes a file twice, on a busy PBX another call's",
        "the dialplan asks the agent's gate first and connects only to an agent that is there",
        Verdict.GREEN,
        _NEVER_MENDED,
    ),
)

ADVISORIES: tuple[Advisory, ...] = (
    Advisory(
        "CVE-2023-49294",
        "AMI reads any file",
        {18: ("18.0", "18.20.1"), 20: ("20.0", "20.5.1"), 21: ("21.0", "21.0.1")},
    ),
    Advisory(
        "GHSA-c4cg-9275-6w44",
        "an AMI user with write=originate, as ours, runs programs",
        {18: ("18.0", "18.24.2"), 20: ("20.0", "20.9.2"), 21: ("21.0", "21.4.2")},
    ),
    Advisory(
        "unrestricted ModuleLoad",
        "AMI loads modules from anywhere",
        {
            18: ("18.0", "18.26.0"),
            20: ("20.0", "20.11"),
            21: ("21.0", "21.6"),
            22: ("22.0", "22.1"),
        },
    ),
    Advisory(
        "GHSA-33x6-fj46-6rfh",
        "AMI lists files outside the configuration",
        {
            18: ("18.0", "18.26.1"),
            20: ("20.0", "20.11.1"),
            21: ("21.0", "21.6.1"),
            22: ("22.0", "22.1.1"),
        },
    ),
    Advisory(
        "GHSA-c7p6",
        "cli_permissions.conf does not stop shell commands",
        {
            18: ("18.0", "18.26.2"),
            20: ("20.0", "20.14.1"),
            21: ("21.0", "21.9.1"),
            22: ("22.0", "22.4.1"),
        },
    ),
    Advisory(
        "GHSA-v9q8",
        "safe_asterisk runs other users' scripts as root",
        {18: ("18.0", "18.26.3"), 22: ("22.0", "22.5.1")},
    ),
    Advisory(
        "GHSA-v6hp",
        "a script in Asterisk's /httpstatus page, and two ways to become root",
        {
            18: ("18.0", None),
            20: ("20.0", "20.18.2"),
            21: ("21.0", "21.12.1"),
            22: ("22.0", "22.8.2"),
            23: ("23.0", "23.2.2"),
        },
    ),
    Advisory(
        "GHSA-vrfp-mg3q-3959",
        "ARI gets round live_dangerously = no",
        {
            18: ("18.0", None),
            20: ("20.0", "20.20.1"),
            21: ("21.0", "21.12.3"),
            22: ("22.0", "22.10.1"),
            23: ("23.0", "23.4.1"),
        },
    ),
    Advisory(
        "GHSA-wcvv-g26m-wx5c",
        "a read-only ARI user writes over the WebSocket",
        {
            20: ("20.14", "20.20.1"),
            21: ("21.9", "21.12.3"),
            22: ("22.4", "22.10.1"),
            23: ("23.0", "23.4.1"),
        },
    ),
    Advisory(
        "GHSA-3rhj",
        "one request to AMI over HTTP stops Asterisk",
        {
            18: ("18.0", None),
            20: ("20.0", "20.20.1"),
            21: ("21.0", "21.12.3"),
            22: ("22.0", "22.10.1"),
            23: ("23.0", "23.4.1"),
        },
    ),
)


def defects_of(version: AsteriskVersion) -> tuple[Defect, ...]:
    """Return the faults a release has, in the table's order."""
    return tuple(one for one in DEFECTS if _has(one.spans, version))


def advisories_of(version: AsteriskVersion) -> tuple[Advisory, ...]:
    """Return the security fixes a release lacks, the oldest first."""
    return tuple(one for one in ADVISORIES if _has(one.spans, version))


def mended_in(row: Defect | Advisory, version: AsteriskVersion) -> AsteriskVersion | None:
    """Return the first later release of the line without a row's fault; None: there is none."""
    span = row.spans.get(version.major)
    return None if span is None or span[1] is None else _version(span[1])


def upgrade_for(rows: tuple[Defect | Advisory, ...], version: AsteriskVersion) -> str:
    """Say what to upgrade to, so that a release's faults are gone.

    Args:
        rows: Faults that the release has.
        version: The release.

    Returns:
        One clause; "" where no release is better in any of them.
    """
    mended = [mended_in(row, version) for row in rows]
    best = max((one for one in mended if one is not None), default=None)
    parts = [f"upgrade to {best} or a later {version.major}"] if best else []
    if any(
        one is None and any(line > version.major for line in _good_lines(row))
        for row, one in zip(rows, mended, strict=True)
    ):
        parts.append("move to 22, which has them all" if best else "move to Asterisk 22")
    return "; ".join(parts)


def no_more_fixes(version: AsteriskVersion, today: date) -> bool:
    """Say whether a release's line gets no security fixes any more."""
    until = _NO_MORE_FIXES.get(version.major)
    return until is not None and today > until


def is_known(version: AsteriskVersion) -> bool:
    """Say whether the tables say anything about a release's line."""
    return OLDEST <= version.major <= NEWEST and version.major != 19


def _good_lines(row: Defect | Advisory) -> list[int]:
    """Return the lines with a release that does not have a row's fault."""
    lines = (20, 22, 23)  # those that are still worth moving to
    return [line for line in lines if line not in row.spans or row.spans[line][1] is not None]


def _has(spans: Spans, version: AsteriskVersion) -> bool:
    span = spans.get(version.major)
    if span is None:
        return False
    first, good = span
    return _version(first) <= version and (good is None or version < _version(good))


def _version(text: str) -> AsteriskVersion:
    parsed = AsteriskVersion.parse(text)
    assert parsed is not None, text  # the tables above are ours
    return parsed
