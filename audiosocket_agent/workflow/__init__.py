"""What a call walks through: steps, slots, and how a call ends."""

from audiosocket_agent.workflow.load import trade, trades
from audiosocket_agent.workflow.model import (
    Confirm,
    Does,
    Kind,
    Of,
    Says,
    SlotRule,
    StepRule,
    Workflow,
)
from audiosocket_agent.workflow.names import Outcome, Slot, Step
from audiosocket_agent.workflow.steps import INSTEAD, INSTEAD_SLOTS, STEPS, YES_NO_SLOTS

__all__ = [
    "INSTEAD", "INSTEAD_SLOTS", "STEPS", "YES_NO_SLOTS", "Confirm", "Does", "Kind", "Of",
    "Outcome", "Says", "Slot", "SlotRule", "Step", "StepRule", "Workflow", "trade", "trades",
]  # fmt: skip
