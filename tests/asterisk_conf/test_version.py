"""The version of an Asterisk, out of the texts that name it."""

from __future__ import annotations

import pytest

from asterisk_conf.version import AsteriskVersion

LIVE = (
    "Asterisk 22.10.1~dfsg+~cs6.16-1 built by nobody @ buildd.debian.org on a unknown running"
    " Linux on 2026-08-02 09:14:12 UTC"
)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (LIVE, (22, 10, 1)),
        ("20.9.3", (20, 9, 3)),
        ("20.9", (20, 9, 0)),
        ("  23.4.1\n", (23, 4, 1)),
        ("Asterisk 18.26.4 built by root @ pbx-1.2.3 on a x86_64", (18, 26, 4)),
        ("certified/20.7-cert2", (20, 7, 0)),
        ("Asterisk certified/18.9-cert13 built by mockbuild @ host", (18, 9, 0)),
        ("1:22.10.1~dfsg-1", (22, 10, 1)),
        ("1:16.28.0~dfsg-0+deb11u4", (16, 28, 0)),
        ("22.10.1-rc1", (22, 10, 1)),
        ("asterisk22-22.6.0-2.sng12", (22, 6, 0)),
        ("asterisk-18.12.1-1.el9", (18, 12, 1)),
        ("a warning about the console\nAsterisk 21.12.3 built by x", (21, 12, 3)),
    ],
)
def test_the_numbers_are_read_out_of_the_text(text: str, version: tuple[int, int, int]) -> None:
    assert AsteriskVersion.parse(text) == AsteriskVersion(*version)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Asterisk GIT-master-1a2b3c4 built by root @ 10.0.0.1 on a x86_64",
        "Asterisk GIT-22-1a2b3c4M built by root",
        "SVN-branch-1.8-r368764",
        "UNKNOWN__and_probably_unsupported",
        "Unable to connect to remote asterisk (does /var/run/asterisk/asterisk.ctl exist?)",
        "22",
        "1.2.3.4",
        "20.99999999999999999999",
    ],
)
def test_what_is_no_release_has_no_version(text: str) -> None:
    assert AsteriskVersion.parse(text) is None


def test_versions_compare_as_numbers_and_not_as_text() -> None:
    older, newer = AsteriskVersion(20, 9, 3), AsteriskVersion(20, 10, 0)

    assert older < newer
    assert AsteriskVersion(18, 26, 4) < older
    assert max(newer, older) is newer


def test_a_version_is_written_as_its_three_numbers() -> None:
    assert str(AsteriskVersion(22, 4, 0)) == "22.4.0"
    assert AsteriskVersion.parse(str(AsteriskVersion(22, 4, 0))) == AsteriskVersion(22, 4, 0)
