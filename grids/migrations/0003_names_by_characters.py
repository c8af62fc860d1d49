"""PostgreSQL only: an index of the single characters and pairs of a name, and pinyin in the order of bytes.

Names are found by one to three characters anywhere in them; trigrams are useless under three. SQLite reads its few
thousand names faster than it would such an index.
"""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION grids_grams(word text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT gram), '{}'::text[]) FROM (
    SELECT substr(word, i, 1) AS gram FROM generate_series(1, char_length(word)) AS i
    UNION ALL
    SELECT substr(word, i, 2) FROM generate_series(1, char_length(word) - 1) AS i
  ) AS grams
$$;
CREATE INDEX grids_person_grams ON grids_person USING gin (grids_grams(name));
"""
BACKWARDS = "DROP INDEX grids_person_grams; DROP FUNCTION grids_grams(text);"


def _on_postgresql(sql):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql, params=None)

    return run


class Migration(migrations.Migration):
    dependencies = [("grids", "0002_category_kinds")]

    operations = [migrations.RunPython(_on_postgresql(FORWARDS), _on_postgresql(BACKWARDS))]
