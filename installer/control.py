"""The control side of a PBX: whether our users of AMI and ARI have a place there, and where it is.

Both AMI and Asterisk's HTTP server are switched on where they are off, on the loopback address
alone: opening a port to the network is the admin's decision. AMI that is off serves nobody, so what
is set for it may be overruled; of http.conf nothing is, since other parts of Asterisk stand on it.
What else keeps calls from the agent is said in notes.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from asterisk_conf import BundleParams, RenderedFile
from asterisk_conf.params import SECRET, SPOOL
from asterisk_conf.render import FOLDER, SPOOL_RECORDINGS, SPOOL_SOUNDS, USER
from installer.conf_reader import Config, Section, Setting
from installer.config_files import ours, read_config_file, refuse_unread, true
from installer.errors import ConflictError
from installer.facts import Facts
from installer.tree import Tree

AMI_PORT = 5038
ARI_URL = "http://127.0.0.1:8088"
_INSIDE, _FREEPBX_INSIDE = "default", "from-internal"
_OTHER_WAYS_IN = ("webenabled", "tlsenable", "sslenable")
_FILES = ("manager", "ari", "http", "queues")
_NAMELESS = ("general", "default")  # queues.conf's own sections, the second of old


@dataclass(frozen=True, slots=True)
class Http:
    """What http.conf says without our own lines.

    Attributes:
        on: Whether Asterisk's HTTP server is on.
        off_at: The file and line that switch it off; empty if nothing is said about it.
        bound_to: The address it is or would be bound to; empty if none is named.
        has_general: Whether there is a ``[general]`` to add to.
        lacking: What it takes to switch it on, on the loopback address.
    """

    on: bool
    off_at: str
    bound_to: str
    has_general: bool
    lacking: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ami:
    """What manager.conf says without our own lines.

    Attributes:
        on: Whether AMI is on.
        has_general: Whether there is a ``[general]`` to add to.
        lacking: What it takes to switch it on, on the loopback address and nowhere else.
    """

    on: bool
    has_general: bool
    lacking: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Control:
    """What the PBX's own files say of AMI, ARI and queues.

    Attributes:
        ami: Whether there is a manager.conf to include our user in.
        ari: Whether there is an ari.conf.
        ami_on: Whether AMI is on; our own lines count.
        ami_bound_to: The address AMI is bound to; empty if none is named: then it is all.
        ari_on: Whether ARI is on, as far as ari.conf says.
        http_on: Whether Asterisk's HTTP server is on; our own lines count.
        ami_port: AMI's port.
        ari_url: Asterisk's HTTP server, with its prefix.
        manager: AMI's own settings.
        http: That server's own settings.
        queues: Where each queue begins, by its name in small letters; ours is not among them.
        realtime_queues: Whether there may be more of them in a database.
        files: manager.conf, ari.conf, http.conf and queues.conf with all they include, by name.
    """

    ami: bool
    ari: bool
    ami_on: bool
    ami_bound_to: str
    ari_on: bool
    http_on: bool
    ami_port: int
    ari_url: str
    manager: Ami
    http: Http
    queues: Mapping[str, str]
    realtime_queues: bool
    files: Mapping[str, Config]


def read_control(tree: Tree, facts: Facts) -> Control:
    """Read manager.conf, ari.conf, http.conf and queues.conf.

    Raises:
        ConflictError: If they have a user of our name, or would not be read to our lines.
    """
    there = {
        name: tree.read(facts.config / f"{name}.conf") is not None for name in ("manager", "ari")
    }
    files = {
        f"{name}.conf": read_config_file(tree, facts.config, f"{name}.conf", freepbx=facts.freepbx)
        for name in _FILES
    }
    for name in (f"{name}.conf" for name, is_there in there.items() if is_there):
        refuse_unread(files[name])
        _refuse_foreign_user(files[name])
    ami, ari = (_general(files[name]) for name in ("manager.conf", "ari.conf"))
    http = _http(files["http.conf"])
    port = ami.get("port", "")
    return Control(
        ami=there["manager"],
        ari=there["ari"],
        ami_on=true(ami.get("enabled", "no")),
        ami_bound_to=ami.get("bindaddr", ""),
        ari_on=true(ari.get("enabled", "yes")),
        http_on=true(_general(files["http.conf"]).get("enabled", "no")),
        ami_port=int(port) if port.isdecimal() else AMI_PORT,
        ari_url=_url(_general(files["http.conf"])),
        manager=_manager(files["manager.conf"]),
        http=http,
        queues=_queues(files["queues.conf"]),
        realtime_queues=_has_realtime_queues(tree, facts),
        files=files,
    )


def switches_http_on(params: BundleParams, control: Control) -> bool:
    """Say whether Asterisk's HTTP server is to be switched on by us.

    Only for ARI, only if nobody switched it off on purpose, and only where the loopback address is
    the only one that it would listen on, and of use.
    """
    http = control.http
    needed = params.http and params.routing and control.ari and not params.remote
    return needed and not http.on and not http.off_at and is_loopback(http.bound_to or "127.0.0.1")


def switches_ami_on(params: BundleParams, control: Control) -> bool:
    """Say whether AMI is to be switched on by us.

    Not on FreePBX, which writes those settings itself, nor for an agent on another host, for whom
    the loopback address is of no use.
    """
    wanted = params.ami and control.ami and not params.freepbx and not params.remote
    return wanted and not control.manager.on


def refuse_no_place(one: RenderedFile, params: BundleParams, control: Control) -> None:
    """Refuse a file of ours that Asterisk would not read, or that would be in somebody's way.

    Args:
        one: A configuration file.
        params: The admin's choices.
        control: The PBX's AMI, ARI and queues.

    Raises:
        ConflictError: If its parent is not read to its end or not included, or there is a queue of
            its name.
    """
    name = PurePosixPath(one.path).name
    config = control.files.get(name)
    if config is None:
        return
    refuse_unread(config)
    if one.parent != name and one.parent not in config.included:
        raise ConflictError(
            f"it does not include {one.parent}, where FreePBX leaves other people's lines alone",
            where=name,
            what_to_do="Run fwconsole reload to have FreePBX write it anew, then run this again.",
        )
    if name == "queues.conf" and params.queue.lower() in control.queues:
        raise ConflictError(
            f"it has a queue [{params.queue}] of its own",
            where=control.queues[params.queue.lower()],
            what_to_do="Leave --queue-member out to use that one, or choose another --queue.",
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


def is_loopback(address: str) -> bool:
    """Say whether an address can only be reached from its own host."""
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return address == "localhost"


def _manager(config: Config) -> Ami:
    section = _section_not_ours(config)
    found = {name: one.value for name, one in _not_ours(section).items()}
    lacking = {"enabled": "yes", "bindaddr": "127.0.0.1"}
    # Other ways in, which count for nothing while AMI is off.
    others = (one for one in _OTHER_WAYS_IN if true(found.get(one, "no")))
    return Ami(
        on=true(found.get("enabled", "no")),
        has_general=section is not None,
        lacking=lacking | dict.fromkeys(others, "no"),
    )


def _http(config: Config) -> Http:
    section = _section_not_ours(config)
    found = _not_ours(section)
    values = {name: one.value for name, one in found.items()}
    on = true(values.get("enabled", "no"))
    lacking = {"enabled": "yes", "bindaddr": "127.0.0.1"}
    return Http(
        on=on,
        off_at=found["enabled"].where if "enabled" in found and not on else "",
        bound_to=values.get("bindaddr", ""),
        has_general=section is not None,
        lacking={name: value for name, value in lacking.items() if name not in found},
    )


def _not_ours(section: Section | None) -> dict[str, Setting]:
    settings = section.settings if section else []
    return {one.name.lower(): one for one in settings if not ours(one.where)}


def _section_not_ours(config: Config) -> Section | None:
    section = config.section("general")
    return None if section is None or ours(section.where) else section


def _queues(config: Config) -> Mapping[str, str]:
    return {
        one.name.lower(): one.where
        for one in reversed(config.sections)
        if not one.template and not ours(one.where) and one.name.lower() not in _NAMELESS
    }


def _has_realtime_queues(tree: Tree, facts: Facts) -> bool:
    section = read_config_file(tree, facts.config, "extconfig.conf").section("settings")
    return section is not None and any(one.name == "queues" for one in section.settings)


def _general(config: Config) -> dict[str, str]:
    section = config.section("general")
    return {one.name.lower(): one.value for one in section.settings} if section else {}


def _url(http: dict[str, str]) -> str:
    port = http.get("bindport", "")
    host = http.get("bindaddr", "")
    # Where it listens on every address, the loopback one is among them.
    host = host if re.fullmatch(r"[0-9.]+", host) and host != "0.0.0.0" else "127.0.0.1"
    prefix = http.get("prefix", "").strip("/")
    return f"http://{host}:{port if port.isdecimal() else 8088}" + (f"/{prefix}" if prefix else "")


def _refuse_foreign_user(config: Config) -> None:
    for section in config.sections:
        if section.name.lower() == USER and not section.template and not ours(section.where):
            raise ConflictError(
                f"it has a user [{section.name}] of its own",
                where=section.where,
                what_to_do="Rename or remove that user, then run this again.",
            )


def _secret(tree: Tree, path: PurePosixPath, name: str) -> str:
    text = (tree.read(path) or b"").decode("utf-8", "replace")
    found = re.search(rf"^{name} = (\S+)$", text, re.MULTILINE)
    if found and SECRET.match(found[1]):
        return found[1]
    return secrets.token_hex(20)
