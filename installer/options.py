"""The flags of `voiceagent-install`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import click

from asterisk_conf import AgiMode, BundleParams
from installer.system import SystemParams

_BUNDLE = BundleParams()
_SYSTEM = SystemParams()
_F = TypeVar("_F", bound=Callable[..., Any])

EXIT_CODES = (
    "Exit codes: 0 done or nothing to do, 1 declined, 2 wrong command line, "
    "3 no Asterisk there, 4 something is in the way, 5 could not read or "
    "write (all put back), "
    "6 verification failed (all put back), 7 another run is at work."
)

_WHAT_TO_DO = (
    click.option(
        "--root",
        type=click.Path(path_type=Path),
        default=Path("/"),
        show_default=True,
        help="The PBX's file tree. Anything but / is only written to: nothing is started.",
    ),
    click.option("--dry-run", is_flag=True, help="Show the plan and change nothing."),
    click.option("--yes", is_flag=True, help="Do not ask whether to do it."),
    click.option("--undo", is_flag=True, help="Put everything back as it was."),
    click.option(
        "--delete-data",
        is_flag=True,
        help="With --undo: delete bookings, records, recordings and logs too, after asking. "
        "Without it they stay.",
    ),
    click.option("--verify", "verify_only", is_flag=True, help="Check an installation."),
    click.option(
        "--diff", is_flag=True, help="Show every line of the plan, those of new files of ours too."
    ),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
)
_COMPANY = (
    click.option(
        "--ask", is_flag=True, help="Ask for company, number, queue and keys, on a terminal."
    ),
    click.option("--company", default="", help="The company's name, as the agent says it."),
    click.option("--did", default="", help="The number it is called on: +441632960001."),
    click.option(
        "--keys-from",
        default="",
        metavar="FILE|-|env",
        help="Where vendors' keys are: a file of NAME=value lines, - for the same on standard "
        "input, or env for this environment. Without any, everything runs on this host.",
    ),
    click.option(
        "--queue",
        default=_BUNDLE.queue,
        show_default=True,
        help="The queue that takes callers the agent does not.",
    ),
    click.option(
        "--queue-timeout",
        default=_BUNDLE.queue_timeout_s,
        show_default=True,
        help="How long they wait in it, in seconds.",
    ),
    click.option(
        "--queue-member",
        multiple=True,
        metavar="DEVICE",
        help="Make that queue, with this member: PJSIP/100. May be given several times.",
    ),
)
_SERVICE = (
    click.option(
        "--service/--no-service",
        default=None,
        help="Have systemd run the agent, with its settings in /etc/voiceagent. By default where "
        "there is systemd and the agent is installed below --venv.",
    ),
    click.option(
        "--venv",
        type=click.Path(path_type=PurePosixPath),
        default=_SYSTEM.venv,
        show_default=True,
        help="The Python environment the agent is installed in.",
    ),
    click.option(
        "--account",
        default=_SYSTEM.account,
        help="An existing account the service runs as; by default one that exists only while it "
        "runs.",
    ),
)
_DIALPLAN = (
    click.option(
        "--routing/--no-routing",
        default=_BUNDLE.routing,
        show_default=True,
        help="Let the controller say over ARI where each call goes; needs Asterisk's HTTP server. "
        "Without it every call goes to the agent.",
    ),
    click.option(
        "--http/--no-http",
        default=_BUNDLE.http,
        show_default=True,
        help="Switch Asterisk's HTTP server on, on the loopback address, where it is off.",
    ),
    click.option(
        "--ami/--no-ami",
        default=_BUNDLE.ami,
        show_default=True,
        help="Switch AMI on, on the loopback address, where it is off; by it calls are placed.",
    ),
    click.option(
        "--extensions-context",
        default=_BUNDLE.extensions_context,
        help="The context whose extensions callers may be put through to; by default the PBX's "
        "usual one.",
    ),
    click.option(
        "--outside-context",
        default=_BUNDLE.outside_context,
        help="The context that dials outside numbers, with + and country code; without it callers "
        "who are to be put through outside go to the queue.",
    ),
    click.option(
        "--agi-host",
        default="",
        help="Where the agent's FastAGI gate listens; by default --agent-address.",
    ),
    click.option("--agi-port", default=_BUNDLE.agi_port, show_default=True, help="Its port."),
    click.option(
        "--agi-mode",
        type=click.Choice([mode.value for mode in AgiMode]),
        default=_BUNDLE.agi_mode.value,
        show_default=True,
        help="Ask the running agent, or start setup.agi for each question (slower).",
    ),
)
_TWO_HOSTS = (
    click.option(
        "--agent-address",
        default=_BUNDLE.agent_address,
        show_default=True,
        help="Where the agent is, as Asterisk sees it, if it is on another host.",
    ),
    click.option(
        "--agent-only",
        is_flag=True,
        help="This host has the agent and no Asterisk: install the service and its settings.",
    ),
    click.option(
        "--pbx-address", default="", help="With --agent-only: where Asterisk is, as we see it."
    ),
    click.option(
        "--ari-url",
        default="",
        help="With --agent-only: Asterisk's HTTP server; by default http://PBX-ADDRESS:8088.",
    ),
    click.option(
        "--ami-port", default=5038, show_default=True, help="With --agent-only: AMI's port."
    ),
    click.option(
        "--ami-secret",
        default="",
        envvar="VOICEAGENT_AMI_SECRET",
        show_envvar=True,
        help="The secret of the agent's user in manager.conf; by default a random one is made, "
        "once.",
    ),
    click.option(
        "--ari-password",
        default="",
        envvar="VOICEAGENT_ARI_PASSWORD",
        show_envvar=True,
        help="The password of the agent's user in ari.conf; by default a random one is made, once.",
    ),
)


def flags(command: _F) -> _F:
    """Give a command all flags, in the order of the help text."""
    for one in reversed((*_WHAT_TO_DO, *_COMPANY, *_SERVICE, *_DIALPLAN, *_TWO_HOSTS)):
        command = one(command)
    return command
