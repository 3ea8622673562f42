"""The agent's last complaint, out of its log."""

from __future__ import annotations

import pytest

from installer.doctor.last_words import last_error

JOURNAL = """\
INFO controller ari_app.controller_role: controller ready
ERROR media ari_app.roles: cannot listen on 127.0.0.1:9099: Address already in use
ERROR elsewhere sqlalchemy.pool: a caller's own words
systemd says something about voiceagent.service
"""


def test_the_last_error_of_ours_without_what_others_say():
    assert last_error(JOURNAL) == "cannot listen on 127.0.0.1:9099: Address already in use"
    dated = "".join(f"2026-01-02 03:04:05,678 {line}\n" for line in JOURNAL.splitlines())
    assert last_error(dated) == last_error(JOURNAL)


def test_what_is_said_before_there_is_a_log():
    assert last_error("voiceagent: VOICEAGENT_STT=x: no engine\n") == "VOICEAGENT_STT=x: no engine"


def test_neither_numbers_nor_secrets():
    line = "ERROR media ari_app.x: [abc] +441632960001 with secret=hunter2\n"
    said = last_error(line)
    assert said and "1632" not in said and "hunter2" not in said


@pytest.mark.parametrize("log", ["", "Traceback (most recent call last):\n  an error\n"])
def test_no_error_of_ours(log):
    assert last_error(log) == ""
