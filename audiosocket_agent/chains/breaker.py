"""A circuit breaker for one provider: when it is worth asking it at all.

Theory of operation. Closed, everything is allowed. It opens after a few failures in a row, and at
once after one that time cannot heal (a wrong key, no such model) or one that names its own waiting
time (a rate limit). Open, nothing is allowed until a cool-down has passed; then one trial is, and
no other until the next cool-down has passed, whether or not the trial reports back. A trial that
succeeds closes the breaker, one that fails lengthens the cool-down up to its cap.

Calls that began before it opened may still report. Their failures say nothing new, and must not
lengthen the cool-down fifty times when fifty calls break at once; their successes prove nothing
for a new call.
"""

from __future__ import annotations

from dataclasses import dataclass

from audiosocket_agent.errors import (
    KeyRefused,
    NotConfigured,
    PaymentRequired,
    ProviderError,
    RateLimited,
    RequestRefused,
    RequestTooLarge,
    ToolUseFailed,
)

_LASTING = (NotConfigured, KeyRefused, PaymentRequired, RequestRefused)
# These concern one request, not the provider: the next request may be fine.
_OF_ONE_REQUEST = (RequestTooLarge, ToolUseFailed)


@dataclass(frozen=True, slots=True)
class BreakerConfig:
    """How easily a breaker opens, and for how long.

    Attributes:
        failures: Failures in a row that open it.
        window_s: How close together they must be; an older one no longer counts.
        cooldown_s: The first cool-down.
        cooldown_factor: By which a failed trial lengthens it.
        longest_cooldown_s: Its cap, also for what a vendor asks by Retry-After.
        lasting_cooldown_s: The first cool-down after an error that time does not heal; a person
            has to change a setting or pay, so it is long, but the agent need not be restarted.
    """

    failures: int = 2
    window_s: float = 30.0
    cooldown_s: float = 30.0
    cooldown_factor: float = 2.0
    longest_cooldown_s: float = 300.0
    lasting_cooldown_s: float = 60.0


class Breaker:
    """The breaker of one provider; shared by all calls of the process. Times are ``loop.time()``.

    Args:
        config: When it opens.
    """

    def __init__(self, config: BreakerConfig | None = None) -> None:
        self._config = config or BreakerConfig()
        self._failed_at: list[float] = []  # never longer than `failures`
        self._open = False
        self._cooldown_s = 0.0
        self._next_trial_at = 0.0
        self._trial_running = False
        self._reason = ""

    @property
    def is_open(self) -> bool:
        """Whether only trials are let through."""
        return self._open

    @property
    def reason(self) -> str:
        """What opened it last, for a log line; "" when it is closed."""
        return self._reason

    def allows(self, now_s: float) -> bool:
        """Return whether the provider may be asked now; True from an open breaker is its trial."""
        if not self._open:
            return True
        if now_s < self._next_trial_at:
            return False
        self._next_trial_at = now_s + self._cooldown_s
        self._trial_running = True
        return True

    def succeeded(self, now_s: float) -> None:
        """The provider did what it was asked."""
        if self._open and not self._trial_running:
            return
        self._open = self._trial_running = False
        self._reason = ""
        self._failed_at.clear()

    def failed(self, now_s: float, error: ProviderError) -> None:
        """The provider failed."""
        if isinstance(error, _OF_ONE_REQUEST):
            return
        wait_s = self._wait_s(error)
        if self._open:
            self._failed_while_open(now_s, wait_s, error)
            return
        self._failed_at = [t for t in self._failed_at if now_s - t <= self._config.window_s]
        self._failed_at.append(now_s)
        if wait_s is not None:
            self._start_cooldown(now_s, wait_s, error)
        elif len(self._failed_at) >= self._config.failures:
            self._start_cooldown(now_s, self._config.cooldown_s, error)

    def _wait_s(self, error: ProviderError) -> float | None:
        """Return the cool-down an error asks for by its nature; None when it asks for none."""
        if isinstance(error, _LASTING):
            return self._config.lasting_cooldown_s
        if isinstance(error, RateLimited) and error.retry_after_s is not None:
            return max(error.retry_after_s, self._config.cooldown_s)
        return None

    def _failed_while_open(self, now_s: float, wait_s: float | None, error: ProviderError) -> None:
        if self._trial_running:
            longer_s = self._cooldown_s * self._config.cooldown_factor
            self._start_cooldown(now_s, max(longer_s, wait_s or 0.0), error)
        elif wait_s is not None and wait_s > self._cooldown_s:
            self._start_cooldown(now_s, wait_s, error)

    def _start_cooldown(self, now_s: float, cooldown_s: float, error: ProviderError) -> None:
        self._open = True
        self._trial_running = False
        self._cooldown_s = min(cooldown_s, self._config.longest_cooldown_s)
        self._next_trial_at = now_s + self._cooldown_s
        self._reason = str(error)
        self._failed_at.clear()
