"""Errors of the installer, each with the exit code of `voiceagent-install`.

InstallError
├── CommandLineError    2   a command line that cannot be used
├── NotAPbxError        3   no Asterisk there, or not enough of one to tell where things go
├── ConflictError       4   something is in the way that only the admin can decide about
├── ReadError           5   something cannot be read, mostly for want of rights
├── WriteError          5   a change failed; everything was put back
├── VerifyError         6   an installation does not hold; a change that does not was put back
└── BusyError           7   another run is at work

0 is success (also: nothing to do), 1 a plan that was shown and declined.
"""

from __future__ import annotations

DECLINED = 1


class InstallError(Exception):
    """Base of everything the installer raises on purpose; prints as one line.

    Attributes:
        what: What is wrong.
        where: The file, folder or setting it is about.
        what_to_do: How to fix it.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str, what_to_do: str) -> None:
        super().__init__(what, where, what_to_do)
        self.what = what
        self.where = where
        self.what_to_do = what_to_do

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.what_to_do}"


class CommandLineError(InstallError):
    """The command line cannot be used; nothing was looked at."""

    exit_code = 2


class NotAPbxError(InstallError):
    """The tree has no Asterisk we can install into."""

    exit_code = 3


class ConflictError(InstallError):
    """Something in the tree stands in the way; nothing was changed."""

    exit_code = 4


class ReadError(InstallError):
    """Something that is there cannot be read; nothing was changed."""

    exit_code = 5


class WriteError(InstallError):
    """A change could not be written; the tree is as it was."""

    exit_code = 5


class VerifyError(InstallError):
    """An installation does not hold; if it was being changed, it is as it was before."""

    exit_code = 6


class BusyError(InstallError):
    """Another run holds the lock, or changed things since the plan was made."""

    exit_code = 7
