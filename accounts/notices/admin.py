"""Reminders in the office's desk: who is told when, quiet hours, the ways out of the house, what became of it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.models import Channel, Delivery, NoticeRule, QuietHours
from accounts.notices import channels, sending
from accounts.notices.kinds import News, all_kinds, kind_of
from core.admin import ScopedModelAdmin, site, yes_no


class RuleForm(forms.ModelForm):
    """Kinds and posts are chosen from what the rooms registered."""

    kind = forms.ChoiceField(label="提醒什么")
    whom = forms.ChoiceField(label="提醒谁")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = all_kinds()
        posts = {code: title for kind in kinds for code, title in kind.whom.items()}
        for name, choices in (("kind", {kind.code: kind.title for kind in kinds}), ("whom", posts)):
            if name in self.fields:  # who only looks gets no field
                self.fields[name].choices = list(choices.items())  # type: ignore[attr-defined]


@admin.register(NoticeRule, site=site)
class NoticeRuleAdmin(ScopedModelAdmin):
    write_verb = "settings.manage"
    group, position = "规则", 61
    form = RuleForm
    list_display = ("kind_shown", "whom_shown", "when_shown", "since", "until")
    ordering = ("kind", "counted", "number", "-since")
    fields = ("kind", "whom", "counted", "number", "since", "until")

    @admin.display(description="提醒什么", ordering="kind")
    def kind_shown(self, row: NoticeRule) -> str:
        return row.kind_title

    @admin.display(description="哪天", ordering="number")
    def when_shown(self, row: NoticeRule) -> str:
        return row.when_title

    @admin.display(description="提醒谁")
    def whom_shown(self, row: NoticeRule) -> str:
        return row.whom_title


@admin.register(QuietHours, site=site)
class QuietHoursAdmin(ScopedModelAdmin):
    write_verb = "settings.manage"
    group, position = "规则", 62
    list_display = ("since", "until", "begins", "ends")
    ordering = ("-since",)
    fields = ("begins", "ends", "since", "until")


class ChannelForm(forms.ModelForm):
    """The address goes in and is never shown again."""

    address_plain = forms.CharField(
        label="地址",
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off", "spellcheck": "false"}),
        help_text="存进去以后不再显示，不改就空着。群机器人填 wecombot:// 或 dingtalk:// 开头的地址，一个群一条；"
        "短信、邮件的地址里写 {phone} 或 {email}，一人一条。写法见手册“提醒”一章。",
    )

    class Meta:
        model = Channel
        fields = ("name", "on")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        address = cleaned.get("address_plain", "")
        if address:
            channels.way_of(address)
        elif self.instance.address is None:
            raise ValidationError({"address_plain": "填上地址。"})
        return cleaned


@admin.register(Channel, site=site)
class ChannelAdmin(ScopedModelAdmin):
    write_verb = "settings.manage"
    group, position = "规则", 63
    form = ChannelForm
    for_each_shown, on_shown = yes_no("for_each", "一人一条"), yes_no("on", "在用")
    list_display = ("name", "way", "for_each_shown", "on_shown", "since")
    ordering = ("name",)
    fields = ("name", "address_plain", "on")
    actions = ("try_out",)

    def save_model(self, request: HttpRequest, obj: Channel, form: Any, change: bool) -> None:
        sending.set_channel(channel=obj, address_plain=form.cleaned_data.get("address_plain", ""))

    @admin.action(description="试发一条")
    def try_out(self, request: HttpRequest, queryset: Any) -> None:
        """Now, whatever the hour; to the group, or to whoever asks."""
        for channel in queryset:
            if fault := sending.try_out(channel=channel, user=request.user):
                messages.error(request, f"{channel}：{fault}")
            else:
                messages.success(request, f"{channel}：发出去了，看看收到没有。")


STATES = {
    Delivery.WAITING: "等着发",
    Delivery.RUNNING: "在发",
    Delivery.DONE: "发出去了",
    Delivery.FAILED: "没发出去",
    Delivery.STOPPED: "不用发了",
}


@admin.register(Delivery, site=site)
class DeliveryAdmin(ScopedModelAdmin):
    """What became of what went out. It names nobody: the inbox is each person's own."""

    group, position = "记录", 40
    list_display = ("made_at", "channel", "kind_shown", "period_shown", "state_shown", "failures", "why")
    list_filter = ("channel",)
    list_select_related = ("channel",)
    fields = readonly_fields = (
        "made_at",
        "channel",
        "kind_shown",
        "period_shown",
        "state_shown",
        "failures",
        "next_at",
        "ended_at",
        "why",
    )

    @admin.display(description="哪一种", ordering="kind")
    def kind_shown(self, row: Delivery) -> str:
        kind = kind_of(row.kind)
        return kind.title if kind else row.kind

    @admin.display(description="期间")
    def period_shown(self, row: Delivery) -> str:
        """The month; what was told at once has none."""
        return "" if isinstance(kind_of(row.kind), News) else row.period

    @admin.display(description="情况", ordering="state")
    def state_shown(self, row: Delivery) -> str:
        return STATES[row.state]
