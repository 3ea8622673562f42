"""What leaves the machine carries no secret and no number."""

from __future__ import annotations

import pytest

from installer.doctor.redaction import HIDDEN, Redactor, is_ours


@pytest.mark.parametrize(
    "number",
    [
        "+441632960001", "441632960001", "01632 960 001", "01632-960001", "+44 (0)1632 960001",
        "01632.960.001", "+1 (555) 010-0123", "0049301234567", "1632960001", "(01632) 960001",
        "+4930123456",
    ],
)  # fmt: skip
def test_numbers_of_every_writing_go(number):
    for text in (f"call from {number} came", f"<{number}>", f"n={number};x", f'"{number}"'):
        left = Redactor().text(text)
        assert "960001" not in left.replace(" ", "") and number not in left
        assert not any(
            len(run) > 6 for run in "".join(c if c.isdigit() else " " for c in left).split()
        )


@pytest.mark.parametrize(
    "kept",
    [
        "2026-11-21 20:44:28,155",
        "2026-11-21T20:44:28",
        "Asterisk 22.10.1",
        "127.0.0.1:10003",
        "exten => s,1,Answer()",
        "call [6b29fc40-ca47-4067-b31d-000000662da1] ended",
        "pid 402, 16384 files",
        "12345678-1234-4123-8123-123456789012",
    ],
)
def test_what_is_needed_to_understand_it_stays(kept):
    assert Redactor().text(kept) == kept


@pytest.mark.parametrize(
    "line",
    [
        "secret = hush-hush", "password=hush-hush", "VOICEAGENT_AMI_SECRET=hush-hush",
        "GROQ_API_KEY: hush-hush", "Authorization: Basic hush-hush", "api_key => hush-hush",
        "token:hush-hush", "dbpassword = hush-hush", "    md5_cred = hush-hush",
    ],
)  # fmt: skip
def test_what_its_name_calls_secret_goes(line):
    left = Redactor().text(line)
    assert "hush" not in left and HIDDEN in left


def test_what_is_known_to_be_secret_goes_wherever_it_stands():
    clean = Redactor(["sesame", "sesame-open", "ab"])
    assert clean.text("say sesame-open or sesame, ab") == f"say {HIDDEN} or {HIDDEN}, ab"


def test_addresses_go():
    left = Redactor().text("to sip:ann@pbx.example:5060;ob and ann@example.org")
    assert "ann" not in left


def test_of_a_log_only_our_own_lines_are_kept():
    ours = "2026-11-21 20:44:28,155 INFO controller ari_app.ami: AMI link up"
    assert is_ours(ours)
    assert not is_ours(ours.replace("ari_app.ami", "aiosqlite"))
    assert not is_ours('Traceback (most recent call last):\n  File "x.py"')
