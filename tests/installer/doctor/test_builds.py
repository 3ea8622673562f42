"""Which release has which fault of AudioSocket, and which security fix it lacks."""

from __future__ import annotations

from datetime import date

import pytest

from asterisk_conf.version import AsteriskVersion
from installer.doctor.builds import (
    ADVISORIES,
    DEFECTS,
    advisories_of,
    defects_of,
    is_known,
    mended_in,
    no_more_fixes,
    upgrade_for,
)
from installer.doctor.findings import Verdict


def of(text: str) -> AsteriskVersion:
    version = AsteriskVersion.parse(text)
    assert version is not None
    return version


FIRST = {
    "spins-when-closed", "clean-end-fails", "no-digits", "split-payload", "double-close",
}  # fmt: skip
SECOND = {"ends-after-two-seconds", "split-header", "double-close"}
THIRD = {"ends-after-two-seconds", "waits-for-header", "double-close"}
OVERWRITES = {"overwritten-header"}

# The boundaries of the facts, each from both sides.
FAULTS = [
    ("18.0.0", FIRST | {"busy-loop"}),
    ("18.19.9", FIRST | {"busy-loop"}),
    ("18.20.0", FIRST),
    ("18.26.4", FIRST),
    ("20.4.0", FIRST | {"busy-loop"}),
    ("20.5.0", FIRST),
    ("20.13.9", FIRST),
    ("20.14.0", SECOND | {"split-payload"}),
    ("20.15.0", SECOND),
    ("20.16.9", SECOND),
    ("20.17.0", THIRD | OVERWRITES),
    ("20.18.2", THIRD | OVERWRITES),
    ("20.19.0", THIRD),
    ("20.20.1", THIRD),
    ("21.8.9", FIRST),
    ("21.9.0", SECOND | {"split-payload"}),
    ("21.10.0", SECOND),
    ("21.12.3", SECOND),
    ("22.0.0", FIRST),
    ("22.3.9", FIRST),
    ("22.4.0", SECOND | {"split-payload"}),
    ("22.4.1", SECOND | {"split-payload"}),
    ("22.5.0", SECOND),
    ("22.6.0", SECOND),
    ("22.7.0", THIRD | OVERWRITES),
    ("22.8.2", THIRD | OVERWRITES),
    ("22.9.0", THIRD),
    ("22.10.1", THIRD),
    ("23.0.0", SECOND),
    ("23.1.0", THIRD | OVERWRITES),
    ("23.2.2", THIRD | OVERWRITES),
    ("23.3.0", THIRD),
    ("23.4.1", THIRD),
]


@pytest.mark.parametrize(("release", "faults"), FAULTS)
def test_each_release_has_exactly_its_faults(release, faults):
    assert {one.slug for one in defects_of(of(release))} == faults


def test_what_we_cannot_do_anything_about_is_not_green():
    left = {one.slug for one in DEFECTS if one.verdict is not Verdict.GREEN}
    assert left == {"busy-loop", "spins-when-closed", "no-digits"}
    assert all(one.symptom and one.ours for one in DEFECTS)


def test_what_the_newest_releases_have_left_is_all_green():
    for release in ("20.20.1", "22.10.1", "23.4.1"):
        assert {one.verdict for one in defects_of(of(release))} == {Verdict.GREEN}


