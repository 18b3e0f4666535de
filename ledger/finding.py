"""Which things does somebody mean who types a part of a name, or the beginning of an id?"""

from sqlalchemy import ColumnElement, or_


def means(text: str, ident: str, name: str) -> bool:
    """`text` is a part of the name or the beginning of the id; capitals don't matter."""
    wanted = text.casefold()
    return wanted in name.casefold() or ident.casefold().startswith(wanted)


def meant(text: str, ident: ColumnElement[str], name: ColumnElement[str]) -> ColumnElement[bool]:
    """The same as a condition on rows."""
    return or_(
        ident.istartswith(text, autoescape=True),
        name.icontains(text, autoescape=True),
    )
