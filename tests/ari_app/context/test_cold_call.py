"""A call to a number that nobody knows yet: both roles find out whose it is before they give up."""

import asyncio
import json
import uuid

import pytest

from ari_app.company_store import CompanyFile, import_companies
from ari_app.context.remote import Remote
from ari_app.directory import Directory
from ari_app.routing import Rules
from ari_app.store import open_store
from ari_app.switchboard import Switchboard
from audiosocket_agent.company import Company
from audiosocket_agent.errors import RegistrationError
from audiosocket_agent.link import LinkServer
from tests.ari_app.context.service import Crm, company
from tests.ari_app.test_switchboard import FakeAri, Notes

A, B = "441632960010", "441632960011"
PATIENT_S = 30.0  # the real deadline of 50 ms would make this a test of the machine


def run(tmp_path, scenario, kept_by):
    async def main():
        async with Crm(company("a", A)) as crm:
            store = await open_store(tmp_path / "db")
            remote = Remote(crm.url, "", "GB", store) if kept_by == "service" else None
            directory = Directory(store, "GB", remote)
            await directory.refresh()
            if remote is None:  # imported a moment ago: not read yet
                file = CompanyFile(tmp_path, Company.model_validate(company("a", A)))
                await import_companies(store, [file])
            assert directory.by_did(A) is None
            await scenario(directory)
            if remote is not None:
                await remote.close()
            await store.close()

    asyncio.run(main())


@pytest.mark.parametrize("kept_by", ["service", "database"])
def test_a_call_is_routed_to_a_company_nobody_knew_before(tmp_path, kept_by):
    async def scenario(directory):
        ari, notes = FakeAri(), Notes()

        async def find(did):
            await directory.lookup(did, PATIENT_S)

        board = Switchboard(ari, directory, notes, Rules(), find=find)
        for uniqueid, did in (("1.1", "01632 960010"), ("1.2", "01632 960011")):
            channel = {"id": uniqueid, "name": f"PJSIP/trunk-{uniqueid}",
                       "caller": {"number": "01632960123"}}  # fmt: skip
            ari.channels[uniqueid] = channel
            event = {"type": "StasisStart", "application": "voiceagent", "args": [did]}
            await board.event({**event, "channel": channel})
        assert [(row["company"], row["route"]) for row in notes.rows] == [
            ("a", "agent"),
            ("", "queue"),
        ]

    run(tmp_path, scenario, kept_by)


@pytest.mark.parametrize("kept_by", ["service", "database"])
def test_a_call_is_registered_for_a_company_nobody_knew_before(tmp_path, kept_by):
    async def scenario(directory):
        def register(request):
            if request.did not in directory.dids:
                raise RegistrationError("unknown_did")
            return "127.0.0.1:9099", {"VA_QUEUE": directory.dids[request.did].key}

        async def find(did):
            await directory.lookup(did, PATIENT_S)

        link = LinkServer(register, lambda _: ("hangup", {}), dict, lambda _: None, find)
        await link.start(tmp_path / "link", 0o600)
        reader, writer = await asyncio.open_unix_connection(tmp_path / "link")
        replies = []
        for did in (A, B, A):
            request = {"op": "register", "uuid": str(uuid.uuid4()), "did": did}
            writer.write(json.dumps(request).encode() + b"\n")
            replies.append(json.loads(await reader.readline()))
        writer.close()
        await link.close()
        assert [reply.get("error") for reply in replies] == [None, "unknown_did", None]
        assert replies[0]["variables"] == {"VA_QUEUE": "a"}

    run(tmp_path, scenario, kept_by)
