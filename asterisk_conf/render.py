"""Parameters in, finished files out; no I/O but reading our own package data.

Every file has its place below Asterisk's configuration, data or AGI directory; which directories
those are on a given machine is the installer's to find out. A configuration file of ours becomes
part of one of the PBX's own files, its *parent*, through one ``#tryinclude`` line. Asterisk puts
the included text exactly there, so each starts with a section of its own and belongs at the end.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from importlib import resources

from asterisk_conf.modules import Module
from asterisk_conf.params import AgiMode, BundleParams
from asterisk_conf.template import substitute

FOLDER = "voiceagent.d"
"""Where our configuration files live, below Asterisk's configuration directory."""
CONTEXTS = (
    "voiceagent-in",
    "voiceagent-ai",
    "voiceagent-human",
    "voiceagent-voicemail",
    "voiceagent-closed",
    "voiceagent-place",
    "voiceagent-out",
    "voiceagent-caller",
    "voiceagent-hangup",
)
"""The dialplan contexts we own."""
SCRIPT = "setup.agi"
"""The AGI script's name in agi-bin; the dialplan calls it, the installer links it."""
USER = "voiceagent"
"""Our user's name in manager.conf and in ari.conf."""
SOUNDS = ("sorry", "nobody", "engaged", "message", "kept", "closed")
SPOOL_SOUNDS = "voiceagent"
"""The folder below Asterisk's spool directory for sounds made while the agent runs."""
SPOOL_RECORDINGS = "recording/voiceagent"
"""The folder below it for recorded calls and messages."""

FREEPBX_PARENTS = {
    "extensions.conf": "extensions_custom.conf",
    "manager.conf": "manager_custom.conf",
    "ari.conf": "ari_additional_custom.conf",
    "http.conf": "http_custom.conf",
    "queues.conf": "queues_custom.conf",
}
"""Where FreePBX leaves an admin's own lines alone; all else it writes anew."""

# The caller must be with people within 3 s when the controller is there but silent.
ROUTE_LIMIT_S = 2

# The gate answers within 0.5 s or not at all; what is left is Asterisk's own share.
SETUP_LIMIT_S = 2
# A restarting controller is back within 5 s.
OUTCOME_LIMIT_S = 5
OUTCOME_WAIT_S = 0.5
OUTCOME_TRIES = 10  # 5 s / 0.5 s, for a controller that refuses at once
PLACE_RING_S = 25  # five rings, unless the company says otherwise
MESSAGE_LIMIT_S = 180
MESSAGE_SILENCE_S = 5  # a message ends after so much quiet
MACHINE_SILENCE_MS = 2000  # longer than a greeting's own pauses
MACHINE_LIMIT_S = 30  # a machine that never falls silent gets the message all the same


class Base(Enum):
    """The directory a rendered file belongs under."""

    CONFIG = "configuration"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """One finished file.

    Attributes:
        base: The Asterisk directory it belongs under.
        path: Its place there, with ``/``.
        content: Its bytes.
        parent: The PBX's own file that has to include it, in the configuration directory; empty
            when none does.
    """

    base: Base
    path: str
    content: bytes
    parent: str = ""


def render(params: BundleParams) -> tuple[RenderedFile, ...]:
    """Render what every PBX gets: the dialplan and the recorded sentences."""
    return (
        _included("extensions.conf", _dialplan(params), params),
        *(
            RenderedFile(Base.DATA, f"sounds/voiceagent/{name}.wav", _sound(name))
            for name in SOUNDS
        ),
    )


def render_manager(
    params: BundleParams, settings: Mapping[str, str] | None = None, *, adds: bool = True
) -> RenderedFile:
    """Render our user of the manager interface, who may log in from the agent's address only.

    Args:
        params: The admin's choices.
        settings: What switches AMI on, of ``[general]``; the last of a name counts. None where it
            is not ours to switch on.
        adds: Whether manager.conf has a ``[general]`` to add to; there must not be a second one.
    """
    address = ipaddress.ip_address(params.agent_address)
    mask = "255.255.255.255" if address.version == 4 else "128"
    values = {"AMI_SECRET": params.ami_secret, "PERMIT": f"{address}/{mask}"}
    text = substitute(_template("manager.conf"), values)
    if settings:
        comment, user, rest = text.partition("[voiceagent]\n")
        said = _template("manager_on.conf")
        text = f"{comment}{said}{_general(settings, adds)}\n{user}{rest}"
    return _included("manager.conf", text, params)


