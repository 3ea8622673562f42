import dataclasses
import re

from installer.sandbox.pbx.render import PbxSettings, render

SETTINGS = PbxSettings(
    sip_port=11001,
    ami_port=11002,
    ari_port=11003,
    rtp_start=11100,
    rtp_end=11199,
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
    for value in dataclasses.astuple(SETTINGS):
        assert str(value) in everything


def test_every_server_is_bound_to_loopback() -> None:
    conf = _conf()
    for name in ("http.conf", "manager.conf"):
        assert "bindaddr = 127.0.0.1" in conf[name]
    assert "bind = 127.0.0.1:11001" in conf["pjsip.conf"]
    assert "0.0.0.0" not in conf["pjsip.conf"] + conf["http.conf"] + conf["rtp.conf"]


def test_asterisk_variables_survive_rendering() -> None:
    assert "Goto(voiceagent-in,${EXTEN},1)" in _conf()["extensions.conf"]


def test_silence_is_silent_and_the_stand_in_speaks_telephone_wav() -> None:
    files = render(SETTINGS)
    assert set(files["var/lib/asterisk/sandbox-moh/silence.sln"]) == {0}
    wav = files["usr/share/asterisk/sounds/sandbox/reception.wav"]
    assert wav[:4] == b"RIFF" and wav[8:12] == b"WAVE"
    assert int.from_bytes(wav[22:24], "little") == 1  # channels
    assert int.from_bytes(wav[24:28], "little") == 8000  # Hz: what Asterisk's .wav format means
