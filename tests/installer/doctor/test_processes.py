"""Processes and listening sockets, out of /proc: this very test is among them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from installer.doctor.processes import identity_of, listeners, name_of, parents


def test_who_listens_on_a_port_and_for_whom():
    with socket.create_server(("127.0.0.1", 0)) as own:
        port = own.getsockname()[1]
        (one,) = listeners(port)
        assert (one.open, one.pid, one.program) == (False, os.getpid(), name_of(os.getpid()))
    with socket.create_server(("0.0.0.0", 0)) as everybodys:
        (one,) = listeners(everybodys.getsockname()[1])
        assert one.open
    assert listeners(port) == []


def test_a_client_is_no_listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as client:
            assert listeners(client.getsockname()[1]) == []


def test_whom_a_process_runs_as():
    own = identity_of(os.getpid())
    assert own is not None and (own.uid, own.gid) == (os.geteuid(), os.getegid())
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    assert identity_of(gone.pid) is None and name_of(gone.pid) == ""


def test_parents_lead_to_the_first_process():
    assert next(parents(os.getpid())) == os.getppid()
    assert list(parents(os.getpid()))[-1] in (0, 1)
