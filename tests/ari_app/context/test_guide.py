"""The examples of the guide work as they stand there."""

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from ari_app.company_store import import_companies
from ari_app.directory import read_files
from ari_app.settings import SHIPPED_COMPANIES
from tests.ari_app.context.api import running

ROOT = Path(__file__).parents[3]
GUIDE = ROOT / "docs/context-api.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_example_of_the_guide_does_what_it_says(tmp_path):
    examples = re.findall(r"```sh\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert len(examples) >= 8

    async def main():
        async with running(tmp_path / "voiceagent.db") as api:
            await import_companies(api.store, read_files([SHIPPED_COMPANIES], "GB"))
            await api.directory.refresh()
            script = "set -eo pipefail\n" + "\n".join(examples).replace(
                "http://127.0.0.1:8095", api.root
            )
            environ = {**os.environ, "VOICEAGENT_DATA_DIR": str(tmp_path),
                       "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}  # fmt: skip
            process = await asyncio.create_subprocess_exec(
                "bash", "-c", script, cwd=tmp_path, env=environ,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
            async with asyncio.timeout(120):
                told, _ = await process.communicate()
            return process.returncode, told.decode()

    status, told = asyncio.run(main())
    assert status == 0, told
    assert '"change":"new"' in told and "Harbour" in told


def test_every_operation_is_in_the_guide(tmp_path):
    async def main():
        async with running(tmp_path / "db") as api:
            return [it.path for it in api.api.endpoints]

    text = GUIDE.read_text()
    for path in asyncio.run(main()):
        start = "$API" + path.partition("{")[0].rstrip("/")
        assert start in text and path.rpartition("/")[2].partition("{")[0] in text, path
