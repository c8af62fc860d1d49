"""What the forms of matches and fairs say, read into what the services take."""

from itertools import groupby
from typing import Any

from django import forms
from django.forms.boundfield import BoundWidget

from core import clock
from core.forms import field_of
from core.scope import reach_of
from grids.models import Territory
from jobs.models import Employer, JobFair, Vacancy
from jobs.models.words import MANAGES
from jobs.services import Said
from jobs.services.match_steps import Step


def read_step(step: Step, post: Any) -> Said:
    """The fields that the step asks for; an empty day is today. ValidationError for a day that is none."""
    day = None
    if "day" in step.fields and (text := post.get("day", "").strip()):
        day = clock.read_day(text, "day")
    return Said(
        day=day,
        reason=post.get("reason", "") if "reason" in step.fields else "",
        words=post.get("words", "") if "words" in step.fields else "",
        seeks="seeks" in post if "seeks" in step.fields else True,
    )


class _PlaceBoxes(forms.CheckboxSelectMultiple):
    """Each box says whose place it is, so that one tick can take all of an employer's (js/desk/desk.js)."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        option["attrs"]["data-of"] = value.instance.employer_id
        return option


class FairForm(forms.ModelForm):
    """A fair: where, when, and which open places come to it. `actor` says whose places of the tree are offered."""

    class Meta:
        model = JobFair
        fields = ("territory", "title", "day", "place", "vacancies")
        formfield_callback = field_of
        widgets = {"vacancies": _PlaceBoxes}

    def __init__(self, *args: Any, actor: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = Territory.objects.in_use().exclude(kind=Territory.GRID).filter(reach_of(actor, MANAGES).q())
        fields: dict[str, Any] = self.fields
        where, which = fields["territory"], fields["vacancies"]
        where.queryset = places.in_order()
        where.empty_label = "选哪个村，或者全镇"
        offered = Vacancy.objects.open()
        if self.instance.pk:  # what was chosen stays to be seen, also when it is over
            offered = offered | Vacancy.objects.filter(fairs=self.instance)
        which.queryset = (
            offered.distinct().select_related("employer").order_by("employer__name", "employer", "pk")
        )
        which.required = True
        which.label_from_instance = _told
        which.error_messages |= {"required": "勾上来招人的岗位。", "invalid_choice": "有岗位不招了，重新勾。"}
        only = list(places[:2])
        if len(only) == 1:
            where.initial = only[0].pk

    def by_employer(self) -> list[tuple[Employer, list[BoundWidget]]]:
        """The boxes of all that are offered, employer by employer."""
        boxes = groupby(self["vacancies"], key=lambda box: box.data["value"].instance.employer)
        return [(employer, list(own)) for employer, own in boxes]


def _told(vacancy: Vacancy) -> str:
    return f"{vacancy}，要 {vacancy.number} 人，{vacancy.wage_said}，{vacancy.place}"
