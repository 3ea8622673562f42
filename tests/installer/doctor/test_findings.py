"""What the doctor's verdicts come to."""

import pytest

from installer.doctor.findings import Finding, Verdict, exit_code, unseen

GREEN, YELLOW, RED, GREY = (Finding("x", verdict, "seen") for verdict in Verdict)


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([], 0),
        ([GREEN], 0),
        ([GREEN, YELLOW], 0),
        ([GREEN, YELLOW, RED], 1),
        ([RED], 1),
        ([GREY], 0),
    ],
)
def test_only_red_is_a_failure(findings, code):
    assert exit_code(findings) == code


def test_what_nobody_looked_at_is_not_green():
    assert unseen("no PBX").verdict is Verdict.GREY
    assert unseen("no PBX").what == "not looked at: no PBX"
