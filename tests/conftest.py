"""What many tests share: commands in a folder of their own, and a phone and a desk computer with a real browser."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.servers.basehttp import ServerHandler
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM_NAMES = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # It must not look for anything outside: the pages are complete without, and a closed network would only slow it.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Of two such flags the last counts: the first line are Playwright's own that matter here. Each device would else
    # load two pages of the browser's own address bar, and a process that waits for a page nobody opens.
    "--disable-features=AimEnabled,AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,"
    "HttpsFirstBalancedModeAutoEnable,MediaRouter,OptimizationHints,PaintHolding,PreconnectToSearch,"
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup,SpareRendererForSitePerProcess",
]
# Milliseconds. A page answers in a blink; a busy machine that runs two browsers may take longer.
PATIENCE = 20_000
OPENS_THE_DATABASE = {"db", "transactional_db", "live_server", "django_db_serialized_rollback"}
PHONE_AGENT = (
    "Mozilla/5.0 (Linux; Android 12; HLK-AL00) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Mobile Safari/537.36"
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for a page is a browser test, whether it says so or not; one that asks for no database, or only
    for one of its own in another process, is the same on every one."""
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if "chromium" in asked:
            item.add_marker(pytest.mark.browser)
        elif not (asked & OPENS_THE_DATABASE or item.get_closest_marker("django_db")):
            item.add_marker(pytest.mark.no_database)


@pytest.fixture(scope="session", autouse=True)
def redis_left_clean() -> Iterator[None]:
    """Every key of this test process has its prefix; they go when it ends, and no other key is looked at."""
    yield
    if settings.REDIS_URL:
        import redis

        with redis.Redis.from_url(settings.REDIS_URL) as server:
            for key in server.scan_iter(f"{settings.REDIS_PREFIX}*", count=1000):
                server.delete(key)


@pytest.fixture(scope="session", autouse=True)
def tables_fit() -> None:
    """The tests' tables are those of this code: not to be asked within the first test that counts queries."""
    from hongji.maintenance import Maintenance

    Maintenance.fits = True


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, pytestconfig: pytest.Config
) -> Iterator[None]:
    """Just before Django makes the tests' database: it may find its tables made."""
    from tests import tables

    cache = getattr(pytestconfig, "cache", None)  # without it (-p no:cacheprovider) they are made each time
    with tables.copied_from(cache.mkdir("tables")) if cache else nullcontext():
        yield


@pytest.fixture(scope="session", autouse=True)
def emptied_row_by_row() -> Iterator[None]:
    """Behind a test that commits, PostgreSQL's TRUNCATE makes the files of a hundred tables and their indexes anew:
    seconds, for a few rows in a few of them. Deleting these takes milliseconds; keys are asked when all is gone."""
    from points.models import Posting
    from points.services import triggers
    from visits.models import Tally

    emptying = type(connection.ops).sql_flush

    def emptying_books(ops: Any, *args: Any, **how: Any) -> list[str]:
        return [*triggers(gone=True), *emptying(ops, *args, **how), *triggers()]

    def flushing(ops: Any, style: Any, tables: list[str], **how: Any) -> list[str]:
        names = [ops.quote_name(table) for table in tables]
        asked = " UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in names)
        with ops.connection.cursor() as cursor:
            cursor.execute(asked)
            filled = [name for (name,) in cursor.fetchall()]
        # What triggers count goes after what they count.
        last = ops.quote_name(Tally._meta.db_table)
        deleting = [f"DELETE FROM {name}" for name in sorted({*filled, last}, key=lambda name: name == last)]
        if ops.quote_name(Posting._meta.db_table) not in filled:
            return deleting
        return [*triggers(gone=True), *deleting, *triggers()]  # nobody but a test empties the books

    with pytest.MonkeyPatch.context() as patch:
        way = flushing if connection.vendor == "postgresql" else emptying_books
        patch.setattr(type(connection.ops), "sql_flush", way)
        yield


@pytest.fixture(autouse=True)
def clock_runs_on() -> Iterator[None]:
    """Whoever stops the clock lets it go again: a test after it would wonder at the day."""
    from core import clock

    yield
    assert clock.runs(), f"this test left the clock standing at {clock.now()}"


SEEDS = (
    "grids.migrations.0002_category_kinds",
    "visits.migrations.0002_cadences",
    "visits.migrations.0003_notice_rules",
    "disputes.migrations.0002_notice_rules",
    "ledgers.migrations.0002_notice_rules",
    "jobs.migrations.0002_words",
)


@pytest.fixture(autouse=True)
def seeds(request: pytest.FixtureRequest) -> None:
    """Tests that commit for real empty the database behind them, what migrations put there included: plant it again.

    Django's own serialized_rollback did not bring it back on PostgreSQL where a browser test came after others.
    """
    marker = request.node.get_closest_marker("django_db")
    if not (marker and marker.kwargs.get("transaction")) and "live_server" not in request.fixturenames:
        return
    request.getfixturevalue("transactional_db")
    from grids.models import CategoryKind

    if not CategoryKind.objects.exists():
        for seed in SEEDS:
            import_module(seed).plant(apps, None)


