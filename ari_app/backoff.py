"""How long to wait before the next attempt."""

from __future__ import annotations

from collections.abc import Callable

_SPREAD = 0.5  # of a delay is left to chance, so that links lost together do not return together


class Backoff:
    """Delays that double with every failure.

    Args:
        chance: Gives a number from 0 to 1.
        first_s: The first delay.
        most_s: No delay is longer.

    Attributes:
        failures: Attempts that failed since the last success.
    """

    def __init__(
        self, chance: Callable[[], float], first_s: float = 0.1, most_s: float = 2.0
    ) -> None:
        self.failures = 0
        self._chance = chance
        self._first_s = first_s
        self._most_s = most_s

    def next_s(self) -> float:
        """Count a failure and return how long to wait, in seconds."""
        # Past 2^30 only the upper bound counts; unbounded it would outgrow a float in a long night.
        delay_s = min(self._first_s * 2.0 ** min(self.failures, 30), self._most_s)
        self.failures += 1
        return delay_s * (1.0 - _SPREAD * self._chance())

    def reset(self) -> None:
        """Begin anew: an attempt succeeded."""
        self.failures = 0
