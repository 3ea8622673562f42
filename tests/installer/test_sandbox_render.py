import dataclasses
import re

import numpy as np

from installer.sandbox.pbx.render import PbxSettings, render
from tests.phone import heard

SETTINGS = PbxSettings(
    sip_port=11001,
    ami_port=11002,
    ari_port=11003,
    rtp_start=11100,
    rtp_end=11199,
    desks=(11010, 11011, 11012, 11013),
    ami_secret="s3cret",
    ari_password="passw0rd",
    queue="front desk",
)


def _conf() -> dict[str, str]:
    return {
        name.removeprefix("etc/asterisk/"): content.decode()
        for name, content in render(SETTINGS).items()
        if name.endswith(".conf")
    }


def test_every_setting_is_filled_in_and_no_placeholder_is_left() -> None:
    everything = "\n".join(_conf().values())
    assert not re.search(r"@[A-Z_]+@", everything)
    for value in (*dataclasses.astuple(SETTINGS)[:5], *SETTINGS.desks, "s3cret", "passw0rd"):
        assert str(value) in everything
    assert "[front desk]" in everything


def test_every_server_is_bound_to_loopback() -> None:
    conf = _conf()
    for name in ("http.conf", "manager.conf"):
        assert "bindaddr = 127.0.0.1" in conf[name]
    assert "bind = 127.0.0.1:11001" in conf["pjsip.conf"]
    assert "0.0.0.0" not in conf["pjsip.conf"] + conf["http.conf"] + conf["rtp.conf"]


def test_asterisk_variables_survive_rendering() -> None:
    assert "Goto(voiceagent-in,${EXTEN},1)" in _conf()["extensions.conf"]


def test_the_music_is_soft_never_silent_and_no_stand_ins_tone() -> None:
    music = np.frombuffer(render(SETTINGS)["var/lib/asterisk/sandbox-moh/melody.sln"], "<i2")
    assert len(music) == 16 * 8000
    frames = music.reshape(-1, 160).astype(float)
    loudness = 20 * np.log10(np.sqrt((frames**2).mean(axis=1)) / 32768 + 1e-9)
    assert loudness.min() > heard.VOICE_DBFS and loudness.max() < -15
    spectrum = np.abs(np.fft.rfft(frames)) ** 2
    at_1000_hz = spectrum[:, 19:22].sum(axis=1) / spectrum.sum(axis=1)  # 50 Hz a bin
    assert at_1000_hz.max() < heard.TONE_SHARE / 4


def test_the_stand_in_speaks_telephone_wav() -> None:
    wav = render(SETTINGS)["usr/share/asterisk/sounds/sandbox/reception.wav"]
    assert wav[:4] == b"RIFF" and wav[8:12] == b"WAVE"
    assert int.from_bytes(wav[22:24], "little") == 1  # channels
    assert int.from_bytes(wav[24:28], "little") == 8000  # Hz: what Asterisk's .wav format means
