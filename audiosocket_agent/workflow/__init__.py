"""What a call walks through: steps, slots, and how a call ends."""

from audiosocket_agent.workflow.names import Outcome, Slot, Step
from audiosocket_agent.workflow.steps import (
    INSTEAD,
    INSTEAD_SLOTS,
    STEPS,
    YES_NO_SLOTS,
    StepRule,
)

__all__ = [
    "INSTEAD", "INSTEAD_SLOTS", "STEPS", "YES_NO_SLOTS", "Outcome", "Slot", "Step", "StepRule",
]  # fmt: skip
