"""Reads settings from the environment and a `.env` file, and fails loudly on what it cannot read."""

import base64
import binascii
import os
import re
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")


def load_file(path: Path) -> None:
    """Put the lines `NAME=value` of a file into the environment; what is already set there wins.

    Empty lines and lines that begin with # are skipped; anything else that is no such line is refused.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as fault:
        raise ImproperlyConfigured(f"读不了设置文件 {path}：{fault.strerror}。") from fault
    for number, raw in enumerate(lines, start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if not found:
            # The line itself is not repeated: it may hold half of a key.
            raise ImproperlyConfigured(f"{path} 第 {number} 行不是“名字=值”的样子。")
        name, value = found.groups()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        os.environ.setdefault(name, value)


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    value = text(name).lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    if value:
        raise ImproperlyConfigured(f"{name} 只能写 1 或 0，现在写的是“{value}”。")
    return default


def choice(name: str, choices: tuple[str, ...]) -> str:
    """One of the choices; the first is the default."""
    value = text(name, choices[0])
    if value not in choices:
        raise ImproperlyConfigured(f"{name} 只能写 {' 或 '.join(choices)}，现在写的是“{value}”。")
    return value


def words(name: str, default: str = "") -> list[str]:
    """A list written with commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(url: str, *, sqlite_path: Path) -> dict[str, object]:
    """A DATABASES entry without SQLite's options: from `postgres://user:password@host:port/name?option=value`,
    `sqlite:///path`, or, if the url is empty, the SQLite file given."""
    if not url:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(sqlite_path)}
    parts = urlsplit(url)
    if parts.scheme == "sqlite" and not parts.netloc and len(parts.path) > 1:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": unquote(parts.path[1:])}
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in ("postgres", "postgresql") or not name:
        # The url is not repeated: it may hold a password.
        raise ImproperlyConfigured(
            "DATABASE_URL 要写成 postgres://用户:密码@主机:端口/库名 或 sqlite:///路径。"
        )
    try:
        port = str(parts.port or "")
    except ValueError:
        raise ImproperlyConfigured("DATABASE_URL 里的端口不是数字。") from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": port,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def new_key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def key(name: str, value: str) -> bytes:
    """32 bytes written in base64."""
    try:
        found = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ImproperlyConfigured(f"{name} 里有一把密钥不是 base64。") from None
    if len(found) != KEY_BYTES:
        raise ImproperlyConfigured(f"{name} 里有一把密钥是 {len(found)} 字节，要 {KEY_BYTES} 字节。")
    return found


def keyring(name: str, value: str) -> dict[str, bytes]:
    """`kid1:base64,kid2:base64` as key id → 32 bytes; the first one seals, all of them open."""
    ring: dict[str, bytes] = {}
    for part in (part.strip() for part in value.split(",")):
        kid, colon, written = part.partition(":")
        if not colon or not re.fullmatch(r"[A-Za-z0-9_-]{1,16}", kid):
            raise ImproperlyConfigured(f"{name} 要写成 编号:密钥,编号:密钥（编号用字母、数字）。")
        if kid in ring:
            raise ImproperlyConfigured(f"{name} 里编号 {kid} 写了两次。")
        ring[kid] = key(name, written)
    return ring


def kept(path: Path, make: Callable[[], str]) -> str:
    """What the file holds; made once, readable by its owner only, if there is none.

    Web, worker and beat start together: the new file is written aside and linked into place, so that the first
    one wins whole and the others read what it wrote.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(make())
                file.flush()
                os.fsync(file.fileno())
            os.link(aside, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(aside)
    return path.read_text(encoding="utf-8").strip()
