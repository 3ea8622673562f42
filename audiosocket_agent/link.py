"""The Unix socket through which the gate and the controller reach a media process.

One JSON object a line, one reply a line, in order. Requests:

    {"op": "register", "uuid", "call", "back", "did", "caller", "caller_name", "channel",
     "uniqueid"}
        -> {"ok": true, "media": "127.0.0.1:9099", "variables": {"VA_RECORD": "..."}}
    {"op": "outcome", "uuid"}   how did this call end?
        -> {"ok": true, "next": "hangup" | "queue" | ..., "variables": {"VA_QUEUE": "..."}}
    {"op": "status"}            -> {"ok": true, "load": 1, "capacity": 50, "calls": ["<call>"]}
    {"op": "hang_up", "call"}   end this call: its channel is gone, or somebody wants it to end
        -> {"ok": true}

``uuid`` names a part of a call that is held over one AudioSocket connection, ``call`` the call's
record; they differ once a caller came back from people. Anything refused:
{"ok": false, "error": "<word>"}. A refused outcome question has the error
``unknown``: this process never saw the call, or was restarted since.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audiosocket_agent.errors import RegistrationError
from audiosocket_agent.unix_socket import listen

log = logging.getLogger(__name__)

MAX_LINE_BYTES = 8192
IDLE_DEADLINE_S = 30.0
UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
MOST_PEERS = 64  # the gate and the controller; a script for each call that is being set up


class Register(BaseModel):
    """A call the gate announces; field shapes repeat the gate's whitelists on purpose."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    uuid: str = Field(pattern=UUID)
    call: str = Field("", pattern=f"({UUID})|^$")
    back: str = Field("", pattern=r"^[a-z_]{0,16}$")
    did: str = Field(pattern=r"^\+?[0-9]{1,31}$")
    caller: str = Field("", pattern=r"^[0-9+*#]{0,32}$")
    channel: str = Field("", max_length=128)
    uniqueid: str = Field("", max_length=64)


class LinkServer:
    """Answers link requests.

    Args:
        register: Registers a call; returns the media address and channel variables; raises
            RegistrationError.
        outcome: Returns what comes next, and channel variables; raises KeyError for an unknown
            call.
        status: Returns the fields of the status reply.
        hang_up: Ends a call; raises KeyError if it is not on.
        find: Gives a moment to find out whose number one is that nobody knows.
    """

    def __init__(
        self,
        register: Callable[[Register], tuple[str, Mapping[str, str]]],
        outcome: Callable[[str], tuple[str, Mapping[str, str]]],
        status: Callable[[], dict[str, Any]],
        hang_up: Callable[[str], None],
        find: Callable[[str], Awaitable[object]] | None = None,
    ) -> None:
        self._register = register
        self._outcome = outcome
        self._status = status
        self._hang_up = hang_up
        self._find = find
        self._server: asyncio.Server | None = None
        self._peers: set[asyncio.StreamWriter] = set()

    async def start(self, path: Path, mode: int, gid: int = -1) -> None:
        """Listen on a Unix socket, replacing one a dead process left behind."""
        self._server = await listen(self._serve, path, mode, gid, MAX_LINE_BYTES)

    async def close(self) -> None:
        """Stop listening and drop the peers; idempotent."""
        if self._server is not None:
            self._server.close()
        for peer in tuple(self._peers):
            peer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._peers) >= MOST_PEERS:
            writer.close()
            return
        self._peers.add(writer)
        try:
            while True:
                async with asyncio.timeout(IDLE_DEADLINE_S):
                    line = await reader.readline()
                if not line:
                    return
                reply = self.answer(line)
                if reply.get("error") == "unknown_did" and self._find is not None:
                    await self._find(json.loads(line)["did"])
                    reply = self.answer(line)
                writer.write(json.dumps(reply).encode() + b"\n")
                await writer.drain()
        except (TimeoutError, OSError, ValueError):
            return  # idle, gone, or a line without end
        finally:
            self._peers.discard(writer)
            writer.close()

    def answer(self, line: bytes) -> dict[str, Any]:
        """Answer one request line; never raises."""
        try:
            request = json.loads(line)
            match request["op"]:
                case "register":
                    media, variables = self._register(Register.model_validate(request))
                    return {"ok": True, "media": media} | _variables(variables)
                case "outcome":
                    following, variables = self._outcome(str(request["uuid"]))
                    return {"ok": True, "next": following} | _variables(variables)
                case "hang_up":
                    self._hang_up(str(request["call"]))
                    return {"ok": True}
                case "status":
                    return {"ok": True, **self._status()}
        except RegistrationError as error:
            return {"ok": False, "error": error.reason}
        except KeyError:
            return {"ok": False, "error": "unknown"}
        except (ValueError, TypeError, ValidationError):
            pass
        return {"ok": False, "error": "bad_request"}


def _variables(variables: Mapping[str, str]) -> dict[str, Any]:
    return {"variables": dict(variables)} if variables else {}
