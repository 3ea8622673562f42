"""The unit, read by systemd's own tools."""

import re
import shutil
import subprocess
from pathlib import PurePosixPath

import pytest

from installer.system import ENV_FILE, SystemParams
from installer.system.unit import render

ANALYZE = shutil.which("systemd-analyze")
MOST_EXPOSED = 2.0  # of 10; 1.5 by systemd 252, other versions count a little otherwise
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
SHARED = ("/var/spool/asterisk/voiceagent", "/var/spool/asterisk/recording/voiceagent")


def settings(text):
    """Return the lines that count, by name; repeated ones in their order."""
    found = {}
    for name, value in re.findall(r"^([A-Za-z]+)=(.*)$", text, re.M):
        found.setdefault(name, []).append(value)
    return found


def tree(tmp_path, text):
    """Put the unit into a root of its own, with all it names."""
    root = tmp_path / "root"
    for name in ("opt/voiceagent/bin/voiceagent", "etc/systemd/system/voiceagent.service"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
    program = root / "opt/voiceagent/bin/voiceagent"
    program.write_text("")
    program.chmod(0o755)
    for target in ("network-online", "sysinit", "basic", "multi-user", "shutdown", "network"):
        (root / f"etc/systemd/system/{target}.target").write_text("[Unit]\n")
    (root / "etc/systemd/system/voiceagent.service").write_text(text)
    return root


def analyze(*words):
    return subprocess.run([ANALYZE, *words], capture_output=True, text=True, timeout=60)


def test_what_the_admin_chose_is_in_it():
    found = settings(render(SystemParams(), "telephony", SHARED))
    assert found["ExecStart"] == ["/opt/voiceagent/bin/voiceagent run"]
    assert found["EnvironmentFile"] == [str(ENV_FILE)]
    assert found["DynamicUser"] == ["yes"] and "User" not in found
    assert found["SupplementaryGroups"] == ["telephony"]
    assert found["ReadWritePaths"] == [f"-{SHARED[0]} -{SHARED[1]}"]
    own = settings(render(SystemParams(venv=PurePosixPath("/srv/va"), account="va"), "", ()))
    assert own["ExecStart"] == ["/srv/va/bin/voiceagent run"]
    assert own["User"] == ["va"] and "DynamicUser" not in own
    assert "SupplementaryGroups" not in own and "ReadWritePaths" not in own


def test_asterisk_is_never_required():
    found = settings(render(SystemParams(), "asterisk", SHARED))
    assert "Requires" not in found and "BindsTo" not in found and "PartOf" not in found
    assert "asterisk.service" in found["After"][0]


def test_the_supervisor_pings_well_within_the_watchdogs_patience():
    from ari_app.supervisor import CHECK_S, NEGLECT_S, PINGS, STOP_GRACE_S

    found = settings(render(SystemParams(), "asterisk", SHARED))
    patience_s = int(found["WatchdogSec"][0])
    assert patience_s / PINGS + CHECK_S + NEGLECT_S < patience_s / 2
    assert int(found["TimeoutStopSec"][0]) > 2 * STOP_GRACE_S


@needs_systemd
@pytest.mark.parametrize("account", ["", "daemon"])
def test_systemd_understands_every_line(tmp_path, account):
    root = tree(tmp_path, render(SystemParams(account=account), "root", SHARED))
    done = analyze("verify", f"--root={root}", "voiceagent.service")
    # Of a bare tree it complains that passwd is missing; of the unit it must have nothing to say.
    said = [line for line in done.stderr.splitlines() if "voiceagent" in line]
    assert said == [] and done.returncode == 0, done.stderr


@needs_systemd
def test_systemd_would_have_noticed_a_wrong_line(tmp_path):
    text = render(SystemParams(), "root", SHARED).replace("ProtectHome=yes", "ProtectHume=yes")
    done = analyze("verify", f"--root={tree(tmp_path, text)}", "voiceagent.service")
    assert "ProtectHume" in done.stderr


@needs_systemd
def test_the_service_is_little_exposed(tmp_path):
    root = tree(tmp_path, render(SystemParams(), "asterisk", SHARED))
    most = f"--threshold={int(MOST_EXPOSED * 10)}"
    done = analyze("security", "--offline=true", f"--root={root}", most, "voiceagent.service")
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze cannot look at a unit that is not loaded")
    figure = re.search(r"exposure level for voiceagent.service: ([0-9.]+)", done.stdout)
    assert figure and float(figure[1]) <= MOST_EXPOSED, done.stdout[-300:] + done.stderr
    assert done.returncode == 0
