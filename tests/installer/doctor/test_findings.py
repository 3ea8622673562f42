"""What the doctor's verdicts come to."""

import pytest

from installer.doctor.findings import Finding, Verdict, exit_code

GREEN, YELLOW, RED = (Finding("x", verdict, "seen") for verdict in Verdict)


@pytest.mark.parametrize(
    ("findings", "code"),
    [([], 0), ([GREEN], 0), ([GREEN, YELLOW], 0), ([GREEN, YELLOW, RED], 1), ([RED], 1)],
)
def test_only_red_is_a_failure(findings, code):
    assert exit_code(findings) == code
