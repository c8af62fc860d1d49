"""G10, G11, G12: a list page, a page far back, and finding a person, through the real doors."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path

from core.paging import Keyset
from grids.models import Household, Person
from grids.services import find
from hongji.bench.measure import Ratio, at_least, at_most, ratios, side_by_side

TWO_MILLION = 2_000_000
NAMES = ("建", "秀英", "王建", "wjg", "zhangzhi", "lgl")


def raw_page(request: HttpRequest) -> HttpResponse:
    """The limit: the same fifty rows by hand-written SQL and json, behind the same middleware."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT h.id, h.number, h.head_name, h.address, h.size, h.phone_mask, g.id, g.name, g.position"
            " FROM grids_household h JOIN grids_villagergroup g ON g.id = h.group_id"
            " WHERE h.ended_on IS NULL ORDER BY h.id LIMIT 50"
        )
        rows = cursor.fetchall()
    return HttpResponse(json.dumps({"results": rows}, ensure_ascii=False), content_type="application/json")


urlpatterns = [path("bench/raw/", raw_page), path("", include("hongji.urls"))]


def g10() -> Iterator[Ratio]:
    client = Client()
    client.force_login(get_user_model().objects.get(username="secretary"))
    with override_settings(ROOT_URLCONF="hongji.bench.pages", ALLOWED_HOSTS=["testserver"]):
        queries: list[str] = []
        with connection.execute_wrapper(_noting(queries)):
            answer = client.get("/api/households/")
        assert answer.status_code == 200, answer.content
        sides = {"ours": lambda: client.get("/api/households/"), "raw": lambda: client.get("/bench/raw/")}
        seen = side_by_side(sides, repeat=20)
    note = f"{len(queries)} 次查询，{min(seen['ours'].wall) / 20 * 1000:.1f} ms"
    yield at_most(
        "G10", "一页 50 户 ÷ 手写 SQL＋JSON（CPU）", ratios(seen["ours"].cpu, seen["raw"].cpu), 8, note
    )


def _noting(queries: list[str]) -> Callable[..., Any]:
    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        queries.append(sql)
        return execute(sql, *rest)

    return note


def g11(pages: int) -> Iterator[Ratio]:
    """A page far back costs what the first one costs; the key is taken from the row before it."""
    keyset, rows = Keyset("village_id", "pk"), Household.objects.all()
    village = rows.order_by("village_id", "pk").values_list("village_id", flat=True)[0]
    rows = rows.filter(village__gte=village)
    before = rows.order_by("village_id", "pk")[max(min(pages * 50, rows.count() - 60), 0)]
    key = keyset._key(before)
    seen = side_by_side(
        {"far": lambda: keyset.page(rows, after=key), "first": lambda: keyset.page(rows)}, repeat=20
    )
    yield at_most("G11", f"第 {pages} 页 ÷ 第 1 页", ratios(seen["far"].wall, seen["first"].wall), 2)


def g12(people: int) -> Iterator[Ratio]:
    actor = get_user_model().objects.get(username="office")
    found, plain = [], []
    for _ in range(5):
        found.append(_seconds(lambda text: list(find(actor, text))))
        plain.append(_seconds(_plain))
    note = f"{min(found) / len(NAMES) * 1000:.1f} ms"
    line = at_least("G12", f"在 {people} 人里找人：无索引 icontains ÷ 我们", ratios(plain, found), 50, note)
    # The number is of two million people: reading them all costs more with each, finding one does not.
    yield line if people >= TWO_MILLION else replace(line, must="200 万人时 ≥ 50×", met=None)


def _plain(text: str) -> list[tuple[int]]:
    """The first twenty in the order of names, found the plain way."""
    return list(Person.objects.filter(_anywhere(text)).order_by("name", "pk").values_list("pk")[:20])


def _anywhere(text: str) -> object:
    from django.db.models import Q

    return Q(name__icontains=text) | Q(pinyin__icontains=text) | Q(initials__icontains=text)


def _seconds(search: object) -> float:
    began = time.perf_counter()
    for text in NAMES:
        search(text)  # type: ignore[operator]
    return time.perf_counter() - began
