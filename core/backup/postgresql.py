"""What a backup does with PostgreSQL: its own clients write the dump, and put it in the place of what is there."""

import logging
import os
import shutil
import subprocess
from pathlib import Path

from django.db import DatabaseError, connection, connections

logger = logging.getLogger(__name__)

# Where the tables are that a restore has replaced, until they are dropped.
ASIDE = "hongji_before"
# What stands in `public` steps aside, but nothing of an extension's and no sequence that goes with its column. To drop
# and to make the whole in one transaction would need more locks than a server as it comes has (6,706 of 6,400 for 185
# tables; so it is 2,400): the old is dropped when the new stands, each table by itself. What others have built on it in
# schemas of their own would go with it and is in no backup of ours: then nothing happens.
_STEP_ASIDE = f"""
CREATE SCHEMA {ASIDE};
DO $$
DECLARE
  each text;
BEGIN
  FOR each IN
    SELECT format('TABLE %s', c.oid::regclass) FROM pg_class c
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT EXISTS
      (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid
       AND (deptype = 'e' OR relkind = 'S' AND deptype IN ('a', 'i')))
    UNION ALL
    SELECT format('ROUTINE %s', p.oid::regprocedure) FROM pg_proc p
    WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS
      (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
    UNION ALL
    SELECT format('TYPE %s', t.oid::regtype) FROM pg_type t
    WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd') AND NOT EXISTS
      (SELECT FROM pg_depend WHERE classid = 'pg_type'::regclass AND objid = t.oid AND deptype = 'e')
  LOOP
    EXECUTE format('ALTER %s SET SCHEMA {ASIDE}', each);
  END LOOP;
  SELECT string_agg(DISTINCT outside::text, '、') INTO each FROM (
    SELECT ev_class::regclass, refobjid FROM pg_depend JOIN pg_rewrite w ON w.oid = objid
    WHERE classid = 'pg_rewrite'::regclass AND refclassid = 'pg_class'::regclass
    UNION ALL
    SELECT conrelid::regclass, confrelid FROM pg_constraint WHERE contype = 'f'
  ) AS depends (outside, inside)
  JOIN pg_class o ON o.oid = outside JOIN pg_class i ON i.oid = inside
  WHERE i.relnamespace = '{ASIDE}'::regnamespace AND o.relnamespace <> i.relnamespace;
  IF each IS NOT NULL THEN
    RAISE EXCEPTION '别的模式里有东西用着现在的表，先拿掉再恢复：%', each;
  END IF;
END $$;
"""


class NoClient(OSError):
    """PostgreSQL's client is not on this machine; the message says what to do."""


def dump(target: Path, snapshot: str) -> None:
    """Everything of ours as `snapshot` shows it; not what others keep, nor what a restore that was cut short left."""
    options = ["--format=custom", "--no-owner", "--no-acl", "--schema=public"]
    run(["pg_dump", *options, f"--snapshot={snapshot}", f"--file={target}"])


def replace(dumped: Path) -> None:
    """In one transaction: until its end everybody sees the old tables, even if the power fails."""
    _drop_aside()
    connections.close_all()
    script = dumped.with_suffix(".sql")
    run(["pg_restore", "--no-owner", "--no-acl", "--schema=public", f"--file={script}", str(dumped)])
    # Terse: what PostgreSQL says of a fault may else hold the row.
    said = ["--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=terse"]
    what = ["--single-transaction", f"--command={_STEP_ASIDE}", f"--file={script}"]
    run(["psql", *said, *what])


def drop_replaced() -> None:
    """Nobody needs it any more. What cannot be dropped now is no reason to call a restore failed; the next one tries
    again."""
    try:
        _drop_aside()
    except DatabaseError:
        logger.exception("the replaced tables are still in %s", ASIDE)


def _drop_aside() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables WHERE schemaname = %s", [ASIDE]
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE IF EXISTS {table} CASCADE")
        cursor.execute(f"DROP SCHEMA IF EXISTS {ASIDE} CASCADE")


def run(command: list[str]) -> None:
    """Run a PostgreSQL client on the default database; the password goes by the environment, never the command line."""
    given = connection.settings_dict
    env = {**os.environ, "PGDATABASE": str(given["NAME"]), "PGCLIENTENCODING": "UTF8"}
    for variable, key in (
        ("PGHOST", "HOST"),
        ("PGPORT", "PORT"),
        ("PGUSER", "USER"),
        ("PGPASSWORD", "PASSWORD"),
    ):
        if given.get(key):
            env[variable] = str(given[key])
    if not shutil.which(command[0]):
        raise NoClient(f"机器上没有 {command[0]}，装上 postgresql-client 再试。")
    subprocess.run(command, env=env, check=True, capture_output=True, stdin=subprocess.DEVNULL)
