"""Lists the files of one installation that are not Asterisk's, each with mode and group."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from asterisk_conf.params import SPOOL
from asterisk_conf.render import SPOOL_RECORDINGS, SPOOL_SOUNDS
from installer.model import Kind
from installer.system import company, rotation, unit
from installer.system.env_file import with_values
from installer.system.env_template import ENV_TEMPLATE
from installer.system.params import COMPANIES, FOLDER, SystemParams

ENV_FILE = FOLDER / "voiceagent.env"
REMEMBERED = FOLDER / "install.json"
"""What the installer was told the last time; nobody else reads it."""
UNIT = PurePosixPath("/etc/systemd/system/voiceagent.service")
_WANTS = UNIT.parent / "multi-user.target.wants"
ROTATION = PurePosixPath("/etc/logrotate.d/voiceagent")
LOG_FILE = PurePosixPath("/var/log/voiceagent/voiceagent.log")
# The folders the agent and Asterisk share: as we see them, as Asterisk does, and where they usually
# are.
_SHARED = (
    ("VOICEAGENT_SOUNDS", "VOICEAGENT_PBX_SOUNDS", f"{SPOOL}/{SPOOL_SOUNDS}"),
    ("VOICEAGENT_RECORDINGS", "VOICEAGENT_PBX_RECORDINGS", f"{SPOOL}/{SPOOL_RECORDINGS}"),
)


@dataclass(frozen=True, slots=True)
class SystemFile:
    """One path as it should be; always root's.

    Attributes:
        path: Where, in the PBX's tree.
        kind: What it is.
        content: A file's bytes, a link's target.
        mode: Permission bits; without meaning for a link.
        asterisks_group: Whether its group is Asterisk's rather than root's.
        settings: Whether the admin is meant to edit it.
    """

    path: PurePosixPath
    kind: Kind
    content: bytes
    mode: int
    asterisks_group: bool
    settings: bool = False


def is_setting(path: PurePosixPath) -> bool:
    """Say whether the service has to be started afresh to take in what a path holds."""
    return FOLDER in path.parents and path != REMEMBERED


def render_system(
    params: SystemParams, group_name: str, present: Mapping[PurePosixPath, bytes]
) -> tuple[SystemFile, ...]:
    """List what an installation has besides Asterisk's files; folders before what is in them.

    Args:
        params: The admin's choices.
        group_name: Asterisk's group; empty on a host without Asterisk.
        present: What the files of a render without it hold now, and every settings file of ours
            from an earlier run. An environment file keeps every byte but the values that changed;
            a company file, once there, is the admin's.

    Raises:
        ConflictError: If a settings file that is there cannot be changed safely.
    """
    if not params.service and not params.remembered:
        return ()
    # Companies are no secret. Where there is no group of Asterisk's, they are everybody's to read:
    # the service's own account exists only while it runs, so nothing can be given to it.
    shared = 0o750 if group_name else 0o755
    told = json.dumps(params.remembered, indent=2) + "\n"
    remembered = _settings(REMEMBERED, told.encode(), 0o640)
    if not params.service:
        return (_folder(FOLDER, shared), remembered)
    settings = _environment(params, group_name, present)
    files = [_folder(FOLDER, shared), _settings(ENV_FILE, settings, 0o640)]
    files += _companies(params, present, shared)
    files += [
        remembered,
        SystemFile(UNIT, Kind.FILE, _unit(params, group_name).encode(), 0o644, False),
        SystemFile(_WANTS, Kind.FOLDER, b"", 0o755, False),
        SystemFile(_WANTS / UNIT.name, Kind.LINK, str(UNIT).encode(), 0o777, False),
        SystemFile(ROTATION.parent, Kind.FOLDER, b"", 0o755, False),
        SystemFile(ROTATION, Kind.FILE, rotation.render(LOG_FILE).encode(), 0o644, False),
    ]
    return tuple(files)


def _unit(params: SystemParams, group_name: str) -> str:
    shared = []
    for own, pbx, usual in _SHARED:
        found = params.values.get(own) or params.values.get(pbx) or usual
        shared += [found] if group_name else []
    return unit.render(params, group_name, tuple(shared))


def _environment(
    params: SystemParams, group_name: str, present: Mapping[PurePosixPath, bytes]
) -> bytes:
    values = {"VOICEAGENT_LOG_FILE": str(LOG_FILE), "VOICEAGENT_LINK_GROUP": group_name}
    if params.company is not None:
        values["VOICEAGENT_COMPANIES"] = str(COMPANIES)
    known = {**values, **params.values, **params.keys}
    there = present.get(ENV_FILE, ENV_TEMPLATE)
    return with_values(there, {k: v for k, v in known.items() if v}, str(ENV_FILE))


def _companies(
    params: SystemParams, present: Mapping[PurePosixPath, bytes], mode: int
) -> list[SystemFile]:
    found = {path: text for path, text in present.items() if path.parent == COMPANIES}
    if params.company is not None:
        found.setdefault(params.company.path, company.render(params.company))
    if not found:
        return []
    files = [_settings(path, text, mode & 0o666) for path, text in sorted(found.items())]
    return [_folder(COMPANIES, mode), *files]


def _folder(path: PurePosixPath, mode: int) -> SystemFile:
    return SystemFile(path, Kind.FOLDER, b"", mode, True)


def _settings(path: PurePosixPath, content: bytes, mode: int) -> SystemFile:
    return SystemFile(path, Kind.FILE, content, mode, True, settings=True)
