"""Addresses of the pages of grids."""

from django.urls import path, register_converter

from grids import map_views as maps
from grids import redraw_views as redraw
from grids import register_views as register
from grids import territory_views as territory
from grids import tree_views as tree


class Verb:
    """accept, refuse or undo."""

    regex = "accept|refuse|undo"

    def to_python(self, value: str) -> str:
        return value

    to_url = to_python


register_converter(Verb, "verb")

app_name = "grids"
urlpatterns = [
    path("desk/grids/", territory.Grids.as_view(), name="grids"),
    path("desk/grids/<int:pk>/", territory.TerritoryPage.as_view(), name="territory"),
    path("desk/grids/<int:pk>/appoint/", territory.Appoint.as_view(), name="appoint"),
    path("desk/grids/<int:pk>/describe/", territory.describe, name="describe"),
    path("desk/grids/<int:pk>/add/", tree.Add.as_view(), name="add"),
    path("desk/grids/<int:pk>/rename/", tree.RenamePage.as_view(), name="rename"),
    path("desk/grids/<int:pk>/close/", tree.ClosePage.as_view(), name="close"),
    path("desk/grids/<int:pk>/redraw/", redraw.RedrawPage.as_view(), name="redraw"),
    path("desk/grids/redrawings/<int:pk>/undo/", redraw.undo_redrawing, name="undo_redrawing"),
    path("desk/grids/<int:pk>/groups/", tree.AddGroupPage.as_view(), name="add_group"),
    path("desk/grids/groups/<int:pk>/rename/", tree.RenameGroup.as_view(), name="rename_group"),
    path("desk/grids/groups/<int:pk>/close/", tree.CloseGroup.as_view(), name="close_group"),
    path("desk/grids/<int:pk>/map/", maps.MapPage.as_view(), name="map"),
    path("desk/grids/<int:pk>/map/import/", maps.Import.as_view(), name="map_import"),
    path("desk/grids/<int:pk>/map/shapes/", maps.Shapes.as_view(), name="map_shapes"),
    path("desk/grids/posts/<int:pk>/end/", territory.end_post, name="end_post"),
    path("desk/grids/officers/<int:pk>/", territory.OfficerPage.as_view(), name="officer"),
    path("desk/grids/officers/<int:pk>/account/", territory.issue, name="issue"),
    path("desk/register/", register.Register.as_view(), name="register"),
    path("desk/register/find/", register.Find.as_view(), name="find"),
    path("desk/register/move_in/", register.Change.as_view(), name="move_in"),
    path("desk/register/<int:pk>/", register.HouseholdPage.as_view(), name="household"),
    path("desk/register/<int:pk>/change/<slug:kind>/", register.Change.as_view(), name="change"),
    path("desk/register/changes/<int:pk>/<verb:verb>/", register.decide, name="decide"),
    path("desk/register/persons/<int:pk>/unmask/", register.unmask, name="unmask"),
]
