"""Companies that another service keeps: our own API elsewhere, or any that tells whose a number is.

What it said last is kept, in memory by the directory and in the database by `Copies`, so that calls
are answered while it is away, also by an agent that was started meanwhile. It is asked:

- about a number nobody knows, when a call comes to it; the call waits 50 ms, the answer is taken
  whenever it comes;
- about a company that is known, now and then, behind the call that it is for;
- for what has changed, every few seconds, if it has `/changes`; else about each company in turn.

A service that fails is left alone for a while, and all questions are answered by what is known.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError

from ari_app.company_store import Learnt
from ari_app.context import wire
from ari_app.context.copies import Copies
from ari_app.context.service import Service
from ari_app.links import cancelled
from ari_app.store import Store
from audiosocket_agent.company import Company
from audiosocket_agent.errors import ProviderError, WireViolation

log = logging.getLogger(__name__)

PAGE = 25  # companies; to read more at once holds up the loop
SWEEP_GAP_S = 0.02  # between two companies asked about in turn: 50 a second
TRIAL_S = 1.0  # looks whether one is due, while the service is left alone
MOST_UNKNOWN = 10_000
MOST_TAGS = 20_000


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a service is asked; all in seconds.

    Attributes:
        fresh_s: A company is asked about again when its last answer is older.
        unknown_s: A number of nobody is not asked about again before.
        poll_s: Between two looks at what has changed.
        sweep_s: Between two looks whom to ask about, where changes are not told.
        all_again_s: After so long all is read anew: what was missed, for whatever reason, is found.
        gone_after_s: So long nobody's, and a company that was known is forgotten.
    """

    fresh_s: float = 60.0
    unknown_s: float = 10.0
    poll_s: float = 5.0
    sweep_s: float = 10.0
    all_again_s: float = 3600.0
    gone_after_s: float = 600.0


class Learner(Protocol):
    """Who is told: the directory."""

    @property
    def companies(self) -> Mapping[str, Company]:
        """All companies by key."""

    @property
    def dids(self) -> Mapping[str, Company]:
        """All companies by number."""

    async def learn(self, learnt: Iterable[Learnt]) -> None:
        """Take what was told."""


class ContextSettings(Protocol):
    """What is read of the settings; see `ari_app.settings`."""

    @property
    def context_url(self) -> str:
        """The service's address; "": there is none."""

    @property
    def context_token(self) -> SecretStr:
        """Its bearer token."""

    @property
    def region(self) -> str:
        """Country whose way of writing numbers is understood."""


