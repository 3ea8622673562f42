from pathlib import Path

from installer.sandbox.control_env import with_control
from installer.sandbox.ports import PortBlock

ROOT = Path("/box/root")


def env(**given: str) -> dict[str, str]:
    return with_control(given, PortBlock(10_000), ROOT, "m" * 40, "r" * 40)


def test_the_agent_is_told_where_its_pbx_is_and_what_to_say_there() -> None:
    assert env(PATH="/bin") == {
        "PATH": "/bin",
        "VOICEAGENT_AMI_HOST": "127.0.0.1",
        "VOICEAGENT_AMI_PORT": "10001",
        "VOICEAGENT_AMI_SECRET": "m" * 40,
        "VOICEAGENT_ARI_URL": "http://127.0.0.1:10002",
        "VOICEAGENT_ARI_PASSWORD": "r" * 40,
        "VOICEAGENT_SOUNDS": "/box/root/var/spool/asterisk/voiceagent",
        "VOICEAGENT_PBX_SOUNDS": "/var/spool/asterisk/voiceagent",
        "VOICEAGENT_RECORDINGS": "/box/root/var/spool/asterisk/recording/voiceagent",
        "VOICEAGENT_PBX_RECORDINGS": "/var/spool/asterisk/recording/voiceagent",
    }


def test_a_test_may_stand_between_but_secrets_and_folders_stay() -> None:
    found = env(
        VOICEAGENT_AMI_PORT="1",
        VOICEAGENT_ARI_URL="http://127.0.0.1:2",
        VOICEAGENT_AMI_SECRET="of another PBX",
        VOICEAGENT_RECORDINGS="/somewhere",
    )
    assert found["VOICEAGENT_AMI_PORT"] == "1"
    assert found["VOICEAGENT_ARI_URL"] == "http://127.0.0.1:2"
    assert found["VOICEAGENT_AMI_SECRET"] == "m" * 40
    assert found["VOICEAGENT_RECORDINGS"].startswith("/box/root/")
