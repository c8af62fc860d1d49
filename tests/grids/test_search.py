"""Finding people by characters, pinyin, initials, household number, identity number and phone."""

import pytest

from core.idnumber import looks_secret
from grids import services
from tests.people import Town


def names(actor: object, text: str) -> list[str]:
    return [row.person.name if row.person else row.household.head_name for row in services.find(actor, text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("张三", ["张三丰"]),
        ("三丰", ["张三丰"]),
        ("丰", ["张三丰"]),
        ("张", ["张三丰", "张翠山"]),
        ("zsf", ["张三丰"]),
        ("ZhangSan", ["张三丰"]),
        ("zh sf", []),
        ("060002", ["王大春"]),
        ("０６０００２", ["王大春"]),
        ("㻞", ["李㻞"]),
        ("19900000903", ["李㻞"]),
        ("199 0000 0903", ["李㻞"]),
        ("陈", []),
        ("", []),
        ("%", []),
        ("_", []),
    ],
)
def test_a_secretary_finds_her_people(town: Town, text: str, expected: list[str]) -> None:
    assert names(town.secretary, text) == expected


def test_a_full_identity_number_finds_its_owner_and_no_neighbours(town: Town) -> None:
    number = town.head(town.chen).id_number
    assert number is not None
    assert names(town.neighbour, number.open().lower()) == ["陈小军"]
    assert names(town.secretary, number.open()) == []
    assert names(town.supervisor, number.open()) == []


def test_an_assistant_finds_heads_of_households_only(town: Town) -> None:
    assert names(town.assistant, "张") == ["张三丰"]
    assert names(town.assistant, "zcs") == []
    assert names(town.assistant, "19900000901") == []
    assert names(town.nobody, "张三丰") == []


def test_a_name_is_spelled_with_its_surname_sound() -> None:
    assert services.spell("曾小贤") == ("zengxiaoxian", "zxx")
    assert services.spell("单田芳").initials == "stf"
    assert services.spell("吕布").pinyin == "lvbu"
    assert services.spell("").pinyin == ""


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("19900000903", True),
        ("199-0000-0903", True),
        ("349901195001020017", True),
        ("060001", False),
        ("张三", False),
    ],
)
def test_what_looks_like_a_number_of_a_person_is_known(text: str, secret: bool) -> None:
    assert looks_secret(text) is secret
