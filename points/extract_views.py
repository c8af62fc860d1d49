"""好事摘录 on the desk: for what, of whom and of which days; who took out what before; the workbook and the paper."""

import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import content_disposition_header

from accounts.second_factor import RequiresSecondFactor
from core import clock
from core.forms import DayField, tell_form
from core.ledger.writing import XLSX
from core.views import DeskPage
from grids.models import Territory
from points.models import Extract
from points.models.awards import SEES
from points.services.extracting import (
    MOST_NAMED,
    NOTE,
    TAKES_OUT,
    decided_said,
    deeds_of,
    take_out,
    write_extract,
)

SHOWN, ON_PAPER = 30, 1000


class ExtractForm(forms.Form):
    """For what, of which village and days, of whom."""

    purpose = forms.ChoiceField(
        label="做什么用",
        choices=[("", "选一项"), *Extract.PURPOSES],
        error_messages={"required": "选做什么用。", "invalid_choice": "选做什么用。"},
    )
    village = forms.ModelChoiceField(
        Territory.objects.none(),
        label="哪个村",
        empty_label=None,
        error_messages={"required": "选哪个村。", "invalid_choice": "选哪个村。"},
    )
    first = DayField(label="从哪天")
    last = DayField(label="到哪天")
    named = forms.CharField(
        label="哪些户、哪些人",
        required=False,
        max_length=4000,
        help_text=f"写户编号或者姓名，一行一个，最多 {MOST_NAMED} 个；空着是全村。写姓名的，只摘记在他名下的。",
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, villages: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["village"].queryset = villages  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"


class Extracts(RequiresSecondFactor, DeskPage):
    """The form, and every extract of the reader's villages: taking out what was told of people is on record."""

    verb = second_factor_verb = TAKES_OUT
    template_name = "points/extracts.html"

    def _villages(self) -> QuerySet[Territory]:
        rows = Territory.objects.visible_to(self.request.user, TAKES_OUT).visible_to(self.request.user, SEES)
        return rows.villages().in_use().in_order()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = clock.today()
        rows = Extract.objects.visible_to(self.request.user, TAKES_OUT).visible_to(self.request.user, SEES)
        kwargs.setdefault(
            "form",
            ExtractForm(
                villages=self._villages(), initial={"first": today.replace(month=1, day=1), "last": today}
            ),
        )
        return super().get_context_data(
            note=NOTE, rows=list(rows.select_related("territory", "asked_by")[:SHOWN]), **kwargs
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        form, status = ExtractForm(request.POST, villages=self._villages()), 422
        if form.is_valid():
            try:
                made = take_out(actor=request.user, **form.cleaned_data)
            except (ValidationError, PermissionDenied) as refused:
                status = tell_form(form, refused)
            else:
                return redirect("points:extract", made.pk)
        return self.render_to_response(self.get_context_data(form=form), status=status)


class _One(RequiresSecondFactor, DeskPage):
    """One's own, while one may still take out there; whoever else needs it takes out his own and is on record too."""

    verb = second_factor_verb = TAKES_OUT

    def found(self) -> Extract:
        rows = Extract.objects.visible_to(self.request.user, TAKES_OUT).visible_to(self.request.user, SEES)
        rows = rows.filter(asked_by=self.request.user).select_related("territory__parent", "asked_by")
        return get_object_or_404(rows, pk=self.kwargs["pk"])


class Paper(_One):
    """On A4, deed by deed."""

    template_name = "points/extract_paper.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        extract = self.found()
        rows = list(deeds_of(extract)[:ON_PAPER])
        return super().get_context_data(
            extract=extract,
            note=NOTE,
            rows=[(award, decided_said(award)) for award in rows],
            more=max(0, extract.rows - len(rows)),
            **kwargs,
        )


class Book(_One):
    """The workbook."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        extract = self.found()
        with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
            path = Path(folder) / "out.xlsx"
            write_extract(extract, path)
            answer = HttpResponse(path.read_bytes(), content_type=XLSX)
        name = f"{extract}-{clock.local_date(extract.asked_at)}.xlsx"
        answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
        return answer
