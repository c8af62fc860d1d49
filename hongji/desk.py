"""The desk's first page: what every room has registered in core.board, as this actor sees it."""

from typing import Any

from core import board, clock
from core.menu import register_menu
from core.scope import may
from core.views import DeskPage
from grids.models import Post

register_menu("", "首页", "desk", "", 0)


class DeskHome(DeskPage):
    """Figures, panels and what waits; somebody without a post is told whom to ask."""

    template_name = "desk/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actor = self.request.user
        panels = board.panels_for(actor)
        return super().get_context_data(
            today=clock.today(),
            now=clock.now(),
            figures=board.figures_for(actor),
            waiting=board.waiting_for(actor),
            wide=[panel for panel in panels if panel.wide],
            narrow=[panel for panel in panels if not panel.wide],
            posted=Post.objects.of(actor).exists(),
            records=may(actor, "visits.record"),
            **kwargs,
        )
