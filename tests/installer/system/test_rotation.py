"""Log rotation by logrotate itself, of a file a logger of ours writes."""

import logging
import os
import shutil
import subprocess
from pathlib import PurePosixPath

import pytest

from ari_app.logs import set_up_logging
from installer.system.rotation import render

LOGROTATE = shutil.which("logrotate", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


@pytest.fixture
def quiet():
    """Give pytest its logging back."""
    root = logging.getLogger()
    before = list(root.handlers), root.level
    yield
    for handler in root.handlers:
        if handler not in before[0]:
            handler.close()
    root.handlers[:], root.level = before


def test_a_log_that_was_moved_away_is_made_anew(tmp_path, quiet):
    log = tmp_path / "voiceagent.log"
    set_up_logging("INFO", "media", str(log))
    logging.getLogger("ari_app.x").info("first", extra={"call_id": "c1"})
    log.rename(tmp_path / "voiceagent.log.1")
    logging.getLogger("ari_app.x").info("second")
    assert "INFO media ari_app.x: [c1] first" in (tmp_path / "voiceagent.log.1").read_text()
    assert "second" in log.read_text() and "first" not in log.read_text()


@pytest.mark.skipif(LOGROTATE is None, reason="logrotate is not installed")
def test_logrotate_keeps_a_bounded_number_and_loses_no_line(tmp_path, quiet):
    log, conf = tmp_path / "log" / "voiceagent.log", tmp_path / "conf"
    log.parent.mkdir(mode=0o750)
    conf.write_text(render(PurePosixPath(log)))
    conf.chmod(0o644)
    set_up_logging("INFO", "media", str(log))
    for number in range(12):
        logging.getLogger("ari_app.x").info("line %d", number)
        done = subprocess.run(
            [LOGROTATE, "-v", "-f", "-s", str(tmp_path / "state"), str(conf)],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
    names = sorted(one.name for one in log.parent.iterdir())
    assert names == sorted(
        ["voiceagent.log.1", *(f"voiceagent.log.{number}.gz" for number in range(2, 9))]
    )
    assert "line 11" in (log.parent / "voiceagent.log.1").read_text()
