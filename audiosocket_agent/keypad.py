"""Collecting a run of keys, until a hash, a full count or a pause completes it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from audiosocket_agent.understanding import KeyRule


@dataclass(slots=True)
class Keypad:
    """The keys of one call.

    Attributes:
        rule: How the run is collected.
    """

    rule: KeyRule = field(default_factory=KeyRule)
    _keys: str = ""
    _due_ms: float | None = None

    @property
    def busy(self) -> bool:
        """Whether a run has begun."""
        return bool(self._keys)

    def press(self, digit: str, now_ms: float) -> bool:
        """Take one key press; returns whether it means anything.

        A hash after a complete answer is pressed from habit and means nothing any more.
        """
        if digit == "#":
            if not self._keys:
                return False
            self._due_ms = now_ms
            return True
        self._keys += digit
        full = len(self._keys) >= self.rule.most
        self._due_ms = now_ms if full else now_ms + self.rule.pause_ms
        return True

    def complete(self, now_ms: float) -> bool:
        """Whether the run is complete."""
        return self._due_ms is not None and now_ms >= self._due_ms

    def take(self) -> str:
        """Return the run and start an empty one."""
        keys, self._keys, self._due_ms = self._keys, "", None
        return keys
