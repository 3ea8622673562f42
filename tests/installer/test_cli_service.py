"""`voiceagent-install` with the service: company, keys, settings, data, questions."""

import json
import os
import pty
import select
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from installer.api import Installation
from installer.choices import Choices
from installer.cli import main
from installer.screen import Screen
from installer.session import Session
from installer.system.env_file import read
from tests.installer import pbx_trees, trees
from tests.installer.machine import Machine
from tests.installer.test_choices import DEFAULTS

COMPANY = ("--company", "Bright & Sons", "--did", "+44 1632 960777")
HIDDEN = ("dg-hidden-1", "gsk hidden 2")
KEYS = f"export DEEPGRAM_API_KEY={HIDDEN[0]}\nGROQ_API_KEY='{HIDDEN[1]}'\n"


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    trees.build("debian22", root)
    for name in ("python3", trees.PYTHON):
        (root / "usr/bin" / name).unlink()
    for name in ("usr/lib/systemd/systemd", "opt/voiceagent/bin/voiceagent"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    return root


def run(root, *words, **how):
    return CliRunner().invoke(main, ["--root", str(root), *words], **how)


def settings(root):
    return read((root / "etc/voiceagent/voiceagent.env").read_text())


def test_a_service_is_made_where_there_is_systemd_and_the_agent(root):
    before = trees.image(root)
    done = run(root, "--yes", "--queue", "reception")
    assert done.exit_code == 0, done.output
    unit = root / "etc/systemd/system/multi-user.target.wants/voiceagent.service"
    assert os.readlink(unit) == "/etc/systemd/system/voiceagent.service"
    found = settings(root)
    assert found["VOICEAGENT_QUEUE"] == "reception" and len(found["VOICEAGENT_AMI_SECRET"]) >= 32
    assert found["VOICEAGENT_LINK_GROUP"] == "asterisk"
    assert "sample company" in done.output and "voiceagent call --did 441632960001" in done.output
    assert f"voiceagent-install --undo --root {root}" in done.output
    for value in (found["VOICEAGENT_AMI_SECRET"], found["VOICEAGENT_ARI_PASSWORD"]):
        assert value not in done.output
    again = run(root, "--yes")  # the queue is remembered
    assert again.exit_code == 0 and "Nothing to do" in again.output, again.output
    assert run(root, "--undo", "--yes").exit_code == 0
    assert trees.image(root) == before


@pytest.mark.parametrize(
    ("lacking", "said"),
    [("usr/lib/systemd/systemd", "no systemd"), ("opt/voiceagent/bin/voiceagent", "not installed")],
)
def test_without_systemd_or_the_agent_there_is_no_service_unless_it_is_asked_for(
    root, lacking, said
):
    (root / lacking).unlink()
    done = run(root, "--yes")
    assert done.exit_code == 0 and "Note: no service is made" in done.output
    assert said in done.output and not (root / "etc/voiceagent/voiceagent.env").exists()
    assert "The agent needs these settings:" in done.output
    mend = "companies import" if said == "no systemd" else "install.sh"
    for words in (("--service",), COMPANY):
        asked = run(root, "--yes", *words)
        assert asked.exit_code == 4 and said in asked.output and asked.output.count("\n") == 1
        assert mend in asked.output


@pytest.mark.parametrize("runs", [True, False])
def test_an_asterisk_that_does_not_run_is_to_be_started_first(root, tmp_path, runs):
    machine = Machine(root, tmp_path / "memory")
    if not runs:
        machine.asterisk.stop()
    choices = Choices(**DEFAULTS | {"root": root, "yes": True, "as_json": True})
    screen = Screen("install", True)
    installation = Installation(root, ask=machine.ask)
    Session(installation, choices, {}, frozenset(), screen).install()
    first = screen.result["next"][0]["command"]
    assert ("systemctl start asterisk" in first) is not runs
    assert ("Asterisk does not run" in "".join(screen.notes)) is not runs


def test_on_freepbx_the_service_runs_as_asterisks_user(tmp_path):
    root = tmp_path / "pbx"
    pbx_trees.build("freepbx17", root)
    (root / "opt/voiceagent/bin").mkdir(parents=True)
    (root / "opt/voiceagent/bin/voiceagent").write_text("")
    done = run(root, "--yes", "--queue", "600", "--agi-mode", "fastagi")
    assert done.exit_code == 0, done.output
    unit = (root / "etc/systemd/system/voiceagent.service").read_text()
    assert "\nUser=asterisk\n" in unit and "DynamicUser" not in unit
    assert "starts with the machine" in done.output  # and not now: nothing is started there


def test_the_service_never_runs_as_root(root):
    done = run(root, "--yes", "--account", "root")
    assert done.exit_code == 2 and "any account but root" in done.output


def test_the_company_is_there_from_the_first_minute_and_then_the_admins(root):
    done = run(root, "--yes", *COMPANY, "--queue", "reception")
    assert done.exit_code == 0, done.output
    path = root / "etc/voiceagent/companies/bright_sons.yaml"
    assert 'name: "Bright & Sons"' in path.read_text()
    assert settings(root)["VOICEAGENT_COMPANIES"] == "/etc/voiceagent/companies"
    assert "voiceagent call --did +441632960777" in done.output
    assert "sample company" not in done.output
    assert "+    price_pounds: 95" in done.output  # callers are told it: it is there to be read
    assert f"sudoedit /{path.relative_to(root)} " in done.output
    path.write_text(path.read_text().replace("95", "105"))
    mine = path.read_text()
    again = run(root, "--yes", *COMPANY)
    assert "is there already and stays as it is" in again.output and path.read_text() == mine
    changed = run(root, "--yes", "--queue-timeout", "30")
    assert path.read_text() == mine and "--did +441632960777" in changed.output
    assert "sample company" not in changed.output and "sudoedit" not in changed.output
    undone = run(root, "--undo", "--yes")
    assert undone.exit_code == 0 and not path.exists()
    kept = [p for p in (root / "var/lib/voiceagent-install").rglob("*") if p.is_file()]
    assert any(p.read_text(errors="replace") == mine for p in kept)


def test_a_number_belongs_to_one_company(root):
    assert run(root, "--yes", *COMPANY).exit_code == 0
    before = trees.image(root)
    renamed = run(root, "--yes", "--company", "Bright Ltd", "--did", "441632960777")
    assert renamed.exit_code == 4 and renamed.output.count("\n") == 1, renamed.output
    assert "companies/bright_sons.yaml: the company in it is called on" in renamed.output
    assert trees.image(root) == before
    assert run(root, "--yes", "--company", "Other", "--did", "+441632960778").exit_code == 0


def test_the_company_follows_the_queue_of_a_later_run(root):
    run(root, "--yes", *COMPANY, "--queue", "sales")
    changed = run(root, "--yes", "--queue", "reception")
    assert changed.exit_code == 0, changed.output
    company = (root / "etc/voiceagent/companies/bright_sons.yaml").read_text()
    assert "sales" not in company and settings(root)["VOICEAGENT_QUEUE"] == "reception"


@pytest.mark.parametrize("source", ["file", "-", "env"])
def test_keys_reach_the_settings_and_no_eye(root, tmp_path, source):
    how = {}
    if source == "file":
        source = str(tmp_path / "keys")
        (tmp_path / "keys").write_text(KEYS)
    elif source == "-":
        how = {"input": KEYS}
    else:
        how = {"env": {"DEEPGRAM_API_KEY": HIDDEN[0], "GROQ_API_KEY": HIDDEN[1]}}
    shown = run(root, "--dry-run", "--keys-from", source, **how).output
    first = run(root, "--yes", **how).output
    assert "GROQ_API_KEY" not in settings(root)  # only when asked
    changed = run(root, "--yes", "--keys-from", source, **how)
    assert changed.exit_code == 0, changed.output
    as_json = run(root, "--dry-run", "--json", "--queue", "q", "--keys-from", source, **how).output
    found = settings(root)
    assert (found["DEEPGRAM_API_KEY"], found["GROQ_API_KEY"]) == HIDDEN
    undone = run(root, "--undo", "--yes").output
    for text in (shown, first, changed.output, as_json, undone):
        assert not any(hidden in text for hidden in HIDDEN)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--keys-from", "/none/keys"), "No such file"),
        (("--keys-from", "env"), "the environment has none of"),
        (("--company", "A"), "go together"),
        (("--company", " ", "--did", "123"), "--company must be"),
        (("--company", "A", "--did", "12a"), "--did must be"),
        (("--queue-member", "PJSIP/1,2"), "--queue-member must be"),
        (("--queue-timeout", "0"), "--queue-timeout must be"),
        (("--venv", "/root/x"), "--venv must be outside"),
        (("--account", "a b"), "--account must be"),
        (("--agent-address", "here"), "--agent-address must be"),
        (("--ask",), "--ask needs a terminal"),
    ],
)
def test_a_wrong_flag_is_exit_2_and_named(root, words, said):
    before = trees.image(root)
    done = run(root, "--yes", *words, env={"DEEPGRAM_API_KEY": "", "GROQ_API_KEY": ""})
    assert done.exit_code == 2 and said in done.output, done.output
    assert trees.image(root) == before


