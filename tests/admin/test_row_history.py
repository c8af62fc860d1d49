"""The history of a row in the office's desk: every saving in Chinese, numbers masked, nobody else's row."""

import re

import pytest
from django.urls import reverse

from core import clock
from grids import services
from tests.factor import client_of
from tests.people import Town, id_number


def address(kind: str, pk: object) -> str:
    return reverse(f"admin:grids_{kind}_history", args=[pk])


def words(answer) -> str:
    main = answer.content.decode().split('id="content-main"')[1]
    return re.sub(r"<[^>]+>", " ", main)


def correct(town: Town, **facts) -> None:
    services.change(
        actor=town.secretary,
        kind="correct_person",
        person=town.head(town.zhang),
        happened_on=clock.today(),
        facts=facts,
    )


def test_what_was_changed_of_a_person_is_told_in_chinese(town: Town) -> None:
    head = town.head(town.zhang)
    correct(town, name="张三峰", sex="女", birth_date="", id_number="", politics="中共党员")
    page = words(client_of(town.office).get(address("person", head.pk)))
    for told in ("姓名：张三丰 → 张三峰", "→ 女", "政治面貌：群众 → 中共党员", "→ 空", "登记"):
        assert told in page
    assert not re.search(r"[A-Za-z]{2,}", page), "no English, no pinyin, no search keys"


def test_no_number_is_in_any_line(town: Town) -> None:
    head = town.head(town.zhang)
    assert head.id_number
    assert head.phone
    numbers = [head.id_number.open(), head.phone.open(), id_number("19700203", 311), "19900007788"]
    correct(town, id_number=numbers[2], phone=numbers[3])
    answer = client_of(town.office).get(address("person", head.pk))
    page = answer.content.decode()
    assert not any(number in page for number in numbers)
    assert f"身份证号：{head.id_number_mask} → 349901************" in page, "that it is another one is told"
    assert "电话：199****" in page
    household = client_of(town.office).get(address("household", town.zhang.pk)).content.decode()
    assert "19900000901" not in household


def test_every_list_with_lines_of_history_shows_them(town: Town) -> None:
    client = client_of(town.office)
    rows = {
        "person": town.head(town.zhang),
        "household": town.zhang,
        "territory": town.grid1,
        "officer": town.worker.officer,
        "post": town.worker.officer.posts.get(),
    }
    for kind, row in rows.items():
        assert "登记" in words(client.get(address(kind, row.pk))), kind
        assert client.get(address(kind, 987654)).status_code == 404


@pytest.mark.parametrize("part", ["secretary", "worker", "sysadmin", "nobody"])
def test_nobody_reads_it_who_may_not_see_the_row(town: Town, part: str) -> None:
    client = client_of(getattr(town, part))
    assert client.get(address("person", town.head(town.zhang).pk)).status_code == 403
