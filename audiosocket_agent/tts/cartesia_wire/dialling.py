"""Connecting to Cartesia."""

from __future__ import annotations

import asyncio
import logging
import ssl

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI

from audiosocket_agent.errors import NotConfigured, ProviderError, Unreachable, WireViolation
from audiosocket_agent.tts.cartesia_wire.failures import KEY, PROVIDER, URL, from_status
from audiosocket_agent.tts.cartesia_wire.request import CartesiaOptions, handshake_headers

PATH = "/tts/websocket"
MOST_FRAME_BYTES = 4 << 20  # base64 of over three minutes of audio; chunks are under a second
CLOSE_S = 1.0

# At its debug level websockets logs the headers it sends, the key among them.
_wire_log = logging.getLogger(f"{__name__}.socket")
_wire_log.setLevel(logging.WARNING)


async def dial(options: CartesiaOptions) -> ClientConnection:
    """Connect, within the options' deadline.

    Raises:
        ProviderError: If that fails; websockets' errors are not chained, as they may hold the key.
    """
    if not options.api_key.get_secret_value():
        raise NotConfigured(PROVIDER, f"{KEY} is not set")
    try:
        async with asyncio.timeout(options.connect_ms / 1000):
            return await connect(
                options.url.rstrip("/") + PATH,
                additional_headers=handshake_headers(options),
                compression=None,  # base64 of audio does not shrink, and deflating costs time
                proxy=None,
                max_size=MOST_FRAME_BYTES,
                open_timeout=None,
                close_timeout=CLOSE_S,
                logger=_wire_log,
            )
    except TimeoutError:
        raise Unreachable(
            PROVIDER, f"no connection in {options.connect_ms} ms; check {URL}"
        ) from None
    except InvalidStatus as refusal:
        raise _refused(refusal) from None
    except InvalidURI:
        raise NotConfigured(PROVIDER, f"{URL} is no address") from None
    except (OSError, ssl.SSLError, EOFError):
        raise Unreachable(PROVIDER, f"no connection; check {URL}") from None
    except InvalidHandshake as error:
        cause = error.__cause__
        if isinstance(cause, EOFError | OSError):
            raise Unreachable(PROVIDER, f"the connection is cut off; check {URL}") from None
        raise WireViolation(
            PROVIDER, f"no WebSocket ({type(error).__name__}); check {URL}"
        ) from None


def _refused(refusal: InvalidStatus) -> ProviderError:
    wait = refusal.response.headers.get("retry-after", "")
    return from_status(
        refusal.response.status_code, retry_after_s=float(wait) if wait.isdecimal() else None
    )
