"""The pages on which an office lays out the sheets for another system: what there is, and the order of one of them."""

import re
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from core.faults import refusal
from core.ledger.laid import LAYS_OUT, MOST_FIXED, Laid, Layout, lay_out, layout_of, layouts_of, sheet_of
from core.scope import may
from core.views import DeskPage

_RED = "有没填对的，改红框里的，再存一次。"


class Sheets(DeskPage):
    """The sheets of one system (`kinds`): how each is laid out now, and where it is made and compared. `order_page`:
    the name of the page on which one of them is laid out."""

    kinds: ClassVar[tuple[str, ...]] = ()
    order_page: ClassVar[str] = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        layouts = layouts_of(self.kinds)
        actor = self.request.user
        return super().get_context_data(
            sheets=[(layout, reverse(self.order_page, args=[layout.kind])) for layout in layouts],
            unknown=next((layout.told for layout in layouts if not layout.checked), ""),
            lays_out=may(actor, LAYS_OUT),
            imports=may(actor, "imports.run"),
            exports=may(actor, "ledgers.export"),
            **kwargs,
        )


class LayOut(DeskPage):
    """列序 of one sheet: a line for each field and for some constants, each with its place, its heading and 不要.
    `back`: the name of the page with the system's sheets."""

    verb = LAYS_OUT
    template_name = "desk/layout.html"
    kinds: ClassVar[tuple[str, ...]] = ()
    back: ClassVar[str] = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if kwargs["kind"] not in self.kinds:
            raise Http404("no such sheet")
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        layout = layout_of(self.kwargs["kind"])
        return super().get_context_data(
            title=layout.sheet.title,
            layout=layout,
            back=reverse(self.back),
            **{"lines": _lines(layout), "checked": layout.checked, "refused": []} | kwargs,
        )

    def post(self, request: HttpRequest, kind: str) -> HttpResponse:
        lines = [_typed(line, request.POST) for line in _lines(layout_of(kind))]
        try:
            kept = _in_order(lines)
            laid = [Laid(line["field"], line["title"], line["fixed"]) for line in kept]
            lay_out(actor=request.user, kind=kind, laid=laid, checked=request.POST.get("checked", ""))
        except ValidationError as fault:
            told, status = refusal(fault)
            for line in lines:
                place = line.get("place")
                line["fault"] = line.get("fault") or "".join(told.get(f"title-{place}", ()))
            whole = [*told.get("whole", ()), *told.get("", ())]
            more = {"lines": lines, "checked": request.POST.get("checked", ""), "refused": whole or [_RED]}
            return self.render_to_response(self.get_context_data(**more), status=status)
        messages.success(request, f"{sheet_of(kind).title}的列序存好了，以后导出、对账都照它。")
        return redirect(self.back)


def _lines(layout: Layout) -> list[dict[str, Any]]:
    """Every field and MOST_FIXED constants: what is in first, in its order; then what is left out."""
    titles = layout.sheet.titles
    found: list[dict[str, Any]] = []
    fixed = 0
    for number, each in enumerate(layout.laid, 1):
        if each.field in titles:
            found.append(_line(each.field, titles[each.field], each.title, number))
        elif not each.field:
            fixed += 1
            found.append(_line(f"fixed{fixed}", "固定写的", each.title, number) | {"fixed": each.fixed})
    there = {line["name"] for line in found}
    for name, title in titles.items():
        if name not in there:
            found.append(_line(name, title, title, len(found) + 1) | {"out": True})
    for number in range(fixed + 1, MOST_FIXED + 1):
        found.append(_line(f"fixed{number}", "固定写的", "", len(found) + 1) | {"out": True})
    return found


def _line(name: str, ours: str, title: str, order: int) -> dict[str, Any]:
    field = "" if name.startswith("fixed") else name
    return {
        "name": name,
        "field": field,
        "ours": ours,
        "title": title,
        "order": str(order),
        "fixed": "",
        "out": False,
    }


def _typed(line: dict[str, Any], sent: Any) -> dict[str, Any]:
    """The line with what was sent of it; of what the page did not send, as it was."""
    name = line["name"]
    if f"title-{name}" not in sent:
        return line
    typed = {part: sent.get(f"{part}-{name}", "") for part in ("title", "order", "fixed")}
    return line | typed | {"out": f"out-{name}" in sent}


def _in_order(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that are wanted, by their numbers; of two with one number the one that stands above comes first."""
    kept = [line for line in lines if not line["out"]]
    bad = [line for line in kept if not re.fullmatch(r"[0-9]{1,3}", line["order"].strip())]
    for line in bad:
        line["fault"] = "排第几填一个数，例如 3。"
    if bad:
        raise ValidationError({"order": "排第几填一个数。"})
    kept.sort(key=lambda line: int(line["order"]))
    for place, line in enumerate(kept):
        line["place"] = place
    return kept
