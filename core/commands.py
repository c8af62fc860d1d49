"""What is typed on the server: whatever goes wrong is one Chinese sentence that says what to do, never a traceback."""

import sys
from typing import Any, ClassVar, NoReturn

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, ProgrammingError


class ServerCommand(BaseCommand):
    """Refuses in Chinese also what never reaches `handle`: a line that is not whole, a database that is not there."""

    usage: ClassVar[str] = ""
    last_line = ""  # what whoever reads the output waits for, however it ends

    def create_parser(self, *args: Any, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(*args, **kwargs)
        parser.error = self._wrong_line  # type: ignore[method-assign]
        return parser

    def execute(self, *args: Any, **options: Any) -> Any:
        try:
            return super().execute(*args, **options)
        except (OperationalError, ProgrammingError, InterfaceError) as broken:
            self._end(1, why_no_database(broken))

    def _wrong_line(self, message: str) -> NoReturn:
        self._end(2, f"命令没写对，写成：manage.py {self.usage}")

    def _end(self, code: int, sentence: str) -> NoReturn:
        self.stderr.write(sentence)
        self.stderr.flush()
        if self.last_line:
            self.stdout.write(self.last_line)
        sys.exit(code)


def why_no_database(broken: Exception) -> str:
    """What the database said, in words for people."""
    said = str(broken)
    if any(words in said for words in ("no such table", "no such column", "does not exist")):
        return "数据库还没建好，或者和程序不是一个版本。先运行 manage.py migrate，再来一次。"
    if "locked" in said:
        return "数据库正忙，什么都没存。过一会再来一次。"
    return "数据库连不上，什么都没存。看看它开着没有，地址对不对。"
