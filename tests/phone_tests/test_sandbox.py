import json
from pathlib import Path

from tests.phone.sandbox import Endpoints


def test_endpoints_are_read_from_what_the_sandbox_prints() -> None:
    printed = {
        "sip": {"host": "127.0.0.1", "port": 11000},
        "dids": ["441632960001", "441632960002"],
        "logs": "/some/where/logs",
    }
    assert Endpoints.of_json(json.dumps(printed)) == Endpoints(
        "127.0.0.1",
        11000,
        "441632960001",
        Path("/some/where/data/voiceagent.db"),
        Path("/some/where/logs"),
    )
