"""Companies that another service keeps: asked, remembered, and told from memory when it is away."""

import asyncio
import sqlite3
from contextlib import asynccontextmanager

import pytest

from ari_app.context.remote import Pace, Remote
from ari_app.directory import Directory
from ari_app.store import open_store
from tests.ari_app.context.service import Crm, company

A, B = "441632960010", "441632960011"
QUICK = Pace(fresh_s=0.05, unknown_s=0.2, poll_s=0.05, sweep_s=0.05, gone_after_s=0.2)
LONG_S = 30.0  # a deadline that is no part of the test


@asynccontextmanager
async def opened(tmp_path, crm, *, pace=None, token="", follow=False):
    """An agent's directory that asks the service; with its own background work if wanted."""
    store = await open_store(tmp_path / "db")
    remote = Remote(crm.url, token, "GB", store, pace)
    directory = Directory(store, "GB", remote)
    await directory.refresh()
    stop = asyncio.Event()
    tasks = [asyncio.create_task(directory.watch(stop))]
    if follow:
        tasks.append(asyncio.create_task(remote.follow(directory, stop)))
    try:
        yield directory
    finally:
        stop.set()
        await asyncio.gather(*tasks)
        await remote.close()
        await store.close()


async def until(true):
    async with asyncio.timeout(LONG_S):
        while not true():
            await asyncio.sleep(0.01)


def test_a_number_is_asked_about_once_and_then_known(tmp_path):
    async def main():
        async with Crm(company("a", "+44 1632 960010")) as crm, opened(tmp_path, crm) as it:
            assert it.by_did(A) is None
            assert (await it.lookup("01632 960010", LONG_S)).key == "a"
            assert (await it.lookup(A)).key == "a" and it.by_key("a").dids == (A,)
            assert crm.asked == [A]

    asyncio.run(main())


def test_many_calls_at_once_ask_once(tmp_path):
    async def main():
        async with Crm(company("a", A)) as crm, opened(tmp_path, crm) as it:
            crm.delay_s = 0.1
            found = await asyncio.gather(*(it.lookup(A, LONG_S) for _ in range(20)))
            assert {one.key for one in found} == {"a"} and crm.asked == [A]

    asyncio.run(main())


def test_a_number_of_nobody_is_not_asked_about_again_for_a_moment(tmp_path):
    async def main():
        async with Crm() as crm, opened(tmp_path, crm, pace=QUICK) as it:
            assert await it.lookup(A, LONG_S) is None
            assert await it.lookup(A, LONG_S) is None and crm.asked == [A]
            crm.companies["a"] = company("a", A)
            async with asyncio.timeout(LONG_S):
                while await it.lookup(A, LONG_S) is None:
                    await asyncio.sleep(0.02)

    asyncio.run(main())


def test_an_answer_that_comes_too_late_is_there_for_the_next_call(tmp_path):
    async def main():
        async with Crm(company("a", A)) as crm, opened(tmp_path, crm) as it:
            crm.delay_s = 0.3
            assert await it.lookup(A, 0.05) is None
            await until(lambda: it.by_did(A) is not None)
            assert crm.asked == [A]

    asyncio.run(main())


def test_what_is_known_is_told_while_the_service_is_away_also_after_a_restart(tmp_path):
    async def main():
        async with Crm(company("a", A)) as crm:
            async with opened(tmp_path, crm, pace=QUICK) as it:
                await it.lookup(A, LONG_S)
                await crm.stop()
                await asyncio.sleep(0.1)  # longer than an answer counts as fresh
                assert (await it.lookup(A)).key == "a"
            async with opened(tmp_path, crm, pace=QUICK, follow=True) as it:
                assert (await it.lookup(A)).key == "a"
                assert await it.lookup(B) is None  # refused at once: nobody waits for it
            await crm.start()

    asyncio.run(main())


def test_copies_are_those_of_one_service(tmp_path):
    async def main():
        async with Crm(company("a", A)) as crm, Crm(company("b", B)) as other:
            async with opened(tmp_path, crm) as it:
                await it.lookup(A, LONG_S)
            async with opened(tmp_path, other) as it:
                assert it.by_did(A) is None
                assert (await it.lookup(B, LONG_S)).key == "b"

    asyncio.run(main())


def test_the_other_role_learns_from_the_copies(tmp_path):
    async def main():
        async with (
            Crm(company("a", A)) as crm,
            opened(tmp_path, crm) as one,
            opened(tmp_path, crm) as two,
        ):
            await one.lookup(A, LONG_S)
            await until(lambda: two.by_did(A) is not None)
            assert crm.asked == [A]

    asyncio.run(main())


