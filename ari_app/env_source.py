"""Where commands that are typed by hand find the settings of an installed agent.

The service gets them from systemd, which reads the settings file. Whoever types a command has none
of them in the environment; the command then reads the same file, so that `voiceagent calls list`
works as typed. An environment that names a setting of its own is left alone.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

from audiosocket_agent.options import PREFIX
from installer.system import ENV_FILE
from installer.system.env_file import UnclosedQuoteError, read

CHOICE = "VOICEAGENT_ENV_FILE"


class EnvSourceError(Exception):
    """The settings file cannot be used; the text is one clear line."""


def adopt_settings_file(
    environ: MutableMapping[str, str] = os.environ, installed: Path | None = None
) -> str:
    """Put the settings of a file into the environment; what is there already wins.

    The file is the one that ``VOICEAGENT_ENV_FILE`` names, none if that is empty; without that
    variable it is the installed one, unless the environment names any setting.

    Args:
        environ: The environment.
        installed: The installed settings file, if not the usual one.

    Returns:
        A line for the user if there is an installed file that this account must not read, else "".

    Raises:
        EnvSourceError: If a file that was named cannot be read, or what is in a file makes no
            sense.
    """
    chosen = environ.pop(CHOICE, None)
    if chosen == "" or (chosen is None and any(name.startswith(PREFIX) for name in environ)):
        return ""
    path = Path(chosen) if chosen else installed or Path(ENV_FILE)
    try:
        found = read(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if chosen is None:
            return ""
        raise EnvSourceError(f"{CHOICE}={path}: there is no such file") from None
    except PermissionError:
        if chosen is None:
            return f"this account may not read {path}, so its settings are not used; use sudo"
        raise EnvSourceError(f"{CHOICE}={path}: this account may not read it; use sudo") from None
    except OSError as error:
        raise EnvSourceError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise EnvSourceError(f"{path}: is not UTF-8 text") from None
    except UnclosedQuoteError as error:
        raise EnvSourceError(f"{path}: {error}") from None
    for name, value in found.items():
        environ.setdefault(name, value)
    return ""
