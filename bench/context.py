"""How fast a company is found, with 1,000 companies and 10,000 numbers.

Everything is real: the database, the directory as both roles have it, the context API on a port of
its own in a process of its own, and the client that asks it. Beside every load and refresh two
things are measured: how late a timer is that wakes up each 5 ms, as the pacer of calls does, to be
compared with the same timer when nothing else is done; and the processor's time that one turn of
the loop takes, which other programs do not make longer.

    python -m bench context [--companies 1000] [--numbers 10]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import uvloop
import yaml
from aiohttp import web

from ari_app.company_store import CompanyFile, import_companies
from ari_app.context.app import ContextApi
from ari_app.context.company_answers import CompanySource
from ari_app.context.remote import Remote
from ari_app.context.tokens import Scope, add_token
from ari_app.directory import Directory
from ari_app.garbage import NEVER
from ari_app.settings import SHIPPED_COMPANIES
from ari_app.store import Store, open_store
from audiosocket_agent.company import Company
from bench.calls import machine
from bench.report import Row, as_json, document

T = TypeVar("T")

_RESULTS = Path(__file__).with_name("results")
_TICK_S = 0.005
_OWN_WORKFLOW = 10  # one company in so many has a workflow of its own
_LOOKUPS = 2000


def companies(count: int, numbers: int) -> list[Company]:
    """Make companies that differ from the sample as real ones differ from each other."""
    fields = yaml.safe_load((SHIPPED_COMPANIES / "harbour.yaml").read_text())
    trades = SHIPPED_COMPANIES.parent / "workflow/trades"
    own = yaml.safe_load((trades / "home_services.yaml").read_text())
    made = []
    for index in range(count):
        dids = [f"44163{index:04}{number:03}" for number in range(numbers)]
        more = {"key": f"c{index}", "dids": dids, "greeting": f"Company {index}, good morning."}
        if index % _OWN_WORKFLOW == 0:
            more["workflow"] = own | {"name": f"way_{index}", "about": f"The way of {index}."}
        made.append(Company.model_validate(fields | more))
    return made


def number(index: int, count: int, numbers: int) -> str:
    """Return one of the numbers, all over the companies."""
    return f"44163{index * 7919 % count:04}{index % numbers:03}"


class Lateness:
    """A timer beside what is measured.

    Attributes:
        late_ms: How late each tick was.
        turns_ms: The processor's time of each turn of the loop.
    """

    def __init__(self) -> None:
        self.late_ms: list[float] = []
        self.turns_ms: list[float] = []

    async def beside(self, work: Awaitable[T]) -> tuple[T, float]:
        """Tick while something is done; returns what came of it, and how long it took, in ms."""
        ticking = [asyncio.create_task(self._tick()), asyncio.create_task(self._turn())]
        await asyncio.sleep(0.02)
        begun_s = time.perf_counter()
        try:
            return await work, (time.perf_counter() - begun_s) * 1000
        finally:
            await asyncio.sleep(0.02)
            for task in ticking:
                task.cancel()

    async def _tick(self) -> None:
        due_s = time.perf_counter()
        while True:
            due_s = max(due_s + _TICK_S, time.perf_counter())
            await asyncio.sleep(due_s - time.perf_counter())
            self.late_ms.append((time.perf_counter() - due_s) * 1000)

    async def _turn(self) -> None:
        before_s = time.thread_time()
        while True:
            await asyncio.sleep(0.0005)
            now_s = time.thread_time()
            self.turns_ms.append((now_s - before_s) * 1000)
            before_s = now_s

    def rows(self, when: str) -> list[Row]:
        """Return what was measured."""
        return [
            Row(f"one turn of the loop, {when}, CPU", self.turns_ms, "ms", 5, "max"),
            Row(f"a 5 ms timer late, {when}", self.late_ms),
        ]


def memory_mb() -> float:
    """Return what this process holds, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def serve(path: Path, ready: int) -> None:
    """Serve the API, in a process of its own, until it is told to stop."""
    store = await open_store(path)
    directory = Directory(store, "GB")
    await directory.refresh()
    app = web.Application()
    ContextApi(CompanySource(store, directory, "GB", ["offline"], False)).mount(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    os.write(ready, f"{runner.addresses[0][1]}\n".encode())
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    await runner.cleanup()
    await store.close()


@asynccontextmanager
async def api(path: Path) -> AsyncIterator[str]:
    """Run the API beside; yields its address."""
    read, write = os.pipe()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.context", "--serve", str(path), str(write),
        stdin=asyncio.subprocess.PIPE, pass_fds=[write],
    )  # fmt: skip
    os.close(write)
    try:
        with os.fdopen(read) as told:
            port = await asyncio.to_thread(told.readline)
        yield f"http://127.0.0.1:{port.strip()}/api/v1"
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def measure(folder: Path, count: int, numbers: int, times: int = 20) -> list[Row]:
    """Measure all of it.

    Args:
        folder: Where the databases are.
        count: Companies.
        numbers: Of each company.
        times: How often some companies are changed; fifteen times as often one is looked up cold.
    """
    made = companies(count, numbers)
    about = f"{count} companies, {count * numbers} numbers"
    store = await open_store(folder / "db")
    idle = Lateness()
    await idle.beside(asyncio.sleep(2))
    begun_s = time.perf_counter()
    await import_companies(store, [CompanyFile(Path(one.key), one) for one in made])
    rows = [Row("import into the database", [(time.perf_counter() - begun_s) * 1000], note=about)]
    rows += idle.rows("nothing else being done")[1:]
    del made
    gc.collect()
    gc.freeze()
    rows += await measure_local(store, count, numbers, times)
    async with api(folder / "db") as url:
        token = (await add_token(store, "bench", Scope.READ, 1)).token
        rows += await measure_remote(folder, url, token, count, numbers, times * 15)
    await store.close()
    return rows


