"""Who may do what, and where? Roles, granted to people at places; people by OpenID Connect."""

from ledger.access.rights import EVERYWHERE, Grant, Scope, Where, Who, allowing
from ledger.access.roles import Permission, Role, permission, role, roles

__all__ = [
    "EVERYWHERE",
    "Grant",
    "Permission",
    "Role",
    "Scope",
    "Where",
    "Who",
    "allowing",
    "permission",
    "role",
    "roles",
]
