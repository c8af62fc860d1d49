"""Forms of all rooms: a sentence stands where one looks for it, a day is typed in one way."""

import datetime as dt

import pytest
from django import forms
from django.core.exceptions import PermissionDenied, ValidationError

from core.clock import read_day
from core.forms import DayField, FromModel, field_of, tell_form
from jobs.centre_views import CentreForm
from jobs.models import Vacancy
from jobs.order_views import CompanyForm
from points.models import Goods, Scheme


class Asked(forms.Form):
    name = forms.CharField(required=False)
    version = forms.CharField(required=False, widget=forms.HiddenInput)
    row_0_name = forms.CharField(required=False)


def asked():
    form = Asked({})
    assert form.is_valid()
    return form


def test_each_sentence_stands_at_its_field_and_what_nobody_sees_above_the_form():
    form = asked()
    assert (
        tell_form(
            form,
            ValidationError(
                {"name": ["写姓名。", "只写姓名。"], "version": "有人改过了。", "gone": "没了。"}
            ),
        )
        == 422
    )
    assert form.errors["name"] == ["写姓名。", "只写姓名。"]
    assert sorted(form.non_field_errors()) == ["有人改过了。", "没了。"]


def test_a_sentence_of_one_row_stands_in_that_row_and_one_can_be_sent_elsewhere():
    form = asked()
    tell_form(form, ValidationError({"name": "写姓名。"}), prefix="row_0_")
    tell_form(
        form, ValidationError({"person": "选人。", "name": "太长。"}), at={"person": "name", "name": None}
    )
    assert form.errors == {"row_0_name": ["写姓名。"], "name": ["选人。"], "__all__": ["太长。"]}


def test_who_may_not_reads_it_above_the_form_with_403():
    form = asked()
    assert tell_form(form, PermissionDenied()) == 403
    assert form.non_field_errors()


@pytest.mark.parametrize("typed", ["", "2026/11/23", "23.11.2026", "2026-02-30", "昨天"])
def test_what_is_no_day_is_told_how_to_write_one(typed):
    with pytest.raises(ValidationError, match="日期写成 2026-11-23 这样"):
        read_day(typed)
    with pytest.raises(ValidationError) as refused:
        read_day(typed, "until")
    assert "until" in refused.value.message_dict
    with pytest.raises(ValidationError):
        DayField().clean(typed)


def test_a_day_is_read_as_the_browsers_calendar_writes_it():
    assert read_day(" 2026-11-23 ") == DayField().clean("2026-11-23") == dt.date(2026, 11, 23)
    assert 'type="date"' in str(
        field_of(Vacancy._meta.get_field("until")).widget.render("until", dt.date(2026, 11, 23))
    )


def test_a_field_after_a_column_says_in_chinese_what_is_missing_and_shows_the_towns_look():
    class GoodsForm(FromModel):
        model, names = Goods, ("name", "points", "offered")

    form = GoodsForm({"name": "", "points": "三"})
    assert form.errors == {"name": ["这一格要填。"], "points": ["写数字。"]}
    assert 'class="input"' in str(form["name"])
    assert "class=" not in str(form["offered"])


def test_a_phone_typed_beside_a_models_columns_looks_like_them_and_no_browser_keeps_it():
    for form in (CentreForm(), CompanyForm()):
        attrs = form.fields["phone"].widget.attrs
        assert (attrs["class"], attrs["autocomplete"], attrs["inputmode"]) == ("input", "off", "tel")


def test_a_number_with_a_point_is_typed_on_keys_that_have_one():
    yuan = field_of(Scheme._meta.get_field("yuan_per_point"))
    assert yuan.widget.attrs["inputmode"] == "decimal"
    assert field_of(Goods._meta.get_field("points")).widget.attrs["inputmode"] == "numeric"