def test_settings_that_are_damaged_are_left_alone_with_exit_4(root):
    run(root, "--yes")
    path = root / "etc/voiceagent/voiceagent.env"
    path.write_text(path.read_text() + 'VOICEAGENT_QUEUE="x\n')
    before = trees.image(root)
    done = run(root, "--yes", "--queue", "sales")
    assert done.exit_code == 4 and "never closed" in done.output
    assert trees.image(root) == before


def test_a_later_run_knows_what_an_earlier_one_was_told(root):
    told = ("--no-routing", "--outside-context", "out", "--queue-member", "PJSIP/100")
    assert run(root, "--yes", "--queue", "sales", *told).exit_code == 0
    again = run(root, "--yes")
    assert again.exit_code == 0 and "Nothing to do" in again.output, again.output
    assert "as the last time: queue sales, queue member PJSIP/100, routing off" in again.output
    anew = run(root, "--yes", "--routing")
    assert anew.exit_code == 0 and "Installed." in anew.output
    remembered = root / "etc/voiceagent/install.json"
    assert json.loads(remembered.read_text())["routing"] is True
    remembered.write_text("{")
    assert "install.json is damaged" in run(root, "--dry-run").output
    remembered.write_text('{"outside_context": "a b"}')
    refused = run(root, "--yes")
    assert refused.exit_code == 4 and refused.output.count("\n") == 1
    assert "outside_context must be" in refused.output and "command line" in refused.output


