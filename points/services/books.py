"""The books: the only place where points move, and the audit that looks whether all of it adds up.

Written order of locks, the same for everybody: the posting's key first (its unique index), then accounts by key. A
posting and its entries are never changed or removed, by nobody: triggers of the database refuse it.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, Sum

from core import clock
from core.scope import signer
from grids.models import Household, Territory
from points.models import Account, Entry, Posting, Shop

NOT_ENOUGH = "积分不够：现有 {has} 分，要 {needs} 分。"
NOTHING_TO_GIVE_BACK = "这些分已经用掉了：现有 {has} 分，要冲回 {needs} 分。先和户里说好，等分够了再冲正。"


@dataclass(frozen=True)
class Transfer:
    """So many points from one account to another."""

    payer: Account
    payee: Account
    points: int


def fund_of(village: Territory) -> Account:
    """What the village has issued."""
    return _account(kind=Account.FUND, territory=village)


def expired_of(village: Territory) -> Account:
    """What has run out in the village."""
    return _account(kind=Account.EXPIRED, territory=village)


def account_of(household: Household) -> Account:
    """The household's own. It stays in the village in which it was opened."""
    found = _at_hand(household) or Account.objects.filter(household=household).first()
    return found or _opened(
        household_id=household.pk, kind=Account.HOUSEHOLD, territory_id=household.village_id
    )


def account_of_shop(shop: Shop) -> Account:
    """What the village owes the shop."""
    found = _at_hand(shop) or Account.objects.filter(shop=shop).first()
    return found or _opened(shop_id=shop.pk, kind=Account.SHOP, territory_id=shop.territory_id)


def _at_hand(owner: Household | Shop) -> Account | None:
    """Its account, if it came along with its owner (select_related): whose it is never changes, and what lies there is
    read again when it is locked. Nothing is put at hand here, for it might be rolled back."""
    relation: Any = type(owner).account
    return getattr(owner, "account", None) if relation.is_cached(owner) else None


def _account(**whose: Any) -> Account:
    return Account.objects.filter(**whose).first() or _opened(**whose)


def _opened(**whose: Any) -> Account:
    """Two who open the same one at once: the constraint lets one in, and both go on with it."""
    try:
        with transaction.atomic():
            return Account.objects.create(**whose)
    except IntegrityError:
        return Account.objects.get(**{name: value for name, value in whose.items() if name != "territory_id"})


def balance_of(household: Household) -> int:
    """Points that the household can spend; 0 where it never had any."""
    return Account.objects.filter(household=household).values_list("balance", flat=True).first() or 0


def post(
    *,
    actor: Any,
    key: str,
    kind: str,
    village: Territory,
    transfers: Iterable[Transfer],
    words: str = "",
    reverses: Posting | None = None,
    short: str = NOT_ENOUGH,
) -> Posting:
    """Write one posting with all its entries, or nothing; the same key again is the same posting.

    ValidationError where an account would fall below zero: `short` says so, with {has} and {needs}.
    """
    posting = Posting(
        key=key,
        kind=kind,
        territory=village,
        day=clock.today(),
        at=clock.now(),
        actor=signer(actor),
        words=words,
        reverses=reverses,
    )
    with transaction.atomic():
        if enter(posting, transfers, short) is None:
            return Posting.objects.get(key=key)
    return posting


def enter(posting: Posting, transfers: Iterable[Transfer], short: str = NOT_ENOUGH) -> list[Entry] | None:
    """`post` for who has a transaction of his own already, and gives all of it up if this raises: the entries, both
    sides as they are locked now (a shop's with the shop as it stands now); None if the key was posted before."""
    transfers = list(transfers)
    if not transfers or any(each.points <= 0 for each in transfers):
        raise ValueError("a posting moves points, and never fewer than one")
    return _move(posting, transfers, short) if _is_first(posting) else None


def _is_first(posting: Posting) -> bool:
    """Write it unless its key is there already; of two at once the later one waits until the other has posted it.

    The ORM would need a question, a savepoint and an insert for it.
    """
    fields = [field for field in Posting._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Posting._meta.db_table} ({columns}) VALUES ({marks})"
            " ON CONFLICT (key) DO NOTHING RETURNING id",
            [field.get_db_prep_save(field.pre_save(posting, True), connection) for field in fields],
        )
        written = cursor.fetchone()
    if written is None:
        return False
    posting.pk, posting._state.adding, posting._state.db = written[0], False, connection.alias
    return True


def _move(posting: Posting, transfers: list[Transfer], short: str) -> list[Entry]:
    keys = sorted({account.pk for each in transfers for account in (each.payer, each.payee)})
    rows = Account.objects.filter(pk__in=keys).select_related("shop").order_by("pk")
    locked = {row.pk: row for row in rows.select_for_update(of=("self",), no_key=True)}
    entries = []
    for each in transfers:
        payer, payee = locked[each.payer.pk], locked[each.payee.pk]
        if payer.kind != Account.FUND and payer.balance < each.points:
            raise ValidationError(short.format(has=payer.balance, needs=each.points))
        if payee.kind == Account.FUND and payee.balance + each.points > 0:
            raise ValidationError("村里收回的分比发出去的还多，这一笔不能记。")
        payer.balance -= each.points
        payee.balance += each.points
        entries.append(
            Entry(
                posting=posting,
                payer=payer,
                payee=payee,
                points=each.points,
                payer_left=payer.balance,
                payee_has=payee.balance,
            )
        )
    _keep_balances(locked.values())
    return Entry.objects.bulk_create(entries)


