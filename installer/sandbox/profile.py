"""Which vendors the sandbox's agent talks to, as the environment it is given. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from installer.sandbox.errors import SandboxError
from installer.sandbox.ports import HOST

SIMULATED = "simulated"
PROFILES = ("offline", SIMULATED, "cloud")
# Read by no vendor but ours, and good for nothing elsewhere.
_SIMULATED_KEY = "simulated"
_KEYS = ("DEEPGRAM_API_KEY", "GROQ_API_KEY", "CARTESIA_API_KEY")
_CHAINS = {
    "offline": {"STT": "offline", "LLM": "rules", "TTS": "offline"},
    SIMULATED: {"STT": "deepgram,offline", "LLM": "groq,rules", "TTS": "cartesia,offline"},
    "cloud": {"STT": "deepgram,offline", "LLM": "groq,rules", "TTS": "cartesia,offline"},
}


def agent_env(profile: str, env: Mapping[str, str], vendors_port: int) -> dict[str, str]:
    """Return the environment of an agent with this profile.

    The engines of a profile are only defaults: ``VOICEAGENT_STT`` and its like win. Where the
    vendors are does not: a simulated profile never reaches a real one.

    Args:
        profile: One of `PROFILES`.
        env: The environment to start from.
        vendors_port: Where the simulated vendors listen.

    Raises:
        SandboxError: If the profile needs keys that the environment does not have.
    """
    chains = {f"VOICEAGENT_{kind}": names for kind, names in _CHAINS[profile].items()}
    wanted = {**chains, **{name: value for name, value in env.items() if value}}
    if profile == "cloud":
        missing = [name for name in _KEYS if not env.get(name)]
        if missing and not any(env.get(variable) for variable in chains):
            raise SandboxError(
                f"profile cloud needs {', '.join(missing)} in the environment",
                "set them, or use --profile simulated",
            )
    if profile == SIMULATED:
        host = f"{HOST}:{vendors_port}"
        wanted |= dict.fromkeys((*_KEYS, "OPENAI_API_KEY"), _SIMULATED_KEY)
        wanted |= {
            "VOICEAGENT_DEEPGRAM_URL": f"ws://{host}",
            "VOICEAGENT_CARTESIA_URL": f"ws://{host}",
            "VOICEAGENT_GROQ_URL": f"http://{host}/openai/v1",
            "VOICEAGENT_OPENAI_URL": f"http://{host}/v1",
        }
    return wanted