def test_the_service_runs_as_an_account_that_is_there(root):
    refused = run(root, "--yes", "--account", "nobody_here")
    assert refused.exit_code == 4 and "there is no account nobody_here" in refused.output
    done = run(root, "--yes", "--account", "asterisk")
    assert done.exit_code == 0, done.output
    assert "\nUser=asterisk\n" in (root / "etc/systemd/system/voiceagent.service").read_text()


def data(root):
    folder = root / "var/lib/private/voiceagent"
    folder.mkdir(parents=True)
    (folder / "voiceagent.db").write_text("bookings")
    (root / "var/lib/voiceagent").symlink_to("private/voiceagent")
    return folder / "voiceagent.db"


def test_undoing_keeps_bookings_and_records_and_says_so(root):
    run(root, "--yes")
    db = data(root)
    undone = run(root, "--undo", "--yes")
    assert undone.exit_code == 0 and db.exists()
    assert "stay; to delete them: voiceagent-install --undo --delete-data" in undone.output
    again = json.loads(run(root, "--undo", "--yes", "--json").output)
    assert again["data"] == "kept" and again["applied"] is False


def test_copies_of_edited_settings_are_named_and_go_with_the_data(root):
    run(root, "--yes")
    env = root / "etc/voiceagent/voiceagent.env"
    env.write_text(env.read_text() + "OPENAI_API_KEY=sk-hunter2\n")
    undone = run(root, "--undo", "--yes").output
    (copy,) = (root / "var/lib/voiceagent-install/kept").iterdir()
    assert copy.read_text().endswith("OPENAI_API_KEY=sk-hunter2\n")
    assert undone.count(f"/var/lib/voiceagent-install/kept/{copy.name}") == 2
    assert "keys in them" in undone and "--undo --delete-data" in undone
    assert run(root, "--undo", "--delete-data", input="n\n").exit_code == 0 and copy.exists()
    gone = run(root, "--undo", "--delete-data", "--yes").output
    assert "Nothing to do" not in gone and "Nothing is installed." in gone and "Deleted: " in gone
    assert "hunter2" not in undone + gone
    assert not (root / "var/lib/voiceagent-install").exists()
    assert "Nothing to do: nothing is installed." in run(root, "--undo", "--delete-data").output


def test_bookings_and_records_go_only_after_a_question_of_their_own(root):
    run(root, "--yes")
    db = data(root)
    assert "would be deleted" in run(root, "--undo", "--delete-data", "--dry-run").output
    refused = run(root, "--undo", "--delete-data", input="y\nn\n")
    assert refused.exit_code == 0 and db.exists() and "Undone." in refused.output
    agreed = run(root, "--undo", "--delete-data", input="y\n")
    assert agreed.exit_code == 0 and "Deleted: " in agreed.output
    assert not db.parent.exists() and not (root / "var/lib/voiceagent").is_symlink()


def test_bookings_and_records_go_without_a_question_when_told(root):
    run(root, "--yes")
    db = data(root)
    done = json.loads(run(root, "--undo", "--delete-data", "--yes", "--json").output)
    assert done["data"] == "deleted" and done["action"] == "undo" and not db.exists()


