"""Small questions to the sandbox's parts: are you there, and are you ready?"""

from __future__ import annotations

import base64
import http.client
import json
import secrets
import socket
import subprocess
from pathlib import Path

_HOST = "127.0.0.1"


def sip_answers(port: int, did: str, timeout_s: float) -> bool:
    """Ask the SIP transport with OPTIONS whether it would route a call to `did`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.settimeout(timeout_s)
        phone.connect((_HOST, port))
        local_port = phone.getsockname()[1]
        token = secrets.token_hex(8)
        lines = (
            f"OPTIONS sip:{did}@{_HOST}:{port} SIP/2.0",
            f"Via: SIP/2.0/UDP {_HOST}:{local_port};branch=z9hG4bK{token}",
            f"From: <sip:probe@{_HOST}>;tag={token}",
            f"To: <sip:{did}@{_HOST}>",
            f"Call-ID: {token}",
            "CSeq: 1 OPTIONS",
            f"Contact: <sip:probe@{_HOST}:{local_port}>",
            "Max-Forwards: 1",
            "Content-Length: 0",
        )
        try:
            phone.send("\r\n".join((*lines, "", "")).encode())
            return phone.recv(4096).startswith(b"SIP/2.0 200 ")
        except OSError:  # time-out, or ICMP's "nobody listens there"
            return False


def agent_health(port: int, timeout_s: float) -> dict[str, object] | None:
    """Return what the agent's /health says with status 200; None when it does not say 200."""
    connection = http.client.HTTPConnection(_HOST, port, timeout=timeout_s)
    try:
        connection.request("GET", "/health")
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            return None
        content = json.loads(body)
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return content if isinstance(content, dict) else {}


def asterisk_cli(root: Path, command: str, timeout_s: float) -> str | None:
    """Run a command on the CLI of the Asterisk in `root`; None when it cannot be reached.

    It runs inside the root: the control socket's path is short there, and Unix socket paths end
    at 107 bytes.
    """
    try:
        done = subprocess.run(
            ["chroot", str(root), "/usr/sbin/asterisk", "-rx", command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 else None


def ami_accepts(port: int, secret: str, timeout_s: float) -> bool:
    """Say whether the manager interface lets the sandbox's administrator in."""
    action = f"Action: Login\r\nUsername: sandbox\r\nSecret: {secret}\r\nEvents: off\r\n\r\n"
    received = b""
    try:
        with socket.create_connection((_HOST, port), timeout_s) as manager:
            manager.sendall(action.encode())
            while chunk := manager.recv(4096):
                received += chunk
                if b"\r\n\r\n" in received:
                    break
    except OSError:
        return False
    return b"Response: Success\r\n" in received


def ari_accepts(port: int, password: str, timeout_s: float) -> bool:
    """Say whether ARI lets the sandbox's administrator in."""
    token = base64.b64encode(f"sandbox:{password}".encode()).decode()
    connection = http.client.HTTPConnection(_HOST, port, timeout=timeout_s)
    try:
        connection.request("GET", "/ari/asterisk/ping", headers={"Authorization": f"Basic {token}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
