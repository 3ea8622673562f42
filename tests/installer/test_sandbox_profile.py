"""A profile is the agent's environment: defaults, keys, and where the vendors are."""

import pytest

from installer.sandbox.errors import SandboxError
from installer.sandbox.profile import agent_env

KEYS = {"DEEPGRAM_API_KEY": "d", "GROQ_API_KEY": "g", "CARTESIA_API_KEY": "c"}


def test_offline_stays_offline_whatever_keys_there_are():
    env = agent_env("offline", KEYS, 1)
    assert [env[f"VOICEAGENT_{kind}"] for kind in ("STT", "LLM", "TTS")] == [
        "offline", "rules", "offline",
    ]  # fmt: skip


def test_simulated_never_reaches_a_real_vendor_nor_shows_it_a_key():
    given = {**KEYS, "OPENAI_API_KEY": "o", "VOICEAGENT_DEEPGRAM_URL": "wss://api.deepgram.com"}
    env = agent_env("simulated", given, 14006)
    urls = [value for name, value in env.items() if name.endswith("_URL")]
    assert len(urls) == 4 and all("//127.0.0.1:14006" in url for url in urls)
    assert {env[name] for name in env if name.endswith("_API_KEY")} == {"simulated"}


def test_engines_that_were_chosen_win_over_the_profiles():
    env = agent_env("simulated", {"VOICEAGENT_STT": "deepgram_flux", "VOICEAGENT_TTS": ""}, 1)
    assert env["VOICEAGENT_STT"] == "deepgram_flux"
    assert env["VOICEAGENT_TTS"] == "cartesia,offline"


def test_cloud_without_keys_says_which_are_missing():
    with pytest.raises(SandboxError, match="needs GROQ_API_KEY, CARTESIA_API_KEY in"):
        agent_env("cloud", {"DEEPGRAM_API_KEY": "d"}, 1)
    assert agent_env("cloud", KEYS, 1)["VOICEAGENT_LLM"] == "groq,rules"
    only_one = {"DEEPGRAM_API_KEY": "d", "VOICEAGENT_LLM": "rules", "VOICEAGENT_TTS": "offline"}
    assert agent_env("cloud", only_one, 1)["VOICEAGENT_STT"] == "deepgram,offline"
