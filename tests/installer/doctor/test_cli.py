"""`voiceagent doctor` as an admin runs it."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager

COMMAND = [sys.executable, "-m", "ari_app", "doctor"]
SIMULATORS = [sys.executable, "-m", "audiosocket_agent.simulators"]


def plain(**more):
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("VOICEAGENT_") and not name.endswith("_API_KEY")
    }
    return {**kept, "COLUMNS": "400", **more}  # a row is a line


@contextmanager
def vendors(**variables):
    """Run the simulated vendors; gives the settings that lead to them."""
    with subprocess.Popen(
        SIMULATORS, stdout=subprocess.PIPE, text=True, env=plain(**variables)
    ) as p:
        try:
            at = p.stdout.readline().strip().rpartition(" ")[2]
            yield {
                "VOICEAGENT_STT": "deepgram", "VOICEAGENT_LLM": "groq,rules",
                "VOICEAGENT_TTS": "cartesia,offline",
                "VOICEAGENT_DEEPGRAM_URL": f"ws://{at}",
                "VOICEAGENT_GROQ_URL": f"http://{at}/openai/v1",
                "VOICEAGENT_CARTESIA_URL": f"ws://{at}",
                "DEEPGRAM_API_KEY": "zq-1-5ecret", "GROQ_API_KEY": "zq-2-5ecret",
                "CARTESIA_API_KEY": "zq-3-5ecret",
            }  # fmt: skip
        finally:
            p.terminate()


PATIENT = ("--patience", "60")  # other tests keep the machine busy
ENGINES = ("--only", "settings", "--only", "vendors", *PATIENT)


def doctor(settings, *arguments):
    done = subprocess.run(
        [*COMMAND, *ENGINES, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=plain(**settings),
    )
    assert done.stderr == ""
    assert "5ecret" not in done.stdout
    return done


def test_a_healthy_installation_is_green_and_0():
    with vendors() as settings:
        done = doctor(settings, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["ok"] is True
    assert [set(row) for row in found["findings"]] == [
        {"id", "check", "verdict", "what", "what_to_do"}
    ] * 6
    assert {row["verdict"] for row in found["findings"]} == {"green"}


def test_an_engine_that_fails_with_another_behind_it_is_yellow_and_0():
    with vendors(VOICEAGENT_SIM_FAULT="groq:402") as settings:
        done = doctor(settings)
    (line,) = (line for line in done.stdout.splitlines() if "language model: groq" in line)
    assert done.returncode == 0 and "yellow" in line and "GROQ_API_KEY" in line
    assert "top up the account at the vendor; until then calls use rules" in line


def test_an_engine_that_fails_with_none_behind_it_is_red_and_1():
    with vendors() as settings:
        done = doctor({**settings, "DEEPGRAM_API_KEY": "wrong"})
    (line,) = (line for line in done.stdout.splitlines() if "deepgram" in line)
    assert done.returncode == 1 and "red" in line
    assert "DEEPGRAM_API_KEY" in line and "callers go to people" in line


def test_wrong_settings_are_each_a_red_line_and_1():
    wrong = {"VOICEAGENT_STT": "deepgrm", "VOICEAGENT_HTTP_PORT": "voice"}
    done = doctor(wrong, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 1 and found["ok"] is False
    whats = sorted(row["what"] for row in found["findings"] if row["verdict"] == "red")
    assert [what.partition("=")[0] for what in whats] == ["VOICEAGENT_HTTP_PORT", "VOICEAGENT_STT"]
    (rest,) = (row for row in found["findings"] if row["verdict"] != "red")
    assert rest["id"] == "vendors" and rest["what"] == "not looked at: the settings are wrong"


def test_a_misspelt_setting_is_noticed():
    done = doctor({"VOICEAGENT_ENDPOINT_MSEC": "300"}, "--json")
    first = json.loads(done.stdout)["findings"][0]
    assert done.returncode == 0 and first["verdict"] == "yellow"
    assert "VOICEAGENT_ENDPOINT_MSEC" in first["what"]
    assert first["what_to_do"] == "did you mean VOICEAGENT_ENDPOINT_MS?"


def test_a_settings_file_counts_where_the_environment_says_nothing(tmp_path):
    file = tmp_path / "voiceagent.env"
    file.write_text("VOICEAGENT_STT='deepgrm'\nVOICEAGENT_LLM=nobody\n")
    done = doctor({"VOICEAGENT_LLM": "rules"}, "--json", "--settings-file", str(file))
    reds = [row["what"] for row in json.loads(done.stdout)["findings"] if row["verdict"] == "red"]
    assert len(reds) == 1 and "VOICEAGENT_STT=deepgrm" in reds[0]


def test_a_check_nobody_has_is_a_wrong_command_line():
    done = subprocess.run(
        [*COMMAND, "--only", "engine"], capture_output=True, text=True, env=plain()
    )
    assert done.returncode == 2 and "no check is called engine" in done.stderr


def test_on_a_machine_without_a_pbx_nothing_is_green_that_nobody_saw(tmp_path):
    (tmp_path / "etc").mkdir()
    done = subprocess.run(
        [*COMMAND, "--json", "--root", str(tmp_path), *PATIENT],
        capture_output=True,
        text=True,
        timeout=60,
        env=plain(
            VOICEAGENT_DATA_DIR=str(tmp_path),
            VOICEAGENT_HTTP_PORT="9",  # nobody's, so no agent of this machine is met
            VOICEAGENT_RUN_DIR=str(tmp_path),
        ),
    )
    found = json.loads(done.stdout)
    rows = {row["id"]: row for row in found["findings"]}
    for name in ("asterisk-version", "modules", "dialplan-reached", "agi-script", "queue"):
        assert rows[name]["verdict"] == "grey", rows[name]
        assert rows[name]["what"].startswith("not looked at: ")
    assert rows["agent-running"]["verdict"] == "yellow"
    assert rows["audiosocket-connects"]["what"] == "not looked at: the agent does not run"
    assert done.returncode == 0, [row for row in rows.values() if row["verdict"] == "red"]
