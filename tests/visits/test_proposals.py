"""弱势群体 proposes a category with the visit, the secretary says yes with one tap; 婚育 leads to the right form."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from grids.models import Category, CategoryKind, Person, RegisterChange, WithheldVerb
from grids.services import accept, change, refuse, undo
from visits import knows, services
from visits.models import Finding, Obligation

pytestmark = pytest.mark.django_db


def weak(detail="孤寡老人", **more):
    return {"findings": [{"kind": "weak", "detail": detail, "urgency": "days", **more}]}


def only():
    return Finding.objects.select_related("proposal").get(visit__void_at=None)


def test_every_word_under_weak_but_the_last_names_a_category_the_register_has(town):
    words = knows.DETAILS[Finding.WEAK]
    assert [word for word in words if word not in knows.CATEGORY_OF] == [knows.OTHER]
    codes = set(CategoryKind.objects.values_list("code", flat=True))
    assert set(knows.CATEGORY_OF.values()) <= codes
    assert set(knows.CHANGE_OF.values()) - {None} <= {kind for kind, _ in RegisterChange.KINDS}
    assert [word for word in knows.DETAILS[Finding.FAMILY] if word not in knows.CHANGE_OF] == [knows.OTHER]


def test_a_lonely_old_person_found_waits_as_a_category_of_the_head_from_the_day_of_the_visit(town, visit):
    visit(town.wang, "2026-11-05", **weak())
    row = only().proposal
    assert (row.kind, row.state, row.facts) == ("category_begin", "proposed", {"category": "lonely"})
    assert (row.household, row.person) == (town.wang, town.head(town.wang))
    assert (row.happened_on, row.proposed_by) == (dt.date(2026, 11, 5), town.worker)
    assert not Category.objects.filter(household=town.wang).exists()


def test_it_waits_even_if_the_secretary_found_it_herself(town, visit):
    visit(town.wang, "2026-11-05", actor=town.secretary, **weak("重病"))
    assert only().proposal.state == "proposed"
    assert not Category.objects.filter(household=town.wang).exists()


def test_a_yes_settles_the_finding_and_the_household_is_owed_as_a_category(town, visit):
    visit(town.wang, "2026-11-05", **weak("低保困难"))
    accept(actor=town.secretary, change=only().proposal)
    found = only()
    assert (found.state, found.settled_by, found.settled_on) == ("settled", town.secretary, clock.today())
    assert found.outcome == "村里同意认定，已记进户口册。"
    assert Category.objects.get(household=town.wang).kind.code == "lowincome"
    assert Obligation.objects.filter(household=town.wang, who="category", period_start="2026-11-01").exists()


def test_a_no_leaves_the_finding_open(town, visit):
    visit(town.wang, "2026-11-05", **weak())
    refuse(actor=town.secretary, change=only().proposal, why="还有儿子在家")
    assert (only().state, only().proposal.why) == ("open", "还有儿子在家")


def test_a_yes_that_is_taken_back_opens_the_finding_again(town, visit):
    visit(town.wang, "2026-11-05", **weak())
    row = accept(actor=town.secretary, change=only().proposal)
    undo(actor=town.secretary, change=row)
    found = only()
    assert (found.state, found.outcome, found.settled_by, found.settled_on) == ("open", "", None, None)


def test_what_somebody_settled_by_hand_stays_as_he_wrote_it(town, visit):
    visit(town.wang, "2026-11-05", **weak())
    services.settle_finding(actor=town.secretary, finding=only(), state="settled", outcome="送去养老院了")
    undo(actor=town.secretary, change=accept(actor=town.secretary, change=only().proposal))
    assert (only().state, only().outcome) == ("settled", "送去养老院了")


@pytest.mark.parametrize("detail", ["其他", "", "没听过的"])
def test_a_word_that_names_no_category_proposes_nothing(town, visit, detail):
    visit(town.wang, "2026-11-05", **weak(detail))
    assert (only().proposal, only().state) == (None, "open")
    assert not RegisterChange.objects.exists()


def test_who_has_the_category_already_is_not_proposed_again_and_the_finding_stays_open(town, visit):
    visit(town.zhang, "2026-11-05", **weak("低保困难"))
    assert (only().proposal, only().state) == (None, "open")
    assert not RegisterChange.objects.exists()


def test_a_category_that_somebody_reported_by_hand_is_not_reported_twice(town, visit):
    told = {"kind": "category_begin", "person": town.head(town.wang), "facts": {"category": "illness"}}
    waiting = change(actor=town.worker, happened_on=clock.today(), **told)
    made = visit(town.wang, "2026-11-05", **weak("重病"))
    assert only().proposal is None
    services.undo_visit(actor=town.worker, visit=made)
    waiting.refresh_from_db()
    assert waiting.state == "proposed"


def test_one_yes_settles_both_visits_that_found_the_same(town, visit):
    visit(town.wang, "2026-11-05", **weak())
    visit(town.wang, "2026-11-15", actor=town.leader, **weak())
    accept(actor=town.secretary, change=RegisterChange.objects.get())
    assert set(Finding.objects.values_list("state", flat=True)) == {"settled"}


def test_a_visit_taken_back_withdraws_what_waits(town, visit):
    made = visit(town.wang, "2026-11-05", **weak())
    services.undo_visit(actor=town.worker, visit=made)
    row = RegisterChange.objects.get()
    assert (row.state, row.undone_by) == ("undone", town.worker)
    with pytest.raises(ValidationError):
        accept(actor=town.secretary, change=row)


def test_what_another_visit_says_too_goes_with_the_last_of_them_whoever_takes_it_back(town, visit):
    first = visit(town.wang, "2026-11-05", **weak())
    second = visit(town.wang, "2026-11-15", actor=town.leader, **weak())
    services.undo_visit(actor=town.worker, visit=first)
    assert RegisterChange.objects.get().state == "proposed"
    services.undo_visit(actor=town.leader, visit=second)
    assert RegisterChange.objects.get().state == "undone"


def test_a_visit_taken_back_after_the_yes_leaves_the_register_alone(town, visit):
    made = visit(town.wang, "2026-11-05", **weak())
    accept(actor=town.secretary, change=only().proposal)
    services.undo_visit(actor=town.worker, visit=made)
    assert RegisterChange.objects.get().state == "accepted"
    assert Category.objects.filter(household=town.wang).exists()


def test_a_correction_proposes_anew_from_its_own_day(town, visit):
    made = visit(town.wang, "2026-11-05", **weak())
    visit(town.wang, "2026-11-06", corrects=made, **weak("重病"))
    assert [
        (row.state, row.facts["category"], row.happened_on.day)
        for row in RegisterChange.objects.order_by("pk")
    ] == [("undone", "lonely", 5), ("proposed", "illness", 6)]


def test_only_who_made_a_visit_and_the_secretary_replace_it(town, visit):
    made = visit(town.wang, "2026-11-05")
    with pytest.raises(PermissionDenied):
        visit(town.wang, "2026-11-06", actor=town.assistant, corrects=made)
    visit(town.wang, "2026-11-06", actor=town.secretary, corrects=made)


def test_the_finding_may_name_somebody_else_of_the_household(town, visit):
    son = Person.objects.get(name="张翠山")
    visit(town.zhang, "2026-11-05", **weak("残疾", person=son.pk))
    assert (only().person, only().proposal.person) == (son, son)


def test_a_left_behind_child_is_proposed_only_by_name(town, visit):
    visit(town.zhang, "2026-11-05", **weak("留守儿童"))
    assert not RegisterChange.objects.exists()
    visit(town.zhang, "2026-11-06", **weak("留守儿童", person=Person.objects.get(name="张翠山").pk))
    assert RegisterChange.objects.get().person.name == "张翠山"


def test_somebody_of_another_household_cannot_be_named(town, visit):
    for pk in (town.head(town.wang).pk, town.head(town.chen).pk, 10**9):
        with pytest.raises(ValidationError, match="选的人不在这一户"):
            visit(town.zhang, "2026-11-05", **weak("残疾", person=pk))
    with pytest.raises(ValidationError):
        visit(
            town.zhang,
            "2026-11-05",
            actor=town.assistant,
            **weak("残疾", person=town.head(town.zhang).pk),
        )


def test_who_may_not_report_changes_leaves_only_the_finding(town, visit):
    visit(town.wang, "2026-11-05", actor=town.assistant, **weak())
    WithheldVerb.objects.create(duty="worker", verb="register.propose")
    visit(town.wang, "2026-11-06", **weak("重病"))
    assert not RegisterChange.objects.exists()
    assert Finding.objects.open().count() == 2


def test_the_same_record_sent_twice_proposes_once(town, visit):
    number = uuid.uuid4()
    for _ in range(2):
        visit(town.wang, "2026-11-05", uuid=number, **weak())
    assert RegisterChange.objects.count() == 1


# --- what phone and desk read -------------------------------------------------------------------------------


@pytest.fixture
def api(town, client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def items(client):
    return client.get("/api/findings/?state=open").json()["results"]


def test_the_phone_is_told_what_waits_and_the_secretary_says_yes_to_it(town, api, visit):
    visit(town.wang, "2026-11-05", **weak())
    assert items(api(town.worker))[0]["proposal"]["can_accept"] is False
    client = api(town.secretary)
    proposal = items(client)[0]["proposal"]
    assert proposal["told"] == "认定对象 王大春，鳏寡孤独老人"
    assert (proposal["state"], proposal["can_accept"]) == ("proposed", True)
    assert client.post(f"/api/changes/{proposal['uuid']}/accept/").status_code == 200
    assert items(client) == []


def test_who_may_not_see_changes_learns_nothing_of_the_proposal(town, api, visit):
    visit(town.wang, "2026-11-05", **weak(person=town.head(town.wang).pk))
    assert items(api(town.assistant)) == []


def test_the_items_cost_the_same_number_of_queries_for_twice_as_many(town, api, visit):
    client = api(town.secretary)

    def cost():
        with CaptureQueriesContext(connection) as found:
            items(client)
        return len(found)

    visit(town.wang, "2026-11-05", **weak())
    cost()
    before = cost()
    for home in (town.zhang, town.li, town.zhao):
        visit(home, "2026-11-05", **weak("残疾"))
    assert len(items(client)) == 4
    assert cost() == before


@pytest.mark.parametrize(
    ("detail", "kind"),
    [("生孩子", "birth"), ("结婚", "move_in"), ("离婚", "move_out"), ("怀孕", None), ("其他", "")],
)
def test_what_happened_in_a_family_leads_to_its_form(town, api, visit, detail, kind):
    visit(town.wang, "2026-11-05", findings=[{"kind": "family", "detail": detail}])
    assert items(api(town.worker))[0]["change"] == kind
    page = api(town.secretary).get(f"/desk/households/{town.wang.pk}/").content.decode()
    if kind:
        address = f"/desk/register/{town.wang.pk}/change/{kind}/"
        assert address in page
        assert api(town.secretary).get(address).status_code == 200


def test_the_receipt_says_that_something_was_reported(town, api):
    content = {
        "household": town.wang.pk,
        "happened_at": clock.now().isoformat(),
        "manner": "door",
        "met": True,
        **weak("重病", person=Person.objects.get(name="李秀英").pk),
    }
    number = uuid.uuid4()
    answer = api(town.worker).put(f"/api/visits/{number}/", content, content_type="application/json")
    assert answer.status_code == 201, answer.json()
    assert answer.json()["proposed"] == 1
    assert RegisterChange.objects.get().person.name == "李秀英"


def test_the_register_page_shows_it_and_takes_the_yes(town, api, visit):
    visit(town.wang, "2026-11-05", **weak())
    client = api(town.secretary)
    page = client.get("/desk/register/").content.decode()
    address = f"/desk/register/changes/{only().proposal_id}/accept/"
    assert "鳏寡孤独老人" in page
    assert address in page
    client.post(address)
    assert only().state == "settled"


def test_one_matter_stands_once_among_what_waits_on_the_desks_first_page(town, api, visit):
    visit(town.wang, "2026-11-05", **weak())
    page = api(town.secretary).get("/desk/").content.decode()
    assert page.count('<span class="kind">变动</span>') == 1
    assert page.count('<span class="kind">弱势</span>') == 0
    page = api(town.leader).get("/desk/").content.decode()
    assert '<span class="kind">弱势</span>' not in page, (
        "its next step is the secretary's, as the phone says too"
    )
    refuse(actor=town.secretary, change=only().proposal, why="还有儿子在家")
    page = api(town.leader).get("/desk/").content.decode()
    assert page.count('<span class="kind">弱势</span>') == 1
