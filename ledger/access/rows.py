"""Which rows does a login of the database see? Postgres's row-level security, made from grants.

For logins that only read: business intelligence, an auditor's psql. A login is granted a role as a
person is, as `database#LOGIN`, and sees the rows that lie at its places. What it may see follows
from its grants at each statement, by `session_user`, which nobody can switch but a superuser. The
ledger's own login owns the tables: none of this holds for it, or costs it anything but an index.

- A row with a place lies there: hour records, check-ins, monthly figures, budgets, activities.
- A row of a volunteer lies where they belong: at the place of their registration; of somebody
  without one, at every place where they served.
- A row of a shop or fund lies at the place of its registration. What was redeemed is seen at the
  shop's place and at the volunteer's.
- Policies, batches and the catalogue are for everybody with a grant. What is not listed here is for
  nobody: rejects, seals, the vault.
"""

import re
from collections.abc import Iterator
from string import Template

from ledger.access.rights import EVERYWHERE
from ledger.access.roles import Permission, roles
from ledger.errors import LedgerError
from ledger.store.tables import metadata
from ledger.store.unit_of_work import PERSONAL_TYPES

ISSUER = "database"
"""Stands for the provider of identities in the grants of logins."""

GROUP = "vledger_reader"
"""The role that all such logins are in."""

_LOGIN = re.compile(r"[a-z_][a-z0-9_]{0,62}")

_ATTENDANCE = "volunteer.attendance."

OF_VOLUNTEER = (
    "points_entry",
    "level_change",
    "judgement",
    "volunteer_state",
    "state_snapshot",
    "roster",
    "certificate",
    "review_case",
    "voucher",
    "membership",
    "order_volunteer",
    "registration",
    "skill",
    "sign_up",
    "complaint",
    "benefit_step",
)


def statements(login: str = "") -> Iterator[str]:
    """What the database's owner has to say, once; safe to repeat. `login`: one to be made, too."""
    yield _GROUP
    yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    yield f"GRANT USAGE ON SCHEMA public TO {GROUP}"
    for one in (*_FUNCTIONS, *_VIEWS):
        yield Template(one).substitute(_WORDS).strip()
    seen = _policies()
    for table in sorted(metadata.tables):
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        yield f"DROP POLICY IF EXISTS {GROUP} ON {table}"
        if table in seen:
            yield f"CREATE POLICY {GROUP} ON {table} FOR SELECT TO {GROUP} USING ({seen[table]})"
            yield f"GRANT SELECT ON {table} TO {GROUP}"
    yield 'CREATE INDEX IF NOT EXISTS ix_hour_record_place ON hour_record ((place COLLATE "C"))'
    if login:
        yield from _login(login)


def script(login: str = "") -> str:
    """The statements as one text for psql."""
    return "BEGIN;\n" + "".join(f"{one};\n" for one in statements(login)) + "COMMIT;\n"


def _login(name: str) -> Iterator[str]:
    if not _LOGIN.fullmatch(name):
        raise LedgerError(f"--login {name!r}: small letters, digits and _, as a Postgres role")
    yield (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') "
        f"THEN CREATE ROLE {name} LOGIN; END IF; END $$"
    )
    yield f"GRANT {GROUP} TO {name}"
    yield f"ALTER ROLE {name} SET default_transaction_read_only = on"


