"""The questions of `voiceagent-install --ask`: only on a terminal, only for what has no flag."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import click

from asterisk_conf import BundleParams
from asterisk_conf.errors import ParameterError
from installer.choices import ChoiceError, Choices
from installer.system import NewCompany
from installer.system.keys import KEY_VARIABLES

_VENDORS = {
    "DEEPGRAM_API_KEY": "Deepgram, which hears callers",
    "GROQ_API_KEY": "Groq, which thinks",
    "OPENAI_API_KEY": "OpenAI, which thinks when Groq does not",
    "CARTESIA_API_KEY": "Cartesia, which speaks",
}


def ask_missing(choices: Choices, given: frozenset[str]) -> tuple[Choices, dict[str, str]]:
    """Ask for what the command line leaves open.

    Args:
        choices: The command line.
        given: The flags that are on it.

    Returns:
        The choices with the answers, and the keys that were typed in.

    Raises:
        ChoiceError: If there is no terminal.
        click.Abort: If the admin gives up.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ChoiceError("--ask needs a terminal; give --company, --did, --queue as flags instead")
    click.echo("An empty answer takes what is in brackets, or leaves the question open.")
    if "queue" not in given:
        choices = replace(choices, queue=_asked("Queue of the people", choices.queue, _queue))
    if choices.service is False or (choices.remote and not choices.agent_only):
        return choices, {}
    if choices.agent_only:
        choices = _with_secrets(choices)
    if not choices.company:
        said = "Company, as the agent says it; empty: the sample company"
        choices = replace(choices, company=_asked(said, "", _company), ask=True)
    if choices.company and not choices.did:
        said = "Its number, with country code, like +441632960001"
        choices = replace(choices, did=_asked(said, None, _did))
    if not choices.company:
        choices = replace(choices, did="")
    keys = {} if choices.keys_from else _keys()
    return choices, keys


def _with_secrets(choices: Choices) -> Choices:
    where = f"from voiceagent.d on {choices.pbx_address}; empty: as it is"
    if not choices.ami_secret:
        said = f"Secret in manager.conf {where}"
        choices = replace(choices, ami_secret=_asked(said, "", _ami_secret, hidden=True))
    if choices.routing and not choices.ari_password:
        said = f"Password in ari.conf {where}"
        choices = replace(choices, ari_password=_asked(said, "", _ari_password, hidden=True))
    return choices


def _keys() -> dict[str, str]:
    click.echo("Keys stay hidden as you type or paste. Without any, everything runs on this host.")
    found = {}
    for name in (name for name in KEY_VARIABLES if name in _VENDORS):
        said = f"Key of {_VENDORS[name]}"
        key = click.prompt(said, default="", hide_input=True, show_default=False).strip()
        if key:
            found[name] = key
    return found


def _asked(
    question: str, default: str | None, check: Callable[[str], object], *, hidden: bool = False
) -> str:
    """Ask until the answer can be used."""
    while True:
        answer: str = click.prompt(
            question, default=default, show_default=bool(default), hide_input=hidden
        ).strip()
        try:
            if answer:
                check(answer)
            return answer
        except ParameterError as error:
            click.echo(f"  {error}")


def _queue(text: str) -> object:
    return BundleParams(queue=text)


def _ami_secret(text: str) -> object:
    return BundleParams(ami_secret=text)


def _ari_password(text: str) -> object:
    return BundleParams(ari_password=text)


def _company(text: str) -> object:
    return NewCompany(name=text, did="000")


def _did(text: str) -> object:
    return NewCompany(name="a", did=text)
