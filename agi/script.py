"""The gate as a script: one registration or outcome question over pyst2's AGI."""

from __future__ import annotations

import os
import socket
import sys
import time

from asterisk.agi import AGI, AGIException

from agi import gate

DEFAULT_SOCKET = "/run/voiceagent/media.sock"


class ScriptGate:
    """Asks the media process directly, so that a call can begin without the controller.

    Args:
        socket_path: The media process's Unix socket.
        deadline_s: Time for connecting, asking and being answered, together.
    """

    def __init__(
        self, socket_path: str = DEFAULT_SOCKET, deadline_s: float = gate.REGISTER_DEADLINE_S
    ) -> None:
        self._path = socket_path
        self._deadline_s = deadline_s

    def ask(self, message: dict[str, str]) -> dict[str, object]:
        """Send one message and return the answer.

        Raises:
            GateError: If there is no answer in time.
        """
        until = time.monotonic() + self._deadline_s
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
                link.settimeout(self._deadline_s)
                link.connect(self._path)
                link.sendall(gate.encode(message))
                line = b""
                while not line.endswith(b"\n") and len(line) <= gate.MAX_LINE_BYTES:
                    link.settimeout(max(0.001, until - time.monotonic()))
                    part = link.recv(gate.MAX_LINE_BYTES)
                    if not part:
                        break
                    line += part
        except OSError as error:
            raise gate.GateError(f"the agent does not answer ({type(error).__name__})") from None
        return gate.decode(line)


def main(argv: list[str] | None = None) -> int:
    """Run the script; Asterisk speaks on stdin and listens on stdout.

    Returns:
        0 when the dialplan was told what to do, 1 when it must go to people.
    """
    words = sys.argv[1:] if argv is None else argv
    link = ScriptGate(os.environ.get("VOICEAGENT_MEDIA_SOCKET", DEFAULT_SOCKET))
    sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]  # any byte may be dialled
    # pyst2 prints all it reads, caller included, to stderr, which is Asterisk's console.
    with open(os.devnull, "w") as nowhere:
        try:
            agi = AGI(stderr=nowhere)
            for name, value in _decide(link, agi.env, words):
                agi.execute(gate.set_variable(name, value))
        except gate.GateError as error:
            print(f"voiceagent: {error}", file=sys.stderr)
            return 1
        except AGIException:
            return 1  # the caller hung up while we asked
    return 0


def _decide(link: ScriptGate, env: dict[str, str], words: list[str]) -> gate.Variables:
    question, call, back = (*words, "", "", "")[:3]
    if question == "outcome":
        return gate.next_step(link.ask(gate.outcome_request(call)))
    request = gate.registration(env, call, back)
    return gate.accepted(request, link.ask(request))
