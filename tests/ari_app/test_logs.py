"""Log lines as a journal, a terminal and a file get them."""

import os
import subprocess
import sys

SAY = """
import logging
from ari_app.logs import set_up_logging
set_up_logging("INFO", "media", {file!r})
log = logging.getLogger("ari_app.x")
log.error("bad", extra={{"call_id": "c1"}})
log.info("good")
log.debug("unheard")
logging.getLogger("sqlalchemy").info("unheard")
"""


def said(tmp_path, *, journal, file=""):
    """Return what goes to stderr, which is a file that says or does not say it is the journal."""
    with open(tmp_path / "stderr", "wb") as stderr:
        status = os.fstat(stderr.fileno())
        inode = status.st_ino if journal else status.st_ino + 1
        subprocess.run(
            [sys.executable, "-c", SAY.format(file=str(file))],
            env=os.environ | {"JOURNAL_STREAM": f"{status.st_dev}:{inode}"},
            stderr=stderr,
            check=True,
            timeout=60,
        )
    return (tmp_path / "stderr").read_text().splitlines()


def test_the_journal_is_told_how_bad_it_is_and_not_what_time_it_is(tmp_path):
    assert said(tmp_path, journal=True) == [
        "<3>ERROR media ari_app.x: [c1] bad",
        "<6>INFO media ari_app.x: good",
    ]


def test_elsewhere_lines_have_their_time(tmp_path):
    lines = said(tmp_path, journal=False)
    assert lines[0].startswith("20") and lines[0].endswith(" ERROR media ari_app.x: [c1] bad")
    assert len(lines) == 2


def test_a_file_has_the_time_whatever_stderr_is(tmp_path):
    log = tmp_path / "agent.log"
    assert said(tmp_path, journal=True, file=log)[1] == "<6>INFO media ari_app.x: good"
    first, second = log.read_text().splitlines()
    assert first.startswith("20") and second.endswith("INFO media ari_app.x: good")
