"""What came of a run: a table, JSON, or JUnit's XML. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from xml.etree import ElementTree

from ari_app.simulate.record import CallRecord
from ari_app.simulate.scenario import plain


@dataclass(frozen=True, slots=True)
class Result:
    """One call of a run.

    Attributes:
        name: The scenario's.
        model: What thought.
        mode: ``text`` or ``speech``.
        seed: Of its luck.
        seconds: How long it took.
        record: What happened.
        failures: What was not as it must be; none: it passed.
    """

    name: str
    model: str
    mode: str
    seed: int
    seconds: float
    record: CallRecord
    failures: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether all was as it must be."""
        return not self.failures


def rate(results: Sequence[Result]) -> float:
    """Return how many in a hundred passed."""
    return 100 * sum(result.passed for result in results) / len(results) if results else 0.0


def by_scenario(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return a row for each scenario and mind: runs, passes, turns, latency."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.name, result.model), []).append(result)
    rows = []
    for (name, model), group in sorted(groups.items()):
        latencies = [ms for result in group for ms in result.record.latencies_ms]
        rows.append(
            {
                "scenario": name,
                "model": model,
                "runs": len(group),
                "passed": sum(result.passed for result in group),
                "turns": round(sum(r.record.turns for r in group) / len(group), 1),
                "latency_ms": round(median(latencies)) if latencies else None,
            }
        )
    return rows


def hearing(results: Sequence[Result]) -> tuple[int, Counter[tuple[str, str]]]:
    """Return how often spoken callers were heard, and what was not heard as it was said.

    Returns:
        The count of everything heard, and how often which words were heard as which.
    """
    pairs = [(plain(said), plain(heard)) for r in results for said, heard in r.record.heard]
    return len(pairs), Counter(pair for pair in pairs if pair[0] != pair[1])


def latency(results: Sequence[Result]) -> dict[str, int]:
    """Return the typical and the slow times to an answer of a run, in milliseconds."""
    times = sorted(ms for result in results for ms in result.record.latencies_ms)
    if not times:
        return {}
    slow = times[min(len(times) - 1, round(0.95 * (len(times) - 1)))]
    return {"answers": len(times), "median_ms": round(median(times)), "p95_ms": slow}


def as_json(results: Sequence[Result]) -> str:
    """Return the whole run as JSON."""
    document = {
        "runs": len(results),
        "passed": sum(result.passed for result in results),
        "rate": round(rate(results), 2),
        "latency": latency(results),
        "scenarios": by_scenario(results),
        "calls": [
            {
                "scenario": result.name,
                "model": result.model,
                "mode": result.mode,
                "seed": result.seed,
                "seconds": round(result.seconds, 3),
                "passed": result.passed,
                "failures": result.failures,
                "outcome": result.record.outcome,
                "steps": result.record.steps,
                "slots": result.record.slots,
                "turns": result.record.turns,
                "latencies_ms": result.record.latencies_ms,
                "bookings": [dict(row) for row in result.record.bookings],
                "log": result.record.log,
                "heard": [{"said": s, "heard": h} for s, h in result.record.heard],
                "said": [{"speaker": who, "text": text} for who, text in result.record.said],
            }
            for result in results
        ],
    }
    return json.dumps(document, indent=1, default=str)


def as_junit(results: Sequence[Result]) -> bytes:
    """Return the whole run as JUnit's XML, a test case for each call."""
    failed = sum(not result.passed for result in results)
    seconds = sum(result.seconds for result in results)
    suite = ElementTree.Element(
        "testsuite",
        name="voiceagent simulate",
        tests=str(len(results)),
        failures=str(failed),
        errors="0",
        time=f"{seconds:.3f}",
    )
    for result in results:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=f"simulate.{result.mode}.{result.model}",
            name=f"{result.name} (seed {result.seed})",
            time=f"{result.seconds:.3f}",
        )
        if result.failures:
            message = _printable("; ".join(result.failures))
            failure = ElementTree.SubElement(case, "failure", message=message)
            failure.text = _printable(transcript(result.record))
    ElementTree.indent(suite)
    text: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def transcript(record: CallRecord) -> str:
    """Return who said what, a line each, and what the agent logged."""
    lines = [f"{who:>6}: {text}" for who, text in record.said]
    return "\n".join([*lines, *(f"   log: {line}" for line in record.log)])


def _printable(text: str) -> str:
    """Leave out what XML cannot hold."""
    return "".join(c for c in text if c in "\n\t" or c >= " ")
