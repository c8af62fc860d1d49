"""Refuses to start when a model does not say where in the tree its rows belong."""

from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import Error, register


@register()
def every_model_says_its_territory(app_configs: Any, **kwargs: Any) -> list[Error]:
    """scope.E001: TERRITORY missing; scope.E002: TERRITORY is None without a reason."""
    found = []
    for model in apps.get_models():
        ours = Path(model._meta.app_config.path).parent == settings.BASE_DIR
        if not ours or hasattr(model, "history_object"):
            continue
        if not hasattr(model, "TERRITORY"):
            found.append(Error(f"{model.__name__} does not say its TERRITORY", obj=model, id="scope.E001"))
        elif model.TERRITORY is None and not getattr(model, "TERRITORY_NONE_BECAUSE", ""):
            found.append(
                Error(f"{model.__name__} gives no TERRITORY_NONE_BECAUSE", obj=model, id="scope.E002")
            )
    return found
