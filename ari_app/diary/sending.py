"""One try to tell somebody of a booking or message, or to hand a message over, over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import aiohttp

from ari_app.diary.ics import calendar_of
from ari_app.diary.outbox import API, Parcel
from ari_app.diary.rows import stamp
from audiosocket_agent.company import Company
from audiosocket_agent.company_calendar import BookingApi, BookingEvent
from audiosocket_agent.company_messages import MessageEvent
from audiosocket_agent.signing import signature
from audiosocket_agent.tools.asking import passes

WEBHOOK_TIMEOUT_S = 10.0  # with the connection; far below the outbox's lease
MESSAGE_TIMEOUT_S = 4.0  # a caller waits, for two tries at the most
AGENT = "voiceagent"


class Answer(Enum):
    """What came of a try."""

    TAKEN_IN = "taken in"
    REFUSED = "refused"  # for good: the time is not free
    UNWANTED = "unwanted"  # for good: nobody wants to hear of it there any more
    FAILED = "failed"  # to be tried again


@dataclass(frozen=True, slots=True)
class Sent:
    """A try.

    Attributes:
        answer: What came of it.
        trouble: Why it failed, without anything personal.
    """

    answer: Answer
    trouble: str = ""


class Sender:
    """Sends parcels; close it.

    Args:
        now: Tells the time, aware.
        environ: Where the secrets are that a company's file names.
    """

    def __init__(
        self, now: Callable[[], datetime], environ: Mapping[str, str] = os.environ
    ) -> None:
        self._now = now
        self._environ = environ
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def send(self, parcel: Parcel, company: Company | None) -> Sent:
        """Try once; never raises.

        Args:
            parcel: What.
            company: Its company as it is set up now; None: there is none any more.
        """
        if isinstance(parcel.event, MessageEvent):
            return await self._message(parcel, parcel.event, company)
        calendar = None if company is None else company.calendar
        if parcel.target == API:
            api = None if calendar is None else calendar.booking_api
            if api is None:
                return Sent(Answer.UNWANTED, "the company has no booking_api any more")
            return await self._to_api(parcel, api)
        hooks = () if company is None else company.listeners
        hook = next((hook for hook in hooks if hook.url == parcel.target), None)
        if hook is None:
            return Sent(Answer.UNWANTED, "the company has no such webhook any more")
        data = parcel.data
        if isinstance(parcel.event, BookingEvent):
            data = {"booking": parcel.data, "ics": calendar_of(parcel.data)}
        sent = await self._signed(parcel, hook.url, hook.secret, data, WEBHOOK_TIMEOUT_S)
        if sent == 410:
            return Sent(Answer.UNWANTED, "it answered 410: it wants no more of them")
        return _answered(sent)

    async def _message(self, parcel: Parcel, event: MessageEvent, company: Company | None) -> Sent:
        channel = None if company is None else company.messages.channel(event)
        if channel is None:
            return Sent(Answer.UNWANTED, f"the company sends no {event.channel} any more")
        url, secret = channel.url, channel.secret
        sent = await self._signed(parcel, url, secret, parcel.data, MESSAGE_TIMEOUT_S)
        if isinstance(sent, int) and sent // 100 != 2 and not passes(sent):
            return Sent(Answer.UNWANTED, f"it answered {sent}: it does not take that")
        return _answered(sent)

    async def _to_api(self, parcel: Parcel, api: BookingApi) -> Sent:
        headers = {"Idempotency-Key": parcel.key}
        if api.token is not None:
            token = self._environ.get(api.token, "")
            if not token:
                return Sent(Answer.FAILED, f"{api.token} is not set")
            headers["Authorization"] = f"Bearer {token}"
        body = {"event": parcel.event.value, "booking": parcel.data}
        sent = await self._post(api.url, json.dumps(body).encode(), headers, api.timeout_s)
        if sent == 409:
            return Sent(Answer.REFUSED, "it answered 409: the time is not free there")
        return _answered(sent)

    async def _signed(
        self,
        parcel: Parcel,
        url: str,
        secret_name: str,
        data: Mapping[str, object],
        timeout_s: float,
    ) -> int | Sent:
        """Post an event the way of standardwebhooks.com; returns the status of the answer."""
        secret = self._environ.get(secret_name, "")
        if not secret:
            return Sent(Answer.FAILED, f"{secret_name} is not set")
        body = json.dumps(
            {
                "id": parcel.event_id,
                "type": parcel.event.value,
                "timestamp": stamp(parcel.created_at),
                "data": data,
            }
        ).encode()
        sent_s = int(self._now().timestamp())
        headers = {
            "webhook-id": parcel.event_id,
            "webhook-timestamp": str(sent_s),
            "webhook-signature": signature(secret, parcel.event_id, sent_s, body),
        }
        return await self._post(url, body, headers, timeout_s)

    async def _post(
        self, url: str, body: bytes, headers: Mapping[str, str], timeout_s: float
    ) -> int | Sent:
        """Post JSON; returns the status of the answer, whose text is not read."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers={"User-Agent": AGENT, "Content-Type": "application/json"},
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        try:
            async with (
                asyncio.timeout(timeout_s),
                self._session.post(
                    url, data=body, headers=headers, allow_redirects=False
                ) as response,
            ):
                return response.status
        except TimeoutError:
            return Sent(Answer.FAILED, f"no answer in {timeout_s:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Sent(Answer.FAILED, f"no connection ({type(error).__name__})")


def _answered(sent: int | Sent) -> Sent:
    """Return what came of a try whose answer means nothing in particular."""
    if isinstance(sent, Sent):
        return sent
    return (
        Sent(Answer.TAKEN_IN) if 200 <= sent < 300 else Sent(Answer.FAILED, f"it answered {sent}")
    )
