"""`manage.py restore FILE`: put a backup in the place of what is there, and prove that all of it came back."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from core.backup import BackupFailed, restore_backup
from core.commands import ServerCommand
from core.upkeep import changing_tables


class Command(ServerCommand):
    usage = "restore 备份文件 [--yes]"
    help = "把备份换到现在的库里，再一张表一张表核对。先停网站、后台任务和定时器：现在库里的全部被换掉。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--yes", action="store_true", help="不再问一遍")

    def handle(self, *args: Any, file: Path, yes: bool, **options: Any) -> None:
        if not file.is_file():
            raise CommandError(f"没有这个文件：{file}")
        if not yes and not self._agreed():
            raise CommandError("没有动。")
        try:
            with changing_tables():
                manifest = restore_backup(file)
        except BackupFailed as broken:
            raise CommandError(str(broken)) from broken
        self.stdout.write(f"恢复好了：{manifest['made_at']} 的备份，{len(manifest['tables'])} 张表都对得上。")

    @staticmethod
    def _agreed() -> bool:
        """Where nobody can answer (no terminal), nobody has agreed."""
        try:
            return input("现在库里的东西会被备份里的换掉。要换，打“恢复”两个字：").strip() == "恢复"
        except EOFError:
            return False
