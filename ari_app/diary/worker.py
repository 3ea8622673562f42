"""Tells whoever is to know of bookings, until they answer. Runs in the controller."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from contextlib import suppress

from sqlalchemy.exc import DBAPIError

from ari_app.diary.book import Book
from ari_app.diary.confirming import conclude
from ari_app.diary.outbox import Parcel, claim, forget_old
from ari_app.diary.sending import Answer, Sender
from audiosocket_agent.company import Company

log = logging.getLogger(__name__)

POLL_S = 0.5
SWEEP_S = 60.0
MOST_AT_ONCE = 16  # a receiver that hangs holds up no more than the others of its turn


class OutboxWorker:
    """Empties the outbox and deletes holds that are over.

    Several may run at once: what one has claimed no other sends.

    Args:
        book: The bookings.
        sender: Tells.
        companies: Returns the companies by key, as they are set up now.
        chance: Gives a number from 0 to 1.
    """

    def __init__(
        self,
        book: Book,
        sender: Sender,
        companies: Callable[[], Mapping[str, Company]],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._book = book
        self._sender = sender
        self._companies = companies
        self._chance = chance
        self._unreadable = False

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; it is told, not cancelled: what was begun is finished.

        Args:
            stop: Ends it.
        """
        loop = asyncio.get_running_loop()
        swept_s = 0.0
        while not stop.is_set():
            worked = 0
            try:
                worked = await self.turn()
                if loop.time() - swept_s >= SWEEP_S:
                    await self._sweep()
                    swept_s = loop.time()
                self._unreadable = False
            except DBAPIError as error:
                if not self._unreadable:
                    log.error("the outbox cannot be read: %s", error.orig)
                self._unreadable = True
            if not worked:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), POLL_S)

    async def turn(self) -> int:
        """Send what is due now; returns how much that was.

        Raises:
            sqlalchemy.exc.DBAPIError: If the database cannot be used.
        """
        async with self._book.writing() as db:
            parcels = await claim(db, self._book.now(), MOST_AT_ONCE)
        done = await asyncio.gather(*map(self._deliver, parcels), return_exceptions=True)
        for result in done:
            if isinstance(result, BaseException):
                raise result
        return len(parcels)

    async def _deliver(self, parcel: Parcel) -> None:
        company = self._companies().get(parcel.company)
        sent = await self._sender.send(parcel, company)
        if sent.answer is not Answer.TAKEN_IN:
            what = (parcel.event.value, parcel.tries, sent.trouble)
            log.warning("%s was not delivered at try %d: %s", *what)
        await conclude(self._book, parcel, company, sent, self._chance, told=True)

    async def _sweep(self) -> None:
        await self._book.sweep()
        async with self._book.writing() as db:
            await forget_old(db, self._book.now())
