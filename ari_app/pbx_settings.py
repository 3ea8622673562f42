"""The settings by which the controller reaches Asterisk, and by which calls are routed."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr, ValidationInfo, field_validator

from ari_app.numbers import e164, is_region

Port = Annotated[int, Field(ge=1, le=65535)]


class PbxSettings(BaseModel):
    """Where Asterisk's control side is, and what is decided there."""

    ami_host: str = Field("127.0.0.1", description="address of Asterisk's manager interface (AMI)")
    ami_port: Port = Field(5038, description="its port")
    ami_user: str = Field("voiceagent", description="our user in manager.conf")
    ami_secret: SecretStr = Field(
        SecretStr(""),
        description="its secret; empty: AMI is not used, hand-overs go by the dialplan's question",
    )
    ari_url: str = Field("http://127.0.0.1:8088", description="Asterisk's HTTP server, for ARI")
    ari_user: str = Field("voiceagent", description="our user in ari.conf")
    ari_password: SecretStr = Field(
        SecretStr(""),
        description="its password; empty: ARI is not used, the dialplan must not ask for routes",
    )
    queue: str = Field(
        "voiceagent",
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,78}$",
        description="queue of people of companies that name none; the one the installer was told",
    )
    region: str = Field(
        "GB",
        pattern=r"^[A-Z]{2}$",
        description="country whose way of writing numbers is understood, ISO 3166",
    )
    unknown_did: str = Field(
        "queue",
        pattern=r"^(queue|message|reject|company:[a-z][a-z0-9_]{0,31})$",
        description="what a number that belongs to no company reaches: queue, message, reject, or "
        "company:KEY",
    )
    blocked: str = Field(
        "", description="callers nobody is reached by, separated by commas: +441632960666"
    )
    originate_calls: int = Field(
        5,
        ge=1,
        le=100,
        description="calls of our own at once",
        json_schema_extra={"unit": "calls"},
    )
    pbx_sounds: PurePosixPath = Field(
        PurePosixPath("/var/spool/asterisk/voiceagent"),
        description="folder of the sounds we make for Asterisk, as Asterisk sees it",
    )
    sounds: str = Field(
        "",
        description="the same folder as we see it; empty: the same path",
    )
    pbx_recordings: PurePosixPath = Field(
        PurePosixPath("/var/spool/asterisk/recording/voiceagent"),
        description="folder Asterisk records calls into, as Asterisk sees it",
    )
    recordings: str = Field("", description="the same folder as we see it; empty: the same path")

    @field_validator("region")
    @classmethod
    def _numbers_are_known_there(cls, region: str) -> str:
        if not is_region(region):
            raise ValueError("no country has this code; use one like GB, DE or US")
        return region

    @field_validator("blocked")
    @classmethod
    def _all_are_numbers(cls, blocked: str, info: ValidationInfo) -> str:
        for written in filter(str.strip, blocked.split(",")):
            if e164(written, info.data.get("region", "GB")) is None:
                raise ValueError(f"{written.strip()!r} is no number; write it like +441632960666")
        return blocked