@pytest.fixture
def plain_env(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine on which nothing of ours is set up yet: no setting but an empty DATA_DIR."""
    ours = (
        "DATA_DIR",
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "FIELD_KEYS",
        "FIELD_HASH_KEY",
        "REPORT_KEYS",
        "ALLOWED_HOSTS",
    )
    ours += (
        "DEBUG",
        "DJANGO_ALLOW_ASYNC_UNSAFE",
        "BEHIND_PROXY",
        "BACKUP_DIR",
        "REDIS_PREFIX",
        "LOG_LEVEL",
        "PORT",
        "DJANGO_SETTINGS_MODULE",
    )
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in ours and not name.startswith("HONGJI_")
    }
    return env | {"DATA_DIR": str(tmp_path / "data"), "HONGJI_ENV_FILE": "", "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def manage(plain_env: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`manage("migrate", HONGJI_ENV="production")`: a command in a process, in a DATA_DIR that only this test has."""

    def run(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "manage.py"), *words]
        return subprocess.run(
            command, env=plain_env | env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )

    return run


# --- browsers -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One Chromium for the whole session; each page gets a context of its own, as if it were another device."""
    path = next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
    if path is None:
        why = "没有 Chromium，浏览器测试没有跑（Debian：apt install chromium fonts-noto-cjk）"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)

    # Playwright keeps an event loop in this thread, and Django would refuse the database to a test that waits for it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Answering:
    """The requests that the live server has in hand. A page that goes away leaves some behind, and they hold rows that
    the emptying of the database behind the test waits for, or they for it: PostgreSQL calls that a deadlock."""

    SETTLED = 0.2  # seconds in which a request that has been sent already would have begun

    def __init__(self) -> None:
        self._busy, self._changed = 0, threading.Condition()

    @contextmanager
    def one(self) -> Iterator[None]:
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, step: int) -> None:
        with self._changed:
            self._busy += step
            self._changed.notify_all()

    def wait_until_done(self) -> None:
        with self._changed:
            while self._changed.wait_for(lambda: self._busy > 0, self.SETTLED):
                assert self._changed.wait_for(lambda: self._busy == 0, 60), "the server answers and answers"


@pytest.fixture(scope="session")
def answering() -> Iterator[Answering]:
    found, run = Answering(), ServerHandler.run

    def counted(handler: ServerHandler, application: Any) -> None:
        with found.one():
            run(handler, application)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ServerHandler, "run", counted)
        yield found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
    """A browser test that fails tells what stood on its pages: a machine that one cannot sit at shows no pictures."""
    report = yield
    if report.when == "call" and report.failed:
        for number, page in enumerate(getattr(item, "pages", ()), 1):
            try:
                words = f"{page.url}\n{page.locator('body').inner_text(timeout=2000)[:3000]}"
            except Exception as fault:  # a page that is gone has nothing to tell
                words = repr(fault)
            report.sections.append((f"page {number}", words))
    return report


@pytest.fixture
def expected_complaints() -> list[str]:
    """Parts of console messages that this test provokes on purpose; any other error on a page fails the test."""
    return []


@pytest.fixture
def open_page(
    request: pytest.FixtureRequest,
    chromium: Any,
    live_server: Any,
    answering: Answering,
    expected_complaints: list[str],
) -> Iterator[Callable[..., Any]]:
    """Opens pages on the live server, each a device of its own, and listens to what their consoles complain about:
    an error of a script, a file that is missing, a breach of the content security policy."""
    contexts, complaints = [], []
    request.node.pages = pages = []

    def open_one(**device: Any) -> Any:
        context = chromium.new_context(
            base_url=live_server.url, locale="zh-CN", timezone_id="Asia/Shanghai", **device
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        pages.append(page)
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    answering.wait_until_done()
    unexpected = [text for text in complaints if not any(part in text for part in expected_complaints)]
    assert not unexpected, f"the browser complained: {unexpected}"


@pytest.fixture
def page_phone(open_page: Callable[..., Any]) -> Any:
    """A cheap phone in the hand of a grid worker."""
    return open_page(
        viewport={"width": 360, "height": 740},
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
        user_agent=PHONE_AGENT,
    )


@pytest.fixture
def page_desk(open_page: Callable[..., Any]) -> Any:
    """The office PC."""
    return open_page(viewport={"width": 1366, "height": 768})


@pytest.fixture
def sign_in(live_server: Any) -> Callable[..., None]:
    """`sign_in(page, user)`: the page's device is signed in as the user, without going through the sign-in page."""

    def do(page: Any, user: Any) -> None:
        from django.test import Client

        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        page.context.add_cookies(
            [{"name": name, "value": client.cookies[name].value, "url": live_server.url}]
        )

    return do


@pytest.fixture
def axe() -> Callable[[Any], list[str]]:
    """`axe(page)`: what axe-core finds wrong with the page by WCAG 2.2 A and AA, as readable lines."""
    source = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        why = "没有 axe-core，无障碍测试没有跑（make test 会装）"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

    def check(page: Any) -> list[str]:
        # Evaluated by the debugger, not added as a script: the page's policy admits no script from outside.
        page.evaluate(source.read_text(encoding="utf-8"))
        found = page.evaluate(
            "rules => axe.run({runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})", rules
        )
        return [
            f"{fault['id']}: {fault['help']} ({', '.join(str(node['target']) for node in fault['nodes'])})"
            for fault in found["violations"]
        ]

    return check
