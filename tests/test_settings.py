"""Whoever sets Hongji up is told in plain words what is wrong, and an empty folder is enough to start."""

import base64
import os
import stat
import threading
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper

from hongji import env, guard

KEY = base64.b64encode(b"k" * 32).decode()
OTHER = base64.b64encode(b"o" * 32).decode()
THIRD = base64.b64encode(b"r" * 32).decode()
SAFE = {
    "SECRET_KEY": "x7Kq-fW2mZ0vR5tB8nL1cY4pH6sD9gJ3aQ-uE_iO7wT2kM5zXvN8",
    "DEBUG": False,
    "FIELD_KEYS": {"k1": b"k" * 32},
    "HASH_KEY": b"o" * 32,
    "REPORT_KEYS": {"r1": b"r" * 32},
    "ALLOWED_HOSTS": ["grid.example.cn"],
    "DEMO": False,
    "DATA_DIR": "/var/lib/hongji",
    "CELERY_TASK_ALWAYS_EAGER": False,
}
PRODUCTION = {
    "HONGJI_ENV": "production",
    "SECRET_KEY": SAFE["SECRET_KEY"],
    "FIELD_KEYS": f"k1:{KEY}",
    "FIELD_HASH_KEY": OTHER,
    "REPORT_KEYS": f"r1:{THIRD}",
    "ALLOWED_HOSTS": "grid.example.cn",
}


# --- what the environment says ----------------------------------------------------------------------------


def test_a_postgres_url_is_taken_apart(tmp_path):
    url = "postgres://h%40ns:p%3Ass@db.example:5433/hongji?sslmode=require"
    assert env.database(url, sqlite_path=tmp_path) == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "hongji",
        "USER": "h@ns",
        "PASSWORD": "p:ss",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


def test_without_a_url_the_database_is_a_file_in_the_data_folder(tmp_path):
    found = env.database("", sqlite_path=tmp_path / "hongji.sqlite3")
    assert found == {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "hongji.sqlite3")}


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:geheim@h/db",
        "postgres://u:geheim@h/",
        "postgres://u:geheim@h:x/db",
        "geheim",
        "sqlite://geheim",
    ],
)
def test_a_database_url_that_is_none_is_refused_without_repeating_its_password(url, tmp_path):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as refused:
        env.database(url, sqlite_path=tmp_path)
    assert "geheim" not in str(refused.value)


def test_field_keys_keep_their_order_so_that_the_first_one_seals():
    assert list(env.keyring("FIELD_KEYS", f"k2:{KEY}, k1:{OTHER}").items()) == [
        ("k2", b"k" * 32),
        ("k1", b"o" * 32),
    ]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (KEY, "编号:密钥"),
        (f"k1:{KEY},k1:{OTHER}", "写了两次"),
        ("k1:not base64!", "不是 base64"),
        ("k1:" + base64.b64encode(b"short").decode(), "5 字节"),
        (f"k1:{KEY},", "编号:密钥"),
    ],
)
def test_a_broken_field_key_is_refused_without_repeating_it(written, why):
    with pytest.raises(ImproperlyConfigured, match=why) as refused:
        env.keyring("FIELD_KEYS", written)
    assert KEY not in str(refused.value)


def test_a_flag_is_one_or_nought_and_nothing_else(monkeypatch):
    monkeypatch.setenv("DEBUG", "maybe")
    with pytest.raises(ImproperlyConfigured, match="DEBUG 只能写 1 或 0"):
        env.flag("DEBUG")


def test_the_env_file_gives_what_the_environment_does_not(tmp_path, monkeypatch):
    monkeypatch.setenv("HJ_SET", "environment")
    monkeypatch.delenv("HJ_QUOTED", raising=False)
    file = tmp_path / ".env"
    file.write_text("# comment\n\nHJ_SET=file\nexport HJ_QUOTED='a b=c'\n", encoding="utf-8")
    env.load_file(file)
    assert (os.environ["HJ_SET"], os.environ["HJ_QUOTED"]) == ("environment", "a b=c")
    monkeypatch.delenv("HJ_QUOTED")


def test_a_broken_line_of_the_env_file_is_named_but_not_repeated(tmp_path):
    file = tmp_path / ".env"
    file.write_text("A=1\nhalf-a-secret\n", encoding="utf-8")
    with pytest.raises(ImproperlyConfigured, match="第 2 行") as refused:
        env.load_file(file)
    assert "half-a-secret" not in str(refused.value)


def test_a_named_env_file_that_is_not_there_stops_the_start(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="读不了设置文件"):
        env.load_file(tmp_path / "nowhere")


def test_eight_processes_that_start_together_read_one_and_the_same_new_key(tmp_path):
    file, start, found = tmp_path / "keys" / "key", threading.Barrier(8), []

    def read() -> None:
        start.wait()
        found.append(env.kept(file, env.new_key))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["key"]


# --- unsafe starts ----------------------------------------------------------------------------------------


