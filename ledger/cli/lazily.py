"""Which module has a command? None is imported before a command of it is wanted.

All of them together take longer to import, and to be made commands of, than most commands take.
"""

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "feed": ("init", "ingest", "rejects"),
    "exchange": ("import", "export", "reconcile"),
    "ask": ("volunteer", "dump", "explain", "stars"),
    "benefits": ("benefits",),
    "honours": ("honours",),
    "places": ("places",),
    "teams": ("teams",),
    "people": ("people",),
    "activities": ("activities",),
    "shops": ("till", "vouchers", "catalogue", "register"),
    "books": ("accounts", "account"),
    "settling": ("settlement", "disputes", "payout"),
    "funds": ("funds", "liability"),
    "debts": ("debts",),
    "reviews": ("reviews",),
    "orders": ("orders",),
    "projects": ("projects",),
    "assessing": ("assess",),
    "devices": ("devices",),
    "kiosk": ("kiosk",),
    "identity": ("identity",),
    "certificates": ("certificate",),
    "complaints": ("complaints",),
    "login": ("login", "logout"),
    "access": ("access",),
    "passes": ("pass",),
    "check": ("verify", "replay"),
    "city": ("city",),
    "audit": ("checkpoint", "proof"),
    "backups": ("backup", "restore", "note-restore"),
    "archives": ("archive",),
    "keys": ("key",),
    "policies": ("policy", "review"),
    "run": ("demo", "worker", "bench", "schemas"),
    "serving": ("serve",),
}
"""By module of `ledger.cli.commands`, in the order in which `vledger --help` tells them."""

_MODULES = {name: module for module, names in COMMANDS.items() for name in names}


def commands_of(module: str) -> dict[str, Any]:
    """The commands that a module of `ledger.cli.commands` has, by name."""
    app = typer.Typer(rich_markup_mode="rich")
    import_module(f"ledger.cli.commands.{module}").add_to(app)
    return dict(typer.main.get_group(app).commands)


class _Commands(MutableMapping[str, Any]):
    """All of them, by name; each is made when it is first looked up."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made |= commands_of(_MODULES[name])
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        raise TypeError("commands are not taken away")

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


class Lazily(TyperGroup):
    """The command line, which knows its commands by name."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = _Commands()

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)
