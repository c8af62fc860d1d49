"""What is typed on the server is answered in Chinese: a line that is not whole, a database that is not there."""

import io

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import OutputWrapper
from django.db import OperationalError

from core.commands import ServerCommand

OWN = sorted(
    name
    for name, app in get_commands().items()
    if app.partition(".")[0] in {"accounts", "core", "grids", "hongji", "ledgers", "visits", "appeals"}
)
# Django's own migrate, with a lock around it; a supervisor, a measuring rod and a page, which developers type.
NOT_FOR_THE_OFFICE = {"migrate", "serve", "bench", "draw_flows"}


@pytest.fixture(params=[name for name in OWN if name not in NOT_FOR_THE_OFFICE])
def command(request):
    made = load_command_class(get_commands()[request.param], request.param)
    made.stderr = OutputWrapper(io.StringIO())
    return made


def test_a_line_that_is_not_whole_shows_how_it_is_written(command):
    assert isinstance(command, ServerCommand)
    assert command.usage.startswith(f"{command.__module__.rpartition('.')[2]}")
    with pytest.raises(SystemExit) as ended:
        command.run_from_argv(["manage.py", command.usage.split()[0], "--no-such-word"])
    assert ended.value.code == 2
    told = command.stderr.getvalue()
    assert f"写成：manage.py {command.usage}" in told
    assert "usage" not in told


@pytest.mark.django_db
def test_a_database_without_tables_is_a_sentence(command, monkeypatch):
    def gone(*args, **options):
        raise OperationalError("no such table: grids_territory")

    monkeypatch.setattr(type(command), "handle", gone)
    with pytest.raises(SystemExit) as ended:
        command.execute(slug="grids", force_color=False, no_color=True, skip_checks=True)
    assert ended.value.code == 1
    assert "先运行 manage.py migrate" in command.stderr.getvalue()