def test_a_host_with_the_agent_alone(root):
    for folder in ("etc/asterisk", "usr/lib/x86_64-linux-gnu/asterisk", "usr/share/asterisk"):
        (root / folder).rename(root / f"{folder}.gone")
    before = trees.image(root)
    done = run(
        root, "--agent-only", "--yes", "--pbx-address", "10.0.0.1", "--agent-address", "10.0.0.2"
    )
    assert done.exit_code == 0, done.output
    assert settings(root)["VOICEAGENT_AMI_HOST"] == "10.0.0.1"
    assert "firewall: let 10.0.0.1 and nobody else" in done.output
    assert "Goto(" not in done.output
    assert run(root, "--undo", "--yes").exit_code == 0 and trees.image(root) == before


def test_a_pbx_whose_agent_is_elsewhere_stays_one_when_the_installer_runs_again(root):
    before = trees.image(root)
    told = ("--agent-address", "192.0.2.10", "--queue", "reception")
    done = run(root, "--yes", *told)
    assert done.exit_code == 0 and "voiceagent run" not in done.output, done.output
    assert "VOICEAGENT_ARI_URL" not in done.output and "needs these settings" not in done.output
    assert "--agent-only --ask --pbx-address PBX-ADDRESS --agent-address 192.0.2.10" in done.output
    dialplan = (root / "etc/asterisk/voiceagent.d/extensions.conf").read_text()
    assert "agi://192.0.2.10:4573" in dialplan
    again = run(root, "--yes")
    assert again.exit_code == 0 and "Nothing to do" in again.output, again.output
    assert "as the last time: queue reception, agent address 192.0.2.10" in again.output
    assert not (root / "etc/systemd/system/voiceagent.service").exists()
    back = run(root, "--yes", "--agent-address", "127.0.0.1")
    assert back.exit_code == 0, back.output
    dialplan = (root / "etc/asterisk/voiceagent.d/extensions.conf").read_text()
    assert "agi://127.0.0.1:4573" in dialplan and "Set(VA_TO=reception)" in dialplan
    assert settings(root)["VOICEAGENT_QUEUE"] == "reception"
    assert run(root, "--undo", "--yes").exit_code == 0 and trees.image(root) == before


def test_a_host_with_the_agent_alone_is_upgraded_without_a_flag(root):
    for folder in ("etc/asterisk", "usr/lib/x86_64-linux-gnu/asterisk", "usr/share/asterisk"):
        (root / folder).rename(root / f"{folder}.gone")
    lacks = run(root, "--agent-only", "--yes")
    assert lacks.exit_code == 2 and "--agent-only needs --pbx-address" in lacks.output
    told = ("--pbx-address", "10.0.0.1", "--agent-address", "10.0.0.2", "--queue", "sales")
    secrets = ("--ami-secret", "m" * 40, "--ari-url", "http://10.0.0.1:8089/pbx")
    done = run(root, "--agent-only", "--yes", *told, *secrets)
    assert done.exit_code == 0, done.output
    assert "gets no calls without --ari-password" in done.output
    assert "without them the agent gets no calls" in done.output.partition("to do next")[2]
    first = settings(root)
    assert first["VOICEAGENT_ARI_URL"] == "http://10.0.0.1:8089/pbx"
    for words in ((), ("--agent-only",)):
        again = run(root, "--yes", *words)
        assert again.exit_code == 0 and "Nothing to do" in again.output, again.output
    path = root / "etc/voiceagent/voiceagent.env"
    path.write_text(path.read_text().replace("AGI_HOST=10.0.0.2", "AGI_HOST=10.0.0.3"))
    edited = run(root, "--yes")
    assert edited.exit_code == 0 and "Nothing to do" in edited.output, edited.output
    moved = run(root, "--yes", "--pbx-address", "10.0.0.7", "--ari-password", "r" * 40)
    assert moved.exit_code == 0 and "gets no calls" not in moved.output, moved.output
    now = settings(root)
    assert now["VOICEAGENT_AMI_HOST"] == "10.0.0.7"
    assert now["VOICEAGENT_ARI_URL"] == "http://10.0.0.7:8089/pbx"
    assert now["VOICEAGENT_AGI_HOST"] == "10.0.0.3"
    assert now["VOICEAGENT_AMI_SECRET"] == "m" * 40 and now["VOICEAGENT_QUEUE"] == "sales"


