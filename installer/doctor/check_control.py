"""Asterisk's control side: AMI and ARI, our users there, and who else may reach them."""

from __future__ import annotations

from functools import partial

from installer.doctor import console_text
from installer.doctor.findings import Finding, NotLookedAtError, green, red, yellow
from installer.doctor.probes import ari_status
from installer.doctor.rights import judge, rights_listed, rights_shown
from installer.doctor.scene import Scene
from installer.doctor.topology import Half

_WITHOUT_AMI = "hand-overs wait for the dialplan's own question and no calls can be placed"
_ASK = "voiceagent-install --ask asks for it; it is in voiceagent.d/"
_FIREWALL = "or keep others out with the firewall"
_OWN = "bindaddr = 127.0.0.1"


async def ami_login(scene: Scene) -> list[Finding]:
    """Log in to AMI as the agent does."""
    scene.need_own_agent()
    settings = scene.settings
    lost = _WITHOUT_AMI
    if scene.topology.half is Half.AGENT and not settings.ami_secret.get_secret_value():
        pbx = scene.topology.pbx or "the PBX"
        return [
            yellow(
                f"VOICEAGENT_AMI_SECRET is not set, so AMI on {pbx} is not used; {lost}",
                f"{_ASK}manager.conf on {pbx}",
            )
        ]
    seen = await scene.ami()
    where = f"{settings.ami_host}:{settings.ami_port}"
    if not seen.trouble:
        return [green(f"{where} takes the user {settings.ami_user}")]
    if seen.refused:
        advice = "compare VOICEAGENT_AMI_USER and VOICEAGENT_AMI_SECRET with manager.conf"
        return [yellow(f"{seen.trouble}; {lost}", f"{advice}, its permit line, too")]
    return [yellow(f"{seen.trouble}; {lost}", "see manager.conf and VOICEAGENT_AMI_HOST, _PORT")]


async def ami_rights(scene: Scene) -> list[Finding]:
    """Compare our AMI user's rights with what the agent needs."""
    user = scene.settings.ami_user
    rights = None
    try:
        rights = rights_shown(await scene.ask(f"manager show user {user}"))
        if rights is None:
            return [yellow(f"Asterisk has no AMI user {user}", "run voiceagent-install")]
    except NotLookedAtError:
        seen = await scene.ami()
        if seen.trouble or not seen.actions:
            raise NotLookedAtError(seen.trouble or "Asterisk does not list actions") from None
        rights = rights_listed(seen.actions)
    found = [Finding("", verdict, what, advice) for verdict, what, advice in judge(rights)]
    whole = "sees and may do" if rights.read is not None else "may do"
    return found or [green(f"the user {user} {whole} what the agent needs and no more")]


async def ami_exposed(scene: Scene) -> list[Finding]:
    """See who can reach AMI."""
    answer = await scene.ask("manager show settings")
    address = console_text.address_after(answer, "TCP Bindaddress")
    if not address or console_text.is_loopback(address):
        if scene.topology.half is Half.PBX:
            seen = f"{_unreached(scene, 'AMI', address)}; {_WITHOUT_AMI}"
            return [yellow(seen, _for_both("manager"))]
        if not address:
            return [green("AMI is off, so nobody reaches it")]
        return [green(f"AMI listens on {address}, on this machine only")]
    user = await scene.ask(f"manager show user {scene.settings.ami_user}")
    limited = "ACL: yes" in user
    if limited and scene.topology.half is Half.PBX:
        return [green(f"AMI listens on {address}; our user is let in from its permit lines only")]
    finding = yellow if limited else red
    who = (
        "our user is let in from its permit lines only"
        if limited
        else ("our user has no permit and deny lines, so only its secret keeps others out")
    )
    return [
        finding(
            f"AMI listens on {address}, for other machines, too; {who}",
            f"set {_OWN} in manager.conf's [general], {_FIREWALL}",
        )
    ]


