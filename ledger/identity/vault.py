"""How is personal data kept, shown, corrected and erased? The vault, on SQLite or Postgres.

What leaves the vault is masked, unless it is revealed for a purpose: then the read is logged in the
same transaction (art. 51: measures against unauthorised access; art. 54: audits).
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from ledger.clock import CHINA, from_micros, now_micros
from ledger.errors import LedgerError
from ledger.identity import tables as t
from ledger.identity.keys import MasterKeys, Sealed, new_key, seal, unseal
from ledger.identity.numbers import masked
from ledger.identity.person import FIELDS, Age, GivenBy, Person, age_of, person_of
from ledger.identity.records import Change, Consent, Erased, Kept, Masked, Read, Refusal
from ledger.identity.rules import Rules, read_rules
from ledger.identity.store import VaultDatabase
from ledger.settings import Settings

_INDEX = "document-index"
_DATA_KEY = "data-key"


def open_vault(settings: Settings, rules: Rules) -> "Vault":
    """The vault of the settings. Raises LedgerError if it would be in the ledger's database."""
    if settings.vault == settings.db:
        raise LedgerError("VLEDGER_VAULT names the ledger's database: the vault needs its own")
    return Vault(settings.vault, MasterKeys(settings.vault_key), rules)


@contextmanager
def opened_vault(settings: Settings) -> Iterator["Vault"]:
    """The vault of the settings with its rules, checked to be of this version and to have its key.

    It is closed at the end. Raises NotInitialisedError if there is none.
    """
    vault = open_vault(settings, read_rules(settings.vault_rules))
    try:
        vault.check()
        yield vault
    finally:
        vault.close()


