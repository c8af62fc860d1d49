"""What is told after each signature under an agreement."""

from django.urls import reverse

from tests.factor import client_of


def test_after_each_signature_it_is_said_who_is_still_missing(town, taken, draft):
    agreement = draft()
    first, second = taken.parties.order_by("side")
    address = reverse("disputes:agreement_step", args=[agreement.pk, "sign"])
    desk, day = client_of(town.secretary), "2026-11-23"
    typed = {"text": agreement.digest_of_text, "mediators": "金书记"}
    told = desk.post(address, typed | {"mediated_on": day, "sealed_on": day}, follow=True).content.decode()
    assert "还没生效，还差：甲方 张三丰的签字、乙方 王大春的签字。" in told
    assert "草稿，记好了" not in told
    told = desk.post(address, typed | {f"party-{first.pk}": day}, follow=True).content.decode()
    assert "还没生效，还差：乙方 王大春的签字。" in told
    told = desk.post(address, typed | {f"party-{second.pk}": day}, follow=True).content.decode()
    assert "还差" not in told
