"""The sandbox: a private Asterisk on loopback with the bundle installed and the agent running."""

from installer.sandbox.errors import SandboxError
from installer.sandbox.sandbox import Sandbox, default_directory

__all__ = ["Sandbox", "SandboxError", "default_directory"]
