"""What an admin is told before anything is done: what is left to do, and what keeps calls away.

Pure: from what was read of the PBX and what was chosen to one line each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from asterisk_conf import AgiMode, BundleParams
from asterisk_conf.render import SPOOL_RECORDINGS, SPOOL_SOUNDS
from installer.control import Control, is_loopback, switches_ami_on, switches_http_on
from installer.facts import Facts

_PEOPLE = "until then every call goes to people, or install with --no-routing"
_ASKED = "until then hand-overs go by the dialplan's own question, and no calls can be placed"


def notes_for(
    params: BundleParams, control: Control, facts: Facts, running: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the notes about Asterisk's side.

    Args:
        params: The admin's choices, complete.
        control: The PBX's AMI, ARI and queues.
        facts: The PBX.
        running: Contexts that the running dialplan is known to have, wherever they are from.
    """
    notes = [f"Asterisk will complain: {problem}" for problem in facts.problems]
    if len(facts.programs) > 1:
        names = " and ".join(str(one) for one in facts.programs)
        notes.append(
            f"there are {names}: this is for the one that reads {facts.config} and looks for "
            f"scripts in {facts.agi_bin}"
        )
    for path in dict.fromkeys(facts.unreadable):
        notes.append(f"Asterisk's user {facts.user_name} seems not to be able to read {path}")
    if facts.freepbx:
        notes += _freepbx(params, facts)
    notes += _ami(params, control, facts)
    if params.routing:
        notes += _ari(params, control, facts)
    notes += _queue(params, control, facts)
    notes += _transfers(params, {*facts.contexts, *running})
    if params.remote:
        notes += _remote(params, control, facts)
    return tuple(notes)


def _ami(params: BundleParams, control: Control, facts: Facts) -> Iterator[str]:
    if not control.ami:
        yield f"there is no manager.conf, so the agent gets no AMI user; {_ASKED}"
    elif switches_ami_on(params, control):
        if not control.ami_on:
            yield "AMI, which was off, is switched on at 127.0.0.1"
    elif not control.manager.on:
        if params.remote:
            agent = params.agent_address
            said = f"set enabled = yes and bindaddr in manager.conf, so that {agent} reaches it"
        elif facts.freepbx:
            said = "run fwconsole reload to have FreePBX write manager.conf anew"
        else:
            said = "set enabled = yes and bindaddr = 127.0.0.1 in manager.conf"
        yield f"AMI is off: {said}; {_ASKED}"


def _ari(params: BundleParams, control: Control, facts: Facts) -> Iterator[str]:
    for module in facts.unroutable:
        yield f"calls cannot be routed without {module.name}.so; {_PEOPLE}"
    if not control.ari:
        yield f"there is no ari.conf, so the agent gets no ARI user; {_PEOPLE}"
    elif not control.ari_on:
        where = "in Settings > Advanced Settings" if facts.freepbx else "in ari.conf"
        yield f"ARI is off: set enabled = yes {where}; {_PEOPLE}"
    http = control.http
    if http.on:
        return
    if switches_http_on(params, control):
        if not control.http_on:
            yield "Asterisk's HTTP server, which ARI needs, is switched on at 127.0.0.1"
        return
    if params.remote:
        agent = params.agent_address
        said = f"set enabled = yes and bindaddr in http.conf, so that {agent} reaches it"
    elif facts.freepbx:
        said = "enable the mini-HTTP server in Settings > Advanced Settings"
    elif http.off_at:
        said = f"it is switched off on purpose at {http.off_at}"
    elif http.bound_to and not is_loopback(http.bound_to) and params.http:
        said = f"http.conf binds it to {http.bound_to}, for all to reach: set 127.0.0.1 there"
    else:
        said = "set enabled = yes and bindaddr = 127.0.0.1 in http.conf"
    yield f"ARI needs Asterisk's HTTP server, which is off: {said}; {_PEOPLE}"


def _queue(params: BundleParams, control: Control, facts: Facts) -> Iterator[str]:
    known = params.queue.lower() in control.queues
    if params.queue_stub or known or control.realtime_queues:
        return
    if facts.freepbx:
        said = "make it in Applications > Queues, or name another number with --queue"
    else:
        said = "name one with --queue, or have one made with --queue-member PJSIP/100"
    yield f"there is no queue {params.queue}: callers who want a person get voicemail; {said}"


def _transfers(params: BundleParams, there: Collection[str]) -> Iterator[str]:
    for what, flag, context in (
        ("extension", "--extensions-context", params.extensions_context),
        ("outside number", "--outside-context", params.outside_context),
    ):
        if context and context not in there:
            yield (
                f"extensions.conf has no context {context}, so callers are put through to no "
                f"{what}: name one with {flag}"
            )


def _freepbx(params: BundleParams, facts: Facts) -> Iterator[str]:
    yield (
        "FreePBX: in Admin > Custom Destinations add one with Target voiceagent-in,s,1 and "
        "Return No, choose it in Connectivity > Inbound Routes for the agent's numbers, and press "
        "Apply Config"
    )
    missing = [one for one in facts.missing if params.routing or not one.routing]
    if missing:
        names = " ".join(f"{one.name}.so" for one in missing)
        yield f"FreePBX: load {names} in Settings > Asterisk Modules, then restart Asterisk"


def _remote(params: BundleParams, control: Control, facts: Facts) -> Iterator[str]:
    agent = params.agent_address
    if params.agi_mode is AgiMode.FASTAGI and is_loopback(params.agi_host):
        yield f"Asterisk asks the agent at {params.agi_host}, its own host: add --agi-host {agent}"
    elif params.agi_mode is AgiMode.SCRIPT:
        yield "setup.agi asks an agent on its own host only: leave --agi-mode at fastagi"
    # What is off is said already, with where it is to be bound.
    bound = {"manager.conf": control.ami_bound_to} if control.ami and control.ami_on else {}
    if control.ari and params.routing and control.http.on:
        bound["http.conf"] = control.http.bound_to
    for name, address in bound.items():
        if address and is_loopback(address):
            yield f"{name} binds to {address} only: set bindaddr there so that {agent} reaches it"
    yield (
        f"let only {agent} through the firewall to AMI ({control.ami_port}) and HTTP, and put a "
        "VPN between the hosts: neither is encrypted"
    )
    folders = f"{facts.spool / SPOOL_SOUNDS} and {facts.spool / SPOOL_RECORDINGS}"
    yield f"{folders} must be shared with the agent's host for announcements and recordings"