async def ari_login(scene: Scene) -> list[Finding]:
    """Use ARI as the agent does, and see whether it may write."""
    scene.need_own_agent()
    settings = scene.settings
    password = settings.ari_password.get_secret_value()
    if not password:
        return await _without_ari(scene)
    await scene.need_asterisk()
    people = "every call goes to people"
    url, user = settings.ari_url, settings.ari_user
    asked = partial(ari_status, url, user, password, patience_s=scene.probe_s)
    try:
        status = await asked(writing=False)
        may_write = status == 200 and await asked(writing=True) != 403
    except TimeoutError:
        return [red(f"{url} does not answer; {people}", "see http.conf and VOICEAGENT_ARI_URL")]
    except OSError as error:
        why = error.strerror or "no such address"
        advice = "set enabled = yes in http.conf's [general]; see VOICEAGENT_ARI_URL"
        return [red(f"{url} cannot be reached ({why}); {people}", advice)]
    except ValueError as error:
        return [red(f"{url}: {error}; {people}", "see VOICEAGENT_ARI_URL")]
    if status in (401, 403):
        advice = "compare VOICEAGENT_ARI_USER and VOICEAGENT_ARI_PASSWORD with ari.conf"
        return [red(f"ARI refuses the user {user}; {people}", advice)]
    if status != 200:
        advice = "asterisk -rx: module load res_ari.so; see ari.conf and VOICEAGENT_ARI_URL"
        return [red(f"there is no ARI at {url} (HTTP {status}); {people}", advice)]
    if not may_write:
        advice = "set read_only = no for it in ari.conf, then module reload res_ari.so"
        return [red(f"the user {user} may only read, so calls cannot be routed; {people}", advice)]
    return [green(f"{url} takes the user {user}, who may write")]


async def ari_exposed(scene: Scene) -> list[Finding]:
    """See who can reach ARI, which knows no lesser rights than an administrator's."""
    answer = await scene.ask("http show status")
    row = next((one for one in answer.splitlines() if "Bound to" in one), "")
    address = row.rpartition("Bound to ")[2].strip()
    apart = scene.topology.half is Half.PBX
    if apart and scene.topology.routing and (not address or console_text.is_loopback(address)):
        lost = "every call goes to people"
        return [red(f"{_unreached(scene, 'ARI', address)}; {lost}", _for_both("http"))]
    if not address:
        return [green("Asterisk's HTTP server is off, so nobody reaches ARI")]
    findings = []
    if not console_text.is_loopback(address):
        seen = (
            f"ARI listens on {address}, for other machines, too: its password is all that guards it"
        )
        advice = f"set {_OWN} in http.conf, {_FIREWALL}"
        if apart:
            advice = f"let the firewall allow {scene.topology.agent} and nobody else"
        findings.append(yellow(seen, advice))
    status = await scene.ask("ari show status")
    origins = next((r for r in status.splitlines() if r.startswith("Allowed Origins:")), "")
    if allowed := origins.partition(":")[2].strip():
        seen = f"web pages of {allowed} may use ARI from a browser"
        findings.append(yellow(seen, "take allowed_origins out of ari.conf: the agent needs none"))
    return findings or [green(f"ARI listens on {address}, on this machine only")]


async def _without_ari(scene: Scene) -> list[Finding]:
    """Say what it means that the agent has no ARI password."""
    if scene.topology.half is Half.AGENT:
        if not scene.topology.routing:
            return [green("not used: the dialplan sends every call to the agent itself")]
        pbx = scene.topology.pbx or "the PBX"
        return [
            red(
                f"the dialplan on {pbx} asks over ARI where calls go, and VOICEAGENT_ARI_PASSWORD "
                "is not set: every call goes to people",
                f"{_ASK}ari.conf on {pbx}",
            )
        ]
    if "Stasis(" in await scene.ask("dialplan show voiceagent-in"):
        return [
            red(
                "the dialplan asks over ARI where calls go, and the agent has no ARI password: "
                "every call goes to people",
                "set VOICEAGENT_ARI_PASSWORD, or install with --no-routing",
            )
        ]
    return [green("not used: the dialplan sends every call to the agent itself")]


def _unreached(scene: Scene, what: str, address: str) -> str:
    where = f"listens on {address} only" if address else "is off"
    return f"{what} {where}, where the agent on {scene.topology.agent} does not reach it"


def _for_both(file: str) -> str:
    reload = "manager reload" if file == "manager" else "module reload http"
    return (
        f"set enabled = yes and bindaddr to this host's address in {file}.conf's [general], let "
        f"the firewall allow the agent's host only, then asterisk -rx: {reload}"
    )
