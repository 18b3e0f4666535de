"""Is what a person gave fit for an event? If not, which part of it is wrong?"""

from typing import Any, TypeVar

from pydantic import ValidationError

from ledger.errors import LedgerError
from schemas.envelope import Data

Said = TypeVar("Said", bound=Data)


def said(model: type[Said], **values: Any) -> Said:
    """The payload of an event. Raises LedgerError that names the part."""
    try:
        return model(**values)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise LedgerError(f"{wrong['loc'][-1]}: {wrong['msg']}") from None