class Vault:
    """An open vault. `clock` gives the present in µs."""

    def __init__(
        self, url: str, keys: MasterKeys, rules: Rules, clock: Callable[[], int] = now_micros
    ) -> None:
        self.database = VaultDatabase(url)
        self.rules = rules
        self._keys = keys
        self._clock = clock

    def create(self) -> None:
        """Make the tables and the master key where there are none. Safe to repeat."""
        self.database.create()
        self._keys.make()
        with self._writing() as connection:
            known = connection.execute(select(t.vault_secret.c.name)).scalars().all()
            if _INDEX not in known:
                sealed = self._keys.seal(new_key(), "", _INDEX)
                row = {"name": _INDEX, "key_id": sealed.key_id, "content": sealed.content}
                connection.execute(insert(t.vault_secret), row)

    def check(self) -> None:
        """Raise LedgerError unless the vault and its key are there."""
        self.database.check()
        self._keys.load()

    def check_key(self, connection: Connection) -> None:
        """Raise LedgerError unless the master key opens what is stored."""
        self._keys.load()
        self._index_key(connection)

    def close(self) -> None:
        self.database.close()

    def now(self) -> int:
        """The present by the vault's clock, in µs."""
        return self._clock()

    def today(self) -> date:
        """The day in China."""
        return from_micros(self._clock(), CHINA).date()

    # Storing -------------------------------------------------------------------------------------

    def put(
        self,
        volunteer: str,
        values: Mapping[str, str],
        purposes: Sequence[str],
        given_by: GivenBy,
        by: str,
    ) -> None:
        """Store somebody, with the consents that this rests on. Raises LedgerError if it may not.

        Nothing is stored that no consent covers (art. 13), nor of a minor without a guardian's.
        """
        who = person_of(values)
        now = self._clock()
        consents = [Consent(purpose, given_by, now, None) for purpose in dict.fromkeys(purposes)]
        self._may_keep(who, consents)
        with self._writing() as connection:
            if connection.execute(_of(t.erasure, volunteer)).first():
                raise LedgerError(
                    f"{volunteer} was erased: somebody who comes back gets a new volunteer id"
                )
            if connection.execute(_of(t.person, volunteer)).first():
                raise LedgerError(f"{volunteer} is stored already: correct it instead")
            key = new_key()
            sealed = self._keys.seal(key, volunteer, _DATA_KEY)
            connection.execute(
                insert(t.person),
                {
                    "volunteer": volunteer,
                    "key_id": sealed.key_id,
                    "data_key": sealed.content,
                    "created_at": now,
                    "changed_at": now,
                },
            )
            self._write(connection, volunteer, key, who.to_dict())
            self._index(connection, volunteer, who)
            for one in consents:
                connection.execute(insert(t.consent), {"volunteer": volunteer, **one._asdict()})
            self._note(connection, volunteer, "stored", tuple(who.to_dict()), by)

    def correct(self, volunteer: str, values: Mapping[str, str], by: str, reason: str) -> None:
        """Correct or complete values (art. 46). That they changed is kept, what they were is not.

        An empty value takes a field away.
        """
        with self._writing() as connection:
            key, before = self._open(connection, volunteer)
            merged = {**before.to_dict(), **values}
            if "document_number" in values and "birth_date" not in values:
                merged.pop("birth_date", None)  # a number that holds one says it anew
                if values.get("document_type", before.document_type) != before.document_type:
                    merged["birth_date"] = before.birth_date
            after = person_of(merged)
            self._may_keep(after, self._consents(connection, volunteer))
            old, new = before.to_dict(), after.to_dict()
            changed = tuple(name for name in FIELDS if old.get(name) != new.get(name))
            if not changed:
                return
            self._drop(connection, volunteer, changed)
            self._write(connection, volunteer, key, {n: new[n] for n in changed if n in new})
            self._index(connection, volunteer, after)
            self._note(connection, volunteer, "corrected", changed, by, reason)
        self.database.scrub()

    def consent(self, volunteer: str, purpose: str, given_by: GivenBy, by: str) -> None:
        """Note a consent (art. 14)."""
        fields = self.rules.purpose(purpose).fields
        with self._writing() as connection:
            _, who = self._open(connection, volunteer)
            self._must_give(age_of(who, self.today(), self.rules), given_by)
            if any(
                one.purpose == purpose and one.withdrawn_at is None
                for one in self._consents(connection, volunteer)
            ):
                return
            given = Consent(purpose, given_by, self._clock(), None)
            connection.execute(insert(t.consent), {"volunteer": volunteer, **given._asdict()})
            self._note(connection, volunteer, f"consented to {purpose}", fields, by)

    def withdraw(self, volunteer: str, purpose: str, by: str) -> None:
        """Note that a consent was withdrawn (art. 15). `enforce` erases what rested on it."""
        fields = self.rules.purpose(purpose).fields
        column = t.consent.c
        with self._writing() as connection:
            done = connection.execute(
                update(t.consent)
                .where(column.volunteer == volunteer, column.purpose == purpose)
                .where(column.withdrawn_at.is_(None))
                .values(withdrawn_at=self._clock())
            )
            if not done.rowcount:
                raise LedgerError(f"{volunteer} has no consent to {purpose} that stands")
            self._note(connection, volunteer, f"withdrew {purpose}", fields, by)

    # Showing -------------------------------------------------------------------------------------

    def masked(self, volunteer: str) -> Masked:
        """Somebody, masked. Raises LedgerError if the vault doesn't know them."""
        with self.database.read() as connection:
            return self._masked(connection, volunteer)

    def find(self, volunteer: str) -> Masked | None:
        """Somebody, masked; None if there is nothing of them."""
        with self.database.read() as connection:
            is_known = connection.execute(_of(t.person, volunteer)).first() is not None
            return self._masked(connection, volunteer) if is_known else None

    def everybody(self) -> Iterator[Masked]:
        """Everybody, masked, by id."""
        with self.database.read() as connection:
            names = select(t.person.c.volunteer).order_by(t.person.c.volunteer)
            for volunteer in connection.execute(names).scalars().all():
                yield self._masked(connection, volunteer)

    def reveal(
        self, volunteer: str, by: str, purpose: str, fields: Sequence[str] = FIELDS
    ) -> Person:
        """The values themselves; the read is logged. Raises LedgerError without who and why."""
        if not by.strip() or not purpose.strip():
            raise LedgerError("say who looks (--by) and what for (--purpose): it is logged")
        with self._writing() as connection:
            _, who = self._open(connection, volunteer)
            found = {name: value for name, value in who.to_dict().items() if name in fields}
            self._log_read(connection, volunteer, tuple(found), by, purpose)
        return Person(**found)

    def export(self, volunteer: str, by: str) -> dict[str, Any]:
        """A copy for the person of all that is kept (art. 45), the reads included. It is logged."""
        with self._writing() as connection:
            _, who = self._open(connection, volunteer)
            found = who.to_dict()
            self._log_read(connection, volunteer, tuple(found), by, "copy for the person (art. 45)")
            consents = self._consents(connection, volunteer)
            changes = self._changes(connection, volunteer)
            reads = self._reads(connection, volunteer)
        return {
            "volunteer": volunteer,
            "person": found,
            "consents": [
                {
                    "purpose": one.purpose,
                    "given_by": one.given_by,
                    "at": _told(one.at),
                    "withdrawn_at": None if one.withdrawn_at is None else _told(one.withdrawn_at),
                }
                for one in consents
            ],
            "changes": [{**one._asdict(), "at": _told(one.at)} for one in changes],
            "reads": [{**one._asdict(), "at": _told(one.at)} for one in reads],
        }

    def reads(self, volunteer: str | None = None) -> list[Read]:
        """Who looked at what, of everybody or of one, oldest first."""
        with self.database.read() as connection:
            return self._reads(connection, volunteer)

    def note_refusal(self, volunteer: str, by: str, wanted: str) -> None:
        """Note that somebody wanted to look, and may not; `volunteer` "": at everybody."""
        row = Refusal(volunteer, self._clock(), by, wanted)
        with self.database.write() as connection:
            connection.execute(insert(t.refusal), row._asdict())

    def refusals(self, volunteer: str | None = None) -> list[Refusal]:
        """Who was refused a look, at anybody or at one, oldest first."""
        column = t.refusal.c
        query = select(column.volunteer, column.at, column.by, column.wanted).order_by(column.id)
        if volunteer is not None:
            query = query.where(column.volunteer == volunteer)
        with self.database.read() as connection:
            return [Refusal(*row) for row in connection.execute(query)]

    def changes(self, volunteer: str) -> list[Change]:
        """What was done to somebody's data, oldest first; without values."""
        with self.database.read() as connection:
            return self._changes(connection, volunteer)

    def erased(self) -> list[Erased]:
        """The tombstones, oldest first."""
        query = select(t.erasure).order_by(t.erasure.c.at, t.erasure.c.volunteer)
        with self.database.read() as connection:
            return [Erased(*row) for row in connection.execute(query)]

    def kept(self) -> list[Kept]:
        """Of whom which fields are kept since when, and on which consents; by id."""
        with self.database.read() as connection:
            fields: dict[str, set[str]] = {}
            for row in connection.execute(
                select(t.personal_field.c.volunteer, t.personal_field.c.field)
            ):
                fields.setdefault(row.volunteer, set()).add(row.field)
            consents: dict[str, list[Consent]] = {}
            for row in connection.execute(select(t.consent).order_by(t.consent.c.id)):
                consents.setdefault(row.volunteer, []).append(_consent(row))
            return [
                Kept(
                    row.volunteer,
                    frozenset(fields.get(row.volunteer, ())),
                    row.created_at,
                    consents.get(row.volunteer, []),
                )
                for row in connection.execute(select(t.person).order_by(t.person.c.volunteer))
            ]

    # Forgetting ----------------------------------------------------------------------------------

    def erase(self, volunteer: str, by: str, reason: str) -> None:
        """Destroy somebody's key and all sealed values (art. 47); a tombstone stays.

        The ledger is not touched: to whom its pseudonym belonged is not known to anybody any more.
        """
        if not by.strip() or not reason.strip():
            raise LedgerError("say who erases (--by) and why (--reason)")
        with self._writing() as connection:
            self._row(connection, volunteer)
            fields = connection.execute(_of(t.personal_field, volunteer)).all()
            connection.execute(
                delete(t.personal_field).where(t.personal_field.c.volunteer == volunteer)
            )
            connection.execute(delete(t.person).where(t.person.c.volunteer == volunteer))
            tombstone = Erased(volunteer, self._clock(), by, reason)
            self.note_erasure(connection, tombstone, tuple(row.field for row in fields))
        self.database.scrub()

    def note_erasure(self, connection: Connection, one: Erased, fields: tuple[str, ...]) -> None:
        """Leave the tombstone of somebody whose data is not here any more."""
        connection.execute(
            update(t.consent)
            .where(t.consent.c.volunteer == one.volunteer, t.consent.c.withdrawn_at.is_(None))
            .values(withdrawn_at=one.at)
        )
        connection.execute(insert(t.erasure), one._asdict())
        self._note(connection, one.volunteer, "erased", fields, one.by, one.reason)

    def erase_fields(self, volunteer: str, fields: Sequence[str], by: str, reason: str) -> None:
        """Destroy some of the values; the others stay, under a new data key."""
        with self._writing() as connection:
            _, who = self._open(connection, volunteer)
            stay = {name: value for name, value in who.to_dict().items() if name not in fields}
            gone = tuple(name for name in who.to_dict() if name in fields)
            key = new_key()
            sealed = self._keys.seal(key, volunteer, _DATA_KEY)
            self._drop(connection, volunteer, FIELDS)
            connection.execute(
                update(t.person)
                .where(t.person.c.volunteer == volunteer)
                .values(key_id=sealed.key_id, data_key=sealed.content)
            )
            self._write(connection, volunteer, key, stay)
            self._index(connection, volunteer, Person(**stay))
            self._note(connection, volunteer, "erased", gone, by, reason)
        self.database.scrub()

    def rotate(self) -> int:
        """Seal all data keys under a new master key and forget the older ones; how many.

        After that, older copies of the database (backups, with those in them who were erased since)
        open for nobody, unless somebody has kept the old key file.
        """
        with self._writing(alone=True) as connection:
            self._keys.add()
            count = 0
            for row in connection.execute(select(t.person)).all():
                key = self._keys.unseal(Sealed(row.key_id, row.data_key), row.volunteer, _DATA_KEY)
                again = self._keys.seal(key, row.volunteer, _DATA_KEY)
                connection.execute(
                    update(t.person)
                    .where(t.person.c.volunteer == row.volunteer)
                    .values(key_id=again.key_id, data_key=again.content)
                )
                count += 1
            again = self._keys.seal(self._index_key(connection), "", _INDEX)
            connection.execute(
                update(t.vault_secret)
                .where(t.vault_secret.c.name == _INDEX)
                .values(key_id=again.key_id, content=again.content)
            )
        self._keys.forget()
        self.database.scrub()
        return count

    # ---------------------------------------------------------------------------------------------

    @contextmanager
    def _writing(self, *, alone: bool = False) -> Iterator[Connection]:
        """A transaction in which the master keys don't change, or are changed by nobody else."""
        with self.database.write() as connection:
            self.database.hold_keys(connection, alone=alone)
            self._keys.load()
            yield connection

    def _row(self, connection: Connection, volunteer: str) -> Any:
        query = _of(t.person, volunteer)
        if not self.database.is_sqlite:
            query = query.with_for_update()
        row = connection.execute(query).first()
        if row is None:
            raise self._unknown(connection, volunteer)
        return row

    def _unknown(self, connection: Connection, volunteer: str) -> LedgerError:
        gone = connection.execute(_of(t.erasure, volunteer)).first()
        if gone is not None:
            day = _told(gone.at)[:10]
            return LedgerError(f"{volunteer} was erased on {day} by {gone.by}: {gone.reason}")
        return LedgerError(
            f"the vault knows no {volunteer}: `vledger identity put` stores somebody"
        )

    def _open(self, connection: Connection, volunteer: str) -> tuple[bytes, Person]:
        return self._unsealed(connection, self._row(connection, volunteer))

    def _unsealed(self, connection: Connection, row: Any) -> tuple[bytes, Person]:
        volunteer = row.volunteer
        key = self._keys.unseal(Sealed(row.key_id, row.data_key), volunteer, _DATA_KEY)
        values = {
            one.field: unseal(key, one.content, volunteer, one.field).decode()
            for one in connection.execute(_of(t.personal_field, volunteer))
        }
        return key, Person(**values)

    def _masked(self, connection: Connection, volunteer: str) -> Masked:
        row = connection.execute(_of(t.person, volunteer)).first()
        if row is None:
            raise self._unknown(connection, volunteer)
        _, who = self._unsealed(connection, row)
        return Masked(
            volunteer,
            {name: masked(name, value) for name, value in who.to_dict().items()},
            age_of(who, self.today(), self.rules),
            self._consents(connection, volunteer),
        )

    def _may_keep(self, who: Person, consents: Sequence[Consent]) -> None:
        """Raise LedgerError where a consent, or a minor's guardian, is missing."""
        standing = [one for one in consents if one.withdrawn_at is None]
        age = age_of(who, self.today(), self.rules)
        for one in standing:
            self._must_give(age, one.given_by)
        if age.consent_of == "guardian" and not (
            who.guardian_name and (who.guardian_document_number or who.guardian_phone)
        ):
            raise LedgerError(
                f"a minor ({age.years} years): give the guardian's name, and document or phone "
                "(art. 31)"
            )
        allowed = self.rules.allowed({one.purpose for one in standing})
        if age.minor:  # a guardian is kept with the minor
            allowed |= {name for name in FIELDS if name.startswith("guardian_")}
        uncovered = sorted(set(who.to_dict()) - allowed)
        if uncovered:
            raise LedgerError(
                f"no consent covers {', '.join(uncovered)}: name its purpose with --consent "
                f"({', '.join(self.rules.purposes)})"
            )

    @staticmethod
    def _must_give(age: Age, given_by: GivenBy) -> None:
        if age.consent_of == "guardian" and given_by != "guardian":
            raise LedgerError(
                f"a minor ({age.years} years): a guardian has to consent (art. 31); "
                "say --given-by guardian"
            )

    def _write(
        self, connection: Connection, volunteer: str, key: bytes, values: Mapping[str, str]
    ) -> None:
        for name, value in values.items():
            sealed = seal(key, value.encode(), volunteer, name)
            row = {"volunteer": volunteer, "field": name, "content": sealed}
            connection.execute(insert(t.personal_field), row)

    @staticmethod
    def _drop(connection: Connection, volunteer: str, fields: Sequence[str]) -> None:
        column = t.personal_field.c
        connection.execute(
            delete(t.personal_field).where(column.volunteer == volunteer, column.field.in_(fields))
        )

    def _index(self, connection: Connection, volunteer: str, who: Person) -> None:
        """Keep the keyed hash of the document: the same one for a second person is refused."""
        digest = None
        if who.document_number:
            said = f"{who.document_type}\0{who.document_number}".encode()
            digest = hmac.new(self._index_key(connection), said, hashlib.sha256).hexdigest()
            other = connection.execute(
                select(t.person.c.volunteer).where(
                    t.person.c.document == digest, t.person.c.volunteer != volunteer
                )
            ).scalar()
            if other is not None:
                raise _doubled(other)
        try:
            connection.execute(
                update(t.person)
                .where(t.person.c.volunteer == volunteer)
                .values(document=digest, changed_at=self._clock())
            )
        except IntegrityError:  # somebody stored the same document at this moment
            raise _doubled("another volunteer") from None

    def _index_key(self, connection: Connection) -> bytes:
        row = connection.execute(
            select(t.vault_secret).where(t.vault_secret.c.name == _INDEX)
        ).one()
        return self._keys.unseal(Sealed(row.key_id, row.content), "", _INDEX)

    @staticmethod
    def _consents(connection: Connection, volunteer: str) -> list[Consent]:
        rows = connection.execute(_of(t.consent, volunteer).order_by(t.consent.c.id))
        return [_consent(row) for row in rows]

    @staticmethod
    def _changes(connection: Connection, volunteer: str) -> list[Change]:
        rows = connection.execute(_of(t.change, volunteer).order_by(t.change.c.id))
        return [
            Change(row.at, row.what, tuple(row.fields.split(",")), row.by, row.reason)
            for row in rows
        ]

    @staticmethod
    def _reads(connection: Connection, volunteer: str | None) -> list[Read]:
        query = select(t.read)
        if volunteer is not None:
            query = query.where(t.read.c.volunteer == volunteer)
        return [
            Read(row.volunteer, row.at, tuple(row.fields.split(",")), row.by, row.purpose)
            for row in connection.execute(query.order_by(t.read.c.id))
        ]

    def _log_read(
        self, connection: Connection, volunteer: str, fields: tuple[str, ...], by: str, why: str
    ) -> None:
        row = {"volunteer": volunteer, "at": self._clock(), "fields": ",".join(fields)}
        connection.execute(insert(t.read), {**row, "by": by, "purpose": why})

    def _note(
        self,
        connection: Connection,
        volunteer: str,
        what: str,
        fields: tuple[str, ...],
        by: str,
        reason: str = "",
    ) -> None:
        row = {"volunteer": volunteer, "at": self._clock(), "what": what, "by": by}
        connection.execute(insert(t.change), {**row, "fields": ",".join(fields), "reason": reason})


def _of(table: Table, volunteer: str) -> Select[*tuple[Any, ...]]:
    return select(table).where(table.c.volunteer == volunteer)


def _consent(row: Any) -> Consent:
    return Consent(row.purpose, row.given_by, row.at, row.withdrawn_at)


def _doubled(other: str) -> LedgerError:
    return LedgerError(f"the vault has this document already, of {other}: one person has one id")


def _told(at: int) -> str:
    return from_micros(at, CHINA).isoformat(timespec="seconds")
