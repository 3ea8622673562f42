"""Every setting of the agent: read once from the environment, checked, and named in errors.

A setting is the environment variable ``VOICEAGENT_<FIELD>``. Its unit, range and default are here
and nowhere else; ``voiceagent settings`` prints them.
"""

from __future__ import annotations

import grp
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

import audiosocket_agent
from audiosocket_agent.call import CallConfig
from audiosocket_agent.media import MediaConfig
from audiosocket_agent.turns import TurnConfig
from audiosocket_agent.vad import VadConfig

PREFIX = "VOICEAGENT_"
MAX_UNIX_PATH_BYTES = 107  # sizeof(sockaddr_un.sun_path) - 1 on Linux

Port = Annotated[int, Field(ge=1, le=65535)]
SHIPPED_COMPANIES = Path(audiosocket_agent.__file__).parent / "companies"


class SettingsError(Exception):
    """Settings are wrong.

    Attributes:
        lines: One line for each bad setting: what, where, and what it may be.
    """

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class Settings(BaseSettings):
    """All settings."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

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
    companies: Path = Field(SHIPPED_COMPANIES, description="folder of company YAML files")
    link_group: str = Field(
        "", description="group that may reach the media socket (for setup.agi); empty: owner only"
    )
    max_calls: int = Field(50, ge=1, le=500, description="calls at once; further ones go to people")
    stt: Literal["offline"] = Field("offline", description="speech-to-text engine")
    tts: Literal["offline"] = Field("offline", description="text-to-speech engine")
    stt_workers: int = Field(2, ge=1, le=16, description="recogniser processes of the offline ear")
    endpoint_ms: int = Field(
        500, ge=200, le=3000, description="ms of silence that end the caller's turn"
    )
    vad_margin_db: float = Field(
        9.0, ge=3, le=30, description="dB above the line's noise that count as speech"
    )
    vad_onset_ms: int = Field(
        80, ge=20, le=400, description="ms of voice that start speech, and interrupt ours"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="least severe log lines written"
    )

    @field_validator("link_group")
    @classmethod
    def _group_exists(cls, name: str) -> str:
        if name and not name.isdigit():
            try:
                grp.getgrnam(name)
            except KeyError:
                raise ValueError(f"no group is called {name!r}") from None
        return name

    @field_validator("run_dir")
    @classmethod
    def _socket_path_fits(cls, folder: Path) -> Path:
        if len(str(folder / "media.sock").encode()) > MAX_UNIX_PATH_BYTES:
            raise ValueError(f"too long for a Unix socket (at most {MAX_UNIX_PATH_BYTES} bytes)")
        return folder

    @property
    def database(self) -> Path:
        """The SQLite file of records and bookings."""
        return self.data_dir / "voiceagent.db"

    @property
    def media_socket(self) -> Path:
        """The Unix socket of the media process."""
        return self.run_dir / "media.sock"

    def media(self) -> MediaConfig:
        """Return what a media process needs of the settings."""
        group = self.link_group
        gid = -1 if not group else int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
        return MediaConfig(
            host=self.audiosocket_host,
            port=self.audiosocket_port,
            link_path=self.media_socket,
            link_mode=0o660 if group else 0o600,
            link_gid=gid,
            capacity=self.max_calls,
            call=CallConfig(
                vad=VadConfig(margin_db=self.vad_margin_db, onset_ms=self.vad_onset_ms),
                turns=TurnConfig(endpoint_ms=self.endpoint_ms),
            ),
        )


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: One line for each setting that is wrong.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(
            [
                f"{PREFIX}{'_'.join(map(str, e['loc'])).upper()}={e['input']!s}: {_plain(e['msg'])}"
                for e in error.errors(include_url=False)
            ]
        ) from None


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")
