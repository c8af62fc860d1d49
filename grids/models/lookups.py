"""`name__holds="三丰"`: names that hold these characters anywhere, by an index of single characters and pairs."""

from typing import Any

from django.db.models import CharField, Lookup


@CharField.register_lookup
class Holds(Lookup):
    """On PostgreSQL the GIN index of migration 0003 answers it; trigrams would need three characters."""

    lookup_name = "holds"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        left, left_params = self.process_lhs(compiler, connection)
        return f"instr({left}, %s) > 0", [*left_params, self.rhs]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        left, left_params = self.process_lhs(compiler, connection)
        text = str(self.rhs)
        grams = [text[i : i + 2] for i in range(len(text) - 1)] or [text]
        sql = f"(grids_grams({left}) @> %s::text[] AND strpos({left}, %s) > 0)"
        return sql, [*left_params, grams, *left_params, text]