def test_a_company_in_use_is_asked_about_behind_the_call(tmp_path):
    async def main():
        async with Crm(company("a", A)) as crm, opened(tmp_path, crm, pace=QUICK) as it:
            await it.lookup(A, LONG_S)
            crm.companies["a"] = company("a", A, greeting="Another greeting.")
            crm.delay_s = 0.2
            await asyncio.sleep(0.1)
            assert (await it.lookup(A)).greeting != "Another greeting."  # no wait
            await until(lambda: it.by_did(A).greeting == "Another greeting.")

    asyncio.run(main())


def test_all_that_is_known_is_kept_up_to_date_and_what_is_gone_is_forgotten(tmp_path):
    async def main():
        crm = Crm(company("a", A), company("b", B))
        async with crm, opened(tmp_path, crm, pace=QUICK, follow=True) as it:
            await it.lookup(A, LONG_S), await it.lookup(B, LONG_S)
            crm.companies["a"] = company("a", A, greeting="Another greeting.")
            await until(lambda: it.by_did(A).greeting == "Another greeting.")
            await until(lambda: crm.not_modified > 0)
            del crm.companies["b"]
            await until(lambda: it.by_did(B) is None)
            assert it.by_did(A).key == "a"
            crm.companies["c"] = company("c", A)  # a number changes hands
            del crm.companies["a"]
            await until(lambda: it.by_did(A).key == "c" and it.by_key("a") is None)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (401, b""),
        (429, b""),
        (302, b""),
        (200, b"no json"),
        (200, b"[1]"),
        (200, b'{"key": "a"}'),
        (200, b'{"key": "a", "name": "\\ud800"}'),
        (200, b"[" * 100_000),
        (200, b" " * 3_000_000),
    ],
    ids=range(10),
)
def test_answers_that_cannot_be_used_change_nothing(tmp_path, caplog, status, body):
    async def main():
        async with Crm(company("a", A)) as crm, opened(tmp_path, crm, pace=QUICK) as it:
            await it.lookup(A, LONG_S)
            crm.status, crm.body = status, body
            await asyncio.sleep(0.1)
            assert (await it.lookup(A, LONG_S)).key == "a"
            assert await it.lookup(B, LONG_S) is None
            await until(lambda: len(crm.asked) >= 2)
            assert it.by_did(A).key == "a"

    asyncio.run(main())
    assert "service" in caplog.text
    assert A not in caplog.text and B not in caplog.text


def test_a_document_that_is_not_the_numbers_is_not_believed(tmp_path, caplog):
    async def main():
        async with Crm() as crm, opened(tmp_path, crm) as it:
            import json

            crm.body = json.dumps(company("a", B)).encode()
            assert await it.lookup(A, LONG_S) is None and it.by_did(B) is None
        assert "the number that was asked about is not there" in caplog.text

    asyncio.run(main())


def test_a_service_that_fails_is_left_alone_until_it_is_well(tmp_path, caplog):
    caplog.set_level("INFO")

    async def main():
        async with Crm(company("a", A)) as crm, opened(tmp_path, crm, pace=QUICK) as it:
            crm.status = 500
            for last in range(10):
                await it.lookup(f"4416329600{last}{last}", LONG_S)
            assert len(crm.asked) == 3
            crm.status = None
            async with asyncio.timeout(LONG_S):
                while await it.lookup(A, LONG_S) is None:
                    await asyncio.sleep(0.05)
        assert caplog.text.count("fails, the old ones stay") == 1
        assert "is back" in caplog.text

    asyncio.run(main())


def test_the_token_goes_with_the_question_and_into_no_log(tmp_path, caplog):
    async def main():
        async with Crm(company("a", A)) as crm:
            crm.token = "zq-5ecret"
            async with opened(tmp_path, crm, token="zq-wrong-5ecret") as it:
                assert await it.lookup(A, LONG_S) is None
            async with opened(tmp_path, crm, token="zq-5ecret") as it:
                assert (await it.lookup(A, LONG_S)).key == "a"

    with caplog.at_level("DEBUG"):
        asyncio.run(main())
    assert "VOICEAGENT_CONTEXT_TOKEN" in caplog.text and "5ecret" not in caplog.text


def test_copies_that_cannot_be_written_do_not_stop_a_call(tmp_path, caplog):
    async def main():
        async with Crm(company("a", A)) as crm, opened(tmp_path, crm) as it:
            blocker = sqlite3.connect(tmp_path / "db")
            blocker.execute("BEGIN IMMEDIATE")
            assert (await it.lookup(A, LONG_S)).key == "a"
            blocker.rollback()
            blocker.close()

    asyncio.run(main())
