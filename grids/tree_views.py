"""The desk's pages that change the tree: villages, grids and villager groups, each by one form and one verb."""

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.second_factor import requires_second_factor
from core.forms import tell_form
from core.views import DeskPage
from grids import services
from grids.models import Territory, VillagerGroup
from grids.services.territory import BELOW
from grids.tree_forms import AddBelow, AddGroup, Close, Rename, TreeForm

TITLES = {Territory.VILLAGE: "村", Territory.GRID: "网格"}


class TreePage(DeskPage):
    """One form about one node: say `verb`, `form_class`, the words, and in `do` which service is called."""

    template_name = "grids/tree.html"
    verb = "grids.redraw"
    form_class: type[TreeForm]
    kinds: ClassVar[tuple[str, ...]] = (Territory.VILLAGE, Territory.GRID)
    button = "存"
    bad = False  # the button takes something away

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """To change the tree is administration: the second factor, before anything is typed."""
        return requires_second_factor(self.verb)(super().dispatch)(request, *args, **kwargs)

    def node(self) -> Any:
        seen = Territory.objects.visible_to(self.request.user, self.verb).in_use().filter(kind__in=self.kinds)
        return get_object_or_404(seen.select_related("parent"), pk=self.kwargs["pk"])

    def title(self, node: Any) -> str:
        raise NotImplementedError

    def explained(self, node: Any) -> str:
        return ""

    def do(self, node: Any, told: dict[str, Any]) -> str:
        """Call the verb; what is now so, in words."""
        raise NotImplementedError

    def back(self, node: Any) -> str:
        return reverse("grids:territory", args=[node.pk])

    def answer(self, node: Any, form: TreeForm, status: int = 200) -> HttpResponse:
        context = self.get_context_data(
            node=node,
            form=form,
            title=self.title(node),
            explained=self.explained(node),
            back=self.back(node),
            button=self.button,
            bad=self.bad,
        )
        return self.render_to_response(context, status=status)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        node = self.node()
        return self.answer(node, self.form_class(node=node))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        node = self.node()
        form = self.form_class(request.POST, node=node)
        if form.is_valid():
            try:
                said = self.do(node, form.cleaned_data)
            except ValidationError as fault:
                tell_form(form, fault)
            else:
                messages.success(request, said)
                return redirect(self.after(node))
        return self.answer(node, form, 422)

    def after(self, node: Any) -> str:
        return self.back(node)


class Add(TreePage):
    """A village below the town, or a grid below a village."""

    form_class, kinds = AddBelow, (Territory.TOWN, Territory.VILLAGE)
    button = "添上"

    def title(self, node: Territory) -> str:
        return f"添一个{TITLES[BELOW[node.kind]]}"

    def explained(self, node: Territory) -> str:
        what = "先添村，再到村的页面添网格、村民组。" if node.kind == Territory.TOWN else ""
        return what or "添好以后，到村的页面把村民组划过来，再定网格长和专职网格员。"

    def back(self, node: Territory) -> str:
        return reverse("grids:grids") if node.kind == Territory.TOWN else super().back(node)

    def do(self, node: Territory, told: dict[str, Any]) -> str:
        kind = BELOW[node.kind]
        made = services.add_territory(actor=self.request.user, parent=node, kind=kind, **told)
        return f"{made.full_name}添上了，编码 {made.code}。"


class RenamePage(TreePage):
    form_class = Rename

    def title(self, node: Territory) -> str:
        return f"改名：{node.full_name}"

    def explained(self, node: Territory) -> str:
        return "只改名称，编码、村民组和户都不动。"

    def do(self, node: Territory, told: dict[str, Any]) -> str:
        before = node.name
        node = services.describe_territory(actor=self.request.user, territory=node, name=told["name"])
        return f"{before}改成了{node.name}。"


class ClosePage(TreePage):
    form_class, button, bad = Close, "撤掉", True

    def title(self, node: Territory) -> str:
        return f"撤掉{node.full_name}"

    def explained(self, node: Territory) -> str:
        first = "先把里面的网格撤掉" if node.kind == Territory.VILLAGE else "先把里面的村民组划到别的网格"
        return f"{first}。撤了以后这里的岗位到那天止，编码 {node.code} 不再用，以前报的数字不变。"

    def do(self, node: Territory, told: dict[str, Any]) -> str:
        services.close_territory(actor=self.request.user, territory=node, on=told["on"])
        return f"{node.full_name}撤掉了。"

    def after(self, node: Territory) -> str:
        if node.kind == Territory.GRID:
            return reverse("grids:territory", args=[node.parent_id])
        return reverse("grids:grids")


class AddGroupPage(TreePage):
    form_class, verb, kinds, button = AddGroup, "posts.manage", (Territory.VILLAGE,), "添上"

    def title(self, node: Territory) -> str:
        return f"添一个村民组：{node}"

    def do(self, node: Territory, told: dict[str, Any]) -> str:
        group = services.add_group(actor=self.request.user, **told)
        return f"{group}添上了，在{told['grid']}。"


class GroupPage(TreePage):
    """What the pages of one villager group share."""

    verb = "posts.manage"

    def node(self) -> VillagerGroup:
        seen = VillagerGroup.objects.in_use().visible_to(self.request.user, self.verb)
        return get_object_or_404(seen.select_related("village", "grid"), pk=self.kwargs["pk"])

    def back(self, node: VillagerGroup) -> str:
        return reverse("grids:territory", args=[node.village_id])


class RenameGroup(GroupPage):
    form_class = Rename

    def title(self, node: VillagerGroup) -> str:
        return f"改名：{node.village} {node}"

    def explained(self, node: VillagerGroup) -> str:
        return "只改名称，户和网格都不动。"

    def do(self, node: VillagerGroup, told: dict[str, Any]) -> str:
        before = node.name
        return f"{before}改成了{services.rename_group(actor=self.request.user, group=node, **told)}。"


class CloseGroup(GroupPage):
    form_class, button, bad = Close, "撤掉", True

    def title(self, node: VillagerGroup) -> str:
        return f"撤掉{node.village} {node}"

    def explained(self, node: VillagerGroup) -> str:
        return "组里没有户了才能撤：先在各户的页面“换村民组”。以前报的数字不变。"

    def do(self, node: VillagerGroup, told: dict[str, Any]) -> str:
        return f"{services.close_group(actor=self.request.user, group=node, **told)}撤掉了。"
