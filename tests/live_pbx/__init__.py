"""A customer's machine with a PBX on it, and the installer run there as its admin would run it.

The machine is a Debian root that boots systemd in namespaces of its own: its own processes, mounts,
host name and network, in which the loopback is all there is. Asterisk runs as Debian's service with
Debian's configuration and the dialplan of a customer; the agent lives in a venv under /opt with the
machine's own Python. Root only; nothing outlives the test process.

Drills are what takes long: `make live-pbx` (LIVE_PBX=all) runs them too.
"""

from __future__ import annotations

import os

import pytest

drill = pytest.mark.skipif(os.environ.get("LIVE_PBX") != "all", reason="a drill: make live-pbx")
