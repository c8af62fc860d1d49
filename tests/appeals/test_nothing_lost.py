"""What is typed of a matter, a call, a petition or a button survives a number that is taken and a step that is over."""

import re
import uuid

from django.urls import reverse

from appeals import services
from appeals.models import Card, Device
from tests.factor import client_of


def post(user, name, *args, **sent):
    return client_of(user).post(reverse(f"appeals:{name}", args=args), sent)


def test_a_step_that_was_stored_with_other_words_comes_back_with_what_was_typed(town, matter):
    found, number = matter(), str(uuid.uuid4())
    services.accept(actor=town.leader, matter=found)
    assert post(town.leader, "step", found.pk, "note", uuid=number, words="叫了电工").status_code == 302
    answer = post(town.leader, "step", found.pk, "note", uuid=number, words="电工说要换整条线")
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "这张表记过一次了" in text
    assert "电工说要换整条线" in text
    assert number not in text, "with one more press it is stored"
    assert found.moves.filter(kind="note").count() == 1


def test_who_passes_it_on_with_two_presses_is_told_that_it_went(town, matter):
    """The second press finds a matter that she may read no more."""
    found, number = matter(actor=town.assistant), str(uuid.uuid4())
    services.accept(actor=town.leader, matter=found)
    sent = {"uuid": number, "words": "要换线，网格里办不了"}
    for _ in range(2):
        answer = post(town.leader, "step", found.pk, "escalate", **sent)
        assert answer.status_code == 302
    assert answer.url == reverse("appeals:matters")
    assert found.moves.filter(kind="escalate").count() == 1
    assert post(town.neighbour, "step", found.pk, "escalate", **sent).status_code == 404


def test_who_had_a_matter_that_somebody_has_passed_on_meanwhile_keeps_what_she_typed(town, matter):
    found = matter(actor=town.assistant)
    services.accept(actor=town.leader, matter=found)
    services.escalate(actor=town.leader, matter=found, words="要换线，网格里办不了")
    for number in (str(uuid.uuid4()), "²"):
        client = client_of(town.leader)
        sent = {"uuid": number, "words": "电工<b>来</b>过了"}
        answer = client.post(reverse("appeals:step", args=[found.pk, "note"]), sent, follow=True)
        text = answer.content.decode()
        assert "这件诉求现在不在您这里了" in text
        assert "您写的没有存" in text
        assert "电工&lt;b&gt;来&lt;/b&gt;过了" in text
    assert not found.moves.filter(kind="note").exists()


def test_a_step_of_a_petition_under_a_taken_number_comes_back(town, matter):
    xinfang = town.post("xinfang", "李信", "petitions", town.town)
    found, number = matter("征地补偿没到位"), str(uuid.uuid4())
    first = post(xinfang, "petition_step", found.pk, "register", uuid=number, words="要求补发征地款")
    assert first.status_code == 302
    code = re.search(rf"{found.pk}/petition/(\w+)/", client_of(xinfang).get(first.url).content.decode())[1]
    answer = post(xinfang, "petition_step", found.pk, code, uuid=number, words="已经书面告知本人")
    assert answer.status_code == 409
    assert "已经书面告知本人" in answer.content.decode()


def test_what_was_said_on_the_telephone_is_not_lost_where_another_has_called_back_meanwhile(town, call):
    row = call()
    services.called_back(actor=town.secretary, call=row, words="修好了")
    answer = post(town.secretary, "call_step", row.pk, "back", words="灯还是不亮，明天再去", at="十点")
    assert answer.status_code == 422
    assert "灯还是不亮，明天再去" in answer.content.decode()


def test_what_was_found_out_about_a_button_is_not_lost_where_its_state_has_changed(town, button):
    device, _ = button()
    services.move_device(actor=town.secretary, device=device, code="report", words="不响了")
    device = Device.objects.get(pk=device.pk)
    answer = post(town.secretary, "move_device", device.pk, "report", words="电池漏液，壳也裂了")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "电池漏液，壳也裂了" in text
    assert 'role="alert"' in text


def test_a_step_of_a_button_under_a_taken_number_comes_back(town, button):
    device, _ = button()
    number = str(uuid.uuid4())
    assert (
        post(town.secretary, "move_device", device.pk, "report", uuid=number, words="不响了").status_code
        == 302
    )
    answer = post(town.secretary, "move_device", device.pk, "repair", uuid=number, words="换了电池")
    assert answer.status_code == 409
    assert 'value="换了电池"' in answer.content.decode()


def test_a_code_is_stopped_once_and_a_second_press_is_no_error(town):
    services.print_cards(actor=town.secretary, grids=[town.grid1], run=uuid.uuid4())
    card = Card.objects.get()
    for _ in range(2):
        assert post(town.secretary, "revoke_card", card.pk).status_code == 302
    assert post(town.neighbour, "revoke_card", card.pk).status_code == 404
