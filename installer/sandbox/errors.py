"""What can go wrong with the sandbox PBX, each with what to do about it.

SandboxError
├── MissingPrerequisiteError  (this machine lacks something: root, a program, disk space)
├── BuildError                (the Debian root could not be built)
└── StartError                (a part of the sandbox did not come up)
"""

from __future__ import annotations


class SandboxError(Exception):
    """A failure to tell the user in one line.

    Args:
        problem: What is wrong, one line.
        what_to_do: The next step, one line; may be a command.
    """

    exit_code = 1

    def __init__(self, problem: str, what_to_do: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.what_to_do = what_to_do

    def __str__(self) -> str:
        return f"{self.problem}: {self.what_to_do}" if self.what_to_do else self.problem


class MissingPrerequisiteError(SandboxError):
    """This machine lacks something that the sandbox needs."""

    exit_code = 5


class BuildError(SandboxError):
    """The Debian root with Asterisk could not be built."""


class StartError(SandboxError):
    """Asterisk, the installer or the agent did not come up."""
