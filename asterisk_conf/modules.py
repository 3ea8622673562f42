"""The Asterisk modules our dialplan stands on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Module:
    """One Asterisk module.

    Attributes:
        name: Its file name without ``.so``.
        why: What we need it for, for the admin to read.
        essential: Whether calls fail without it; the others only make a call poorer, on some
            lines or in some of its ways.
        routing: Whether only routing over ARI needs it. Without it every call goes to people, so
            it is as good as essential there, and of no interest elsewhere.
    """

    name: str
    why: str
    essential: bool = True
    routing: bool = False


def _routing(name: str, why: str) -> Module:
    return Module(name, why, essential=False, routing=True)


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
    Module("func_callerid", "tells whether the caller's number was withheld", essential=False),
    Module("func_strings", "filters the dialled number"),
    Module("func_timeout", "breaks off a silent agent"),
    _routing("res_http_websocket", "carries ARI's events"),
    _routing("res_stasis", "lets the controller route calls"),
    _routing("app_stasis", "lets the controller route calls"),
    _routing("res_ari", "is the controller's way in"),
    _routing("res_ari_model", "is what the other ARI modules stand on"),
    _routing("res_ari_events", "tells the controller of calls"),
    _routing("res_ari_channels", "lets the controller move calls on"),
    _routing("res_ari_applications", "lets the controller see whether it is heard"),
    _routing("res_ari_asterisk", "lets the controller ask how Asterisk is"),
    # What the ARI modules for channels stand on.
    _routing("res_stasis_answer", "is what res_ari_channels stands on"),
    _routing("res_stasis_playback", "is what res_ari_channels stands on"),
    _routing("res_stasis_recording", "is what res_ari_channels stands on"),
    _routing("res_stasis_snoop", "is what res_ari_channels stands on"),
    Module("chan_bridge_media", "is what recordings of ARI stand on", essential=False),
    Module("bridge_simple", "joins the caller and whoever answers", essential=False),
    Module(
        "bridge_builtin_features", "lets whoever answers put the caller through", essential=False
    ),
    Module("app_dial", "puts callers through to an extension", essential=False),
    Module("app_mixmonitor", "records calls", essential=False),
    Module("app_record", "takes messages where there is no mailbox", essential=False),
    Module("app_voicemail", "takes messages", essential=False),
    Module("app_amd", "tells an answering machine from a person", essential=False),
    Module("app_waitforsilence", "waits for an answering machine's tone", essential=False),
    Module("res_musiconhold", "plays music to who waits", essential=False),
    Module("codec_ulaw", "translates G.711 mu-law", essential=False),
    Module("codec_alaw", "translates G.711 A-law", essential=False),
    Module("codec_g722", "translates G.722", essential=False),
    Module("codec_resample", "translates wideband audio", essential=False),
)
