"""One list of ledgers: no two alike, in declared order, and a test can have its own."""

import sys
import types

import pytest

from core.ledger import Column, Ledger, get, registry
from core.ledger.registry import Registry, autodiscover


def kind(slug, title, order=0):
    return type(
        "Some", (Ledger,), {"slug": slug, "title": title, "order": order, "columns": (Column("a", "甲"),)}
    )


def test_a_second_of_the_same_name_is_refused():
    own = Registry()
    own.register(kind("a", "甲"))
    for again in (kind("a", "乙"), kind("b", "甲")):
        with pytest.raises(ValueError, match="two ledgers"):
            own.register(again)
    assert [ledger.slug for ledger in own.all()] == ["a"]


def test_they_come_in_declared_order():
    own = Registry()
    for slug, title, order in (("c", "丙", 3), ("a", "甲", 1), ("b", "乙", 2)):
        own.register(kind(slug, title, order))
    assert [ledger.slug for ledger in own.all()] == ["a", "b", "c"]


def test_a_ledger_that_is_not_whole_is_refused():
    with pytest.raises(ValueError, match="slug, title and columns"):
        Registry().register(kind("", "甲"))
    twins = type(
        "Twins", (Ledger,), {"slug": "t", "title": "双", "columns": (Column("a", "甲"), Column("a", "乙"))}
    )
    with pytest.raises(ValueError, match="one name"):
        Registry().register(twins)


def test_the_list_can_be_emptied_for_a_while():
    before = registry.all()
    with registry.emptied() as empty:
        assert empty.all() == []
        empty.register(kind("only-here", "只在这里"))
        assert get("only-here").title == "只在这里"
    assert registry.all() == before
    with pytest.raises(KeyError):
        get("only-here")


def test_finding_them_does_not_stumble_over_an_app_that_is_called_ledgers(settings, monkeypatch):
    made = types.ModuleType("ledgers_of_a_test")
    made.__path__ = []
    inner = types.ModuleType("ledgers_of_a_test.ledgers")
    monkeypatch.setitem(sys.modules, "ledgers_of_a_test", made)
    monkeypatch.setitem(sys.modules, "ledgers_of_a_test.ledgers", inner)
    assert "ledgers" in settings.INSTALLED_APPS
    before = registry.all()
    autodiscover()
    assert registry.all() == before
