"""Who is a volunteer id? The identity vault: personal data apart from the ledger, encrypted.

The ledger knows pseudonyms only and never forgets; the vault can forget: erasure destroys a
person's key. The articles named in this package are those of the Personal Information Protection
Law of the People's Republic of China (中华人民共和国个人信息保护法, 2021).
"""

from ledger.identity.keys import MasterKeys
from ledger.identity.person import FIELDS, Age, Person
from ledger.identity.records import Consent, Masked, Read, Refusal
from ledger.identity.retention import Due, due, enforce
from ledger.identity.rules import Rules, read_rules
from ledger.identity.vault import Vault, open_vault, opened_vault

__all__ = [
    "FIELDS",
    "Age",
    "Consent",
    "Due",
    "Masked",
    "MasterKeys",
    "Person",
    "Read",
    "Refusal",
    "Rules",
    "Vault",
    "due",
    "enforce",
    "open_vault",
    "opened_vault",
    "read_rules",
]