def _policies() -> dict[str, str]:
    """What each table shows, as a condition on a row."""
    by_volunteer = {one: _volunteer(f"{one}.volunteer") for one in OF_VOLUNTEER}
    by_account = {one: _account(f"{one}.account") for one in ("posting", "account_balance")}
    kinds = ", ".join(f"'{one}'" for one in PERSONAL_TYPES if not one.startswith(_ATTENDANCE))
    place = "convert_from(event.content, 'UTF8')::jsonb #>> '{data,place}'"
    served = (
        f"{_registered('redemption.merchant', 'merchant')} OR {_volunteer('redemption.volunteer')}"
    )
    fund = _registered("budget.fund", "fund")
    about = " OR ".join(_registered("book_entry.subject", one) for one in ("fund", "merchant"))
    return {
        **by_volunteer,
        **by_account,
        "hour_record": at_place("hour_record.place"),
        "tally": at_place("tally.place"),
        "honour": at_place("honour.place"),
        "service_order": at_place("service_order.place"),
        "event": (
            f"CASE WHEN event.type LIKE '{_ATTENDANCE}%' THEN {at_place(place)} "
            f"WHEN event.type IN ({kinds}) THEN {_volunteer('event.subject')} ELSE false END"
        ),
        "redemption": served,
        "hold": served.replace("redemption.", "hold."),
        "dispute": _registered("dispute.merchant", "merchant"),
        "budget": f"CASE budget.place WHEN '' THEN {fund} ELSE {at_place('budget.place')} END",
        "book_entry": about,
        "place_history": at_place("place_history.place"),
        "team_history": _registered("team_history.team", "team"),
        "place_closed": at_place("place_closed.place"),
        "place_year": at_place("place_year.place"),
        "activity": at_place("activity.place"),
        "booking": _registered("booking.resource", "resource"),
        "plan": (
            f"CASE plan.of WHEN 'place' THEN {at_place('plan.whose')} "
            f"ELSE {_registered('plan.whose', 'team')} END"
        ),
        "project": at_place("project.place"),
        "project_step": _of_project("project_step"),
        "project_brand": _of_project("project_brand"),
        "project_call": at_place("project_call.place"),
        "assessment_draw": at_place("assessment_draw.place"),
        "assessment_finding": at_place("assessment_finding.place"),
        "assessment_result": at_place("assessment_result.place"),
        "registry": (
            "CASE registry.kind WHEN 'item' THEN (SELECT vledger_reads()) "
            f"WHEN 'place' THEN {at_place('registry.id')} "
            f"ELSE {at_place(_PLACE_OF)} END"
        ),
        "policy_version": "(SELECT vledger_reads())",
        "batch": "(SELECT vledger_reads())",
        "access_grant": f"issuer = '{ISSUER}' AND subject = session_user",
    }


def at_place(value: str) -> str:
    """The condition that a place is one of the reader's.

    The first line bounds it by an index; a reader has few areas, so that the second costs little.
    """
    place = f'({value}) COLLATE "C"'
    return (
        f"({place} >= (SELECT vledger_low()) AND {place} <= (SELECT vledger_high()) "
        f"AND EXISTS (SELECT FROM vledger_areas() AS area "
        f"WHERE {place} BETWEEN area.low AND area.high) "
        f"OR {place} = ANY ((SELECT vledger_named())::text[]))"
    )


def _of_project(table: str) -> str:
    """The condition that a row's project is at one of the reader's places."""
    there = at_place("project.place")
    return f"EXISTS (SELECT FROM project WHERE project.project = {table}.project AND {there})"


def _volunteer(value: str) -> str:
    return (
        "((SELECT vledger_everywhere()) OR EXISTS "
        f"(SELECT FROM vledger_volunteer AS seen WHERE seen.volunteer = {value}))"
    )


def _registered(value: str, kind: str) -> str:
    return (
        "((SELECT vledger_everywhere()) OR EXISTS "
        f"(SELECT FROM vledger_registered AS seen WHERE seen.kind = {_kind(kind)} "
        f"AND seen.id = {value}))"
    )


def _kind(kind: str) -> str:
    return f"'{kind}'" if kind.isalpha() else kind


def _account(value: str) -> str:
    """An account is named by what it belongs to: volunteer:V1, debt:V1, team:T1, merchant:M1 …"""
    ident = f"substr({value}, strpos({value}, ':') + 1)"
    kind = f"split_part({value}, ':', 1)"
    whose = f"CASE WHEN {value} LIKE 'team:%' THEN {value} ELSE {ident} END"
    return (
        f"CASE WHEN {kind} IN ('volunteer', 'debt', 'team') "
        f"THEN {_volunteer(whose)} "
        f"ELSE {_registered(ident, kind)} END"
    )


_PLACE_OF = "registry.data::jsonb ->> 'place'"
_READING = ", ".join(
    f"'{one.name}'" for one in roles().values() if Permission.READ in one.permissions
)
_CODE = "'^[0-9]{12}$'"
_DEFINER = "LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS"

_GROUP = f"""DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{GROUP}') THEN
    CREATE ROLE {GROUP} NOLOGIN;
  END IF;
END $$"""

_WORDS = {
    "group": GROUP,
    "issuer": ISSUER,
    "everywhere": EVERYWHERE,
    "reading": _READING,
    "code": _CODE,
    "definer": _DEFINER,
    "hour_there": at_place("hour.place"),
    "registry_there": at_place(_PLACE_OF),
}

