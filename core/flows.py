"""A model's declared states as a picture: every transition of its state field, for docs/flows.md."""

from collections.abc import Iterator
from typing import Any

from django.db import models
from django_fsm import FSMField, State


def state_field(model: type[models.Model]) -> FSMField | None:
    """The field whose transitions are declared, None for a model without one."""
    return next((field for field in model._meta.concrete_fields if isinstance(field, FSMField)), None)


def arrows(model: type[models.Model]) -> Iterator[tuple[str, str, str]]:
    """(from, to, what is done), in the order of the states; titles as people read them."""
    titles, order, found = _steps(model)
    forth = [step for step in found if not isinstance(step.target, State)]
    for step in sorted(
        forth, key=lambda step: (order.index(step.source), order.index(step.target), step.name)
    ):
        yield titles[step.source], titles[step.target], step.custom["title"]


def ways_back(model: type[models.Model]) -> dict[str, list[str]]:
    """What is done to take the last step back, from which states: it leads to wherever that step began."""
    titles, order, found = _steps(model)
    back: dict[str, list[str]] = {}
    for step in sorted(found, key=lambda step: order.index(step.source)):
        if isinstance(step.target, State):
            back.setdefault(step.custom["title"], []).append(titles[step.source])
    return back


def _steps(model: type[models.Model]) -> tuple[dict[str, str], list[str], list[Any]]:
    field = state_field(model)
    assert field is not None
    titles = dict(field.choices or ())
    return titles, list(titles), list(field.get_all_transitions(model))


def drawing(model: type[models.Model]) -> str:
    """The diagram (Mermaid): the first state marked, one arrow for all that leads from one state to another."""
    field = state_field(model)
    assert field is not None
    titles = dict(field.choices or ())
    names = {title: code for code, title in titles.items()}
    joined: dict[tuple[str, str], list[str]] = {}
    for source, target, title in arrows(model):
        joined.setdefault((source, target), []).append(title)
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{title}" as {code}' for code, title in titles.items()]
    lines.append(f"    [*] --> {field.default}")
    lines += [
        f"    {names[source]} --> {names[target]}: {'、'.join(done)}"
        for (source, target), done in joined.items()
    ]
    return "\n".join(lines)
