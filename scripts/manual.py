"""`make manual`: takes the manual's pictures from a demo town of its own, running as `make run` runs it.

Every picture is one line of PICTURES; docs/manual/ shows them. The clock of the demo is today's, so dates differ from
run to run; people and numbers do not.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "manual" / "pictures"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "wushi-2022"
PHONE = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
DESK = {"viewport": {"width": 1366, "height": 768}}
READY_WITHIN = 120


def go(path: str) -> Callable[[Page], None]:
    return lambda page: page.goto(path, wait_until="networkidle")


def first_household(page: Page) -> None:
    go("/v/")(page)
    page.locator("a.row").first.click()
    page.wait_for_load_state("networkidle")
    page.locator(".bar .btn-main").wait_for()


def conflict_found(page: Page) -> None:
    first_household(page)
    page.locator("label.pick", has_text="矛盾").tap()
    page.wait_for_timeout(300)


def just_saved(page: Page) -> None:
    first_household(page)
    page.locator(".bar .btn-main").click()
    page.locator(".toast").wait_for()


def household_card(page: Page) -> None:
    first_household(page)
    page.get_by_text("对象类别、家里人").click()
    page.wait_for_timeout(300)


def uploaded(page: Page) -> None:
    """A roster with faults, handed in by the village secretary and looked at."""
    go("/desk/imports/")(page)
    page.select_option("#kind", "persons")
    page.select_option("#place", label="双墩村")
    page.set_input_files("#file", ROOT / "tests" / "samples" / "双墩村花名册（有错）.xlsx")
    page.locator(".import-form .btn-main").click()
    page.locator("input[name=how]").first.wait_for(timeout=60_000)


def generated(page: Page) -> None:
    go("/desk/ledgers/five-visits/")(page)
    page.locator("form.filters button.btn-main").click()
    page.get_by_text("下载").first.wait_for(timeout=60_000)


def round_sheet(page: Page) -> None:
    """A sheet printed by the village secretary, and its first lines entered by keyboard."""
    go("/desk/rounds/")(page)
    page.locator(".round-new .btn-main").click()
    page.locator(".paper-bar a").last.click()
    page.locator('[data-part="day"]:focus').wait_for()
    day = page.locator(".d-head p").inner_text().split("-")[-1][:2]
    for key in (*day, "Enter", "Enter", "Tab", "1", "4", "Tab"):
        page.keyboard.press(key)
    page.keyboard.insert_text("院墙没谈拢")
    page.locator("#row-2[data-saved]").wait_for()


def planned(page: Page) -> None:
    """The plan of the running month, proposed by the village secretary."""
    go("/desk/plans/")(page)
    page.locator("form .btn-main").first.click()
    page.locator(".plan-row").first.wait_for()


def redrawn(page: Page) -> None:
    """The re-drawing of 金星村, with its first group chosen to go to the second grid."""
    go("/desk/grids/")(page)
    page.get_by_role("link", name="金星村", exact=True).click()
    page.get_by_role("link", name="调整网格").click()
    page.locator(".redraw tbody tr").first.locator("input[type=radio]").nth(1).check()
    page.get_by_text("要划 1 个组").wait_for()


def mapped(page: Page) -> None:
    """Two boundaries of 金星村, drawn through the map's own door."""
    redrawn(page)
    page.goto(page.url.replace("/redraw/", "/map/"))
    page.locator("#map[data-ready]").wait_for()
    page.evaluate(
        """async () => {
            const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
            const places = [...document.querySelectorAll("#whose option")].slice(1);
            for (const [at, place] of places.entries()) {
                const [west, east] = [116.5 + at * 0.01, 116.51 + at * 0.01];
                const south = [[west, 31.7], [east, 31.7]], north = [[east, 31.712], [west, 31.711]];
                const ring = [...south, ...north, south[0]];
                const shape = { type: "Polygon", coordinates: [ring] };
                const body = JSON.stringify({ territory: Number(place.value), shape });
                const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
                await fetch(document.getElementById("map").dataset.save, { method: "POST", headers, body });
            }
        }"""
    )
    page.reload()
    page.locator("#map[data-ready]").wait_for()


