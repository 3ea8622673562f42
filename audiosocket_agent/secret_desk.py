"""Taking digits that only their receiver may see: collected from keys, sent, forgotten.

They pass by the conversation, which is told whether it worked and nothing else. While they are
taken the caller's voice goes nowhere either, and the recording is muted: numbers are spoken, too.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping

import aiohttp

from audiosocket_agent.company import Company
from audiosocket_agent.company_calls import Secret
from audiosocket_agent.control import CallControl, ControlError
from audiosocket_agent.registry import CallInfo
from audiosocket_agent.secrets_entry import Entered, SecretEntry

log = logging.getLogger(__name__)

PATIENCE_S = 20.0  # without a key, the question included
SEND_DEADLINE_S = 5.0
STRAY_S = 1.5  # a key this soon after a secret's last is one more of it
REFUSED_S = 5.0  # who was asked for digits that are not taken keys them all the same


class SecretDesk:
    """Takes a call's secrets, one at a time.

    Args:
        info: The call.
        company: Whose secrets.
        control: Mutes the recording.
        done: Told the secret's name and whether it was taken; called once for each `begin`.
        environ: Where the receivers' tokens are.
    """

    def __init__(
        self,
        info: CallInfo,
        company: Company,
        control: CallControl,
        done: Callable[[str, bool], None],
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._info = info
        self._company = company
        self._control = control
        self._done = done
        self._environ = environ
        self._name = ""
        self._entry: SecretEntry | None = None
        self._work: asyncio.Task[None] | None = None
        self._keys = asyncio.Event()
        self._stray_until_s = 0.0

    @property
    def busy(self) -> bool:
        """Whether a secret is being taken: the caller's sound and keys are nobody else's."""
        return self._entry is not None

    def begin(self, name: str) -> None:
        """Begin to take a secret; a second time for the same one does nothing."""
        if self._entry is not None:
            return
        secret = self._company.secrets[name]
        self._name = name
        self._entry = SecretEntry(secret.least, secret.most, luhn=secret.luhn)
        self._keys = asyncio.Event()
        self._work = asyncio.create_task(self._take(secret, self._entry))

    def key(self, digit: str) -> bool:
        """Take a key; False if it is none of a secret's, and the conversation may have it."""
        now_s = asyncio.get_running_loop().time()
        if self._entry is not None:
            self._entry.feed(digit)
            self._keys.set()
        elif now_s >= self._stray_until_s:
            return False
        self._stray_until_s = max(self._stray_until_s, now_s + STRAY_S)
        return True

    def stop(self) -> None:
        """Forget what was keyed, and let the recording go on; nobody is told."""
        if self._entry is not None and self._work is not None:
            self._work.cancel()

    async def close(self) -> None:
        """See `stop`; returns when it is done."""
        self.stop()
        if self._work is not None:
            await asyncio.gather(self._work, return_exceptions=True)

    async def _take(self, secret: Secret, entry: SecretEntry) -> None:
        recorded = self._company.recording.on
        muted = ok = False
        try:
            muted = recorded and await self._mute(True)
            if muted or not recorded:
                ok = await self._collected(entry) and await self._sent(secret, entry.take())
            else:
                self._stray_until_s = asyncio.get_running_loop().time() + REFUSED_S
        finally:
            entry.take()  # whatever is left of it is wiped
            self._entry = None
            if muted:
                await self._mute(False)
        self._done(self._name, ok)

    async def _collected(self, entry: SecretEntry) -> bool:
        while entry.state is Entered.MORE:
            self._keys.clear()
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._keys.wait()
            except TimeoutError:
                return False
        return entry.state is Entered.COMPLETE

    async def _mute(self, muted: bool) -> bool:
        try:
            await self._control.mute_recording(self._info, muted=muted)
        except ControlError as error:
            what = "digits cannot be kept out of" if muted else "the caller stays out of"
            extra = {"call_id": str(self._info.call_id)}
            log.error("%s the recording: %s", what, error, extra=extra)
            return False
        return True

    async def _sent(self, secret: Secret, digits: str) -> bool:
        """Send them to their receiver; whatever fails, the reason holds none of them."""
        token = self._environ.get(secret.token or "", "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        body = {"call_id": str(self._info.record_id), "name": self._name, "digits": digits}
        timeout = aiohttp.ClientTimeout(total=SEND_DEADLINE_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, headers=headers) as http,
                http.post(secret.url, json=body, allow_redirects=False) as answer,
            ):
                status = answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            log.error("the receiver of %s is not reached: %s", self._name, type(error).__name__)
            return False
        if not 200 <= status < 300:
            log.error("the receiver of %s answered %d", self._name, status)
            return False
        return True
