"""The datagrams systemd gets, at a real socket in its place."""

import os
import socket
import uuid

import pytest

from ari_app.sd_notify import Notifier


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    """Yield the address as systemd names it, and the socket behind it."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    if request.param == "path":
        address = str(tmp_path / "notify")
        listening.bind(address)
    else:
        address = f"@voiceagent-test-{uuid.uuid4()}"
        listening.bind("\0" + address[1:])
    listening.settimeout(20)
    with listening:
        yield address, listening


def test_what_is_said_arrives(manager):
    address, listening = manager
    notifier = Notifier({"NOTIFY_SOCKET": address})
    assert notifier.send("READY=1", "STATUS=taking calls")
    assert listening.recv(4096) == b"READY=1\nSTATUS=taking calls"
    notifier.close()


def test_children_cannot_speak_for_the_service(manager):
    environ = {
        "NOTIFY_SOCKET": manager[0],
        "WATCHDOG_USEC": "15000000",
        "WATCHDOG_PID": str(os.getpid()),
        "HOME": "/",
    }
    notifier = Notifier(environ)
    assert environ == {"HOME": "/"} and notifier.watchdog_s == 15
    notifier.close()


def test_another_processs_watchdog_is_none_of_ours():
    assert Notifier({"WATCHDOG_USEC": "15000000", "WATCHDOG_PID": "1"}).watchdog_s == 0
    assert Notifier({"WATCHDOG_USEC": "15000000"}).watchdog_s == 15
    assert Notifier({"WATCHDOG_USEC": "soon"}).watchdog_s == 0


def test_a_manager_that_does_not_read_never_makes_us_wait(manager):
    notifier = Notifier({"NOTIFY_SOCKET": manager[0]})
    sent = 0
    while notifier.send("WATCHDOG=1"):
        sent += 1
        assert sent < 100_000
    manager[1].recv(4096)
    assert notifier.send("WATCHDOG=1")
    notifier.close()


def test_without_systemd_everything_is_well(tmp_path):
    for address in ("", "vsock:2:1234", str(tmp_path / "gone")):
        notifier = Notifier({"NOTIFY_SOCKET": address})
        assert notifier.send("READY=1") is (address != str(tmp_path / "gone"))
        notifier.close()
