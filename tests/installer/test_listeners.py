"""Real sockets of this machine, ours and another process's."""

import socket
import subprocess
import sys

import pytest

from installer.listeners import Listener, in_the_way, listeners, owner_of, parse

_REST = "00000000:00000000 00:00000000 00000000     0        0"
TABLE = f"""  sl  local_address rem_address   st tx_queue rx_queue tr tm->when ...
   0: 0100007F:238B 00000000:0000 0A {_REST} 4711 1
   1: 0100007F:238B 0100007F:C001 01 {_REST} 4712 1
"""
_NOBODY = "00000000000000000000000000000000"
TABLE6 = f"""  sl  local_address                    remote_address                    st ...
   0: {_NOBODY}:1F9F {_NOBODY}:0000 0A {_REST} 5 1
   1: 0000000000000000FFFF00000100007F:1F9F {_NOBODY}:0000 0A {_REST} 6 1
"""


def test_the_kernels_tables_are_read():
    assert list(parse(TABLE)) == [Listener("127.0.0.1", 9099, 4711)]
    assert list(parse(TABLE6)) == [Listener("::", 8095, 5), Listener("127.0.0.1", 8095, 6)]


@pytest.mark.parametrize(
    ("address", "host", "port", "taken"),
    [
        ("127.0.0.1", "127.0.0.1", 9099, True),
        ("0.0.0.0", "127.0.0.1", 9099, True),
        ("::", "127.0.0.1", 9099, True),
        ("192.0.2.1", "127.0.0.1", 9099, False),
        ("192.0.2.1", "0.0.0.0", 9099, True),
        ("127.0.0.1", "127.0.0.1", 9098, False),
    ],
)
def test_an_address_of_ones_own_is_in_nobodys_way(address, host, port, taken):
    assert Listener(address, 9099, 1).stands_in_the_way_of(host, port) == taken


def test_whose_a_port_is_is_found_out():
    command = (
        "import socket; s = socket.create_server(('127.0.0.1', 0));"
        "print(s.getsockname()[1], flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        port = int(other.stdout.readline())
        ((taken, program),) = in_the_way([("127.0.0.1", port)], "voiceagent.service")
        assert (taken, program.pid) == (port, other.pid) and program.name.startswith("python")
        assert not list(in_the_way([("127.0.0.2", port)], "voiceagent.service"))
        # What runs in the service's own control group is no stranger.
        unit = program.cgroups.strip().rpartition("/")[2]
        own = list(in_the_way([("127.0.0.1", port)], unit))
        assert not own or not unit
        other.communicate(b"\n")


def test_a_socket_that_is_gone_has_no_owner():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (mine,) = (one for one in listeners() if one.port == port)
    assert owner_of(mine) is None
