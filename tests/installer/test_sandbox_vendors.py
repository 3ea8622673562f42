"""The simulated vendors of a sandbox: started, found, badly set, stopped."""

import os
import random
import signal
import socket
import urllib.error
import urllib.request
from contextlib import suppress

import pytest

from installer.sandbox import processes
from installer.sandbox.errors import StartError
from installer.sandbox.vendors import PART, SimulatedVendors
from tests.pbx import plain_env


@pytest.fixture
def port():
    """A free port where sandboxes have theirs: below those the kernel hands out by itself.

    On one of those a probe of a port nobody listens on yet may be connected to itself.
    """
    for candidate in random.sample(range(20_000, 32_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", candidate)):
            return candidate
    pytest.fail("no free port")


@pytest.fixture
def vendors(tmp_path):
    them = SimulatedVendors(tmp_path, tmp_path / "vendors.log")
    yield them
    them.stop()
    assert processes.find(tmp_path) == []


def test_they_answer_once_started_and_are_gone_once_stopped(vendors, port):
    assert not vendors.are_ready(port) and vendors.pids() == {}
    vendors.start(port, plain_env())
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/frames", timeout=5) as response:
        assert response.read() == b"[]"
    assert vendors.are_ready(port) and set(vendors.pids()) == {PART}
    vendors.stop()
    assert not vendors.are_ready(port) and vendors.pids() == {}
    vendors.stop()  # again does nothing


def test_their_settings_reach_them(vendors, port):
    vendors.start(port, plain_env() | {"VOICEAGENT_SIM_FAULT": "groq:402"})
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/openai/v1/models", headers={"Authorization": "Bearer k"}
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    with refused.value as answer:
        assert answer.code == 402


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("VOICEAGENT_SIM_FAULT", "nonsense"),
        ("VOICEAGENT_SIM_LLM_FIRST_MS", "soon"),
        ("VOICEAGENT_SIM_TRANSCRIPTS", "/"),
    ],
)
def test_a_bad_setting_is_one_line_that_names_it(vendors, port, variable, value):
    with pytest.raises(StartError) as failed:
        vendors.start(port, plain_env() | {variable: value})
    said = str(failed.value)
    assert said.startswith("the simulated vendors did not start: ")
    assert f"{variable}={value}" in said and "vendors.log" in said and "\n" not in said
    assert vendors.pids() == {}


def test_when_they_die_they_are_not_ready_and_start_again(vendors, port):
    vendors.start(port, plain_env())
    os.kill(vendors.pids()[PART], signal.SIGKILL)
    assert processes.wait_gone(vendors._directory, PART, 10)
    assert not vendors.are_ready(port)
    vendors.start(port, plain_env())
    assert vendors.are_ready(port)
