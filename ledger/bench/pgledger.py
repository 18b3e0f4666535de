"""What does pgledger do on the same server? Its own SQL files, given by `--pgledger`.

It keeps double-entry accounts in PL/pgSQL: what the ledger's postings and redemptions are beside.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import psycopg
from sqlalchemy import make_url

from ledger.bench.databases import PostgresDatabases
from ledger.bench.measures import Rate, Tell
from ledger.errors import LedgerError

AT_ONCE = 500
"""Transfers in one transaction."""

TRANSFER = "SELECT id FROM pgledger_create_transfer(%s, %s, 1)"

_TRANSFERS = """
SELECT count(*) FROM pgledger_create_transfers(
  (SELECT array_agg((%s, one, 2)::transfer_request) FROM unnest(%s::text[]) AS one))
"""


class Accounts(NamedTuple):
    """A pgledger with one account that issues or takes, and many wallets."""

    url: str
    shop: str
    wallets: list[str]


@contextmanager
def accounts(server: PostgresDatabases, files: Sequence[Path], wallets: int) -> Iterator[Accounts]:
    """Such accounts in a new database, gone afterwards."""
    with server.empty() as shown:
        url = make_url(shown).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            for file in files:
                try:
                    connection.execute(file.read_bytes())
                except (OSError, psycopg.Error) as error:
                    raise LedgerError(f"--pgledger {file}: {error}") from None
            made = "SELECT (pgledger_create_account('account ' || n, 'POINTS')).id"
            rows = connection.execute(f"{made} FROM generate_series(0, %s) AS n", (wallets,))
            shop, *others = [str(row[0]) for row in rows.fetchall()]
        yield Accounts(url, shop, others)


def bulk(
    server: PostgresDatabases, files: Sequence[Path], volunteers: int, transfers: int, repeats: int,
    tell: Tell,
) -> Rate:  # fmt: skip
    """Transfers from one account into the volunteers' wallets, as points are posted."""
    seconds = []
    for number in range(1, repeats + 1):
        tell(f"pgledger: {AT_ONCE} transfers at once, {number} of {repeats}")
        with accounts(server, files, volunteers) as made:
            turns = [made.wallets[one % volunteers] for one in range(transfers)]
            groups = [turns[start : start + AT_ONCE] for start in range(0, transfers, AT_ONCE)]
            with psycopg.connect(made.url, autocommit=True) as connection:
                began = perf_counter()
                for group in groups:
                    connection.execute(_TRANSFERS, (made.shop, group))
                seconds.append(perf_counter() - began)
    return Rate(f"pgledger, {AT_ONCE} at once", transfers, tuple(seconds), "transfers")
