"""`voiceagent callbacks` and `calls hang-up` as an admin types them."""

import asyncio
import json
import uuid

import pytest
from click.testing import CliRunner

from ari_app.cli import main
from ari_app.control_server import ControlServer
from ari_app.records import StoreCallbacks
from ari_app.store import calls, open_store
from audiosocket_agent.conversation_state import CallbackRequest, Why
from tests.ari_app.diary.shop import company

FIRST, SECOND = uuid.UUID(int=1), uuid.UUID("abcdef00-0000-0000-0000-000000000002")


@pytest.fixture
def voiceagent(tmp_path, monkeypatch):
    monkeypatch.setenv("VOICEAGENT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("VOICEAGENT_RUN_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(main, words)


@pytest.fixture
def wishes(tmp_path):
    async def fill():
        store = await open_store(tmp_path / "voiceagent.db")
        kept = StoreCallbacks(store)
        for call_id, phone in ((FIRST, "07700900001"), (SECOND, "07700900002")):
            await kept.note(call_id, company(), CallbackRequest(phone, Why.ASKED, "boiler"))
        await kept.note(SECOND, company(), CallbackRequest("07700900003", Why.ANGRY, "boiler"))
        row = dict.fromkeys(("company", "did", "caller", "channel", "uniqueid"), "x")
        await store.upsert(calls, row | {"call_id": str(SECOND), "registered_at": "2026-11-21"})
        await store.close()

    asyncio.run(fill())


def test_the_last_wish_of_a_call_counts_until_it_is_ticked_off(voiceagent, wishes):
    rows = json.loads(voiceagent("callbacks", "list", "--json").output)
    assert [row["phone"] for row in rows] == ["07700900001", "07700900003"]
    assert voiceagent("callbacks", "done", "abcdef").exit_code == 0
    assert "07700900003" not in voiceagent("callbacks", "list").output
    assert "07700900003" in voiceagent("callbacks", "list", "--all").output
    again = voiceagent("callbacks", "done", "abcdef")
    assert again.exit_code == 1 and "no open wish starts with abcdef" in again.output


def test_a_call_is_hung_up_through_the_controller(voiceagent, wishes, tmp_path, monkeypatch):
    nobody = voiceagent("calls", "hang-up", "abcdef")
    assert nobody.exit_code == 1 and "voiceagent doctor" in nobody.output
    asked = []

    async def hang_up(request):
        asked.append(request["call"])
        return {}

    async def main_():
        server = ControlServer({"hang_up": hang_up})
        await server.start(tmp_path / "control.sock")
        result = await asyncio.to_thread(voiceagent, "calls", "hang-up", "abcdef")
        await server.close()
        return result

    assert asyncio.run(main_()).exit_code == 0 and asked == [str(SECOND)]
    assert voiceagent("calls", "hang-up", "0000").exit_code == 1
