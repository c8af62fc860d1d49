"""The hidden key of a row says nothing and is worth nothing elsewhere."""

from core.ledger import row_key


def test_a_key_is_bound_to_ledger_village_and_row():
    keys = {
        row_key(slug, code, ident)
        for slug in ("persons", "visits") for code in ("341504999201", "341504999202") for ident in (1, 2)
    }  # fmt: skip
    assert len(keys) == 8
    assert row_key("persons", "341504999201", 1) == row_key("persons", "341504999201", "1")
    assert all(len(key) == 22 and key.isascii() for key in keys)


def test_a_key_depends_on_the_secret(settings):
    first = row_key("persons", "341504999201", 1)
    settings.HASH_KEY = b"another secret, as long as needed"
    assert row_key("persons", "341504999201", 1) != first
    settings.HASH_KEY = "a secret in letters"
    assert len(row_key("persons", "341504999201", 1)) == 22


def test_parts_cannot_be_shifted_into_each_other():
    assert row_key("a", "b1", 2) != row_key("a", "b", 12)
