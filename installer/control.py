"""The control side of a PBX: whether our users of AMI and ARI have a place there, and where it is.

Neither is ever switched on here: opening a port is the admin's decision. What that means for calls
is said in notes.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from asterisk_conf import BundleParams
from asterisk_conf.params import SECRET, SPOOL
from asterisk_conf.render import FOLDER, SPOOL_RECORDINGS, SPOOL_SOUNDS, USER
from installer.conf_reader import Config
from installer.errors import ConflictError
from installer.facts import Facts, ours, read_config_file, refuse_unread, true
from installer.tree import Tree

AMI_PORT = 5038
ARI_URL = "http://127.0.0.1:8088"
_INSIDE, _FREEPBX_INSIDE = "default", "from-internal"
_PEOPLE = "until then every call goes to people, or install with --no-routing"


@dataclass(frozen=True, slots=True)
class Control:
    """What the PBX's own files say of AMI and ARI.

    Attributes:
        ami: Whether there is a manager.conf to include our user in.
        ari: Whether there is an ari.conf.
        ami_port: AMI's port.
        ari_url: Asterisk's HTTP server, with its prefix.
        ami_notes: What keeps AMI from working, one line each.
        ari_notes: What keeps ARI from working.
    """

    ami: bool
    ari: bool
    ami_port: int
    ari_url: str
    ami_notes: tuple[str, ...]
    ari_notes: tuple[str, ...]


def read_control(tree: Tree, facts: Facts) -> Control:
    """Read manager.conf, ari.conf and http.conf.

    Raises:
        ConflictError: If they have a user of our name, or a comment that would swallow ours.
    """
    there = {
        name: tree.read(facts.config / f"{name}.conf") is not None for name in ("manager", "ari")
    }
    files = {
        name: read_config_file(tree, facts.config, f"{name}.conf")
        for name in ("manager", "ari", "http")
    }
    for name in (name for name, is_there in there.items() if is_there):
        refuse_unread(files[name])
        _refuse_foreign_user(files[name])
    general = {name: _general(config) for name, config in files.items()}
    port = general["manager"].get("port", "")
    http = general["http"]
    ari_notes = [f"calls cannot be routed without {m.name}.so; {_PEOPLE}" for m in facts.unroutable]
    if not there["ari"]:
        ari_notes.append(f"there is no ari.conf, so the agent gets no ARI user; {_PEOPLE}")
    elif not true(general["ari"].get("enabled", "yes")):
        ari_notes.append(f"ARI is off: set enabled = yes in ari.conf; {_PEOPLE}")
    if not true(http.get("enabled", "no")):
        said = "set enabled = yes and bindaddr = 127.0.0.1 in http.conf"
        ari_notes.append(f"ARI needs Asterisk's HTTP server, which is off: {said}; {_PEOPLE}")
    return Control(
        ami=there["manager"],
        ari=there["ari"],
        ami_port=int(port) if port.isdecimal() else AMI_PORT,
        ari_url=_url(http),
        ami_notes=_ami_notes(there["manager"], general["manager"]),
        ari_notes=tuple(ari_notes),
    )


def completed(params: BundleParams, tree: Tree, facts: Facts) -> BundleParams:
    """Fill in what the PBX decides and the secrets: those installed before, or fresh ones."""
    folder = facts.config / FOLDER
    usual = _FREEPBX_INSIDE if facts.freepbx else _INSIDE
    return replace(
        params,
        freepbx=facts.freepbx,
        extensions_context=params.extensions_context or usual,
        # FreePBX's outbound routes are part of the context its phones are in; elsewhere no context
        # can be guessed that would not be somebody's bill.
        outside_context=params.outside_context or (usual if facts.freepbx else ""),
        spool=str(facts.spool),
        ami_secret=params.ami_secret or _secret(tree, folder / "manager.conf", "secret"),
        ari_password=params.ari_password or _secret(tree, folder / "ari.conf", "password"),
    )


def settings_for_agent(params: BundleParams, control: Control, facts: Facts) -> Mapping[str, str]:
    """Return the settings by which the agent reaches this PBX, secrets and all: never show them.

    Args:
        params: The admin's choices, complete with secrets.
        control: The PBX's AMI and ARI.
        facts: The PBX.
    """
    values = {"VOICEAGENT_QUEUE": params.queue, "VOICEAGENT_AGI_PORT": str(params.agi_port)}
    if control.ami:
        values["VOICEAGENT_AMI_PORT"] = str(control.ami_port)
        values["VOICEAGENT_AMI_SECRET"] = params.ami_secret
    if control.ari and params.routing:
        values["VOICEAGENT_ARI_URL"] = control.ari_url
        values["VOICEAGENT_ARI_PASSWORD"] = params.ari_password
    values["VOICEAGENT_PBX_SOUNDS"] = str(facts.spool / SPOOL_SOUNDS)
    values["VOICEAGENT_PBX_RECORDINGS"] = str(facts.spool / SPOOL_RECORDINGS)
    return values


def settings_to_tell(control: Control, facts: Facts) -> tuple[str, ...]:
    """List the settings the agent needs to reach this PBX; secrets only by where they are."""
    folder = facts.config / FOLDER
    lines = []
    if control.ami:
        lines.append(f"VOICEAGENT_AMI_SECRET: the secret in {folder / 'manager.conf'}")
        if control.ami_port != AMI_PORT:
            lines.append(f"VOICEAGENT_AMI_PORT={control.ami_port}")
    if control.ari:
        lines.append(f"VOICEAGENT_ARI_PASSWORD: the password in {folder / 'ari.conf'}")
        if control.ari_url != ARI_URL:
            lines.append(f"VOICEAGENT_ARI_URL={control.ari_url}")
    if facts.spool != PurePosixPath(SPOOL):
        lines.append(f"VOICEAGENT_PBX_SOUNDS={facts.spool / SPOOL_SOUNDS}")
        lines.append(f"VOICEAGENT_PBX_RECORDINGS={facts.spool / SPOOL_RECORDINGS}")
    return tuple(lines)


def _ami_notes(there: bool, general: dict[str, str]) -> tuple[str, ...]:
    asked = "until then hand-overs go by the dialplan's own question, and no calls can be placed"
    if not there:
        return (f"there is no manager.conf, so the agent gets no AMI user; {asked}",)
    if not true(general.get("enabled", "no")):
        said = "set enabled = yes and bindaddr = 127.0.0.1 in manager.conf"
        return (f"AMI is off: {said}; {asked}",)
    return ()


def _general(config: Config) -> dict[str, str]:
    section = config.section("general")
    return {one.name: one.value for one in section.settings} if section else {}


def _url(http: dict[str, str]) -> str:
    port = http.get("bindport", "")
    host = http.get("bindaddr", "")
    # Where it listens on every address, ours is one of them.
    host = host if re.fullmatch(r"[0-9.]+", host) and host != "0.0.0.0" else "127.0.0.1"
    prefix = http.get("prefix", "").strip("/")
    return f"http://{host}:{port if port.isdecimal() else 8088}" + (f"/{prefix}" if prefix else "")


def _refuse_foreign_user(config: Config) -> None:
    for section in config.sections:
        if section.name == USER and not section.template and not ours(section.where):
            raise ConflictError(
                f"it has a user [{USER}] of its own",
                where=section.where,
                what_to_do="Rename or remove that user, then run this again.",
            )


def _secret(tree: Tree, path: PurePosixPath, name: str) -> str:
    text = (tree.read(path) or b"").decode("utf-8", "replace")
    found = re.search(rf"^{name} = (\S+)$", text, re.MULTILINE)
    if found and SECRET.match(found[1]):
        return found[1]
    return secrets.token_hex(20)
