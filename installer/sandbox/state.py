"""What a sandbox remembers in its folder: choices, never pids."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from installer.sandbox.errors import SandboxError

_LAYOUT = 1


@dataclass(slots=True)
class State:
    """The content of `state.json`.

    Attributes:
        profile: Which vendors the agent talks to.
        port_base: First port of the block it uses; None before the first start.
        root_key: What the copy of the Debian root was made from; empty while it is being made.
        ami_secret: Secret of the manager user `sandbox`.
        ari_password: Password of the ARI user `sandbox`.
        agent_ami_secret: Secret of the bundle's manager user.
        agent_ari_password: Password of the bundle's ARI user.
    """

    profile: str = "offline"
    port_base: int | None = None
    root_key: str = ""
    ami_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    ari_password: str = field(default_factory=lambda: secrets.token_hex(16))
    agent_ami_secret: str = field(default_factory=lambda: secrets.token_hex(20))
    agent_ari_password: str = field(default_factory=lambda: secrets.token_hex(20))


def load(directory: Path) -> State | None:
    """Return the remembered state, or None when the folder holds no sandbox.

    Raises:
        SandboxError: If the file is there but cannot be understood.
    """
    path = directory / "state.json"
    try:
        content = json.loads(path.read_text())
        layout = content.pop("layout")
        if layout != _LAYOUT:
            raise ValueError(f"layout {layout}")
        return State(**content)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SandboxError(
            f"{path} cannot be understood ({error})",
            f"delete it, then run `voiceagent sandbox up --dir {directory}`",
        ) from error


def save(directory: Path, state: State) -> None:
    """Write the state; readable by its owner only, whole or not at all."""
    fresh = directory / "state.json.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"layout": _LAYOUT, **asdict(state)}, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(directory / "state.json")
