"""Every page there is, wide and narrow: nothing axe finds, nothing sideways, no English, no complaint of the browser.

Pages are those the resolver knows and tests/doors_table.py lets somebody read, so a new page is walked without a line
here. What answers something else than a page stands in NO_PAGE with its reason; the phone's own views are looked at in
test_phone_pages.py; what only a form leads to stands in AFTER.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import RequestFactory
from django.urls import reverse

from accounts import second_factor
from accounts import services as accounts
from accounts.models import Feedback, User
from core import clock
from core.admin import site
from grids import services as grids
from grids.models import CategoryKind, Officer, WithheldVerb
from ledgers import services as ledgers
from ledgers.models import Job
from points.models import PointCard
from tests.doors_shops import PIN
from tests.doors_table import DOORS
from tests.factor import client_of
from tests.people import make_town_of_two
from tests.test_doors import OWN, Scene, holds, routes, rows_of, with_more
from visits.services import ensure_owed

SAMPLE = Path(__file__).parents[1] / "samples" / "双墩村花名册（有错）.xlsx"

NO_PAGE = {
    "home": "sends on",
    "worker": "a script",
    "manifest": "JSON",
    "visits:held_photo": "a picture",
    "visits:phone": "test_phone_pages.py walks its views",
    "accounts:enrol_picture": "a picture",
    "accounts:enrol_codes": "read, it sends on; the answer to its form stands in AFTER",
    "accounts:first_password": "without a slip it sends on; with one it stands in AFTER",
    "ledgers:blank": "a file",
    "ledgers:download": "a file",
    "disputes:paper_pdf": "a file",
    "points:extract_book": "a file",
    "disputes:scan": "a file",
    "ledgers:job": "a part of ledgers:ledger, drawn anew",
    "grids:map_shapes": "JSON",
    "shops:goods": "without a card on the counter it sends on; with one it stands in AFTER",
    "admin:jsi18n": "a script",
    "admin:autocomplete": "JSON",
}
WIDTHS = (1366, 360)
# what is Latin in Chinese sentences too: kinds of files and codes, names of things, keys
LATIN = set(
    "Excel xlsx MB API OpenAPI JSON curl UUID id Token Windows Edge Safari JPEG PNG true false"
    " next Enter Tab ZC ZD SQ RX SB JF HJTX HJ DH JS PDF GeoJSON WGS CGCS name code".split()
)
READ = """() => {
    const hidden = 'code, pre, .field-code, .api-call td, script, style, template, svg';
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [document.title];
    while (walk.nextNode()) {
        const parent = walk.currentNode.parentElement;
        if (!parent.closest(hidden) && (parent.tagName === 'OPTION' || parent.checkVisibility())) {
            texts.push(walk.currentNode.data);
        }
    }
    for (const name of ['aria-label', 'placeholder', 'title', 'alt']) {
        document.querySelectorAll(`[${name}]`).forEach(node => texts.push(node.getAttribute(name)));
    }
    document.querySelectorAll('input[type=submit], input[type=button]').forEach(node => texts.push(node.value));
    return texts.join(' ');
}"""
SIDEWAYS = """() => {
    const wide = node => node.scrollWidth > node.clientWidth + 1;
    const found = wide(document.documentElement) ? ['the page'] : [];
    return found.concat([...document.querySelectorAll('.desk *')]
        .filter(node => wide(node) && /auto|scroll/.test(getComputedStyle(node).overflowX) && node.checkVisibility())
        .map(node => node.outerHTML.slice(0, 60)));
}"""
OPEN = """document.querySelectorAll('details:not(.d-fold, .api-call ~ .api-call)').forEach(part => {
    part.open = true;
})"""


# --- which pages there are ----------------------------------------------------------------------------------


def pages() -> dict[str, str]:
    """Name of each route that shows somebody a page, and who looks at it: the first of the cast who may."""
    found = {}
    for name, address in routes():
        door = DOORS.get(name)
        if name in NO_PAGE or (address.startswith(("api/", "admin/")) and name != "api-docs"):
            continue
        assert door is not None, f"{name} has no line in tests/doors_table.py"
        if "GET" in door.methods:
            verbs = [verb for verb in (door.methods["GET"], door.see) if verb]
            parts = ("secretary", "office", "discipline", "sysadmin", "shopkeeper")
            found[name] = next(part for part in parts if all(holds(part, verb, OWN) for verb in verbs))
    found["accounts:login"] = "stranger"
    found["accounts:no_post"] = "nobody"
    return found


def test_what_is_said_to_be_no_page_is_a_route() -> None:
    assert NO_PAGE.keys() <= {name for name, _ in routes()}
    assert len(pages()) > 25


def test_every_kind_of_page_of_the_admin_is_walked() -> None:
    """A model brings five addresses; index, list, form, history, deletion are drawn from one template each."""
    kinds = {re.sub(r"^admin:[a-z]+_[a-z]+_", "", name) for name, _ in routes() if name.startswith("admin:")}
    known = {"changelist", "add", "change", "history", "delete"}
    left = {kind for kind in kinds - known if kind not in NO_PAGE and not kind.startswith("admin:?")}
    assert left == {"admin:index", "admin:app_list"}


# --- a town with something on every page --------------------------------------------------------------------


@pytest.fixture
def scene(live_server: Any) -> Scene:
    town = make_town_of_two()
    with_more(town)
    ensure_owed()
    made = Scene(town, rows_of(town))
    for part in ("secretary", "office", "discipline", "sysadmin"):
        user = getattr(town, part)
        second_factor.print_codes(user=user)
    accounts.make_token(user=town.secretary, name="报表", verbs=["visits.see"], until=clock.today())
    Feedback.objects.create(author=town.worker, words="字再大一点", page="/v/", at=clock.now())
    WithheldVerb.objects.get_or_create(duty="assistant", verb="visits.see")
    return made


@pytest.fixture
def expected_complaints() -> list[str]:
    """axe copies sheets that import others into the page, which the policy stops. What a page itself does is asked of
    the console before axe comes, by `look`."""
    return ["Applying inline style violates"]


def listen(page: Any, scene: Scene, axe: Callable[[Any], list[str]]) -> Callable[[str], list[str]]:
    """`look(title)`: the faults of the page that is open, at both widths. The title of a refusal is its status."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.extend([message.text] if message.type == "error" else []))
    names = {word for user in User.objects.all() for word in re.findall("[A-Za-z]{2,}", user.username)}

    def look(title: str) -> list[str]:
        page.evaluate(OPEN)
        said = [text for text in complaints if f"with a status of {title} " not in text]
        faults = [f"the browser complained: {text}" for text in said]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 740})
            faults += axe(page)
            english = set(re.findall("[A-Za-z]{2,}", page.evaluate(READ))) - LATIN - names
            faults += [f"English: {sorted(english)}"] if english else []
            if width == min(WIDTHS):
                faults += [f"wider than {width}: {each}" for each in page.evaluate(SIDEWAYS)]
        complaints.clear()
        return [f"{title} at {page.url}: {fault}" for fault in faults]

    return look


