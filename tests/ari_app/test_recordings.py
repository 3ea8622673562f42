"""Recordings are kept for their days, and no longer."""

import asyncio
import os
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

import pytest

from ari_app.recordings import delete_old, left_of
from ari_app.store import calls, open_store
from audiosocket_agent.company import load_companies
from audiosocket_agent.company_calls import Recording
from tests.fake_asterisk import DID, SHIPPED

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def kept(tmp_path, days_ago, keep_days, company="harbour", file="a.wav"):
    """Whether the file and the record of a recording outlive a sweep."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "a.wav").write_bytes(b"RIFF")
    (tmp_path / "secret.wav").write_bytes(b"RIFF")
    harbour = load_companies(SHIPPED)[DID]
    rules = harbour.model_copy(update={"recording": Recording(on=True, keep_days=keep_days)})

    async def main():
        store = await open_store(tmp_path / "v.db")
        at = (NOW - timedelta(days=days_ago)).isoformat(timespec="milliseconds")
        row = dict.fromkeys(("did", "caller", "channel", "uniqueid"), "x")
        row |= {"call_id": str(uuid.UUID(int=1)), "company": company, "registered_at": at}
        await store.upsert(calls, row | {"recording": f"/var/spool/asterisk/x/{file}"})
        message = folder / f"{uuid.UUID(int=1)}-message.wav"
        message.write_bytes(b"RIFF")
        left_at = (NOW - timedelta(days=days_ago)).timestamp()
        os.utime(message, (left_at, left_at))
        await delete_old(store, folder, {"harbour": rules}, NOW)
        assert message.exists() == (days_ago <= rules.recording.keep_days or company != "harbour")
        left = await store.recordings()
        await store.close()
        return bool(left)

    on_record = asyncio.run(main())
    assert (tmp_path / "secret.wav").exists()
    return on_record, (folder / "a.wav").exists()


def test_a_young_recording_stays(tmp_path):
    assert kept(tmp_path, 6, 7) == (True, True)


def test_an_old_one_goes_from_disk_and_record(tmp_path):
    assert kept(tmp_path, 8, 7) == (False, False)


def test_a_company_that_is_gone_leaves_its_recordings_for_the_usual_time(tmp_path):
    assert kept(tmp_path, 8, 7, company="other") == (True, True)


def test_only_files_of_the_folder_are_ever_deleted(tmp_path):
    assert kept(tmp_path, 8, 7, file="../secret.wav") == (False, True)


def test_a_record_names_only_what_is_there(tmp_path):
    call_id, pbx = uuid.UUID(int=1), PurePosixPath("/var/spool/asterisk/x")
    assert left_of(call_id, tmp_path / "missing", pbx) == {"recording": None, "message": None}
    (tmp_path / f"{call_id}-message.wav").write_bytes(b"RIFF")
    assert left_of(call_id, tmp_path, pbx) == {
        "recording": None, "message": f"{pbx}/{call_id}-message.wav",
    }  # fmt: skip


def test_a_folder_that_cannot_be_looked_into_costs_no_record(tmp_path):
    folder = tmp_path / ("x" * 300)  # as one without rights is for anybody but root: an OSError
    with pytest.raises(OSError):
        (folder / "a").stat()
    nothing = {"recording": None, "message": None}
    assert left_of(uuid.uuid4(), folder, PurePosixPath("/var/spool")) == nothing
