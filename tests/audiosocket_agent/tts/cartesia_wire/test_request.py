"""Every frame we send, literally."""

import json

import pytest

from audiosocket_agent.options import OptionsError, describe, read_options
from audiosocket_agent.tts.cartesia import Options
from audiosocket_agent.tts.cartesia_wire.request import Frames, handshake_headers

WHOLE = {
    "context_id": "turn-17",
    "model_id": "sonic-3.5-2026-05-04",
    "transcript": "Thanks for calling, ",
    "voice": {"mode": "id", "id": "71a7ad14-091c-4e8e-a314-022ece01c121"},
    "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 8000},
    "language": "en",
    "continue": True,
    "max_buffer_delay_ms": 0,
    "add_timestamps": True,
    "use_normalized_timestamps": False,
}


def sent(*args, more=True, **options):
    return json.loads(Frames(Options(**options)).speak("turn-17", *args, more=more))


def test_a_whole_request():
    assert sent("Thanks for calling, ") == WHOLE


def test_the_end_of_a_reply():
    assert sent("", more=False) == WHOLE | {"transcript": "", "continue": False}


def test_a_cancellation_has_two_keys_only():
    assert json.loads(Frames(Options()).cancel("c")) == {"context_id": "c", "cancel": True}


def test_the_voice_follows_the_version():
    assert sent("a", version="2026-08-14", voice="v")["voice"] == "v"
    assert sent("a", version="2025-04-16", voice="v")["voice"] == {"mode": "id", "id": "v"}


def test_a_locale_takes_the_place_of_the_language():
    frame = sent("a", language="en-GB")
    assert frame["locale"] == "en-GB"
    assert "language" not in frame


def test_speed_is_sent_when_it_is_not_the_voices_own():
    assert sent("a", speed=1.2)["generation_config"] == {"speed": 1.2}


def test_half_a_character_is_replaced():
    assert sent("\ud83d")["transcript"] == "?"


def test_key_and_version_go_in_headers():
    options = read_options(Options, "cartesia", {"CARTESIA_API_KEY": "sk_car_1"})
    assert handshake_headers(options) == {
        "Authorization": "Bearer sk_car_1",
        "Cartesia-Version": "2026-03-01",
    }
    assert "sk_car_1" not in repr(options)


@pytest.mark.parametrize(
    ("name", "value"),
    [("URL", "http://x"), ("VERSION", "latest"), ("SPEED", "9"), ("LANGUAGE", "English")],
)
def test_wrong_settings_are_named(name, value):
    with pytest.raises(OptionsError, match=f"VOICEAGENT_CARTESIA_{name}"):
        read_options(Options, "cartesia", {f"VOICEAGENT_CARTESIA_{name}": value})


def test_every_setting_says_what_it_does():
    assert all(row.meaning for row in describe(Options, {}, "cartesia"))
