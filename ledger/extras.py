"""How is a part of the program had that takes an extra of the package?"""

from importlib import import_module
from typing import Any

from ledger.errors import LedgerError


def extra(module: str, doing: str, name: str) -> Any:
    """A module that an extra of the package installs what it takes for.

    Raises LedgerError, which says so, if that is missing; `doing` is what cannot be done then.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise LedgerError(
            f"{doing} needs {error.name}: pip install 'volunteer-ledger[{name}]'"
        ) from None
