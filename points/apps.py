"""The app points as Django knows it."""

from django.apps import AppConfig


class PointsConfig(AppConfig):
    name = "points"
    verbose_name = "积分"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let points follow the households whose register changes; stand in the desk's menu and on its first page."""
        from core.after import register_after_change
        from core.menu import register_menu
        from core.scope import may
        from points import board, board_waiting, notices
        from points.services import follow_register

        register_after_change(follow_register)
        register_menu("积分", "积分申报", "points:awards", "points.see|points.claim", 50)
        register_menu("积分", "积分公示", "points:notices", "points.see", 51)
        register_menu("积分", "积分办法", "points:schemes", "points.see", 52)
        # Both hand something out: the department that exports its own ledgers sees no points, who claims exports none.
        register_menu(
            "积分", "和美积分", "points:city", "points.see", 53, lambda actor: may(actor, "ledgers.export")
        )
        register_menu(
            "积分",
            "好事摘录",
            "points:extracts",
            "ledgers.export",
            58,
            lambda actor: may(actor, "points.see"),
        )
        register_menu("积分", "爱心超市", "shops:shops", "shops.manage", 55)
        register_menu("积分", "积分卡", "shops:cards", "shops.manage", 56)
        register_menu("积分", "店里兑换", "shops:start", "shops.serve", 57)
        register_menu("积分", "活动", "activities:activities", "meetings.hold|points.claim|points.see", 54)
        board.register()
        board_waiting.register()
        notices.register_kinds()
        _tell_of_sealed_months()
        _show_on_cards()


def _tell_of_sealed_months() -> None:
    from core.ledger.sealing import register_late
    from points.late import late

    register_late("points", late)


def _show_on_cards() -> None:
    from core.card import register_card_part
    from points.letters import deeds

    register_card_part("deeds", deeds)
