"""Refuses to start with unsafe settings, and says why."""

from typing import Any

from django.core.checks import Error, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

MIN_SECRET = 50
# Values that stand in examples: whoever copies one has no secret.
EXAMPLES = ("change-me", "changeme", "example", "django-insecure", "secret-key", "请改")
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def unsafe_settings(values: dict[str, Any]) -> list[str]:
    """Why production must not start with these settings; empty if it may."""
    found = []
    secret = values["SECRET_KEY"]
    if values["DEBUG"]:
        found.append("DEBUG 开着：出错时会把内部情况显示给外人。去掉 DEBUG 或写 DEBUG=0。")
    if not secret:
        found.append("没有 SECRET_KEY：登录凭证没法保密。用 make keys 生成一个，写进环境变量。")
    elif len(secret) < MIN_SECRET or len(set(secret)) < 10:
        found.append(f"SECRET_KEY 太短或太简单：至少 {MIN_SECRET} 个字符，不能是重复的。")
    elif any(word in secret.lower() for word in EXAMPLES):
        found.append("SECRET_KEY 还是示例里的值，换成自己生成的。")
    if not values["FIELD_KEYS"]:
        found.append("没有 FIELD_KEYS：身份证号和电话没法加密。")
    if not values["HASH_KEY"]:
        found.append("没有 FIELD_HASH_KEY：身份证号和电话没法检索。")
    elif values["HASH_KEY"] in values["FIELD_KEYS"].values():
        found.append("FIELD_HASH_KEY 和 FIELD_KEYS 用了同一把密钥，检索用的要另生成一把。")
    if not values["REPORT_KEYS"]:
        found.append("没有 REPORT_KEYS：反映干部问题的内容没法单独加密。用 make keys 生成一把。")
    elif {values["HASH_KEY"], *values["FIELD_KEYS"].values()} & set(values["REPORT_KEYS"].values()):
        found.append("REPORT_KEYS 和别的用了同一把密钥，反映干部问题的要另生成一把。")
    if not values["ALLOWED_HOSTS"]:
        found.append("没有 ALLOWED_HOSTS：写上网站的域名。")
    elif any("*" in host for host in values["ALLOWED_HOSTS"]):
        found.append("ALLOWED_HOSTS 里有 *：谁的域名都能冒充，改成自己的域名。")
    if values["DEMO"]:
        found.append(f"{values['DATA_DIR']} 里是演示数据（有 DEMO 文件）：正式使用要换一个空的 DATA_DIR。")
    if values["CELERY_TASK_ALWAYS_EAGER"]:
        found.append("后台任务设成了当场执行，正式使用不行。")
    return found


def refuse_unsafe(values: dict[str, Any]) -> None:
    """ImproperlyConfigured with every reason at once: whoever sets up a server mends them in one go."""
    if found := unsafe_settings(values):
        reasons = "\n".join(f"  {number}. {reason}" for number, reason in enumerate(found, start=1))
        raise ImproperlyConfigured(f"HONGJI_ENV=production，但设置不安全，不启动：\n{reasons}")


def pragmas_not_in_force(connection: Any) -> list[str]:
    """What SQLite answers when asked for its pragmas, where it is not what they must be."""
    if connection.vendor != "sqlite" or connection.is_in_memory_db():
        return []
    found = []
    with connection.cursor() as cursor:
        for name, wanted in PRAGMAS.items():
            got = cursor.execute(f"PRAGMA {name}").fetchone()[0]
            if got != wanted:
                found.append(f"SQLite 的 {name} 是 {got}，应当是 {wanted}：断电会丢数据，不启动。")
    if connection.transaction_mode != "IMMEDIATE":
        found.append("SQLite 的 transaction_mode 不是 IMMEDIATE：同时写会出错，不启动。")
    return found


@register()
def sqlite_keeps_its_promises(app_configs: Any, **kwargs: Any) -> list[Error]:
    """hongji.E001: a pragma that was asked for is not in force (a network disk refuses WAL, for one)."""
    return [Error(reason, id="hongji.E001") for reason in pragmas_not_in_force(connections["default"])]


def before_serving() -> None:
    """For the processes that Django's checks do not cover: gunicorn and Celery."""
    if found := pragmas_not_in_force(connections["default"]):
        raise ImproperlyConfigured("\n".join(found))
    connections.close_all()