def render_ari(params: BundleParams) -> RenderedFile:
    """Render our user of ARI."""
    values = {"ARI_PASSWORD": params.ari_password}
    return _included("ari.conf", substitute(_template("ari.conf"), values), params)


def render_http(params: BundleParams, settings: Mapping[str, str], *, adds: bool) -> RenderedFile:
    """Render what switches Asterisk's HTTP server on.

    Args:
        params: The admin's choices.
        settings: What http.conf does not set yet, of its ``[general]``.
        adds: Whether http.conf has a ``[general]`` to add to; there must not be a second one.
    """
    text = substitute(_template("http.conf"), {}) + _general(settings, adds)
    return _included("http.conf", text, params)


def render_queue(params: BundleParams) -> RenderedFile:
    """Render the queue of people, with the members that were named."""
    rows = [f"member => {one}" for one in params.queue_stub]
    text = substitute(_template("queues.conf"), {"QUEUE": params.queue}) + "\n".join(rows) + "\n"
    return _included("queues.conf", text, params)


def render_modules(missing: Iterable[Module]) -> RenderedFile:
    """Render the ``load`` lines for a PBX that loads no module by itself.

    Args:
        missing: The modules it does not load yet.
    """
    rows = [f"load = {module.name}.so  ; {module.why}" for module in missing]
    text = substitute(_template("modules.conf"), {}) + "\n".join(rows) + "\n"
    return RenderedFile(Base.CONFIG, f"{FOLDER}/modules.conf", text.encode(), parent="modules.conf")


def _general(settings: Mapping[str, str], adds: bool) -> str:
    header = "[general](+)" if adds else "[general]"
    rows = [header, *(f"{name} = {value}" for name, value in settings.items())]
    return "\n".join(rows) + "\n"


def _included(name: str, text: str, params: BundleParams) -> RenderedFile:
    parent = FREEPBX_PARENTS[name] if params.freepbx else name
    return RenderedFile(Base.CONFIG, f"{FOLDER}/{name}", text.encode(), parent=parent)


def _dialplan(params: BundleParams) -> str:
    values = {
        "SETUP_LIMIT_S": str(SETUP_LIMIT_S),
        "OUTCOME_LIMIT_S": str(OUTCOME_LIMIT_S),
        "OUTCOME_TRIES": str(OUTCOME_TRIES),
        "OUTCOME_WAIT_S": str(OUTCOME_WAIT_S),
        "PLACE_RING_S": str(PLACE_RING_S),
        "MESSAGE_LIMIT_S": str(MESSAGE_LIMIT_S),
        "MESSAGE_SILENCE_S": str(MESSAGE_SILENCE_S),
        "MACHINE_SILENCE_MS": str(MACHINE_SILENCE_MS),
        "MACHINE_LIMIT_S": str(MACHINE_LIMIT_S),
        "AGI_SETUP": _agi(params, "setup,${VA_CALL},${VA_BACK}"),
        "AGI_OUTCOME": _agi(params, "outcome,${VA_UUID}"),
        "QUEUE": params.queue,
        "QUEUE_TIMEOUT_S": str(params.queue_timeout_s),
        "EXTENSIONS_CONTEXT": params.extensions_context,
        "OUTSIDE_CONTEXT": params.outside_context,
        "SPOOL": params.spool,
    }
    if params.routing:
        values["ROUTE_LIMIT_S"] = str(ROUTE_LIMIT_S)
    entry = _template("entry_routed.conf" if params.routing else "entry_plain.conf")
    # Parts of the template, not values of it: they have placeholders and lines of their own.
    text = _template("extensions.conf").replace("@@ENTRY@@\n", entry + "\n")
    for part in ("FREEPBX_ASK", "FREEPBX_QUEUE"):
        lines = _template(f"{part.lower()}.conf") if params.freepbx else ""
        text = text.replace(f"@@{part}@@\n", lines)
    return substitute(text, values)


def _agi(params: BundleParams, question: str) -> str:
    if params.agi_mode is AgiMode.SCRIPT:
        return f"{SCRIPT},{question}"
    return f"agi://{params.agi_host}:{params.agi_port}/{question}"


def _template(name: str) -> str:
    return (resources.files(__package__) / "templates" / name).read_text(encoding="utf-8")


def _sound(name: str) -> bytes:
    return (resources.files(__package__) / "sounds" / f"{name}.wav").read_bytes()
