"""What can go wrong in a policy, and what each error tells its reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One finding of `check`: where it is, what is wrong, what to write instead."""

    line: int
    column: int
    severity: Severity
    message: str
    advice: str = ""
    file: str = "policy.yaml"
    path: str = ""

    def __str__(self) -> str:
        advice = f" → {self.advice}" if self.advice else ""
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.message}{advice}"


class PolicyError(ValueError):
    """The document cannot be used; the diagnostics say where and why."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(d) for d in self.diagnostics))


class MissingSetting(Exception):  # noqa: N818 — it asks, it does not fail
    """The text leaves something open, the outcome depends on it, and nobody has decided it."""

    def __init__(
        self,
        key: str,
        question: str = "",
        choices: Sequence[Any] | None = None,
        clauses: Sequence[str] = (),
    ) -> None:
        self.key = key
        self.question = question
        self.choices = tuple(choices) if choices is not None else None
        self.clauses = tuple(clauses)
        hint = f" (choices: {', '.join(map(str, self.choices))})" if self.choices else ""
        super().__init__(f"setting '{key}' is needed and has no value: {question}{hint}")


class EvaluationError(Exception):
    """A fact cannot be judged under this policy, for the reason given."""

    def __init__(self, message: str, rule: str = "", fact: str = "") -> None:
        self.message, self.rule, self.fact = message, rule, fact
        where = " ".join(p for p in (f"rule {rule}" if rule else "", fact and f"fact {fact}") if p)
        super().__init__(f"{where}: {message}" if where else message)

    def at(self, rule: str = "", fact: str = "") -> EvaluationError:
        """The same error, told with the rule and fact it happened in (the innermost wins)."""
        return EvaluationError(self.message, self.rule or rule, self.fact or fact)


UNUSABLE = (ArithmeticError, LookupError, TypeError, ValueError)
"""What Python raises where a value of an event is of a kind that an expression can't use."""


def unusable(error: Exception, fact: str = "") -> EvaluationError:
    """One of them, told in the same words by every version of Python, so that a replay agrees."""
    kind = type(error).__name__
    return EvaluationError(
        f"a value is of a kind that the policy can't use here ({kind})", "", fact
    )


class OutOfOrder(Exception):  # noqa: N818 — the caller folds again
    """A fact is older than the state it meets; the caller must fold again from the start."""
