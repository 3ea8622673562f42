"""The README's commands are run as they stand; only folders are changed to the test's own."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.calls.ring import line, record_of
from tests.installer.trees import build
from tests.pbx import plain_env

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
BLOCKS = re.findall(r"^```\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)


def block(containing):
    """Return the commands of the one block that contains a text, without comments."""
    (found,) = [b for b in BLOCKS if containing in b]
    return [c for part in found.splitlines() if (c := part.partition("#")[0].strip())]


def run(command, **env):
    done = subprocess.run(
        ["bash", "-ec", command.replace(".venv/bin", str(BIN))],
        cwd=ROOT, env={**plain_env(), **env}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_every_make_target_it_names_exists():
    targets = set(re.findall(r"^make ([a-z]+)", "\n".join(BLOCKS), re.M))
    assert {"demo", "test"} <= targets
    run("make -n " + " ".join(sorted(targets)))


def test_nothing_in_it_waits_to_be_filled_in():
    prose = re.sub(r"`[^`]*`|^```.*?^```", "", (ROOT / "README.md").read_text(), flags=re.M | re.S)
    assert not re.findall(r"\b[A-Z]+_[A-Z_]+\b|TODO|TBD", prose)


def test_ci_runs_the_test_command_of_the_readme():
    assert block("make test") == ["make test", "make conformance"]
    for command in block("make test"):
        assert command in (ROOT / ".ci" / "run").read_text()


@pytest.mark.pbx
def test_trying_it_by_hand(sandbox):
    up, status, down = block("sandbox status")[1:]
    here = f"--dir {sandbox.directory}"
    assert "441632960001" in run(f"{up} {here}")
    run(f"{status} {here}")

    async def ring():
        async with line(sandbox) as it:
            call, live = await it.call()
            await call.agent_sounds()
            await asyncio.sleep(1.0)  # long enough for the first word
            await call.hangup()
            await record_of(live, end_reason="caller_hung_up")

    asyncio.run(ring())
    (call,) = block(".venv/bin/voiceagent call --did")
    assert "Harbour Home Services" in run(f"{call} --sandbox {sandbox.directory}")
    export, listing, show, bookings = block("calls list")
    export = export.replace(".sandbox/data", str(sandbox.agent.data_dir))
    assert "caller_hung_up" in run(f"{export}; {listing}")
    assert "Hello" in run(f"{export}; {show}")
    run(f"{export}; {bookings}")
    run(f"{down} {here}")


@pytest.mark.pbx
def test_trying_it_without_keys(sandbox):
    (up,) = block("--profile simulated")
    here = f"--dir {sandbox.directory}"
    assert "441632960001" in run(f"{up} {here}")
    assert '"profile": "simulated"' in run(f".venv/bin/voiceagent sandbox status --json {here}")


def test_looking_at_the_cloud_engines():
    _, doctor, settings = block("voiceagent settings")
    assert "offline" in run(doctor)  # no key, so nobody is asked
    listed = run(settings)
    table = re.findall(r"^\| `(VOICEAGENT_\w+)`", (ROOT / "README.md").read_text(), re.M)
    assert len(table) >= 5 and all(f"{variable}=" in listed for variable in table)


def test_changing_a_company(tmp_path):
    importing, listing = block("companies import")
    sample = ROOT / "audiosocket_agent/companies/harbour.yaml"
    env = {"VOICEAGENT_DATA_DIR": str(tmp_path)}
    run(importing.replace("harbour.yaml", str(sample)), **env)
    assert "Harbour Home Services" in run(listing, **env)


def test_on_your_pbx(tmp_path):
    programme, install, call = block("scripts/install.sh")
    doctor, dry_run, undo = block("voiceagent-install --undo")
    tree = tmp_path / "pbx"
    build("debian22", tree)
    for program in ("usr/lib/systemd/systemd", "opt/voiceagent/bin/voiceagent"):
        (tree / program).parent.mkdir(parents=True, exist_ok=True)
        (tree / program).touch(mode=0o755)
    before = {p: p.read_bytes() for p in tree.rglob("*") if p.is_file()}
    run(f"{here(programme)} --help")  # it writes below /opt: tests/packaging runs it elsewhere
    assert "[voiceagent-in]" in run(f"{here(dry_run)} --diff --root {tree}")
    run(f"{here(install)} --yes --root {tree}")
    assert "sales" in (tree / "etc/asterisk/voiceagent.d/extensions.conf").read_text()
    run(f"{here(undo)} --yes --root {tree}")
    assert {p: p.read_bytes() for p in tree.rglob("*") if p.is_file()} == before
    for command in (call, doctor):
        run(f"{here(command)} --help")


def here(command):
    """Return a command of an installed agent as it is in this environment."""
    command = command.removeprefix("sudo ")
    return command if command.startswith("sh ") else f".venv/bin/{command}"
