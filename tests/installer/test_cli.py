import json
import re

import pytest
from click.testing import CliRunner

from installer.cli import main
from installer.store import Store
from installer.tree import Tree
from tests.installer import trees


@pytest.fixture
def root(tmp_path):
    # No Python in it: an empty file cannot compile what it is given.
    root = tmp_path / "root"
    trees.build("debian22", root)
    for name in ("python3", trees.PYTHON):
        (root / "usr/bin" / name).unlink()
    return root


def run(root, *words, answer=None):
    return CliRunner().invoke(main, ["--root", str(root), *words], input=answer)


def test_a_dry_run_shows_the_plan_and_touches_nothing(root):
    before = trees.image(root)
    shown = run(root, "--dry-run", "--queue", "reception")
    assert shown.exit_code == 0
    assert "VA_TO" not in shown.output and "To see every line" in shown.output
    whole = run(root, "--dry-run", "--queue", "reception", "--diff").output
    assert "Set(VA_TO=reception))" in whole and "Set(VA_FOR_S=120))" in whole
    assert len(shown.output.splitlines()) < len(whole.splitlines()) / 3
    assert "+#tryinclude voiceagent.d/extensions.conf" in shown.output
    assert trees.image(root) == before


def test_installing_verifying_and_undoing_from_the_command_line(root):
    before = trees.image(root)
    done = run(root, "--yes", "--agi-port", "5573", "--queue-timeout", "30")
    assert done.exit_code == 0, done.output
    assert "ok   dialplan" in done.output and "Installed." in done.output
    text = (root / "etc/asterisk/voiceagent.d/extensions.conf").read_text()
    assert "agi://127.0.0.1:5573/setup" in text and "Set(VA_FOR_S=30)" in text
    again = run(root, "--yes", "--agi-port", "5573", "--queue-timeout", "30")
    assert again.exit_code == 0 and "Nothing to do" in again.output
    assert run(root, "--verify").exit_code == 0
    assert run(root, "--undo", "--yes").exit_code == 0
    assert trees.image(root) == before
    nothing = run(root, "--undo", "--yes")
    assert nothing.exit_code == 0 and "nothing is installed" in nothing.output


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_a_plan_that_is_declined_or_cannot_be_asked_about_changes_nothing(root, answer):
    before = trees.image(root)
    assert run(root, answer=answer).exit_code == 1
    assert trees.image(root) == before


def test_a_plan_that_is_accepted_is_carried_out(root):
    assert run(root, answer="y\n").exit_code == 0
    assert (root / "etc/asterisk/voiceagent.d/extensions.conf").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--queue", "a,b"],
        ["--agi-host", "x y"],
        ["--agi-port", "0"],
        ["--agi-mode", "eagi"],
        ["--undo", "--verify"],
        ["--json"],
        ["--surprise"],
    ],
)
def test_a_wrong_command_line_is_exit_2(root, words):
    assert run(root, *words).exit_code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--surprise"], "--surprise"),
        (["--agi-port", "x"], "--agi-port"),
        ([], "add --yes or --dry-run"),
        (["--yes", "--queue", "a,b"], "--queue must be"),
        (["--yes", "--agent-only"], "--pbx-address"),
    ],
)
def test_a_wrong_command_line_is_one_json_object_where_json_is_wanted(root, words, said):
    done = run(root, "--json", *words)
    error = json.loads(done.stdout)["error"]
    assert done.exit_code == error["exit_code"] == 2 and said in error["what"]


def test_no_asterisk_is_exit_3_in_one_line(tmp_path):
    result = run(tmp_path, "--yes")
    assert result.exit_code == 3
    assert result.output.count("\n") == 1
    assert result.output.startswith("voiceagent-install: ") and "Install Asterisk" in result.output


def test_something_in_the_way_is_exit_4(root):
    (root / "usr/share/asterisk/sounds/voiceagent").write_text("a file")
    result = run(root, "--yes")
    assert result.exit_code == 4 and "Move it away" in result.output


def test_an_installation_that_does_not_hold_is_exit_6(root):
    assert run(root, "--verify").exit_code == 6
    run(root, "--yes")
    (root / "etc/asterisk/extensions.conf").write_text("")
    result = run(root, "--verify")
    assert result.exit_code == 6 and "FAIL dialplan" in result.output


