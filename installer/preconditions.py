"""What a host must have, and must not, before a plan for its service is made."""

from __future__ import annotations

import pwd
from collections.abc import Mapping
from contextlib import suppress

from installer.accounts import PASSWD, numbers
from installer.api import Installation
from installer.choices import Choices
from installer.errors import ConflictError
from installer.system import COMPANIES, UNIT, SystemParams
from installer.system.company import numbers_in
from installer.tree import Tree


def without_service(
    installation: Installation, choices: Choices, keys: Mapping[str, str]
) -> str | None:
    """Say why a host gets no service: empty if that was asked for, None if it gets one.

    Args:
        installation: The host's.
        choices: What it was told.
        keys: The vendors' keys; who gives some wants a service.

    Raises:
        ConflictError: If it was asked for and cannot be.
    """
    tree = installation.tree
    if choices.service is False or (choices.remote and not choices.agent_only):
        return ""
    program = choices.venv / "bin/voiceagent"
    lacks = mend = ""
    if not choices.agent_only and not installation.facts.systemd:
        lacks = "there is no systemd in that tree to run the agent"
        mend = (
            "Leave --company, --did and --keys-from out, have your own service manager start "
            '"voiceagent run", and bring the company in with "voiceagent companies import".'
        )
    elif not tree.is_file(program):
        lacks = f"the agent is not installed there, {program} is missing"
        mend = "Install it with install.sh, or name the place with --venv."
    _check_account(choices.account, tree)
    if not lacks or tree.node(UNIT) is not None:
        return None
    if choices.service or choices.agent_only or choices.company or keys:
        raise ConflictError(lacks, where=str(choices.venv), what_to_do=mend)
    return lacks


def refuse_taken_number(tree: Tree, system: SystemParams) -> None:
    """Look whether another company is called on a new one's number.

    Args:
        tree: Where the companies are.
        system: The service, with the new company, if there is one.

    Raises:
        ConflictError: If there is one; the agent would not start with both.
    """
    new = system.company
    if new is None or tree.read(new.path) is not None:
        return
    for path in tree.matching(COMPANIES / "*.yaml"):
        numbers_there = numbers_in(tree.read(path) or b"")
        if any(one.lstrip("+") == new.number.lstrip("+") for one in numbers_there):
            raise ConflictError(
                f"the company in it is called on {new.number} already",
                where=str(path),
                what_to_do="Change its name there, or give the new one another --did.",
            )


def _check_account(account: str, tree: Tree) -> None:
    """Look whether the account the service is to run as is there.

    Raises:
        ConflictError: If it is not.
    """
    if not account:
        return
    known = account in numbers(tree, PASSWD)
    if not known and tree.is_machine:
        with suppress(KeyError):  # it may be in a directory service
            known = pwd.getpwnam(account).pw_name == account
    if not known:
        raise ConflictError(
            f"there is no account {account}",
            where=str(PASSWD),
            what_to_do="Make it, or leave --account out: then one exists while it runs.",
        )
