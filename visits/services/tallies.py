"""The counts that the database keeps beside the obligations: their triggers, and counting everything anew.

A trigger, because obligations are written in many ways (one by one, by UPDATE, by INSERT … SELECT), and a count that
one of them forgot would be a second number beside the first. It only ever adds rows, so that two visits of one grid
wait for each other no more than without it.
"""

from django.db import connection, transaction

from visits.models import Obligation, Tally

_OWED, _KEPT = Obligation._meta.db_table, Tally._meta.db_table
_COLUMNS = "period_start, who, territory_id, made_in, away, number"
_WATCHED = ("period_start", "who", "territory_id", "discharged_on", "away")

# One statement's rows together: what was there before is taken away, what is there now is added, what stays the same
# is neither.
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {_KEPT}_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO {_KEPT} ({_COLUMNS})
      SELECT period_start, who, territory_id, date_trunc('month', discharged_on)::date, away, count(*)
      FROM after GROUP BY 1, 2, 3, 4, 5;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO {_KEPT} ({_COLUMNS})
      SELECT period_start, who, territory_id, date_trunc('month', discharged_on)::date, away, -count(*)
      FROM before GROUP BY 1, 2, 3, 4, 5;
  ELSE
    INSERT INTO {_KEPT} ({_COLUMNS})
      SELECT period_start, who, territory_id, date_trunc('month', discharged_on)::date, away, sum(n)
      FROM (SELECT *, 1 AS n FROM after UNION ALL SELECT *, -1 FROM before) AS both_sides
      GROUP BY 1, 2, 3, 4, 5 HAVING sum(n) <> 0;
  END IF;
  RETURN NULL;
END $$
"""
_SEEN = {
    "insert": "NEW TABLE AS after",
    "update": "OLD TABLE AS before NEW TABLE AS after",
    "delete": "OLD TABLE AS before",
}


def _for_postgresql() -> list[str]:
    made = [_FUNCTION]
    for event, seen in _SEEN.items():
        name = f"{_KEPT}_{event}"
        made.append(f"DROP TRIGGER IF EXISTS {name} ON {_OWED}")
        made.append(
            f"CREATE TRIGGER {name} AFTER {event.upper()} ON {_OWED} REFERENCING {seen}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {_KEPT}_count()"
        )
    return made


def _for_sqlite() -> list[str]:
    def add(side: str, number: int) -> str:
        month = f"strftime('%Y-%m-01', {side}.discharged_on)"
        values = f"{side}.period_start, {side}.who, {side}.territory_id, {month}, {side}.away, {number}"
        return f"INSERT INTO {_KEPT} ({_COLUMNS}) VALUES ({values});"

    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in _WATCHED)
    # Where all tables are emptied one after another, the counts may be gone already.
    only = {"update": changed, "delete": f"EXISTS (SELECT 1 FROM {_KEPT})"}
    bodies = {
        "insert": ("INSERT", add("NEW", 1)),
        "delete": ("DELETE", add("OLD", -1)),
        "update": (f"UPDATE OF {', '.join(_WATCHED)}", add("OLD", -1) + add("NEW", 1)),
    }
    made = []
    for event, (when, body) in bodies.items():
        asked = f" WHEN {only[event]}" if event in only else ""
        made.append(f"DROP TRIGGER IF EXISTS {_KEPT}_{event}")
        made.append(
            f"CREATE TRIGGER {_KEPT}_{event} AFTER {when} ON {_OWED} FOR EACH ROW{asked} BEGIN {body} END"
        )
    return made


def drop_triggers() -> None:
    """Before a migration: SQLite looks at a table's triggers whenever another table is made anew."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for event in _SEEN:
                cursor.execute(f"DROP TRIGGER IF EXISTS {_KEPT}_{event}")


@transaction.atomic
def ensure_triggers() -> None:
    """After every migration, and everything counted anew."""
    if not {_OWED, _KEPT} <= set(connection.introspection.table_names()):
        return
    with connection.cursor() as cursor:
        for sql in _for_postgresql() if connection.vendor == "postgresql" else _for_sqlite():
            cursor.execute(sql)
    recount()


def recount() -> int:
    """Count all obligations anew; how many rows the counts have then. Nobody needs to stop working meanwhile.

    PostgreSQL takes away and counts in one statement, that is as of one moment: what is committed later brings its own
    rows. SQLite lets one write at a time.
    """
    month = "date_trunc('month', discharged_on)::date"
    if connection.vendor == "sqlite":
        month = "strftime('%Y-%m-01', discharged_on)"
    count = (
        f"INSERT INTO {_KEPT} ({_COLUMNS}) SELECT period_start, who, territory_id, {month}, away, count(*)"
        f" FROM {_OWED} GROUP BY 1, 2, 3, 4, 5"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # One counts at a time, while visits go on: a second would not see the rows that the first put there.
            cursor.execute(f"LOCK TABLE {_KEPT} IN SHARE UPDATE EXCLUSIVE MODE")
            cursor.execute(f"WITH gone AS (DELETE FROM {_KEPT}) {count}")
        else:
            cursor.execute(f"DELETE FROM {_KEPT}")
            cursor.execute(count)
        return int(cursor.rowcount)
