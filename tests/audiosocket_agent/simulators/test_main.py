"""The simulators as a process: its settings, its line, its end."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

COMMAND = [sys.executable, "-m", "audiosocket_agent.simulators"]


def environment(**variables):
    clean = {n: v for n, v in os.environ.items() if not n.startswith("VOICEAGENT_SIM_")}
    return {**clean, **variables}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_when_told(number):
    process = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True, env=environment())
    with process:
        try:
            line = process.stdout.readline()
            prefix, _, port = line.strip().rpartition(":")
            assert prefix == "simulators: listening on 127.0.0.1"
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/frames") as response:
                assert response.read() == b"[]"
            process.send_signal(number)
            assert process.wait(20) == 0
            assert process.stdout.read() == ""
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"VOICEAGENT_SIM_NOVA_FINAL_MS": "soon"}, "VOICEAGENT_SIM_NOVA_FINAL_MS=soon"),
        ({"VOICEAGENT_SIM_FAULT": "deepgram"}, "VOICEAGENT_SIM_FAULT=deepgram"),
        ({"VOICEAGENT_SIM_TRANSCRIPTS": "/"}, "VOICEAGENT_SIM_TRANSCRIPTS=/: cannot be read"),
    ],
)
def test_a_wrong_setting_is_one_line_and_78(variables, said):
    done = subprocess.run(COMMAND, capture_output=True, text=True, env=environment(**variables))
    assert done.returncode == 78
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_port_that_is_taken_is_one_line_and_78():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*COMMAND, "--port", port], capture_output=True, text=True, env=environment()
        )
    assert done.returncode == 78
    assert f"127.0.0.1:{port}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_bad_line_of_the_script_is_found_at_start(tmp_path):
    script = tmp_path / "script.jsonl"
    script.write_text('{"segments": []}\n{"segments": 5}\n')
    variables = environment(VOICEAGENT_SIM_TRANSCRIPTS=str(script))
    done = subprocess.run(COMMAND, capture_output=True, text=True, env=variables)
    assert done.returncode == 78
    assert "line 2" in done.stderr
