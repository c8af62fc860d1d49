"""The app jobs as Django knows it."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "就业创业"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the labour register follow its people; stand in the desk's menu, on its first page and on cards; tell of
        sealed months."""
        from core.after import register_after_change
        from core.card import register_card_part
        from core.ledger.sealing import register_late
        from core.menu import register_menu
        from jobs import (
            centre_board,
            labour_board,
            labour_late,
            match_board,
            match_late,
            notices,
            training_late,
            vacancy_board,
        )
        from jobs.services import follow_register, labour_on_card
        from jobs.services.centres import reads_any

        register_menu("就业", "劳动力", "labour:register", "labour.see", 60)
        register_menu("就业", "就业一览", "matches:overview", "jobs.see", 61)
        register_menu("就业", "用工单位", "vacancies:employers", "jobs.manage", 62)
        register_menu("就业", "岗位", "vacancies:vacancies", "jobs.see", 63)
        register_menu("就业", "人岗对接", "matches:matches", "jobs.see", 64)
        register_menu("就业", "招聘会", "matches:fairs", "jobs.manage", 65)
        register_menu("就业", "就业服务中心", "centres:centres", "jobs.see|centres.keep", 66, reads_any)
        register_menu("就业", "就业平台交换", "vacancies:exchange", "jobs.manage", 67)
        register_menu("就业", "技能培训", "centres:courses", "jobs.see", 68)
        register_menu("就业", "公益性岗位", "centres:welfare", "jobs.see", 69)
        register_menu("就业", "劳务公司", "centres:orders", "jobs.see", 70)
        register_after_change(follow_register)
        register_card_part("labour", labour_on_card)
        for board in (labour_board, vacancy_board, match_board, centre_board):
            board.register()
        notices.register_kinds()
        register_late("labour", labour_late.late)
        register_late("matches", match_late.late)
        register_late("jobs.training", training_late.late)