_FUNCTIONS = (
    """
CREATE OR REPLACE FUNCTION vledger_areas() RETURNS TABLE (low text, high text) ROWS 3
$definer $$$$
  SELECT CASE WHEN g.of = '$everywhere' THEN '' ELSE g.of END,
    CASE
      WHEN g.of = '$everywhere' THEN chr(1114111)
      WHEN g.of ~ $code THEN rpad(left(g.of, (
        SELECT min(level) FROM unnest(ARRAY[2, 4, 6, 9, 12]) AS level
        WHERE level >= length(rtrim(g.of, '0')))), 12, '9')
      ELSE g.of
    END
  FROM access_grant AS g,
    (SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint AS at) AS clock
  WHERE g.issuer = '$issuer' AND g.subject = session_user AND g.kind = 'place'
    AND g.role IN ($reading)
    AND g.since <= clock.at
    AND (g.until IS NULL OR clock.at < g.until)
    AND (g.withdrawn_at IS NULL OR clock.at < g.withdrawn_at)
$$$$""",
    """
CREATE OR REPLACE FUNCTION vledger_low() RETURNS text
$definer 'SELECT min(low COLLATE "C") FROM vledger_areas()'""",
    """
CREATE OR REPLACE FUNCTION vledger_high() RETURNS text
$definer 'SELECT max(high COLLATE "C") FROM vledger_areas()'""",
    """
CREATE OR REPLACE FUNCTION vledger_reads() RETURNS boolean
$definer 'SELECT EXISTS (SELECT FROM vledger_areas())'""",
    """
CREATE OR REPLACE FUNCTION vledger_everywhere() RETURNS boolean
$definer $$$$ SELECT EXISTS (SELECT FROM vledger_areas() WHERE low = '') $$$$""",
    """
CREATE OR REPLACE FUNCTION vledger_named() RETURNS text[]
$definer $$$$
  WITH RECURSIVE named AS (
    SELECT id, data::jsonb ->> 'parent' AS parent FROM registry
    WHERE kind = 'place' AND id !~ $code
  ), inside (id, depth) AS (
    SELECT named.id, 1 FROM named JOIN vledger_areas() AS area
      ON named.parent COLLATE "C" BETWEEN area.low AND area.high
    UNION
    SELECT named.id, depth + 1 FROM inside JOIN named ON named.parent = inside.id
    WHERE depth < 12
  )
  SELECT coalesce(array_agg(DISTINCT id), '{}') FROM inside
$$$$""",
    *(
        f"REVOKE ALL ON FUNCTION vledger_{one}() FROM PUBLIC"
        for one in ("areas", "low", "high", "reads", "everywhere", "named")
    ),
    *(
        f"GRANT EXECUTE ON FUNCTION vledger_{one}() TO $group"
        for one in ("areas", "low", "high", "reads", "everywhere", "named")
    ),
)

_VIEWS = (
    # A view reads with its owner's rights: it may look at all rows, and shows the reader's own.
    """
CREATE OR REPLACE VIEW vledger_registered WITH (security_barrier) AS
SELECT registry.kind, registry.id FROM registry
WHERE registry.kind <> 'place' AND $registry_there""",
    # Each by itself, since Postgres lets a reader's own function look behind a barrier of several.
    """
CREATE OR REPLACE VIEW vledger_home WITH (security_barrier) AS
SELECT registry.id AS volunteer FROM registry
WHERE registry.kind = 'volunteer' AND $registry_there""",
    """
CREATE OR REPLACE VIEW vledger_team WITH (security_barrier) AS
SELECT 'team:' || registry.id AS volunteer FROM registry
WHERE registry.kind = 'team' AND $registry_there""",
    """
CREATE OR REPLACE VIEW vledger_served WITH (security_barrier) AS
SELECT hour.volunteer FROM hour_record AS hour
WHERE $hour_there AND NOT EXISTS (
  SELECT FROM registry WHERE registry.kind = 'volunteer' AND registry.id = hour.volunteer
    AND registry.data::jsonb ->> 'place' IS NOT NULL)""",
    """
CREATE OR REPLACE VIEW vledger_volunteer WITH (security_barrier) AS
SELECT volunteer FROM vledger_home UNION ALL SELECT volunteer FROM vledger_team
UNION ALL SELECT volunteer FROM vledger_served""",
    "GRANT SELECT ON vledger_registered, vledger_volunteer TO $group",
)
