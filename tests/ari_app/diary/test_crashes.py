"""A process killed between any two steps loses no booking and no message, and makes none twice."""

import asyncio
import json
import sys
from pathlib import Path

from tests.ari_app.diary.shop import Receiver


async def lives(folder, url):
    """Let processes die at every step; returns what each restart found."""
    dying = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.ari_app.diary.dying", str(folder), url,
        cwd=Path(__file__).parents[3], stdout=asyncio.subprocess.PIPE, limit=1 << 24,
    )  # fmt: skip
    out, _ = await dying.communicate()
    assert dying.returncode == 0
    return [json.loads(line) for line in out.splitlines()]


def told_to(receiver, path, call):
    bodies = [body.get("data", body)["booking"] for body in receiver.effects[path].values()]
    return [body for body in bodies if body["call_id"] == call]


def test_killed_at_every_step_between_hold_book_send_and_mark(tmp_path):
    async def main():
        receiver = Receiver()
        async with receiver.open() as url:
            return receiver, await lives(tmp_path, url)

    receiver, found = asyncio.run(main())
    assert len([life for life in found if life["again"]]) > 20  # so many steps there are
    for life in found:
        rows = life["bookings"]
        hook, api = (told_to(receiver, path, life["call"]) for path in ("/hook", "/api"))
        (*texts,) = (key for key in receiver.effects["/sms"] if key == f"text-{life['number']}")
        written = [one["event_id"] for one in life["outbox"] if one["target"] == "sms"]
        assert texts == written and len(texts) <= 1, life["step"]  # once it is kept it is sent
        assert texts or not life["again"], life["step"]
        if not rows:  # it died before the booking was committed, and the caller never came back
            assert not life["again"] and not hook and not api, life["step"]
            continue
        (row,) = rows
        assert row["status"] == "booked", life["step"]
        assert all(one["state"] == "delivered" for one in life["outbox"]), life["step"]
        assert not life["again"] or row["start"] == "11:00"
        # Every event had one effect, in order; the last of them is what stands.
        assert [one["sequence"] for one in hook] == list(range(row["sequence"] + 1)), life["step"]
        for last in (hook[-1], api[-1]):
            assert last["begins_at"] == row["begins_at"], life["step"]
        assert len({one["reference"] for one in (*hook, *api)}) == 1
        assert [one["sequence"] for one in api] == sorted({one["sequence"] for one in api})
    again = [key for key, times in receiver.times.items() if times > 1]
    assert len(again) >= 4  # killed between the sending and the mark: sent again, same id