def opened(page: Page) -> None:
    """The office's page with the grids of 金星村."""
    go("/desk/")(page)
    page.get_by_role("link", name="展开金星村的网格").click()
    page.wait_for_load_state("networkidle")


def behind_a_number(page: Page) -> None:
    """The households behind 五必访 of 金星村 on the office's page."""
    opened(page)
    page.locator("tr", has_text="金星村").first.locator("a.n").first.click()
    page.wait_for_load_state("networkidle")


def looked_at(page: Page) -> None:
    """五必访走访台账 of 金星村 on the page."""
    go("/desk/ledgers/five-visits/")(page)
    page.select_option("form.filters select[name=place]", label="金星村")
    page.get_by_role("button", name="先在网页看").click()
    page.wait_for_load_state("networkidle")


def one_matter(page: Page) -> None:
    """The one that has come furthest on its way."""
    page.goto("/desk/matters/?list=open")
    page.get_by_role("link", name="东头组路灯").first.click()
    page.get_by_text("办到哪了").wait_for()


def behind_the_code(page: Page) -> None:
    """What a villager finds who scans the card of the demo village's first grid."""
    page.goto("/desk/cards/")
    page.goto(page.locator('a[href^="/n/"]').first.get_attribute("href"))


def first_of(path: str, link: str) -> Callable[[Page], None]:
    """The first row of a list, opened."""

    def reach(page: Page) -> None:
        page.goto(path)
        page.locator(link).first.click()
        page.wait_for_load_state("networkidle")

    return reach


def dispute(words: str, which: str = "open") -> Callable[[Page], None]:
    """One dispute out of a list of the desk, by what it is about."""

    def reach(page: Page) -> None:
        page.goto(f"/desk/disputes/?list={which}")
        page.get_by_role("link", name=words).first.click()
        page.wait_for_load_state("networkidle")

    return reach


def panel(words: str, which: str = "open") -> Callable[[Page], None]:
    """The panel of that dispute."""

    def reach(page: Page) -> None:
        dispute(words, which)(page)
        page.get_by_role("link", name="第 1 次议事").click()
        page.wait_for_load_state("networkidle")

    return reach


def not_yet(page: Page) -> None:
    """A panel that cannot be settled, and why."""
    panel("两家自来水")(page)
    page.get_by_role("button", name="定下小组").click()
    page.locator(".note-no").first.wait_for()


def invited(page: Page) -> None:
    panel("晒场让一家")(page)
    page.get_by_role("link", name="打印请柬").click()
    page.wait_for_load_state("networkidle")


def sat_down(page: Page) -> None:
    """A sitting that has begun, with its first sentence written down."""
    panel("晒场让一家")(page)
    page.get_by_role("button", name="开始议事").click()
    page.locator('#say [data-group="party"]').first.click()
    page.fill("#words", "晒场是大家的，他家稻子摊了三天不收，我家割下来的没处晒。")
    page.locator("#say .btn-main").click()
    page.locator("#words-list .state-ok").first.wait_for()


def minutes(page: Page) -> None:
    panel("一口塘两家用", "done")(page)
    page.get_by_role("link", name="看议事记录").click()
    page.get_by_role("link", name="看记录、打印").click()
    page.wait_for_load_state("networkidle")


def papers(page: Page) -> None:
    dispute("一口塘两家用", "done")(page)
    page.locator("#papers").get_by_role("link", name="打开").click()
    page.wait_for_load_state("networkidle")


def agreement(page: Page) -> None:
    papers(page)
    page.locator("#agreement").get_by_role("link", name="打印").first.click()
    page.wait_for_load_state("networkidle")


