"""Transcripts nobody has read yet: what may be dropped, and what never is."""

import asyncio

import pytest

from audiosocket_agent.errors import StreamBroken, VendorDown
from audiosocket_agent.seams import Hearing, Transcript
from audiosocket_agent.stt.deepgram_wire.outbox import MOST_UNREAD, Outbox

PARTIAL, EAGER, RESUMED, FINAL = Hearing.PARTIAL, Hearing.EAGER, Hearing.RESUMED, Hearing.FINAL


def unread(*pairs):
    """Return what a reader finds that comes after all of them."""

    async def main():
        outbox = Outbox()
        outbox.put(Transcript(text, 1.0, hearing) for text, hearing in pairs)
        outbox.fail(VendorDown("v", "first"))
        outbox.fail(StreamBroken("v", "second"))
        out = []
        with pytest.raises(VendorDown):
            async for transcript in outbox.read():
                out.append((transcript.text, transcript.hearing))
        return out

    return asyncio.run(main())


def test_only_the_newest_partial_is_kept():
    assert unread(("a", PARTIAL), ("a b", PARTIAL), ("a b c", EAGER)) == [("a b c", EAGER)]


def test_a_final_does_not_swallow_what_came_before_the_next():
    assert unread(("a", FINAL), ("b", PARTIAL), ("b", FINAL)) == [
        ("a", FINAL),
        ("b", PARTIAL),
        ("b", FINAL),
    ]


def test_that_the_caller_went_on_is_never_lost():
    assert unread(("a", EAGER), ("a", RESUMED), ("a b", PARTIAL)) == [
        ("a", EAGER),
        ("a b", RESUMED),
    ]


def test_what_nobody_reads_is_bounded():
    assert len(unread(*[(str(n), FINAL) for n in range(500)])) == MOST_UNREAD


def test_ending_drops_the_rest():
    async def main():
        outbox = Outbox()
        outbox.put([Transcript("a")])
        outbox.end()
        return [t async for t in outbox.read()]

    assert asyncio.run(main()) == []
