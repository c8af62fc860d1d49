"""Points in the office's desk: but for the town's own rule everything is only looked at. A village's rules and deeds
have pages of their own, and of the books nobody changes a row: the database itself refuses it. Codes and
PINs of cards stand nowhere."""

from django.contrib import admin

from core.admin import ScopedModelAdmin, site, yes_no
from points.models import (
    Account,
    Award,
    Challenge,
    Entry,
    Extract,
    Item,
    PointsRule,
    Posting,
    PublicNotice,
    Scheme,
    TakenDown,
)


@admin.register(Scheme, site=site)
class SchemeAdmin(ScopedModelAdmin):
    group, position = "规则", 60
    list_display = ("territory", "since", "until", "resolution")
    list_select_related = ("territory",)
    ordering = ("-since", "pk")
    fields = (
        *("territory", "since", "until", "resolution", "notice_days", "claim_days", "household_cap"),
        *("person_cap", "good_years", "yuan_per_point", "budget"),
    )


@admin.register(Item, site=site)
class ItemAdmin(ScopedModelAdmin):
    group, position = "规则", 61
    list_display = ("title", "group", "points", "unit", "item_cap", "scheme")
    list_select_related = ("scheme__territory",)
    ordering = ("scheme", "position", "pk")
    fields = (
        *("scheme", "title", "group", "points", "unit", "most"),
        *("item_cap", "once_shown", "proof_shown", "refuses_shown", "position"),
    )
    readonly_fields = ("once_shown", "proof_shown", "refuses_shown")
    once_shown, proof_shown = yes_no("once", "一户只算一次"), yes_no("proof", "要有佐证")
    refuses_shown = yes_no("refuses", "不予积分的情形")


@admin.register(PointsRule, site=site)
class PointsRuleAdmin(ScopedModelAdmin):
    write_verb = "settings.manage"
    group, position = "规则", 62
    list_display = ("since", "until", "pin_from")
    ordering = ("-since",)
    fields = ("since", "until", "pin_from")


@admin.register(Award, site=site)
class AwardAdmin(ScopedModelAdmin):
    group, position = "记录", 70
    list_display = ("number_said", "household", "item", "day", "state", "territory")
    list_filter = ("state",)
    list_select_related = ("household", "item", "territory")
    ordering = ("-pk",)
    fields = (
        *("household", "person", "item", "day", "number", "words", "territory", "group", "state"),
        *("claimed", "points", "claimed_by", "claimed_at", "checked_by", "checked_at"),
        *("decided_by", "decided_at", "notice", "posting", "why_not"),
    )

    @admin.display(description="编号", ordering="pk")
    def number_said(self, row: Award) -> str:
        return row.number_said


@admin.register(PublicNotice, site=site)
class PublicNoticeAdmin(ScopedModelAdmin):
    group, position = "记录", 71
    list_display = ("territory", "first", "last", "made_by")
    list_select_related = ("territory", "made_by")
    ordering = ("-pk",)
    fields = ("territory", "first", "last", "made_at", "made_by")


@admin.register(Challenge, site=site)
class ChallengeAdmin(ScopedModelAdmin):
    group, position = "记录", 72
    list_display = ("award", "noted_at", "upheld_shown", "decided_at")
    list_select_related = ("award__item",)
    ordering = ("-pk",)
    fields = (
        "award",
        "words",
        "said_by",
        "noted_at",
        "noted_by",
        "upheld_shown",
        "outcome",
        "decided_at",
        "decided_by",
    )
    readonly_fields = ("upheld_shown",)

    @admin.display(description="异议成立", ordering="upheld")
    def upheld_shown(self, row: Challenge) -> str:
        return {None: "还没处理", True: "成立", False: "不成立"}[row.upheld]


@admin.register(Account, site=site)
class AccountAdmin(ScopedModelAdmin):
    group, position = "记录", 73
    list_display = ("kind", "household", "shop", "territory", "balance")
    list_filter = ("kind",)
    list_select_related = ("household", "shop", "territory")
    ordering = ("pk",)
    fields = ("kind", "territory", "household", "shop", "balance")


@admin.register(Posting, site=site)
class PostingAdmin(ScopedModelAdmin):
    group, position = "记录", 74
    list_display = ("day", "kind", "territory", "words", "actor")
    list_filter = ("kind",)
    list_select_related = ("territory", "actor")
    ordering = ("-pk",)
    fields = ("day", "at", "kind", "territory", "actor", "words", "reverses")


@admin.register(Entry, site=site)
class EntryAdmin(ScopedModelAdmin):
    group, position = "记录", 75
    list_display = ("posting", "payer", "payee", "points", "payer_left", "payee_has")
    list_select_related = (
        *("posting", "payer__household", "payer__shop", "payer__territory"),
        *("payee__household", "payee__shop", "payee__territory"),
    )
    ordering = ("-pk",)
    fields = ("posting", "payer", "payee", "points", "payer_left", "payee_has")


@admin.register(TakenDown, site=site)
class TakenDownAdmin(ScopedModelAdmin):
    group, position = "记录", 76
    list_display = ("notice", "at", "by", "words")
    list_select_related = ("notice__territory", "by")
    ordering = ("-pk",)
    fields = ("notice", "at", "by", "words")


@admin.register(Extract, site=site)
class ExtractAdmin(ScopedModelAdmin):
    """Who took out what; of whom stands in no list."""

    group, position = "记录", 77
    list_display = ("territory", "purpose", "first", "last", "rows", "asked_by", "asked_at")
    list_filter = ("purpose",)
    list_select_related = ("territory", "asked_by")
    ordering = ("-pk",)
    fields = ("territory", "purpose", "first", "last", "rows", "asked_by", "asked_at")