def sittings_ledger(page: Page) -> None:
    """三个三分之一议事登记表 of 金星村's last month, on the page."""
    go("/desk/ledgers/panels/")(page)
    page.get_by_role("button", name="先在网页看").click()
    page.wait_for_load_state("networkidle")


def settled_at_once(page: Page) -> None:
    """就地化解 on the phone, from a household's card."""
    first_household(page)
    page.get_by_text("就地化解了一件纠纷").first.click()
    page.wait_for_timeout(300)


def activity(page: Page) -> None:
    """Last month's, whose people have come."""
    go("/desk/activities/")(page)
    page.get_by_role("link", name="上个月").click()
    page.locator("main table a").first.click()
    page.wait_for_load_state("networkidle")


def match_vacancy(page: Page) -> None:
    """The place of the first match that is on its way, and who else suits it."""
    first_of("/desk/jobs/matches/", "table a")(page)
    page.locator("dl a[href*='/places/']").first.click()
    page.wait_for_load_state("networkidle")


# name, account ("" for nobody), device, how to get there
PICTURES: list[tuple[str, str, dict[str, Any], Callable[[Page], None]]] = [
    ("phone-sign-in", "", PHONE, go("/login/")),
    ("phone-due", "wangge", PHONE, go("/v/")),
    ("phone-visit", "wangge", PHONE, first_household),
    ("phone-found", "wangge", PHONE, conflict_found),
    ("phone-card", "wangge", PHONE, household_card),
    ("phone-saved", "wangge", PHONE, just_saved),
    ("phone-todo", "shuji", PHONE, go("/v/#/todo")),
    ("phone-me", "wangge", PHONE, go("/v/#/me")),
    ("phone-notices", "wangge", PHONE, go("/me/notices/")),
    ("desk-home", "office", DESK, opened),
    ("desk-rows", "office", DESK, behind_a_number),
    ("desk-look", "office", DESK, looked_at),
    ("desk-notices", "wangge", DESK, go("/notices/")),
    ("desk-matters", "shuji", DESK, go("/desk/matters/?list=open")),
    ("desk-waiting", "shuji", DESK, go("/desk/waiting/")),
    ("phone-matters", "wangge", PHONE, go("/v/#/todo")),
    ("desk-matter", "shuji", DESK, one_matter),
    ("desk-hotline", "shuji", DESK, go("/desk/hotline/")),
    ("desk-devices", "shuji", DESK, go("/desk/devices/")),
    ("desk-cards", "shuji", DESK, go("/desk/cards/")),
    ("phone-need", "shuji", PHONE, behind_the_code),
    ("phone-report", "", PHONE, go("/report/")),
    ("desk-reports", "jiwei", DESK, go("/desk/reports/")),
    ("desk-petitions", "xinfang", DESK, go("/desk/petitions/")),
    ("desk-meeting", "shuji", DESK, first_of("/desk/meetings/", "table a")),
    ("desk-disputes", "shuji", DESK, go("/desk/disputes/?list=open")),
    ("desk-dispute", "shuji", DESK, dispute("抽水灌田")),
    ("desk-screening", "shuji", DESK, go("/desk/disputes/screening/")),
    ("phone-spot", "wangge", PHONE, settled_at_once),
    ("desk-panel", "shuji", DESK, not_yet),
    ("desk-invitation", "shuji", DESK, invited),
    ("desk-sitting", "shuji", DESK, sat_down),
    ("desk-minutes", "shuji", DESK, minutes),
    ("desk-panels-ledger", "shuji", DESK, sittings_ledger),
    ("desk-papers", "shuji", DESK, papers),
    ("desk-agreement", "shuji", DESK, agreement),
    ("desk-awards", "shuji", DESK, go("/desk/points/awards/")),
    ("desk-points-notice", "shuji", DESK, first_of("/desk/points/notices/", "table a")),
    ("desk-extracts", "shuji", DESK, go("/desk/points/extracts/")),
    ("phone-shop", "dianyuan", PHONE, go("/shop/")),
    ("desk-shop", "shuji", DESK, first_of("/desk/shops/", "table a")),
    ("desk-activity", "shuji", DESK, activity),
    ("desk-match", "shuji", DESK, first_of("/desk/jobs/matches/", "table a")),
    ("desk-match-vacancy", "shuji", DESK, match_vacancy),
    ("desk-centre", "shuji", DESK, first_of("/desk/jobs/centres/", "table a")),
    ("desk-course", "shuji", DESK, first_of("/desk/jobs/courses/", "tr:last-child a")),
    ("desk-city", "shuji", DESK, go("/desk/points/city/")),
    ("desk-labour", "shuji", DESK, go("/desk/jobs/labour/")),
    ("desk-employers", "shuji", DESK, go("/desk/jobs/employers/")),
    ("desk-vacancies", "shuji", DESK, go("/desk/jobs/vacancies/")),
    ("desk-exchange", "shuji", DESK, go("/desk/jobs/exchange/")),
    ("desk-owed", "office", DESK, go("/desk/owed/?village=all")),
    ("desk-coverage", "office", DESK, go("/desk/coverage/")),
    ("desk-grids", "office", DESK, go("/desk/grids/")),
    ("desk-redraw", "office", DESK, redrawn),
    ("desk-map", "office", DESK, mapped),
    ("desk-round", "shuji", DESK, round_sheet),
    ("desk-rounds", "shuji", DESK, go("/desk/rounds/")),
    ("desk-plan", "shuji", DESK, planned),
    ("desk-register", "shuji", DESK, go("/desk/register/")),
    ("desk-ledgers", "office", DESK, generated),
    ("desk-import", "office", DESK, uploaded),
    ("desk-admin", "office", DESK, go("/admin/")),
    ("desk-me", "shuji", DESK, go("/me/")),
    ("desk-months", "office", DESK, go("/desk/months/")),
    ("second-factor", "shuji", DESK, go("/second-factor/")),
]


