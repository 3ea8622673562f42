"""Settings: defaults hold, and everything wrong is named in one line each."""

import os
import subprocess
import sys

import pytest

from ari_app.settings import (
    PREFIX,
    Settings,
    SettingsError,
    all_settings,
    load_settings,
    unknown_settings,
)
from audiosocket_agent.vendors import Kind


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith(PREFIX) or name.endswith("_API_KEY"):
            monkeypatch.delenv(name)


def test_defaults_are_the_documented_ports():
    settings = load_settings()
    assert (settings.audiosocket_port, settings.agi_port, settings.http_port) == (9099, 4573, 8095)
    assert settings.audiosocket_host == settings.agi_host == settings.http_host == "127.0.0.1"
    assert settings.media().capacity == settings.max_calls


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUDIOSOCKET_PORT", "0"),
        ("AUDIOSOCKET_PORT", "voice"),
        ("AGI_PORT", "70000"),
        ("MAX_CALLS", "-1"),
        ("STT", "telepathy"),
        ("STT", "offline,offline"),
        ("LLM", "rules,groq"),
        ("TTS", "rules"),
        ("ENDPOINT_MS", "5"),
        ("VAD_MARGIN_DB", "loud"),
        ("LINK_GROUP", "no-such-group"),
        ("RUN_DIR", "/" + "x" * 120),
        ("LOG_LEVEL", "verbose"),
        ("REGION", "XX"),
        ("REGION", "gb"),
        ("BLOCKED", "+441632960666,anonymous"),
        ("UNKNOWN_DID", "company"),
    ],
)
def test_each_bad_value_is_named_in_one_line(monkeypatch, name, value):
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    (line,) = caught.value.lines
    assert line.startswith(f"{PREFIX}{name}={value}: ") and "\n" not in line


@pytest.mark.parametrize(
    ("engines", "name", "value"),
    [
        ({"STT": "deepgram"}, "DEEPGRAM_ENDPOINTING_MS", "5"),
        ({"LLM": "groq,rules"}, "GROQ_TEMPERATURE", "hot"),
        ({"TTS": "cartesia"}, "CARTESIA_MAX_BUFFER_DELAY_MS", "-1"),
    ],
)
def test_a_bad_option_of_an_engine_in_use_is_named(monkeypatch, engines, name, value):
    monkeypatch.setenv(PREFIX + name, value)
    load_settings()  # nobody uses it
    for kind, chain in engines.items():
        monkeypatch.setenv(PREFIX + kind, chain)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    (line,) = caught.value.lines
    assert line.startswith(f"{PREFIX}{name}={value}: ")


@pytest.mark.parametrize(
    ("environ", "chains"),
    [
        ({}, ("offline", "rules", "offline")),
        (
            {"DEEPGRAM_API_KEY": "x", "GROQ_API_KEY": "x", "CARTESIA_API_KEY": "x"},
            ("deepgram,offline", "groq,rules", "cartesia,offline"),
        ),
        ({"OPENAI_API_KEY": "x"}, ("offline", "openai,rules", "offline")),
        ({"VOICEAGENT_STT": "deepgram_flux"}, ("deepgram_flux", "rules", "offline")),
    ],
)
def test_keys_choose_the_engines_that_are_not_named(monkeypatch, environ, chains):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert tuple(",".join(settings.chain(kind)) for kind in Kind) == chains


def test_a_key_is_never_in_what_is_listed(monkeypatch):
    monkeypatch.setenv("DEEPGRAM_API_KEY", "s3cret-key")
    rows = {row.variable: row for row in all_settings()}
    assert rows["DEEPGRAM_API_KEY"].value == "(set)" and "s3cret" not in repr(rows)
    assert rows["VOICEAGENT_SIM_NOVA_FINAL_MS"].default == "150"
    assert {"VOICEAGENT_SIM_FAULT", "VOICEAGENT_SIM_TRANSCRIPTS"} <= set(rows)
    assert rows["VOICEAGENT_ENDPOINT_MS"].unit == "ms"
    assert rows["VOICEAGENT_ENDPOINT_MS"].range == "100..3000"


def test_several_bad_values_are_all_named(monkeypatch):
    monkeypatch.setenv("VOICEAGENT_AGI_PORT", "x")
    monkeypatch.setenv("VOICEAGENT_MAX_CALLS", "x")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert len(caught.value.lines) == 2


def test_every_setting_says_what_it_means():
    assert all(field.description for field in Settings.model_fields.values())


def run(*words, **env):
    return subprocess.run(
        [sys.executable, "-m", "ari_app", *words], env={**os.environ, **env},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_a_bad_setting_stops_the_start_with_one_line(tmp_path):
    result = run("run", VOICEAGENT_MAX_CALLS="many", VOICEAGENT_RUN_DIR=str(tmp_path))
    assert result.returncode == 78
    assert len(result.stderr.splitlines()) == 1 and "VOICEAGENT_MAX_CALLS=many" in result.stderr


def test_a_folder_that_cannot_be_made_stops_the_start(tmp_path):
    (tmp_path / "file").write_text("")
    result = run("run", VOICEAGENT_RUN_DIR=str(tmp_path / "file" / "run"))
    assert result.returncode == 78
    assert len(result.stderr.splitlines()) == 1 and "VOICEAGENT_RUN_DIR" in result.stderr


def test_the_sandboxs_own_variables_are_no_misspelt_settings(monkeypatch):
    monkeypatch.setenv("VOICEAGENT_CACHE", "/tmp")
    monkeypatch.setenv("VOICEAGENT_ENV_FILE", "")
    monkeypatch.setenv("VOICEAGENT_CASHE", "/tmp")
    assert "VOICEAGENT_CASHE" in unknown_settings()
    assert not {"VOICEAGENT_CACHE", "VOICEAGENT_ENV_FILE"} & set(unknown_settings())
