"""What does every request need? The ledger, who may come in, and how often they may ask."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from secrets import token_hex, token_urlsafe
from typing import Protocol, cast

from starlette.requests import HTTPConnection

from ledger.access import EVERYWHERE, Grant, Permission, Who, roles
from ledger.access.oidc import Provider, provider_of
from ledger.access.passes import ISSUER, digest_of
from ledger.access.person import Person
from ledger.api.lately import Lately
from ledger.api.limits import Limit
from ledger.changes import Changes
from ledger.keys import signer
from ledger.recording.counter import Counter
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.shops.codes import Codes


@dataclass(frozen=True, slots=True)
class Owner:
    """Whoever started a server without an identity provider: they may do all, while it runs.

    As with the command: whoever can open the ledger may do everything. Nothing of it is stored.
    """

    person: Person = field(
        default_factory=lambda: Person(Who(ISSUER, f"owner-{token_hex(8)}"), "管理员 owner")
    )
    secret: str = field(default_factory=lambda: token_urlsafe(32))

    @property
    def digest(self) -> str:
        return digest_of(self.secret)

    @property
    def grants(self) -> tuple[Grant, ...]:
        """Every role, everywhere, but a volunteer's own."""
        issuer, subject = self.person.who
        return tuple(
            Grant("", issuer, subject, "", one.name, "place", EVERYWHERE, 0, None, "", 0)
            for one in roles().values()
            if Permission.OWN not in one.permissions
        )


class Sender(Protocol):
    """Puts events on their topics, while it is started."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def send(self, messages: Sequence[tuple[str, bytes, bytes]]) -> None:
        """(topic, key, content) of each; returns when Kafka has them for good.

        Raises UnreachableError if Kafka is away.
        """


@dataclass(frozen=True, slots=True)
class Serving:
    """The ledger as it is served: `recorder` writes, `reader` answers questions (a replica).

    Events go to Kafka by `sender`; where there is none, into the ledger by `recording`.
    `simulated`: what drafts would do, as JSON by their digest.
    """

    settings: Settings
    recorder: Recorder
    reader: Recorder
    provider: Provider | None
    owner: Owner | None
    rate: Limit
    attempts: Limit
    counter: Counter
    changes: Changes
    sender: Sender | None = None
    simulated: Lately = field(default_factory=Lately)

    @property
    def codes(self) -> Codes:
        """The volunteers' codes, by the key as it is now: somebody may replace it meanwhile."""
        return Codes(signer(self.settings.key))

    @classmethod
    def of(
        cls,
        settings: Settings,
        recorder: Recorder,
        reader: Recorder,
        sender: Sender | None = None,
    ) -> "Serving":
        """Raises LedgerError if a setting is wrong."""
        provider = provider_of(settings) if settings.oidc_issuer else None
        return cls(
            settings,
            recorder,
            reader,
            provider,
            None if provider else Owner(),
            Limit(settings.rate, "VLEDGER_RATE"),
            Limit(settings.attempts, "VLEDGER_ATTEMPTS"),
            Counter(recorder),
            Changes(recorder, settings),
            sender,
        )


def serving(request: HTTPConnection) -> Serving:
    """What serves this request."""
    return cast(Serving, request.app.state.serving)
