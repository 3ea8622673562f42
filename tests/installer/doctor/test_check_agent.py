"""What systemd says of the unit, judged."""

from __future__ import annotations

import pytest

from installer.doctor.check_agent import judged_unit

GOOD = {
    "LoadState": "loaded", "ActiveState": "active", "Result": "success", "NRestarts": "0",
    "WatchdogUSec": "15s", "UnitFileState": "enabled",
}  # fmt: skip


JOURNAL = "ERROR media ari_app.roles: cannot listen on 127.0.0.1:9099: Address already in use\n"


def judged(log: str = "", **change: str) -> list[tuple[str, str]]:
    said = "\n".join(f"{name}={value}" for name, value in {**GOOD, **change}.items())
    return [(one.verdict.value, one.what) for one in judged_unit(said, log)]


def test_a_unit_that_runs_and_is_watched_is_green():
    assert judged() == [("green", "voiceagent.service is active, 0 restarts")]


@pytest.mark.parametrize(
    ("change", "verdict", "said"),
    [
        ({"LoadState": "not-found"}, "grey", "there is no voiceagent.service"),
        (
            {"ActiveState": "failed", "Result": "exit-code"},
            "red",
            "failed (last result: exit-code)",
        ),
        ({"ActiveState": "inactive"}, "red", "inactive"),
        ({"NRestarts": "7"}, "yellow", "restarted it 7 times"),
        ({"WatchdogUSec": "infinity"}, "yellow", "no watchdog"),
        ({"UnitFileState": "disabled"}, "yellow", "not started with the machine"),
    ],
)
def test_what_is_wrong_is_named(change, verdict, said):
    ((found, what),) = judged(**change)
    assert found == verdict and said in what


def test_several_faults_are_several_rows():
    assert [verdict for verdict, _ in judged(ActiveState="failed", NRestarts="9")] == [
        "red",
        "yellow",
    ]


def test_nothing_said_is_nothing_seen():
    assert [one.verdict.value for one in judged_unit("")] == ["grey"]


def test_a_unit_that_failed_is_told_with_its_last_error():
    ((_, what),) = judged(JOURNAL, ActiveState="failed", Result="exit-code")
    assert 'its last error: "cannot listen on 127.0.0.1:9099: Address already in use"' in what
    ((_, what),) = judged(JOURNAL, ActiveState="inactive", Result="success")
    assert "last error" not in what  # somebody stopped it: an old error is not why
    ((_, what),) = judged(JOURNAL)
    assert "last error" not in what
