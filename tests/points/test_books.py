"""Points move between accounts, and nothing in the books is ever changed, doubled or lost."""

import datetime as dt
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum

from core import clock
from core.periods import Month
from points import services
from points.models import Account, Entry, Posting
from points.services import books
from points.services.expiry import old_points
from tests.points.conftest import Market

pytestmark = pytest.mark.django_db


def test_what_is_posted_stands_in_both_accounts_and_all_of_it_adds_up_to_nothing(market: Market) -> None:
    market.posted()
    assert services.balance_of(market.town.zhang) == 5
    assert Account.objects.get(kind="fund").balance == -5
    assert Account.objects.aggregate(sum=Sum("balance"))["sum"] == 0
    assert not list(services.faults())


def test_the_same_event_is_posted_once(market: Market) -> None:
    home = books.account_of(market.town.zhang)
    fund = books.fund_of(market.town.jinxing)

    def give() -> Posting:
        return books.post(
            actor=market.town.secretary,
            key="bring:1",
            kind=Posting.BRING,
            village=market.town.jinxing,
            transfers=[books.Transfer(fund, home, 7)],
        )

    assert give() == give()
    assert services.balance_of(market.town.zhang) == 7


def test_nobody_spends_what_he_has_not(market: Market) -> None:
    market.posted()
    home = books.account_of(market.town.zhang)
    with pytest.raises(ValidationError, match="现有 5 分，要 6 分"):
        books.post(
            actor=market.keeper,
            key="redemption:x",
            kind=Posting.REDEEM,
            village=market.town.jinxing,
            transfers=[books.Transfer(home, books.account_of_shop(market.shop), 6)],
        )
    assert not Posting.objects.filter(key="redemption:x").exists()
    assert services.balance_of(market.town.zhang) == 5


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE points_entry SET points = 500",
        "DELETE FROM points_entry",
        "UPDATE points_posting SET day = '2026-01-01'",
        "DELETE FROM points_posting",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_written(market: Market, sql: str) -> None:
    market.posted()
    before = list(Entry.objects.values_list()), list(Posting.objects.values_list())
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    assert (list(Entry.objects.values_list()), list(Posting.objects.values_list())) == before


def test_a_balance_below_nothing_is_refused_by_the_database_itself(market: Market) -> None:
    market.posted()
    with pytest.raises(DatabaseError), transaction.atomic():
        Account.objects.filter(household=market.town.zhang).update(balance=-1)


def test_check_books_says_that_all_is_well(market: Market) -> None:
    market.posted()
    out = StringIO()
    call_command("check_books", stdout=out)
    assert "积分账对得上，共 1 条流水" in out.getvalue()


def test_check_books_names_what_disagrees_and_ends_with_1(market: Market) -> None:
    market.posted()
    Account.objects.filter(household=market.town.zhang).update(balance=50)
    err = StringIO()
    with pytest.raises(CommandError, match="有 2 处对不上"):
        call_command("check_books", stderr=err)
    assert "余额写着 50 分，流水加起来是 5 分" in err.getvalue()
    assert "所有账户加起来是 45 分，应该是 0" in err.getvalue()


def test_check_books_names_an_entry_that_lies_about_what_was_left(market: Market) -> None:
    award = market.posted()
    services.drop_triggers()
    Entry.objects.filter(posting=award.posting).update(payee_has=500)
    services.ensure_triggers()
    assert any("收后 500 分" in fault for fault in services.faults())


def test_points_run_out_at_the_turn_of_the_year_where_the_village_says_so(market: Market) -> None:
    market.posted()
    market.posted(item=market.blood)
    market.redeem()
    scheme = market.scheme
    assert services.expire(dt.date(2027, 1, 1)) == 0
    scheme.good_years = 1
    scheme.save()
    assert services.expire(dt.date(2027, 1, 1)) == 0
    assert services.expire(dt.date(2028, 1, 1)) == 1
    assert services.expire(dt.date(2028, 1, 2)) == 0
    assert services.balance_of(market.town.zhang) == 0
    assert Account.objects.get(kind="expired").balance == 13
    assert not list(services.faults())


def test_the_oldest_points_are_spent_first(market: Market) -> None:
    market.posted(item=market.blood)
    market.redeem()
    home = books.account_of(market.town.zhang)
    last_year = dt.date(2026, 12, 31)
    assert books.balance_of(market.town.zhang) == 8
    assert old_points(home, last_year) == 8
    assert old_points(home, dt.date(2025, 12, 31)) == 0


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("UPDATE points_award SET points = 500", "写着 500 分，入账的是"),
        ("UPDATE points_award SET state = 'reversed'", "写着“已冲正”，账上不是"),
        ("UPDATE points_redemptionline SET number = 9", "东西加起来是 108 分"),
        ('UPDATE points_redemption SET points = 1, "before" = after + 1', "和账上的不一样"),
        ("UPDATE points_redemption SET undone_id = posting_id", "冲正写着的和账上的不一样"),
        ("UPDATE points_goods SET stock = 3 WHERE stock > 0", "写着还剩 3 袋，进出货加起来是 9 袋"),
        ('UPDATE points_stockmove SET "left" = 7 WHERE redemption_id IS NOT NULL', "写着之后 7，加起来是 9"),
        ("UPDATE points_stockmove SET number = -2 WHERE redemption_id IS NOT NULL", "1 件，货架上兑换 2 件"),
        ("UPDATE points_statement SET points = 9000", "写着 1 笔 9000 分，账上是 1 笔 12 分"),
    ],
)
def test_paper_that_says_something_else_than_the_books_is_told(market: Market, sql: str, told: str) -> None:
    market.posted(item=market.blood)
    market.redeem()
    with clock.stopped_at("2026-12-01T09:00"):
        services.make_statement(actor=market.town.secretary, shop=market.shop, month=Month.parse("2026-11"))
    assert not list(services.faults())
    with connection.cursor() as cursor:
        cursor.execute(sql)
    assert told in "".join(services.faults())
    with pytest.raises(CommandError, match="对不上"):
        call_command("check_books", stdout=StringIO(), stderr=StringIO())
