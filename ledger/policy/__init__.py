"""The policy language: what a locality's rules may say, and how they judge what happened."""

from .cases import CaseResult, run_cases
from .check import check, load, read_policy
from .debts import DEBT, WRITE_OFFS, debt_key
from .document import Policy
from .entries import (
    Answer,
    Decision,
    Entry,
    Grant,
    HourEntry,
    LevelChange,
    Posting,
    Refusal,
    StatusChange,
    to_json,
)
from .errors import Diagnostic, EvaluationError, MissingSetting, OutOfOrder, PolicyError
from .facts import OWN, RECEIVED, REFUND, REVIEW, WRITE_OFF, Fact, Payment, order_key
from .opening import opening
from .plan import Outcome, Plan, Reader, State, compile_policy, copy_state
from .points import lots_taken
from .population import enter, fact_of, list_people, rank_people
from .rankings import Entrant, Home, Placed
from .standing import INSUFFICIENT
from .timeline import Timeline

__all__ = [
    "DEBT",
    "INSUFFICIENT",
    "OWN",
    "RECEIVED",
    "REFUND",
    "REVIEW",
    "WRITE_OFF",
    "WRITE_OFFS",
    "Answer",
    "CaseResult",
    "Decision",
    "Diagnostic",
    "Entrant",
    "Entry",
    "EvaluationError",
    "Fact",
    "Grant",
    "Home",
    "HourEntry",
    "LevelChange",
    "MissingSetting",
    "OutOfOrder",
    "Outcome",
    "Payment",
    "Placed",
    "Plan",
    "Policy",
    "PolicyError",
    "Posting",
    "Reader",
    "Refusal",
    "State",
    "StatusChange",
    "Timeline",
    "check",
    "compile_policy",
    "copy_state",
    "debt_key",
    "enter",
    "fact_of",
    "list_people",
    "load",
    "lots_taken",
    "opening",
    "order_key",
    "rank_people",
    "read_policy",
    "run_cases",
    "to_json",
]