LACKS = [
    ("18.15.0", "CVE-2023-49294", True),
    ("18.20.1", "CVE-2023-49294", False),
    ("20.5.0", "CVE-2023-49294", True),
    ("20.5.1", "CVE-2023-49294", False),
    ("22.0.0", "CVE-2023-49294", False),
    ("18.24.1", "GHSA-c4cg-9275-6w44", True),
    ("18.24.2", "GHSA-c4cg-9275-6w44", False),
    ("20.9.1", "GHSA-c4cg-9275-6w44", True),
    ("20.9.2", "GHSA-c4cg-9275-6w44", False),
    ("21.4.1", "GHSA-c4cg-9275-6w44", True),
    ("21.4.2", "GHSA-c4cg-9275-6w44", False),
    ("22.0.0", "GHSA-c4cg-9275-6w44", False),
    ("22.1.0", "GHSA-33x6-fj46-6rfh", True),
    ("22.1.1", "GHSA-33x6-fj46-6rfh", False),
    ("22.4.0", "GHSA-c7p6", True),
    ("22.4.1", "GHSA-c7p6", False),
    ("18.26.4", "GHSA-v6hp", True),
    ("23.2.1", "GHSA-v6hp", True),
    ("23.2.2", "GHSA-v6hp", False),
    ("22.10.0", "GHSA-vrfp-mg3q-3959", True),
    ("22.10.1", "GHSA-vrfp-mg3q-3959", False),
    ("20.20.0", "GHSA-3rhj", True),
    ("20.20.1", "GHSA-3rhj", False),
    ("21.12.2", "GHSA-vrfp-mg3q-3959", True),
    ("21.12.3", "GHSA-vrfp-mg3q-3959", False),
    ("22.3.0", "GHSA-wcvv-g26m-wx5c", False),  # REST over WebSocket came with 22.4
    ("22.4.0", "GHSA-wcvv-g26m-wx5c", True),
    ("18.26.4", "GHSA-wcvv-g26m-wx5c", False),
]


@pytest.mark.parametrize(("release", "advisory", "lacks"), LACKS)
def test_each_release_lacks_exactly_its_fixes(release, advisory, lacks):
    assert (advisory in {one.name for one in advisories_of(of(release))}) is lacks


def test_the_newest_releases_lack_no_fix():
    for release in ("20.20.1", "21.12.3", "22.10.1", "23.4.1"):
        assert advisories_of(of(release)) == ()


def test_an_upgrade_mends_what_it_is_named_for():
    for release, _ in FAULTS:
        for row in (*defects_of(of(release)), *advisories_of(of(release))):
            better = mended_in(row, of(release))
            if better is not None:
                assert better > of(release) and better.major == of(release).major
                assert row not in (*defects_of(better), *advisories_of(better))


def test_the_advice_names_one_release_that_mends_all_that_can_be():
    old = of("22.3.0")
    assert upgrade_for(defects_of(old)[:3], old) == "upgrade to 22.4.0 or a later 22"
    assert "22.10.1" in upgrade_for(advisories_of(old), old)


def test_a_line_without_hope_is_told_to_move():
    last = of("18.26.4")
    digits = next(one for one in DEFECTS if one.slug == "no-digits")
    assert upgrade_for((digits,), last) == "move to Asterisk 22"
    nowhere = next(one for one in DEFECTS if one.slug == "double-close")
    assert upgrade_for((nowhere,), last) == ""


@pytest.mark.parametrize(
    ("release", "day", "over"),
    [
        ("18.26.4", date(2025, 10, 20), False),
        ("18.26.4", date(2025, 10, 21), True),
        ("21.12.3", date(2026, 10, 19), True),
        ("20.20.1", date(2027, 10, 19), False),
        ("22.10.1", date(2030, 1, 1), False),
    ],
)
def test_a_line_gets_fixes_until_its_day(release, day, over):
    assert no_more_fixes(of(release), day) is over


@pytest.mark.parametrize(
    ("release", "known"),
    [("16.28.0", False), ("18.0.0", True), ("19.1.0", False), ("23.9.0", True), ("24.0.0", False)],
)
def test_only_lines_that_were_looked_at_are_known(release, known):
    assert is_known(of(release)) is known


def test_the_tables_are_well_formed():
    assert len({one.slug for one in DEFECTS}) == len(DEFECTS)
    assert len({one.name for one in ADVISORIES}) == len(ADVISORIES)
    for row in (*DEFECTS, *ADVISORIES):
        for line, (first, good) in row.spans.items():
            assert of(first).major == line
            assert good is None or of(first) < of(good)
            assert good is None or of(good).major == line