async def measure_local(store: Store, count: int, numbers: int, times: int) -> list[Row]:
    """Measure the directory over the database."""
    before_mb = memory_mb()
    directory, loading = Directory(store, "GB"), Lateness()
    _, load_ms = await loading.beside(directory.refresh())
    assert len(directory.dids) == count * numbers
    lookups, waits = [], []
    for index in range(_LOOKUPS):
        wanted = f"+{number(index, count, numbers)}"
        begun_s = time.perf_counter()
        assert directory.by_did(wanted) is not None
        lookups.append((time.perf_counter() - begun_s) * 1e6)
        begun_s = time.perf_counter()
        assert await directory.lookup(wanted) is not None
        waits.append((time.perf_counter() - begun_s) * 1e6)
    changing, changed = Lateness(), []
    for index in range(times):
        touched = [
            company.model_copy(update={"greeting": f"Changed {index}."})
            for company in list(directory.companies.values())[index % 20 :: 20]
        ]
        files = [CompanyFile(Path(company.key), company) for company in touched]
        await import_companies(store, files)
        changed.append((await changing.beside(directory.refresh()))[1])
    return [
        Row("all companies loaded", [load_ms]),
        *loading.rows("while they load"),
        Row("memory they take", [memory_mb() - before_mb], "MB"),
        Row("a number found, written +44...", lookups, "\u00b5s", 5000, "p99"),
        Row("the same through lookup", waits, "\u00b5s", 5000, "p99"),
        Row(f"{count // 20} companies changed and read again", changed),
        *changing.rows("while they are read again"),
    ]


async def measure_remote(
    folder: Path, url: str, token: str, count: int, numbers: int, lookups: int
) -> list[Row]:
    """Measure the directory over the API."""
    store = await open_store(folder / "other")
    remote = Remote(url, token, "GB", store)
    directory, cold = Directory(store, "GB", remote), []
    for index in range(lookups):
        wanted = number(index, count, numbers)
        known = directory.by_did(wanted) is not None
        begun_s = time.perf_counter()
        company = await directory.lookup(wanted, 5.0)
        took_ms = (time.perf_counter() - begun_s) * 1000
        assert company is not None
        if not known:
            cold.append(took_ms)
    await remote.close()
    following, stop = Lateness(), asyncio.Event()
    remote = Remote(url, token, "GB", store)
    directory = Directory(store, "GB", remote)
    task = asyncio.create_task(remote.follow(directory, stop))

    async def all_there() -> None:
        while len(directory.companies) < count:  # noqa: ASYNC110 - nothing tells it
            await asyncio.sleep(0.01)

    _, took_ms = await following.beside(all_there())
    stop.set()
    await task
    await remote.close()
    await store.close()
    return [
        Row("a number looked up cold over HTTP", cold, target=50, statistic="p99"),
        Row("all companies followed over HTTP", [took_ms]),
        *following.rows("meanwhile, in the controller"),
    ]


def main() -> int:
    """Measure, print and keep the figures; returns 1 if a target is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--companies", type=int, default=1000)
    parser.add_argument("--numbers", type=int, default=10)
    parser.add_argument("--serve", nargs=2)
    chosen = parser.parse_args()
    if chosen.serve:
        path, ready = chosen.serve
        uvloop.run(serve(Path(path), int(ready)))
        return 0
    sys.setswitchinterval(0.0005)  # this and the rest as the media process does
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, NEVER)
    with tempfile.TemporaryDirectory() as folder:
        rows = uvloop.run(measure(Path(folder), chosen.companies, chosen.numbers))
    print_and_keep(rows)
    return 0 if all(row.met() is not False for row in rows) else 1


def print_and_keep(rows: list[Row]) -> None:
    """Write the figures where those of the other benchmarks are."""
    about = machine()
    page = document(about, rows, "Finding a company", "measured in the agent")
    print(page)
    (_RESULTS / "context.md").write_text(page)
    found = {"machine": about, "rows": as_json(rows)}
    (_RESULTS / "context.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
