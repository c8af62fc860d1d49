"""`manage.py draw_flows`: docs/flows.md anew from the states that the models declare."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from core.flows import drawing, state_field, ways_back

HEAD = """# What may follow what

Drawn by `manage.py draw_flows` from the transitions that the models declare; a test holds this page against them.
Who may take a step stands in `grids/duties.py` and is asked by the services.
"""


def page() -> str:
    """The whole of docs/flows.md."""
    parts = [HEAD]
    for model in apps.get_models():
        if state_field(model) is not None:
            title = f"{model._meta.verbose_name}（`{model._meta.app_label}.{model.__name__}`）"
            parts.append(f"## {title}\n\n```mermaid\n{drawing(model)}\n```\n")
            parts += [
                f"{done} leads back to where the last step began, from {'、'.join(sources)}.\n"
                for done, sources in ways_back(model).items()
            ]
    return "\n".join(parts)


class Command(BaseCommand):
    help = "按模型里声明的状态重画 docs/flows.md"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="只看画的和声明的是不是一样")

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.BASE_DIR / "docs" / "flows.md"
        if options["check"]:
            same = path.exists() and path.read_text(encoding="utf-8") == page()
            self.stdout.write("一样。" if same else "不一样：运行 manage.py draw_flows。")
            raise SystemExit(0 if same else 1)
        path.write_text(page(), encoding="utf-8")
        self.stdout.write(f"{path} 画好了。")
