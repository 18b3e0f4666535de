"""Which parameters and rules differ between two versions of a policy, and by which clause? Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ledger.policy.document import Policy

Kind = Literal["added", "removed", "changed"]

VERBS: dict[str, dict[Kind, str]] = {
    "zh": {"added": "新增", "removed": "删除", "changed": "修改"},
    "en": {"added": "added", "removed": "removed", "changed": "changed"},
}
CLAUSES = {"zh": "依据", "en": "clauses"}


@dataclass(frozen=True, slots=True)
class Change:
    """One place that differs: `path` as `hours.exact-seconds.open`, values as in JSON.

    `clauses` names those of the rule (or setting, ladder …) around it, the old ones first.
    """

    kind: Kind
    path: str
    old: Any
    new: Any
    clauses: tuple[str, ...]

    def words(self, lang: Literal["zh", "en"] = "zh") -> str:
        """One line for a person."""
        match self.kind:
            case "added":
                values = f"{self.new}"
            case "removed":
                values = f"{self.old}"
            case "changed":
                values = f"{self.old} → {self.new}"
        by = f" [{CLAUSES[lang]}: {', '.join(self.clauses)}]" if self.clauses else ""
        return f"{VERBS[lang][self.kind]} {self.path}: {values}{by}"


def differences(old: Policy, new: Policy) -> list[Change]:
    """All changes in the order of the document; rules are matched by their id, not their place.

    Where only the order of rules changed, that is one change of the list's ids.
    """
    before, after = (one.model_dump(mode="json", by_alias=True) for one in (old, new))
    return list(_between("", before, after, ()))


def _between(path: str, old: Any, new: Any, clauses: tuple[str, ...]) -> Iterator[Change]:
    if old == new:
        return
    if _are_rules(old) and _are_rules(new):
        olds, news = ({one["id"]: one for one in rules} for rules in (old, new))
        shared = [
            [one for one in ids if one in other] for ids, other in ((olds, news), (news, olds))
        ]
        if shared[0] != shared[1]:
            yield Change("changed", path, shared[0], shared[1], clauses)
        old, new = olds, news
    if not (isinstance(old, dict) and isinstance(new, dict)):
        yield Change("changed", path, old, new, clauses)
        return
    around = _clauses(path, old, new) or clauses
    for key in [*old, *(one for one in new if one not in old)]:
        inner = f"{path}.{key}" if path else str(key)
        if key not in new:
            yield Change("removed", inner, old[key], None, _clauses(inner, old[key]) or around)
        elif key not in old:
            yield Change("added", inner, None, new[key], _clauses(inner, new[key]) or around)
        else:
            yield from _between(inner, old[key], new[key], around)


def _are_rules(value: Any) -> bool:
    """A list of things that each have an id of their own."""
    if not isinstance(value, list):
        return False
    ids = [one.get("id") for one in value if isinstance(one, dict)]
    return len(ids) == len(value) == len(set(ids)) and None not in ids


def _clauses(path: str, *values: Any) -> tuple[str, ...]:
    """The clauses that these name; the document's own `clauses` are texts, not names."""
    if not path:
        return ()
    named = (value.get("clauses") for value in values if isinstance(value, dict))
    return tuple(dict.fromkeys(one for names in named if isinstance(names, list) for one in names))
