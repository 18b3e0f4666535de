"""Which permissions are there, and which role has which? Roles as data (`roles.yaml`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

import yaml

from ledger.errors import LedgerError


class Permission(StrEnum):
    """What can be allowed. Nothing else can: a command asks for one of these."""

    OWN = "own"
    """Read what is known of oneself."""
    READ = "read"
    """Read hours, points, stars and books; volunteers are pseudonyms there."""
    RECORD = "record"
    """Send events in by hand, and mend what was set aside."""
    REGISTER = "register"
    """Register shops, households and whatever else."""
    CATALOGUE = "catalogue"
    """Say what can be redeemed, and how much of it is there."""
    REDEEM = "redeem"
    """Do a till's work."""
    DISPUTE = "dispute"
    """Open and decide disputes."""
    COMPLAINT = "complaint"
    """File complaints for volunteers, and answer them."""
    CERTIFY = "certify"
    """Issue and revoke certificates."""
    REVIEW = "review"
    """Decide on visits that are held for review."""
    FUND = "fund"
    """Register funds, book contributions, set budgets."""
    PAY = "pay"
    """Prepare payouts and book what the bank has paid."""
    FORGIVE = "forgive"
    """Write debts off."""
    SIMULATE = "simulate"
    """Try a draft policy on the real history."""
    ADOPT = "adopt"
    """Put a policy in force."""
    VERIFY = "verify"
    """Verify the ledger, make checkpoints."""
    TRAIL = "trail"
    """Read who looked at personal data, and who was refused."""
    IDENTITY = "identity"
    """Store and correct personal data, note consents, see it masked."""
    REVEAL = "reveal"
    """See personal data unmasked, with a reason."""
    ERASE = "erase"
    """Erase personal data, change the vault's keys."""
    GRANT = "grant"
    """Grant roles and withdraw them."""
    DEVICE = "device"
    """Register kiosks and tills, and their keys."""
    WEBHOOK = "webhook"
    """Have other systems told of all that is recorded."""
    OPERATE = "operate"
    """Rebuild projections, bring standings up to date."""


@dataclass(frozen=True, slots=True)
class Role:
    """What somebody is, and may therefore do."""

    name: str
    title: str
    permissions: frozenset[Permission]


@cache
def roles() -> Mapping[str, Role]:
    """All roles, by name."""
    text = resources.files("ledger.access").joinpath("roles.yaml").read_text("utf-8")
    said: Mapping[str, Any] = yaml.safe_load(text)
    return {
        name: Role(name, one["title"], frozenset(map(Permission, one["permissions"])))
        for name, one in said.items()
    }


def role(name: str) -> Role:
    """Raises LedgerError if there is no such role."""
    try:
        return roles()[name]
    except KeyError:
        known = ", ".join(f"{one.name} ({one.title})" for one in roles().values())
        raise LedgerError(f"there is no role {name!r}: {known} are there") from None


def permission(name: str) -> Permission:
    """Raises LedgerError if there is no such permission."""
    try:
        return Permission(name)
    except ValueError:
        raise LedgerError(f"there is no permission {name!r}: {', '.join(Permission)}") from None
