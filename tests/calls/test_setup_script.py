"""The gate as a script, started by a real Asterisk for each call."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests.calls.ring import book, line, reaches_person, record_of

pytestmark = pytest.mark.pbx


@pytest.fixture
def scripted(make_sandbox):
    """A sandbox whose dialplan starts setup.agi instead of asking the FastAGI gate."""
    sandbox = make_sandbox("scripted")
    sandbox.up()
    install = Path(sys.executable).with_name("voiceagent-install")
    subprocess.run(
        [install, "--root", sandbox.root, "--yes", "--agi-mode", "script", "--queue", "reception"],
        check=True, capture_output=True,
    )  # fmt: skip
    sandbox.pbx.cli("dialplan reload")
    assert "AGI(setup.agi" in sandbox.pbx.cli("dialplan show voiceagent-ai")
    return sandbox


def test_a_call_set_up_by_the_script_is_booked_and_without_an_agent_goes_to_people(scripted):
    async def main():
        async with line(scripted) as it:
            call, live = await it.call()
            assert (await book(call, live))["service"] == "leaking_tap"
            await record_of(live, end_reason="completed", next="hangup")
            scripted.stop_agent()
            call = await it.phone.call(it.did)
            await call.answered()
            await reaches_person(call, within_s=15)

    asyncio.run(main())
