import subprocess
import sys
from pathlib import Path
from pathlib import PurePosixPath as P

import pytest

from asterisk_conf import BundleParams
from installer.api import Installation
from installer.bundle import agi_package, assemble, with_interpreter
from tests.installer import trees


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (b"#!/usr/bin/python3 -IS", b"#!/opt/py/python3.13 -IS"),
        (b"#!/usr/bin/env python3", b"#!/opt/py/python3.13 python3"),
        (b"#!python3", b"#!/opt/py/python3.13"),
    ],
)
def test_the_interpreter_is_replaced_and_its_options_kept(first, expected):
    script = with_interpreter(first + b"\nimport sys\n", P("/opt/py/python3.13"))
    assert script == expected + b"\nimport sys\n"


def test_a_script_without_an_interpreter_line_is_refused():
    with pytest.raises(ValueError, match="#!"):
        with_interpreter(b"import sys\n", P("/usr/bin/python3"))


def test_the_script_folder_holds_what_the_script_needs_and_no_server(tmp_path):
    trees.build("debian22", tmp_path / "root")
    one = Installation(tmp_path / "root")
    facts = one.facts
    params = BundleParams(ami_secret="m" * 40, ari_password="r" * 40)
    bundle = assemble(params, facts, one.control, agi_package())
    folder = facts.agi_bin / "voiceagent"
    names = {str(w.path.relative_to(folder)) for w in bundle.wanted if folder in w.path.parents}
    assert {"setup.agi", "agi/gate.py", "asterisk/agi.py", "six.py", "THIRD-PARTY.txt"} <= names
    assert "agi/fastagi.py" not in names
    assert not [name for name in names if name.startswith("asterisk/") and "manager" in name]
    notice = next(w for w in bundle.wanted if w.path.name == "THIRD-PARTY.txt").node.content
    assert b"pyst2 " in notice and b"six " in notice and b"MIT" in notice


def test_the_installed_script_runs_with_nothing_but_its_own_folder(tmp_path):
    root = tmp_path / "root"
    layout = trees.build("debian22", root)
    one = Installation(root, compile_scripts=trees.compiler(root))
    one.apply(one.plan_install(BundleParams()))
    script = Path(root / layout.agi_bin / "setup.agi")
    # Called through the link, as Asterisk does, by an interpreter that sees no packages of ours.
    done = subprocess.run(
        [sys.executable, "-IS", str(script), "setup"],
        input=b"agi_extension: 441632960001\nagi_channel: Local/1\nagi_uniqueid: 1.1\n\n",
        capture_output=True,
        cwd="/",
        env={"VOICEAGENT_MEDIA_SOCKET": str(tmp_path / "nobody")},
    )
    assert done.returncode == 1  # nobody answers, so the dialplan goes to people
    assert done.stdout == b""
    assert b"Traceback" not in done.stderr and b"the agent does not answer" in done.stderr