def as_(page: Any, user: Any, live_server: Any) -> None:
    """The page's device is this user's, past the second factor."""
    page.context.clear_cookies()
    if user is not None:
        cookies = [(name, morsel.value) for name, morsel in client_of(user).cookies.items()]
        page.context.add_cookies(
            [{"name": name, "value": value, "url": live_server.url} for name, value in cookies]
        )


# --- pages that only a form leads to ------------------------------------------------------------------------


def wrong_password(page: Any, scene: Scene) -> None:
    page.goto("/login/")
    page.fill("#username", "jinxing")
    page.fill("#password", "不对的密码")
    page.click("form .btn-main")


def a_slip(page: Any, scene: Scene) -> None:
    page.goto(reverse("grids:officer", args=[Officer.objects.get(name="王格").pk]))
    page.click("text=打登录条")


def first_sign_in(page: Any, scene: Scene) -> None:
    officer = Officer.objects.get(name="许协")
    user, password = grids.issue_account(actor=scene.town.secretary, officer=officer)
    page.context.clear_cookies()
    page.goto("/login/")
    page.fill("#username", user.username)
    page.fill("#password", password)
    page.click("form .btn-main")
    page.fill("#new", "123")
    page.fill("#again", "456")
    page.click("form .btn-main")


def somebody_found(page: Any, scene: Scene) -> None:
    page.goto("/desk/")
    page.fill("#find", "z")  # 张 and 赵: one alone would open at once
    page.press("#find", "Enter")
    page.wait_for_selector("text=找到")


