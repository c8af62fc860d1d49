"""`manage.py backup`: one encrypted file with everything but the keys."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from core.backup import BackupFailed, make_backup, verify_backup
from core.commands import ServerCommand


class Command(ServerCommand):
    usage = "backup [--out 文件夹]"
    help = "把数据库和照片存成一个加密的备份文件；钥匙（FIELD_KEYS）不在里面。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, help="放在哪个文件夹，默认 BACKUP_DIR")

    def handle(self, *args: Any, out: Path | None, **options: Any) -> None:
        try:
            path = make_backup(out)
            manifest = verify_backup(path)
        except BackupFailed as broken:
            raise CommandError(str(broken)) from broken
        rows = sum(table["rows"] for table in manifest["tables"].values())
        self.stdout.write(f"备份好了：{path}")
        tables, photos = len(manifest["tables"]), manifest["media"]
        self.stdout.write(f"{tables} 张表，{rows} 行，{photos} 张照片。钥匙不在里面，另外保管。")
