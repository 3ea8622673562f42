"""Where a command typed by hand finds the settings of an installed agent."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from ari_app.cli import main
from ari_app.env_source import EnvSourceError, adopt_settings_file


@pytest.fixture
def installed(tmp_path):
    path = tmp_path / "voiceagent.env"
    path.write_text('# x\nVOICEAGENT_QUEUE=reception\nGROQ_API_KEY="a b"\n')
    return path


def test_the_installed_settings_are_taken_where_there_are_none(installed):
    environ = {"HOME": "/root", "GROQ_API_KEY": "mine"}
    assert adopt_settings_file(environ, installed) == ""
    assert environ == {"HOME": "/root", "GROQ_API_KEY": "mine", "VOICEAGENT_QUEUE": "reception"}


def test_an_environment_with_settings_of_its_own_is_left_alone(installed):
    environ = {"VOICEAGENT_DATA_DIR": "/x"}
    adopt_settings_file(environ, installed)
    assert environ == {"VOICEAGENT_DATA_DIR": "/x"}


def test_another_file_can_be_named_or_none(installed, tmp_path):
    environ = {"VOICEAGENT_ENV_FILE": str(installed), "VOICEAGENT_DATA_DIR": "/x"}
    adopt_settings_file(environ, tmp_path / "none")
    assert environ["VOICEAGENT_QUEUE"] == "reception" and "VOICEAGENT_ENV_FILE" not in environ
    environ = {"VOICEAGENT_ENV_FILE": ""}
    adopt_settings_file(environ, installed)
    assert environ == {}


def test_without_an_installed_agent_nothing_happens(tmp_path):
    environ = {}
    assert adopt_settings_file(environ, tmp_path / "none") == "" and environ == {}


def test_a_file_that_cannot_be_used_is_said_in_one_line(installed, tmp_path):
    for content, said in ((b'A="x\n', "never closed"), (b"A=\xff\n", "UTF-8")):
        installed.write_bytes(content)
        with pytest.raises(EnvSourceError, match=said):
            adopt_settings_file({}, installed)
    for named in (tmp_path / "none", tmp_path):
        with pytest.raises(EnvSourceError, match=str(tmp_path)):
            adopt_settings_file({"VOICEAGENT_ENV_FILE": str(named)}, installed)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_account_that_must_not_read_them_is_told_to_use_sudo(installed):
    installed.parent.chmod(0o700)
    os.seteuid(65534)
    try:
        assert "sudo" in adopt_settings_file({}, installed)
        with pytest.raises(EnvSourceError, match="sudo"):
            adopt_settings_file({"VOICEAGENT_ENV_FILE": str(installed)}, installed)
    finally:
        os.seteuid(0)


def voiceagent(*words, **environ):
    plain = {name: value for name, value in os.environ.items() if "VOICEAGENT" not in name}
    done = subprocess.run(
        [sys.executable, "-m", "ari_app", *words],
        env=plain | environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def test_every_command_reads_them(installed, tmp_path):
    installed.write_text(f"VOICEAGENT_DATA_DIR={tmp_path / 'elsewhere'}\n")
    code, _, said = voiceagent("calls", "list", VOICEAGENT_ENV_FILE=str(installed))
    assert code == 1 and f"{tmp_path / 'elsewhere'}/voiceagent.db" in said
    code, _, said = voiceagent("calls", "list", VOICEAGENT_ENV_FILE="/none/x.env")
    assert code == 78 and said.count("\n") == 1 and "/none/x.env" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_what_an_account_may_not_do_is_one_line(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "voiceagent.db").write_text("")
    data.chmod(0o700)
    os.seteuid(65534)
    try:
        done = CliRunner().invoke(main, ["calls", "list"], env={"VOICEAGENT_DATA_DIR": str(data)})
    finally:
        os.seteuid(0)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "use sudo" in done.stderr and str(data) in done.stderr
