"""A request goes out once: whether it is tried again is for its sender to say."""

from __future__ import annotations

import aiohttp


async def once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send a request, and let aiohttp not repeat it; a middleware of a client's session.

    aiohttp sends a GET, PUT or DELETE anew by itself when the connection is lost before the answer,
    a new connection too. The server may have done what was asked by then, and whoever counts the
    tries has not counted that one. Under another class the error is only raised.

    Raises:
        aiohttp.ClientConnectionError: If the connection is lost.

    Source: aiohttp client.py, `ClientSession._request`, "retry_persistent_connection" (3.14.5).
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise  # nothing was sent, and it is not repeated
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as lost:
        raise aiohttp.ClientConnectionError("the connection was lost") from lost
