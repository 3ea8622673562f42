"""Whether a failed request is worth asking the same vendor again: the one place that decides."""

from __future__ import annotations

from audiosocket_agent.errors import ProviderError, RateLimited, VendorDown

MOST_RETRIES = 1
PAUSE_S = 0.05  # a vendor that has just failed seldom succeeds within the same instant
LEAST_LEFT_S = 0.1  # with less than this to its deadline no vendor has ever answered


def retry_in_s(error: ProviderError, retries: int, left_s: float) -> float | None:
    """Return how long to wait before asking again, or None not to.

    Only for requests of which nothing was heard yet.

    Args:
        error: What went wrong.
        retries: How often the request was asked again already.
        left_s: What is left of the deadline of its first token.
    """
    if not error.retryable or retries >= MOST_RETRIES:
        return None
    if isinstance(error, RateLimited) and error.retry_after_s is None:
        return None  # asking again at once only uses up more of the limit
    wait_s = error.retry_after_s or (PAUSE_S if isinstance(error, VendorDown) else 0.0)
    return wait_s if wait_s + LEAST_LEFT_S <= left_s else None
