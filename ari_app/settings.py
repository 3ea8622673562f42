"""Every setting of the agent: read once from the environment, checked, and named in errors.

A setting is the environment variable ``VOICEAGENT_<FIELD>``. Its unit, range and default are here
and nowhere else; ``voiceagent settings`` prints them.
"""

from __future__ import annotations

import grp
import os
from collections.abc import Mapping
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

import audiosocket_agent
from ari_app.pbx_settings import PbxSettings, Port
from ari_app.turn_settings import TurnSettings
from audiosocket_agent.media import MediaConfig
from audiosocket_agent.options import (
    PREFIX,
    Described,
    OptionsError,
    complaint,
    describe,
    read_options,
)
from audiosocket_agent.simulators.delays import describe_delays
from audiosocket_agent.simulators.faults import VARIABLE as FAULTS
from audiosocket_agent.simulators.script import VARIABLE as TRANSCRIPTS
from audiosocket_agent.vendors import Kind, find, names

RULES = "rules"  # in VOICEAGENT_LLM: the dialogue that needs no model
# What is used when the settings name nothing: vendors whose key is there, then what needs none.
KEYED: dict[Kind, dict[str, str]] = {
    Kind.STT: {"deepgram": "DEEPGRAM_API_KEY"},
    Kind.LLM: {"groq": "GROQ_API_KEY", "openai": "OPENAI_API_KEY"},
    Kind.TTS: {"cartesia": "CARTESIA_API_KEY"},
}
LAST_RESORT = {Kind.STT: ["offline"], Kind.LLM: [RULES], Kind.TTS: ["offline"]}
MAX_UNIX_PATH_BYTES = 107  # sizeof(sockaddr_un.sun_path) - 1 on Linux

# Read by the sandbox, and before there are settings: none of the agent's own.
_NO_SETTINGS = ("VOICEAGENT_CACHE", "VOICEAGENT_ENV_FILE")

SHIPPED_COMPANIES = Path(audiosocket_agent.__file__).parent / "companies"