@contextmanager
def demo_site() -> Iterator[str]:
    """A demo town in a folder of its own, served until the block ends."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        env = {**os.environ, "DATA_DIR": folder, "HONGJI_ENV_FILE": "", "DATABASE_URL": "", "REDIS_URL": ""}
        manage = [sys.executable, str(ROOT / "manage.py")]
        subprocess.run([*manage, "migrate", "--verbosity", "0"], env=env, check=True)
        subprocess.run([*manage, "demo_town"], env=env, check=True)
        server = subprocess.Popen([*manage, "serve", "--port", str(port)], env=env, start_new_session=True)
        try:
            yield _ready(f"http://127.0.0.1:{port}")
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)


def _ready(address: str) -> str:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{address}/login/", timeout=2).close()
            return address
        except OSError:
            time.sleep(0.2)
    raise SystemExit("演示站没有起来")


def sign_in(page: Page, username: str) -> None:
    """As a person does it, the demo's second-factor code included."""
    page.goto("/login/")
    page.fill("#username", username)
    page.fill("#password", PASSWORD)
    page.locator("form button.btn-main").click()
    page.wait_for_load_state("networkidle")


def pass_second_factor(page: Page) -> None:
    page.goto("/second-factor/")
    shown = page.locator(".code-now")
    if shown.count():
        page.fill("#code", shown.first.inner_text().strip())
        page.locator("form button.btn-main").first.click()
        page.wait_for_load_state("networkidle")


def main(wanted: list[str]) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    with demo_site() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        known: dict[str, Any] = {"": None}
        for name, account, device, reach in PICTURES:
            if wanted and name not in wanted:
                continue
            context = browser.new_context(
                base_url=address,
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
                storage_state=known.get(account),
                **device,
            )
            page = context.new_page()
            if account not in known:  # signed in once: a code of the second factor opens once
                sign_in(page, account)
                pass_second_factor(page)
                known[account] = context.storage_state()
            reach(page)
            page.screenshot(path=TARGET / f"{name}.png")
            print(f"docs/manual/pictures/{name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
