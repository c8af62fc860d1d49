"""G13: from nothing to a due list one can tap, on a cheap phone with a slow net, and once more without any net."""

import base64
import datetime as dt
import http.client
import ipaddress
import os
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from core import clock
from core.management.commands.serve import HOST, command_lines
from hongji.bench.measure import ROUNDS, Ratio
from hongji.bench.scratch import fill, scratch_database

NAMES = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome", "chrome")
# --ignore-certificate-errors: the certificate was made a minute ago, and a service worker wants a good one.
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--ignore-certificate-errors"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
SLOWER = 4
HOUSEHOLDS, MONTHS = 300, 2
SECONDS, KILOBYTES = 3, 150
PATIENCE = 60.0
ROW = "main a.row"
PACKED = """async () => {
    const answer = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
    const db = await answer(indexedDB.open('hongji'));
    const names = await answer(db.transaction('kept').objectStore('kept').getAllKeys());
    db.close();
    return names.includes('pack') && navigator.serviceWorker.controller !== null;
}"""


def browser() -> str | None:
    """Where a Chromium is, if there is one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass
class Opening:
    """One cold opening: seconds and kilobytes until the list could be used; then once more without a net."""

    seconds: float
    kilobytes: float
    requests: int
    rows: int
    again: float


def g13() -> Iterator[Ratio]:
    """The phone's page as it is shipped: hashed, compressed, from gunicorn, over TLS."""
    with scratch_database(), tempfile.TemporaryDirectory(prefix="hongji-phone-") as folder:
        fill(HOUSEHOLDS, MONTHS)
        cookie = _cookie()
        with _production(Path(folder)) as url:
            # The first one warms the server up and counts for nothing.
            found = [_open_cold(url, cookie) for _ in range(ROUNDS + 1)][1:]
    last = found[-1]
    seconds, weight = [each.seconds for each in found], [each.kilobytes for each in found]
    about = f"{last.requests} 次请求，{last.rows} 户；慢 4G，处理器慢 {SLOWER} 倍"
    yield _at_most("手机打开应访清单，秒", seconds, SECONDS, about)
    yield _at_most("到能用为止下载，KB", weight, KILOBYTES)
    # It must open; had it not, we would not stand here.
    yield Ratio("G13", "再打开，没有网，秒", [each.again for each in found], "能打开", True)


def _at_most(what: str, values: list[float], limit: float, note: str = "") -> Ratio:
    return Ratio("G13", what, values, f"≤ {limit:g}", statistics.median(values) <= limit, note)


# --- the browser -----------------------------------------------------------------------------------------------------


def _open_cold(url: str, cookie: str) -> Opening:
    """A phone that has never been here."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=FLAGS)
        context = chromium.new_context(
            base_url=url,
            viewport={"width": 360, "height": 740},
            is_mobile=True,
            has_touch=True,
            locale="zh-CN",
            ignore_https_errors=True,
        )
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": url}])
        try:
            return _measure(context)
        finally:
            chromium.close()


def _measure(context: Any) -> Opening:
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    devtools, weights = context.new_cdp_session(page), []
    devtools.on("Network.loadingFinished", lambda done: weights.append(done["encodedDataLength"]))
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", SLOW_4G)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    seconds = _until_usable(page, lambda: page.goto("/v/", wait_until="commit"))
    kilobytes, requests = sum(weights) / 1024, len(weights)
    rows = page.locator(ROW).count()
    page.wait_for_function(PACKED)
    context.set_offline(True)
    again = _until_usable(page, lambda: page.reload(wait_until="commit"))
    return Opening(seconds, kilobytes, requests, rows, again)


def _until_usable(page: Any, go: Any) -> float:
    """Seconds until a household stands there to be tapped."""
    began = time.perf_counter()
    go()
    page.locator(ROW).first.wait_for()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
    return time.perf_counter() - began


# --- the server ------------------------------------------------------------------------------------------------------


def _cookie() -> str:
    client = Client()
    client.force_login(get_user_model().objects.get(username="worker"))
    connection.close()
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@contextmanager
def _production(folder: Path) -> Iterator[str]:
    """The web process with production's settings, on the scratch database; its address."""
    env = os.environ | _environment(folder)
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(collect, cwd=settings.BASE_DIR, env=env, check=True, capture_output=True)
    port, certificate = _free_port(), _certificate(folder)
    command = [*command_lines(port)["web"], "--certfile", str(certificate), "--keyfile", str(certificate)]
    with open(folder / "web.log", "wb") as log:
        process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=env, stdout=log, stderr=log)
    try:
        _wait_for(port, process, folder / "web.log")
        yield f"https://{HOST}:{port}"
    finally:
        process.terminate()
        process.wait()


def _environment(folder: Path) -> dict[str, str]:
    def written(ring: dict[str, bytes]) -> str:
        return ",".join(f"{kid}:{base64.b64encode(key).decode()}" for kid, key in ring.items())

    return {
        "HONGJI_ENV": "production",
        "HONGJI_ENV_FILE": "",
        "DATA_DIR": str(folder),
        "DATABASE_URL": _address_of_database(),
        "SECRET_KEY": settings.SECRET_KEY,
        "FIELD_KEYS": written(settings.FIELD_KEYS),
        "REPORT_KEYS": written(settings.REPORT_KEYS),
        "FIELD_HASH_KEY": base64.b64encode(settings.HASH_KEY).decode(),
        "ALLOWED_HOSTS": HOST,
        "BEHIND_PROXY": "",
        "DEBUG": "",
    }


def _address_of_database() -> str:
    given = connection.settings_dict
    if connection.vendor != "postgresql":
        return f"sqlite:///{given['NAME']}"
    login = f"{given['USER']}:{given['PASSWORD']}@{given['HOST'] or HOST}:{given['PORT'] or 5432}"
    return f"postgres://{login}/{given['NAME']}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end, trusting = time.monotonic() + PATIENCE, ssl._create_unverified_context()
    while True:
        line = http.client.HTTPSConnection(HOST, port, timeout=10, context=trusting)
        try:
            line.request("GET", "/login/")
            if line.getresponse().status < 500:
                return
        except OSError:
            pass
        finally:
            line.close()
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(log.read_text()[-2000:])
        threading.Event().wait(0.1)


def _certificate(folder: Path) -> Path:
    """Key and certificate for this machine's own address, good for a day."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = clock.now()
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + dt.timedelta(days=1))
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
    signed = made.add_extension(address, critical=True).sign(key, hashes.SHA256())
    path = folder / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + signed.public_bytes(Encoding.PEM))
    path.chmod(0o600)
    return path
