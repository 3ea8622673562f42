"""`voiceagent tokens` as an admin types it."""

import json

import pytest
from click.testing import CliRunner

from ari_app.cli import main


@pytest.fixture
def voiceagent(tmp_path, monkeypatch):
    monkeypatch.setenv("VOICEAGENT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words, fails=False):
        result = CliRunner().invoke(main, ["tokens", *words])
        assert bool(result.exit_code) == fails, result.output
        return result

    return run


def test_a_token_is_shown_once_listed_without_itself_and_revoked(voiceagent, tmp_path):
    made = voiceagent("add", "crm")
    token = made.stdout.strip()
    assert token.startswith("va_") and "cannot be shown again" in made.stderr
    other = json.loads(
        voiceagent("add", "shop", "--scope", "write", "--days", "0", "--json").output
    )
    assert other["expires_at"] is None and other["scope"] == "write"
    listed = voiceagent("list").output + voiceagent("list", "--json").output
    assert "crm" in listed and "shop" in listed
    assert token not in listed and other["token"] not in listed and "digest" not in listed
    rows = {row["name"]: row for row in json.loads(voiceagent("list", "--json").output)}
    assert rows["crm"]["taken"] and rows["crm"]["scope"] == "read" and rows["crm"]["expires_at"]
    assert voiceagent("revoke", other["id"]).output == f"{other['id']}: revoked\n"
    rows = {row["name"]: row for row in json.loads(voiceagent("list", "--json").output)}
    assert rows["crm"]["taken"] and not rows["shop"]["taken"]
    again = voiceagent("revoke", other["id"], fails=True)
    assert "no token" in again.output and len(again.output.splitlines()) == 1


@pytest.mark.parametrize("words", [[""], ["x" * 65], ["two\nlines"], ["a", "--days", "-1"]])
def test_a_token_must_have_a_name_and_an_end_that_can_be(voiceagent, words):
    assert voiceagent("add", *words, fails=True).stdout == ""
