"""What an admin may choose about everything that is not Asterisk's, checked before it is written.

A value ends up in a unit file, where a space starts the next word and ``%`` a specifier, in an
environment file, or in a company's YAML. Each has a whitelist.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from asterisk_conf.errors import ParameterError

FOLDER = PurePosixPath("/etc/voiceagent")
COMPANIES = FOLDER / "companies"
_LONGEST_NAME = 80
_DID = re.compile(r"\+?[0-9]{3,15}\Z")
DID_FILL = re.compile(r"[\s().-]")
"""What people put between a number's digits."""
_FOLDER = re.compile(r"(?:/[A-Za-z0-9_.+-]{1,80}){1,16}\Z")
_HIDDEN = ("home", "root", "run", "tmp")  # by ProtectHome= and PrivateTmp=, or gone after a start
_HIDDEN_SAID = "/home, /root, /run and /tmp"
_ACCOUNT = re.compile(r"[a-z_][a-z0-9_-]{0,30}\Z")  # what systemd takes for a user's name
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,79}\Z")
_VALUE = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{0,4000}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCompany:
    """The company calls are answered for from the first minute.

    Attributes:
        name: As the agent says it.
        did: The number callers dial, with its country code; spaces, dashes and brackets are fine.

    Raises:
        ParameterError: If a value cannot be used.
    """

    name: str
    did: str

    def __post_init__(self) -> None:
        sayable = self.name.isprintable() and any(one.isalnum() for one in self.name)
        trimmed = self.name == self.name.strip() and "@@" not in self.name
        if not (sayable and trimmed and len(self.name) <= _LONGEST_NAME):
            raise ParameterError("company", "a name of 1-80 characters, as the agent says it")
        if not _DID.match(DID_FILL.sub("", self.did)):
            raise ParameterError("did", "a number with its country code, like +441632960001")

    @property
    def path(self) -> PurePosixPath:
        """Its file."""
        return COMPANIES / f"{self.key}.yaml"

    @property
    def number(self) -> str:
        """The number without what people put between its digits."""
        return DID_FILL.sub("", self.did)

    @property
    def key(self) -> str:
        """A short stable name made from the company's: ``Bright & Sons`` is ``bright_sons``."""
        plain = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode()
        words = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")
        return (words if words[:1].isalpha() else f"company_{words}")[:32].strip("_")


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemParams:
    """The choices behind the service and its settings.

    Attributes:
        venv: The Python environment the agent is installed in; ``bin/voiceagent`` is in it.
        service: Whether systemd runs the agent. Without it there is no unit, no settings file and
            no log rotation, only what is to be remembered: the agent runs on another host, or
            otherwise.
        account: An existing account to run as; empty: one that exists only while the service runs.
        values: Settings the installer knows, by variable.
        keys: Vendors' keys the admin gave, by variable; never shown.
        company: The company to begin with; None: the sample that comes with the program.
        remembered: What a later run should know of this one's command line, to be written as JSON.

    Raises:
        ParameterError: If a value must not go into a file; the value itself is not repeated.
    """

    venv: PurePosixPath = PurePosixPath("/opt/voiceagent")
    service: bool = True
    account: str = ""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    company: NewCompany | None = None
    remembered: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _FOLDER.match(str(self.venv)) or ".." in self.venv.parts:
            raise ParameterError("venv", "an absolute path of letters, digits, _, ., + and -")
        if self.venv.parts[1] in _HIDDEN:
            raise ParameterError("venv", f"outside {_HIDDEN_SAID}, which the service cannot see")
        if self.account and not _ACCOUNT.match(self.account):
            raise ParameterError("account", "the name of an account that exists, like voiceagent")
        if self.account == "root":
            raise ParameterError("account", "any account but root: nothing the agent does needs it")
        for name, value in (*self.values.items(), *self.keys.items()):
            if not _VARIABLE.match(name):
                raise ParameterError("the name of a setting", "capitals, digits and _")
            if not _VALUE.match(value):
                raise ParameterError(name, "one line of at most 4000 printable characters")
