"""The settings file that is shipped: ``python -m ari_app.settings_file`` makes it anew.

Every setting stands in it as a comment with its default, so that an admin who looks for one finds
it with its unit, its range and what it does. The installer sets those it knows.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import installer.system
from ari_app.settings import SHIPPED_COMPANIES, all_settings
from audiosocket_agent.options import Described

WIDTH = 96
_HEAD = """\
Settings of the AI voice agent. Written by voiceagent-install; yours to edit.

A line is NAME=value; a value with blanks or signs in it goes in double quotes. A line that
begins with # does nothing: the value shown there is the default. After a change:

    sudo systemctl restart voiceagent     (calls in progress are handed to people)
    sudo voiceagent doctor                (is everything as it should be?)

Only root and Asterisk's group may read this file: it holds secrets. Run the voiceagent commands
as root, and they read it too. What is set now, and what it means: sudo voiceagent settings
"""
_EVERYDAY = (
    "COMPANIES CONTEXT_URL CONTEXT_TOKEN QUEUE REGION UNKNOWN_DID BLOCKED MAX_CALLS "
    "ORIGINATE_CALLS STT LLM TTS LOG_LEVEL"
)
_ASTERISK = (
    "AMI_HOST AMI_PORT AMI_USER AMI_SECRET ARI_URL ARI_USER ARI_PASSWORD "
    "PBX_SOUNDS SOUNDS PBX_RECORDINGS RECORDINGS"
)
_PLACE = (
    "AUDIOSOCKET_HOST AUDIOSOCKET_PORT AGI_HOST AGI_PORT HTTP_HOST HTTP_PORT "
    "RUN_DIR DATA_DIR LOG_FILE LINK_GROUP"
)
_ENGINES = (
    ("DEEPGRAM_FLUX", "Speech to text by Deepgram, Flux (VOICEAGENT_STT=deepgram_flux)"),
    ("DEEPGRAM", "Speech to text by Deepgram, Nova (VOICEAGENT_STT=deepgram)"),
    ("GROQ", "Language model at Groq (VOICEAGENT_LLM=groq)"),
    ("OPENAI", "Language model at OpenAI (VOICEAGENT_LLM=openai)"),
    ("OLLAMA", "Language model on a machine of your own (VOICEAGENT_LLM=ollama)"),
    ("CARTESIA", "Voice by Cartesia (VOICEAGENT_TTS=cartesia)"),
    ("STT", "Speech to text without a vendor (VOICEAGENT_STT=offline)"),
    ("ESPEAK", "Voice without a vendor (VOICEAGENT_TTS=offline)"),
)
_SPELT = {"Openai": "OpenAI"}
_PREFIX = "VOICEAGENT_"
_KEY = "_API_KEY"
_LEFT_OUT = "VOICEAGENT_SIM_"  # what the simulated vendors of tests and benchmarks do


def render() -> str:
    """Return the whole file."""
    rows = {row.variable: row for row in all_settings() if not row.variable.startswith(_LEFT_OUT)}
    parts = ["".join(f"{line}".rstrip() + "\n" for line in _comment(_HEAD.splitlines()))]
    for title, chosen in _groups(rows):
        if chosen:
            rule = "-" * (WIDTH - len(title) - 5)
            parts.append(f"# --- {title} {rule}"[:WIDTH] + "\n")
            parts += [_entry(row) for row in chosen]
    return "\n".join(parts)


def _groups(rows: dict[str, Described]) -> Iterator[tuple[str, list[Described]]]:
    """Yield each group's title and settings; every setting once."""
    left = dict(rows)

    def take(names: Sequence[str]) -> list[Described]:
        return [left.pop(name) for name in names if name in left]

    yield "Keys of the vendors", take([name for name in rows if name.endswith(_KEY)])
    yield "What nearly everyone sets", take([_PREFIX + name for name in _EVERYDAY.split()])
    yield "Asterisk", take([_PREFIX + name for name in _ASTERISK.split()])
    yield "Addresses and folders of the agent", take([_PREFIX + name for name in _PLACE.split()])
    engines = []
    for owner, title in _ENGINES:
        start = f"{_PREFIX}{owner}_"
        engines.append((title, take([name for name in left if name.startswith(start)])))
    yield "When the agent speaks, gives way and thinks ahead", take(list(left))
    yield from engines


def _entry(row: Described) -> str:
    limits = " ".join(part for part in (row.range, row.unit) if part)
    default = row.default
    if default == str(SHIPPED_COMPANIES):
        default, limits = "", "default: the sample company that comes with the program"
    elif not default and "empty:" not in row.meaning:
        limits = f"{limits}; not set" if limits else "not set"
    meaning = row.meaning[:1].upper() + row.meaning[1:]
    if row.variable.endswith(_KEY):
        vendor = row.variable.removesuffix(_KEY).removeprefix(_PREFIX).title()
        meaning = f"{_SPELT.get(vendor, vendor)}: {row.meaning}"
    text = f"{meaning} ({limits})" if limits else meaning
    lines = _comment(textwrap.wrap(text, WIDTH - 2, break_on_hyphens=False))
    return "\n".join((*lines, f"#{row.variable}={default}")) + "\n"


def _comment(lines: Sequence[str]) -> list[str]:
    return [f"# {line}" for line in lines]


def main() -> None:
    """Write the file into the package."""
    place = Path(installer.system.__file__).parent / "voiceagent.env"
    place.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
