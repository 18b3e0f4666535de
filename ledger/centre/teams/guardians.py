"""Has a guardian 监护人 agreed that a minor takes part?

Asked before somebody is registered, joins a team or signs up by hand. Under 14 nothing may be kept
of somebody without a guardian's consent (个人信息保护法 art. 31); from 14 to 18, who registers as a
volunteer needs it, too (中国注册志愿者管理办法 of 2013, art. 7). Up to which age it is asked for is
the vault's rule `guardian_below`. Ages and consents are in the vault; the ledger has a year of
birth at most, and nothing is added to it here. Events that others send in are not refused for it.
"""

from ledger.centre.registering import known_of
from ledger.clock import CHINA, from_micros
from ledger.errors import LedgerError, NotInitialisedError
from ledger.identity import Masked, opened_vault, read_rules
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from schemas.registry import VolunteerRegistered


def require_guardian(
    recorder: Recorder, settings: Settings, volunteer: str, birth_year: int | None = None
) -> None:
    """Raises LedgerError if they are, or may be, a minor, and no guardian's consent stands.

    `birth_year` is what is said of it now. Whom the vault knows has their age and consents there.
    """
    rules = read_rules(settings.vault_rules)
    known = _in_vault(settings, volunteer)
    if known is None:
        with recorder.database.read() as connection:
            said = known_of(connection, VolunteerRegistered, volunteer)
        born = birth_year or said.get("birth_year")
        year = from_micros(recorder.now(), CHINA).year
        is_missing = born is not None and year - born <= rules.guardian_below
    else:
        given = any(
            one.given_by == "guardian" and one.withdrawn_at is None for one in known.consents
        )
        is_missing = known.age.consent_of == "guardian" and not given
    if is_missing:
        raise LedgerError(
            f"未满{rules.guardian_below}周岁须先有监护人同意: {volunteer} is a minor, or may be, "
            "and the identity vault has no consent of a guardian: `vledger identity put` notes one"
        )


def _in_vault(settings: Settings, volunteer: str) -> Masked | None:
    """What the vault has of them; None if it has nothing, or there is none."""
    try:
        with opened_vault(settings) as vault:
            return vault.find(volunteer)
    except NotInitialisedError:
        return None