def test_safe_settings_are_accepted():
    assert guard.unsafe_settings(SAFE) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"DEBUG": True}, "DEBUG 开着"),
        ({"SECRET_KEY": ""}, "没有 SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "太短"),
        ({"SECRET_KEY": "a" * 60}, "太简单"),
        ({"SECRET_KEY": "django-insecure-" + SAFE["SECRET_KEY"]}, "示例"),
        ({"FIELD_KEYS": {}}, "没有 FIELD_KEYS"),
        ({"HASH_KEY": b""}, "没有 FIELD_HASH_KEY"),
        ({"HASH_KEY": b"k" * 32}, "同一把密钥"),
        ({"REPORT_KEYS": {}}, "没有 REPORT_KEYS"),
        ({"REPORT_KEYS": {"r1": b"k" * 32}}, "同一把密钥"),
        ({"REPORT_KEYS": {"r1": b"o" * 32}}, "同一把密钥"),
        ({"ALLOWED_HOSTS": []}, "没有 ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": ["grid.example.cn", "*"]}, "有 *"),
        ({"DEMO": True}, "演示数据"),
        ({"CELERY_TASK_ALWAYS_EAGER": True}, "当场执行"),
    ],
)
def test_an_unsafe_setting_is_refused_with_its_reason(change, why):
    with pytest.raises(ImproperlyConfigured) as refused:
        guard.refuse_unsafe(SAFE | change)
    assert why in str(refused.value)
    assert "2." not in str(refused.value)


def test_every_reason_is_given_at_once():
    with pytest.raises(ImproperlyConfigured) as refused:
        guard.refuse_unsafe(SAFE | {"DEBUG": True, "FIELD_KEYS": {}, "ALLOWED_HOSTS": []})
    assert all(f"{number}. " in str(refused.value) for number in (1, 2, 3))


# --- commands in an empty folder --------------------------------------------------------------------------


@pytest.mark.slow
def test_an_empty_data_folder_is_all_that_migrate_needs(manage, plain_env):
    done = manage("migrate", "--verbosity", "0")
    assert done.returncode == 0, done.stderr
    folder = Path(plain_env["DATA_DIR"])
    assert (folder / "hongji.sqlite3").exists()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    keys = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder / "keys").iterdir()}
    assert keys == {"secret_key": 0o600, "field_keys": 0o600, "hash_key": 0o600, "report_keys": 0o600}


@pytest.mark.slow
def test_production_starts_with_safe_values_and_makes_no_keys_of_its_own(manage, plain_env):
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert list((Path(plain_env["DATA_DIR"]) / "keys").iterdir()) == []


@pytest.mark.slow
def test_production_refuses_a_demo_database(manage, plain_env):
    Path(plain_env["DATA_DIR"]).mkdir()
    (Path(plain_env["DATA_DIR"]) / "DEMO").touch()
    done = manage("check", **PRODUCTION)
    assert done.returncode != 0
    assert "演示数据" in done.stderr


@pytest.mark.slow
def test_production_without_anything_set_refuses_every_command(manage):
    done = manage("migrate", HONGJI_ENV="production")
    assert done.returncode != 0
    assert all(
        name in done.stderr
        for name in ("SECRET_KEY", "FIELD_KEYS", "FIELD_HASH_KEY", "REPORT_KEYS", "ALLOWED_HOSTS")
    )


# --- SQLite's promises ------------------------------------------------------------------------------------


@pytest.fixture
def sqlite_with(db, tmp_path):
    """A connection to a SQLite file of its own, set up by the words given."""
    opened = []

    def connect(pragmas, **options):
        name = str(tmp_path / "probe.sqlite3")
        basis = env.database("", sqlite_path=name) | {"OPTIONS": {"init_command": pragmas, **options}}
        opened.append(DatabaseWrapper(connections["default"].settings_dict | basis))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def test_sqlite_says_itself_that_the_settings_pragmas_are_in_force(db):
    connection = connections["default"]
    assert connection.vendor != "sqlite" or not connection.is_in_memory_db()
    assert guard.pragmas_not_in_force(connection) == []


@pytest.mark.parametrize(
    ("weak", "mode", "why"),
    [
        (
            "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON",
            "IMMEDIATE",
            "journal_mode",
        ),
        (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON",
            "IMMEDIATE",
            "synchronous",
        ),
        (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF",
            "IMMEDIATE",
            "foreign_keys",
        ),
        (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON",
            None,
            "transaction_mode",
        ),
    ],
)
def test_a_weakened_promise_of_sqlite_is_found(sqlite_with, weak, mode, why):
    (found,) = guard.pragmas_not_in_force(sqlite_with(weak, transaction_mode=mode))
    assert f"SQLite 的 {why} " in found


def test_a_weakened_promise_stops_every_start(db, monkeypatch):
    monkeypatch.setattr(guard, "pragmas_not_in_force", lambda connection: ["SQLite 的 synchronous 是 1"])
    assert [error.id for error in guard.sqlite_keeps_its_promises(None)] == ["hongji.E001"]
    with pytest.raises(ImproperlyConfigured, match="synchronous"):
        guard.before_serving()
