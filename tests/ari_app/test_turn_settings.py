"""The settings of turn-taking: what they default to, what is refused, and what the docs say."""

import re
from dataclasses import asdict, fields
from pathlib import Path

import pytest

from ari_app.settings import SettingsError, all_settings, load_settings
from ari_app.turn_settings import TurnSettings
from audiosocket_agent.barge_in import BargeInConfig
from audiosocket_agent.endpointing import EndpointConfig

DOCS = Path(__file__).parents[2] / "docs/turn-taking.md"


def test_the_settings_default_to_what_the_policy_does_by_itself(monkeypatch):
    call = load_settings().call()
    assert asdict(call.turns.endpoint) == asdict(EndpointConfig())
    assert asdict(call.turns.barge_in) == asdict(BargeInConfig())


def test_every_threshold_reaches_the_policy(monkeypatch):
    given = {
        "ENDPOINT_FINISHED_MS": 210,
        "ENDPOINT_MS": 310,
        "ENDPOINT_PATIENCE_MS": 410,
        "ENDPOINT_UNFINISHED_MS": 1110,
        "ENDPOINT_BLIND_MS": 510,
        "ENDPOINT_CAP_MS": 1610,
        "LONGEST_UTTERANCE_MS": 16_000,
        "FINALIZE_MS": 110,
        "SPECULATE_MS": 120,
        "BARGE_IN_SPEECH_MS": 1200,
        "BARGE_IN_RESUME_MS": 290,
        "BARGE_IN_PROBABILITY": 0.6,
    }
    for name, value in given.items():
        monkeypatch.setenv(f"VOICEAGENT_{name}", str(value))
    turns = load_settings().call().turns
    held = {**asdict(turns.endpoint), **asdict(turns.barge_in)}
    own = set(given.values())
    assert own <= set(held.values())
    not_settable = {"lead_ms"}
    moved = {f.name for c in (EndpointConfig, BargeInConfig) for f in fields(c)
             if held[f.name] != f.default}  # fmt: skip
    assert moved == set(held) - not_settable


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ENDPOINT_MS", "50", "VOICEAGENT_ENDPOINT_MS"),
        ("ENDPOINT_MS", "soon", "VOICEAGENT_ENDPOINT_MS"),
        ("ENDPOINT_MS", "150", "must not be less than VOICEAGENT_ENDPOINT_FINISHED_MS (200)"),
        ("ENDPOINT_UNFINISHED_MS", "200", "must not be less than VOICEAGENT_ENDPOINT_MS (240)"),
        ("ENDPOINT_CAP_MS", "1000", "must not be less than VOICEAGENT_ENDPOINT_UNFINISHED_MS"),
        ("ENDPOINT_PATIENCE_MS", "100", "must not be less than VOICEAGENT_ENDPOINT_MS"),
        ("SPECULATION_TOKENS", "-1", "VOICEAGENT_SPECULATION_TOKENS"),
        ("BARGE_IN_PROBABILITY", "1.5", "VOICEAGENT_BARGE_IN_PROBABILITY"),
        ("BARGE_IN_RESUME_MS", "9999", "2000"),
    ],
)
def test_a_bad_value_is_refused_in_one_line_that_names_it(monkeypatch, name, value, told):
    monkeypatch.setenv(f"VOICEAGENT_{name}", value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    (line,) = refused.value.lines
    assert f"VOICEAGENT_{name}" in line and told in line and value in line


def test_words_may_not_be_asked_for_after_the_turn_is_over(monkeypatch):
    monkeypatch.setenv("VOICEAGENT_FINALIZE_MS", "900")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    (line,) = refused.value.lines
    assert "VOICEAGENT_ENDPOINT_MS" in line and "VOICEAGENT_FINALIZE_MS (900)" in line


def test_the_docs_name_every_setting_with_its_default_and_range():
    rows = {
        m[1]: (m[2], m[3])
        for m in re.finditer(r"^\| `([A-Z_]+[A-Z])` \| (\S+) \| (\S+) \|", DOCS.read_text(), re.M)
    }
    known = {r.variable.removeprefix("VOICEAGENT_"): r for r in all_settings()}
    assert set(rows) == {name.upper() for name in TurnSettings.model_fields}
    for name, (default, span) in rows.items():
        assert (default, span) == (known[name].default, known[name].range), name
