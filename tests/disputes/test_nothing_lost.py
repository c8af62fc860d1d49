"""What is typed of a dispute and of its papers survives whatever somebody else did meanwhile, and a second press."""

import re
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from disputes import paper_views, services
from disputes.models import Agreement, Dispute, Move, Party
from tests.disputes.conftest import TEXT, keep
from tests.factor import client_of

LONG = "墙退半尺，两家以老石桩为界，树归王家"


def post(user, name, *args, **sent):
    return client_of(user).post(reverse(f"disputes:{name}", args=args), sent)


def number_in(text, near):
    """The number that a form of this page would be sent under."""
    start = text.index(near)
    return re.search(r'name="uuid" value="([0-9a-f-]{36})"', text[start:])[1]


def test_who_goes_back_and_writes_another_agreement_keeps_it_and_may_store_it(town, taken):
    """The browser's 返回 brings the old form, with the old number."""
    number = str(uuid.uuid4())
    assert post(town.secretary, "draft", taken.pk, uuid=number, **TEXT).status_code == 302
    again = post(town.secretary, "draft", taken.pk, uuid=number, **TEXT | {"terms": LONG})
    text = again.content.decode()
    assert again.status_code == 422
    assert "这张表存过一次了，写的和这次不一样" in text
    assert LONG in text
    assert number_in(text, 'id="draft"') != number
    assert Agreement.objects.count() == 1


def test_what_was_written_upon_a_draft_that_was_thrown_away_is_offered_as_a_new_one(town, taken, draft):
    agreement = draft()
    sent = TEXT | {"terms": LONG, "upon": agreement.digest_of_text}
    services.discard_agreement(actor=town.office, agreement=agreement, words="重写")
    answer = post(town.secretary, "agreement_step", agreement.pk, "redraft", **sent)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "您写的没有存，放在下面新的草稿里了" in text
    form = text[text.index('id="draft" open') :]
    assert LONG in form[: form.index("</form>")]


def test_signatures_of_a_draft_that_was_thrown_away_are_told_and_can_be_read_off(town, taken, draft):
    agreement = draft()
    services.discard_agreement(actor=town.office, agreement=agreement, words="重写")
    typed = {"text": agreement.digest_of_text, "mediators": "金书记、老支书", "mediated_on": "2026-11-23"}
    answer = post(town.secretary, "agreement_step", agreement.pk, "sign", **typed)
    text = answer.content.decode()
    assert answer.status_code == 422
    told = text[text.index('role="alert"') :]
    assert "作废" in told[: told.index("</div></div>")]
    assert "金书记、老支书" in told[: told.index("</div></div>")]


def test_how_it_was_kept_is_not_lost_where_the_agreement_stands_no_more(town, taken, draft):
    agreement = draft()
    answer = post(
        town.secretary, "agreement_step", agreement.pk, "perform", words="十二月初一拆完的", day="2026-11-23"
    )
    assert answer.status_code == 422
    assert "十二月初一拆完的" in answer.content.decode()


def test_who_may_not_is_told_on_the_page_with_what_was_typed(town, taken, monkeypatch):
    def refuses(**said):
        raise PermissionDenied("这一项不归您放。")

    monkeypatch.setattr(paper_views.services, "summon", refuses)
    sent = {"uuid": str(uuid.uuid4()), "day": "2026-11-25", "time": "09:00", "place": "老祠堂"}
    answer = post(town.secretary, "summon", taken.pk, **sent)
    assert answer.status_code == 403
    assert "这一项不归您放。" in answer.content.decode()
    assert 'value="老祠堂"' in answer.content.decode()


@pytest.mark.parametrize("code", ["note", "review"])
def test_a_step_that_was_stored_with_other_words_comes_back_with_what_was_typed(town, taken, code):
    number = str(uuid.uuid4())
    assert post(town.secretary, "step", taken.pk, code, uuid=number, words="去看了").status_code == 302
    answer = post(
        town.secretary, "step", taken.pk, code, uuid=number, words="又去看了，两家吵得更凶"
    ).content.decode()
    assert "又去看了，两家吵得更凶" in answer
    assert "这张表记过一次了" in answer
    assert number not in answer


def test_a_correction_that_was_stored_otherwise_comes_back(town, taken):
    number, upon = str(uuid.uuid4()), services.version_of(taken)
    facts = {"kind": "land", "level": "village", "due_on": "2026-12-23", "people": 3, "upon": upon}
    assert post(town.secretary, "correct", taken.pk, uuid=number, **facts).status_code == 302
    facts |= {"department": "林业站", "upon": services.version_of(Dispute.objects.get(pk=taken.pk))}
    answer = post(town.secretary, "correct", taken.pk, uuid=number, **facts)
    assert answer.status_code == 409
    assert 'value="林业站"' in answer.content.decode()
    assert number not in answer.content.decode()


def test_another_party_under_the_same_number_comes_back(town, taken):
    number = str(uuid.uuid4())
    sent = {"side": "third", "do": "save", "third-uuid": number, "uuid": number}
    assert post(town.secretary, "add_party", taken.pk, **sent, **{"third-look": "刘泥水"}).status_code == 302
    answer = post(town.secretary, "add_party", taken.pk, **sent, **{"third-look": "孙木匠"})
    assert answer.status_code == 409
    assert 'value="孙木匠"' in answer.content.decode()


def test_another_quarrel_under_the_number_of_the_first_is_stored_with_one_more_press(town):
    number = str(uuid.uuid4())
    sent = {
        "uuid": number, "territory": town.jinxing.pk, "kind": "neighbours", "source": "asked", "words": "院墙",
        "found_on": "2026-11-23", "first-look": "甲某", "second-look": "乙某", "do": "save",
    }  # fmt: skip
    assert post(town.secretary, "new", **sent).status_code == 302
    answer = post(town.secretary, "new", **sent | {"words": "水渠谁来清"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "再点一次“登记”" in text
    assert "水渠谁来清" in text
    again = sent | {"words": "水渠谁来清", "uuid": number_in(text, "<form")}
    assert post(town.secretary, "new", **again).status_code == 302
    assert Dispute.objects.count() == 2


def test_a_party_is_taken_away_once_and_a_second_press_says_so(town, taken):
    party = taken.parties.last()
    for _ in range(2):
        answer = post(town.secretary, "remove_party", party.pk, dispute=taken.pk)
        assert answer.url == reverse("disputes:dispute", args=[taken.pk])
    assert not Party.objects.filter(pk=party.pk).exists()
    assert Move.objects.filter(kind="parties", words__startswith="去掉").count() == 1
    assert post(town.neighbour, "remove_party", party.pk, dispute=taken.pk).status_code == 404


def test_a_scan_is_taken_out_once_and_a_second_press_is_no_error(town, taken, media):
    scan = keep(town.secretary, taken, "identity", 2)
    for _ in range(2):
        answer = post(town.secretary, "remove_scan", scan.pk, dispute=taken.pk)
        assert answer.url == reverse("disputes:papers", args=[taken.pk])
    assert post(town.secretary, "remove_scan", scan.pk).status_code == 404
    assert post(town.neighbour, "remove_scan", scan.pk, dispute=taken.pk).status_code == 404
