"""What the rows of one redemption cost by themselves: pgbench writes them, without Python and without any question.

No verb that keeps these books can be faster than this; the ratio says how much of G9 is left for asking and deciding.
"""

import tempfile
from collections.abc import Callable
from typing import Any

from django.db import connection, models

from points.models import Account, Entry, Goods, PointCard, Redemption, RedemptionLine, Shop, StockMove

# What differs from one redemption to the next, as pgbench knows it (":p…" of the posting, ":r…" of the redemption).
_NEW = {
    "posting": {"uuid": "gen_random_uuid()", "key": "gen_random_uuid()::text", "territory_id": ":village"},
    "entry": {
        "posting_id": ":pid",
        "payer_id": ":account",
        "payee_id": ":till",
        "payer_left": ":hbalance",
        "payee_has": ":sbalance",
    },
    "redemption": {
        "uuid": "gen_random_uuid()",
        "posting_id": ":pid",
        "card_id": ":card",
        "household_id": ":home",
        "shop_id": ":shop",
        "territory_id": ":village",
    },
    "redemptionline": {"redemption_id": ":rid", "goods_id": ":goods"},
    "stockmove": {"redemption_id": ":rid", "goods_id": ":goods", "left": ":gstock"},
}


def floor(pgbench: Callable[..., float], *options: str) -> float:
    """Redemptions a second that pgbench writes with these options: the rows of the last one that the verb has stored,
    each time for a household drawn by lot."""
    _list_households()
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_script())
        script.flush()
        return pgbench("-n", *options, "-f", script.name)


def _list_households() -> None:
    """By number: card, account, and the goods and the account of the shop in its village."""
    card, account, shop, goods = (model._meta.db_table for model in (PointCard, Account, Shop, Goods))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_floor")
        cursor.execute(
            "CREATE TABLE bench_floor AS SELECT row_number() OVER () AS n, card.id AS card, card.household_id AS home,"
            " own.id AS account, own.territory_id AS village, goods.id AS goods, shop.id AS shop, till.id AS till"
            f" FROM {card} card JOIN {account} own ON own.household_id = card.household_id"
            f" JOIN {shop} shop ON shop.territory_id = own.territory_id"
            f" JOIN {account} till ON till.shop_id = shop.id JOIN {goods} goods ON goods.shop_id = shop.id"
        )
        cursor.execute("CREATE UNIQUE INDEX ON bench_floor (n)")
        cursor.execute("ANALYZE bench_floor")


def _script() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bench_floor")
        count = cursor.fetchone()[0]
    last = Redemption.objects.select_related("posting").latest("pk")
    rows = {
        "posting": last.posting,
        "entry": Entry.objects.get(posting=last.posting),
        "redemption": last,
        "redemptionline": RedemptionLine.objects.get(redemption=last),
        "stockmove": StockMove.objects.get(redemption=last),
    }
    insert = {name: _insert(row, _NEW[name]) for name, row in rows.items()}
    account, card, goods = Account._meta.db_table, PointCard._meta.db_table, Goods._meta.db_table
    return "\n".join(
        [
            rf"\set n random(1, {count})",
            "BEGIN;",
            r"SELECT * FROM bench_floor WHERE n = :n \gset",
            f"SELECT pin, wrong FROM {card} WHERE id = :card FOR NO KEY UPDATE;",
            rf"UPDATE {goods} SET stock = stock - 1 WHERE id = :goods AND stock > 0 RETURNING stock \gset g",
            rf"{insert['posting']} RETURNING id \gset p",
            rf"UPDATE {account} SET balance = balance - 1 WHERE id = :account RETURNING balance \gset h",
            rf"UPDATE {account} SET balance = balance + 1 WHERE id = :till RETURNING balance \gset s",
            f"{insert['entry']};",
            rf"{insert['redemption']} RETURNING id \gset r",
            f"{insert['redemptionline']};",
            f"{insert['stockmove']};",
            "END;",
            "",
        ]
    )


def _insert(row: models.Model, new: dict[str, str]) -> str:
    """The statement that would store such a row again, with `new` in place of what must differ."""
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    names = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(new.get(str(field.column)) or _literal(row, field) for field in fields)
    return f"INSERT INTO {row._meta.db_table} ({names}) VALUES ({values})"


def _literal(row: models.Model, field: Any) -> str:
    value = field.get_db_prep_save(getattr(row, field.attname), connection)
    with connection.cursor() as cursor:
        written: bytes = cursor.mogrify("%s", [value])
    return written.decode()
