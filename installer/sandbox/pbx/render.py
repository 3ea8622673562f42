"""The sandbox PBX as its administrator left it, before the bundle is installed.

Pure: settings in, file contents out. The templates beside this module mark what is filled in as
`@NAME@`, because `$` and `{` mean something in a dialplan.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources

from installer.sandbox.pbx.melody import melody

_CONFIG_FILES = (
    "ari.conf",
    "asterisk.conf",
    "extensions.conf",
    "http.conf",
    "logger.conf",
    "manager.conf",
    "modules.conf",
    "musiconhold.conf",
    "pjsip.conf",
    "queues.conf",
    "rtp.conf",
    "voicemail.conf",
)
_PLACEHOLDER = re.compile(r"@([A-Z_]+)@")


@dataclass(frozen=True, slots=True)
class PbxSettings:
    """What differs from one sandbox PBX to the next.

    Attributes:
        sip_port: UDP port of the SIP transport.
        ami_port: TCP port of the manager interface.
        ari_port: TCP port of the HTTP server.
        rtp_start: First UDP port for media.
        rtp_end: Last UDP port for media.
        desks: UDP ports of the desk phones 100 to 103.
        ami_secret: Secret of the manager user `sandbox`.
        ari_password: Password of the ARI user `sandbox`.
        queue: Name of the queue with the stand-ins.
    """

    sip_port: int
    ami_port: int
    ari_port: int
    rtp_start: int
    rtp_end: int
    desks: tuple[int, int, int, int]
    ami_secret: str
    ari_password: str
    queue: str


def render(settings: PbxSettings) -> dict[str, bytes]:
    """Return the content of every file the administrator wrote, by path below the root.

    Source of "reception.wav": espeak-ng -v en-gb -s 150 "You have reached a person at reception.",
    resampled to 8 kHz mono with sox.
    """
    values = {
        "SIP_PORT": str(settings.sip_port),
        "AMI_PORT": str(settings.ami_port),
        "ARI_PORT": str(settings.ari_port),
        "RTP_START": str(settings.rtp_start),
        "RTP_END": str(settings.rtp_end),
        "AMI_SECRET": settings.ami_secret,
        "ARI_PASSWORD": settings.ari_password,
        "QUEUE": settings.queue,
        **{
            f"DESK_{letter}": str(port) for letter, port in zip("ABCD", settings.desks, strict=True)
        },
    }
    here = resources.files(__package__ or "")
    files = {
        f"etc/asterisk/{name}": _PLACEHOLDER.sub(
            lambda match: values[match[1]], (here / name).read_text("utf-8")
        ).encode()
        for name in _CONFIG_FILES
    }
    files["usr/share/asterisk/sounds/sandbox/reception.wav"] = (here / "reception.wav").read_bytes()
    files["var/lib/asterisk/sandbox-moh/melody.sln"] = melody()
    return files
