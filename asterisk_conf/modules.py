"""The Asterisk modules our dialplan stands on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Module:
    """One Asterisk module.

    Attributes:
        name: Its file name without ``.so``.
        why: What we need it for, for the admin to read.
        essential: Whether calls fail without it; the others only make a call poorer on some
            lines.
    """

    name: str
    why: str
    essential: bool = True


# Answer, Goto, Set and Wait are part of the core.
NEEDED: tuple[Module, ...] = (
    Module("pbx_config", "reads extensions.conf"),
    Module("res_audiosocket", "carries the call's audio"),
    Module("app_audiosocket", "carries the call's audio"),
    # Where res_agi is built with speech it does not load before this; elsewhere there is none.
    Module("res_speech", "is what res_agi stands on", essential=False),
    Module("res_agi", "asks the agent about each call"),
    Module("app_exec", "keeps a failed step from ending the call"),
    Module("app_stack", "runs the hangup handler"),
    Module("app_userevent", "reports the hangup"),
    Module("app_queue", "hands the caller to people"),
    Module("app_playback", "plays the recorded sentences"),
    Module("format_wav", "reads the recorded sentences"),
    Module("func_channel", "sets the hangup handler"),
    Module("func_strings", "filters the dialled number"),
    Module("func_timeout", "breaks off a silent agent"),
    Module("codec_ulaw", "translates G.711 mu-law", essential=False),
    Module("codec_alaw", "translates G.711 A-law", essential=False),
    Module("codec_g722", "translates G.722", essential=False),
    Module("codec_resample", "translates wideband audio", essential=False),
)