def _keep_balances(accounts: Collection[Account]) -> None:
    """All of them in one statement, which PostgreSQL and SQLite read alike."""
    rows = ", ".join(["(%s, %s)"] * len(accounts))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Account._meta.db_table} SET balance = kept.column2 FROM (VALUES {rows}) AS kept"
            f" WHERE {Account._meta.db_table}.id = kept.column1",
            [value for account in accounts for value in (account.pk, account.balance)],
        )


def reverse(*, actor: Any, posting: Posting, words: str, short: str = NOTHING_TO_GIVE_BACK) -> Posting:
    """冲正: the same entries the other way round, once. ValidationError if the points are no longer there."""
    if posting.kind == Posting.REVERSE:
        raise ValidationError("冲正的账不能再冲正；要补的重新记一笔。")
    rows = posting.entries.select_related("payer", "payee").order_by("-pk")
    return post(
        actor=actor,
        key=f"reverse:{posting.pk}",
        kind=Posting.REVERSE,
        village=posting.territory,
        transfers=[Transfer(row.payee, row.payer, row.points) for row in rows],
        words=words,
        reverses=posting,
        short=short,
    )


def entries_of(account: Account) -> Iterator[tuple[Entry, int, int]]:
    """Newest first: the entry, what it brought this account (negative: took), and what was there afterwards."""
    rows = Entry.objects.filter(Q(payer=account) | Q(payee=account)).select_related("posting").order_by("-pk")
    for row in rows.iterator():
        out = row.payer_id == account.pk
        yield row, -row.points if out else row.points, row.payer_left if out else row.payee_has


# --- the audit ------------------------------------------------------------------------------------------------------


def faults() -> Iterator[str]:
    """Every line of the books that disagrees with another, in Chinese, with the row it is about; none if all is well.

    Constant memory; a few passes over accounts and entries.
    """
    yield from _balances()
    yield from _running()
    yield from _empty_postings()
    yield from _villages()


def _balances() -> Iterator[str]:
    """What an account holds is what it received less what it paid."""
    received = dict(Entry.objects.order_by().values_list("payee").annotate(Sum("points")))
    paid = dict(Entry.objects.order_by().values_list("payer").annotate(Sum("points")))
    for pk, balance in Account.objects.order_by("pk").values_list("pk", "balance").iterator():
        counted = received.get(pk, 0) - paid.get(pk, 0)
        if counted != balance:
            yield f"账户 {pk}：余额写着 {balance} 分，流水加起来是 {counted} 分。"


def _running() -> Iterator[str]:
    """What each entry says was there afterwards is what the entries before it leave."""
    held: dict[int, int] = {}
    rows = Entry.objects.order_by("pk").values_list(
        "pk", "payer", "payee", "points", "payer_left", "payee_has"
    )
    for pk, payer, payee, points, left, has in rows.iterator():
        held[payer] = held.get(payer, 0) - points
        held[payee] = held.get(payee, 0) + points
        if (held[payer], held[payee]) != (left, has):
            yield f"流水 {pk}：写着付后 {left}、收后 {has} 分，照前面的流水该是 {held[payer]}、{held[payee]} 分。"
            held[payer], held[payee] = left, has


def _empty_postings() -> Iterator[str]:
    for pk in Posting.objects.filter(entries__isnull=True).values_list("pk", flat=True):
        yield f"账目 {pk}：没有流水。"


def _villages() -> Iterator[str]:
    """Nothing crosses a village's border, and all that a village's accounts hold adds up to nothing."""
    crossing = Entry.objects.exclude(payer__territory=F("payee__territory")).values_list("pk", flat=True)
    for pk in crossing:
        yield f"流水 {pk}：两边不是一个村的账户。"
    for pk, total in Account.objects.order_by().values_list("territory").annotate(Sum("balance")):
        if total:
            yield f"村 {pk}：所有账户加起来是 {total} 分，应该是 0。"


# --- what was written stays written ---------------------------------------------------------------------------------

_KEPT = (Posting._meta.db_table, Entry._meta.db_table)


def drop_triggers() -> None:
    """Before a migration: SQLite looks at a table's triggers whenever another table is made anew."""
    with connection.cursor() as cursor:
        for sql in triggers(gone=True):
            cursor.execute(sql)


def ensure_triggers() -> None:
    """After every migration: no row of the books is changed or removed any more."""
    if not set(_KEPT) <= set(connection.introspection.table_names()):
        return
    drop_triggers()
    with connection.cursor() as cursor:
        for sql in triggers():
            cursor.execute(sql)


def triggers(*, gone: bool = False) -> list[str]:
    """The statements that put the triggers of this database there, or (`gone`) take them away."""
    if connection.vendor == "sqlite":
        if gone:
            return [
                f"DROP TRIGGER IF EXISTS {table}_{when}" for table in _KEPT for when in ("update", "delete")
            ]
        refuse = "BEGIN SELECT RAISE(ABORT, 'the books are append-only'); END"
        return [
            f"CREATE TRIGGER {table}_{when} BEFORE {when.upper()} ON {table} {refuse}"
            for table in _KEPT
            for when in ("update", "delete")
        ]
    if gone:
        there = set(connection.introspection.table_names())
        return [f"DROP TRIGGER IF EXISTS {table}_kept ON {table}" for table in _KEPT if table in there]
    function = (
        "CREATE OR REPLACE FUNCTION points_kept() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the books are append-only'; END $$"
    )
    return [function] + [
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION points_kept()"
        for table in _KEPT
    ]
