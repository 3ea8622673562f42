"""The machine's checks, on what can be had without breaking a machine."""

from __future__ import annotations

import asyncio
from pathlib import Path

from installer.doctor.check_machine import foreign_owners, settings_file
from installer.doctor.findings import Verdict
from installer.doctor.scene import Scene


def distribution(folder: Path, name: str, *files: str) -> None:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))


def test_another_distribution_under_our_names_is_found(tmp_path):
    distribution(tmp_path, "installer", "installer/__init__.py", "installer/utils.py")
    distribution(tmp_path, "harmless", "harmless/installer/__init__.py", "agi.py")
    distribution(tmp_path, "pyst2", "asterisk/agi.py")
    distribution(tmp_path, "asterisk-voiceagent", "installer/__init__.py", "agi/gate.py")
    assert list(foreign_owners([str(tmp_path)])) == [("installer", "installer")]


def test_this_environment_is_ours_alone():
    assert list(foreign_owners()) == []


def test_who_may_read_the_settings(tmp_path):
    file = tmp_path / "voiceagent.env"
    file.touch()

    def verdict(mode: int) -> Verdict:
        file.chmod(mode)
        (finding,) = asyncio.run(settings_file(Scene(tmp_path, None, settings_file=file)))
        return finding.verdict

    assert verdict(0o640) is Verdict.GREEN
    assert verdict(0o600) is Verdict.GREEN
    assert verdict(0o644) is Verdict.RED
    assert verdict(0o641) is Verdict.RED
    assert verdict(0o660) is Verdict.YELLOW