def number_shown(page: Any, scene: Scene) -> None:
    page.goto(reverse("grids:unmask", args=[scene.rows["person"][OWN]]))
    page.fill("#reason", "核对低保")
    page.click("text=看这个号")


def token_shown(page: Any, scene: Scene) -> None:
    page.goto(reverse("accounts:new_token"))
    page.fill("#name", "报表")
    page.locator("[name=verbs]").first.check()
    page.click("form .btn-main")


def printed_codes(page: Any, scene: Scene) -> None:
    page.goto(reverse("accounts:enrol"))
    page.click("text=做一张清单")


def examined(page: Any, scene: Scene) -> None:
    with SAMPLE.open("rb") as file:
        job = ledgers.ask_examine(
            actor=scene.town.secretary,
            upload=file,
            name=SAMPLE.name,
            slug="persons",
            territory=scene.town.jinxing,
            as_of=dt.date(2026, 10, 1),
        )
    ledgers.run_job(job.pk)
    page.goto(reverse("ledgers:import", args=[job.pk]))


def changes_of_it(page: Any, scene: Scene) -> None:
    examined(page, scene)
    page.goto(f"{page.url}?tab=changes")


def made_ledgers(page: Any, scene: Scene) -> None:
    for job in Job.objects.filter(kind=Job.EXPORT, owner=scene.town.secretary):
        ledgers.run_job(job.pk)
    page.goto("/desk/ledgers/visits/")


def menu_open(page: Any, scene: Scene) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/desk/")
    page.click(".d-fold summary")
    assert page.locator("main").bounding_box()["y"] <= 110, "the head leaves the screen to the page"


def card_issued(page: Any, scene: Scene) -> None:
    page.goto(reverse("shops:card", args=[scene.rows["household"][OWN]]))
    for field in ("pin", "again"):
        page.fill(f"#issue-{field}", "2580")
    page.click("text=发卡，去打印")
    page.wait_for_selector(".card6")


def slip_written(page: Any, scene: Scene) -> None:
    page.goto(reverse("shops:card", args=[scene.town.wang.pk]))
    page.fill("#points", "3")
    page.click("text=开条，去打印")
    page.wait_for_selector(".card6")


def card_on_the_counter(page: Any, scene: Scene) -> None:
    page.goto(reverse("shops:start"))
    page.fill("#code", PointCard.objects.get(pk=scene.rows["point_card"][OWN]).number)
    page.press("#code", "Enter")
    page.wait_for_selector(".purse")


def goods_chosen(page: Any, scene: Scene) -> None:
    card_on_the_counter(page, scene)
    page.click("[data-step='1']")
    page.wait_for_selector(".item-on")


def a_claim(page: Any, scene: Scene) -> None:
    page.goto(reverse("points:new"))
    page.fill("main input[name=text]", "张三丰")
    page.click("main form[role=search] button")
    page.wait_for_selector("#id_item")


def an_objection(page: Any, scene: Scene) -> None:
    page.goto(reverse("points:public", args=[scene.rows["public_notice"][OWN]]))
    page.click(".hung a")
    page.wait_for_selector("#words")


def own_points(page: Any, scene: Scene) -> None:
    page.goto(reverse("points:card", args=[scene.rows["point_code"][OWN]]))
    page.fill("#pin", PIN)
    page.click(".bar button")
    page.wait_for_selector(".own-sum")


def own_claim(page: Any, scene: Scene) -> None:
    own_points(page, scene)
    page.click(".act button")
    page.wait_for_selector("#id_item")