def test_another_run_at_work_is_exit_7(root):
    with Store(Tree(root)).locked():
        assert run(root, "--yes").exit_code == 7


def test_json_is_one_object_whatever_happens(root, tmp_path):
    planned = json.loads(run(root, "--dry-run", "--json").output)
    assert planned["applied"] is False and len(planned["changes"]) == 20
    done = json.loads(run(root, "--yes", "--json").output)
    assert done["applied"] is True and done["changes"] == planned["changes"]
    assert done["checks"] and all(check["ok"] for check in done["checks"])
    assert [line.partition(":")[0].partition("=")[0] for line in done["settings"]] == [
        "VOICEAGENT_AMI_SECRET",
        "VOICEAGENT_ARI_PASSWORD",
        "VOICEAGENT_ARI_URL",
    ]
    again = json.loads(run(root, "--yes", "--json").output)
    assert again["applied"] is False and again["changes"] == []
    failed = json.loads(run(tmp_path / "none", "--yes", "--json").output)
    assert failed["error"].keys() == {"what", "where", "what_to_do", "exit_code"}


def test_an_interrupted_run_is_dealt_with_before_anything_else(root):
    before = trees.image(root)
    run(root, "--yes")
    store = Store(Tree(root))
    installed = trees.image(root)
    # As a run leaves it that was killed right after its journal.
    (store.folder / "journal.json").write_text(
        json.dumps(
            {
                "version": 1,
                "run": "dead",
                "phase": "applying",
                "steps": [],
                "emptied": [],
                "compiled": None,
                "manifest": {"version": 1, "owned": []},
            }
        )
    )
    assert "interrupted" in run(root, "--dry-run").output and store.interrupted
    assert "interrupted" in run(root, "--yes").output and not store.interrupted
    assert trees.image(root).keys() == installed.keys()
    run(root, "--undo", "--yes")
    assert trees.image(root) == before


def secrets_of(root):
    folder = root / "etc/asterisk/voiceagent.d"
    found = []
    for name in ("manager.conf", "ari.conf"):
        (line,) = re.findall(r"^(?:secret|password) = (\S+)$", (folder / name).read_text(), re.M)
        found.append(line)
    return found


def test_secrets_are_made_once_and_never_shown(root):
    done = run(root, "--yes", "--diff")
    first = secrets_of(root)
    assert len(set(first)) == 2 and all(len(one) >= 32 for one in first)
    assert "+secret = ********" in done.output and "+password = ********" in done.output
    assert "VOICEAGENT_AMI_SECRET: the secret in /etc/asterisk/voiceagent.d/" in done.output
    changed = run(root, "--yes", "--queue", "sales")
    assert secrets_of(root) == first
    chosen = run(root, "--yes", "--queue", "sales", "--ami-secret", "m" * 32)
    assert secrets_of(root) == ["m" * 32, first[1]]
    assert "a secret changes" in chosen.output
    outputs = done.output + changed.output + chosen.output + run(root, "--undo", "--yes").output
    for secret in (*first, "m" * 32):
        assert secret not in outputs


def test_secrets_can_come_from_the_environment(root):
    env = {"VOICEAGENT_AMI_SECRET": "m" * 40, "VOICEAGENT_ARI_PASSWORD": "r" * 40}
    done = CliRunner().invoke(main, ["--root", str(root), "--yes"], env=env)
    assert done.exit_code == 0
    assert secrets_of(root) == ["m" * 40, "r" * 40]


def test_a_bad_secret_is_refused_and_not_repeated(root):
    result = run(root, "--ari-password", "too short; really")
    assert result.exit_code == 2 and "too short" not in result.output


def test_what_keeps_the_controller_out_is_said_before_the_question(root):
    shown = run(root, "--dry-run").output
    assert "AMI, which was off, is switched on at 127.0.0.1" in shown
    assert "AMI is off: set enabled = yes" in run(root, "--dry-run", "--no-ami").output
    assert "--no-routing" not in shown
    (root / "etc/asterisk/http.conf").unlink()
    assert "HTTP server, which is off" in run(root, "--dry-run", "--no-http").output
    assert "HTTP server, which" not in run(root, "--dry-run", "--no-routing").output
