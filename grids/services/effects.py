"""What a change of the register did, row by row, so that it can be put back exactly, or refused if it cannot."""

import datetime as dt
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models

from core.after import TakenBack
from core.fields import SealedField

# Worked out from the people of a household after every change (register.refresh): never a fact of its own.
DERIVED = {"household": {"size", "head_name"}}
SEARCH_KEYS = {"id_number": "id_number_hash", "phone": "phone_hash"}
LATER = "这一户后来又改过，先撤销后面的那一件。"


class Effects:
    """Creates, updates and deletes rows, and remembers each as `{"model", "pk", "before", "after"}`."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.households: set[int] = set()

    def create(self, row: models.Model) -> Any:
        row.full_clean()
        row.save(force_insert=True)
        self._note(row, None, _values(row))
        return row

    def update(self, row: models.Model, **changes: Any) -> Any:
        before = _values(row)
        for field, value in changes.items():
            setattr(row, field, value)
        row.full_clean()
        row.save(update_fields=list(changes))
        meta: Any = row._meta
        names = {meta.get_field(field).attname for field in changes}
        after = _values(row)
        self._note(
            row, {n: before[n] for n in names & before.keys()}, {n: after[n] for n in names & after.keys()}
        )
        return row

    def delete(self, row: models.Model) -> None:
        """Only for dated rows that never held; rows with sealed values are closed, not deleted."""
        self._note(row, _values(row), None)
        row.delete()

    def _note(self, row: models.Model, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        self.rows.append({"model": row._meta.model_name, "pk": row.pk, "before": before, "after": after})
        household = row.pk if row._meta.model_name == "household" else getattr(row, "household_id", None)
        if household:
            self.households.add(household)


def put_back(effects: list[dict[str, Any]]) -> set[int]:
    """Undo every effect, last first; the households touched. ValidationError if a row was changed since."""
    created = {(e["model"], e["pk"]) for e in effects if e["before"] is None}
    households: set[int] = set()
    for effect in reversed(effects):
        model = apps.get_model("grids", effect["model"])
        for values in (effect["before"], effect["after"]):
            if values and values.get("household_id"):
                households.add(values["household_id"])
        if effect["model"] == "household" and effect["before"] is not None:
            households.add(effect["pk"])
        if effect["after"] is None:
            model(pk=effect["pk"], **_read(model, effect["before"])).save(force_insert=True)
            continue
        row = model.objects.select_for_update().filter(pk=effect["pk"]).first()
        if row is None or _differs(row, effect["after"]):
            raise ValidationError(LATER)
        if household := getattr(row, "household_id", None):
            households.add(household)
        if effect["before"] is None:
            _remove(row, created)
        else:
            before = _read(model, effect["before"]) | _sealed_before(row, effect["before"])
            for name, value in before.items():
                setattr(row, name, value)
            row.full_clean()
            row.save(update_fields=[_field(model, name).name for name in before])
    return households - {pk for name, pk in created if name == "household"}


def taken_back(effects: list[dict[str, Any]]) -> TakenBack:
    """Which rows putting these effects back removes, and which it makes as they were."""
    touched = {(effect["model"], effect["pk"]) for effect in effects}
    gone = {(effect["model"], effect["pk"]) for effect in effects if effect["before"] is None}
    return TakenBack(gone=frozenset(gone), restored=frozenset(touched - gone))


def _sealed_before(row: Any, before: dict[str, Any]) -> dict[str, Any]:
    """The sealed values under the search keys that come back: out of the row's own history, where they lie sealed."""
    found = {}
    for name, key in SEARCH_KEYS.items():
        if key not in before:
            continue
        lines = row.history.filter(**{key: before[key]}).order_by("-history_date", "-history_id")
        found[name] = lines.values_list(name, flat=True).first() if before[key] else None
        if before[key] and found[name] is None:
            raise ValidationError("原来的号码找不回来，撤不掉。号码错了，再更正一次。")
    return found


def _remove(row: models.Model, created: set[tuple[str, int]]) -> None:
    """Delete a row the change had made, unless something has come to hang on it since."""
    relations: Any = row._meta.get_fields(include_hidden=True)
    for relation in relations:
        model = relation.related_model
        if not (relation.one_to_many or relation.one_to_one) or not relation.auto_created:
            continue
        if model._meta.app_label != "grids" or hasattr(model, "history_object"):
            continue
        for pk in model._default_manager.filter(**{relation.field.name: row}).values_list("pk", flat=True):
            if (model._meta.model_name, pk) not in created:
                raise ValidationError(LATER)
    try:
        row.delete()
    except (models.ProtectedError, models.RestrictedError):
        raise ValidationError("这一户已经有了走访或者积分，撤不掉。要改，另报一件变动。") from None


def _values(row: models.Model) -> dict[str, Any]:
    """The row's plain values as JSON has them; secrets and what is worked out stay away."""
    skip = DERIVED.get(str(row._meta.model_name), set())
    return {
        field.attname: _plain(field.value_from_object(row))
        for field in row._meta.concrete_fields
        if not field.primary_key and field.name not in skip and not isinstance(field, SealedField)
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _field(model: type[models.Model], attname: str) -> Any:
    return next(field for field in model._meta.concrete_fields if field.attname == attname)


def _read(model: type[models.Model], values: dict[str, Any]) -> dict[str, Any]:
    return {name: _field(model, name).to_python(value) for name, value in values.items()}


def _differs(row: models.Model, values: dict[str, Any]) -> bool:
    current = _values(row)
    return any(current[name] != value for name, value in values.items())
