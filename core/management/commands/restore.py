"""`manage.py restore FILE`: put a backup in the place of what is there, and prove that all of it came back."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.backup import BackupFailed, restore_backup


class Command(BaseCommand):
    help = (
        "Restore a backup. Stop web, worker and beat first: everything in the present database is replaced."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, file: Path, yes: bool, **options: Any) -> None:
        if not file.is_file():
            raise CommandError(f"没有这个文件：{file}")
        if not yes and input("现在库里的东西会被备份里的换掉。要换，打“恢复”两个字：").strip() != "恢复":
            raise CommandError("没有动。")
        try:
            manifest = restore_backup(file)
        except BackupFailed as broken:
            raise CommandError(str(broken)) from broken
        self.stdout.write(f"恢复好了：{manifest['made_at']} 的备份，{len(manifest['tables'])} 张表都对得上。")
