import json
import stat
from pathlib import Path

import pytest

from installer.sandbox.errors import SandboxError
from installer.sandbox.state import State, load, save


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    state = State(port_base=12000, root_key="abc")
    save(tmp_path, state)
    assert load(tmp_path) == state


def test_each_sandbox_has_secrets_of_its_own() -> None:
    secrets = {
        secret
        for one in (State(), State())
        for secret in (
            one.ami_secret,
            one.ari_password,
            one.agent_ami_secret,
            one.agent_ari_password,
        )
    }
    assert len(secrets) == 8


def test_others_cannot_read_the_secrets(tmp_path: Path) -> None:
    save(tmp_path, State())
    assert stat.S_IMODE((tmp_path / "state.json").stat().st_mode) == 0o600


def test_an_empty_folder_holds_no_sandbox(tmp_path: Path) -> None:
    assert load(tmp_path) is None


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", "{half", '{"layout": 2}', '{"layout": 1, "strange": 1}']
)
def test_a_file_that_cannot_be_understood_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "state.json").write_text(content)
    with pytest.raises(SandboxError, match=r"state\.json cannot be understood"):
        load(tmp_path)


def test_no_pid_is_remembered(tmp_path: Path) -> None:
    save(tmp_path, State(port_base=12000))
    assert not [name for name in json.loads((tmp_path / "state.json").read_text()) if "pid" in name]


def test_a_sandbox_from_before_the_agent_had_secrets_gets_them(tmp_path: Path) -> None:
    save(tmp_path, State(port_base=12000))
    path = tmp_path / "state.json"
    stored = json.loads(path.read_text())
    del stored["agent_ami_secret"], stored["agent_ari_password"]
    path.write_text(json.dumps(stored))
    found = load(tmp_path)
    assert found is not None and found.port_base == 12000
    assert len(found.agent_ami_secret) >= 32 and len(found.agent_ari_password) >= 32
