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
    return {**kept, **more}


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


def doctor(settings, *arguments):
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=60, env=plain(**settings)
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
        {"check", "verdict", "what", "what_to_do"}
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
    assert {row["verdict"] for row in found["findings"]} == {"red"}
    whats = sorted(row["what"] for row in found["findings"])
    assert [what.partition("=")[0] for what in whats] == ["VOICEAGENT_HTTP_PORT", "VOICEAGENT_STT"]


def test_a_misspelt_setting_is_noticed():
    done = doctor({"VOICEAGENT_ENDPOINT_MSEC": "300"}, "--json")
    first = json.loads(done.stdout)["findings"][0]
    assert done.returncode == 0 and first["verdict"] == "yellow"
    assert "VOICEAGENT_ENDPOINT_MSEC" in first["what"]
    assert first["what_to_do"] == "did you mean VOICEAGENT_ENDPOINT_MS?"