class SettingsError(Exception):
    """Settings are wrong.

    Attributes:
        lines: One line for each bad setting: what, where, and what it may be.
    """

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class Settings(TurnSettings, PbxSettings):
    """All settings."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True
    )

    audiosocket_host: str = Field("127.0.0.1", description="address AudioSocket listens on")
    audiosocket_port: Port = Field(9099, description="port AudioSocket listens on")
    agi_host: str = Field("127.0.0.1", description="address the FastAGI gate listens on")
    agi_port: Port = Field(4573, description="port the FastAGI gate listens on")
    http_host: str = Field("127.0.0.1", description="address the HTTP server listens on")
    http_port: Port = Field(8095, description="port the HTTP server listens on")
    run_dir: Path = Field(Path("/run/voiceagent"), description="folder of sockets and pid files")
    data_dir: Path = Field(
        Path("/var/lib/voiceagent"), description="folder of the database and the speech cache"
    )
    context_url: str = Field(
        "",
        max_length=200,
        description="HTTP service that keeps the companies instead of the database, asked with GET "
        "URL/dids/NUMBER; https, or http on this machine; empty: the database does",
    )
    context_token: SecretStr = Field(
        SecretStr(""), description="its bearer token; empty: none is sent"
    )
    outbox_give_up_h: int = Field(
        48,
        ge=1,
        le=720,
        description="how long it is tried to tell a webhook or a booking system, and to have a "
        "text or email sent; then it is given up: voiceagent bookings outbox",
        json_schema_extra={"unit": "hours"},
    )
    companies: Path = Field(SHIPPED_COMPANIES, description="folder of company YAML files")
    link_group: str = Field(
        "", description="group that may reach the media socket (for setup.agi); empty: owner only"
    )
    max_calls: int = Field(
        50,
        ge=1,
        le=500,
        description="calls at once; further ones go to people",
        json_schema_extra={"unit": "calls"},
    )
    stt: str = Field(
        "",
        description="speech-to-text engines, the first one that works is used: deepgram,offline; "
        "empty: deepgram with DEEPGRAM_API_KEY, then offline",
    )
    llm: str = Field(
        "",
        description="language models, tried in this order; rules: the built-in dialogue without a "
        "model; empty: groq or openai with their keys, then rules",
    )
    llm_talk_tokens: int = Field(
        2000,
        ge=200,
        le=100_000,
        description="most of the talk so far that a language model is shown, older turns as a "
        "summary: less costs less and is sooner answered, more is forgotten later; never more than "
        "the model takes",
        json_schema_extra={"unit": "tokens"},
    )
    tts: str = Field(
        "",
        description="text-to-speech engines, tried in this order; empty: cartesia with "
        "CARTESIA_API_KEY, then offline",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="least severe log lines written"
    )
    log_file: str = Field(
        "",
        description="file the log lines go to besides stderr; moved away by log rotation, it is "
        "made anew; empty: none",
    )

    @field_validator("context_url")
    @classmethod
    def _keeps_its_token_secret(cls, url: str) -> str:
        if not url:
            return url
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("write it like https://crm.example/voice")
        if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("its token needs https, but on this machine (127.0.0.1)")
        if parts.username or parts.query or parts.fragment:
            raise ValueError("no user, question mark or # in it; see VOICEAGENT_CONTEXT_TOKEN")
        return url.rstrip("/")

    @field_validator("link_group")
    @classmethod
    def _group_exists(cls, name: str) -> str:
        if name and not name.isdigit():
            try:
                grp.getgrnam(name)
            except KeyError:
                raise ValueError(f"no group is called {name!r}") from None
        return name

    @field_validator("stt", "llm", "tts")
    @classmethod
    def _engines_exist(cls, text: str, info: ValidationInfo) -> str:
        kind = Kind(info.field_name)
        known = names(kind) + ([RULES] if kind is Kind.LLM else [])
        chain = _split(text)
        for name in chain:
            if name not in known:
                raise ValueError(f"no engine is called {name!r}; there are {', '.join(known)}")
        if len(set(chain)) < len(chain):
            raise ValueError("an engine is named twice")
        if RULES in chain[:-1]:
            raise ValueError("rules never fail: they can only come last")
        return text

    @field_validator("run_dir")
    @classmethod
    def _socket_path_fits(cls, folder: Path) -> Path:
        if len(str(folder / "media.sock").encode()) > MAX_UNIX_PATH_BYTES:
            raise ValueError(f"too long for a Unix socket (at most {MAX_UNIX_PATH_BYTES} bytes)")
        return folder

    def chain(self, kind: Kind, environ: Mapping[str, str] = os.environ) -> list[str]:
        """Return the engines of a kind, the preferred one first.

        Args:
            kind: Which kind.
            environ: Where the vendors' keys are looked for when the setting is empty.
        """
        chosen = _split(getattr(self, kind.value))
        if chosen:
            return chosen
        cloud = [name for name, variable in KEYED[kind].items() if environ.get(variable)]
        return cloud + LAST_RESORT[kind]

    @property
    def database(self) -> Path:
        """The SQLite file of records and bookings."""
        return self.data_dir / "voiceagent.db"

    @property
    def give_up(self) -> timedelta:
        """How long it is tried to tell somebody."""
        return timedelta(hours=self.outbox_give_up_h)

    @property
    def media_socket(self) -> Path:
        """The Unix socket of the media process."""
        return self.run_dir / "media.sock"

    @property
    def control_socket(self) -> Path:
        """The Unix socket of the controller."""
        return self.run_dir / "control.sock"

    @property
    def sounds_dir(self) -> Path:
        """The folder of the sounds we make for Asterisk, as we see it."""
        return Path(self.sounds or self.pbx_sounds)

    @property
    def recordings_dir(self) -> Path:
        """The folder Asterisk records calls into, as we see it."""
        return Path(self.recordings or self.pbx_recordings)

    @property
    def socket_access(self) -> tuple[int, int]:
        """Permissions and group of our Unix sockets; -1: no group."""
        group = self.link_group
        if not group:
            return 0o600, -1
        return 0o660, int(group) if group.isdigit() else grp.getgrnam(group).gr_gid

    def media(self) -> MediaConfig:
        """Return what a media process needs of the settings."""
        mode, gid = self.socket_access
        return MediaConfig(
            host=self.audiosocket_host,
            port=self.audiosocket_port,
            link_path=self.media_socket,
            link_mode=mode,
            link_gid=gid,
            capacity=self.max_calls,
            call=self.call(),
            recordings=self.pbx_recordings,
        )


def load_settings() -> Settings:
    """Read the settings from the environment, those of the engines it names included.

    Raises:
        SettingsError: One line for each setting that is wrong.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        raise SettingsError(
            [
                complaint(
                    PREFIX + "_".join(map(str, e["loc"])).upper(),
                    e["msg"],
                    e["input"],
                    Settings,
                    str(e["loc"][0]),
                )
                for e in error.errors(include_url=False)
            ]
        ) from None
    wrong: list[str] = []
    for kind in Kind:
        for name in settings.chain(kind):
            if name != RULES:
                try:
                    read_options(find(kind, name).options, name, os.environ)
                except OptionsError as error:
                    wrong += error.lines
    if wrong:
        raise SettingsError(wrong)
    return settings


def all_settings() -> list[Described]:
    """List every setting: the agent's own, those of every engine, those of the simulators."""
    rows = describe(Settings, os.environ)
    for kind in Kind:
        for name in names(kind):
            rows += describe(find(kind, name).options, os.environ, name)
    rows += describe_delays(os.environ)
    for variable, meaning in (
        (FAULTS, "simulated vendors: what goes wrong, vendor:kind[:nth],..."),
        (TRANSCRIPTS, "simulated vendors: file of the words their ear hears, JSON Lines"),
    ):
        given = os.environ.get(variable, "")
        source = "environment" if given else "default"
        rows.append(Described(variable, given, "", "", "", source, meaning))
    return list({row.variable: row for row in rows}.values())


def unknown_settings() -> dict[str, str]:
    """Return the variables that look like settings and are none, each with its likeliest name."""
    known = [*(row.variable for row in all_settings()), *_NO_SETTINGS]
    given = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    return {name: next(iter(get_close_matches(name, known, 1)), "") for name in given}


def _split(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
