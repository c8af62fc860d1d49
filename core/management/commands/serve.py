"""`manage.py serve`: web, worker and beat as one process that is started and stopped as one."""

import contextlib
import http.client
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.shortcuts import resolve_url

HOST = "127.0.0.1"
STEADY = 30.0  # a child that lived this many seconds is started again at once when it dies
LONGEST_WAIT = 30.0
GRACE = 25.0  # for a request or a job to be finished; then it is killed, and its row waits for the sweeper


class Child:
    """One process that is kept alive."""

    def __init__(self, name: str, argv: Sequence[str], say: Callable[[str], None]) -> None:
        self.name, self.argv, self.say = name, list(argv), say
        self.process: subprocess.Popen[bytes] | None = None
        self.deaths = 0
        self.since = self.start_at = 0.0

    def look(self, now: float) -> None:
        """Start it if it is due; if it has died, say so and set when it is due again: later after every early death."""
        if self.process is None:
            if now >= self.start_at:
                # The same process group as ours: Ctrl-C and `kill -- -<group>` reach its children too.
                self.process, self.since = subprocess.Popen(self.argv), now
                self.say(f"{self.name} 启动，进程 {self.process.pid}")
        elif (code := self.process.poll()) is not None:
            self.deaths = 0 if now - self.since >= STEADY else self.deaths + 1
            wait = min(LONGEST_WAIT, 2.0 ** (self.deaths - 1)) if self.deaths else 0.0
            self.process, self.start_at = None, now + wait
            self.say(f"{self.name} 停了（退出码 {code}），{wait:g} 秒后重新启动")

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def send(self, number: signal.Signals) -> None:
        if self.process is not None and self.running():
            self.process.send_signal(number)


def stop(children: Sequence[Child], *, grace: float = GRACE) -> None:
    """Ask all to end, wait, and kill what has not ended after `grace` seconds."""
    for child in children:
        child.send(signal.SIGTERM)
    deadline = time.monotonic() + grace
    while any(child.running() for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    for child in children:
        if child.process is not None and child.running():
            child.say(f"{child.name} {grace:g} 秒内没有停，强行结束")
            child.send(signal.SIGKILL)
            child.process.wait()


def answers(port: int) -> bool:
    """Whether the web process says anything at all on this port."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request(
            "GET", resolve_url(settings.LOGIN_URL), headers={"Host": settings.ALLOWED_HOSTS[0]}
        )
        connection.getresponse()
        return True
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def command_lines(port: int) -> dict[str, list[str]]:
    """What is run, by name. Celery forks two workers: a long export does not hold up the sweeper."""
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "python:hongji.gunicorn_conf", "--preload"]
    celery = [sys.executable, "-m", "celery", "-q", "-A", "hongji"]
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    schedule = ["--schedule", str(settings.DATA_DIR / "beat-schedule"), "--pidfile", ""]
    return {
        "web": [*gunicorn, "--bind", f"{HOST}:{port}"],
        "worker": [*celery, "worker", "--concurrency", "2", *alone, "--loglevel", "WARNING"],
        "beat": [*celery, "beat", *schedule, "--loglevel", "WARNING"],
    }


class Command(BaseCommand):
    help = "启动网站、后台任务和定时器，一起启动，一起停。"

    def add_arguments(self, parser: CommandParser) -> None:
        port = int(os.environ.get("PORT") or 8000)
        parser.add_argument("--port", type=int, default=port, help="端口，默认 8000")
        # Here and not as commands of their own: loading all rooms takes longer than what the two have to do.
        parser.add_argument("--migrate", action="store_true", help="先把数据库的表更新好")
        parser.add_argument("--demo", action="store_true", help="空库里放进演示镇，打印演示账号")

    def say(self, line: str) -> None:
        """Where nobody listens any more (a terminal that was closed), nothing hangs on it."""
        with contextlib.suppress(OSError, ValueError):
            self.stdout.write(f"[serve] {line}")
            self.stdout.flush()

    def handle(self, *args: Any, port: int, migrate: bool, demo: bool, **options: Any) -> None:
        if taken(port):
            other = f"make run PORT={port + 1}"
            raise CommandError(f"{port} 端口已经有程序在用：先停掉它，或者换一个，例如 {other}")
        if migrate:
            call_command("migrate", interactive=False, verbosity=0)
        if demo:
            call_command("demo_town", stdout=self.stdout)
        if not get_user_model().objects.exists():
            command = f"DATA_DIR={shlex.quote(str(settings.DATA_DIR))} .venv/bin/python manage.py first_admin"
            self.say(f"还没有账号，谁也登录不了：另开一个窗口，在这个文件夹里打  {command}")
        connections.close_all()
        self.watch(port)

    def watch(self, port: int) -> None:
        """Keep all three alive until told to stop; somebody waits for the web, so it begins first."""
        self.stopping = False
        # HUP: the terminal was closed. gunicorn takes it for "read your settings again" and would live on alone.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self.on_signal)
        children = [Child(name, argv, self.say) for name, argv in command_lines(port).items()]
        ready = False
        try:
            while not self.stopping:
                for child in children if ready else children[:1]:
                    child.look(time.monotonic())
                if not ready and children[0].running() and answers(port):
                    ready = True
                    self.say(f"好了，打开 http://{HOST}:{port}/ （按 Ctrl-C 停）")
                time.sleep(0.2)
        finally:
            self.say("正在停…")
            with contextlib.suppress(KeyboardInterrupt):
                stop(children)
            self.say("都停了")

    def on_signal(self, number: int, frame: Any) -> None:
        self.stopping = True
