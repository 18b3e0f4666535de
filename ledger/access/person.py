"""Who is it? A person as an identity provider vouches for them."""

from dataclasses import dataclass

from ledger.access.rights import Who

LONGEST = 256
"""Characters of a name in the ledger's trail, at most."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has logged in; `name` is for people, `who` is what rights go by."""

    who: Who
    name: str

    def __str__(self) -> str:
        """For the trail: the name, and whom exactly the provider meant."""
        exactly = f" <{self.who}>"
        return self.name[: max(0, LONGEST - len(exactly))] + exactly
