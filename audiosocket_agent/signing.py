"""Signing what is sent to webhooks, the way of standardwebhooks.com. Pure.

The signature covers the message's id, the second it was sent, and its text, so that a receiver can
refuse what is not ours, what is old, and what it has had.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """Return the key a secret stands for: ``whsec_`` and base64, or the text itself."""
    if secret.startswith(PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def signature(secret: str, event_id: str, sent_s: int, body: bytes) -> str:
    """Return the signature of a message.

    Args:
        secret: What both sides know.
        event_id: The message's id.
        sent_s: When it is sent, Unix time in seconds.
        body: Its text.
    """
    signed = f"{event_id}.{sent_s}.".encode() + body
    digest = hmac.new(key_of(secret), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()