class Remote:
    """A service that keeps companies.

    Args:
        url: Its address; questions are `{url}/dids/{number}`.
        token: Goes with each question as bearer token; "": none.
        region: Country whose way of writing numbers is meant in its answers.
        store: Where copies are kept.
        pace: How often it is asked.
    """

    def __init__(
        self, url: str, token: str, region: str, store: Store, pace: Pace | None = None
    ) -> None:
        self._pace = pace or Pace()
        self.copies = Copies(store, url)
        self._service = Service(url, token)
        self._region = region
        self._asked_at: dict[str, float] = {}  # by company
        self._unknown: dict[str, float] = {}  # numbers of nobody, and until when that holds
        self._tags: dict[str, tuple[str, Learnt]] = {}  # by number: an answer and its ETag
        self._writing: set[asyncio.Task[None]] = set()
        self._missing_since: dict[str, float] = {}
        self._cursor = ""  # empty: before the first page
        self._all_at = float("-inf")
        self._reads_all = True
        self._told: set[str] = set()  # by the pages since it began to read all
        self._has_changes: bool | None = None
        self._probed_at = float("-inf")
        self._write_turn = asyncio.Lock()  # what was told last is written last

    async def close(self) -> None:
        """Wait for what is being written, and hang up; idempotent."""
        await asyncio.gather(*self._writing, return_exceptions=True)
        await self._service.close()

    def is_due(self, key: str) -> bool:
        """Whether it is time to ask again about a company that is known."""
        asked_at = self._asked_at.get(key, float("-inf"))
        return not self._service.resting and _now_s() - asked_at > self._pace.fresh_s

    async def ask(self, number: str) -> Sequence[Learnt]:
        """Ask whose number that is.

        Returns:
            What is news; empty if nobody's it is, if nothing is, or if it cannot be told now.
        """
        if self._unknown.get(number, 0.0) > _now_s():
            return []
        try:
            learnt = await self._ask(number)
        except ProviderError:
            return []
        if learnt is None:
            _bounded(self._unknown, MOST_UNKNOWN)[number] = _now_s() + self._pace.unknown_s
            return []
        self._keep([learnt])
        return [learnt]

    async def follow(self, learner: Learner, stop: asyncio.Event) -> None:
        """Keep up with the service until told to stop; for one role, the other reads the copies.

        Args:
            learner: Is told what changed.
            stop: Ends it.
        """
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                working = asyncio.create_task(self._catch_up(learner))
                await asyncio.wait({stopping, working}, return_when=asyncio.FIRST_COMPLETED)
                await cancelled(working)
                pause_s = self._pace.sweep_s if self._has_changes is False else self._pace.poll_s
                if self._service.resting:
                    pause_s = TRIAL_S
                await asyncio.wait({stopping}, timeout=pause_s)
        finally:
            await cancelled(stopping)

    async def _catch_up(self, learner: Learner) -> None:
        with suppress(ProviderError):  # it has been said
            if self._has_changes or _now_s() - self._probed_at > self._pace.all_again_s:
                await self._read_changes(learner)
            if self._has_changes is False:
                await self._sweep(learner)

    async def _sweep(self, learner: Learner) -> None:
        """Ask about each company that is known, in turn.

        Raises:
            ProviderError: If the service does not tell.
        """
        for key in list(learner.companies):
            company = learner.companies.get(key)
            if company is not None and self.is_due(key):
                self._asked_at[key] = _now_s()
                with suppress(WireViolation):  # of this one; the others may be well
                    await self._review(company, learner)
                await asyncio.sleep(SWEEP_GAP_S)

    async def _review(self, company: Company, learner: Learner) -> None:
        """Ask about a company by its numbers, one after the other, until one is still its own.

        The service that only knows numbers cannot tell otherwise that a company is gone.

        Raises:
            ProviderError: If the service does not tell.
        """
        learnt: list[Learnt] = []
        for number in company.dids:
            if learner.dids.get(number) is not company:
                continue  # given to another one since
            told = await self._ask(number)
            if told is not None:
                learnt.append(told)
                if told.key == company.key:
                    break
        else:
            # An address that is wrong for a while answers 404 as well.
            since_s = self._missing_since.setdefault(company.key, _now_s())
            if _now_s() - since_s >= self._pace.gone_after_s:
                learnt.insert(0, _gone(company.key))
        if any(it.company is None or it.key == company.key for it in learnt):
            self._missing_since.pop(company.key, None)
        await learner.learn(learnt)
        self._keep(learnt)

    async def _read_changes(self, learner: Learner) -> None:
        """Read what changed since the last time, page by page; at times all of it.

        Raises:
            ProviderError: If the service does not tell.
        """
        if not self._reads_all and _now_s() - self._all_at > self._pace.all_again_s:
            self._cursor = ""
        more = True
        while more:
            params = {"limit": str(PAGE)} | ({"since": self._cursor} if self._cursor else {})
            status, body, _ = await self._service.get("changes", params)
            self._has_changes, self._probed_at = status == 200, _now_s()
            if not self._has_changes:
                return
            more = await self._take_page(wire.read_changes(body), learner)

    async def _take_page(self, page: wire.Changes, learner: Learner) -> bool:
        """Learn what a page of changes says; returns whether there are more."""
        if page.reset or not self._cursor:
            self._reads_all, self._told = True, set()
        learnt = []
        for it in page.companies:
            self._told.add(it.key)
            try:
                learnt.append(await self._learnt(it.document) if it.document else _gone(it.key))
            except ValueError as error:
                log.error("company %s of the service stays as it was: %s", it.key, error)
        if self._reads_all and not page.more and not self._told and learner.companies:
            log.error("the service has no company at all: the old ones stay")
            self._reads_all, self._all_at = False, _now_s()
        elif self._reads_all and not page.more:
            learnt += [_gone(key) for key in learner.companies.keys() - self._told]
            self._reads_all, self._all_at = False, _now_s()
        self._cursor = page.cursor
        await learner.learn(learnt)
        self._keep(learnt)
        if not page.more:
            self._asked_at = dict.fromkeys(learner.companies, _now_s())
        return page.more

    async def _ask(self, number: str) -> Learnt | None:
        """Ask about a number; None: it is nobody's.

        Raises:
            ProviderError: If the service does not tell, or something that cannot be used.
        """
        tag, before = self._tags.get(number, ("", None))
        headers = {"If-None-Match": tag} if tag else {}
        status, body, tag = await self._service.get(f"dids/{quote(number)}", {}, headers)
        if status == 304 and before is not None:
            learnt = before
        elif status == 200:
            learnt = await self._answer(number, body)
        else:
            return None
        if tag:
            _bounded(self._tags, MOST_TAGS)[number] = (tag, learnt)
        self._asked_at[learnt.key] = _now_s()
        return learnt

    async def _answer(self, number: str, body: bytes) -> Learnt:
        """Read whose number that is.

        Raises:
            WireViolation: If that cannot be used. That says nothing of other companies, so that
                the service may still be asked about them.
        """
        try:
            learnt = await self._learnt(wire.read_json(body))
            if learnt.company is None or number not in learnt.company.dids:
                raise ValueError("dids: the number that was asked about is not there")
        except (ValueError, WireViolation) as error:
            log.error("a company of the service cannot be used: %s", error)
            raise WireViolation(wire.SERVICE, "a company cannot be used") from None
        return learnt

    async def _learnt(self, fields: Any) -> Learnt:
        """Read a company.

        Raises:
            ValueError: If it is none this version can use.
        """
        # A workflow of its own takes milliseconds to check: too long for the calls' loop.
        company, document = await asyncio.to_thread(wire.read_company, fields, self._region)
        return Learnt(company.key, document, company)

    def _keep(self, learnt: Sequence[Learnt]) -> None:
        """Write copies behind the call."""
        if learnt:
            writing = asyncio.create_task(self._write(learnt))
            self._writing.add(writing)
            writing.add_done_callback(self._writing.discard)

    async def _write(self, learnt: Sequence[Learnt]) -> None:
        try:
            async with self._write_turn:
                await self.copies.put(learnt)
        except DBAPIError as error:
            log.error("copies of companies cannot be kept: %s", error.orig)


def remote_of(settings: ContextSettings, store: Store) -> Remote | None:
    """Return the service the settings name; None if the database keeps the companies."""
    if not settings.context_url:
        return None
    token = settings.context_token.get_secret_value()
    return Remote(settings.context_url, token, settings.region, store)


def _gone(key: str) -> Learnt:
    return Learnt(key, "", None)


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def _bounded(known: dict[str, Any], most: int) -> dict[str, Any]:
    """Return it with room for one more: the oldest goes."""
    if len(known) >= most:
        del known[next(iter(known))]
    return known
