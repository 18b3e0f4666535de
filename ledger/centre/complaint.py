"""What does a volunteer complain about (申诉), and how does each complaint stand?"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.centre.dossier import Told
from schemas.complaint import ComplaintAnswer, ComplaintAnswered, ComplaintFiled


class Complaint(NamedTuple):
    """A complaint, in the order of its table's columns; times in µs, `outcome` "" while open."""

    volunteer: str
    id: str
    about: str
    of: str
    text: str
    filed_by: str
    filed_at: int
    outcome: str = ""
    answer: str = ""
    answered_by: str = ""
    answered_at: int | None = None


def complaints(volunteer: str, dossier: Sequence[Told]) -> Iterable[Complaint]:
    """All that were filed. Filed twice, the first stands; answered twice, the newest answer.

    An answer waits for its complaint, if that comes in later.
    """
    filed: dict[str, Complaint] = {}
    answered: dict[str, tuple[int, ComplaintAnswer]] = {}
    for at, _, _, event in dossier:
        match event:
            case ComplaintFiled(data=data):
                text, by = data.text, data.by or ""
                made = Complaint(volunteer, data.complaint, data.about, data.of or "", text, by, at)
                filed.setdefault(data.complaint, made)
            case ComplaintAnswered(data=data):
                answered[data.complaint] = (at, data)
    for ident, (at, data) in answered.items():
        if ident in filed:
            filed[ident] = filed[ident]._replace(
                outcome=data.outcome, answer=data.answer, answered_by=data.by, answered_at=at
            )
    return filed.values()
