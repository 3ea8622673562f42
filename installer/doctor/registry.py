"""Every check of the doctor, in the order of its table. The documentation is made from this list.

A check's id is stable: documents and support cases refer to it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from installer.doctor import (
    check_agent,
    check_asterisk,
    check_companies,
    check_control,
    check_data,
    check_dialplan,
    check_machine,
    check_script,
    check_settings,
)
from installer.doctor.findings import Finding
from installer.doctor.scene import Scene


@dataclass(frozen=True, slots=True)
class Check:
    """One thing the doctor looks at.

    Attributes:
        id: Its stable name.
        title: What the table calls it.
        looks_at: What is looked at and what is wrong when it is not green, for the documentation.
        run: Looks; raises `NotLookedAtError` where that is not possible.
    """

    id: str
    title: str
    looks_at: str
    run: Callable[[Scene], Awaitable[Sequence[Finding]]]


CHECKS: tuple[Check, ...] = (
    Check(
        "settings",
        "settings",
        "Every setting is within its range, and nothing that looks like a setting is misspelt.",
        check_settings.settings,
    ),
    Check(
        "settings-file",
        "settings file",
        "`/etc/voiceagent/voiceagent.env` holds the secrets: nobody but root and Asterisk's group "
        "reads it.",
        check_machine.settings_file,
    ),
    Check(
        "asterisk-running",
        "Asterisk",
        "Asterisk answers on its control socket.",
        check_asterisk.running,
    ),
    Check(
        "asterisk-version",
        "Asterisk's AudioSocket",
        "The faults of AudioSocket that this very build has, what the agent does about each, and "
        "the release that mends those it can do nothing about.",
        check_asterisk.version,
    ),
    Check(
        "asterisk-security",
        "Asterisk's security",
        "The security fixes this build lacks, as far as they touch AMI, ARI and HTTP.",
        check_asterisk.security,
    ),
    Check(
        "modules",
        "modules",
        "Every Asterisk module the dialplan stands on is running.",
        check_asterisk.modules,
    ),
    Check(
        "codecs",
        "codecs",
        "The codecs of telephones become the agent's audio; without, callers hear silence.",
        check_asterisk.codecs,
    ),
    Check(
        "timing",
        "timing",
        "Asterisk's timing source ticks evenly; else music and announcements stutter.",
        check_asterisk.timing,
    ),
    Check(
        "dtmf-log",
        "digits in the log",
        "Digits that callers press are not written to Asterisk's log files: they may be secret.",
        check_asterisk.digits_logged,
    ),
    Check(
        "installed-files",
        "installed files",
        "Every file of ours is as installed and Asterisk's own files include it; hand edits are "
        "named.",
        check_dialplan.files,
    ),
    Check(
        "dialplan-loaded",
        "dialplan",
        "The running Asterisk has all our contexts, step for step as in our file.",
        check_dialplan.loaded,
    ),
    Check(
        "dialplan-reached",
        "way to the agent",
        "Some context, trunk or telephone leads to `voiceagent-in`.",
        check_dialplan.reached,
    ),
    Check(
        "transfer-contexts",
        "transfers",
        "The contexts that callers are put through into, `--extensions-context` and "
        "`--outside-context`, exist in the running dialplan.",
        check_dialplan.transfer_contexts,
    ),
    Check(
        "agent-running",
        "agent",
        "The agent runs, says that it is well, has its links to AMI and ARI, and knows a number.",
        check_agent.running,
    ),
    Check(
        "companies",
        "companies",
        "The companies' files can be read, and offer other services and prices than the example "
        "that an installation begins with. With `VOICEAGENT_CONTEXT_URL`: that service answers "
        "and takes the token.",
        check_companies.companies,
    ),
    Check(
        "agi-gate",
        "AGI gate",
        "The FastAGI gate answers a question as the dialplan would ask it.",
        check_agent.gate,
    ),
    Check(
        "agi-script",
        "setup.agi",
        "Asterisk's own user can run `setup.agi`: tried out as that user when run as root, with a "
        "question about a call that never was.",
        check_script.runs,
    ),
    Check(
        "audiosocket-connects",
        "AudioSocket",
        "A real connection to the agent's port with the UUID of no call is refused as due.",
        check_agent.audiosocket,
    ),
    Check(
        "ports",
        "ports",
        "The agent's ports are its own and closed to other machines.",
        check_agent.ports,
    ),
    Check(
        "ami-login",
        "AMI login",
        "The agent's user of the manager interface can log in.",
        check_control.ami_login,
    ),
    Check(
        "ami-rights",
        "AMI rights",
        "That user may do what the agent needs (`read = call,agent,user`, `write = "
        "call,originate`) and no more; `command`, `config` and `system` are red.",
        check_control.ami_rights,
    ),
    Check(
        "ami-exposed",
        "AMI from outside",
        "AMI listens on this machine only.",
        check_control.ami_exposed,
    ),
    Check(
        "ari-login",
        "ARI login",
        "The agent's user of ARI can log in and write.",
        check_control.ari_login,
    ),
    Check(
        "ari-exposed",
        "ARI from outside",
        "Asterisk's HTTP server listens on this machine only, and allows no web page to use ARI.",
        check_control.ari_exposed,
    ),
    Check(
        "queue",
        "queue",
        "Every queue that callers are sent to exists and has members: the installer's, and each "
        "company's own.",
        check_data.queues,
    ),
    Check(
        "vendors",
        "vendors",
        "Each engine of the settings answers a real request: key, model, voice and address.",
        check_settings.vendors,
    ),
    Check(
        "database",
        "database",
        "The database opens and has the tables of this version.",
        check_data.database,
    ),
    Check(
        "shared-folders",
        "folders shared with Asterisk",
        "Asterisk's user and the agent can both write where sounds and recordings are exchanged.",
        check_data.shared_folders,
    ),
    Check(
        "disk",
        "disk",
        "There is room for the database, sounds and recordings, in bytes and in files.",
        check_machine.disk,
    ),
    Check(
        "clock",
        "clock",
        "The clock is sane and somebody keeps it right: opening hours and certificates need it.",
        check_machine.clock,
    ),
    Check(
        "service",
        "service",
        "systemd's unit is active, enabled and watched, and was not restarted again and again.",
        check_agent.service,
    ),
    Check(
        "packages",
        "Python packages",
        "No other Python distribution in the agent's environment has files under our names.",
        check_machine.packages,
    ),
    Check(
        "selinux",
        "SELinux",
        "Where SELinux enforces, Asterisk may not be allowed to connect to the agent.",
        check_machine.selinux,
    ),
)


def by_ids(ids: Sequence[str]) -> tuple[Check, ...]:
    """Return the checks of these ids, in the table's order; all of them for none.

    Raises:
        KeyError: With the id nobody has.
    """
    known = {one.id for one in CHECKS}
    for wanted in ids:
        if wanted not in known:
            raise KeyError(wanted)
    return tuple(one for one in CHECKS if not ids or one.id in ids)