def test_json_names_are_always_there(root):
    planned = json.loads(run(root, "--dry-run", "--json").output)
    assert planned.keys() == {"action", "applied", "changes", "notes"}
    done = json.loads(run(root, "--yes", "--json", *COMPANY).output)
    assert done.keys() == {*planned, "checks", "next"} and done["applied"] is True
    assert [sorted(step) for step in done["next"]] == [["command", "what"]] * len(done["next"])
    assert len(done["next"]) >= 3


def test_a_reader_who_has_seen_enough_is_no_error(root):
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = "from installer.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", command, "--root", str(root), "--dry-run"],
        stdout=write_end,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    os.close(write_end)
    assert done.stderr == "" and done.returncode == 1


def test_an_output_that_cannot_be_written_changes_nothing(root):
    before = trees.image(root)
    with open("/dev/full", "w") as full:
        command = "from installer.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", command, "--root", str(root), "--yes"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 5 and done.stderr.count("\n") == 1
    assert "no space left on device" in done.stderr and trees.image(root) == before


class Terminal:
    """`voiceagent-install` as somebody at a terminal sees it."""

    def __init__(self, *words):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from installer.cli import main; main()", *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.seen = ""
        self._read_to = 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    def until(self, text):
        deadline = time.monotonic() + 60
        while (at := self.seen.find(text, self._read_to)) < 0:
            left_s = max(0, deadline - time.monotonic())
            ready, _, _ = select.select([self.master], [], [], left_s)
            assert ready, f"waited for {text!r} after {self.seen[self._read_to :]!r}"
            try:
                self.seen += os.read(self.master, 65536).decode()
            except OSError:  # the other end is closed
                raise AssertionError(f"{text!r} did not come: {self.seen!r}") from None
        self._read_to = at + len(text)

    def answer(self, question, text):
        self.until(question)
        os.write(self.master, f"{text}\n".encode())

    def end(self):
        return self.process.wait(timeout=60)


def test_asking_at_a_terminal(root):
    with Terminal("--root", str(root), "--ask") as it:
        it.answer("Queue of the people [voiceagent]", "a,b")
        it.answer("queue must be", "reception")
        it.answer("Company, as the agent says it", "Bright & Sons")
        it.answer("Its number", "twelve")
        it.answer("did must be", "+441632960777")
        it.answer("Key of Deepgram", HIDDEN[0])
        for vendor in ("Groq", "OpenAI", "Cartesia"):
            it.answer(f"Key of {vendor}", "")
        it.answer("Do this? [y/N]", "y")
        it.until("What to do next")
        it.until("--undo")
        assert it.end() == 0
    found = settings(root)
    assert found["DEEPGRAM_API_KEY"] == HIDDEN[0] and "GROQ_API_KEY" not in found
    assert found["VOICEAGENT_QUEUE"] == "reception"
    assert (root / "etc/voiceagent/companies/bright_sons.yaml").exists()
    assert HIDDEN[0] not in it.seen
    assert "\x1b[32m+#tryinclude voiceagent.d/extensions.conf" in it.seen  # green


def test_the_agents_own_host_is_asked_for_the_secrets_it_lacks(root):
    where = ("--pbx-address", "10.0.0.1", "--agent-address", "10.0.0.2", "--queue", "sales")
    with Terminal("--root", str(root), "--agent-only", "--ask", *where) as it:
        it.answer("Secret in manager.conf from voiceagent.d on 10.0.0.1", "m" * 3)
        it.until("ami_secret must be")
        it.answer("Secret in manager.conf", "m" * 40)
        it.answer("Password in ari.conf", "r" * 40)
        it.answer("Company, as the agent says it", "")
        for vendor in ("Deepgram", "Groq", "OpenAI", "Cartesia"):
            it.answer(f"Key of {vendor}", "")
        it.answer("Do this? [y/N]", "y")
        it.until("--undo")
        assert it.end() == 0
    assert settings(root)["VOICEAGENT_AMI_SECRET"] == "m" * 40
    assert settings(root)["VOICEAGENT_ARI_PASSWORD"] == "r" * 40
    assert "mmmm" not in it.seen and "rrrr" not in it.seen and "gets no calls" not in it.seen


def test_what_is_on_the_command_line_is_not_asked(root):
    given = ("--root", str(root), "--ask", "--queue", "q", *COMPANY)
    with Terminal(*given, "--keys-from", os.devnull) as it:
        it.until("there is no key")
        assert it.end() == 2
    with Terminal(*given) as it:
        for vendor in ("Deepgram", "Groq", "OpenAI", "Cartesia"):
            it.answer(f"Key of {vendor}", "")
        it.answer("Do this?", "")
        it.until("Nothing was changed.")
        assert it.end() == 1 and "Queue of" not in it.seen and "Its number" not in it.seen