AFTER: dict[str, list[Callable[[Any, Scene], None]]] = {
    "stranger": [wrong_password, first_sign_in, an_objection, own_points, own_claim],
    "secretary": [
        somebody_found,
        token_shown,
        printed_codes,
        examined,
        changes_of_it,
        made_ledgers,
        menu_open,
        card_issued,
        slip_written,
        a_claim,
    ],
    "shopkeeper": [card_on_the_counter, goods_chosen],
    "office": [a_slip, number_shown],
    "nobody": [],
}


@pytest.mark.parametrize("part", AFTER)
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_no_page_hinders_anyone(part: str, scene: Scene, page_desk: Any, axe: Any, live_server: Any) -> None:
    look = listen(page_desk, scene, axe)
    user = None if part == "stranger" else getattr(scene.town, part)
    as_(page_desk, user, live_server)
    faults = []
    for name, who in pages().items():
        if who == part:
            answer = page_desk.goto(scene.address(name, DOORS[name], OWN))
            assert answer.status == 200, (name, answer.status)
            faults += look(name)
    for reach in AFTER[part]:
        as_(page_desk, user, live_server)
        reach(page_desk, scene)
        faults += look(reach.__name__)
    assert not faults, "\n".join(faults)


# --- pages that say no --------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_refusal_hinders_nobody(
    scene: Scene, page_desk: Any, axe: Any, live_server: Any, expected_complaints: list[str]
) -> None:
    expected_complaints += [f"the server responded with a status of {status}" for status in (403, 404, 422)]
    look, faults = listen(page_desk, scene, axe), []
    for part, address, status in (
        (None, "/nowhere/", 404),
        ("worker", "/desk/grids/", 403),
        ("secretary", f"/desk/register/{scene.rows['household']['far']}/", 404),
        ("secretary", "/desk/?q=19900000001", 422),
    ):
        as_(page_desk, part and getattr(scene.town, part), live_server)
        assert page_desk.goto(address).status == status
        faults += look(str(status))
    # A panel without anybody, after it was to be settled: every reason at once.
    page_desk.goto(reverse("disputes:dispute", args=[scene.rows["dispute"][OWN]]))
    for button in ("受理", "组议事小组", "定下小组"):
        page_desk.get_by_role("button", name=button, exact=True).click()
    page_desk.wait_for_selector("text=还不能定")
    faults += look("422")
    assert not faults, "\n".join(faults)


# --- the office's desk of rules and accounts ----------------------------------------------------------------


def admin_pages(user: Any) -> Iterator[str]:
    """Index and groups; every list and form this user may open; one empty form, one history, the one deletion."""
    request = RequestFactory().get("/")
    request.user = user
    yield reverse("admin:index")
    yield reverse("admin:app_list", args=["grids"])
    for model, model_admin in site._registry.items():
        if not model_admin.has_view_permission(request):
            continue
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{base}_changelist")
        if model is CategoryKind:
            yield reverse(f"{base}_add")
        row = model._default_manager.order_by("pk").first()
        if row is not None:
            yield reverse(f"{base}_change", args=[row.pk])
            if model is CategoryKind:
                yield reverse(f"{base}_history", args=[row.pk])
            if model is WithheldVerb:
                yield reverse(f"{base}_delete", args=[row.pk])


@pytest.mark.parametrize("part", ["office", "sysadmin"])
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_no_page_of_the_admin_hinders_anyone(
    part: str, scene: Scene, page_desk: Any, axe: Any, live_server: Any
) -> None:
    ContentType.objects.clear_cache()  # the history asks for it, and tables are emptied between tests
    user = getattr(scene.town, part)
    look, faults = listen(page_desk, scene, axe), []
    as_(page_desk, user, live_server)
    shown = list(admin_pages(user))
    if part == "sysadmin":  # her index tells counts instead of lists; the lists themselves are the office's
        shown = [address for address in shown if address not in set(admin_pages(scene.town.office))]
        shown.append(reverse("admin:index"))
    for address in shown:
        answer = page_desk.goto(address)
        assert answer.status == 200, (address, answer.status)
        faults += look("")
    assert not faults, "\n".join(faults)
