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

__all__ = [
    "Confirm", "Does", "Kind", "Of", "Outcome", "Says", "Slot", "SlotRule", "Step", "StepRule",
    "Workflow", "trade", "trades",
]  # fmt: skip
