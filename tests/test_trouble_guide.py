"""The trouble guide names checks that exist, and every row names one."""

import re
from pathlib import Path

from installer.doctor.registry import CHECKS

GUIDE = Path(__file__).parent.parent / "docs/trouble.md"
KNOWN = {check.id for check in CHECKS}


def rows():
    """Yield the rows of the tables that have a column of checks, as their cells."""
    checks = False
    for line in GUIDE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            checks = False
        elif cells[-1] == "checks":
            checks = True
        elif checks and not set(line) <= set("|-"):
            yield cells


def test_every_row_is_tied_to_checks_that_exist():
    found = list(rows())
    assert len(found) > 20
    for what, _, checks in found:
        named = re.findall(r"`([^`]+)`", checks)
        assert named, what
        assert set(named) <= KNOWN, what


def test_every_symptom_the_guide_promises_has_a_section():
    headings = re.findall(r"^## (.+)$", GUIDE.read_text(), re.MULTILINE)
    for symptom in (
        "Silence",
        "Garble",
        "One-way audio",
        "The call drops after two seconds",
        "It says it transfers, but does not",
    ):
        assert symptom in headings
